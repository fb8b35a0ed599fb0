"""All tables together, from a settings file or an open ledger."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from triage import settings as settings_file
from triage.analysis import dealings, mails, pseudonym, restrictions, seen
from triage.analysis.columns import TABLES
from triage.analysis.pseudonym import Pseudonyms
from triage.analysis.source import gather
from triage.errors import Permanent
from triage.ledger import Ledger
from triage.settings import Settings

NAMES_SHOWN = "names-shown"
"""The journal's name for tables with people's names and words in them."""


@dataclass(frozen=True)
class Tables:
    """Each table as a pandas frame; docs/data.md explains every column."""

    messages: pd.DataFrame
    recipients: pd.DataFrame
    contacts: pd.DataFrame
    matters: pd.DataFrame
    answers: pd.DataFrame
    findings: pd.DataFrame
    decisions: pd.DataFrame
    holds: pd.DataFrame
    exposure: pd.DataFrame
    incidents: pd.DataFrame

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Name and frame of each."""
        return ((one.name, getattr(self, one.name)) for one in fields(self))


@contextmanager
def opened(chosen: Settings, *, writing: bool = False) -> Iterator[Ledger]:
    """The ledger of these settings, to look at; with `writing` its journal can be written to. Raises Permanent when it is not there
    yet."""
    ledger = Ledger.file_of(chosen.store.url)
    if ledger is not None and not ledger.is_file():
        raise Permanent(f"there is no ledger at {ledger} yet: run a pass first (triage once), or make one (triage demo --year)")
    with (Ledger.open if writing else Ledger.look)(chosen.store.url) as found:
        yield found


def read(settings: Path | str, *, names: str = "") -> Tables:
    """The tables of the ledger that this settings file names, as concluded last; nothing of it is changed.

    names: why people's names and words are needed; with a reason the tables hold them and bear no pseudonyms, and that is written
    into the journal with the reason and the user's name. Raises Permanent, Temporary, Misconfigured.
    """
    chosen = settings_file.load(Path(settings), connecting=False)
    with opened(chosen, writing=bool(names.strip())) as ledger:
        return tables(ledger, chosen, names=names)


def tables(ledger: Ledger, chosen: Settings, *, names: str = "") -> Tables:
    """The same from an open ledger."""
    key = pseudonym.key(pseudonym.key_file(Ledger.file_of(chosen.store.url), chosen.path))
    if reason := names.strip():
        ledger.journal(NAMES_SHOWN, at=datetime.now(UTC), actor=_user(), subject={"reason": reason})
    source, shown = gather(ledger, chosen, Pseudonyms(key, plain=bool(reason))), bool(reason)
    messages = list(mails.messages(source, names=shown))
    matters = list(dealings.matters(source, names=shown))
    rows = {
        "messages": messages,
        "recipients": mails.recipients(source),
        "contacts": dealings.contacts(source, messages, matters, names=shown),
        "matters": matters,
        "answers": mails.answers(source),
        "findings": seen.findings(source, names=shown),
        "decisions": seen.decisions(source),
        "holds": restrictions.holds(source, names=shown),
        "exposure": seen.exposure(source),
        "incidents": seen.incidents(source, names=shown),
    }
    return Tables(**{name: TABLES[name].frame(found) for name, found in rows.items()})


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"
