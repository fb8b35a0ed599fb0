"""Answers to our notes → decisions: each order goes through the one door (`triage.deciding`), as a command would, or is refused.

What came of an answer is written down beside it in one transaction, so that a pass killed anywhere carries out no order twice and
loses none. The note tells what was recorded, or why nothing was (`triage.acting`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from triage import telling
from triage.deciding import Refused, report, rule
from triage.errors import Permanent, Temporary
from triage.evidence import Directory
from triage.explanation import day
from triage.hearing import OUTCOME, Answer, answered_note, answers, standing_of
from triage.ledger import Ledger
from triage.message import Message
from triage.record import incidents, rulings
from triage.reply import Word
from triage.ruling import Act, Incident, Ruling, in_effect
from triage.settings import Settings
from triage.staff_reading.dates import moments
from triage.telling import Telling

_ACTS: Mapping[Word, Act] = {
    "LESS": "less", "NOT SAME MATTER": "split", "SAME MATTER": "rejoin", "SAME PERSON": "same-person", "NOT SAME PERSON": "not-same-person",
    "CLOSE": "close", "REOPEN": "reopen", "REFER": "senior", "UNDO": "undo",
}  # fmt: skip
_NEEDS_NO_REASON: frozenset[Act] = frozenset(
    {"less", "split", "rejoin", "not-same-person", "reopen", "undo", "intend", "shorten", "senior"}
)
"""What is milder, or takes a mistake back, is not made harder by a form."""
_GERMAN = dict(
    zip(
        "januar februar märz april mai juni juli august september oktober november dezember".split(),
        "January February March April May June July August September October November December".split(),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class _About:
    """What an answered note was about."""

    kind: str
    key: str
    """Of the mail in whose thread it stands."""
    keys: tuple[str, ...]
    """Of the mails it rests on."""
    restriction: Mapping[str, Any] | None
    who: str
    """An outside address of its contact."""
    sender: str


def carry_out(ledger: Ledger, settings: Settings, now: datetime) -> int:
    """Carries out every order that was not carried out yet; returns how many were recorded. Raises Temporary when the ledger is away."""
    recorded = 0
    for answer in answers(ledger):
        if not answer.done and answer.reply:
            with ledger.transaction():
                recorded += _settle(answer, ledger, settings, now)
    for one in telling.tellings(ledger):
        if not one.done:
            with ledger.transaction():
                recorded += _write_incident(one, ledger, settings, now)
    return recorded


def _write_incident(one: Telling, ledger: Ledger, settings: Settings, now: datetime) -> bool:
    """Writes down the incident that a mail tells of, or why it could not be."""
    told, kept, faults = one.told, "", tuple[str, ...]()
    assert told is not None
    if len(told.who) != 1:
        faults = (
            f"it names several people ({', '.join(told.who)}); write one mail for each, with their address in the subject"
            if told.who
            else "it does not say with whom; write the customer's address into the subject, such as: telephone call, j.doe@example.org",
        )
    faults += (told.unclear,) if told.unclear else ()
    faults += () if told.words else ("it does not say what happened; write what was seen and heard, without judging it",)
    if not faults:
        at = datetime.combine(told.on, time(), settings.organisation.time_zone).astimezone(UTC)
        incident = Incident(
            now, min(at, now), told.channel, told.kind, told.words, one.by, frozenset(), effect=told.effect,
            link=told.link or one.message_id, clause=told.clause, witnessed=told.witnessed,
        )  # fmt: skip
        kept, faults = _tried(lambda: report(incident, told.who[0], ledger, settings).id)
    telling.came(ledger, one, now, incident=kept, faults=faults)
    return bool(kept)


def _settle(answer: Answer, ledger: Ledger, settings: Settings, now: datetime) -> bool:
    def decide() -> str:
        if of := _told_by(answer, ledger):
            return rule(_withdrawal(answer, of, now), min(of.addresses), ledger, settings).id
        about = _about(answer, ledger, settings.directory())
        return rule(_ruling(answer, about, ledger, settings, now), about.who, ledger, settings).id

    kept, faults = _tried(decide)
    paper = ledger.keep_paper({"faults": list(faults)}) if faults else ""
    ledger.journal(OUTCOME, at=now, actor="triage", subject={"of": answer.number, "ruling": kept, "paper": paper})
    return bool(kept)


def _tried(record: Callable[[], str]) -> tuple[str, tuple[str, ...]]:
    """The id of what was recorded, or why it could not be. Raises Temporary: that is tried again with the next pass."""
    try:
        return record(), ()
    except Refused as refused:
        return "", refused.faults
    except Temporary:
        raise
    except Permanent as fault:
        return "", (str(fault),)


def _told_by(answer: Answer, ledger: Ledger) -> Incident | None:
    """The incident that the answered note confirms; None where it is another note."""
    number = answered_note(ledger, answer.mailbox, answer.note).get("telling")
    of = next((one.incident for one in telling.tellings(ledger) if one.number == number), "") if number else ""
    return next((one for one in incidents(ledger) if of and one.id == of), None)


def _withdrawal(answer: Answer, of: Incident, now: datetime) -> Ruling:
    """Raises Permanent for any other order than UNDO."""
    assert answer.reply is not None
    if answer.reply.word != "UNDO":
        raise Permanent("an incident that was written down can only be taken back, with UNDO on the first line")
    why = answer.reply.reason or "UNDO on its note, without a reason"
    return Ruling("withdraw", now, answer.by, why, frozenset(), about=of.id, recorded_by="mail")


def _about(answer: Answer, ledger: Ledger, staff: Directory) -> _About:
    """Raises Permanent when nothing is known any more of what the note was about."""
    told = answered_note(ledger, answer.mailbox, answer.note)
    if told.get("kind") == "lost":
        raise Permanent("nothing was reported, so there is nothing to order; move the mail itself to Triage/Agree")
    row = next(iter(ledger.proposals([answer.proposal])), None)
    key = row["about_key"] if row else told.get("about", "")
    mail = next((one for one in ledger.messages([key] if key else ()) if isinstance(one, Message)), None)
    if mail is None:
        raise Permanent("nothing is known any more of the mail that this note was about")
    outside = staff.outside(mail)
    if not outside:
        raise Permanent("the mail that this note was about names nobody outside")
    keys = tuple(told.get("keys", ())) or tuple(row["keys"] if row else ())
    kind = row["kind"] if row else told.get("kind", "")
    return _About(kind, key, keys, row.get("restriction") if row else None, outside[0], mail.sender.email)


def _ruling(answer: Answer, about: _About, ledger: Ledger, settings: Settings, now: datetime) -> Ruling:
    """The order as a decision. Raises Permanent, in words for whoever gave it, when it makes none."""
    assert answer.reply is not None
    word, reason = answer.reply.word, answer.reply.reason
    if word == "UNTIL":
        asked = _until(answer.reply.rest, about, settings, now)
    else:
        asked = Ruling(_ACTS[word], now, answer.by, reason, frozenset(), mails=(about.key,))
    if word == "LESS":
        asked = replace(asked, about=about.kind, mails=about.keys)
    elif word in ("SAME PERSON", "NOT SAME PERSON"):
        asked = replace(
            asked, mails=(), others=frozenset(_named(answer.reply.addresses, about, ledger, joining=word == "SAME PERSON"))
        )
    elif word == "SAME MATTER":
        asked = replace(asked, mails=_split_before(answer, ledger) or asked.mails)
    elif word == "UNDO":
        before = standing_of(ledger, answer.by, answer.proposal, answer.number)
        asked = replace(asked, mails=(), about=before[-1].ruling if before else "")
    if asked.act in _NEEDS_NO_REASON and not reason:
        asked = replace(asked, reason=f"{word} on a note, without a reason")
    return replace(asked, by=answer.by, recorded_by="mail", reason=asked.reason or reason)


def _split_before(answer: Answer, ledger: Ledger) -> tuple[str, ...]:
    """The mails that an earlier answer to this note parted from their matter; the note may tell of another mail since."""
    said = {one.ruling for one in answers(ledger) if one.proposal == answer.proposal and one.number < answer.number}
    split = [one for one in in_effect(rulings(ledger)) if one.act == "split" and one.id in said]
    return split[-1].mails if split else ()


def _named(addresses: tuple[str, ...], about: _About, ledger: Ledger, *, joining: bool) -> tuple[str, ...]:
    """The other addresses that are meant. Where none is named and the contact has exactly one other, that one."""
    if addresses:
        return addresses
    known = [
        one for row in ledger.contact_addresses(ledger.contacts_with([about.who])).values() for one in row if one != about.who
    ]
    if len(known) == 1:
        return tuple(known)
    raise Permanent(
        f"name the other address, such as: {'' if joining else 'NOT '}SAME PERSON j.doe@example.org"
        + (f" (this contact has {', '.join(known)})" if known else "")
    )


def _until(text: str, about: _About, settings: Settings, now: datetime) -> Ruling:
    """UNTIL on a note about a restriction: of one in force, its end is brought forward, or a later one is agreed for the letter that
    renews it; of one that is proposed, its end is agreed."""
    until, why = _day(text, settings, now)
    if about.kind in ("hold", "review") and about.restriction:
        one = about.restriction
        later = until > datetime.fromisoformat(one["until"])
        if later and not why.strip(" .,:;!–—-"):
            raise Permanent(
                f"to renew it takes a reason; write it behind the day, such as: UNTIL {day(until)}, he insulted us again"
            )
        return Ruling("intend" if later else "shorten", now, "", "", frozenset(), about=one["id"], until=until)
    if about.kind == "restrict":
        return Ruling("intend", now, "", "", frozenset(), until=until)
    raise Permanent("UNTIL is for a restriction, and this note proposes none")


def _day(text: str, settings: Settings, now: datetime) -> tuple[datetime, str]:
    """The last moment, in the office's zone, of the day that a text begins with, and what stands behind it. Raises Permanent when it
    names none for certain."""
    english = re.sub(r"(\d)\.\s+(?=[^\W\d])", r"\1 ", text)
    english = re.sub(r"[^\W\d]+", lambda word: _GERMAN.get(word[0].lower(), word[0]), english)
    found = [one for one in moments(english, now, ahead=True) if one.explicit and one.start <= len("the end of ")]
    if not found:
        raise Permanent("the day could not be read; write it as 2026-06-30 or 30 June 2026")
    named = found[0].until.date()
    last = datetime.combine(named, time(23, 59, 59), settings.organisation.time_zone).astimezone(UTC)
    return last, english[found[0].end :]
