"""Everything on file about one contact in order of time, both sides, up to a cut-off date (X11, F48).

Findings that were dismissed, and everything about the conduct of staff, are left out (X14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from triage.conclusion import Standing
from triage.deciding import people_behind
from triage.evidence import Turn
from triage.explanation import ACTS, FOLDED, NAMES
from triage.finding import SURE
from triage.judgement import ground, standing_of
from triage.ledger import Ledger
from triage.record import standing_incidents
from triage.ruling import Incident
from triage.settings import Settings

_OPENING = 200
"""Characters of a mail that are shown of one in which nothing stands out."""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the chronology."""

    at: datetime
    side: str
    """"them", "us", or "other" for what did not happen by mail or was decided."""
    what: str
    words: str = ""
    message_id: str = ""
    key: str = ""
    offensive: bool = False
    """Whether its words are shown only to whoever opens them."""


def chronology(who: str, ledger: Ledger, settings: Settings, now: datetime, until: datetime | None = None) -> list[Event]:
    """The events, oldest first, nothing after `until`. Raises Permanent when nobody is meant by `who` (an address or an id)."""
    on = ground(settings, ledger, now)
    people = people_behind(who, ledger, on.directory)
    at = standing_of(people, ledger, on)
    found = [*_mails(at), *map(_incident, standing_incidents(ledger, people))]
    found += [Event(one.at, "other", f"{ACTS[one.act]}, by {one.by}, under {one.policy}", one.reason) for one in at.rulings]
    return [one for one in sorted(found, key=lambda one: one.at) if until is None or one.at <= until]


def _mails(at: Standing) -> Iterator[Event]:
    for turn in at.story.turns:
        if not at.story.owns(turn):
            continue
        what, words, offensive = _did(turn) if turn.by_staff else _seen(turn, at)
        message = turn.message
        subject = message.subject or "(no subject)"
        shown = f"{subject}{f': {what}' if what else ''}"
        side = "us" if turn.by_staff else "them"
        yield Event(message.sent_at, side, shown, words, message.message_id, message.key, offensive)


def _did(turn: Turn) -> tuple[str, str, bool]:
    """What a mail of ours did, and the words by which it did so."""
    act = turn.act
    if act is None:
        return "", "", False
    restricted = act.restriction.words if act.restriction else ""
    did = [
        (name, words) for name, words in (("answer", act.answer), ("warning", act.warning), ("restriction", restricted)) if words
    ]
    quotes = dict.fromkeys(" ".join(words.split()) for _, words in did)
    if not did:
        return (f"no answer: {act.no_answer_because}" if act.no_answer_because else ""), "", False
    return ", ".join(name for name, _ in did), " … ".join(f'"{words}"' for words in quotes), False


def _seen(turn: Turn, at: Standing) -> tuple[str, str, bool]:
    """What was found in a mail of theirs and stands, with its words."""
    found = [one for one in at.findings if one.message_key == turn.message.key and not one.by_staff]
    mine = [one for one in found if not one.dismissed and one.strength >= SURE]
    kinds = dict.fromkeys(f"{NAMES[one.kind]}{f' ({one.clause})' if one.clause else ''}" for one in mine)
    quotes = dict.fromkeys(quote.text for one in mine for quote in one.quotes if quote.message_id == one.message_id)
    offensive = any(one.kind in FOLDED or one.kind == "threat" for one in (mine if quotes else found))
    return "; ".join(kinds), " … ".join(f'"{text}"' for text in quotes) or _opening(turn), offensive


def _opening(turn: Turn) -> str:
    """How a mail begins, so that what people asked stands beside what they are held to have done."""
    words = " ".join(turn.message.own.split())
    return f'"{words[:_OPENING].rsplit(" ", 1)[0]} …"' if len(words) > _OPENING else f'"{words}"' if words else ""


def _incident(one: Incident) -> Event:
    what = f"{one.channel}: {NAMES.get(one.kind, 'an incident')}, reported by {one.reported_by}"
    return Event(one.on, "other", what, one.words, offensive=one.kind in FOLDED or one.kind == "threat")
