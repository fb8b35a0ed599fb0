"""What a person decided about a contact, and recorded: a warning given, a restriction, its renewal or end, an appeal, no action.

A ruling is recorded through one door (`triage.deciding`), whatever it came by: a command today, a mail tomorrow. Before it is
written down `triage.admission` has said that nothing stands in its way. The journal keeps who, when and what kind; the words
stand in a paper of the ledger, which can be erased when the person is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, get_args

from pydantic import TypeAdapter

Act = Literal[
    "warn", "restrict", "renew", "lift", "appeal", "appeal-decided", "no-action", "terminate", "refer",
    "intend", "shorten", "withdraw", "inquire", "inquiry-closed", "senior", "hand-over", "department", "less", "close", "reopen", "split", "rejoin", "same-person", "not-same-person", "undo",
]  # fmt: skip
ACTS: tuple[Act, ...] = get_args(Act)
# withdraw: an incident that was written down is held against nobody any more · inquire, inquiry-closed: one of us looks into it, and has
# found something out · senior: a senior is asked to look · hand-over: a colleague takes over · department: one was told of a restriction.
CORRECTIONS: frozenset[Act] = frozenset({"less", "close", "reopen", "split", "rejoin", "same-person", "not-same-person", "undo"})
"""What sets right how the program reads the mail, and does nothing to the customer: a step milder than the one proposed · the matter
counts as dealt with, or does so no longer · a mail belongs to another matter, or to its old one after all · two addresses are one
person, or are not · an earlier decision of these does not count."""

Kind = Literal["no-reply", "limited-subjects", "number-per-period", "one-reader", "written-only", "representative-only"]
"""no-reply: mail on the matters is filed, read and not answered · limited-subjects: the same, for the named matters only ·
number-per-period: what comes beyond the number is filed · one-reader: one named person answers · written-only: no calls or
visits · representative-only: somebody else speaks for the contact. Only the first three ever move a mail."""
KINDS: tuple[Kind, ...] = get_args(Kind)
FILED: frozenset[str] = frozenset({"no-reply", "limited-subjects", "number-per-period"})

Outcome = Literal["", "allowed", "varied", "refused"]
"""Of an appeal: the restriction ends · it ends earlier · it stays."""
Ground = Literal["conduct", "non-payment", "other-breach"]
"""Why a service ends (001/3-1): kept apart, as a dispute about money is never conduct."""


@dataclass(frozen=True, slots=True)
class Override:
    """A safeguard that a named person set aside, and why."""

    gate: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    act: Act
    at: datetime
    """When it was recorded; aware, UTC."""
    by: str
    """Who decided: the address of one of us, lower case."""
    reason: str
    addresses: frozenset[str]
    """The contact's addresses as they were known when it was decided: it binds these and no other (F08)."""
    id: str = ""
    """SHA-256 (hex) of the paper that holds it; "" until it is recorded."""
    about: str = ""
    """The id of the restriction it renews, ends, or decides an appeal about."""
    # a restriction
    kind: Kind = "no-reply"
    start: datetime | None = None
    until: datetime | None = None
    """Its last moment, in UTC."""
    matters: tuple[str, ...] = ()
    """The matters it covers; () for every matter that had begun when it started."""
    mailboxes: frozenset[str] = frozenset()
    """The mailboxes it holds in; empty for all."""
    number: int = 0
    days: int = 0
    """For number-per-period: so many mails in so many days."""
    reader: str = ""
    """Who reads what is filed."""
    circumstances: str = ""
    """What is known of the person's situation, the seriousness, and our own part (004/PR3, PR4, 002/B6)."""
    impact: tuple[str, ...] = ()
    """What it means for the contact: the matters it covers and where they stand (004/SG0, 000/5-a)."""
    efforts: str = ""
    """What was tried to help besides what the mails show (004/SG2)."""
    policy_given: date | None = None
    """When the contact was given the policy (001/4-4a)."""
    frivolous: tuple[str, ...] = ()
    """Which of "cause", "merit", "trivial" make a complaint frivolous, each with its reason (004/DF2)."""
    vexatious: tuple[str, ...] = ()
    """Which of "malice", "harassment", "nuisance" make it vexatious as well (004/DF3)."""
    ground: Ground = "conduct"
    # how the contact was told
    notice: str = ""
    """Message-ID of the letter in Sent, or "file NAME sha256:…" of one that went another way."""
    told: datetime | None = None
    safety_reason: str = ""
    """Why the contact could not be told first; only where somebody's safety is at stake."""
    # what it rests on
    grounds: tuple[str, ...] = ()
    """Message-IDs of the mails and ids of the incidents it rests on."""
    overrides: tuple[Override, ...] = ()
    outcome: Outcome = ""
    received: datetime | None = None
    """Of an appeal: when it came in. Of a department: when somebody there said that they had read it."""
    to: str = ""
    """Of a referral: where it was taken, such as the police. Of an inquiry, a question to a senior or a handing over: which of us it is for;
    "" for every senior. Of a department: its name."""
    relieved: str = ""
    """Of a handing over: which of us steps back."""
    mails: tuple[str, ...] = ()
    """Of a correction: the keys of the mails it is about."""
    named: str = ""
    """The address by which the contact was named; "" where it was named by its id, and in what was recorded before this was kept."""
    others: frozenset[str] = frozenset()
    """Of "same-person" and "not-same-person": the addresses that `addresses` are, or are not, one person with."""
    policy: str = ""
    """The policy and version it was decided under."""
    recorded_by: str = ""
    """The user of the machine who recorded it."""

    @property
    def aside(self) -> frozenset[str]:
        """The safeguards that it sets aside, each with a reason."""
        return frozenset(one.gate for one in self.overrides if one.reason.strip())

    def undone(self, rulings: Iterable[Ruling]) -> Ruling | None:
        """Which of these it takes back, where it is an "undo"."""
        return next((one for one in rulings if one.id == self.about), None) if self.act == "undo" else None

    def paper(self) -> dict[str, Any]:
        """The form in which a paper keeps it."""
        content: dict[str, Any] = _form().dump_python(replace(self, id=""), mode="json")
        return content

    def subject(self, contact: str) -> dict[str, Any]:
        """The form in which the journal keeps it: no words, no address."""
        return {"act": self.act, "contact": contact, "paper": self.id, "policy": self.policy}

    @staticmethod
    def read(content: Mapping[str, Any], digest: str) -> Ruling:
        """The reverse of `paper`."""
        return replace(_form().validate_python({**content, "id": digest}), id=digest)

    def concerns(self, addresses: Iterable[str]) -> bool:
        """Whether it was made about the contact with these addresses."""
        return not (self.addresses | self.others).isdisjoint(addresses)


