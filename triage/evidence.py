"""Everything a detector may look at, frozen: one message, what came before it, who the staff are, the pack's numbers.

A detector is a pure function `detect(evidence) -> Iterable[Sign]`. It sees only what was known when the message arrived
(earlier messages, oldest first), never what came later, so that the same mail gives the same finding whenever it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triage.answer import StaffAct
from triage.message import Message


@dataclass(frozen=True, slots=True)
class Directory:
    """Who we are: the organisation's domains, its staff, and the addresses of its mailboxes. All in lower case."""

    domains: frozenset[str]
    staff: tuple[str, ...] = ()
    mailboxes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Words of staff names known from display names and addresses ("alice", "moore"), lower case, for "is this person one of us"."""
    vendors: frozenset[str] = frozenset()
    """Addresses and domains of those who work for us and are none of us: suppliers and subcontractors (004/SC2)."""

    def employs(self, email: str) -> bool:
        """Whether this address is on our side: a colleague's, a mailbox's, a vendor's. Nobody on our side is a customer."""
        return self.is_colleague(email) or self.is_vendor(email)

    def is_colleague(self, email: str) -> bool:
        """Whether this address is a colleague's or a mailbox's of ours: only they decide, report and give orders."""
        return email.rpartition("@")[2] in self.domains or email in self.staff or email in self.mailboxes

    def outside(self, message: Message) -> list[str]:
        """The addresses of those outside who wrote or got a mail: the sender first, then in the order of To and Cc."""
        people = dict.fromkeys(one.email for one in (message.sender, *message.to, *message.cc))
        return [email for email in people if email and not self.employs(email)]

    def is_vendor(self, email: str) -> bool:
        """Whether somebody who works for us writes from it. What is said to them counts as said to us; what they say decides nothing."""
        return (
            bool(self.vendors)
            and (email in self.vendors or email.rpartition("@")[2] in self.vendors)
            and not self.is_colleague(email)
        )

    def is_person(self, email: str) -> bool:
        """Whether this address is somebody's on our side rather than a shared mailbox."""
        return self.employs(email) and email not in self.mailboxes

    def may_decide(self, email: str) -> bool:
        """Whether this address is that of a colleague, and of one person."""
        return self.is_colleague(email) and email not in self.mailboxes


@dataclass(frozen=True, slots=True)
class Turn:
    """A message in its story."""

    message: Message
    by_staff: bool
    matter: str
    """The id of the matter it belongs to."""
    act: StaffAct | None = None
    """What the staff did in it (answered, warned, asked to stop …); None on a customer's message."""
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of a policy pack. The policies themselves name none: these are our defaults, shown on every flag."""

    volume_messages: int = 6
    """From so many mails on one matter inside `volume_window`, after an answer, the volume is high."""
    volume_window: timedelta = timedelta(hours=24)
    volume_two_days: int = 7
    """The same for twice the window: a burst that runs past midnight is one burst."""
    volume_week: int = 12
    """The same for seven days."""
    repeat_after_answers: int = 2
    """Writing again after one answer is anyone's right; after this many it is a repeat."""
    arguing_after_explanations: int = 3
    campaign_writers: int = 3
    """From this many different people with one template on, it is a campaign."""
    overdue_days: float = 10.0
    """Working days after which an unanswered matter is overdue on our side when no service standard is set."""


@dataclass(frozen=True, slots=True)
class Evidence:
    message: Message
    by_staff: bool
    matter: str
    history: tuple[Turn, ...]
    """All earlier messages with this contact, both sides and every matter, oldest first."""
    directory: Directory
    thresholds: Thresholds = field(default_factory=Thresholds)
    service_standard: timedelta | None = None
    """How soon a reply is promised; None when the organisation has not said so."""
    template_twins: tuple[str, ...] = ()
    """Message-IDs of earlier mails by *other* people with (nearly) the same words; see campaign."""
    scores: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    """From the trained model, if there is one: score → (sentence, probability) of the own sentences that stand out."""

    handed_over: tuple[tuple[datetime, str], ...] = ()
    """When we recorded that a colleague takes over, and whom: the colleague's address."""

    same_matter: tuple[Turn, ...] | None = None
    """What `matter_history` gives, where it is known already: in a long history each detector would else pick it out anew."""

    @property
    def matter_history(self) -> tuple[Turn, ...]:
        """The earlier messages on the same matter, oldest first."""
        if self.same_matter is not None:
            return self.same_matter
        return tuple(turn for turn in self.history if turn.matter == self.matter)

    @property
    def now(self) -> datetime:
        return self.message.sent_at
