"""Appeal: the sender asks for a restriction or a warning to be looked at again (policy 004/RS, requirements S09, D28).

Only where we restricted or warned this contact before: an appeal against a benefit decision is ordinary business. A hold
must never swallow an appeal, least of all one that our own letter invited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect import phrasebook
from triage.detect.plain import fold
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

_ABOUT_THE_NOTICE = re.compile(
    r"\b(?:second look|look (?:at (?:this|it) )?again|look(?:ed)? into (?:this|it) again|think again|rethink|somebody (?:else|other)|someone (?:else|other)|another (?:person|manager|pair of eyes)|"
    r"(?:too|very|awful(?:ly)?|mighty|pretty) (?:long|harsh|hard|severe|much)|(?:seems?|is|be|sounds) (?:a bit |rather |very |awful(?:ly)? )?(?:long|harsh|unfair|unjust|unreasonable|wrong|over the top|disproportionate|heavy[- ]handed)|"
    r"(?:seems?|is|feels?) (?:a )?(?:long time|lot)|(?:make|making|made|be|been|end|ending|lift|lifting) (?:it |this |that )?(?:a bit |a little |any )?(?:shorter|sooner|earlier|less long)|(?:end|ending|ended|bring|bringing) (?:it|this|that) (?:to an end |forward )?(?:sooner|early|earlier|now)|"
    r"(?:consider|think about|thought of) (?:\w+ing|whether|letting)|you(?:'ll| will| would| can|'d) (?:read|look at|hear|decide) (?:this|it|my)|(?:one more|another|a second|a) chance|"
    r"i was (?:wrong|vile|rude|out of (?:order|line)|not myself|in the wrong)|i wasn'?t (?:right|myself|well)|(?:i(?:'m| am)|am) (?:ashamed|not proud)|i own (?:it|that|up)|"
    r"cut (?:it|that|this) (?:down|short|to)|overturn\w*|disagree with|don.?t (?:think|believe) (?:it|that|this)(?:.?s| is| was) (?:fair|right|proportionate))\b",
    re.IGNORECASE,
)
_KEYWORD = re.compile(r"[\"“'‘]([A-Za-z][\w -]{2,30})[\"”'’]|\b([A-Z]{5,})\b")


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign resting on the restriction or warning that is appealed against; none without one."""
    if evidence.by_staff:
        return
    measures = [turn for turn in evidence.history if turn.by_staff and turn.act and (turn.act.restriction or turn.act.warning)]
    if not measures:
        return
    quote, strength = _words(evidence, measures)
    if quote is None:
        return
    latest = [turn for turn in measures if turn.act and turn.act.restriction] or measures
    what = "restriction" if latest[-1].act and latest[-1].act.restriction else "warning"
    yield Sign(
        kind="appeal",
        strength=strength,
        severity="advisory",
        quotes=(quote,),
        reason=f"The sender asks for the {what} of {latest[-1].message.sent_at:%-d %B %Y} to be looked at again.",
        earlier=(latest[-1].message.message_id,),
    )


def _words(evidence: Evidence, measures: list[Turn]) -> tuple[Quote | None, float]:
    message = evidence.message
    plain = fold(message.own)
    hit = max(phrasebook.hits(plain, phrasebook.load("appeal")), key=lambda each: each.group.strength, default=None)
    if hit is not None:
        words, start = plain.written(*plain.sentence(hit.start))
        return Quote(message.message_id, words, start), hit.group.strength
    subject = message.subject.strip()
    own_subject = subject if not subject.lower().startswith(("re:", "fw:", "fwd:", "aw:", "sv:")) else ""
    if own_subject and phrasebook.found(fold(own_subject), phrasebook.load("appeal")):
        return Quote(message.message_id, own_subject), 0.9
    first = message.own.strip().partition("\n")[0][:80]
    if len(first.split()) > 3:
        first = ""  # the bare keyword on a line of its own is an appeal; the same word in a sentence may be anything
    if (asking := _on_the_notice(evidence, measures)) is not None:
        return asking, 0.6
    for keyword in _invited(measures):
        for place, start in ((subject, -1), (first, message.own.find(first))):
            if re.search(rf"\b{re.escape(keyword)}\b", place, re.IGNORECASE):
                return Quote(message.message_id, place, start), 0.9
    return None, 0.0


def _on_the_notice(evidence: Evidence, measures: list[Turn]) -> Quote | None:
    """A mail that answers our notice of a restriction and speaks of its length, its justice or of who should look at it, in
    whatever words: our own letter invited it, and taking an appeal for one mail more would deny it."""
    message = evidence.message
    notices = [
        turn.message
        for turn in measures
        if turn.act and (notice := turn.act.restriction) and (notice.until is None or message.sent_at <= notice.until)
    ]
    answered = {message.in_reply_to, *message.references[-1:]}
    subjects = {_bare(notice.subject) for notice in notices}
    if not any(notice.message_id in answered for notice in notices) and _bare(message.subject) not in subjects:
        return None
    for hit in _ABOUT_THE_NOTICE.finditer(message.own[:4000]):
        start = max(message.own.rfind(mark, 0, hit.start()) for mark in (".", "?", "!", "\n")) + 1
        ends = [place for mark in (".", "?", "!", "\n") if (place := message.own.find(mark, hit.end())) >= 0]
        words = message.own[start : min(ends, default=len(message.own)) + 1]
        return Quote(message.message_id, words.strip(), start + len(words) - len(words.lstrip()))
    return None


def _bare(subject: str) -> str:
    return re.sub(r"^\s*(?:(?:re|fw|fwd|aw|sv)\s*:\s*)+", "", subject, flags=re.IGNORECASE).strip().lower()


def _invited(measures: list[Turn]) -> Iterable[str]:
    """The words our letters told the sender to put into an appeal ("write REVIEW in the subject")."""
    for turn in measures:
        if turn.act and turn.act.restriction:
            for found in _KEYWORD.finditer(turn.act.restriction.appeal_offered[:1000]):
                yield found.group(1) or found.group(2)
