"""`triage doctor`: is everything there that a pass needs? Each check is one sentence; what is wrong comes with what would be right.

It writes one mail of its own into Triage/Review of each mailbox, puts a label on it, reads it back and takes it away again: a
server's promise to keep labels is worth what comes back (some answer OK and keep nothing). With `look_only` it writes nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from triage import at_delivery, label, policy_versions, record, unread
from triage.authentication import judge
from triage.errors import TriageError
from triage.ledger import Ledger
from triage.mailbox import Account, Arrival, Mailbox, connect
from triage.settings import MailboxSettings, Settings

if TYPE_CHECKING:
    from triage.conduct_model import Scorer

State = Literal["ok", "note", "wrong"]

LEAST_FREE = 200 * 1024**2
"""Octets free where the database lies; under that a pass may end with a full disk."""
_LARGEST_SKEW = timedelta(minutes=5)
_SAMPLE = 20
_PROBE = "doctor"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. "note": it works, and somebody should know; "wrong": a pass cannot do its work."""

    area: str
    state: State
    words: str


def examine(settings: Settings, *, now: datetime, look_only: bool = False) -> Iterator[Check]:
    """Every check, in the order in which a pass would need it. `now`: aware."""
    yield Check("settings", "ok", f"{settings.path.name} has no fault; the policy is {settings.pack().title}")
    yield from _database(settings)
    yield from _model(settings)
    yield from _header_injection()
    for one in settings.mailboxes:
        area = f"mailbox {one.name}"
        try:
            yield from _mailbox(area, one, settings, now, look_only=look_only)
        except TriageError as error:
            yield Check(area, "wrong", str(error))


def _database(settings: Settings) -> Iterator[Check]:
    try:
        with Ledger.open(settings.store.url) as ledger:
            bad, (entries, _) = ledger.verify_journal(), ledger.head()
            unnumbered = policy_versions.unnumbered(ledger, settings.pack()) if bad is None else ""
            lost = record.lost_papers(ledger) if bad is None else ()
    except TriageError as error:
        yield Check("database", "wrong", str(error))
        return
    if unnumbered:
        yield Check("policy", "note", unnumbered)
    if lost:
        words = f"{len(lost)} papers of the journal are gone that no erasure took, the first of entry {lost[0].number}"
        yield Check("database", "wrong", f"{words}; restore a backup from before (`triage journal` lists them)")
    elif bad is None:
        yield Check("database", "ok", f"can be read and written; the journal is whole, {entries} entries")
    else:
        yield Check(
            "database", "wrong", f"entry {bad} of the journal was changed after it was written; restore a backup from before"
        )
    if file := Ledger.file_of(settings.store.url):
        if settings.store.key_file:
            yield Check(
                "database", "ok", f"encrypted with the key in {settings.store.key_file}; keep a copy of the key elsewhere"
            )
        else:
            yield Check("database", "ok", "not encrypted by the program (docs/trust.md, Encryption at rest)")
        yield from _disk(file)


def _disk(file: Path) -> Iterator[Check]:
    free = shutil.disk_usage(file.parent).free
    state: State = "ok" if free >= LEAST_FREE else "wrong"
    more = "" if state == "ok" else f"; make room, {LEAST_FREE // 1024**2} MiB at least"
    yield Check("disk", state, f"{free // 1024**2} MiB free in {file.parent}{more}")
    if file.stat().st_uid != os.geteuid():
        yield Check("database", "note", f"{file} belongs to another user than the one who runs this")


def _model(settings: Settings) -> Iterator[Check]:
    from triage import conduct_model  # here: it brings scikit-learn along

    try:
        model = conduct_model.opened()
    except (TriageError, OSError, ValueError) as error:
        yield Check("model", "note", f"the conduct model is left out, and the rules work alone: {error}")
    else:
        yield Check("model", "ok", "the conduct model fits its manifest")
        if settings.models.semantic is not None:
            yield from _semantic(model, settings.models.semantic)
    yield from _answer_model()


