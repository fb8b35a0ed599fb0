"""Charging staff with crime or corruption as a fact (policies 002/A4, 004/UD11).

Whether it is true, or malicious, is for people to find out. A disclosure with particulars, or a request to look into
something, is not an allegation in this sense but a right (requirement D28), so such mail is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from triage.detect import learned
from triage.detect.phrases import book
from triage.detect.reading import Reading, Spot, read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign

_LOOK_INTO_IT = re.compile(
    r"\b(?:investigat\w+|look into|whistle-?blow\w*|protected disclosure|public interest|raise a concern|raising a concern|safeguarding (?:concern|lead|team)|"
    r"i (?:witnessed|saw with my own eyes|have reported|reported (?:it|this) to)|reported to the police|police (?:report|reference|are)|crime (?:reference|number)|"
    r"audit|hr department|i may be wrong|i might be wrong|i don't know whether|i do not know whether|could you check|please check|in confidence)\b"
)
_PARTICULARS = re.compile(
    r"\b(?:attached|enclosed|screenshot\w*|statement shows?|records? shows?|cctv|receipt|evidence|witness(?:es)?|invoice no|copies of|photographs? of|ledger shows?|"
    r"bank statement)\b"
)
_DATED = re.compile(r"\bon \d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b")
_NEAR = 2
"""A date is a particular of the charge when it stands so many sentences from it; farther off it dates something else."""
_BASELESS = re.compile(
    r"\b(?:no proof|n[o']t (?:got|have|need) (?:any )?(?:proof|evidence)|need (?:any )?proof|don'?t need (?:any|proof|evidence)|no need of proof|"
    r"just by looking|by the look of|can (?:just )?tell|could tell|obvious\w*|everyone knows|everybody knows|common knowledge|you can smell|bet|written all over|stands to reason|must be|must have|so you admit)\b"
)


_HEARD = "The trained model takes a sentence for a charge of crime or corruption; no rule knows its words."


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "allegation", ordinary; none where the mail gives particulars or asks for an inquiry."""
    reading = read(evidence)
    found = spots(reading, book("allegation"))
    if _discloses(reading, found):
        return
    yield from sign(evidence, "allegation", found)
    if not found:
        for quote, strength in learned.heard(evidence, "allegation"):
            yield Sign("allegation", strength, "ordinary", (quote,), _HEARD)
            break


def _discloses(reading: Reading, found: Sequence[Spot]) -> bool:
    text = " ".join(sentence.folded for sentence in reading)
    if _BASELESS.search(text):
        return False
    return bool(_LOOK_INTO_IT.search(text) or _PARTICULARS.search(text)) or _dated(reading, found)


def _dated(reading: Reading, found: Sequence[Spot]) -> bool:
    """Whether a date stands beside a charge; beside any sentence, where only the model may speak of a charge."""
    charged = [number for number, one in enumerate(reading) if any(spot.sentence is one for spot in found)]
    dated = [number for number, one in enumerate(reading) if _DATED.search(one.folded)]
    return any(not charged or min(abs(number - at) for at in charged) <= _NEAR for number in dated)
