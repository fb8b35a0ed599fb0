"""Campaign: the same letter from many people (policy 002/B3; practice, trap T3). Taking part is a right and nobody's fault."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.sentences import sentences
from triage.evidence import Evidence
from triage.finding import Quote, Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign from the writer on who makes it `campaign_writers`, resting on every earlier letter of the template."""
    others = evidence.template_twins
    if evidence.by_staff or len(others) + 1 < evidence.thresholds.campaign_writers:
        return
    message = evidence.message
    longest = max(sentences(message.own), key=lambda one: one.end - one.start, default=None)
    quotes = (Quote(message.message_id, longest.text, longest.start),) if longest else ()
    yield Sign(
        kind="campaign",
        strength=0.9,
        severity="advisory",
        quotes=quotes,
        reason=f"{len(others)} earlier letters by other people have the same words: one template, to be answered as a campaign.",
        earlier=others,
        number="campaign_writers",
    )