def _answer_model() -> Iterator[Check]:
    from triage import answer_model

    try:
        answer_model.opened(answer_model.FOLDER)
    except (TriageError, OSError, ValueError) as error:
        yield Check("model", "note", f"the answer model is left out, and the rules work alone: {error}")
    else:
        yield Check("model", "ok", "the answer model fits its manifest")


def _semantic(model: Scorer, directory: Path) -> Iterator[Check]:
    from triage.conduct_model import with_tier

    try:
        with_tier(model, directory)
    except (TriageError, OSError, ValueError) as error:
        yield Check("model", "note", f"the semantic tier is left out, and the fast one works alone: {error}")
    else:
        yield Check("model", "ok", "the semantic tier fits its manifests")


def _header_injection() -> Iterator[Check]:
    """Some Pythons let an encoded line break out of a header (CVE-2024-6923); the behaviour counts, not the version."""
    mail = EmailMessage(policy=SMTP)
    try:
        mail["Subject"] = "=?utf-8?Q?x=0ABcc:_y@x.example?="
        broken = b"\nBcc:" in mail.as_bytes()
    except ValueError:
        broken = False
    if broken:
        yield Check(
            "python", "note", "this Python has CVE-2024-6923; our notes are guarded against it, an update is due all the same"
        )


def _mailbox(area: str, one: MailboxSettings, settings: Settings, now: datetime, *, look_only: bool) -> Iterator[Check]:
    account = one.account()
    with connect(account) as box:
        yield Check(area, "ok", f"logged in to {account.host}, port {account.port}, as {account.username} ({account.security})")
        inbox = box.open(box.folders.inbox)
        yield Check(area, "ok", f"{box.folders.inbox} holds {inbox.exists} mails")
        if box.folders.sent:
            sent = box.open(box.folders.sent)
            empty = "" if sent.exists else "; with no answer in it, every matter counts as unanswered"
            yield Check(
                area, "ok" if sent.exists else "note", f"answers are read in {box.folders.sent}: {sent.exists} mails{empty}"
            )
        else:
            yield Check(
                area, "wrong", "no folder of sent mail was found; name it: sent = …, or every matter counts as unanswered"
            )
        yield from _waiting(area, box, settings, now)
        yield from _abilities(area, box)
        yield from _authenticity(area, box, settings)
        missing = box.missing_folders()
        if missing:
            yield Check(area, "note", f"{', '.join(missing)}: not there yet; the first pass makes them")
        else:
            yield Check(area, "ok", f"{', '.join(box.folders.ours)} are there")
        if look_only or not box.can_move:  # what could not be taken away again is not written
            keeps = box.open(box.folders.inbox, write=True).keeps_keywords  # what an EXAMINE does not tell everywhere
            yield Check(area, "ok" if keeps else "note", _promise(keeps=keeps))
        else:
            yield from _tried(area, box, account, now, made=bool(missing))
    if settings.acting.hold and settings.acting.sieve:
        yield _at_delivery(area, account)


def _at_delivery(area: str, account: Account) -> Check:
    """Whether the mail server would file held mail itself, as [acting] sieve asks for; without it every pass does."""
    try:
        hinders = at_delivery.look(account)
    except TriageError as error:
        hinders = str(error).removeprefix(f"{account.name}: ")
    if hinders:
        return Check(area, "note", f"[acting] sieve: {hinders}; mail under a restriction is filed at each pass instead")
    return Check(area, "ok", f"the server takes Sieve scripts at port {account.sieve_port}, and knows what ours needs")


def _waiting(area: str, box: Mailbox, settings: Settings, now: datetime) -> Iterator[Check]:
    """How long the oldest mail has waited that no pass has read: more than a few intervals is a daemon that stands still."""
    try:
        with Ledger.open(settings.store.url) as ledger:
            count, since = unread.in_mailbox(box, ledger)
    except TriageError:
        return  # of the database; that was told
    if since is None:
        yield Check(area, "ok", "every mail was read by the program")
        return
    waited = max(now - since, timedelta())
    late = waited > 3 * settings.daemon.interval
    more = "; triage run reads it, or triage once" if late else ""
    yield Check(
        area, "note" if late else "ok", f"{count} mails wait to be read, the oldest since {since:%Y-%m-%d %H:%M} UTC{more}"
    )


