"""What a detector says: one kind of conduct, or of protection, seen on one message.

The kinds are the vocabulary of the export, the policy packs and the labels; each belongs to one family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["conduct", "demand", "pattern", "protective"]

KINDS: dict[str, Family] = {
    # what one message says
    "threat": "conduct",
    "abuse": "conduct",
    "profanity": "conduct",
    "harassment": "conduct",
    "sexual": "conduct",
    "discrimination": "conduct",
    "hostile_tone": "conduct",
    "allegation": "conduct",
    "falsehood": "conduct",
    "illegal": "conduct",
    "off_topic": "conduct",
    # what one message asks
    "urgent_demand": "demand",
    "unreasonable_demand": "demand",
    "named_staff": "demand",
    "process_refusal": "demand",
    # what many messages show
    "repeat": "pattern",
    "after_stop": "pattern",
    "volume": "pattern",
    "staff_shopping": "pattern",
    "arguing": "pattern",
    "mingled": "pattern",
    # what protects the writer; runs first and beats everything
    "welfare": "protective",
    "rights": "protective",
    "appeal": "protective",
    "adjustment": "protective",
    "campaign": "protective",
    "unauthenticated": "protective",
}

SEVEN = frozenset({"en", "de", "fr", "es", "pl", "cy", "ga"})
READ_IN: dict[str, frozenset[str]] = {"threat": SEVEN, "profanity": SEVEN, "welfare": SEVEN}
"""Kind → the languages (ISO 639-1) in which what it looks for was measured; English alone for every kind of words not named.
In other languages it is not looked for, and people are told so. The figures stand in models/conduct/card.md."""
WORDLESS = frozenset({"repeat", "after_stop", "volume", "staff_shopping", "campaign", "unauthenticated"})
"""Kinds that rest on who wrote when, and on likeness, in whatever language."""

SAFEGUARDS = ("not_dealt_with", "not_warned", "welfare", "rights", "appeal_pending", "adjustment", "unauthenticated", "campaign")
"""The gates before a restriction, as the export names them."""

SURE = 0.5
"""From this strength on a finding counts; a weaker one is "unsure" and only ever shown."""

Severity = Literal["advisory", "ordinary", "serious", "grave"]
"""advisory: shown, never counted · ordinary: counts in a pattern · serious: counts strongly ·
grave: one significant incident, which needs no warning first (a threat of violence, a danger to the public)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a message, as evidence."""

    message_id: str
    text: str
    start: int = -1
    """Where in the message's own words it begins; -1 when it is not a stretch of them."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a detector of one message hands back: a kind, how sure it is, how grave it is, and the words that show it."""

    kind: str
    strength: float
    """0 to 1: how sure the program is, not how bad it is. Below 0.5 is "unsure" and only ever shown to a person."""
    severity: Severity
    quotes: tuple[Quote, ...]
    reason: str
    """One sentence for the reviewer: what was seen."""
    earlier: tuple[str, ...] = ()
    """Message-IDs of the earlier messages it rests on (the answer given, the warning, the request repeated)."""
    number: str = ""
    """The number of the pack it rests on, by its key such as "volume_week"; "" where it rests on none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sign placed in its story: on which message of which contact and matter, under which clause of the policy."""

    message_id: str
    message_key: str
    contact: str
    matter: str
    kind: str
    clause: str
    strength: float
    severity: Severity
    quotes: tuple[Quote, ...]
    reason: str
    earlier: tuple[str, ...] = ()
    by_staff: bool = False
    """The organisation's own conduct, where the policy binds both sides: for the manager, never in the shared mailbox."""
    number: str = ""
    """As in the sign."""
    dismissed: str = ""
    """Who dismissed it and when, in words; "" while it stands."""
