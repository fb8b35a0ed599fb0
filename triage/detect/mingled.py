"""Mingled: ordinary requests and accusations at several of our people in one mail (policy 004/UD12b, requirement D23).

The request part is quoted first, because it is still to be answered. An ordinary request with a complaint about the service,
or a complaint that names people and asks for nothing else, is not mingled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect import background, phrasebook
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign

_REQUEST = re.compile(
    r"(?:^|\band |\balso |\bthen |, |\bplease |\bkindly )(?:please |kindly |just |also |can you |could you |would you |will you |i want you to |i need you to )*"
    r"(?:send|tell|move|give|let me know|book|change|update|confirm|arrange|fix|repair|replace|check|forward|post|email|cancel|renew|add|remove|mend|issue|order|deliver|collect|bring|find|transfer|reset|print|supply|show|explain when|reissue|extend|call|ring|order)\b"
    r"|\b(?:when|what time|how much|where|which|how do i|how can i|can i|could i|may i|is there|are there|do you|have you got)\b[^.!]{3,120}\?|\bi (?:need|would like|want|require) (?:a|an|the|my|to|new|another|two|copies)\b"
)
_ABOUT_THE_COMPLAINT = re.compile(
    r"\b(?:complain\w*|investigat\w*|apolog\w*|sack\w*|fired?|dismiss\w*|disciplin\w*|answer for|account for|explain (?:your|him|her|their)|suspend\w*|stop (?:lying|it|this)|admit\w*|shame|ashamed|deal with (?:him|her|them))\b"
)
_OUR_PEOPLE = r"\b(?:your (?:\w+ )?(?:agent|agents|staff|manager|officer|colleague|colleagues|adviser|advisers|driver|engineer|receptionist|director|boss|girl|man|woman|lot|people|team)|that (?:man|woman|girl) |all (?:three|two|four|of you)|the (?:lot|pair|three|two) of (?:you|them)|both of (?:you|them)|he|she|they|you|hes|shes|theyre|youre)\b"


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign, the request quoted first, when at least one ordinary request stands beside two accusations at persons."""
    if evidence.by_staff or evidence.message.automatic:
        return
    plain = fold(evidence.message.own)
    accused = _accusations(plain, background.staff_names(evidence))
    if sum(accused.values()) < 2:
        return
    asked = [span for span in plain.sentences() if _is_request(plain.text[slice(*span)].strip()) and span not in accused]
    if not asked:
        return
    message_id = evidence.message.message_id
    spans = [*asked[:3], *list(accused)[:2]]
    yield Sign(
        kind="mingled",
        strength=0.85 if sum(accused.values()) > 2 else 0.7,
        severity="ordinary",
        quotes=tuple(Quote(message_id, *plain.written(*span)) for span in spans),
        reason=f"{_count(len(asked), 'ordinary request')} stand beside {_count(sum(accused.values()), 'accusation')} at our people: the request part is still to be answered.",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _is_request(sentence: str) -> bool:
    return _REQUEST.search(sentence) is not None and _ABOUT_THE_COMPLAINT.search(sentence) is None


def _accusations(plain: Plain, names: frozenset[str]) -> dict[tuple[int, int], int]:
    """Sentences that accuse our people, each with how many accusations it holds."""
    people = re.compile(_OUR_PEOPLE + (r"|\b(?:" + "|".join(sorted(map(re.escape, names))) + r")\b" if names else ""))
    found: dict[tuple[int, int], set[int]] = {}
    for hit in phrasebook.hits(plain, phrasebook.load("accusations")):
        span = plain.sentence(hit.start)
        if people.search(plain.text[slice(*span)]):
            found.setdefault(span, set()).add(hit.start)
    return {span: len(starts) for span, starts in sorted(found.items())}
