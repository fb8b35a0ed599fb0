"""The same passes with the ledger in PostgreSQL: the same labels, notes and conclusions, and nothing to do the second time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import new_database, postgresql
from mailstate import flags, mails, notes
from office import Office


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


def on_postgresql(office: Office, server: str) -> Office:
    settings = office.folder / "settings.ini"
    text = settings.read_text()
    assert "[store]" not in text
    settings.write_text(f"{text}\n[store]\nurl = {new_database(server)}\n")
    (office.folder / "triage.db").unlink(missing_ok=True)
    return office


def test_a_pass_concludes_and_does_the_same_as_with_sqlite(arrived: Office, worked: Office, server: str) -> None:
    office = on_postgresql(arrived, server)
    office.once()
    assert not (office.folder / "triage.db").exists()
    assert office.export() == worked.export()
    assert flags(office.server, office.user) == flags(worked.server, worked.user)
    assert len(notes(office.server, office.user)) == len(notes(worked.server, worked.user)) > 0
    assert len(mails(office.server, office.user, "Triage/Held")) == 1
    assert " 0 changes made" in office.once().output
    assert office.run("journal").output.startswith("the journal is whole")


def test_a_dry_run_leaves_the_database_as_it_was(arrived: Office, server: str, tmp_path: Path) -> None:
    office = on_postgresql(arrived, server)
    said = office.run("once", "--dry-run")
    assert said.status == 0 and "would be made" in said.output
    assert office.export()["contacts"] == []


def test_undo_leaves_the_mailbox_as_it_was(arrived: Office, server: str) -> None:
    before = arrived.state()
    office = on_postgresql(arrived, server)
    office.once()
    assert office.run("undo").status == 0
    assert office.state() == before
