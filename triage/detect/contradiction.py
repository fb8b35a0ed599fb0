"""An own earlier act denied, or told with another number or date: two of the sender's mails side by side (001/1-4, D21).

What was said to be so from the start, when an own earlier mail on the matter says the opposite, is found by opposites.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from triage.detect import opposites
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

_DENIAL = re.compile(
    r"\b(?:(?:i|we) (?:have |had )?(?:never|at no (?:time|point))(?: ever| once)?|at no (?:time|point) (?:did|have) (?:i|we)|never (?:did|have) (?:i|we)(?: ever)?"
    r"|(?:i|we) (?:did not|didnt|have not|havent|certainly did not|most certainly did not|definitely did not|definitely didnt)(?: ever)?) "
    r"(ask(?:ed)?|told|tell|said|say|wrote|write|agreed?|cancel\w*|request\w*|want\w*|order\w*|authoris\w*|authoriz\w*|sign\w*|sent|send|gave|give|accept\w*|mention\w*|instruct\w*|book\w*|chose|choose|approve\w*|consent\w*|confirm\w*|decid\w*|return\w*|collect\w*|complain\w*|threaten\w*|call\w*|offer\w*|receiv\w*|got|get|had|have)\b([^.!?;\n]{4,160})"
)
_NOBODY = re.compile(r"\b(?:nobody|no one|noone) (?:ever )?(?:asked|told) you(?: to)?\b([^.!?;\n]{4,160})")
_FORBADE = re.compile(r"\b(?:i|we) (?:had |have )?(?:told|asked|instructed|begged) you (?:not|never) to\b([^.!?;\n]{4,160})")
_AS_TOLD = re.compile(
    r"\b(?:as i (?:said|told you|wrote|have said|explained|stated|made clear)|i (?:said|told you|wrote|stated|always said|have always said|made (?:it )?clear))\b([^.!?;\n]{8,200})"
)
_NEGATED = re.compile(
    r"\b(?:not|never|dont|didnt|wont|cannot|cant|no|isnt|wasnt|havent|hasnt|instead of|rather than|without|nothing)\b"
)
_MAY_BE_ASKING = re.compile(r"\b(?:should i|shall i|do i|did i|if i|whether|what if|would it|is it|was it|have i)\b")
_TELLS = frozenset(
    [
        "asked",
        "ask",
        "told",
        "tell",
        "said",
        "say",
        "wrote",
        "write",
        "agreed",
        "agree",
        "wanted",
        "want",
        "instructed",
        "mentioned",
        "mention",
        "authorised",
        "authorized",
        "complained",
        "threatened",
        "got",
        "get",
        "had",
        "have",
        "gave",
        "give",
    ]
)
_EMPTY = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "if",
        "that",
        "this",
        "these",
        "those",
        "you",
        "your",
        "yours",
        "my",
        "mine",
        "our",
        "ours",
        "me",
        "us",
        "we",
        "i",
        "it",
        "its",
        "to",
        "of",
        "for",
        "in",
        "on",
        "at",
        "by",
        "from",
        "with",
        "as",
        "is",
        "was",
        "were",
        "be",
        "been",
        "being",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "just",
        "only",
        "any",
        "all",
        "some",
        "so",
        "then",
        "than",
        "there",
        "here",
        "about",
        "into",
        "off",
        "over",
        "out",
        "up",
        "down",
        "ever",
        "never",
        "not",
        "no",
        "please",
        "yes",
        "anything",
        "something",
        "nothing",
        "thing",
        "things",
        "one",
        "ones",
        "them",
        "they",
        "he",
        "she",
        "him",
        "her",
        "his",
        "their",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "how",
        "kind",
        "regards",
        "dear",
        "hello",
        "hi",
        "thanks",
        "thank",
        "own",
        "bat",
        "first",
        "place",
        "because",
        "since",
        "even",
        "also",
        "very",
        "much",
        "more",
        "most",
        "such",
        "again",
        "still",
        "now",
        "once",
        "got",
        "get",
        "let",
        "made",
        "make",
    ]
)
_WORD = re.compile(r"[a-z]{3,}|\d[\d.,:/]*\d|\d")
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_DATE = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? \d{{4}})?|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|{_MONTH}(?: \d{{4}})?|{_WEEKDAY})"
_DAY = re.compile(rf"\b{_DATE}\b")
_VALUE = re.compile(rf"\b(?:{_MONTH}|{_WEEKDAY}|\d[\d.,]*)\b")
_WHEN_TOLD = re.compile(
    rf"\s*(?:(?:to )?(?:you|(?:your|the) [a-z]+) )?(?:already |before )?(?:on|in|back in|dated|of) (?:the )?{_DATE}\b"
)
"""Right after "I wrote": when it was said, which says nothing of what was said."""


_DONE = {
    "denies": "denies what an own earlier mail says",
    "tells otherwise": "gives another date or number than an own earlier mail",
    "tells the opposite": "says that the sender always said the opposite of an own earlier mail",
}


def find(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign, on the strongest pair of statements."""
    mine = [turn for turn in evidence.history if not turn.by_staff and not turn.automatic]
    if not mine:
        return
    plain = fold(evidence.message.own)
    for start, claim, negates, words in _claims(plain):
        pair = _contradicted(claim, negates, mine)
        if pair is not None:
            turn, quote = pair
            yield _sign(evidence, start, words, turn, quote)
            return
    signs = tuple(_other_value(evidence, plain, mine))
    yield from signs or _opposite(evidence, plain, mine)


