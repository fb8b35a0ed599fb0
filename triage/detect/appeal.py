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
    for keyword in _invited(measures):
        for place, start in ((subject, -1), (first, message.own.find(first))):
            if re.search(rf"\b{re.escape(keyword)}\b", place, re.IGNORECASE):
                return Quote(message.message_id, place, start), 0.9
    return None, 0.0


def _invited(measures: list[Turn]) -> Iterable[str]:
    """The words our letters told the sender to put into an appeal ("write REVIEW in the subject")."""
    for turn in measures:
        if turn.act and turn.act.restriction:
            for found in _KEYWORD.finditer(turn.act.restriction.appeal_offered[:1000]):
                yield found.group(1) or found.group(2)
