"""How often the daemon knocks at a server that is away or does not let it in: ever less, and never so often that an account is locked.

Nothing here looks at a clock that people set, so that one that jumps changes no wait.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from triage.errors import LogInRefused
from triage.mailbox import Account, Mailbox

FIRST_WAIT = 4.0
"""Seconds; each further wait is four times as long, up to LONGEST_WAIT: 4, 16, 64 seconds, then six minutes and more."""
LONGEST_WAIT = 360.0
STABLE = 300.0
"""Seconds for which all must have gone well before the waits are short again."""
MOST_REFUSALS = 3
REFUSED_WAIT = 3600.0
"""Seconds between log-ins with a password that was refused MOST_REFUSALS times; a changed one is tried at once."""


class Waits:
    """How long to wait after each failure. `clock`: seconds, by a clock that nobody sets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step = 0
        self._well_since: float | None = None

    def well(self) -> None:
        """It went well."""
        if self._well_since is None:
            self._well_since = self._clock()

    def failed(self) -> float:
        """It failed: seconds until the next try. Spread, so that many daemons do not knock at once."""
        if self._well_since is not None and self._clock() - self._well_since >= STABLE:
            self._step = 0
        self._well_since = None
        wait = min(LONGEST_WAIT, FIRST_WAIT * 4.0 ** min(self._step, 10))
        self._step += 1
        return wait * random.uniform(1.0, 1.25)  # noqa: S311


@dataclass(slots=True)
class _Refusal:
    account: Account
    error: LogInRefused
    count: int
    again: float


class Door:
    """Connects, but does not repeat a log-in that was refused again and again."""

    def __init__(self, connect: Callable[[Account], Mailbox], clock: Callable[[], float] = time.monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._refused: dict[str, _Refusal] = {}

    def __call__(self, account: Account) -> Mailbox:
        """As triage.mailbox.connect. Raises LogInRefused without asking the server when it has said so often enough lately."""
        before = self._refused.get(account.name)
        if before and before.account != account:  # another password
            before = None
        if before and before.count >= MOST_REFUSALS and self._clock() < before.again:
            minutes = max(1, round((before.again - self._clock()) / 60))
            raise LogInRefused(
                f"{before.error} It was refused {before.count} times; so that the account is not locked, it is tried again in "
                f"{minutes} minutes only, or as soon as the password is another."
            )
        try:
            box = self._connect(account)
        except LogInRefused as error:
            count = before.count + 1 if before else 1
            self._refused[account.name] = _Refusal(account, error, count, self._clock() + REFUSED_WAIT)
            raise
        self._refused.pop(account.name, None)
        return box
