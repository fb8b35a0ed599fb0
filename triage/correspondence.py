"""Ledger → letter: gathers what a letter of the ladder needs to say to one contact, from what is on file about them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage import letter
from triage.conclusion import Standing
from triage.deciding import stands
from triage.decision import counts, dealt_with
from triage.errors import Permanent
from triage.finding import KINDS, SAFEGUARDS
from triage.hold import Restriction
from triage.ledger import Ledger
from triage.letter import IN_HOUSE, Kind, Letter
from triage.policy import Pack
from triage.ruling import Ground
from triage.ruling import Kind as Measure
from triage.settings import Settings

_MOST_PASSAGES = 5
FILL_IN = "[please fill in]"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a restriction is to be, where a letter proposes one."""

    kind: Measure | None = None
    """None: as the one in force, else no-reply."""
    number: int = 0
    days: int = 0
    reader: str = ""
    ground: Ground | None = None
    """Of the end of the service; None: as it is on record."""


GROUNDS = {"conduct": "conduct", "non-payment": "fees that are unpaid", "other-breach": "a breach of the terms"}


def long_day(moment: datetime) -> str:
    """A date as letters write it: "3 March 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def draft(
    kind: Kind, who: str, ledger: Ledger, settings: Settings, now: datetime, *, signed: str = "", reason: str = "", until: datetime | None = None, aside: Collection[str] = (),
    terms: Terms = Terms(),
) -> Letter:  # fmt: skip
    """A letter of this kind to the contact `who` (an address or an id), as it could be sent at `now`.

    `signed`: who signs. `reason`: in a sentence. `until`: the end of what it tells of; the pack's usual length when left out.
    `aside`: the safeguards that whoever decides sets aside. `terms`: what a restriction is to be. Raises Permanent when nobody is meant, or when there is nothing the letter could be about.
    """
    at, pack = stands(who, ledger, settings, now), settings.pack()
    theirs = [turn.message for turn in at.story.turns if not turn.by_staff and at.story.owns(turn)]
    if not theirs:
        raise Permanent(f"{who} has written nothing that a letter could answer")
    _fitting(kind, who, at, aside, _ground(at, terms))
    rests = {finding.matter for finding in at.decision.rests_on}
    about = [turn.message for turn in at.story.turns if not turn.by_staff and at.story.owns(turn) and turn.matter in rests]
    last = (about or theirs)[-1]
    name = next(
        (one.sender.name for one in (last, *reversed(theirs)) if one.sender.name and one.sender.email == last.sender.email), ""
    )
    one = at.restrictions[-1] if at.restrictions else None
    if one is None and kind in ("review", "ending", "appeal-outcome"):
        raise Permanent(f"no restriction of {who} is on file, so there is nothing this letter could be about")
    if kind == "appeal-outcome" and not any(each.act == "appeal-decided" for each in at.rulings):
        raise Permanent(f"no appeal of {who} was decided yet; `triage appeal decide` records it, and this letter tells of it")
    facts = (
        _facts(kind, at, pack, one, until)
        | _terms(one, terms, at)
        | {
            "name": name or "Sir or Madam",
            "known_as": name or "no name is known",
            "addresses": ", ".join(sorted(at.story.addresses)),
            "organisation": settings.organisation.name,
            "signed": signed or FILL_IN,
            "reason": reason or _reason(kind, at, one),
            "ends_on": long_day(until) if until else FILL_IN,
        }
    )
    to = "" if kind in IN_HOUSE else last.sender.email
    subject = last.subject if last.subject.lower().startswith("re:") else f"Re: {last.subject or 'Your correspondence'}"
    title = subject if to else "Checklist: taking a matter to the police"
    return Letter(kind, to, title, letter.body(kind, facts), last.message_id, last.references)


def _reason(kind: Kind, at: Standing, one: Restriction | None) -> str:
    """Why, as whoever decided put it: of the appeal, of the end of the service, or of the restriction."""
    act = {"appeal-outcome": "appeal-decided", "termination": "terminate"}.get(kind)
    if act:
        return next((each.reason for each in reversed(at.rulings) if each.act == act), FILL_IN)
    return one.ruling.reason if one and one.ruling else FILL_IN


_BARS = {
    "warning": frozenset({"welfare", "unauthenticated", "campaign"}),
    "restriction": frozenset(SAFEGUARDS),
    "termination": frozenset(SAFEGUARDS),
}
"""Which open safeguards stand against drafting a letter at all: nobody should find such a draft by chance and send it."""


def _fitting(kind: Kind, who: str, at: Standing, aside: Collection[str], ground: Ground | None) -> None:
    """Raises Permanent when nothing on file calls for this letter, or a safeguard stands against it."""
    if kind not in _BARS or (kind == "termination" and ground in ("non-payment", "other-breach")):
        return  # a dispute about money is no conduct, and no safeguard against restrictions stands in its way
    if kind != "termination" and not any(counts(finding) for finding in at.findings):
        raise Permanent(f"{who}: nothing on file calls for a {kind}; triage contacts shows where they stand")
    open_ = [
        one for one in at.decision.checks if one.name in _BARS[kind] and one.name in at.decision.unmet and one.name not in aside
    ]
    if not open_:
        return
    said = f"{who}: no {kind} is drafted while a safeguard is open: {'; '.join(f'{one.words} ({one.name})' for one in open_)}"
    if kind == "termination":
        said += "; see to that first, or give --override SAFEGUARD=REASON; where it ends for another ground than conduct, --why non-payment or other-breach"
    elif kind == "restriction" and any(one.name == "not_warned" for one in open_):
        said += "; `triage letter warning` drafts the warning that comes first"
    elif kind == "restriction":
        said += "; see to that first, or, where whoever decides sets it aside, give --override SAFEGUARD=REASON here and with `triage hold start`"
    raise Permanent(said)


def _facts(kind: Kind, at: Standing, pack: Pack, one: Restriction | None, until: datetime | None) -> dict[str, Any]:
    now, periods = at.now, pack.periods
    agreed = next((each.until for each in reversed(at.rulings) if each.act == "intend" and each.until and each.until > now), None)
    proposed = until or agreed or now + timedelta(days=periods.restriction_days)
    ends = one.until if one and kind in ("review", "ending", "appeal-outcome") and until is None else proposed
    matter = _subject(at)
    ruled = next((each for each in reversed(at.rulings) if each.act == "appeal-decided"), None)
    counted = [finding for finding in at.findings if counts(finding)]
    seen = at.decision.rests_on or tuple(counted)
    refs = dict.fromkeys(finding.clause for finding in seen if finding.clause)
    return {
        "policy": pack.title, "mediation": pack.mediation, "matter": matter, "today": long_day(now),
        "our_part": _our_part(at), "answered_on": _answered_on(at), "mailed_on": _mailed_on(at),
        "passages": _passages(at, kind), "by_words": not all(KINDS[each.kind] == "pattern" for each in seen), "clauses": [c for ref in refs if (c := pack.clause(ref))],
        "warned_on": long_day(at.decision.warned_at) if at.decision.warned_at else "",
        "start": long_day(now), "until": long_day(ends), "told_on": long_day(one.start) if one else FILL_IN,
        "review_on": long_day(ends - timedelta(days=periods.review_days)),
        "appeal_by": long_day(now + timedelta(days=periods.appeal_days)), "reply_by": long_day(now + timedelta(days=14)),
        "appeal_how": pack.letters.appeal, "stays_open": pack.letters.stays_open, "further": pack.letters.further,
        "outcome": ruled.outcome if ruled else "refused",
        "statement": statement(at),
    }  # fmt: skip


def _ground(at: Standing, given: Terms) -> Ground | None:
    """On which ground the service ends: as it was asked for, else as it is on record; None where nobody has said."""
    return given.ground or next((each.ground for each in reversed(at.rulings) if each.act == "terminate"), None)


def _appealed_on(at: Standing) -> str:
    """The day of their last appeal, by mail or as it was recorded; "" where there is none."""
    keys = {one.message_key for one in at.findings if one.kind == "appeal" and not one.dismissed}
    days = [turn.message.sent_at for turn in at.story.turns if turn.message.key in keys]
    days += [each.received or each.at for each in at.rulings if each.act == "appeal"]
    return long_day(max(days)) if days else ""


def _terms(one: Restriction | None, given: Terms, at: Standing) -> dict[str, Any]:
    """What a restriction, or the end of the service, is: as it was asked for, else as the last one is."""
    number, days = one.rate if one else (0, 0)
    ground = _ground(at, given)
    return {
        "ground": GROUNDS[ground] if ground else FILL_IN,
        "over_conduct": ground == "conduct",
        "over_on": long_day(one.over_at) if one and one.over_at < at.now else "",
        "appealed_on": _appealed_on(at),
        "kind": given.kind or (one.kind if one and one.in_force(at.now) else "no-reply"),
        "number": given.number or number or FILL_IN,
        "days": given.days or days or FILL_IN,
        "reader": given.reader or (one.reader if one else FILL_IN),
    }


def _subject(at: Standing) -> str:
    """What they wrote about, in their own words: the subject of the matter that the stage rests on, else of their last mail."""
    matters = [finding.matter for finding in at.decision.rests_on]
    turns = [turn for turn in at.story.turns if not turn.by_staff and (not matters or turn.matter == matters[-1])]
    subject = turns[0].message.subject if turns else ""
    while subject.lower().startswith(("re:", "fw:", "fwd:")):
        subject = subject.partition(":")[2].strip()
    return f"“{letter.quoted(subject, 80)}”" if subject else "your request"


def _our_part(at: Standing) -> list[str]:
    """What we did about their matters, first of all: the day of our answer, or that we owe one."""
    lines = []
    for matter in dict.fromkeys(turn.matter for turn in at.story.turns if not turn.by_staff and at.story.owns(turn)):
        if not dealt_with(matter, at.story, at.now):
            first = next(turn for turn in at.story.turns if turn.matter == matter)
            lines.append(
                f"About “{letter.quoted(first.message.subject, 80)}” an answer from us is still owed; that is our fault, and not yours."
            )
    return lines[:3]


def _answered_on(at: Standing) -> str:
    """The day of our last answer on the matter that the stage rests on; "" where there is none."""
    about = {finding.matter for finding in at.decision.rests_on}
    days = [t.message.sent_at for t in at.story.turns if t.act and t.act.answer and (not about or t.matter in about)]
    return long_day(days[-1]) if days else ""


def _mailed_on(at: Standing) -> str:
    """Which of their mails it is about, by their days: "your emails of 4 March 2026 and 6 March 2026"; "" where that is unknown."""
    keys = {finding.message_key for finding in at.decision.rests_on}
    sent = dict.fromkeys(long_day(turn.message.sent_at) for turn in at.story.turns if turn.message.key in keys)
    days = list(sent)[-_MOST_PASSAGES:]
    if not days:
        return ""
    several = len(keys) > 1
    return f"your {'emails' if several else 'email'} of {', '.join(days[:-1])}{' and ' if len(days) > 1 else ''}{days[-1]}"


def _passages(at: Standing, kind: Kind) -> list[tuple[str, str]]:
    """Their own words that the letter is about, each with its day; the last few."""
    if kind not in ("expectations", "warning", "restriction", "police-referral", "termination"):
        return []
    sent = {turn.message.message_id: turn.message.sent_at for turn in at.story.turns}
    rests = at.decision.rests_on or tuple(finding for finding in at.findings if counts(finding))
    found = {
        (sent[quote.message_id], quote.start, letter.quoted(quote.text))
        for finding in rests
        for quote in finding.quotes
        if quote.message_id == finding.message_id and quote.message_id in sent
    }
    return [(long_day(day), words) for day, _, words in sorted(found)[-_MOST_PASSAGES:]]


def statement(at: Standing) -> list[str]:
    """Every dealing by mail in order: the day, from whom, about what (001/3-2)."""
    return [
        f"{long_day(turn.message.sent_at)}, {'from us' if turn.by_staff else 'from you'}: {letter.quoted(turn.message.subject, 80)}"
        for turn in at.story.turns
        if at.story.owns(turn)
    ]
