"""The people of the demo's year: tenants who write, and the staff who answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from triage.demo.year_letter import Party

_REST = 21
"""Days."""


@dataclass(slots=True)
class Tenant:
    """One who writes to us."""

    party: Party
    place: str
    """Flat and house, as they write it."""
    ref: str
    """The number of the tenancy."""
    phone: bool
    """Writes from a telephone, which signs below."""
    adjustment: bool = False
    """Has asked for a reasonable adjustment."""
    language: str = "en"
    topics: set[str] = field(default_factory=set)
    """What they have written about so far."""
    last_at: datetime | None = None
    """The last mail from or to them so far."""


class People:
    """Tenants without end, each with a name and an address of their own; the same ones for the same `rng`."""

    def __init__(self, texts: Mapping[str, Any], rng: Random) -> None:
        of = texts["people"]
        self._names = [(first, last) for first in of["first"] for last in of["last"]]
        rng.shuffle(self._names)
        self._texts, self._rng = of, rng
        self.known: list[Tenant] = []
        domain = texts["organisation"]["domain"]
        self.staff = {
            team: [Party(name, f"{name.lower().replace(' ', '.')}@{domain}") for name in row["staff"]]
            for team, row in texts["team"].items()
        }
        self.mailboxes = {team: Party("", f"{team}@{domain}") for team in texts["team"]}

    def new(self, *, language: str = "en") -> Tenant:
        """Somebody who has never written before."""
        rng = self._rng
        first, last = self._names.pop()
        address = f"{first}.{last}{len(self.known) % 7 or ''}@{rng.choice(self._texts['domain'])}".lower()
        place = f"{rng.randrange(1, 60)} {rng.choice(self._texts['block'])}"
        tenant = Tenant(Party(f"{first} {last}", address), place, f"LH-{40_000 + len(self.known)}", rng.random() < 0.25)
        tenant.language = language
        self.known.append(tenant)
        return tenant

    def known_or_new(self, again: float, day: date, topic: str) -> Tenant:
        """With this chance one who has written already, in English, about something else and not for three weeks before `day`;
        else a new one."""
        english = [one for one in self.known if one.language == "en" and topic not in one.topics]
        rested = [one for one in english if one.last_at and (day - one.last_at.date()).days > _REST]
        return self._rng.choice(rested) if rested and self._rng.random() < again else self.new()
