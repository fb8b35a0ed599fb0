"""How far a long piece of work has come: a line on a terminal with a bar, how many a second and the time that is left.

The work tells a `Progress` what it begins and each step of it; whoever watches decides whether and how that is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

LONG = 100
"""Steps from which on a piece of work is shown: what takes a few seconds needs no bar."""


class Progress(Protocol):
    """Whoever watches."""

    def begins(self, what: str, total: int) -> None:
        """A piece of work of `total` steps begins, and takes the place of the one before."""

    def goes_on(self, steps: int = 1) -> None:
        """So many more of them are done."""


class Unwatched:
    """Nobody watches."""

    def begins(self, what: str, total: int) -> None:
        """Shows nothing."""

    def goes_on(self, steps: int = 1) -> None:
        """Shows nothing."""


UNWATCHED = Unwatched()


@contextmanager
def shown(console: Console | None = None) -> Iterator[Progress]:
    """Shows what is told while the context lasts, on the terminal behind standard error (or `console`), and takes it away after it;
    where that is no terminal, in a timer or a pipe, nothing is written."""
    if console is None and not sys.stderr.isatty():  # before anything is loaded that draws
        yield UNWATCHED
        return
    from rich.console import Console

    terminal = console or Console(stderr=True)
    if not terminal.is_terminal:
        yield UNWATCHED
        return
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.0f} a second" if task.speed else "")

    left = TimeRemainingColumn(elapsed_when_finished=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), left, TextColumn("left")
    with Bars(*columns, console=terminal, transient=True, speed_estimate_period=60) as bars:

        class Watched:
            task: TaskID | None = None

            def begins(self, what: str, total: int) -> None:
                if self.task is not None:
                    bars.remove_task(self.task)
                self.task = bars.add_task(what, total=total) if total >= LONG else None

            def goes_on(self, steps: int = 1) -> None:
                if self.task is not None:
                    bars.advance(self.task, steps)

        yield Watched()
