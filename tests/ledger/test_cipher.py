"""A ledger that is encrypted: nothing of it can be read without its key, and what is wrong with the key is said in words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from office import Office
from sample import NOW, story
from servers import Server

from triage.errors import Misconfigured, Permanent, Temporary
from triage.ledger import Ledger

WORD = "qxzvanilo"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("0123456789abcdef" * 4 + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def locked(file: Path, key: Path) -> str:
    return f"sqlite:///{file}?key_file={key}"


def octets(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(folder.iterdir()) if each.name != "key")


def test_no_octet_of_file_or_wal_shows_what_stands_in_it(locked: str, file: Path) -> None:
    with Ledger.open(locked) as ledger:
        ledger.set_meta("name", WORD * 100)
        assert file.with_name("triage.db-wal").stat().st_size > 0
        assert WORD.encode() not in octets(file.parent) and b"SQLite format" not in octets(file.parent)
    with Ledger.open(locked) as ledger:
        assert ledger.meta("name") == WORD * 100
        assert ledger.url
        with Ledger.open(ledger.url) as beside:  # as worker processes open it
            assert beside.meta("name") == WORD * 100
    with pytest.raises(Permanent, match="if it is encrypted, name its key"):
        Ledger.open(f"sqlite:///{file}")


def test_another_key_is_told_in_words_and_changes_nothing(locked: str, file: Path, key: Path) -> None:
    Ledger.open(locked).close()
    before, right = file.read_bytes(), key.read_text()
    key.write_text("f" * 64)
    with pytest.raises(Permanent, match="does not open the ledger") as told:
        Ledger.open(locked)
    assert "f" * 20 not in str(told.value) and file.read_bytes() == before
    key.write_text(right)
    Ledger.open(locked).close()


@pytest.mark.parametrize(
    ("words", "mode", "told"),
    [
        ("0123456789abcdef" * 4, 0o644, "other people of this machine can read"),
        ("a pass phrase", 0o600, "64 hexadecimal digits alone"),
        (None, 0o600, "there is no file .*openssl rand -hex 32"),
    ],
)
def test_a_key_that_will_not_do_is_told_in_words(locked: str, key: Path, words: str | None, mode: int, told: str) -> None:
    key.unlink()
    if words:
        key.write_text(words)
        key.chmod(mode)
    with pytest.raises(Misconfigured, match=told) as caught:
        Ledger.open(locked)
    assert not words or words not in str(caught.value)


def test_without_the_library_it_says_how_to_install_it(locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(Misconfigured, match=r"SQLCipher is not installed here; run make setup"):
        Ledger.open(locked)


def test_a_ledger_in_plain_is_not_taken_for_an_encrypted_one_and_is_encrypted_by_one_command(
    locked: str, file: Path, key: Path
) -> None:
    command = [sys.executable, "-m", "triage.ledger.encrypting", str(file), str(key)]
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.set_meta("name", WORD)
        ledger.journal("tried", at=NOW, actor="somebody", subject={"word": WORD})
        early = subprocess.run(command, capture_output=True, text=True, check=False)
        assert early.returncode == 1 and "open in another program. Stop the daemon" in early.stderr
    with pytest.raises(Permanent, match=r"not encrypted yet.*triage\.ledger\.encrypting"):
        Ledger.open(locked)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "encrypted:" in done.stdout and not done.stderr
    with Ledger.open(locked) as ledger:
        assert ledger.meta("name") == WORD and ledger.verify_journal() is None
    assert WORD.encode() not in octets(file.parent) and {each.name for each in file.parent.iterdir()} == {"triage.db", "key"}
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "nothing to encrypt" in again.stderr


def test_errors_of_an_encrypted_ledger_are_told_as_ever(locked: str) -> None:
    with Ledger.open(locked) as ledger, Ledger.open(locked, patience=0.1) as other:
        with ledger.transaction(), pytest.raises(Temporary, match="is locked by another program"):
            other.set_meta("name", "value")
        with ledger._reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(Temporary, match="no room left on the disk"), ledger.transaction():
            ledger.set_meta("small", "fits")
            ledger.set_meta("large", "x" * 200_000)
        assert ledger.meta("small") is None


def test_a_dry_run_of_an_encrypted_ledger_stays_in_memory(locked: str) -> None:
    with Ledger.open(locked) as ledger:
        ledger.set_meta("name", "before")
        with ledger.scratch_copy() as copy:
            copy.set_meta("name", "after")
            assert copy._engine.url.database == ":memory:"
            with copy._reading() as connection:
                assert connection.exec_driver_sql("PRAGMA database_list").fetchone()[2] == ""
        assert ledger.meta("name") == "before"


def test_a_whole_pass_works_on_it_and_the_doctor_says_that_it_is_encrypted(
    dovecot_server: Server, user: str, tmp_path: Path
) -> None:
    office = Office(dovecot_server, tmp_path / user, user, extra="\n[store]\nkey_file = ledger-key\n").open()
    secret = office.folder / "ledger-key"
    secret.write_text("ab" * 32)
    secret.chmod(0o600)
    office.receive(*story())
    assert office.once().output.startswith(f"{len(story())} new mails read")
    assert " 0 changes made" in office.once().output
    assert office.export()["contacts"]
    assert f"encrypted with the key in {secret}" in office.run("doctor", "--look-only").output
    assert b"garage" not in (office.folder / "triage.db").read_bytes()
    with pytest.raises(sqlite3.DatabaseError), closing(sqlite3.connect(office.folder / "triage.db")) as plain:
        plain.execute("select * from meta")
