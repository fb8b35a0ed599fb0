"""Does a mail press on with what was already dealt with? The ground that repeat, arguing and staff_shopping share.

A mail presses on when it comes after an answer in its matter, asks for the same thing, and is neither thanks, nor acceptance,
nor what the staff asked for, nor a chaser for something promised and not done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from triage import terms
from triage.evidence import Evidence, Turn
from triage.finding import Quote
from triage.message import Message

_THANKS = re.compile(
    r"\b(?:thank(?:s| you)|cheers|much appreciated|point taken|fair enough|understood|got it|that'?s? (?:great|fine|perfect|helpful|kind|brilliant)|all sorted|that did the trick|sorry for|i apologi[sz]e|no further)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?|\b(?:wants?|needs?|demand|insist|expect|requires?|please|refund|pay|send|give|fix|swap|answer|cancel|undo|reconsider|change|repay|reverse|reinstate|accept|ask(?:ing)?|still|again|waiting|when|why|get(?:ting)? (?:my|it|this)|where|how about|owe|exchange|replace|repair|mend|remove|correct (?:it|this|that)|explain|justify|wrong|disagree|(?:not|don.?t|cannot|can.?t|never) (?:accept|agree))\b",
    re.IGNORECASE,
)
_UNDONE = re.compile(
    r"\b(?:still|yet|not|no|never|nobody|nothing|none|neither|without|waiting|where|when|late|missed|failed|again|didn.?t|hasn.?t|haven.?t|wasn.?t|isn.?t|won.?t)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(r"\s*(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening))\b[^\n]{0,40}\n+", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]{3,}[.!?]*")
_FACT = re.compile(
    r"\d{2,}|\b(?:attached|enclosed|photo|photos|video|receipt|invoice|statement|letter|report|evidence|witness)\b", re.IGNORECASE
)


_SIGN_OFF = re.compile(
    r"\n[ \t]*(?:(?:and |with |kind |best )?(?:many |very |much )?(?:thanks|thank you|cheers)(?: and [\w ]{2,20}| in advance| again)?)[ \t]*[,.!]?[ \t]*(?:\n[^\n]{0,50}){0,5}\s*\Z",
    re.IGNORECASE,
)
_SAYS_LITTLE = 8
"""Words: a body as short as this and a thanks in the sign-off are an acceptance together."""


@dataclass(frozen=True, slots=True)
class Pressing:
    answers: tuple[Turn, ...]
    """The staff turns that had answered the matter before this mail, oldest first."""
    alike: float
    """0 to 1: how much of this mail's wording stands in what the contact asked earlier on the matter."""
    new_facts: tuple[str, ...]
    """Numbers and mentions of evidence that nobody had named on this matter before."""


def request(message: Message) -> Quote:
    """The mail's own words that ask: from its first sentence that wants something, for a reviewer to read."""
    own = message.own
    body = _GREETING.match(own)
    start = body.end() if body else 0
    sentences = [(found.start() + start, found.group().strip()) for found in _SENTENCE.finditer(own[start : start + 2000])]
    wanting = next(
        (pair for pair in sentences if _WANTS.search(pair[1])), sentences[0] if sentences else (start, own[start:].strip())
    )
    text = wanting[1][:240]
    return Quote(message.message_id, text, own.find(text))


def accepts(message: Message) -> bool:
    """Whether a mail mainly thanks or accepts: short, with thanks, and without a further demand."""
    return _accepting(message.own[:2000])


@lru_cache(maxsize=4096)
def _accepting(own: str) -> bool:  # kept, because every later mail of the matter asks it again
    body = _SIGN_OFF.sub("", own)
    if len(_GREETING.sub("", body, count=1).split()) > _SAYS_LITTLE:
        own = body  # "Many thanks" above a name is how people end a letter, a chasing one too
    thanked = _THANKS.search(own)
    if not thanked:
        return False
    rest = _THANKS.sub(" ", own)
    return len(own.split()) <= 60 and not re.search(r"\?|\b(?:but|however|still|not good enough|yet)\b", rest, re.IGNORECASE)


