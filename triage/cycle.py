"""One pass: fetch → write down → conclude → act → read back. The whole way of a message on one page.

    take_in       new mail and staff's verdicts into the ledger           (triage.intake, triage.hearing)
    conclude      what follows, for the contacts that were touched        (triage.judgement, pure: triage.conclusion)
    carry_out     what staff ordered by answering a note                  (triage.carrying_out, by the one door: triage.deciding)
    act           labels, hold folder, notes: wanted minus present        (triage.acting)

Bookkeeping follows the side effect, and every side effect looks first whether it was already had: that is what makes a pass
that was killed anywhere safe to run again. A mailbox whose server is away does not stop the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from triage import policy_versions
from triage.acting import act
from triage.actor import Actor, Done
from triage.carrying_out import carry_out
from triage.conclusion import Ground
from triage.errors import Temporary, TriageError
from triage.intake import take_in
from triage.judgement import conclude_touched, everyone, ground, take_up, touched_by_verdicts
from triage.ledger import ConclusionRows, Ledger
from triage.mailbox import Account, Mailbox, connect
from triage.progress import UNWATCHED, Progress
from triage.settings import Settings
from triage.unread import Unread
from triage.verdict import Verdict

GROUNDS = "grounds"
"""The ledger's name for the fingerprint of what the last conclusions stood on."""
VERDICTS = "verdicts"
"""Its name for the marks of the verdicts that they took into account."""


@dataclass(slots=True)
class Report:
    """What one pass did, for the operator and the metrics."""

    messages: int = 0
    unreadable: int = 0
    verdicts: int = 0
    contacts: int = 0
    done: dict[str, Done] = field(default_factory=dict)
    """By mailbox."""
    problems: list[str] = field(default_factory=list)
    failed: list[TriageError] = field(default_factory=list)
    """Mailboxes that could not be worked, as errors in words; they are tried again at the next pass."""

    @property
    def changes(self) -> int:
        return sum(done.changes for done in self.done.values())


def run_pass(
    settings: Settings,
    ledger: Ledger,
    *,
    now: datetime,
    dry: bool = False,
    connecting: Callable[[Account], Mailbox] = connect,
    only: str | None = None,
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
    progress: Progress = UNWATCHED,
    waiting: Unread | None = None,
) -> Report:
    """One pass over all mailboxes at `now` (aware). With `dry` the ledger must be a scratch copy, and no mailbox is changed.

    `only`: the name of the one mailbox to work. `alone`: entered while contacts are concluded, which may concern every mailbox.
    `progress`: who watches.
    `waiting`: is told what is not read yet.

    Raises Permanent when the ledger cannot be used; what concerns one mailbox alone stands in the report.
    """
    report = Report()
    with ExitStack() as stack:
        boxes: list[Mailbox] = []
        for one in (each for each in settings.mailboxes if only in (None, each.name)):
            try:
                box = stack.enter_context(connecting(one.account()))
                taken = take_in(box, ledger, settings, now, waiting, progress)
                boxes.append(box)
            except TriageError as error:
                report.failed.append(error)
                continue
            report.messages += taken.messages
            report.unreadable += taken.unreadable
            report.verdicts += taken.verdicts
            report.problems += taken.unclear
        with alone():
            report.contacts, problems = conclude(settings, ledger, now, progress)
            if carried := carry_out(ledger, settings, now):
                report.verdicts += carried
                problems += conclude(settings, ledger, now)[1]
        report.problems += problems
        for box in boxes:
            try:
                done = act(Actor(box, ledger, settings, now, dry))
            except TriageError as error:
                report.failed.append(error)
            else:
                report.done[box.account.name] = done
                report.problems += done.problems
    if report.failed and len(report.failed) == len(settings.mailboxes) and len(settings.mailboxes) == 1:
        raise report.failed[0]
    return report


def conclude(settings: Settings, ledger: Ledger, now: datetime, progress: Progress = UNWATCHED) -> tuple[int, list[str]]:
    """Concludes every contact that new mail, a verdict, the time, or other settings have touched: how many, and problems in words.

    Interrupted, it goes on where it was when it is called again.
    """
    on = ground(settings, ledger, now)
    policy_versions.keep(ledger, on.pack, now)
    print_, heard = _fingerprint(settings, on), {_mark(place, verdict): verdict for place, verdict in enumerate(on.verdicts)}
    known = frozenset((ledger.meta(VERDICTS) or "").split())
    if ledger.meta(GROUNDS) != print_ or known - heard.keys():
        _forget_colleagues(ledger, on)
        also = set(everyone(ledger, on))
    else:
        also = touched_by_verdicts([verdict for mark, verdict in heard.items() if mark not in known], ledger, on)
    take_up(ledger, on, also, {GROUNDS: print_, VERDICTS: " ".join(heard)} if known != heard.keys() or also else None)
    count, problems = conclude_touched(ledger, on, ledger.owed(), progress)
    changed = policy_versions.unnumbered(ledger, on.pack, once=True)
    return count, [*problems, *([changed] if changed else [])]


def _forget_colleagues(ledger: Ledger, on: Ground) -> None:
    """Whoever the settings now name as one of us is no contact any longer."""
    rows = ledger.conclusions().contacts
    ours = [row["id"] for row in rows if any(on.directory.employs(email) for email in row["addresses"])]
    ledger.replace_conclusions(ours, ConclusionRows())


def _fingerprint(settings: Settings, on: Ground) -> str:
    """What conclusions stand on besides mail, time and single verdicts; when it changes, everything is concluded anew."""
    facts = (
        on.pack.fingerprint,
        sorted(on.directory.domains),
        sorted(on.directory.staff),
        sorted(on.directory.mailboxes),
        sorted(on.directory.vendors),
        str(on.standard),
        str(on.zone),
        on.without_reply,
        sorted(on.shifts.items()),
        [ruling.id for ruling in on.rulings if ruling.act in ("split", "rejoin", "same-person", "not-same-person", "undo")],
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _mark(place: int, verdict: Verdict) -> str:
    """What tells a verdict from every other; the same act may come again within a second."""
    told = place, verdict.at.timestamp(), verdict.by, sorted(verdict.subject().items())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def temporary_only(report: Report) -> bool:
    """Whether everything that failed may mend itself."""
    return all(isinstance(error, Temporary) for error in report.failed)
