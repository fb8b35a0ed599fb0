"""What is said in other languages than English: threats, swearing and a risk to somebody, by phrases written for each language.

The files are rules/phrases/in-CODE.toml. Threats and swearing count only in a sentence that is in that language, outside quotation
marks, and where nothing says that the words are somebody else's (`not_meant`); a risk counts wherever it is told. Nobody has
measured more than invented sentences here: what is found says in which language, so that somebody who reads it can look.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from triage import language
from triage.detect import phrasebook
from triage.detect.phrasebook import Book, Group, Hit
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence
from triage.finding import Quote, Severity, Sign

_RANKS: tuple[Severity, ...] = ("advisory", "ordinary", "serious", "grave")
_MOST_QUOTES = 4


@dataclass(frozen=True, eq=False)
class Told:
    """The phrases of one kind in all languages."""

    book: Book
    languages: Mapping[str, str]
    """Name of a group → the code of its language."""
    severities: Mapping[str, Severity]


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that have phrases."""
    return tuple(sorted(file.stem.removeprefix("in-") for file in phrasebook.RULES.glob("in-*.toml")))


@cache
def _told(kind: str) -> Told:
    groups: list[Group] = []
    spoken: dict[str, str] = {}
    severities: dict[str, Severity] = {}
    for code in languages():
        content = tomllib.loads((phrasebook.RULES / f"in-{code}.toml").read_text("utf-8"))
        not_meant = phrasebook.lines(content["not_meant"]) if kind != "welfare" else []
        for entry in content[kind]:
            name = f"{entry['name']} (in {language.name_of(code)})"
            spoken[name] = code
            severities[name] = entry.get("severity", "advisory")
            groups.append(
                Group(
                    name=name,
                    why=entry.get("reason", entry.get("why", "")),
                    strength=float(entry["strength"]),
                    phrases=tuple(map(phrasebook.compiled, phrasebook.lines(entry["say"]))),
                    unless=tuple(map(phrasebook.compiled, [*phrasebook.lines(entry.get("unless", "")), *not_meant])),
                )
            )
    return Told(phrasebook.bound(tuple(groups)), spoken, severities)


def risks(plain: Plain) -> Iterator[Hit]:
    """Every place where a risk to somebody is told in another language."""
    yield from phrasebook.hits(plain, _told("welfare").book)


def sign(evidence: Evidence, kind: str) -> Sign | None:
    """A threat or swearing in another language, in the writer's own words; None when there is none."""
    plain = fold(evidence.message.own)
    told = _told(kind)
    found = [hit for hit in phrasebook.hits(plain, told.book) if _own(plain, hit, told.languages[hit.group.name])]
    if not found:
        return None
    gravest = max(found, key=lambda hit: _RANKS.index(told.severities[hit.group.name]))
    severity = told.severities[gravest.group.name]
    found = [hit for hit in found if told.severities[hit.group.name] == severity]
    spans = dict.fromkeys(plain.sentence(hit.start) for hit in sorted(found, key=lambda hit: hit.start))
    quotes = []
    for span in list(spans)[:_MOST_QUOTES]:
        words, start = plain.written(*span)
        quotes.append(Quote(evidence.message.message_id, words, start))
    strength = max(hit.group.strength for hit in found)
    in_which = language.name_of(told.languages[gravest.group.name])
    reason = f"The mail {gravest.group.why}, in {in_which}; please have somebody read it who knows the language."
    return Sign(kind, strength, severity, tuple(quotes), reason)


def added(found: list[Sign], other: Sign | None) -> list[Sign]:
    """What was found in English and in another language as one: the graver, with the quotations of both."""
    if other is None:
        return found
    if not found:
        return [other]
    first, second = sorted((found[0], other), key=lambda each: (-_RANKS.index(each.severity), -each.strength))
    quotes = tuple(dict.fromkeys((*first.quotes, *second.quotes)))
    return [replace(first, quotes=quotes[:_MOST_QUOTES], reason=f"{first.reason} {second.reason}")]


def _own(plain: Plain, hit: Hit, code: str) -> bool:
    start, end = plain.sentence(hit.start)
    if not language.speaks(code, plain.text[start:end].replace("-", " ").split()):
        return False
    before, after = plain.text[start : hit.start], plain.text[hit.end : end]
    return not (before.count('"') % 2 == 1 and '"' in after)
