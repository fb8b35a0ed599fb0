"""What the tests counted, printed at the end of a run: points at which the program was killed, mails tried, the worst times.

A whole run fails when less was tried than figures.toml asks for: tests that quietly stop trying are worse than none.
"""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

TIMES = int(os.environ.get("TRIAGE_FUZZ", "1"))
"""How many times as much is tried as in the commit gate; `make nightly` says 100."""
FLOORS = Path(__file__).with_name("figures.toml")
COUNT, WORST = "figure: ", "worst: "


class Figures:
    """The figures of one test, handed on as properties of its report, which pytest-xdist carries to where they are summed up."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def add(self, name: str, count: int) -> None:
        """So many more of `name` were tried; summed over all tests."""
        self._properties.append((COUNT + name, count))

    def worst(self, name: str, value: float) -> None:
        """One measured time in seconds; the greatest of all is shown."""
        self._properties.append((WORST + name, value))


class Sums:
    """The figures of a whole run."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.worst: dict[str, float] = {}

    def take(self, properties: Iterable[tuple[str, object]]) -> None:
        for name, value in properties:
            if name.startswith(COUNT) and isinstance(value, int):
                self.counts[name.removeprefix(COUNT)] += value
            elif name.startswith(WORST) and isinstance(value, int | float):
                bare = name.removeprefix(WORST)
                self.worst[bare] = max(self.worst.get(bare, 0.0), float(value))

    def lines(self) -> list[str]:
        return [f"{name}: {count}" for name, count in sorted(self.counts.items())] + [
            f"{name}: {value:.2f}" for name, value in sorted(self.worst.items())
        ]

    def fallen(self) -> list[str]:
        """What was tried less often than it must be, in words."""
        floors = tomllib.loads(FLOORS.read_text())["at_least"]
        return [
            f"{name}: {self.counts.get(name, 0)}, and it must be {least} at least"
            for name, least in floors.items()
            if self.counts.get(name, 0) < least
        ]
