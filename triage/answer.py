"""What the staff did in one message: answered, promised, asked, warned, asked to stop, restricted, lifted.

A matter counts as dealt with only when somebody really dealt with it; an acknowledgement, an out-of-office, a hand-over,
"we are looking into it" or a promise is no answer, and when in doubt it is none (policy 004/SG1; practice, traps T1 and T2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A restriction that a staff message tells the customer of (policy 000/4-d, 004/RS3c)."""

    words: str
    """The sentence that states it."""
    start: datetime
    until: datetime | None
    """Its last moment, in UTC (a date counts to its end); None when the notice names none."""
    subject: str = ""
    """The words that limit it to a subject ("the deposit for 14 Alder Court"); "" when it covers all contact."""
    appeal_offered: str = ""
    kind: str = "no-reply"
    """Which kind of restriction it tells of (`triage.ruling.Kind`); "no-reply" where its words show no milder one."""
    number: int = 0
    days: int = 0
    """For number-per-period: so many mails in so many days are answered."""


@dataclass(frozen=True, slots=True)
class StaffAct:
    """Every text is a quotation of the message's own words; "" means that it does no such thing."""

    answer: str = ""
    """The words that deal with what was asked."""
    no_answer_because: str = ""
    """In our words, when it is no answer: "an automatic reply", "an acknowledgement", "a promise", "a hand-over", …"""
    explains: str = ""
    """The reason given for a refusal or a decision."""
    final: str = ""
    """Words that call the answer final or the matter closed."""
    promise: str = ""
    """Something the staff said they will do and have not done yet."""
    promise_due: datetime | None = None
    """The end of the day by which they said it would be done, in UTC, if they named one."""
    asks: str = ""
    """Something the customer is asked to send, tell or do."""
    alternative: str = ""
    """Another person, way or form that is offered in place of the one wanted."""
    handover_to: tuple[str, ...] = ()
    """Addresses (lower case) or names of colleagues the customer is told to turn to, or who take over."""
    escalation: str = ""
    """Words that show a way up: a manager, the complaints process, an ombudsman, an appeal."""
    warning: str = ""
    """Words of a formal warning, or of a request to change behaviour with its reason."""
    stop: str = ""
    """Words that ask the customer not to write (about this) any more."""
    restriction: Notice | None = None
    lifted: str = ""
    """Words that end a restriction early, or withdraw a warning."""
    appeal_decided: str = ""
    """Words that tell the outcome of an appeal against a restriction."""
    adjustment_agreed: str = ""
    """Words that grant or settle an adjustment that was asked for."""
