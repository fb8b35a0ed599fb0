"""Does a letter deal with what was asked? Clause by clause, and no when in doubt (004/SG1; practice, traps T1 and T2).

Two sorts of evidence count. *Strong*: a clause says that something was done, decided, explained or arranged, in words of
rules/phrases/staff-answers.toml, and not after "if", "once", "whether" or the like. *Plain*: a clause states facts (an amount, a
date, words of the request) and is none of the things that only sound like an answer (rules/phrases/staff-holding.toml). Plain
evidence is enough only in a letter that does not also put the customer off: a hand-over, a promise, "we are looking into it"
or a warning around it makes it doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from triage import language
from triage.staff_reading.phrases import groups
from triage.staff_reading.sentences import Clause, Sentence, plain

_HARD = ("done", "decision", "appointment")
_DECIDES = ("decision", "appointment")
"""What still counts where the letter says that the request is open: a deed beside that is another one."""
_SOFT = ("offer", "fact")
_ENOUGH = 3
_MARKS = 4
"""As many marks of a plain statement make one that counts; with three, talk about a query counted as an answer to it."""
_LONGEST_QUOTE = 400
_ENGLISH = frozenset(
    "the a an and or of to in on at for from with by is are was were be been has have had it this that you your we our i my not no yes will"
    " can as so but if there they he she his her all do does did done".split()
)
_STOP = _ENGLISH | frozenset(
    "me us what when where who how why which would could should please thank thanks dear hi hello regards about into out up just still only"
    " request enquiry query complaint report case file question reference any some more than then too very also get got email mail message write wrote letter reply answer sorry know want need like back again"
    " day days week weeks today tomorrow DATE TIME MONEY MAIL LINK QUOTED".split()
)
_BECAUSE = {
    "absence": "a note that somebody is away",
    "handover": "a hand-over to somebody else",
    "adjustment": "it does not settle the adjustment that was asked for",
    "looking": "says that it is being looked into",
    "passed": "says that it was passed on",
    "promise": "a promise to come back",
    "conduct": "only about the way of writing",
    "asks": "only asks for something",
    "empty": "a status, without substance",
    "acknowledgement": "an acknowledgement",
    "courtesy": "only courtesies",
}


@dataclass(frozen=True, slots=True)
class Answering:
    answer: str
    no_answer_because: str
    idle: tuple[frozenset[str], ...] = ()
    """For each sentence, what in it only sounds like an answer."""
    scores: tuple[int, ...] = ()
    """For each sentence, how much it speaks for an answer."""
    near: bool = True
    """Whether the answering words may be about what was asked, by their words."""
    doubtful: bool = False
    """Whether the letter puts the customer off, or warns, so that plain statements of fact were not looked at."""
    certain: bool = False
    """Whether what was said is not for anybody to doubt: no words, not English, an adjustment left open, a request that is said to be
    open still, or a hand-over that says nothing more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was open when the letter was written: all that the customer wrote since the last answer."""

    words: frozenset[str] = frozenset()
    questions: bool = False
    adjustment: bool = False
    kinds: frozenset[str] = frozenset()
    """Which sorts of question: the names of rules/phrases/staff-questions.toml."""


@lru_cache(maxsize=1024)
def request(text: str) -> Request:
    """What one mail of the customer asks; kept, because each of our letters on the matter is read beside it.

    Of a mail in another language no word is known: a letter of ours in English shares none with it, whatever it says.
    """
    words = plain(text)
    kinds = frozenset(name for name, group in groups("questions").items() if words in group)
    known = frozenset[str]() if language.of(text).foreign else stems(words)
    return Request(known, "?" in text, words in groups("pointers")["adjustment_wanted"], kinds)


def together(requests: Iterable[Request]) -> Request:
    """What several mails ask."""
    every = list(requests)
    words = frozenset[str]().union(*(one.words for one in every))
    kinds = frozenset[str]().union(*(one.kinds for one in every))
    return Request(words, any(one.questions for one in every), any(one.adjustment for one in every), kinds)


def judge(
    text: str,
    sentences: Sequence[Sentence],
    open_request: Request,
    *,
    notices: bool,
    restrains: bool,
    handed_over: bool,
    adjusted: str,
) -> Answering:
    """The words of a letter that answer, or why there are none.

    `notices`: the letter warns or restricts; `restrains`: it does that or asks not to be written to; `handed_over`: it sends the customer to a colleague; `adjusted`: the sentence that grants
    an adjustment, or "".
    """
    if not sentences:
        return Answering("", "no words of its own", certain=True)
    if not _english(sentences):
        return Answering("", "not in English, so nobody has judged it", certain=True)
    idle = [name for sentence in sentences for clause in sentence.clauses for name in _idle(clause)]
    doubtful = notices or handed_over or any(name in ("looking", "passed", "absence", "promise", "empty") for name in idle)
    scores = [_strong(sentence, handed_over) for sentence in sentences]
    if not doubtful:
        scores = [max(score, _plain(sentence, open_request)) for score, sentence in zip(scores, sentences, strict=True)]
        if open_request.questions:
            scores[0] = max(scores[0], _direct(sentences[0]))
    if open_request.adjustment:
        scores = [
            max(score, _ENOUGH + 1) if sentence.text == adjusted else score
            for score, sentence in zip(scores, sentences, strict=True)
        ]
    still_open = any(not one.asks and one.plain in groups("pointers")["still_open"] for one in sentences)
    if still_open:
        scores = [min(score, _strong(one, handed_over, _DECIDES)) for score, one in zip(scores, sentences, strict=True)]
    idles = tuple(frozenset(name for clause in one.clauses for name in _idle(clause)) for one in sentences)
    near = [_near(one.plain, open_request) for one in sentences]
    if restrains:
        scores = [score * about for score, about in zip(scores, near, strict=True)]
    near = _carried(near, sentences, idles)
    best = max(range(len(scores)), key=lambda place: (scores[place] >= _ENOUGH and near[place], scores[place]))
    said = Answering("", "", idles, tuple(scores), doubtful=doubtful)
    if scores[best] < _ENOUGH:
        because = _why_not(idle, sentences, handed_over)
        return replace(said, no_answer_because=because, certain=handed_over or still_open)
    if open_request.adjustment and not adjusted and not any(s.plain in groups("answers")["decision"] for s in sentences):
        return replace(said, no_answer_because=_BECAUSE["adjustment"], certain=True)
    return replace(said, answer=quote(text, sentences, scores, best), near=near[best])


def _carried(near: Sequence[bool], sentences: Sequence[Sentence], idles: Sequence[frozenset[str]]) -> list[bool]:
    """For each sentence whether it may be about what was asked, by its own words or because the one before it states something about
    that: "You are in band B of the waiting list. So we cannot put you higher." What only thanks or puts off carries nothing on."""
    states = [about and not idle and not one.asks for about, idle, one in zip(near, idles, sentences, strict=True)]
    return [about or (place > 0 and states[place - 1]) for place, about in enumerate(near)]


def _english(sentences: Sequence[Sentence]) -> bool:
    words = [word for sentence in sentences for word in sentence.plain.split() if word.isalpha() and word.islower()]
    known = sum(word in _ENGLISH for word in words)
    return len(words) < 6 or known >= 0.18 * len(words)


@lru_cache(maxsize=4096)
def _idle(clause: Clause) -> tuple[str, ...]:
    found = [name for name, group in groups("holding").items() if clause.plain in group]
    if clause.asks or clause.plain in groups("pointers")["asks"]:
        found.append("asks")
    return tuple(found)


def _strong(sentence: Sentence, handed_over: bool, kinds: tuple[str, ...] = _HARD) -> int:
    """3 or more when a clause of the sentence says outright that something was done, decided or arranged.

    In a hand-over only a deed counts: "I can't change this, please write to …" decides nothing.
    """
    kinds = tuple(kind for kind in kinds if kind != "decision") if handed_over else kinds
    return max((_strength(clause, kinds) for clause in sentence.clauses), default=0)


@lru_cache(maxsize=4096)
def _strength(clause: Clause, kinds: tuple[str, ...]) -> int:
    if clause.asks:
        return 0
    answers, holding = groups("answers"), groups("holding")
    hedge = answers["hedged"].search(clause.plain)
    score = 0
    for name in kinds:
        hit = answers[name].search(clause.plain)
        if hit is None or (hedge is not None and hedge.start() < hit.start()):
            continue
        wanted = groups("pointers")["asks"].search(clause.plain)
        if name == "done" and wanted is not None and wanted.start() < hit.start():
            continue  # "can you send it again, as I have changed …"
        if name == "decision" and answers["condition"].search(clause.plain, hit.end()):
            continue
        score = max(score, _weigh(name, clause.plain, [key for key in holding if clause.plain in holding[key]]))
    return score


def _weigh(name: str, plain: str, idle: list[str]) -> int:
    """How much a hit of one group is worth beside what else the clause says."""
    if "conduct" in idle or "empty" in idle:
        return 0
    if name in _SOFT and idle:
        return 0
    if name == "decision" and idle:
        return 0 if set(idle) & {"looking", "passed", "promise", "absence", "acknowledgement"} else 3
    if name == "appointment" and set(idle) & {"promise", "looking", "acknowledgement", "absence", "passed"}:
        return 0
    if name == "done" and set(idle) & {"passed", "acknowledgement", "absence", "looking"}:
        return 0
    return 4 if name in ("done", "decision") else 3


def _plain(sentence: Sentence, open_request: Request) -> int:
    """The same for an offer, a statement of fact, or what else has the marks of one."""
    clauses = [clause for clause in sentence.clauses if not _idle(clause)]
    return max(
        (max(_stated(clause, open_request), _facts(clause, open_request) - (_MARKS - _ENOUGH)) for clause in clauses), default=0
    )


def _stated(clause: Clause, open_request: Request) -> int:
    """An offer counts; a fact does when it gives a reason, the figure that was asked for or a word of the request, or none is known."""
    if offered := _strength(clause, ("offer",)):
        return offered
    strength = _strength(clause, ("fact",))
    near = _near(clause.plain, open_request)
    return strength if near or clause.plain in groups("pointers")["explains"] else min(strength, 2)


def _near(plain: str, open_request: Request) -> bool:
    """Whether a clause may be about what was asked: it shares a word, says yes or no to a question, speaks of it as known ("they arrived on …", "as you asked"),
    holds the sort of figure that was wanted, or nothing is known."""
    words = plain.split()
    if open_request.questions and plain in groups("answers")["direct"]:
        return True
    if words[0] in _KNOWN or " as you asked " in plain or " you asked for " in plain:
        return True
    if "a repair" in open_request.kinds and plain in groups("answers")["mends"]:
        return True
    wanted = any(kind in open_request.kinds and sign in words for kind, sign in _WANTED)
    return wanted or not open_request.words or bool(open_request.words & stems(plain))


_KNOWN = frozenset("it they that those these he she both neither".split())
_WANTED = (("how much", "MONEY"), ("when", "DATE"), ("when", "TIME"))
"""Which figure answers which sort of question; any other may be about something else."""


def _facts(clause: Clause, open_request: Request) -> int:
    """How many marks of a plain statement of facts a clause has."""
    words = clause.plain.split()
    if len(words) < 4:
        return 0
    hedge = groups("answers")["hedged"].search(clause.plain)
    about_us = words[0] in ("i", "we") or (words[0] in ("and", "but", "so") and words[1] in ("i", "we"))
    if about_us or (hedge is not None and hedge.start() < 2) or not _near(clause.plain, open_request):
        return 0  # "I …", "we …" without a verb that changes something is talk about our own work
    shared = len(open_request.words & stems(clause.plain))
    score = 1 if shared == 1 else 2 if shared > 1 else 0
    score += 2 if "MONEY" in words else 0
    score += 1 if "DATE" in words or "TIME" in words or any(word[0].isdigit() for word in words) else 0
    score += (
        1
        if re.search(
            r" (?:is|are|was|were|has|have|had|means?|covers?|includes?|can|must|needs?|says?|shows?|you) ", clause.plain
        )
        else 0
    )
    score += 1 if clause.plain in groups("pointers")["explains"] else 0
    return score


def _direct(sentence: Sentence) -> int:
    """A question answered in a word: yes or no, or a bare day, time or sum."""
    first = sentence.clauses[0] if sentence.clauses else None
    if first is None or sentence.asks or _idle(first):
        return 0
    words = sentence.plain.split()
    bare = len(words) <= 7 and re.match(
        r" (?:(?:on|at|from|in|by|about|around|only|just|until|sundays|weekdays) )?(?:MONEY|DATE|TIME) ", sentence.plain
    )
    return 3 if bare or first.plain in groups("answers")["direct"] else 0


@lru_cache(maxsize=4096)
def stems(plain: str) -> frozenset[str]:
    """The content words of a plain text, without their endings."""
    return frozenset(
        re.sub(r"(?:ments?|ing|ed|es|s|'s)$", "", word)[:7]
        for word in plain.split()
        if len(word) > 2 and word not in _STOP and word.islower()
    )


def _why_not(idle: list[str], sentences: Sequence[Sentence], handed_over: bool) -> str:
    if handed_over:
        return _BECAUSE["handover"]
    reason = next((text for name, text in _BECAUSE.items() if name in idle), "")
    return reason or (
        "too short to tell" if sum(len(s.plain.split()) for s in sentences) < 8 else "no decision, fact or result was found in it"
    )


def quote(text: str, sentences: Sequence[Sentence], scores: Sequence[int], best: int) -> str:
    """The best sentence with its neighbours that answer too, as one stretch of the letter; from 3 on a score counts."""
    first = last = best
    while first > 0 and scores[first - 1] >= _ENOUGH and sentences[last].end - sentences[first - 1].start <= _LONGEST_QUOTE:
        first -= 1
    while (
        last + 1 < len(sentences)
        and scores[last + 1] >= _ENOUGH
        and sentences[last + 1].end - sentences[first].start <= _LONGEST_QUOTE
    ):
        last += 1
    return text[sentences[first].start : sentences[last].end]
