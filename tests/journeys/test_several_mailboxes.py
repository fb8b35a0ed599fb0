"""Several mailboxes, one ledger: each is worked for itself, and one that is away does not hold up the others."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from mailstate import flags, mails, notes, store
from office import Office
from sample import MABEL, NOW, address, desk, letter, settings_file, story
from servers import Server, _free_ports

_number = itertools.count(1)
welfare = next(mail for mail in story() if b"want to end my life" in mail.raw)


@pytest.fixture
def two(dovecot_server: Server, tmp_path: Path) -> tuple[Office, str]:
    """The desk, and the mailbox of the repairs."""
    users = [f"two{next(_number)}", f"repairs{next(_number)}"]
    settings_file(tmp_path, desk(dovecot_server, users[0]), desk(dovecot_server, users[1], "repairs"))
    return Office(dovecot_server, tmp_path, users[0]), users[1]


def test_a_mailbox_whose_server_is_down_does_not_stop_another(dovecot_server: Server, tmp_path: Path) -> None:
    user = f"two{next(_number)}"
    (dead,) = _free_ports(1)
    settings_file(tmp_path, replace(desk(dovecot_server, user, "repairs"), port=dead), desk(dovecot_server, user))
    one = Office(dovecot_server, tmp_path, user)
    one.receive(welfare)
    said = one.run("once", "--now", NOW.isoformat())
    assert said.status == 75
    assert f"repairs: the mail server 127.0.0.1, port {dead} cannot be reached" in said.errors
    assert flags(one.server, user)[welfare.message_id] == {"triage-urgent"}


def test_the_only_mailbox_being_down_is_an_error_in_words_that_says_to_try_again(dovecot_server: Server, tmp_path: Path) -> None:
    (dead,) = _free_ports(1)
    settings_file(tmp_path, replace(desk(dovecot_server, "nobody"), port=dead))
    said = Office(dovecot_server, tmp_path, "nobody").run("once", "--now", NOW.isoformat())
    assert said.status == 75 and "cannot be reached" in said.errors and "Traceback" not in said.errors


def test_a_refused_password_is_an_error_in_words_that_says_whom_it_concerns(dovecot_server: Server, tmp_path: Path) -> None:
    settings_file(tmp_path, desk(dovecot_server, "somebody"))
    (tmp_path / "password").write_text("wrong\n")
    said = Office(dovecot_server, tmp_path, "somebody").run("once", "--now", NOW.isoformat())
    assert said.status == 69 and "refused the log-in of somebody" in said.errors and "wrong" not in said.errors
    assert said.errors.count("refused") == 1 and "did not accept a command" not in said.errors


def test_mail_to_two_mailboxes_is_one_contact_and_one_finding_with_a_label_in_each(two: tuple[Office, str]) -> None:
    one, repairs = two
    one.receive(welfare)
    one.server.append(repairs, "INBOX", b"Delivered-To: repairs@larchmere.example\r\n" + welfare.raw, date=welfare.at)
    one.once()
    assert flags(one.server, one.user)[welfare.message_id] == {"triage-urgent"}
    assert flags(one.server, repairs)[welfare.message_id] == {"triage-urgent"}
    exported = one.export()
    assert len(exported["findings"]) == 1 and exported["contacts"][0]["messages"] == 1
    assert len(notes(one.server, one.user)) + len(notes(one.server, repairs)) == 1
    assert "0 changes made" in one.once().output


def test_a_mail_from_one_mailbox_of_ours_to_another_makes_no_contact(two: tuple[Office, str]) -> None:
    one, repairs = two
    mine = letter("Please see to the gate.", sender="Larchmere Homes <desk@larchmere.example>", to="repairs@larchmere.example")
    one.receive(mine)
    one.server.append(repairs, "INBOX", mine.raw, date=mine.at)
    assert one.once().status == 0
    assert one.export()["contacts"] == []
    assert not [one for one in mails(one.server, repairs, "INBOX") if one.flags]


def test_the_same_contact_s_story_runs_over_all_mailboxes(two: tuple[Office, str]) -> None:
    one, repairs = two
    told = [mail for mail in story() if b"arage 14" in mail.raw]
    for number, mail in enumerate(told):
        one.server.append(repairs if number % 2 else one.user, mail.folder, mail.raw, date=mail.at)
    one.once()
    (contact,) = one.export()["contacts"]
    assert contact["stage"] == "warn" and contact["messages"] == 4
    assert address("<doreen.pike@post.example>") in contact["addresses"]


def test_a_mail_that_lies_in_two_mailboxes_is_told_of_where_it_was_judged(two: tuple[Office, str]) -> None:
    one, repairs = two
    mail = letter("Is the hall open on Sunday?", sender=MABEL, at="2026-05-11 09:00")
    one.receive(mail)
    one.server.append(repairs, "INBOX", mail.raw, date=mail.at)
    one.once()
    store(one.server, repairs, mail.message_id, "+FLAGS", "triage-dismiss")
    one.once()
    told = {user: [lying.subject for lying in mails(one.server, user, "Triage/Dismiss")] for user in (one.user, repairs)}
    assert told == {one.user: [], repairs: ["Your verdict on a mail: A question"]}
    assert " 0 changes made" in one.once().output
