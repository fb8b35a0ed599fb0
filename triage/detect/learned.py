"""What the trained model finds in sentences that no rule knows: insults it is sure of, and the rest as "unsure".

The rules say what they see in words; the model only that a sentence is unlike ordinary business mail in a certain way. So it
may add an insult on its own when two of its scores agree, and otherwise only asks a person to look: an unsure finding is shown,
never counted. It says nothing about words that are quoted, reported or apologised for, nor where a rule has spoken already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triage.detect.reading import Reading, read
from triage.evidence import Evidence
from triage.finding import Quote, Severity, Sign

ABUSIVE = "any_abuse"
"""The model's score for abuse of any kind; another score counts only on a sentence that has this one too."""

MEANS: dict[str, tuple[str, float, Severity, str]] = {
    "insult": ("abuse", 0.55, "ordinary", "The trained model takes a sentence for an insult; no rule knows its words."),
    "threat": ("threat", 0.4, "ordinary", "The trained model finds a sentence like a threat; unsure, please read it."),
    "intimidation": (
        "harassment",
        0.4,
        "ordinary",
        "The trained model finds a sentence like intimidation; unsure, please read it.",
    ),
}
"""Score → kind, strength, severity, reason."""

WELFARE = ("welfare", 0.4, "A sentence is like those of people at risk; unsure, please read it.")


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign for each kind, on the sentence with the highest score."""
    if not evidence.scores:
        return
    reading = read(evidence)
    abusive = {sentence for sentence, _ in evidence.scores.get(ABUSIVE, ())}
    for score, (kind, strength, severity, reason) in MEANS.items():
        for quote in _own(evidence, reading, score, abusive):
            yield Sign(kind, strength, severity, (quote,), reason)
            break
    kind, strength, reason = WELFARE
    for quote in _own(evidence, reading, "welfare", None):
        yield Sign(kind, strength, "ordinary", (quote,), reason)
        break


def _own(evidence: Evidence, reading: Reading, score: str, among: set[str] | None) -> Iterator[Quote]:
    """The sentences with this score that are the writer's own assertion, the highest first, with where they stand."""
    if reading.apologises and score != "welfare":
        return
    for sentence, _ in sorted(evidence.scores.get(score, ()), key=lambda pair: -pair[1]):
        start = evidence.message.own.find(sentence)
        if start < 0 or (among is not None and sentence not in among):
            continue
        end = start + len(sentence)
        inside = [part for part in reading if part.start < end and part.start + len(part.text) > start and part.start >= 0]
        if all(part.owns(max(0, start - part.start)) and not part.foreign for part in inside):
            yield Quote(evidence.message.message_id, sentence, start)
