"""The detectors: one file per kind or close family, pure, unaware of each other.

`ORDER` is the table of what runs. Protective detectors run first: where one of them fires, what the mail asks or repeats is
not held against its writer (principle 4), while what it says (a threat, an insult) stays visible to the people who read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from triage import language
from triage.detect import (
    adjustment,
    after_stop,
    allegation,
    appeal,
    arguing,
    campaign,
    demand,
    discrimination,
    falsehood,
    harassment,
    illegal,
    insult,
    learned,
    mingled,
    named_staff,
    off_topic,
    phrasebook,
    phrases,
    process_refusal,
    profanity,
    repeat,
    rights,
    sexual,
    staff_shopping,
    threat,
    together,
    tone,
    unauthenticated,
    urgent,
    volume,
    welfare,
)
from triage.evidence import Evidence
from triage.finding import KINDS, SURE, Sign

Detector = Callable[[Evidence], Iterable[Sign]]

PROTECTIVE: tuple[Detector, ...] = (
    welfare.detect,
    rights.detect,
    appeal.detect,
    adjustment.detect,
    campaign.detect,
    unauthenticated.detect,
)
"""What protects the writer."""

SAID: tuple[Detector, ...] = (
    threat.detect,
    insult.detect,
    profanity.detect,
    harassment.detect,
    sexual.detect,
    discrimination.detect,
    tone.detect,
    allegation.detect,
    illegal.detect,
    off_topic.detect,
    falsehood.detect,
)
"""What the words of one mail say."""

IN_ANY_LANGUAGE: tuple[Detector, ...] = (threat.detect, profanity.detect)
"""Of these, what has phrases of other languages too (finding.READ_IN): all that reads a mail without a sentence in English."""

ASKED: tuple[Detector, ...] = (
    urgent.detect,
    demand.detect,
    named_staff.detect,
    process_refusal.detect,
    mingled.detect,
)
"""What one mail asks."""

PATTERNS: tuple[Detector, ...] = (
    repeat.detect,
    after_stop.detect,
    volume.detect,
    staff_shopping.detect,
    arguing.detect,
)
"""What many mails show."""

BINDS_STAFF: tuple[Detector, ...] = (insult.detect, profanity.detect, discrimination.detect, sexual.detect, threat.detect)
"""What is looked for in our own mails where the policy binds both sides (003/0, 004/RS2)."""

ABUSE = frozenset({"threat", "abuse", "profanity", "harassment", "sexual", "discrimination"})
"""Kinds of abuse that need no second name where a rule has named one."""

SHIELDING = frozenset({"welfare", "rights", "appeal", "adjustment"})
"""Protective kinds under which a mail's requests and repetition are not counted."""


def load_all() -> None:
    """Loads the phrase books and makes every phrase ready, which else wait for the first mail that needs them.

    Raises Misconfigured when they cannot be read.
    """
    for book in phrases.shelf().books:
        book.make_ready()
    for name in phrasebook.NAMES:
        phrasebook.load(name).make_ready()
    for name in together.NAMES:
        together.load(name)
    welfare.at_risk("hello")


def detect(evidence: Evidence) -> tuple[Sign, ...]:
    """Every sign on one message, protective ones first.

    A customer's message gets every detector; a staff message only those that bind staff. An empty message gets none but
    the protective ones. A message wholly in another language gets those whose words were measured there, what protects, and
    what rests on who wrote when.
    """
    if evidence.by_staff:
        said = _run(BINDS_STAFF, evidence)
        known = {sign.kind for sign in said}
        return said + tuple(sign for sign in learned.of_staff(evidence, frozenset(known)) if sign.kind not in known)
    protective = _run(PROTECTIVE, evidence)
    shielded = any(sign.kind in SHIELDING and sign.strength >= SURE for sign in protective)
    if not _read(evidence):
        return protective + _run(IN_ANY_LANGUAGE, evidence) + (() if shielded else _run(PATTERNS, evidence))
    said = _run(SAID, evidence)
    known = {sign.kind for sign in (*protective, *said)}
    spoken = frozenset(known & ABUSE)
    said += tuple(sign for sign in learned.detect(evidence, spoken) if sign.kind not in known)
    rest = () if shielded else _run((*ASKED, *PATTERNS), evidence)
    return protective + said + rest


def _read(evidence: Evidence) -> bool:
    """Whether there is English in the message, or a language that cannot be told for certain."""
    spoken = language.of(evidence.message.own)
    return not spoken.foreign or spoken.beside_english


def _run(detectors: tuple[Detector, ...], evidence: Evidence) -> tuple[Sign, ...]:
    signs = tuple(sign for detector in detectors for sign in detector(evidence))
    assert all(sign.kind in KINDS for sign in signs)
    return signs