def _opposite(evidence: Evidence, plain: Plain, mine: list[Turn]) -> Iterator[Sign]:
    """ "It was filthy, as I always said", where the own earlier mail on this matter says that it was spotless."""
    told = [turn for turn in mine if turn.matter == evidence.matter]
    for claim in opposites.always_said(plain) if told else ():
        if claim.own and any(opposites.said(fold(turn.message.own), claim.own) for turn in told):
            continue
        for turn in told:
            earlier = fold(turn.message.own)
            place = opposites.said(earlier, claim.pole)
            if place is not None:
                quote = Quote(turn.message.message_id, *earlier.written(*place))
                yield _sign(evidence, claim.start, "tells the opposite", turn, quote)
                return


def _claims(plain: Plain) -> Iterator[tuple[int, frozenset[str], bool, str]]:
    """Where a denial begins, the content words of what is denied, whether the denied thing itself is a "not", and what was done."""
    for found in _DENIAL.finditer(plain.text):
        verb, rest = found.group(1), _clause(found.group(2))
        words = _stems(rest) | (frozenset() if verb in _TELLS else _stems(verb))
        yield found.start(), words, bool(_NEGATED.search(rest)), "denies"
    for found in _NOBODY.finditer(plain.text):
        yield found.start(), _stems(_clause(found.group(1))), False, "denies"
    for found in _FORBADE.finditer(plain.text):
        yield found.start(), _stems(_clause(found.group(1))), False, "denies"


def _clause(rest: str) -> str:
    """The denied thing itself, without what is said next."""
    return re.split(r",| but | because | so | and (?:i|you|we|now|yet) | - |\bby email\b|\bin writing\b", rest, maxsplit=1)[0]


def _stems(text: str) -> frozenset[str]:
    """Content words cut to five letters, so that cancel, cancelled and cancellation meet."""
    return frozenset(word[:5] for word in _WORD.findall(text) if word not in _EMPTY)


def _contradicted(claim: frozenset[str], negates: bool, mine: list[Turn]) -> tuple[Turn, Quote] | None:
    """The earliest own sentence that holds what is denied, as a statement or a request, and not itself negated."""
    if len(claim) < 2 or negates:
        return None
    for turn in mine:
        plain = fold(turn.message.own)
        for start, end in plain.sentences():
            sentence = plain.text[start:end]
            shared = claim & _stems(sentence)
            enough = len(shared) >= 2 and len(shared) >= 0.66 * len(claim)
            if enough and not _NEGATED.search(_near(sentence, shared)) and not _MAY_BE_ASKING.search(sentence):
                return turn, Quote(turn.message.message_id, *plain.written(start, end))
    return None


def _near(sentence: str, shared: frozenset[str]) -> str:
    """The part of a sentence around the shared words: a "not" at its other end denies something else."""
    places = [found.start() for found in _WORD.finditer(sentence) if found.group()[:5] in shared]
    return sentence[max(0, min(places) - 25) : max(places) + 3] if places else sentence


def _other_value(evidence: Evidence, plain: Plain, mine: list[Turn]) -> Iterator[Sign]:
    """ "As I told you, it was in March", where every own mail that speaks of it says January."""
    for found in _AS_TOLD.finditer(plain.text):
        claim = _WHEN_TOLD.sub(" ", found.group(1), count=1) if _WHEN_TOLD.match(found.group(1)) else found.group(1)
        values = _values(claim)
        words = _stems(_VALUE.sub(" ", claim))
        if not values or len(words) < 2:
            continue
        told = [(turn, *each) for turn in mine for each in _speaking_of(turn, words, values)]
        if told and not any(same for _, _, same in told):
            turn, quote, _ = told[0]
            yield _sign(evidence, found.start(), "tells otherwise", turn, quote)
            return


def _values(text: str) -> frozenset[tuple[str, str]]:
    """Names of months and days, numbers of dates, and other numbers, each with its sort: a day of the month is no amount of money."""
    dates = [found.span() for found in _DAY.finditer(text)]
    found = set()
    for each in _VALUE.finditer(text):
        dated = any(start <= each.start() < end for start, end in dates)
        found.add(("name" if each.group().isalpha() else "date" if dated else "number", each.group()))
    return frozenset(found)


def _speaking_of(turn: Turn, words: frozenset[str], values: frozenset[tuple[str, str]]) -> Iterator[tuple[Quote, bool]]:
    """Own sentences about the same thing with a value of the same sort, and whether the value is the same."""
    plain = fold(turn.message.own)
    for start, end in plain.sentences():
        sentence = plain.text[start:end]
        there = _values(sentence)
        shared = words & _stems(_VALUE.sub(" ", sentence))
        sorts = {sort for sort, _ in values} & {sort for sort, _ in there}
        if sorts and len(shared) >= 2 and len(shared) >= 0.5 * len(words):
            yield Quote(turn.message.message_id, *plain.written(start, end)), bool(there & values)


def _sign(evidence: Evidence, start: int, what: str, turn: Turn, quote: Quote) -> Sign:
    plain = fold(evidence.message.own)
    done = _DONE[what]
    return Sign(
        kind="falsehood",
        strength=0.8 if what == "denies" else 0.7,
        severity="ordinary",
        quotes=(Quote(evidence.message.message_id, *plain.written(*plain.sentence(start))), quote),
        reason=f"The mail {done}, that of {turn.message.sent_at:%-d %B %Y}; both are shown for a person to check.",
        earlier=(turn.message.message_id,),
    )
