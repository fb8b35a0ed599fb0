"""An office without a mail server: mails go straight into a ledger, and people record their decisions, as the commands do.

Marlow Baths runs a swimming pool. Its people are Ida Holt (a director), Sam Reyes (a director), Noor Amin (desk); Bert Quill is
a customer. Everybody is invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from triage import parsing
from triage.cycle import conclude
from triage.deciding import report, rule, stands
from triage.intake import recorded
from triage.ledger import Ledger, Location
from triage.ruling import Incident, Override, Ruling
from triage.settings import Settings, load

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDA, SAM, NOOR, DESK = "ida.holt@marlow.example", "sam.reyes@marlow.example", "noor.amin@marlow.example", "desk@marlow.example"
BERT = "bert.quill@inlook.example"

ASKED = "My locker key for locker 88 was not returned to me after the swimming course. Please send me the key for locker 88."
ANSWERED = (
    "Dear Mr Quill,\n\nThe key for locker 88 was handed to the next member on 1 March because your course had ended, so we cannot send it to "
    "you. You can hire another locker at the desk.\n\nNoor Amin"
)
INSULT = "You stupid, worthless idiots. Whoever took the key for locker 88 is a pathetic moron."
MORE = "Are you too thick to read, you useless cretins? You disgusting, brainless fools, give me the key for locker 88."
WARNING = (
    "Dear Mr Quill,\n\nThis is a formal warning. The insults in your last emails are not acceptable under our conduct policy. If you "
    "insult our staff again, we will restrict your contact with us.\n\nIda Holt"
)
NOTICE = (
    "Dear Mr Quill,\n\nFollowing our warning you have again insulted our staff. We have therefore decided to restrict your contact with us: "
    "until {end} we will not reply to emails about the key for locker 88. You may appeal against this decision within 30 days.\n\nIda Holt"
)
ENDLESS = (
    "Dear Mr Quill,\n\nFollowing our warning you have again insulted our staff. We have therefore decided to restrict your contact with us: "
    "we will no longer reply to emails about the key for locker 88.\n\nIda Holt"
)
AGAIN = "The key for locker 88 is mine. Send me the key for locker 88."
WELFARE = "I cannot go on and I want to end my life. The key for locker 88 does not matter any more."
RIGHTS = "Under the UK GDPR I make a subject access request: send me all personal data you hold about me and locker 88."
ADJUSTMENT = (
    "I am autistic and cannot use the telephone. Please make a reasonable adjustment and only write to me about locker 88."
)
APPEAL = "I appeal against your decision to restrict my contact about locker 88."
THREAT = "I will come to the desk tonight and stab whoever took my key for locker 88."

SETTINGS = """[organisation]
name = Marlow Baths
domains = marlow.example
staff = ida.holt@marlow.example, sam.reyes@marlow.example, noor.amin@marlow.example
policy = {policy}
[store]
url = sqlite:///triage.db
[deciders]
restrict = ida.holt@marlow.example, sam.reyes@marlow.example
appeal = ida.holt@marlow.example, sam.reyes@marlow.example
terminate = ida.holt@marlow.example
[mailbox:desk]
address = desk@marlow.example
host = 127.0.0.1
port = 1
security = none
username = desk
password_file = password
"""


@dataclass
class Registry:
    folder: Path
    ledger: Ledger
    settings: Settings
    now: datetime = START
    mails: int = 0
    last: str = ""
    sent: list[str] = field(default_factory=list)
    """Message-IDs of our letters."""

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def mail(
        self, body: str, sender: str, to: str, *, subject: str = "Key for locker 88", headers: dict[str, str] | None = None
    ) -> str:
        """Takes in one mail written now, in the thread of the last one; gives its Message-ID."""
        self.now += timedelta(minutes=5)
        self.mails += 1
        one = EmailMessage(policy=SMTP.clone(max_line_length=900))
        ours = sender.endswith("@marlow.example")
        if not ours and not headers:
            one["Authentication-Results"] = f"mx.marlow.example; dmarc=pass header.from={sender.partition('@')[2].rstrip('>')}"
        for name, value in (headers or {}).items():
            one[name] = value
        one["From"], one["To"], one["Subject"], one["Date"] = sender, to, subject, self.now
        one["Message-ID"] = message_id = f"<{self.mails}@{sender.partition('@')[2].rstrip('>')}>"
        if self.last and subject == "Key for locker 88":
            one["In-Reply-To"] = one["References"] = self.last
        one.set_content(body)
        raw = bytes(one)
        folder = "Sent" if ours else "INBOX"
        read = parsing.read(
            raw, mailbox="desk", role="sent" if ours else "inbox", received_at=self.now, truncated=False, size=len(raw)
        )
        self.ledger.record_many([recorded(read, Location("desk", folder, 1, self.mails))])
        self.last = message_id
        if ours:
            self.sent.append(message_id)
        return message_id

    def wrote(self, body: str, **rest: Any) -> str:
        """Bert wrote this."""
        return self.mail(body, BERT, DESK, **rest)

    def answered(self, body: str = ANSWERED, by: str = NOOR) -> str:
        """One of us wrote this to Bert."""
        return self.mail(body, by, BERT)

    def conclude(self) -> None:
        conclude(self.settings, self.ledger, self.now)

    def stage(self) -> str:
        self.conclude()
        return next(row["stage"] for row in self.ledger.conclusions().contacts if BERT in row["addresses"])

    def restrictions(self) -> list[dict[str, Any]]:
        self.conclude()
        return list(self.ledger.conclusions().restrictions)

    def in_force(self) -> list[dict[str, Any]]:
        return [row for row in self.restrictions() if row["in_force"]]

    def held(self) -> list[str]:
        self.conclude()
        keys = [row["message_key"] for row in self.ledger.conclusions().wanted if row["held"]]
        return [one.message_id for one in self.ledger.messages(keys)]

    def open_gates(self) -> set[str]:
        return {check.name for check in stands(BERT, self.ledger, self.settings, self.now).decision.checks if not check.met}

    def rule(self, act: str, *, by: str = IDA, reason: str = "he went on insulting us", who: str = BERT, **rest: Any) -> Ruling:
        """Records a decision now, through the one door."""
        self.now += timedelta(minutes=5)
        return rule(Ruling(act, self.now, by, reason, frozenset(), **rest), who, self.ledger, self.settings)

    def restrict(self, **rest: Any) -> Ruling:
        """A restriction with all that belongs to it, unless told otherwise; told by a letter that went by post."""
        told = (
            {"notice": "file letter.pdf sha256:00", "told": self.now}
            if "notice" not in rest and "safety_reason" not in rest
            else {}
        )
        usual = {
            "until": self.now + timedelta(days=60),
            "circumstances": "serious; nothing is known of an illness; we answered him",
        }
        return self.rule("restrict", **{**usual, **told, **rest})

    def incident(self, kind: str = "abuse", words: str = "He shouted insults at Noor.", **rest: Any) -> Incident:
        self.now += timedelta(minutes=5)
        told = Incident(self.now, self.now, "telephone", kind, words, NOOR, frozenset(), **rest)
        return report(told, BERT, self.ledger, self.settings)

    def reopened(self) -> None:
        """As after a crash: nothing in memory is left."""
        self.ledger.close()
        self.ledger = Ledger.open(self.settings.store.url)

    # whole courses of events

    def until_warned(self) -> None:
        self.wrote(ASKED)
        self.later(days=1)
        self.answered()
        self.later(days=1)
        self.wrote(INSULT)
        self.wrote(MORE)
        self.later(days=1)
        self.answered(WARNING, IDA)

    def until_due(self) -> None:
        """Everything that a restriction needs is there."""
        self.until_warned()
        self.later(days=1)
        self.wrote(INSULT + " Again.")
        self.later(days=1)


def override(gate: str, reason: str = "both directors looked at it with the social services") -> tuple[Override, ...]:
    return (Override(gate, reason),)


@contextmanager
def registry(folder: Path, policy: str = "jack-keller") -> Iterator[Registry]:
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "password"
    secret.write_text("none\n")
    secret.chmod(0o600)
    path = folder / "settings.ini"
    path.write_text(SETTINGS.format(policy=policy))
    settings = load(path)
    with Ledger.open(settings.store.url) as ledger:
        yield Registry(folder, ledger, settings)


def with_end(notice: str, end: datetime) -> str:
    return notice.format(end=f"{end.day} {end:%B %Y}")


__all__ = ["Registry", "override", "registry", "replace", "with_end"]
