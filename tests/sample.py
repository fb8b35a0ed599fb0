"""A small organisation and its mail, for tests of the whole path; and settings for a mailbox on a test server.

Larchmere Homes lets flats. Its people are Ines Wold, Ralph Tandy and Sunita Bose; customers write to desk@larchmere.example.
Everybody is invented. The story ends on 12 May 2026, at NOW.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

from servers import PASSWORD, Server

from triage.mailbox import Account

Folder = Literal["INBOX", "Sent"]

NOW = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
HOLD_ENDS = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
"""A day on which the restriction of the story is over."""
DESK = "Larchmere Homes <desk@larchmere.example>"
INES = "Ines Wold <ines.wold@larchmere.example>"
RALPH = "Ralph Tandy <ralph.tandy@larchmere.example>"
SUNITA = "Sunita Bose <sunita.bose@larchmere.example>"
STAFF = (INES, RALPH, SUNITA)

DOREEN = "Doreen Pike <doreen.pike@post.example>"
VANCE = "Vance Kettle <vance.kettle@inlook.example>"
OTTILIE = "Ottilie Marsh <ottilie@marsh.example>"
PERRY = "Perry Sloane <perry.sloane@post.example>"
MABEL = "Mabel Crewe <mabel.crewe@crewe.example>"


@dataclass(frozen=True)
class Mail:
    """One mail of a story: where it lies, when it came, and its octets."""

    folder: Folder
    at: datetime
    raw: bytes

    @property
    def message_id(self) -> str:
        line = next(line for line in self.raw.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        return line.partition(b":")[2].strip().decode()


def address(person: str) -> str:
    """ "Ada Sample <ada@sender.example>" → "ada@sender.example"."""
    return person.rpartition("<")[2].rstrip(">")


def letter(
    body: str,
    *,
    sender: str,
    to: str = DESK,
    subject: str = "A question",
    at: str | datetime = "2026-05-04 09:00",
    message_id: str = "",
    answers: Mail | None = None,
    headers: Mapping[str, str] | None = None,
    folder: Folder | None = None,
) -> Mail:
    """A mail in plain text; it lies in Sent when one of ours wrote it. `at`: UTC. `answers`: the mail it replies to.

    What customers write has passed our server's checks, as most mail has, unless `headers` say otherwise.
    """
    when = at if isinstance(at, datetime) else datetime.fromisoformat(at).replace(tzinfo=UTC)
    ours = address(sender).endswith("@larchmere.example")
    mail = EmailMessage(policy=SMTP.clone(max_line_length=900))
    own = {name.lower() for name in headers or {}}
    if not ours and "authentication-results" not in own:
        domain = address(sender).rpartition("@")[2]
        mail["Authentication-Results"] = f"mx.larchmere.example; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = sender, to, subject, when
    digest = hashlib.sha256(f"{sender} {subject} {when} {body}".encode()).hexdigest()[:16]
    mail["Message-ID"] = message_id or f"<{digest}@{address(sender).rpartition('@')[2]}>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers.message_id
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(body, cte="8bit" if body.isascii() else "quoted-printable")
    return Mail(folder or ("Sent" if ours else "INBOX"), when, bytes(mail))


def reply(to: Mail, body: str, *, sender: str, at: str, recipient: str) -> Mail:
    """An answer in the thread of `to`, under its subject."""
    subject = next(line for line in to.raw.decode().split("\r\n") if line.startswith("Subject: ")).removeprefix("Subject: ")
    return letter(body, sender=sender, to=recipient, subject=f"Re: {subject.removeprefix('Re: ')}", at=at, answers=to)


def garage() -> list[Mail]:
    """Doreen's question is answered twice, and she takes it to the next of us, and the next."""
    first = letter(
        "Hello,\n\nI would like to rent garage 14 behind Tern Court, for my late husband's car. May I have it?\n\nDoreen Pike",
        sender=DOREEN, to=INES, subject="Garage 14 at Tern Court", at="2026-04-13 09:10",
    )  # fmt: skip
    answer = reply(
        first,
        "Dear Mrs Pike,\n\nGarage 14 at Tern Court is let until 2029, so we cannot rent it to you. There is no other garage free. "
        "The council rents out spaces in Dock Street.\n\nInes Wold",
        sender=INES, at="2026-04-14 15:00", recipient=DOREEN,
    )  # fmt: skip
    second = letter(
        "Dear Mr Tandy,\n\nI would like to rent garage 14 behind Tern Court for my late husband's car. Could you let me have it?\n\nDoreen Pike",
        sender=DOREEN, to=RALPH, subject="Garage 14 at Tern Court", at="2026-04-16 10:00",
    )  # fmt: skip
    again = reply(
        second,
        "Dear Mrs Pike,\n\nMs Wold has told you on 14 April that garage 14 is let until 2029. That is still so: we cannot rent it to you, "
        "and this answer is final.\n\nRalph Tandy",
        sender=RALPH, at="2026-04-17 11:30", recipient=DOREEN,
    )  # fmt: skip
    third = letter(
        "Dear Ms Bose,\n\nI would like to rent garage 14 behind Tern Court for my late husband's car. Please let me have garage 14.\n\nDoreen Pike",
        sender=DOREEN, to=SUNITA, subject="Garage 14 at Tern Court", at="2026-04-20 09:30",
    )  # fmt: skip
    fourth = letter(
        "Hello,\n\nonce more: I would like to rent garage 14 behind Tern Court for my late husband's car. When do I get garage 14?\n\nDoreen Pike",
        sender=DOREEN, subject="Garage 14 at Tern Court", at="2026-04-22 09:30",
    )  # fmt: skip
    return [first, answer, second, again, third, fourth]


