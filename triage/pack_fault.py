"""The faults of a policy pack in words, each with the line of the file it is about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from triage.finding import KINDS
from triage.nearest import nearest
from triage.pack import STAGES, Clause, Deciders, Letters, Pack, Part, Periods, Step

Place = Sequence[str | int]
"""Where in the file: keys, and for a list the position in it, e.g. ("clause", 3, "kinds")."""


def in_words(path: Path, text: str, error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as "file line N: key: what is wrong; what would be right"; several lines for several faults."""
    place: list[str | int] = list(error["loc"])
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            words = "is missing; rules/README.md says what belongs there"
        case "extra_forbidden":
            known = _known_keys(place)
            words = f"there is no such key; {nearest(str(place[-1]), known) or 'known are ' + ', '.join(known)}"
        case "value_error" if place in (["thresholds"], ["reasons"]):
            return "\n".join(
                told(path, text, (place[0], key), words)
                for key, _, words in (line.partition(": ") for line in str(context["error"]).splitlines())
            )
        case "value_error":
            words = str(context["error"])
        case "literal_error":
            words = f"“{error['input']}” is not one of {context['expected']}"
        case "string_type":
            words = "is not right; write a text in quotation marks"
        case "string_too_short":
            words = "is empty; write a text"
        case "bool_type":
            words = "is not right; write true or false, without quotation marks"
        case "date_type" | "date_parsing":
            words = "is not right; write a date like 2026-01-31, without quotation marks"
        case _:
            words = f"is not right; {error['msg'][0].lower()}{error['msg'][1:]}"
    return told(path, text, place, words)


def _known_keys(place: Place) -> list[str]:
    parts: dict[str | int, type[Part]] = {
        "clause": Clause,
        "ladder": Step,
        "periods": Periods,
        "deciders": Deciders,
        "letters": Letters,
    }
    model = parts.get(place[0], Pack) if len(place) > 1 else Pack
    return [entry.alias or name for name, entry in model.model_fields.items() if not entry.exclude]


def told(path: Path, text: str, place: Place, words: str) -> str:
    """A fault as it is told: "house.toml line 12: thresholds.volume_week: what is wrong; what would be right"."""
    named = ".".join(f"{part + 1}" if isinstance(part, int) else part for part in place)
    line = _line_of(text.splitlines(), place)
    return f"{path.name}{f' line {line}' if line else ''}: {named}: {words}"


def _line_of(lines: Sequence[str], place: Place) -> int:
    """The line of a key, or of the part it belongs to (TOML's reader keeps none); 0 when neither stands in the file."""
    table = str(place[0])
    headers = [number for number, line in enumerate(lines, 1) if re.match(rf"\s*\[+\s*{re.escape(table)}\s*\]", line)]
    which = next((part for part in place if isinstance(part, int)), 0)
    if which >= len(headers):
        return _line_of_key(lines, 1, table)
    key = next((part for part in place[1:] if isinstance(part, str)), "")
    return _line_of_key(lines, headers[which] + 1, key) or headers[which]


def _line_of_key(lines: Sequence[str], start: int, key: str) -> int:
    for number, line in enumerate(lines[start - 1 :], start):
        if line.lstrip().startswith("["):
            return 0
        if key and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return 0


def inconsistencies(pack: Pack) -> list[tuple[Place, str]]:
    """What is right key by key and wrong together: where, and in which words."""
    return [*_clauses(pack), *_ladder(pack), *_kinds(pack), *_periods(pack)]


def _clauses(pack: Pack) -> Iterator[tuple[Place, str]]:
    refs = Counter(clause.ref for clause in pack.clauses)
    for number, clause in enumerate(pack.clauses):
        place = ("clause", number, "ref")
        if refs[clause.ref] > 1:
            yield place, f"clause “{clause.ref}” stands here more than once; each needs its own ref"
        if not clause.ref.startswith(f"{pack.id}/"):
            yield place, f"clause “{clause.ref}” does not begin with the policy's id “{pack.id}/”"


def _ladder(pack: Pack) -> Iterator[tuple[Place, str]]:
    stages = [step.stage for step in pack.ladder]
    for number, step in enumerate(pack.ladder):
        place = ("ladder", number, "stage")
        if stages.count(step.stage) > 1:
            yield place, f"the stage “{step.stage}” has more than one step; keep one"
        if not pack.allows(step.stage):
            yield place, f"the step “{step.name}” is above the highest_stage “{pack.highest_stage}”; drop it or raise that"
    if stages != sorted(stages, key=STAGES.index):
        yield ("ladder",), f"the steps are out of order; write them as {', '.join(STAGES)}"
    if pack.highest_stage not in stages:
        yield ("highest_stage",), f"the ladder has no step for the highest_stage “{pack.highest_stage}”; add one"


def _kinds(pack: Pack) -> Iterator[tuple[Place, str]]:
    strong = {"serious": pack.serious, "single_incident": pack.single_incident}
    for key, kinds in strong.items():
        for kind in kinds:
            if kind in pack.advisory:
                yield (key,), f"“{kind}” never counts, being advisory, and cannot count strongly too; choose one"
            elif KINDS[kind] == "protective":
                yield (key,), f"“{kind}” protects the writer and can never count against anybody; take it out"
            elif not pack.names(kind):
                yield (key,), f"no clause names “{kind}”, so it cannot count at all; give it a clause or take it out"


def _periods(pack: Pack) -> Iterator[tuple[Place, str]]:
    if pack.periods.review_days >= pack.periods.restriction_days:
        words = "a restriction would be reviewed before it begins; make review_days smaller than restriction_days"
        yield ("periods", "review_days"), words
    if pack.periods.restriction_days > pack.periods.longest_restriction_days:
        words = "the usual restriction would be longer than the longest one; make longest_restriction_days larger or this smaller"
        yield ("periods", "restriction_days"), words
