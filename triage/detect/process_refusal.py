"""Process refusal: the process or what we asked for is turned down while the matter is still to be resolved.

Policy 002/B7 and 004/UD9a, UD10; requirements D14 and D21. Needs a mail of ours that asked or pointed to the process.
Not being able to is no refusal, nor is offering another way; and a disability makes it an adjustment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect import adjustment, background, learned, phrasebook
from triage.detect.plain import adjoining, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign

_WANTS = re.compile(
    r"\b(?:want|expect|demand|insist|resolve\w*|uphold|upheld|refund|pay|paid|compensat\w*|sort\w*|fix\w*|settle\w*|decide|decision|outcome|answer|apolog\w*|complaint|money"
    r"|replace\w*|repair\w*|you are to|you will|you must|give me|my favou?r|put (?:it|this) right|still|owe|send (?:me )?the|just send|thats that)\b"
)
_OTHER_WAY = re.compile(
    r"\b(?:(?:can|could|may|might) (?:i|we) (?:please )?(?:\w+ ){0,4}(?:instead|email|post|phone|call|write|ring|drop|bring|upload|send|come)|is there (?:a|another|some) (?:secure|safe|other|another)?"
    r"|happy to|here (?:are|is)|attached|enclosed|by email instead|i will (?:send|bring|post|ring)|ill (?:send|bring|post|ring)|as soon as i (?:can|have|find))\b"
)


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting the refusal, resting on what we asked; none without an asking of ours."""
    if evidence.by_staff or evidence.message.automatic:
        return
    asked = background.requests(evidence)
    if not asked:
        return
    plain = fold(evidence.message.own)
    found = sorted(phrasebook.hits(plain, phrasebook.load("process_refusal")), key=lambda hit: (-hit.group.strength, hit.start))
    heard = () if found else tuple(quote for quote, _ in learned.heard(evidence, "refusal"))
    if not (found or heard) or not _WANTS.search(plain.text) or _OTHER_WAY.search(plain.text) or adjustment.needed(evidence):
        return
    names = dict.fromkeys(hit.group.name for hit in found)
    spans = adjoining({plain.sentence(hit.start) for hit in found})
    quotes = heard or tuple(Quote(evidence.message.message_id, *plain.written(*span)) for span in spans)
    yield Sign(
        kind="process_refusal",
        strength=min(0.95, found[0].group.strength + 0.05 * (len(spans) - 1)) if found else 0.6,
        severity="ordinary",
        quotes=quotes[:3],
        reason=f"The sender {' and '.join(names) or 'turns down what we asked'} although we asked on {asked[-1].message.sent_at:%-d %B %Y}, and still wants it resolved.",
        earlier=tuple(turn.message.message_id for turn in asked),
    )
