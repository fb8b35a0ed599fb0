"""What several commands have in common: their options, the clock, the settings and the ledger they name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.errors import Misconfigured

if TYPE_CHECKING:
    from triage.ledger import Ledger
    from triage.settings import Settings

SettingsFile = Annotated[Path, typer.Option("--settings", help="The settings file; see settings.ini for every key.")]
Now = Annotated[str | None, typer.Option("--now", help="Replaces the clock: ISO 8601 with a zone, such as 2026-03-20T12:00:00Z.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Work everything out, print it, and write nothing anywhere.")]
Contact = Annotated[str, typer.Argument(help="One of the contact's addresses, or its id.")]


def clock(text: str | None) -> datetime:
    """The time to work at, aware and in UTC. Raises Misconfigured for a time that is none or names no zone."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured([f"--now: {text!r} is not a time; write it as 2026-03-20T12:00:00Z"]) from None
    if moment.tzinfo is None:
        raise Misconfigured([f"--now: {text!r} names no time zone; add Z for UTC, or an offset such as +01:00"])
    return moment.astimezone(UTC)


def day_given(option: str, text: str | None) -> date | None:
    """A day as an option gives it. Raises Misconfigured when it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured([f"{option}: {text!r} is no day; write it as 2026-03-20"]) from None


def first_moment(day: date | None, zone: tzinfo) -> datetime | None:
    """The first moment of a day in `zone`, in UTC."""
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def last_moment(day: date | None, zone: tzinfo) -> datetime | None:
    """The last second of a day in `zone`, in UTC: a date in a decision counts to its end."""
    return None if day is None else datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def settings_at(path: Path, *, connecting: bool = False) -> Settings:
    """The settings; a password is needed only for what connects to a mailbox."""
    from triage.settings import load

    return load(path, connecting=connecting)


def ledger_of(settings: Settings, *, only_looking: bool = False) -> Ledger:
    """The ledger that the settings name. With `only_looking` no file is made where there is none yet: an empty one in memory stands
    for it."""
    from triage.ledger import Ledger

    file = Ledger.file_of(settings.store.url)
    return Ledger.open("sqlite://" if only_looking and file and not file.exists() else settings.store.url)
