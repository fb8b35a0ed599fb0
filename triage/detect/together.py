"""Cues that mean little alone and much together: a baby, and no heating; an old neighbour, and milk still on the step.

Phrases catch what people say in one breath. Much of what a person must read is spread over two or three sentences, in words
that no list of phrases foresees. The files of `NAMES` therefore hold classes of words, and say which
classes, standing within a few sentences of each other, are worth a sign. How a phrase is written: see phrasebook.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from triage.detect import phrasebook
from triage.detect.phrasebook import Book, Group, Hit
from triage.detect.plain import Plain

NAMES = ("welfare-together", "rights-together", "adjustment-together", "urgent-together")
"""The files of `rules/phrases` that are written so."""


@dataclass(frozen=True, slots=True)
class Company:
    """Classes of words that make a sign when they stand near each other."""

    group: Group
    """What the sign is called and how sure it makes us; it has no phrases of its own."""
    classes: tuple[str, ...]
    within: int
    """How many sentences after the first cue the others may stand; 0 is the same sentence."""


@dataclass(frozen=True, eq=False)
class Companies:
    words: Book
    companies: tuple[Company, ...]


@cache
def load(name: str) -> Companies:
    """Classes and companies of rules/phrases/NAME.toml. A fault in the file is ours: KeyError or ValueError."""
    with (phrasebook.RULES / f"{name}.toml").open("rb") as file:
        content = tomllib.load(file)
    classes = {each["name"]: each for each in content["class"]}
    words = phrasebook.bound(
        tuple(
            Group(name, each["why"], 0.0, _phrases(each["say"]), _phrases(each.get("unless", "")))
            for name, each in classes.items()
        )
    )
    return Companies(words, tuple(_company(each, classes) for each in content["together"]))


def _phrases(block: str) -> tuple[phrasebook.Phrase, ...]:
    return tuple(phrasebook.compiled(line) for line in phrasebook.lines(block))


def _company(each: Mapping[str, object], classes: Mapping[str, object]) -> Company:
    wanted = each["classes"]
    if not isinstance(wanted, list) or len(wanted) < 2 or any(name not in classes for name in wanted):
        raise ValueError(f"{each['name']!r} needs two or more of the classes of its file")
    group = Group(str(each["name"]), str(each["why"]), float(str(each.get("strength", 0.75))), ())
    return Company(group, tuple(wanted), int(str(each.get("within", 1))))


def hits(plain: Plain, companies: Companies) -> Iterator[Hit]:
    """For every company that is complete, its cues; each is a hit of the company's group."""
    found: dict[str, list[tuple[int, Hit]]] = {}
    for hit in phrasebook.hits(plain, companies.words):
        found.setdefault(hit.group.name, []).append((plain.number(hit.start), hit))
    for company in companies.companies:
        if all(name in found for name in company.classes):
            yield from _complete(company, found)


def _complete(company: Company, found: Mapping[str, list[tuple[int, Hit]]]) -> Iterator[Hit]:
    """The cues that stand nearest the earliest complete company; none when they never meet."""
    first, *others = company.classes
    for sentence, hit in found[first]:
        chosen = [hit]
        for name in others:
            near = (cue for at, cue in found[name] if abs(at - sentence) <= company.within and not _overlap(cue, chosen))
            cue = next(near, None)
            if cue is None:
                break
            chosen.append(cue)
        else:
            yield from (Hit(company.group, cue.start, cue.end) for cue in chosen)
            return


def _overlap(cue: Hit, chosen: list[Hit]) -> bool:
    """Whether a cue shares words with one already counted: the same words never make company for themselves."""
    return any(cue.start < other.end and other.start < cue.end for other in chosen)