def _abilities(area: str, box: Mailbox) -> Iterator[Check]:
    if not box.can_move:
        yield Check(
            area, "note", "the server has neither MOVE nor UIDPLUS, so mail under a restriction stays in the inbox, labelled"
        )
    if not box.can_idle:
        yield Check(area, "note", "the server has no IDLE: new mail is seen at the next interval")


def _authenticity(area: str, box: Mailbox, settings: Settings) -> Iterator[Check]:
    """Whether the receiving server says of the newest mails who sent them (RFC 8601); without it no sender is ever proved."""
    box.open(box.folders.inbox)
    newest = box.all_uids()[-_SAMPLE:]
    if not newest:
        return
    trusted = settings.organisation.trusted_authserv_id
    arrivals = [arrival for batch in box.fetch(newest, limit=64 * 1024) for arrival in batch]
    told = sum(_is_judged(arrival, trusted) for arrival in arrivals)
    by = f" of {trusted}" if trusted else ""
    if told:
        yield Check(area, "ok", f"{told} of the {len(arrivals)} newest mails carry a verdict{by} on who sent them")
    else:
        yield Check(
            area, "note",
            f"none of the {len(arrivals)} newest mails carries an Authentication-Results header{by}: forged senders are not recognised; "
            "trusted_authserv_id must be the first word of that header, or the mail server must be told to add it",
        )  # fmt: skip


def _is_judged(arrival: Arrival, trusted: str | None) -> bool:
    header = BytesHeaderParser().parsebytes(arrival.raw)
    found = [str(value) for value in header.get_all("Authentication-Results", [])]
    return judge(found, "", trusted)[1] != ""


def _promise(*, keeps: bool) -> str:
    if keeps:
        return "the server promises to keep labels; that was not tried"
    return "the server keeps no labels; copies in folders below Triage stand for them"


def _tried(area: str, box: Mailbox, account: Account, now: datetime, *, made: bool) -> Iterator[Check]:
    new = box.create_folders() if made else []
    folder = box.folders.review
    try:
        uid = _probe(box, account, now, folder)
        if uid is None:
            yield Check(area, "wrong", f"a mail written into {folder} was not found there again")
            return
        state = box.open(folder, write=True)
        ours = box.add_labels([uid], label.FINDINGS[0]) if state.keeps_keywords else frozenset()
        if ours:
            yield Check(area, "ok", "a mail and a label were written, read back, and taken away again")
        else:
            yield Check(area, "note", _promise(keeps=False))
        arrived = next((one.received_at for batch in box.fetch([uid], limit=4096) for one in batch), now)
        if abs(arrived - now) > _LARGEST_SKEW:
            yield Check(
                area,
                "wrong",
                f"the server's clock says {arrived:%Y-%m-%d %H:%M} UTC, ours {now:%Y-%m-%d %H:%M}; set the one that is wrong",
            )
    finally:
        box.delete_own(folder, box.find_by_message_id(folder, _probe_id(account)))
        for name in new:
            box.delete_folder_if_empty(name)
        if new:
            box.delete_folder_if_empty(box.folders.parent)


def _probe_id(account: Account) -> str:
    return f"<triage-doctor@{account.address.rpartition('@')[2]}>"


def _probe(box: Mailbox, account: Account, now: datetime, folder: str) -> int | None:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mail["To"] = account.address
    mail["Subject"] = "triage doctor tries whether notes and labels are kept; it takes this mail away again"
    mail["Date"] = now
    mail["Message-ID"] = _probe_id(account)
    mail["Auto-Submitted"] = "auto-generated"
    mail[label.NOTE_HEADER] = _PROBE
    mail.set_content("This mail may be deleted.\n")
    box.append(folder, mail.as_bytes(), flags=("\\Seen",))
    return next(iter(box.find_by_message_id(folder, _probe_id(account))), None)
