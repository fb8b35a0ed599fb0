"""A verdict on a mail on which no note rests: one note tells of it where the verdict put the mail, and takes it back, killed or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from mailstate import Lying, folders, mails, move, store
from office import Office
from replying import answer
from sample import DESK, INES, MABEL, NOW, RALPH, Mail, address, chaser, letter
from servers import Server

from triage.ledger import Ledger
from triage.mailbox import Mailbox

FIRST, SECOND = chaser()
REVIEW, AGREE, DISMISS = "Triage/Review", "Triage/Agree", "Triage/Dismiss"


def told(office: Office) -> dict[str, list[Lying]]:
    """The notes about mails judged by themselves, by folder."""
    found = {folder: mails(office.server, office.user, folder) for folder in (REVIEW, AGREE, DISMISS)}
    notes = {
        folder: [one for one in lying if one.subject.startswith("Your verdict on a mail")] for folder, lying in found.items()
    }
    return {folder: lying for folder, lying in notes.items() if lying}


def dismissed(office: Office, *which: Mail) -> Lying:
    for mail in which:
        move(office.server, office.user, mail.message_id, "INBOX", DISMISS)
    assert f"{len(which)} verdicts heard" in office.once().output
    ((folder, (note,)),) = told(office).items()
    assert folder == DISMISS and " 0 changes made" in office.once().output
    return note


def test_two_who_differ_about_a_mail_are_told_so_and_whoever_gives_way_settles_it(worked: Office) -> None:
    note = dismissed(worked, SECOND)
    worked.receive(answer(note, "REJECT, it is a friend of mine"), answer(note, "APPROVE, it worries me", sender=RALPH))
    worked.once()
    ((folder, (disputed,)),) = told(worked).items()
    assert folder == REVIEW and "You are not of one mind" in " ".join(disputed.text.split())
    worked.receive(answer(disputed, "REJECT, I see", sender=RALPH, at="2026-05-12 11:30"))
    worked.once()
    assert list(told(worked)) == [DISMISS] and " 0 changes made" in worked.once().output


def test_what_was_taken_back_can_be_said_again_of_one_mail_and_the_note_goes_after_a_month(worked: Office) -> None:
    note = dismissed(worked, FIRST, SECOND)
    worked.receive(answer(note, "UNDO, both"))
    assert "1 verdicts heard" in worked.once().output and list(told(worked)) == [REVIEW]
    move(worked.server, worked.user, SECOND.message_id, DISMISS, "INBOX")
    worked.once()
    move(worked.server, worked.user, SECOND.message_id, "INBOX", DISMISS)
    assert "1 verdicts heard" in worked.once().output
    (again,) = told(worked)[DISMISS]
    assert "27 Apr 2026 was dismissed" in again.text and "14 Apr 2026 was" not in again.text and list(told(worked)) == [DISMISS]
    move(worked.server, worked.user, again.message_id, DISMISS, REVIEW)
    worked.once()
    assert "taken back" in told(worked)[REVIEW][0].text
    worked.once(now=NOW + timedelta(days=31))
    assert not told(worked)


def test_moved_from_one_verdict_to_the_other_the_note_follows_and_deleted_it_stays_away(worked: Office) -> None:
    note = dismissed(worked, SECOND)
    move(worked.server, worked.user, note.message_id, DISMISS, AGREE)
    assert "1 verdicts heard" in worked.once().output
    assert list(told(worked)) == [AGREE] and worked.export()["dismissed"] == []
    move(worked.server, worked.user, told(worked)[AGREE][0].message_id, AGREE, "Trash")
    assert "0 verdicts heard" in worked.once().output and not told(worked)
    assert " 0 changes made" in worked.once().output


def test_where_nothing_was_proposed_yet_the_folders_are_made_for_it(dovecot_server: Server, tmp_path: Path, user: str) -> None:
    office = Office(dovecot_server, tmp_path / "office", user).open()
    mail = letter("Is the hall open on Sunday?", sender=MABEL, to=DESK, at="2026-05-11 09:00")
    office.receive(mail)
    office.once()
    assert REVIEW not in folders(office.server, user)
    store(office.server, user, mail.message_id, "+FLAGS", "triage-dismiss")
    assert "1 verdicts heard" in office.once().output
    assert list(told(office)) == [DISMISS] and address(INES) not in told(office)[DISMISS][0].text


class PowerCut(BaseException):
    pass


@contextmanager
def cut(at: int, steps: list[str]) -> Iterator[None]:
    """The program dies before its step `at` that others can see."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((Mailbox, "append"), (Mailbox, "delete_own"), (Ledger, "journal"), (Ledger, "remember_note")):
            real = getattr(owner, name)

            def step(*given, real=real, name=name, **rest):  # type: ignore[no-untyped-def]
                steps.append(name)
                if len(steps) == at:
                    raise PowerCut
                return real(*given, **rest)

            patch.setattr(owner, name, step)
        with suppress(PowerCut):
            yield


@pytest.mark.parametrize("at", [2, 4, 6])
def test_killed_while_it_tells_of_it_or_takes_it_back_it_comes_to_the_same_end(worked: Office, at: int) -> None:
    move(worked.server, worked.user, SECOND.message_id, "INBOX", DISMISS)
    for _ in range(2):
        steps: list[str] = []
        with cut(at, steps):
            worked.once()
        assert "append" in steps or at == 2
        worked.once()
        assert " 0 changes made" in worked.once().output
        (lying,) = told(worked).values()
        if DISMISS in told(worked):
            move(worked.server, worked.user, lying[0].message_id, DISMISS, REVIEW)
    assert list(told(worked)) == [REVIEW] and "taken back" in told(worked)[REVIEW][0].text
    assert [row["choice"] for row in worked.export()["decisions"]] == ["dismiss", "open"]
