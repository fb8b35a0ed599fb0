"""What the trained answer model adds to the rules, and where the rules keep the last word.

    a reason, a final word, an alternative   that the rules did not see: added where the model is sure
    an answer that the rules did not see     only far above every letter that is none; where the letter also puts off, hands over or
                                             promises, the answering sentence must stand apart from those words
    an answer that shares no word with what  needs the model's word too: it may be about something else
      was asked
    an answer that the rules took for one    doubted where the model is sure that the letter puts off, and none of its sentences decides
                                             outright: then it is none (004/SG1)

A machine's letter, one without words, one in another language, a hand-over that says nothing more and an adjustment left open are never
touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from triage import answer_model
from triage.answer_lines import Line, form
from triage.answer_model import Heard, Whole
from triage.staff_reading.answering import Answering, Request, quote, stems
from triage.staff_reading.notices import Notices
from triage.staff_reading.phrases import groups
from triage.staff_reading.pointers import Pointers
from triage.staff_reading.sentences import Sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DOUBTED = "it reads like a letter that puts off"
ELSEWHERE = "it may be about something else"
_APART = frozenset({"acknowledgement", "looking", "promise", "passed", "absence", "empty", "conduct", "asks"})
"""What the answering sentence of a doubtful letter must be free of."""
_HEDGED = re.compile(
    r" (?:would|could|may|might|whether|hope|hopes|hoping|hopefully) |^ (?:\S+ ){0,2}?(?:if|once|should|unless) "
)
_STATED, _DONE = 3, 4
_AGREES = 0.8
"""How sure the model must be of an answer that shares no word with what was asked: a letter may answer something else."""
_LIKELY, _UNLIKELY = 0.5, 0.35
"""A sentence beside the answering one is quoted with it when it more likely answers than not; one that is no less than unlikely
to answer is not doubted."""


def lines(sentences: Sequence[Sentence], found: Answering, open_request: Request, told: Notices, points: Pointers) -> list[Line]:
    """The sentences of a letter as the model sees them."""
    of_notices = {told.warning, told.stop, told.lifted, told.appeal_decided, told.appeal_offered}
    of_notices |= {told.restriction.words} if told.restriction else set()
    return [
        Line(one.plain, frozenset(_signs(one, place, len(sentences), found, of_notices, points) | _asked(one, open_request)))
        for place, one in enumerate(sentences)
    ]


def _signs(
    one: Sentence, place: int, count: int, found: Answering, of_notices: set[str], points: Pointers
) -> set[str]:  # fmt: skip
    signs = form(one.plain, place, count)
    signs |= found.idle[place]
    signs |= {"done"} if found.scores[place] >= _DONE else {"stated"} if found.scores[place] >= _STATED else set()
    said = (
        ("question", one.asks), ("notice", one.text in of_notices), ("hands over", points.hands_over),
        ("explained", one.text == points.explains), ("called final", one.text == points.final),
        ("names a colleague", any(name.lower() in one.text.lower() for name in points.handover_to)),
    )  # fmt: skip
    return signs | {name for name, true in said if true}


def _asked(one: Sentence, open_request: Request) -> set[str]:
    """What a sentence has in common with what was asked."""
    if not open_request.words:
        return {"nothing known"}
    own = stems(one.plain)
    shared = len(own & open_request.words)
    found = {("", "shares one", "shares two", "shares more")[min(shared, 3)]} - {""}
    found |= {"mostly shared"} if shared and 2 * shared >= len(own) else set()
    found |= open_request.kinds
    return found | ({"asked a question"} if open_request.questions else set())


def whole(found: Answering, open_request: Request, *, notices: bool, elsewhere: bool) -> Whole:
    """What the rules know of the letter as a whole."""
    return Whole(bool(found.answer), found.doubtful, notices, elsewhere, not open_request.words, open_request.questions)


def words_alone(sentences: Sequence[Sentence]) -> NDArray[np.float64] | None:
    """What hangs on the words alone, for `listen`; None without a model or without a sentence."""
    judge = answer_model.loaded()
    return judge.of_words([one.plain for one in sentences]) if judge and sentences else None


def answer(
    text: str, heard: Heard, sentences: Sequence[Sentence], found: Answering, limits: Mapping[str, float]
) -> tuple[str, str]:
    """The words of a letter that answer, and why there are none, the rules' judgement and the model's taken together."""
    if found.answer:
        if heard.letter < limits["veto"] and _faint(heard, sentences, found):
            return "", DOUBTED
        return (found.answer, "") if found.near or heard.letter >= _AGREES else ("", ELSEWHERE)
    if heard.letter >= limits["answer"] and apart(heard, sentences, found, limits["alone"]):
        scores = [_STATED * (one["answer"] >= _LIKELY) for one in heard.chances]
        return quote(text, sentences, scores, heard.best("answer")), ""
    return "", found.no_answer_because


def _faint(heard: Heard, sentences: Sequence[Sentence], found: Answering) -> bool:
    """Whether nothing that the rules took for an answer is likely one, is a visit or delivery with its day (a promise in form, but what
    was asked for), or decides in so many words."""
    known = groups("answers")
    for one, score, said in zip(sentences, found.scores, heard.chances, strict=True):
        outright = any(_visits(clause.plain) or clause.plain in known["outright"] for clause in one.clauses)
        if score >= _STATED and (outright or said["answer"] >= _UNLIKELY):
            return False
    return True


def _visits(plain: str) -> bool:
    """Whether a clause names the day or the hour of a visit or delivery; "within 48 hours" is none."""
    hit = groups("answers")["appointment"].search(plain)
    return hit is not None and bool({"DATE", "TIME"} & set(plain.split()))


def apart(heard: Heard, sentences: Sequence[Sentence], found: Answering, alone: float) -> bool:
    """Whether the sentence that most likely answers stands apart from what only sounds like an answer; in a letter that also puts
    off, hands over or warns it must by itself be as likely as `alone`. What hangs on an "if" has not been decided."""
    place = heard.best("answer")
    if sentences[place].asks or found.idle[place] & _APART or _HEDGED.search(sentences[place].plain):
        return False
    return not found.doubtful or heard.chances[place]["answer"] >= alone


def stands_out(heard: Heard, sentences: Sequence[Sentence], name: str, limits: Mapping[str, float]) -> str:
    """The sentence that most likely gives a reason, an alternative or a last word, where it is likely enough; "" else."""
    place = heard.best(name)
    one = sentences[place]
    return one.text if heard.chances[place][name] >= limits[name] and not one.asks else ""
