"""Who of us handles what concerns a contact: an inquiry that is open, a senior who was asked to look, a colleague who took over, and
the departments that were told of a restriction. Pure.

All of it is read from what people recorded. None of it is held against anybody, and none of it decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage.ruling import Act, Ruling

_LOOKED: frozenset[Act] = frozenset(
    {"warn", "restrict", "renew", "lift", "shorten", "appeal-decided", "no-action", "terminate", "refer", "inquire", "hand-over"}
)
"""What shows that a senior who was asked has looked."""


def open_inquiries(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """The inquiries that nobody has closed yet, oldest first (001/2-2)."""
    every = tuple(rulings)
    closed = {one.about for one in every if one.act == "inquiry-closed"}
    return tuple(one for one in every if one.act == "inquire" and one.id not in closed)


def seniors_asked(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """What was put before a senior and nobody but the asker has acted upon since, oldest first (002/R3)."""
    waiting: list[Ruling] = []
    for one in rulings:
        if one.act == "senior":
            waiting.append(one)
        elif one.act in _LOOKED:
            waiting = [each for each in waiting if each.by == one.by]
    return tuple(waiting)


def taken_over(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """Each handing over to a colleague, oldest first (002/W3)."""
    return tuple(one for one in rulings if one.act == "hand-over")


@dataclass(frozen=True, slots=True)
class Department:
    """One that was told of a restriction (004/RS3b)."""

    name: str
    told: datetime
    read: datetime | None = None
    """When somebody there said that they had read it; None while nobody has."""


def departments(rulings: Sequence[Ruling], restriction: str) -> tuple[Department, ...]:
    """The departments that were told of a restriction, in the order of telling."""
    found: dict[str, Department] = {}
    for one in rulings:
        if one.act != "department" or one.about != restriction:
            continue
        name = one.to.strip()
        known = found.get(name.casefold())
        told = one.told or one.received or one.at
        known = known or Department(name, told)
        found[name.casefold()] = replace(known, read=one.received or known.read)
    return tuple(found.values())
