"""Where a letter points: colleagues, a way up, another way; what it asks for, promises and grants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.message import Message
from triage.staff_reading import dates
from triage.staff_reading.phrases import Group, groups
from triage.staff_reading.sentences import Sentence

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_NAME = r"((?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][a-zà-ÿ'’-]+(?: [A-Z][a-zà-ÿA-Z'’-]+){0,2})"
_TAKES_OVER = re.compile(
    _NAME
    + r"(?:,[^,.]{1,100},)? (?:has|have|is|will be|will|now|can)(?: now| also)? (?:taken|taking|take|looking after|look after|dealing|deal with|handling|covering|cover|in charge|responsible|your|stand|standing|step|ring|call|help|see|pick|picking)"
)
_TURN_TO = re.compile(
    r"(?i:\b(?:write|email|contact|speak|talk|ring|call|phone|send|ask|address|turn|copy|forward|get in touch|pass(?:ed)?|handed|transferred|see|meet)\b(?: it| this| that| your \w+| directly| direct| over| on)?(?: to| with| for)?(?: my colleague| our colleague)?,?) (?i:(?:my |our )?(?:colleague|manager|director|senior manager)?,? ?)"
    + _NAME
)
_COLLEAGUE = re.compile(r"(?i:\b(?:my|our|a) (?:colleague|manager|team lead|senior \w+)s?),? " + _NAME)
_WITH = re.compile(r"(?i:\b(?:now|is|are|be) with (?:my colleague |our colleague )?)" + _NAME)
_NO_NAME = frozenset(
    "I We You The This That It He She They Please Our Your My If When Our Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February"
    " March April May June July August September October November December Someone Somebody Nobody Dear And But So As There Kind Regards Accounting".split()
)
_DUE = re.compile(
    r"\b(?:by|before|on|until|no later than|not later than|at the latest|within|in|this|tomorrow|today|tonight|next|later)\b",
    re.IGNORECASE,
)
_ANSWERING = re.compile(r" (?:will|shall|going to|hope to|aim to|should) (?!not |never |no longer |only )")
_SAYS_WHEN = re.compile(
    r"(?:'ll|’ll|\b(?:will|shall|should|going to|booked|arranged|scheduled|comes?|brings?|arrives?|calls?|confirms?|is due|due|delivery))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointers:
    promise: str = ""
    promise_due: datetime | None = None
    asks: str = ""
    alternative: str = ""
    handover_to: tuple[str, ...] = ()
    hands_over: bool = False
    """Whether the letter sends the customer to a colleague for the matter itself, named or not."""
    escalation: str = ""
    adjustment_agreed: str = ""
    explains: str = ""
    final: str = ""


def judge(message: Message, sentences: Sequence[Sentence]) -> Pointers:
    """What a letter points to; a promise's day counts to its end in UTC."""
    known = groups("pointers")
    promise, due = _promise(sentences, message.sent_at)
    handing = [s for s in sentences if s.plain in known["handover"] and not s.asks]
    return Pointers(
        promise=promise,
        promise_due=due,
        asks=next((s.text for s in sentences if _asks(s)), ""),
        alternative=_words(sentences, "alternative"),
        handover_to=_colleagues(message, [s for s in sentences if s in handing or _names(s, known)]),
        hands_over=any(_sends_away(s) for s in sentences),
        escalation=_words(sentences, "escalation"),
        adjustment_agreed=_words(sentences, "adjustment", unless=" (?:ask|asked|consider|considering|check|look|see) "),
        explains=_words(sentences, "explains"),
        final=_words(sentences, "final", unless=" (?:nothing|not|never|once|until|if|before|yet) (?:\\S+ ){0,3}?final "),
    )


def _words(sentences: Sequence[Sentence], name: str, unless: str = "") -> str:
    group = groups("pointers")[name]
    conduct = groups("holding")["conduct"]
    return next(
        (
            s.text
            for s in sentences
            if not s.asks
            and s.plain in group
            and not (unless and re.search(unless, s.plain))
            and (name != "explains" or s.plain not in conduct)
        ),
        "",
    )


def _asks(sentence: Sentence) -> bool:
    if (
        sentence.plain in groups("notices")["stop"]
        or sentence.plain in groups("notices")["warning"]
        or sentence.plain in groups("notices")["appeal_offered"]
    ):
        return False
    if re.search(r"^ (?:please )?let (?:me|us) know (?:if|should)", sentence.plain):
        return False
    return sentence.asks or any(clause.plain in groups("pointers")["asks"] for clause in sentence.clauses)


def _sends_away(sentence: Sentence) -> bool:
    """Told to write to a colleague, or that a colleague has taken over."""
    known, said = groups("pointers"), sentence.plain
    if sentence.asks or said in known["keeps"]:
        return False
    return said in known["handover"] and said in known["sends_away"]


def _promise(sentences: Sequence[Sentence], written: datetime) -> tuple[str, datetime | None]:
    """Something said to be done later, unconditionally, and by when; one with a day is preferred."""
    found = [s for s in sentences if not s.asks and any(_promises(clause.plain) for clause in s.clauses)]
    dated = [(s.text, due) for s in found if (due := _due(s.text, written)) is not None]
    if dated:
        return dated[0]
    return (found[0].text, None) if found else ("", None)


def _promises(plain: str) -> bool:
    if plain in groups("pointers")["not_ours"] or plain in groups("holding")["conduct"]:
        return False
    return plain in groups("pointers")["soon"] or (plain in groups("holding")["promise"] and bool(_ANSWERING.search(plain)))


def _due(text: str, written: datetime) -> datetime | None:
    """The day named after the words that promise; a day before the letter's own is none."""
    says = _SAYS_WHEN.search(text)
    begin = says.start() if says else 0
    today = dates.end_of(written.date())
    found = [one for one in dates.moments(text, written, ahead=True) if one.until >= today]
    for one in [each for each in found if each.start >= begin] or found:
        before = text[max(0, one.start - 40) : one.start]
        if not re.search(r"\b(?:since|of|from|dated|after)\s+(?:the\s+)?$", before, re.IGNORECASE):
            return one.until
    for hit, end in dates.spans(text, written):
        if re.search(r"\b(?:within|in|inside)\s+(?:the\s+next\s+|the\s+|about\s+)*$", text[: hit.start()], re.IGNORECASE):
            return end
    return None


def _names(sentence: Sentence, known: dict[str, Group]) -> bool:
    """Whether a sentence may name somebody the customer can turn to: an address, a stand-in, another adviser, a manager."""
    pointed = sentence.plain in known["alternative"] or sentence.plain in known["escalation"]
    return pointed or bool(_MAIL.search(sentence.text) or _TAKES_OVER.search(sentence.text))


def _colleagues(message: Message, handing: Sequence[Sentence]) -> tuple[str, ...]:
    """Addresses in lower case and names as written, in order, each once; never the writer's or the customer's own."""
    found: dict[str, None] = {}
    own = {message.sender.email, *(one.email for one in message.to)}
    for sentence in handing:
        for mail in _MAIL.findall(sentence.text):
            if mail.lower() not in own:
                found.setdefault(mail.lower())
        for pattern in (_TAKES_OVER, _TURN_TO, _COLLEAGUE, _WITH):
            for hit in pattern.finditer(sentence.text):
                name = hit.group(1).strip()
                if name.split()[0] not in _NO_NAME and name != message.sender.name:
                    found.setdefault(name)
    return tuple(found)
