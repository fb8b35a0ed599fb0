"""Welfare: somebody's life or safety may be at risk (practice, trap T5; requirements X01, X02, D28).

The one detector where a miss is worse than any number of false alarms. It looks at everything the sender may mean: own
words first, then the subject, what stands below the signature line, and mail passed on. Idioms alone take a hit back.
Some cues count only together (a baby, and no heating): those are found by together.py.
It sees mail of restricted people, held mail and the last line of abuse exactly as any other mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triage.detect import foreign, phrasebook, together
from triage.detect.phrasebook import Hit
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign
from triage.message import Message

_MOST_QUOTES = 4


def at_risk(text: str) -> bool:
    """Whether these words speak of a risk to somebody; also asked by detectors that must then stay silent."""
    return next(_hits(fold(text)), None) is not None


def _hits(plain: Plain) -> Iterator[Hit]:
    """What is said outright, and what only several sentences together say."""
    yield from phrasebook.hits(plain, phrasebook.load("welfare"))
    yield from together.hits(plain, together.load("welfare-together"))
    yield from foreign.risks(plain)


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign with the words that raised it, or none. Staff messages are not looked at."""
    message = evidence.message
    if evidence.by_staff:
        return
    quotes, strength, named = _own_words(message)
    if not quotes:
        quotes, strength, named = _elsewhere(message)
    if quotes:
        yield Sign(
            kind="welfare",
            strength=strength,
            severity="advisory",
            quotes=quotes,
            reason=f"Somebody may be at risk ({', '.join(named)}): to be read by a person now, whatever else the mail says.",
        )


def _own_words(message: Message) -> tuple[tuple[Quote, ...], float, list[str]]:
    plain = fold(message.own)
    found = sorted(_hits(plain), key=lambda hit: (-hit.group.strength, hit.start))
    quotes: dict[tuple[int, int], Quote] = {}
    for hit in found:
        quotes.setdefault(plain.sentence(hit.start), _quote(message, plain, hit))
    named = list(dict.fromkeys(hit.group.name for hit in found))
    return tuple(quotes.values())[:_MOST_QUOTES], max((hit.group.strength for hit in found), default=0.0), named


def _quote(message: Message, plain: Plain, hit: Hit) -> Quote:
    words, start = plain.written(*plain.sentence(hit.start))
    return Quote(message.message_id, words, start)


def _elsewhere(message: Message) -> tuple[tuple[Quote, ...], float, list[str]]:
    """Subject, signature block and mail passed on; and what looks quoted, when the mail seems to hold nothing else."""
    wording = message.wording
    places = [("in the subject", message.subject), ("below the signature line", wording.signature)]
    places += [("in a mail passed on", passage.text) for passage in wording.forwarded]
    if not wording.own.strip():
        places += [("in words that look quoted", passage.text) for passage in wording.quoted]
    for place, text in places:
        plain = fold(text)
        hit = max(_hits(plain), key=lambda each: each.group.strength, default=None)
        if hit is not None:
            words, _ = plain.written(*plain.sentence(hit.start))
            return (Quote(message.message_id, words),), min(hit.group.strength, 0.8), [hit.group.name, place]
    return (), 0.0, []