ABUSE_AGAIN = (
    "You pathetic, stupid cow. You are all worthless idiots and I hope you lose your job, you useless moron.\n\nVance Kettle"
)


def restriction() -> list[Mail]:
    """Vance insults, is warned, insults again, is told of a restriction with an end, writes on, and asks for his data."""
    first = letter(
        "Your bill for the service charge of 340 pounds at 9 Heron Wharf is wrong. Correct it.\n\nVance Kettle",
        sender=VANCE, subject="Service charge for 9 Heron Wharf", at="2026-04-07 08:00",
    )  # fmt: skip
    answer = reply(
        first,
        "Dear Mr Kettle,\n\nThe service charge of 340 pounds for 9 Heron Wharf is right: it is a twelfth of the lift's repair, which the "
        "lease lets us share out. The bill stands.\n\nInes Wold",
        sender=INES, at="2026-04-08 10:00", recipient=VANCE,
    )  # fmt: skip
    abuse = reply(
        answer,
        "You stupid, worthless bitch. You are a pathetic idiot about this service charge and everybody in your office is a moron.\n\nVance Kettle",
        sender=VANCE, at="2026-04-08 20:00", recipient=DESK,
    )  # fmt: skip
    more = reply(
        answer,
        "Are you too thick to read, you dumb cow? You useless cretin, the service charge is wrong and you are a disgusting liar.\n\nVance Kettle",
        sender=VANCE, at="2026-04-09 07:30", recipient=DESK,
    )  # fmt: skip
    warning = reply(
        more,
        "Dear Mr Kettle,\n\nThis is a formal warning. The insults in your emails of 8 and 9 April are not acceptable under our conduct policy. "
        "If you insult our staff again, we will restrict your contact with us.\n\nSunita Bose\nManager",
        sender=SUNITA, at="2026-04-10 10:00", recipient=VANCE,
    )  # fmt: skip
    after = reply(warning, ABUSE_AGAIN, sender=VANCE, at="2026-04-15 21:00", recipient=DESK)
    notice = reply(
        after,
        "Dear Mr Kettle,\n\nFollowing our warning of 10 April you have again sent insults to our staff. We have therefore decided to restrict "
        "your contact with us: until 31 July 2026 we will not reply to emails about the service charge for 9 Heron Wharf. "
        "You may appeal against this decision within 14 days by writing to our director.\n\nSunita Bose\nManager",
        sender=SUNITA, at="2026-04-17 10:00", recipient=VANCE,
    )  # fmt: skip
    held = reply(
        answer,
        "The service charge of 340 pounds for 9 Heron Wharf is still wrong. Correct the bill.\n\nVance Kettle",
        sender=VANCE, at="2026-05-04 19:00", recipient=DESK,
    )  # fmt: skip
    data = letter(
        "Under the UK GDPR I make a subject access request: send me a copy of all personal data you hold about me.\n\nVance Kettle",
        sender=VANCE, subject="Subject access request", at="2026-05-06 08:00",
    )  # fmt: skip
    return [first, answer, abuse, more, warning, after, notice, held, data]


