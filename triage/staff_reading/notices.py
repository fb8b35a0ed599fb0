"""What a letter says about the customer's conduct: a warning, a request to stop, a restriction, or the end of one.

A threat of a restriction belongs to a warning; a letter that mentions an earlier warning gives no new one. The last day of a
restriction counts to its end, in UTC (000/4-d, 004/RS3c).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from triage.answer import Notice
from triage.staff_reading import dates
from triage.staff_reading.phrases import Group, groups
from triage.staff_reading.sentences import Sentence

_UNTIL = re.compile(
    r"\b(?:until|till|up to|through|to|ending(?: on)?|ends?(?: on)?|expires?(?: on)?|lasts? until|runs? (?:to|until)|not before)\s+(?:and including\s+|midnight on\s+|the\s+)*$",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"\b(?:for|lasts?|period of|next|of|to)\s+(?:a\s+)?(?:period\s+of\s+|the\s+next\s+|at\s+least\s+|another\s+|a\s+further\s+|a\s+total\s+of\s+)*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:from|starting(?: on)?|with effect from|as of|beginning(?: on)?|effective(?: from)?)\s+(?:the\s+)?$", re.IGNORECASE
)
_LASTS = re.compile(
    r"\b(?:until|till|lasts?|in (?:force|place)|runs?|ends?|expires?|appl(?:y|ies)|for (?:a|the|another)?\s*\w+ (?:day|week|month|year)s?|no repl|so until|not (?:reply|answer)|will be so)\b",
    re.IGNORECASE,
)
_APPEAL = re.compile(r"\b(?:you|to) (?:(?:can|may|have|could) )?(?:appeal|ask for a review|request a review)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|on the subject of|in connection with|relating to|with regard to|in respect of|on the matter of)\s+((?:(?!\b(?:will|shall|until|from today|for the next|we|and we|is|are|to us|with us|any more|again|in any way|for (?:the next |a |one |two |three |four |six |nine |twelve |\d+ ?)(?:days?|weeks?|months?|years?|period)|for the time being)\b)[^.;:?!]){2,120})",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r"\b(?:except|apart from|other than|unless|save|excluding)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notices:
    warning: str = ""
    stop: str = ""
    restriction: Notice | None = None
    lifted: str = ""
    appeal_decided: str = ""
    appeal_offered: str = ""

    @property
    def any(self) -> bool:
        return bool(self.warning or self.stop or self.restriction or self.lifted or self.appeal_decided)


def judge(sentences: Sequence[Sentence], written: datetime) -> Notices:
    """Every notice of a letter written at `written` (aware), in its own words."""
    known = groups("notices")
    offered = _first(sentences, known["appeal_offered"])
    decided = _first(sentences, known["appeal_decided"], ("appeal_offered",))
    lifted = next(
        (s for s in sentences if s.plain in known["lifted"] and s.plain not in known["lifted_later"] and not s.asks), None
    )
    restricting = [s for s in sentences if _restricts(s)] if lifted is None else []
    warning = _warning(sentences, restricting)
    stop = next(
        (
            s
            for s in sentences
            if s.plain in known["stop"] and s.plain not in known["stop_not"] and s.plain not in known["mention"] and not s.asks
        ),
        None,
    )
    if lifted is not None and lifted is decided and re.search(r"shorten|reduc|cut", lifted.text, re.IGNORECASE):
        lifted = None
    notice = _notice(restricting, sentences, written, offered) if restricting else _shortened(decided, sentences, written)
    return Notices(
        warning=warning,
        stop=stop.text if stop else "",
        restriction=notice,
        lifted=lifted.text if lifted else "",
        appeal_decided=decided.text if decided else "",
        appeal_offered=offered.text if offered else "",
    )


def _first(sentences: Sequence[Sentence], group: Group, unless: tuple[str, ...] = ()) -> Sentence | None:
    known = groups("notices")
    return next(
        (s for s in sentences if not s.asks and s.plain in group and not any(s.plain in known[name] for name in unless)), None
    )


def _restricts(sentence: Sentence) -> bool:
    known = groups("notices")
    hit = known["restriction"].search(sentence.plain)
    if hit is None or sentence.asks:
        return False
    threat = known["threatened"].search(sentence.plain)
    return threat is None or (
        threat.start() > hit.start() and threat.group().split()[0] not in ("may", "might", "could", "would")
    )


def _warning(sentences: Sequence[Sentence], restricting: Sequence[Sentence]) -> str:
    """The sentence that warns; in a letter that restricts, only the outright word counts."""
    known = groups("notices")
    warning = [s for s in sentences if s.plain in known["warning"] and s not in restricting and not s.asks]
    warning = [s for s in warning if s.plain not in known["mention"] or _outright(s)]
    formal = [s for s in warning if _outright(s)]
    if restricting or any(_NO_WARNING.search(s.plain) for s in sentences):
        return ""
    about = [s for s in sentences if s.plain in groups("holding")["conduct"]]
    chosen = formal or (warning if about else [])
    return chosen[0].text if chosen else ""


_NO_WARNING = re.compile(
    r" (?:is|as|was|be|constitutes?) (?:not|no)(?: yet)?(?: an?)?(?: (?:formal|final|first|official|written))* warning "
)
"""A letter that only says what is expected, and that it is none."""


def _outright(sentence: Sentence) -> bool:
    return bool(
        re.search(
            r" (?:this|it|which|that|as|you|accept|treat) (?:\S+ ){0,6}?(?:formal |final |first |last |written |official )*warning ",
            sentence.plain,
        )
    ) and not re.search(r" (?:after|since|following|despite|because of|earlier|previous) (?:\S+ ){0,3}?warning ", sentence.plain)


def _notice(
    restricting: Sequence[Sentence], sentences: Sequence[Sentence], written: datetime, offered: Sentence | None
) -> Notice:
    until = next((end for s in restricting if (end := _until(s.text, written))), None)
    if until is None:
        others = (s for s in sentences if _LASTS.search(s.text))
        until = next((end for s in others if (end := _until(s.text, written))), None)
    start = next((begin for s in restricting if (begin := _start(s.text, written))), written)
    best = next((s for s in restricting if _until(s.text, written)), restricting[0])
    subject = next((words for s in restricting if (words := _subject(s.text))), "")
    kind, number, days = _kind(" ".join(s.text for s in restricting))
    return Notice(best.text, start, until, subject, offered.text if offered else "", kind, number, days)


_CALLS = re.compile(r"[^.;,]*\b(?:calls?|visits?|telephone|phone)\b[^.;,]*", re.IGNORECASE)
_UNANSWERED = re.compile(
    r"\b(?:not|no longer|nobody|no one|never|without|stop)\b[^.]{0,40}\b(?:repl|answer|respond|acknowledg|correspond)"
    r"|\b(?:filed?|unanswered|unread)\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\bonly\b[^.]{0,40}\b(?:in writing|by e-?mail)\b|\b(?:in writing|by e-?mail) only\b|\b(?:not|no longer) (?:be )?(?:tak|accept|answer)\w*[^.]{0,20}\b(?:calls|visits)\b",
    re.IGNORECASE,
)
_SPOKEN_FOR = re.compile(
    r"\bonly\b[^.]{0,60}\bthrough (?:the person|somebody|someone|(?:an?|your) (?:\w+ )?(?:representative|advocate|solicitor))\b",
    re.IGNORECASE,
)
_ONE_READER = re.compile(
    r"\bonly (?:write|speak|talk|turn|send \w+) to (?!us\b)|\b(?:single|sole) (?:point of contact|contact person)\b|\bwho alone will answer\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bonly (?:answer|read|reply to|respond to) (\w+) (?:e-?mails?|messages?|letters?) (?:in|per|a|every|each) (?:(\w+) )?(day|week|month)s?\b",
    re.IGNORECASE,
)
_COUNTED = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
    "fourteen": 14,
    "thirty": 30,
}
_LENGTHS = {"day": 1, "week": 7, "month": 30}


def _kind(restricting: str) -> tuple[str, int, int]:
    """Which kind of restriction the words tell of, with the number and the days of number-per-period.

    Whoever may still write, in writing only or to one person, is not told that nobody will answer. So a milder kind is read only where
    nothing says that mail is left unanswered.
    """
    if (hit := _NUMBER.search(restricting)) and (number := _count(hit[1])) and (many := _count(hit[2] or "one")):
        return "number-per-period", number, many * _LENGTHS[hit[3].lower()]
    if not _UNANSWERED.search(_CALLS.sub("", restricting)):
        for kind, known in (("representative-only", _SPOKEN_FOR), ("one-reader", _ONE_READER), ("written-only", _WRITTEN)):
            if known.search(restricting):
                return kind, 0, 0
    return "no-reply", 0, 0


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTED.get(word.lower(), 0)


_NEW_END = re.compile(
    r"shorten|reduc|instead of|now (?:end|run|last|finish|stop)|will (?:now )?end|ends? (?:now )?on|new end|rather than|brought forward",
    re.IGNORECASE,
)


def _shortened(decided: Sentence | None, sentences: Sequence[Sentence], written: datetime) -> Notice | None:
    """An appeal that leaves a restriction in force with a new end, in the sentence that decides it or a later one."""
    if decided is None:
        return None
    for one in sentences[list(sentences).index(decided) :]:
        until = _until(one.text, written) if _NEW_END.search(one.text) and not one.asks else None
        if until:
            return Notice(one.text, written, until, _subject(one.text))
    return None


def _until(text: str, written: datetime) -> datetime | None:
    """The end a sentence names: "until …", or "for …" counted from the date of the letter."""
    for one in dates.moments(text, written, ahead=True):
        if _APPEAL.search(text[: one.start]):
            break
        if _UNTIL.search(text[: one.start]) or re.match(r"(?:until|till|to|through)\b", text[one.start : one.end], re.IGNORECASE):
            return one.until
    for hit, end in dates.spans(text, _start(text, written) or written):
        after = text[hit.end() : hit.end() + 20].lower().lstrip(" -")
        if (
            _FOR.search(text[: hit.start()])
            and not re.search(r"\b(?:appeal|within)\b[^.]{0,30}$", text[: hit.start()], re.IGNORECASE)
        ) or after.startswith(("restriction", "limit", "hold", "block")):
            return end
    return None


def _start(text: str, written: datetime) -> datetime | None:
    """A later first day than that of the letter, if one is named."""
    for one in dates.moments(text, written):
        if _FROM.search(text[: one.start]) or re.match(r"from\b", text[one.start : one.end], re.IGNORECASE):
            begin = datetime.combine(one.until.date(), time(), UTC)
            return max(begin, written)
    return None


def _subject(text: str) -> str:
    for hit in _ABOUT.finditer(text):
        if not _EXCEPT.search(text[max(0, hit.start() - 40) : hit.start()]):
            return re.sub(r",?\s+(?:and|or|but|so)$", "", hit.group(1).strip(" ,-–—"))
    return ""