def undone(promise: str, message: Message) -> bool:
    """Whether a mail says that a promise was not kept: words of something missing, about what was promised."""
    return bool(_UNDONE.search(message.own)) and bool(terms.words(promise) & terms.words(f"{message.subject}\n{message.own}"))


def outstanding(evidence: Evidence) -> str:
    """Words of a staff promise on this matter that is not due yet, or that this mail says was not kept; "" if there is none.

    While one is outstanding the matter is not dealt with, and whoever asks about it only asks for what was promised
    (practice, trap T1). A promise that was all a mail held stays outstanding until an answer follows it.
    """
    turns = [turn for turn in evidence.matter_history if turn.by_staff and turn.act]
    for place, turn in enumerate(turns):
        act = turn.act
        if act is None or not act.promise or act.final:
            continue
        later = any(one.act and one.act.answer for one in turns[place + 1 :])
        not_due = act.promise_due is not None and evidence.message.sent_at <= act.promise_due
        bare = not act.answer and not later
        if not_due or bare or (not later and undone(act.promise, evidence.message)):
            return act.promise
    return ""


def answers_before(evidence: Evidence) -> tuple[Turn, ...]:
    return tuple(turn for turn in evidence.matter_history if turn.by_staff and turn.act and turn.act.answer)


def _asked_for(evidence: Evidence) -> bool:
    """Whether the last thing staff wrote on the matter asked for something and nobody has written since."""
    last = next((turn for turn in reversed(evidence.matter_history) if not turn.automatic), None)
    return bool(last and last.by_staff and last.act and last.act.asks)


def pressing(evidence: Evidence) -> Pressing | None:
    """How this mail presses on with a matter that was dealt with; None when it does not."""
    message = evidence.message
    answers = answers_before(evidence)
    if not answers or outstanding(evidence) or _asked_for(evidence) or accepts(message) or not message.own.strip():
        return None
    if not _WANTS.search(message.own):
        return None
    earlier = (turn.message for turn in evidence.matter_history if not turn.by_staff and not turn.automatic)
    asked = _words(f"{m.subject}\n{m.own}" for m in earlier)
    told = _words(turn.message.own for turn in evidence.matter_history if turn.by_staff)
    if not _asks_about(message.own, (asked | told) - _OF_A_WARNING):
        return None
    said = terms.words(message.own)
    alike = len(said & (asked | told)) / len(said) if said else 1.0
    return Pressing(answers, alike, _new_facts(evidence))


_OF_A_WARNING = terms.words(
    "warning warn formal policy behaviour conduct staff insult abusive language courtesy restrict restriction"
)


def _asks_about(own: str, spoken_of: frozenset[str]) -> bool:
    """Whether anything wanted is about what was spoken of before: who only answers a warning, or asks for something new, does not press on."""
    wanting = (found.group() for found in _SENTENCE.finditer(own[: terms.LONGEST]) if _WANTS.search(found.group()))
    return any(not (said := terms.words(one)) or said & spoken_of for one in wanting)


def _words(texts: Iterable[str]) -> frozenset[str]:
    """The content words of several texts together, of no more of them than of one long text; in a long history these are the
    same first mails again and again, whose words are known."""
    found, left = set[str](), terms.LONGEST
    for text in texts:
        found |= terms.words(text[:left])
        left -= len(text) + 1
        if left <= 0:
            break
    return frozenset(found)


def _new_facts(evidence: Evidence) -> tuple[str, ...]:
    facts = dict.fromkeys(_FACT.findall(evidence.message.own))
    if not facts:
        return ()
    before = [_lowered(turn.message.own) for turn in evidence.matter_history]
    return tuple(fact for fact in facts if not any(fact.lower() in text for text in before))


@lru_cache(maxsize=1024)
def _lowered(own: str) -> str:
    return own.lower()
