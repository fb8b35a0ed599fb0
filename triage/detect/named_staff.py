"""Named staff: the sender insists on one person though we offered a suitable other (policy 002/B8, requirement D14).

No offer found, no flag. The first wish for a person is innocent, so is not wanting a particular one, asking for a manager,
and asking politely again; and where a disability is the reason, in this mail or before, it is an adjustment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from triage.detect import adjustment, background, learned, phrasebook
from triage.detect.plain import Plain, adjoining, fold
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

_OFFER = re.compile(
    r"\b(?:on (?:\w+ )?leave|away|off sick|left (?:us|the)|has left|no longer|unavailable|not available|moved|retired|out of the office|elsewhere|instead|in (?:his|her|their) place"
    r"|cannot call|cant call|stand(?:ing)? in|cover(?:s|ing)? for|colleague)\b"
)
_ABLE = re.compile(
    r"\b(?:can|could|will|is able to|is happy to|would be glad to|would be happy to|would gladly|would happily|would|could|id gladly|id be glad to|ill|is ready to) (?:also |gladly |happily )?"
    r"(?:help|ring|call|see|speak|meet|phone|visit|come|look after|take over|deal|talk|answer|handle|assist|do)\b|\b(?:offer you|has your file|knows (?:the|your)|you can (?:see|speak|talk|meet)|you could (?:see|speak|meet))\b"
)
_FEAR = re.compile(
    r"\b(?:afraid|scared|frightened|uncomfortable|unsafe|harass\w*|shouted at me|grabbed|touched me|anyone but|anybody but|anyone except|someone other than|rather not|complain\w* about|a woman|a female|a man|a male)\b"
)
_ASKING = re.compile(
    r"\b(?:could i|can i|may i|would it be possible|is it possible|if possible|any chance|i would prefer|id prefer|would prefer|id rather|i would rather|happy to wait|can wait)\b"
)


_CONTENT = re.compile(
    r"\b(?:(?:anyone|anybody|someone|somebody|anybody) else (?:is|would|will|can|could|please)|whoever is free|(?:is|are|would be|will be) fine|(?<!nobody else )(?<!no one else )(?<!noone else )will do\b(?! (?:it|that|this))|would do|if not (?:he|she|him|her|then))\b"
)
"""Another person would be welcome too: then nobody is insisted on, whatever else is said."""


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting the insistence, resting on our offers; none without an offer."""
    if evidence.by_staff or evidence.message.automatic:
        return
    offers = tuple(turn for turn in background.staff_turns(evidence) if _offers(turn))
    if not offers:
        return
    plain = fold(evidence.message.own)
    spans = _insisting(plain, background.staff_names(evidence))
    message_id = evidence.message.message_id
    quotes = tuple(Quote(message_id, *plain.written(*span)) for span in spans) or _heard(evidence, plain)
    if not quotes or adjustment.needed(evidence):
        return
    yield Sign(
        kind="named_staff",
        strength=(0.85 if len(offers) > 1 or len(spans) > 1 else 0.8) if spans else 0.6,
        severity="ordinary",
        quotes=quotes[:3],
        reason=f"One particular person is insisted on although we offered another on {offers[-1].message.sent_at:%-d %B %Y}.",
        earlier=tuple(turn.message.message_id for turn in offers),
    )


def _heard(evidence: Evidence, plain: Plain) -> tuple[Quote, ...]:
    """What the trained model takes for insisting; with an offer of ours before it that is ground enough."""
    if _CONTENT.search(plain.text):
        return ()
    return tuple(quote for quote, _ in learned.heard(evidence, "named") if not _innocent(fold(quote.text).text))


def _offers(turn: Turn) -> bool:
    """Whether a staff mail offers another person."""
    if turn.act is not None and (turn.act.alternative or turn.act.handover_to):
        return True
    return _puts_forward(turn.message.own)


@lru_cache(maxsize=4096)
def _puts_forward(own: str) -> bool:  # kept, because every later mail of the matter asks it again
    text = fold(own).text
    return _OFFER.search(text) is not None and _ABLE.search(text) is not None


def _insisting(plain: Plain, names: frozenset[str]) -> list[tuple[int, int]]:
    if _CONTENT.search(plain.text):
        return []
    spans = {plain.sentence(hit.start) for hit in phrasebook.hits(plain, phrasebook.load("insistence"))}
    for pattern in (*_by_name(names), *_ruled_out(names)):
        spans.update(plain.sentence(found.start()) for found in pattern.finditer(plain.text))
    return adjoining(span for span in spans if not _innocent(plain.text[slice(*span)]))


def _innocent(sentence: str) -> bool:
    """Fear of somebody, or asking rather than insisting."""
    if _ASKING.search(sentence):
        return True
    return _FEAR.search(sentence) is not None and re.search(r"\b(?:not|never|wont|refuse|nobody|no one)\b", sentence) is None