def in_effect(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """The rulings that nobody has taken back, in the same order; an "undo" counts for nothing further."""
    every = tuple(rulings)
    undone = {one.about for one in every if one.act == "undo"}
    return tuple(one for one in every if one.act != "undo" and one.id not in undone)


@dataclass(frozen=True, slots=True)
class Ties:
    """Which addresses people have said are one person, and which are not; the last word on a pair counts."""

    same: frozenset[frozenset[str]] = frozenset()
    """Pairs."""
    apart: frozenset[frozenset[str]] = frozenset()

    def named(self, emails: Iterable[str]) -> frozenset[str]:
        """The addresses that were said to be one person with some of these."""
        known = frozenset(emails)
        return frozenset(one for pair in self.same if pair & known for one in pair) - known

    def confirmed(self, one: str, others: Iterable[str]) -> bool:
        """Whether somebody said that this address is one person with one of the others, over any number of steps."""
        wanted, known, fresh = set(others), {one}, frozenset({one})
        while fresh and not wanted & known:
            fresh = self.named(known)
            known |= fresh
        return bool(wanted & known)


def ties(rulings: Iterable[Ruling]) -> Ties:
    """What people said of addresses, from all rulings, oldest first."""
    said: dict[frozenset[str], bool] = {}
    for one in in_effect(rulings):
        if one.act in ("same-person", "not-same-person"):
            for here in one.addresses:
                for there in one.others - {here}:
                    said[frozenset({here, there})] = one.act == "same-person"
    same = frozenset(pair for pair, joined in said.items() if joined)
    return Ties(same, frozenset(said.keys() - same))


@cache
def _form() -> TypeAdapter[Ruling]:
    return TypeAdapter(Ruling)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened by another way than mail, as somebody of us wrote it down (P15, R02)."""

    at: datetime
    on: datetime
    """When it happened."""
    channel: str
    """telephone, visit, letter, social media, …"""
    kind: str
    """A kind of finding, or "other"."""
    words: str
    """What was said or done: what could be seen and heard, no judgement."""
    reported_by: str
    addresses: frozenset[str]
    id: str = ""
    effect: str = ""
    """What it did to whoever met it, in their words (002/A0)."""
    link: str = ""
    """Where a copy is, such as the address of a post."""
    clause: str = ""
    witnessed: bool = False
    """Whether the reporter only saw it happen to somebody else (001/1-R1)."""

    def paper(self) -> dict[str, Any]:
        content: dict[str, Any] = _incident_form().dump_python(replace(self, id=""), mode="json")
        return content

    def subject(self, contact: str) -> dict[str, Any]:
        return {"contact": contact, "paper": self.id}

    @staticmethod
    def read(content: Mapping[str, Any], digest: str) -> Incident:
        return replace(_incident_form().validate_python({**content, "id": digest}), id=digest)


@cache
def _incident_form() -> TypeAdapter[Incident]:
    return TypeAdapter(Incident)
