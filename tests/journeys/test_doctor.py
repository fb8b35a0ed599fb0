"""`triage doctor`: what it finds right, what it finds wrong, and that it leaves nothing behind."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mailstate import differences, folders
from office import Office
from sample import desk, settings_file
from servers import Server, _free_ports


def lines(said_output: str, state: str) -> list[str]:
    return [line for line in said_output.splitlines() if line.startswith(state)]


def test_a_sound_office_has_nothing_wrong_and_is_left_as_it_was(worked: Office) -> None:
    before = worked.state()
    said = worked.run("doctor")
    assert said.status == 0, said.output + said.errors
    assert not lines(said.output, "wrong")
    assert "every mail was read by the program" in said.output
    assert "a mail and a label were written, read back, and taken away again" in said.output
    assert "the journal is whole" in said.output and "the conduct model fits its manifest" in said.output
    assert not differences(worked.state(), before)


def test_before_the_first_pass_it_tries_notes_and_labels_and_leaves_no_folder(arrived: Office) -> None:
    before = folders(arrived.server, arrived.user)
    said = arrived.run("doctor")
    assert said.status == 0, said.output + said.errors
    assert "the first pass makes them" in said.output and "read back" in said.output
    assert re.search(r"note .*: \d+ mails wait to be read, the oldest since 20\d\d-.* UTC; triage run reads it", said.output)
    assert folders(arrived.server, arrived.user) == before


def test_with_look_only_it_sends_no_command_that_writes(arrived: Office) -> None:
    known = len(arrived.changes())
    said = arrived.run("doctor", "--look-only")
    assert said.status == 0 and "that was not tried" in said.output
    assert arrived.changes()[known:] == []


def test_a_server_that_keeps_no_labels_is_told_and_is_no_fault(pymap_server: Server, tmp_path: Path) -> None:
    from servers import add_pymap_user

    add_pymap_user(pymap_server, "doctored", [])
    office = Office(pymap_server, tmp_path, "doctored").open()
    said = office.run("doctor")
    assert "copies in folders below Triage stand for them" in said.output, said.output + said.errors
    assert any("no folder of sent mail" in line or "answers are read in" in line for line in said.output.splitlines())


def test_a_mailbox_that_cannot_be_reached_is_wrong_in_words_and_the_others_are_looked_at(
    dovecot_server: Server, tmp_path: Path
) -> None:
    (dead,) = _free_ports(1)
    settings_file(tmp_path, replace(desk(dovecot_server, "doctored1", "repairs"), port=dead), desk(dovecot_server, "doctored1"))
    said = Office(dovecot_server, tmp_path, "doctored1").run("doctor")
    assert said.status == 1
    assert f"wrong  mailbox repairs: repairs: the mail server 127.0.0.1, port {dead} cannot be reached" in said.output
    assert "mailbox desk: logged in" in said.output


def test_a_changed_journal_is_wrong(worked: Office) -> None:
    file = worked.folder / "triage.db"
    with closing(sqlite3.connect(file)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE journal SET actor = 'nobody' WHERE number = 1")
        database.commit()
    said = worked.run("doctor", "--look-only")
    assert said.status == 1
    assert "entry 1 of the journal was changed" in said.output