def _by_name(names: frozenset[str]) -> Iterable[re.Pattern[str]]:
    """Insisting in words that hold the name of one of ours ("X or nobody", "only X", "it has to be X")."""
    if not names:
        return
    one = "(?:" + "|".join(sorted(map(re.escape, names))) + ")"
    name = r"(?:mr |mrs |ms |miss |dr )?(?:" + "|".join(sorted(map(re.escape, names))) + r")(?: \w+)?"
    gap = r"(?:\w+ ){0,3}"
    yield re.compile(
        rf"\b{name},? (?:or (?:nobody|no one|no-one|none|nothing)|and (?:nobody|no one|no-one|only {name})|himself|herself)\b"
    )
    yield re.compile(
        rf"\b(?:nobody but|no one but|no-one but|none but|insist(?:ing)? on|must be|has to be|had better be|it(?:s| is) got to be|will only) {gap}{name}\b|\bonly (?:with |to |by )?{one}(?: {one})?\b(?! (?:knows?|knew|told|said|says|has|had|was|is|came|wrote|got|did|does|answers?)\b)"
    )
    yield re.compile(rf"\b(?:anyone|anybody|nobody|no one|no-one|noone) (?:but|except|other than|apart from) {name}\b")
    yield re.compile(
        rf"\b(?:want|demand|expect|require|insist|get me|give me|bring|call|fetch|put) (?:to \w+ (?:to |with )?)?{name} (?:back|and not|not (?:you|him|her|mr|mrs|ms|some)|here|nobody|only|to (?:come|ring|call|phone|see|deal|do))\b"
    )
    only = r"(?:and no other|and nobody|and no one|alone|only(?=[.,;!?]| please|$)|exclusively|personally|in person|full stop|period|end of)"
    yield re.compile(rf"\b{name},? {only}\b|\b(?:her|him|she|he) and only (?:her|him)\b")
    yield re.compile(
        rf"\b(?:i|we)(?:m| am)? (?:only |just |still |shall |will |do |want to |wish to |prefer to )*(?:talk|deal|speak|dealing|talking|speaking|hear|hearing|listen) (?:only )?(?:to|with|from) {name}(?! (?:about|yesterday|today|on|last|in|again soon|and))\b"
    )
    yield re.compile(rf"\bits {name} (?:i|we) (?:deal|want|talk|speak|need|trust|see)\b")
    yield re.compile(
        rf"\b{name} (?:must|has to|had better|is to|will|shall|started it and \w+ will) (?:do|handle|ring|come|finish|deal|see to|call|be (?:brought|called|fetched))\b|\b{name} (?:be|is|gets) (?:brought|called|fetched|put) back\b"
    )
    yield re.compile(
        rf"\b(?:unless|until|till|if (?:its|it is) not) {gap}{name}\b[^.\n]{{0,60}}\b(?:not|wont|never|refuse|hang up|nothing|nobody)\b|\b(?:not|wont|never|refuse\w*|hands off|hang up|send away|nothing|nobody)\b[^.\n]{{0,60}}\b(?:unless|until|till) {gap}{name}\b"
    )
    yield re.compile(
        rf"\b(?:ring|call|phone|get|fetch|reach) {name} at home\b|\b{name}s (?:private|home|mobile|own) (?:number|phone|mobile|address)\b"
    )
    yield re.compile(rf"\b(?:stays?|remains?|belongs?|left) with {name}\b")
    yield re.compile(rf"\b(?:not|no|none|nobody)\b[^\n]{{0,60}}[.!,] *{name}[.!]")


def _ruled_out(names: frozenset[str]) -> Iterable[re.Pattern[str]]:
    """Turning down the one who was offered, by name: "not Tom", "tell Tom not to bother"."""
    if not names:
        return
    name = r"(?:that |your |mr |mrs |ms |miss |dr )*(?:" + "|".join(sorted(map(re.escape, names))) + ")"
    refuse = r"(?:wont|will not|shant|shall not|refuse to|am not|im not|not going to|never|decline to|do not|dont)"
    yield re.compile(
        rf"\b{refuse} (?:be |going to be |ever )?(?:speak|talk|deal|see|have|accept|work|meet|be seen|fobbed off|palmed off|passed|put up|talking|dealing|speaking|seeing|having|accepting) (?:to |with |by |off with |on to |onto |from )*{name}\b"
    )
    yield re.compile(
        rf"\btell {name}(?: \w+)? not to\b|\b{name}(?: \w+)? (?:is not|isnt|wont) (?:be )?(?:good enough|welcome|wanted|coming|needed)\b"
    )
    yield re.compile(rf"(?:^|[.!?\n] *)not {name}(?: \w+)?[.,!]")
