"""Labels: put where wanted, read back, and never fought over with staff."""

from __future__ import annotations

import pytest
from mailstate import flags, folders, mails, move, notes, store
from office import Office
from sample import DOREEN, NOW, PERRY, Mail, address, letter, reply, story
from servers import Server, add_pymap_user

from triage.ledger import Ledger
from triage.mailbox import LABELS


def by_words(words: str) -> Mail:
    """The mail of the story in which these words stand."""
    return next(mail for mail in story() if words.encode() in mail.raw)


def test_every_label_that_is_wanted_stands_on_its_mail(worked: Office) -> None:
    with worked.ledger() as ledger:
        wanted = {
            one.message_id: set(row["labels"]) for key, row in ledger.wanted().items() for one in ledger.messages([key])
        }  # fmt: skip
    found = flags(worked.server, worked.user) | flags(worked.server, worked.user, "Triage/Held")
    assert {message_id: names for message_id, names in found.items() if names} == wanted
    assert len(wanted) >= 8
    assert found[by_words("want to end my life").message_id] == {"triage-urgent"}
    assert found[by_words("tap in the kitchen of 3 Wren House drips").message_id] == {"triage-overdue"}


def test_a_label_that_staff_took_off_is_not_put_on_again(worked: Office) -> None:
    mail = by_words("useless cretin")
    store(worked.server, worked.user, mail.message_id, "-FLAGS", "triage-conduct")
    assert "0 changes made" in worked.once().output
    assert "triage-conduct" not in flags(worked.server, worked.user)[mail.message_id]
    assert "0 changes made" in worked.once().output


def test_labels_and_flags_of_staff_are_left_alone(worked: Office) -> None:
    mine, theirs = (
        by_words("useless cretin"),
        by_words("Your bill for the service charge"),
    )
    store(worked.server, worked.user, mine.message_id, "+FLAGS", "$Important \\Flagged rent")
    store(worked.server, worked.user, theirs.message_id, "+FLAGS", "triage-volume")
    worked.once()
    assert flags(worked.server, worked.user)[mine.message_id] == {"$Important", "\\Flagged", "rent", "triage-conduct"}
    assert flags(worked.server, worked.user)[theirs.message_id] == {"triage-volume"}
    worked.run("undo")
    assert flags(worked.server, worked.user)[mine.message_id] == {"$Important", "\\Flagged", "rent"}
    assert flags(worked.server, worked.user)[theirs.message_id] == {"triage-volume"}


def test_an_overdue_label_goes_when_the_answer_is_in_sent(worked: Office) -> None:
    chased = by_words("tap in the kitchen of 3 Wren House drips")
    assert flags(worked.server, worked.user)[chased.message_id] == {"triage-overdue"}
    worked.receive(
        reply(
            chased, "Dear Mr Sloane,\n\nour plumber has repaired the tap in your kitchen this morning.\n\nInes Wold",
            sender="Ines Wold <ines.wold@larchmere.example>", at="2026-05-12 10:00", recipient=PERRY,
        )
    )  # fmt: skip
    said = worked.once()
    assert "take off label triage-overdue: 1 mails" in said.output
    assert flags(worked.server, worked.user)[chased.message_id] == set()
    assert next(row for row in worked.export()["matters"] if chased.message_id in row["messages"])["overdue"] is False


def test_a_new_mail_is_labelled_by_the_next_pass(worked: Office) -> None:
    more = letter(
        "Hello,\n\nonce again: I would like to rent garage 14 behind Tern Court for my late husband's car.\n\nDoreen Pike",
        sender=DOREEN, subject="Garage 14 at Tern Court", at="2026-05-12 08:00",
    )  # fmt: skip
    worked.receive(more)
    assert worked.once().output.startswith("1 new mails read, 1 contacts looked at")
    assert "triage-repeat" in flags(worked.server, worked.user)[more.message_id]
    assert worked.stage(address(DOREEN)) == "warn"


def test_mail_that_staff_move_to_an_archive_keeps_its_label_and_counts_as_before(worked: Office) -> None:
    before = worked.export()
    mail = by_words("useless cretin")
    with worked.server.client(worked.user) as client:
        client.create("Archive")
    move(worked.server, worked.user, mail.message_id, "INBOX", "Archive")
    said = worked.once()
    assert said.output.startswith("0 new mails read") and "0 changes made" in said.output
    assert worked.export() == before
    assert flags(worked.server, worked.user, "Archive")[mail.message_id] == {"triage-conduct"}
    assert "0 changes made" in worked.once(now=NOW).output


@pytest.fixture
def forgetful_office(pymap_server: Server, user: str, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """On a server that keeps no labels at all."""
    add_pymap_user(pymap_server, user, [])
    one = Office(pymap_server, tmp_path_factory.mktemp("forgetful"), user).open()
    with pymap_server.client(user) as client:
        client.create("Sent")
    one.receive(*story())
    return one


def test_on_a_server_that_keeps_no_labels_this_is_said_and_notes_and_holds_still_work(forgetful_office: Office) -> None:
    one = forgetful_office
    originals = {m.digest for m in mails(one.server, one.user, "INBOX")}
    said = one.once()
    assert "the server keeps no labels" in said.output
    assert not [name for names in flags(one.server, one.user).values() for name in names if name in LABELS]
    assert len(notes(one.server, one.user)) == 4
    held = mails(one.server, one.user, "Triage/Held")
    assert len(held) == 1
    assert {m.digest for m in mails(one.server, one.user, "INBOX") + held} == originals


def test_on_a_server_that_keeps_no_labels_a_second_pass_changes_nothing(forgetful_office: Office) -> None:
    forgetful_office.once()
    before = forgetful_office.state()
    said = forgetful_office.once()
    assert "0 changes made" in said.output and not said.plan
    assert forgetful_office.state() == before


def test_on_a_server_that_keeps_no_labels_undo_leaves_nothing_of_ours(forgetful_office: Office) -> None:
    one = forgetful_office
    originals = {m.digest for m in mails(one.server, one.user, "INBOX")}
    one.once()
    assert one.run("undo").status == 0
    assert {m.digest for m in mails(one.server, one.user, "INBOX")} == originals
    assert not [folder for folder in folders(one.server, one.user) if folder.startswith("Triage/")]


def test_on_a_server_that_keeps_only_its_own_list_of_labels_ours_stand_when_they_are_listed(
    pymap_server: Server, user: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    add_pymap_user(pymap_server, user, sorted(LABELS))
    one = Office(pymap_server, tmp_path_factory.mktemp("listed"), user).open()
    with pymap_server.client(user) as client:
        client.create("Sent")
    one.receive(*story())
    one.once()
    assert flags(one.server, one.user)[by_words("want to end my life").message_id] == {"triage-urgent"}
    assert "0 changes made" in one.once().output
    with Ledger.open(f"sqlite:///{one.folder / 'triage.db'}") as ledger:
        assert ledger.verify_journal() is None
