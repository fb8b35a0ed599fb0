"""Quotation marks around words that no mail of ours holds, said to be ours (policy 004/UD9b, requirement D20)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from triage.detect import background
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

SAME = 85.0
"""From this likeness on (0 to 100), a quotation stands in the text compared with: a word or a letter may be off."""

_QUOTED = re.compile('["“”„«]([^"“”„»\n]{8,400})["“”»]|(?<!\\w)[‘\']([^‘’"“”\n]{12,400})[’\'](?!\\w)')
_SAID = r"(?:wrote|write|writes|written|said|say|says|told|promised|confirmed|stated|state|states|reads|read|tells|assured|agreed|guaranteed|admitted|replied|answered|put|claimed|declared|emailed|mailed|undertook|offered|advised|conceded)"
_OURS = r"(?:you|your (?:\w+ ){0,3}(?:e-?mail|mail|letter|message|reply|answer|confirmation|note|notice|response|statement|words|colleague|agent|adviser|manager|team|office|people)|%s)"
_SPOKEN = re.compile(
    r"\b(?:on the phone|by phone|over the phone|telephone|phoned|rang|called me|on the call|our call|in person|face to face|verbally|at the (?:counter|desk|meeting|office|door)|when we (?:met|spoke)|in the meeting|the recording|voicemail)\b"
)
_ELSEWHERE = re.compile(
    r"\b(?:website|web site|leaflet|brochure|advert\w*|listing|sign|poster|terms|contract|lease|policy|label|manual|form|box|app|catalogue|notice board|facebook|review|instructions|guarantee|warranty|act) (?:\w+ ){0,3}(?:say|says|said|states?|promises?|reads|read)\b"
)
_ASSENT = re.compile(
    r"\b([^\W\d_]{3,}) (?:\w+ ){0,2}?(?:told|wrote|said|agreed|confirmed|promised|emailed|says|writes)(?: \w+){0,3}? (?:in|by) (?:his|her|their|an|the|that)? ?"
    r"(?:own |last )?(?:e-?mail|mail|letter|reply|message|note|writing)\b[^.!?\n]{0,60}?\b(?:fine|ok|okay|alright|all right|yes|come off|comes off|waived?|approved|refund\w*|cancel\w*|"
    r"allowed|granted|drop(?:s|ped)?)\b"
)
_AGREED = re.compile(
    r"\b(?:happy to|agreed|approved|have waived|will (?:waive|refund|cancel|drop|remove)|yes|of course|no problem)\b"
)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + "|sept)"
_DATE = re.compile(rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})|({_MONTH}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?)\b")


def find(evidence: Evidence) -> Iterable[Sign]:
    """A sign for each such quotation, resting on the staff mail it is nearest to or that was dated in the mail."""
    ours = [turn for turn in evidence.history if turn.by_staff and not turn.automatic]
    yield from _claimed_assent(evidence, [turn for turn in ours if turn.matter == evidence.matter])
    if not any(turn.matter == evidence.matter for turn in ours) or '"' not in fold(evidence.message.own).text + '"':
        return
    own = evidence.message.own
    for found in _QUOTED.finditer(own[:50_000]):
        words = (found.group(1) or found.group(2)).strip()
        lead = fold(own[max(0, found.start() - 160) : found.start()])
        after = fold(own[found.end() : found.end() + 80]).text.partition(".")[0]
        if len(words.split()) < 3 or not _attributed(_last_sentence(lead), after, background.staff_names(evidence)):
            continue
        if _known(words, evidence):
            continue
        yield _sign(evidence, words, found.start(), _last_sentence(lead) + " " + after, ours)


def _claimed_assent(evidence: Evidence, ours: list[Turn]) -> Iterable[Sign]:
    """That one of us agreed in writing, said of somebody all of whose mails on the matter say no."""
    plain = fold(evidence.message.own)
    refusing = set(background.refusals(evidence))
    for found in _ASSENT.finditer(plain.text):
        who = found.group(1)
        theirs = [
            turn
            for turn in ours
            if who in fold(f"{turn.message.sender.name} {turn.message.sender.email}").text.replace(".", " ").split()
        ]
        if not theirs or not set(theirs) <= refusing or any(_AGREED.search(fold(turn.message.own).text) for turn in theirs):
            continue
        yield Sign(
            kind="falsehood",
            strength=0.7,
            severity="ordinary",
            quotes=(
                Quote(evidence.message.message_id, *plain.written(*plain.sentence(found.start()))),
                *_beside(theirs, plain.text[slice(*plain.sentence(found.start()))]),
            ),
            reason=(
                f"The mail says that we agreed in writing; the mail of {theirs[-1].message.sent_at:%-d %B %Y} says no and is shown beside it, for a person to check."
            ),
            earlier=tuple(turn.message.message_id for turn in theirs),
        )
        return


def _last_sentence(lead: Plain) -> str:
    """What leads up to the quotation: the unfinished sentence, or a finished one that a colon ends."""
    start, end = lead.sentence(max(0, len(lead.text.rstrip()) - 1))
    text = lead.text[start:end].strip()
    if len(text) < 3:
        start, end = lead.sentence(max(0, start - 1))
        text = lead.text[start:end].strip()
    return text


def _attributed(lead: str, after: str, names: frozenset[str]) -> bool:
    """Whether the words around say that we wrote it: not the sender, not a third person, not a leaflet, not a telephone call."""
    if _SPOKEN.search(f"{lead} {after}") or _ELSEWHERE.search(f"{lead} {after}"):
        return False
    people = "|".join(map(re.escape, sorted(names))) or "\x00"
    ours = _OURS % f"(?:mr |mrs |ms |miss |dr )?(?:{people})"
    before = rf"\b{ours}(?:'?s)? (?:[\w,]+ ){{0,5}}?{_SAID}\b[^.!?]{{0,90}}$|\b(?:in|from|quote|quoting) your [^.!?]{{0,60}}$|\b(?:your|(?:{people})s?) (?:own |exact |very )?words\b[^.!?]{{0,60}}$"
    if re.search(before, lead) and not re.search(rf"\b(?:i|we|he|she|they) (?:\w+ )?{_SAID}\b[^.!?]{{0,60}}$", lead):
        return True
    return (
        re.match(
            rf"[ ,]*(?:{ours} (?:\w+ )?{_SAID}|(?:was|were|those (?:are|were)) your (?:own |exact |very )?words|{_SAID} {ours})\b",
            after,
        )
        is not None
    )


def _known(words: str, evidence: Evidence) -> bool:
    """Whether every part of a quotation stands in an earlier mail of either side, or in what this mail quotes or passes on."""
    texts = [fold(turn.message.own).text for turn in evidence.history]
    texts += [fold(passage.text).text for passage in (*evidence.message.wording.quoted, *evidence.message.wording.forwarded)]
    texts += [fold(turn.message.subject).text for turn in evidence.history]
    parts = [fold(part).text.strip(" .,;:!?") for part in re.split(r"\.\.\.|…|\[[^\]]{0,40}\]", words)]
    return all(any(likeness(part, text) >= SAME for text in texts) for part in parts if len(part) > 5)


def likeness(part: str, text: str) -> float:
    """How nearly a text holds a shorter one, 0 to 100; a "not" more or less makes them unlike."""
    if not text:
        return 0.0
    found = fuzz.partial_ratio_alignment(part, text, score_cutoff=70) if len(part) <= len(text) else None
    if found is None:
        return 0.0
    there = text[max(0, found.dest_start - 8) : found.dest_end + 4]
    negation = re.compile(r"\b(?:not|never|no|cannot|cant|wont|isnt|arent|dont|didnt|wasnt|without|unable)\b")
    if len(negation.findall(part)) != len(negation.findall(there)):
        return min(found.score, SAME - 1)
    return min(found.score, SAME - 1) if set(re.findall(r"\d+", part)) - set(re.findall(r"\d+", there)) else found.score


def _sign(evidence: Evidence, words: str, start: int, around: str, ours: list[Turn]) -> Sign:
    dated = _dated(around, ours)
    same = [turn for turn in ours if turn.matter == evidence.matter] or ours
    nearest = max(reversed(same), key=lambda turn: fuzz.token_set_ratio(fold(words).text, fold(turn.message.own).text))
    rests = dated or [nearest]
    written = re.search(r"\b(?:wrote|written|writing|email\w*|mail|letter|message|reply|words|dated)\b", around) is not None
    sentence = evidence.message.own[start : start + len(words) + 2].strip()
    return Sign(
        kind="falsehood",
        strength=0.88 if dated else 0.8 if written else 0.65,
        severity="ordinary",
        quotes=(Quote(evidence.message.message_id, sentence, start), *_beside(rests, words)),
        reason=(
            f"The quoted words stand in no mail of ours; the mail of {rests[-1].message.sent_at:%-d %B %Y} is shown beside them, for a person to check."
        ),
        earlier=tuple(turn.message.message_id for turn in rests),
    )


def _dated(around: str, ours: list[Turn]) -> list[Turn]:
    """The staff mails of the day named beside the quotation."""
    for day_first, month_after, month_first, day_after in _DATE.findall(around):
        day, month = int(day_first or day_after), (month_after or month_first)[:3]
        number = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month))
        on_day = [turn for turn in ours if (turn.message.sent_at.day, turn.message.sent_at.month) == (day, number)]
        if on_day:
            return on_day
    return []


def _beside(rests: list[Turn], words: str) -> Iterable[Quote]:
    """The sentence of our mail that speaks of the same."""
    turn = rests[-1]
    plain = fold(turn.message.own)
    spans = list(plain.sentences())
    if spans:
        best = max(spans, key=lambda span: fuzz.token_set_ratio(fold(words).text, plain.text[slice(*span)]))
        yield Quote(turn.message.message_id, *plain.written(*best))
