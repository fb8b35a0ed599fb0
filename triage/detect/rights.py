"""Rights: information requests, own data, legal claims, regulators, police, whistle-blowing, equality law, elected members.

Requirements X03, X04, X12 and D28: such mail is answered under its own law whatever else its sender does, and announcing
a complaint or a claim is never a threat. Phrases in rules/phrases/rights.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triage.detect import phrasebook, together
from triage.detect.phrasebook import Hit
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign


def claimed(text: str) -> bool:
    """Whether these words use a legal right; also asked by detectors that must then stay silent."""
    return next(_hits(fold(text)), None) is not None


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign that names the rights used, with a quotation for each; or none. Staff messages are not looked at."""
    message = evidence.message
    if evidence.by_staff:
        return
    plain = fold(message.own)
    found = sorted(_hits(plain), key=lambda hit: (-hit.group.strength, hit.start))
    if found:
        yield _sign(found, tuple(_quotes(message.message_id, plain, found)))
        return
    subject = fold(message.subject)
    named = [] if _is_reply(message.subject) else list(phrasebook.hits(subject, phrasebook.load("rights")))
    if named:
        yield _sign(named, (Quote(message.message_id, message.subject.strip()),))


def _hits(plain: Plain) -> Iterator[Hit]:
    """What is said outright, and what two or three sentences together say."""
    yield from phrasebook.hits(plain, phrasebook.load("rights"))
    yield from together.hits(plain, together.load("rights-together"))


def _is_reply(subject: str) -> bool:
    return subject.lower().lstrip().startswith(("re:", "aw:", "sv:", "fwd:", "fw:", "antw:", "rif:", "odp:"))


def _quotes(message_id: str, plain: Plain, found: list[Hit]) -> Iterable[Quote]:
    seen: set[str] = set()
    for hit in found:
        if hit.group.name not in seen:
            seen.add(hit.group.name)
            words, start = plain.written(*plain.sentence(hit.start))
            yield Quote(message_id, words, start)


def _sign(found: list[Hit], quotes: tuple[Quote, ...]) -> Sign:
    names = ", ".join(dict.fromkeys(hit.group.name for hit in found))
    return Sign(
        kind="rights",
        strength=max(hit.group.strength for hit in found),
        severity="advisory",
        quotes=quotes,
        reason=f"The sender uses a legal right ({names}): it is dealt with under its own rules, whatever else the mail says.",
    )
