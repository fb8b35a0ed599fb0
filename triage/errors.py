"""What can go wrong, told apart by what a caller can do about it.

The message of an error is written for the operator: what is wrong, then what would be right.
"""

from __future__ import annotations


class TriageError(Exception):
    """Any fault this program reports; the command line prints its words and exits with `status`."""

    status = 1


class Temporary(TriageError):
    """Trying again later may help: the server is away, the line broke, the database is locked."""

    status = 75  # EX_TEMPFAIL


class Permanent(TriageError):
    """Trying again will not help without somebody's doing: refused log-in, missing folder, unknown message."""

    status = 69  # EX_UNAVAILABLE


class LogInRefused(Permanent):
    """The server refused who we say we are; asked too often, some servers lock the account."""


class Misconfigured(Permanent):
    """A settings file or policy pack with faults; `faults` holds every one of them, one sentence each."""

    status = 78  # EX_CONFIG

    def __init__(self, faults: list[str] | tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
