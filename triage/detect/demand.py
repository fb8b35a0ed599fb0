"""Unreasonable demand: out of scope, out of all scale, or impossible (policy 001/1-8; 002/B1, B2; 004/UD2 to UD4; D17, D18).

A first asking is innocent. Scale that nobody could serve counts by itself; what would take from others, and "nothing else
will do", count only once we have said no. An information request is a right and is never measured here.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from triage.detect import background, learned, phrasebook
from triage.detect.phrasebook import Hit
from triage.detect.plain import Plain, adjoining, fold
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

_SCALE = frozenset({"reports without end", "at my disposal", "posted at my side", "for ever and for nothing", "absurd sum"})
"""Nobody could serve these; even so a first mail may ask in innocence, so they count by themselves only with insistence."""
_SURE = 0.5
_AFTER_DEALING = frozenset({"all that was ever written or said"})
_AFTER_REFUSAL = frozenset({"other people's loss", "nothing else will do"})
_ORDERS = phrasebook.compiled(
    "(I expect|I demand|I insist|I require|I want|I shall want|you will|you are to|you must|you have to|from now on|from today|see to it|"
    "make sure|nothing else|nothing less|I will not|I won't|as you are|until|you owe|is included|I should like|kindly have|send me|give me|or else|now)"
)


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting the demands, resting on our refusals; none for a first, plain asking."""
    if evidence.by_staff or evidence.message.automatic:
        return
    plain = fold(evidence.message.own)
    refusals = background.refusals(evidence)
    dealt = background.answers(evidence) or refusals
    found = [hit for hit in phrasebook.hits(plain, phrasebook.load("demands")) if _counts(hit, plain, dealt, refusals)]
    string = _string_of_tasks(plain, found, dealt)
    weight = _weight(found, refusals) if found or string else 0.0
    heard = tuple(quote for quote, _ in learned.heard(evidence, "unreasonable", _SURE)) if dealt and weight < _SURE else ()
    if (weight < _SURE and not heard) or _protected(plain):
        return
    spans = adjoining({plain.sentence(hit.start) for hit in (*string, *found)})
    message_id = evidence.message.message_id
    yield Sign(
        kind="unreasonable_demand",
        strength=0.55 if heard else weight,
        severity="ordinary",
        quotes=(heard or tuple(Quote(message_id, *plain.written(*span)) for span in spans))[:4],
        reason=_reason(found, refusals),
        earlier=tuple(turn.message.message_id for turn in (refusals or dealt)),
    )


def _protected(plain: Plain) -> bool:
    """Whether the mail surely uses a right or surely speaks of a risk; a mere mention takes nothing back."""
    books = (phrasebook.load("rights"), phrasebook.load("welfare"))
    return any(hit.group.strength >= _SURE for book in books for hit in phrasebook.hits(plain, book))


def _counts(hit: Hit, plain: Plain, dealt: tuple[Turn, ...], refusals: tuple[Turn, ...]) -> bool:
    name = hit.group.name
    if name in _SCALE:
        return bool(dealt) or phrasebook.says(plain, hit.start, (_ORDERS,))
    if name in _AFTER_DEALING:
        return bool(dealt)
    if name == "other people's loss" and not _commanded(hit, plain):
        return False
    return name in _AFTER_REFUSAL and bool(refusals)


def _commanded(hit: Hit, plain: Plain) -> bool:
    """Whether the words order it done: they begin a sentence or a clause, or stand in one that demands."""
    start, _ = plain.sentence(hit.start)
    before = plain.text[start : hit.start].rstrip()
    return (
        len(before) < 12
        or before.endswith((",", ":", ";", "-", "and", "so", "just", "then", "please"))
        or phrasebook.says(plain, hit.start, (_ORDERS,))
    )


def _string_of_tasks(plain: Plain, found: list[Hit], dealt: tuple[Turn, ...]) -> list[Hit]:
    """Three different jobs in one sentence, with a word that they are owed: work outside what was agreed (001/1-8a)."""
    owed = any(hit.group.name == "for ever and for nothing" for hit in found)
    if not (dealt and owed):
        return []
    by_sentence: dict[tuple[int, int], list[Hit]] = {}
    for hit in phrasebook.hits(plain, phrasebook.part("demands", "task")):
        by_sentence.setdefault(plain.sentence(hit.start), []).append(hit)
    return [hits[0] for hits in by_sentence.values() if len({plain.text[hit.start : hit.end] for hit in hits}) >= 2]


def _weight(found: list[Hit], refusals: tuple[Turn, ...]) -> float:
    names = {hit.group.name for hit in found}
    if names & (_SCALE | _AFTER_DEALING):
        best = max(hit.group.strength for hit in found if hit.group.name in _SCALE | _AFTER_DEALING)
        return min(0.95, best + 0.05 * (len(names) - 1))
    if names == {"nothing else will do"}:
        if len(refusals) > 1:
            return 0.6
        # one refusal so far: a single "I don't accept that" is disagreement, which is anybody's right
        return 0.55 if _several(found) else 0.45
    return min(0.95, 0.7 + 0.1 * len(refusals)) if names == _AFTER_REFUSAL else 0.55 + 0.1 * min(len(refusals), 3)


def _several(found: list[Hit]) -> bool:
    """Whether two separate stretches of the mail insist, not two phrases over the same words."""
    ordered = sorted(found, key=lambda hit: hit.start)
    return any(earlier.end <= later.start for earlier, later in pairwise(ordered))


def _reason(found: list[Hit], refusals: tuple[Turn, ...]) -> str:
    names = {hit.group.name for hit in found}
    if refusals and names & _AFTER_REFUSAL:
        times = "once" if len(refusals) == 1 else f"{len(refusals)} times"
        return f"What is demanded was refused with reasons {times}, last on {refusals[-1].message.sent_at:%-d %B %Y}."
    return f"A service of a nature or scale that cannot be given is demanded ({', '.join(sorted(names - {'task'})) or 'so the trained model'})."
