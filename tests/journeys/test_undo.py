"""`triage undo`: the mailbox as it was."""

from __future__ import annotations

from mailstate import OURS, differences, folders, mails, move, notes
from office import Office
from sample import HOLD_ENDS


def test_undo_leaves_the_mailbox_as_it_was(arrived: Office, worked: Office) -> None:
    said = worked.run("undo")
    assert said.status == 0
    assert "1 mail put back, 4 notes and 4 folders removed" in said.output
    assert not differences(worked.state(), arrived.state())
    assert folders(worked.server, worked.user) == folders(arrived.server, arrived.user)
    assert not set(OURS) & set(folders(worked.server, worked.user, subscribed=True))


def test_a_second_undo_changes_nothing(worked: Office) -> None:
    worked.run("undo")
    before, log = worked.state(), worked.changes()
    said = worked.run("undo")
    assert "0 labels taken off, 0 mails put back, 0 notes and 0 folders removed" in said.output
    assert not differences(worked.state(), before)
    assert worked.changes() == log


def test_undo_before_any_pass_changes_nothing(arrived: Office) -> None:
    before = arrived.state()
    assert arrived.run("undo").status == 0
    assert not differences(arrived.state(), before)


def test_undo_on_trial_tells_and_changes_nothing(worked: Office) -> None:
    before, log = worked.state(), worked.changes()
    said = worked.run("undo", "--dry-run")
    assert "would be" in said.output and "1 mail would be put back, 4 notes and 4 folders" in said.output
    assert not differences(worked.state(), before)
    assert worked.changes() == log


def test_undo_takes_away_notes_that_staff_have_judged(arrived: Office, worked: Office) -> None:
    for one, target in zip(notes(worked.server, worked.user), ("Triage/Agree", "Triage/Dismiss"), strict=False):
        move(worked.server, worked.user, one.message_id, "Triage/Review", target)
    worked.once()
    assert worked.run("undo").status == 0
    assert not differences(worked.state(), arrived.state())


def test_undo_leaves_a_folder_in_which_staff_put_mail(worked: Office) -> None:
    mine = next(one for one in mails(worked.server, worked.user, "INBOX") if "triage-conduct" in one.flags)
    move(worked.server, worked.user, mine.message_id, "INBOX", "Triage/Dismiss")
    worked.once()
    worked.run("undo")
    (left,) = mails(worked.server, worked.user, "Triage/Dismiss")
    assert (left.message_id, left.digest, left.flags) == (mine.message_id, mine.digest, ())
    assert "Triage/Held" not in folders(worked.server, worked.user)


def test_a_pass_after_undo_does_its_work_again(worked: Office) -> None:
    before = worked.state()
    worked.run("undo")
    worked.once()
    assert {folder: len(list(found.elements())) for folder, found in worked.state().items()} == {
        folder: len(list(found.elements())) for folder, found in before.items()
    }
    assert {m.flags for m in mails(worked.server, worked.user, "INBOX")} == {m.flags for m in before["INBOX"]}
    assert "0 changes made" in worked.once().output


def test_undo_after_the_end_of_a_hold(arrived: Office, worked: Office) -> None:
    worked.once(now=HOLD_ENDS)
    worked.run("undo")
    assert not differences(worked.state(), arrived.state())


def test_the_journal_keeps_what_was_done_and_undone(worked: Office) -> None:
    worked.run("undo")
    said = worked.run("journal")
    assert said.status == 0 and "the journal is whole" in said.output
    with worked.ledger() as ledger:
        kinds = {entry.kind for entry in ledger.entries()}
    assert kinds >= {"folders", "held", "labelled", "note", "released", "unlabelled", "undone"}