def welfare() -> list[Mail]:
    """Ottilie does not want to live on."""
    return [
        letter(
            "I have been told to leave by Friday. I cannot go on and I want to end my life. Nobody will miss me.\n\nOttilie",
            sender=OTTILIE, subject="Leaving", at="2026-05-09 23:40",
        )
    ]  # fmt: skip


def chaser() -> list[Mail]:
    """Nobody answered Perry, who asks again."""
    first = letter(
        "Dear all,\n\nthe tap in the kitchen of 3 Wren House drips. Could somebody come and mend it?\n\nPerry Sloane",
        sender=PERRY, subject="Dripping tap in 3 Wren House", at="2026-04-14 08:00",
    )  # fmt: skip
    return [
        first,
        letter(
            "I have had no answer about the dripping tap in the kitchen of 3 Wren House. Could you tell me when somebody comes?\n\nPerry Sloane",
            sender=PERRY, subject="Re: Dripping tap in 3 Wren House", at="2026-04-27 08:00", answers=first,
        ),
    ]  # fmt: skip


def copies() -> list[Mail]:
    """One mail of Mabel's to three of us, as it arrives three times."""
    people = ", ".join(STAFF)
    return [
        letter(
            "Hello,\n\nthe bell of 21 Tern Court is loose. Please have somebody look at it.\n\nMabel Crewe",
            sender=MABEL, to=people, subject="The bell of 21 Tern Court", at="2026-05-11 09:00", message_id="<bell@crewe.example>",
            headers={"Delivered-To": address(one)},
        )
        for one in STAFF
    ]  # fmt: skip


def unreadable() -> list[Mail]:
    """A mail that does not say who sent it."""
    raw = b"To: desk@larchmere.example\r\nSubject: (none)\r\nMessage-ID: <nobody@odd.example>\r\n\r\nHello?\r\n"
    return [Mail("INBOX", datetime(2026, 5, 10, 7, 0, tzinfo=UTC), raw)]


def story() -> list[Mail]:
    """All of it, in order of time: labels of several kinds, a hold, and five notes or more come of it."""
    every = [*garage(), *restriction(), *welfare(), *chaser(), *copies(), *unreadable()]
    return sorted(every, key=lambda mail: mail.at)


def fill(server: Server, user: str, mails: Iterable[Mail]) -> None:
    """Delivers the mails to a mailbox, as of the time they were written."""
    for mail in mails:
        server.append(user, mail.folder, mail.raw, flags="\\Seen" if mail.folder == "Sent" else "", date=mail.at)


def desk(server: Server, user: str, name: str = "desk", host: str | None = None) -> Account:
    """How to reach `user` on this server, as the mailbox of Larchmere's that customers write to."""
    return replace(server.account(user, host=host), name=name, address=f"{name}@larchmere.example")


def settings_file(folder: Path, *accounts: Account, policy: str = "jack-keller", extra: str = "") -> Path:
    """settings.ini of Larchmere for these accounts, with a ledger triage.db beside it. `extra`: further sections."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    boxes = "".join(
        f"\n[mailbox:{one.name}]\naddress = {one.address}\nhost = {one.host}\nport = {one.port}\nsecurity = none\n"
        f"username = {one.username}\npassword_file = password\ntimeout = {max(5, int(one.timeout))} seconds\n"
        + (f"sieve_port = {one.sieve_port}\n" if one.sieve_port != Account.sieve_port else "")
        for one in accounts
    )
    path = folder / "settings.ini"
    path.write_text(
        "[organisation]\nname = Larchmere Homes\ndomains = larchmere.example\n"
        f"staff = {', '.join(map(address, STAFF))}\npolicy = {policy}\nservice_standard = 5 working days\n"
        f"trusted_authserv_id = mx.larchmere.example\n{boxes}{extra}"
    )
    return path
