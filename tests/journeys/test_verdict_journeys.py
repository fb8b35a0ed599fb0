"""Every way in which a verdict comes, the awkward ones too, on every kind of server; each is taken back at the end.

docs/clients.md shows the table. The journeys of one server are walked one after another on one desk, as a team does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desks import KINDS, Desk, at_desk
from mailstate import Lying, mails, move, uid_of
from replying import answer
from sample import INES, NOW, RALPH, Mail, address, chaser, garage
from servers import must

REVIEW, AGREE, DISMISS = "Triage/Review", "Triage/Agree", "Triage/Dismiss"
SENT = {"gmail": "[Gmail]/Sent Mail", "exchange": "Sent Items"}
DOCS = Path(__file__).parents[2] / "docs" / "clients.md"
_minute = iter(range(1, 10_000))


@pytest.fixture(scope="module", params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with at_desk(
        request.param, tmp_path_factory.mktemp("journeys"), f"walker{KINDS.index(request.param)}", request.getfixturevalue
    ) as one:
        one.office.once()
        yield one


def heard(desk: Desk) -> int:
    """How many verdicts a pass hears; the one after it changes nothing."""
    said = desk.office.once().output
    assert " 0 changes made" in (again := desk.office.once().output) and "0 verdicts heard" in again, again
    return int(said.partition(" verdicts heard")[0].rpartition(" ")[2])


def decisions(desk: Desk) -> list[tuple[str, str]]:
    return [(row["choice"], row["by"]) for row in desk.office.export()["decisions"]]


def says(desk: Desk, words: str, *, folder: str = REVIEW, sender: str = INES, proved: bool = True, note=None) -> Mail:  # type: ignore[no-untyped-def]
    """One of us answers the note where it lies."""
    at = NOW - timedelta(hours=2) + timedelta(seconds=next(_minute))
    mail = answer(note or desk.note(folder), words, sender=sender, proved=proved, at=str(at)[:19])
    desk.server.append(desk.user, "INBOX", mail.raw, date=NOW)
    return mail


def copied(desk: Desk, target: str, *, then_deleted: bool) -> None:
    """As programs do that know no MOVE: copy, mark as deleted, and expunge at some time. Where the server's own copies are empty
    (pymap on a Maildir), as programs do that fetch a mail and store it again."""
    with desk.server.client(desk.user, REVIEW) as client:
        uid = uid_of(client, desk.note().message_id)
        if desk.kind == "without-keywords":
            ((_, raw), *_) = must(client.uid("FETCH", uid, "(BODY.PEEK[])"))  # type: ignore[misc]
            must(client.append(f'"{target}"', "", "", raw))
        else:
            must(client.uid("COPY", uid, f'"{target}"'))
        if then_deleted:
            must(client.uid("STORE", uid, "+FLAGS", "(\\Deleted)"))
            must(client.uid("EXPUNGE", uid))


def back_to_review(desk: Desk, folder: str) -> None:
    move(desk.server, desk.user, desk.note(folder).message_id, folder, REVIEW)
    assert heard(desk) == 1 and decisions(desk)[-1] == ("open", "desk")


def moved(desk: Desk) -> None:
    move(desk.server, desk.user, desk.note().message_id, REVIEW, AGREE)
    assert heard(desk) == 1 and decisions(desk)[-1] == ("agree", "desk")
    assert "Agreed to on 12 May 2026" in desk.note(AGREE).text
    back_to_review(desk, AGREE)


def copied_and_deleted(desk: Desk) -> None:
    copied(desk, DISMISS, then_deleted=True)
    assert heard(desk) == 1 and desk.stage() == "clear"
    back_to_review(desk, DISMISS)


def copied_and_left(desk: Desk) -> None:
    copied(desk, DISMISS, then_deleted=False)
    assert heard(desk) == 1 and desk.stage() == "clear"
    assert not [one for one in mails(desk.server, desk.user, REVIEW) if one.subject.startswith("A warning")]
    back_to_review(desk, DISMISS)


def moved_twice_before_anybody_looked(desk: Desk) -> None:
    first = desk.note().message_id
    move(desk.server, desk.user, first, REVIEW, AGREE)
    move(desk.server, desk.user, first, AGREE, DISMISS)
    assert heard(desk) == 1 and decisions(desk)[-1] == ("dismiss", "desk")
    back_to_review(desk, DISMISS)


def moved_there_and_back_before_anybody_looked(desk: Desk) -> None:
    first = desk.note().message_id
    move(desk.server, desk.user, first, REVIEW, DISMISS)
    move(desk.server, desk.user, first, DISMISS, REVIEW)
    assert heard(desk) == 0 and desk.stage() == "warn"


def into(desk: Desk, message_id: str, target: str, source: str = "INBOX") -> None:
    """A mail is put into a folder: a label more on Gmail, another folder elsewhere."""
    if desk.kind == "gmail":
        desk.mark(message_id, target, source)
    else:
        move(desk.server, desk.user, message_id, source, target)


def put_back(desk: Desk, mail: Mail, source: str = AGREE) -> None:
    """From Triage/Agree (or another folder) to where it came from; where a mail that was moved there and back would lie there twice (pymap on a Maildir),
    stored again."""
    folder = SENT.get(desk.kind, "Sent") if mail.folder == "Sent" else "INBOX"
    if desk.kind == "gmail":
        desk.mark(mail.message_id, source, source, "-")
    elif desk.kind == "without-keywords":
        with desk.server.client(desk.user, source) as client:
            must(client.uid("STORE", uid_of(client, mail.message_id), "+FLAGS", "(\\Deleted)"))
            must(client.expunge())
        desk.server.append(desk.user, folder, mail.raw, date=mail.at)
    else:
        move(desk.server, desk.user, mail.message_id, source, folder)


def the_whole_conversation_moved(desk: Desk) -> None:
    """With the note go the mails that it is about, and our own answers."""
    sent = SENT.get(desk.kind, "Sent")
    lying = [(one.message_id, sent if one.folder == "Sent" else "INBOX") for one in garage()] + [(desk.note().message_id, REVIEW)]
    for message_id, folder in lying:
        into(desk, message_id, AGREE, folder)
    before = len(mails(desk.server, desk.user, REVIEW)) - (desk.kind == "gmail")
    assert heard(desk) == 1 and decisions(desk)[-1] == ("agree", "desk")
    assert len(mails(desk.server, desk.user, REVIEW)) == before  # no note of a report that nobody made
    back_to_review(desk, AGREE)
    assert all("reported" not in one.subject for one in mails(desk.server, desk.user, REVIEW))
    for mail in garage():
        put_back(desk, mail)
    assert heard(desk) == 0


def answered(desk: Desk) -> None:
    says(desk, "REJECT, nobody told her")
    assert heard(desk) == 1 and decisions(desk)[-1] == ("dismiss", address(INES))
    assert "nobody told her" in desk.note(DISMISS).text
    says(desk, "UNDO", folder=DISMISS)
    assert heard(desk) == 1 and decisions(desk)[-1] == ("open", address(INES))


def answered_twice_over(desk: Desk) -> None:
    """The same answer lies in Sent and comes in, as with Thunderbird on a shared mailbox."""
    mail = says(desk, "REJECT, twice the same")
    desk.server.append(desk.user, SENT.get(desk.kind, "Sent"), mail.raw, date=NOW)
    assert heard(desk) == 1
    says(desk, "UNDO", folder=DISMISS)
    assert heard(desk) == 1


def two_answer_differently(desk: Desk) -> None:
    note = desk.note()
    says(desk, "REJECT, she was told nothing", note=note)
    says(desk, "APPROVE, I told her", sender=RALPH, note=note)
    assert heard(desk) == 2
    assert "You are not of one mind" in desk.note().text and desk.stage() == "clear"  # the milder reading holds
    note = desk.note()
    says(desk, "UNDO", note=note)
    says(desk, "UNDO", sender=RALPH, note=note)
    assert heard(desk) == 2


def answered_by_one_whom_nobody_vouches_for(desk: Desk) -> None:
    says(desk, "REJECT", proved=False)
    assert heard(desk) == 0 and desk.stage() == "warn" and "does not count" in desk.note().text


def labelled(desk: Desk) -> None:
    last = garage()[-1]
    desk.label(last.message_id, "triage-dismiss")
    assert heard(desk) == 1
    assert {row["message"] for row in desk.office.export()["dismissed"]} == {last.message_id}
    assert "the mail of 22 Apr 2026 was dismissed" in desk.note().text
    says(desk, "UNDO, the wrong mail")
    assert heard(desk) == 1 and desk.office.export()["dismissed"] == []


def note_labelled(desk: Desk) -> None:
    """The verdict label is put on the note itself; with both labels it says nothing."""
    desk.mark(desk.note().message_id, "triage-agree", REVIEW)
    desk.mark(desk.note().message_id, "triage-dismiss", REVIEW)
    assert heard(desk) == 0
    desk.mark(desk.note().message_id, "triage-agree", REVIEW, "-")
    keeps = desk.kind in ("dovecot", "gmail")
    assert heard(desk) == (1 if keeps else 0)
    if keeps:
        assert decisions(desk)[-1] == ("dismiss", "desk") and desk.stage() == "clear"
        assert "Dismissed on 12 May 2026" in desk.note(DISMISS).text
        back_to_review(desk, DISMISS)
        assert heard(desk) == 0  # the note that came back bears no label


def a_mail_without_a_note_moved(desk: Desk) -> None:
    """No note rests on Perry's mails; a further mail of his matter is told of in the same note, which is moved back."""
    first, second = chaser()
    into(desk, second.message_id, DISMISS)
    assert heard(desk) == 1
    (told,) = about_mails(desk, DISMISS)
    assert "the mail of 27 Apr 2026 was dismissed" in told.text and told.references.split()[-1] == second.message_id
    into(desk, first.message_id, DISMISS)
    assert heard(desk) == 1
    (both,) = about_mails(desk, DISMISS)
    assert both.note == told.note and "the mail of 14 Apr 2026 was dismissed" in both.text
    move(desk.server, desk.user, both.message_id, DISMISS, REVIEW)
    assert heard(desk) == 1 and "taken back" in about_mails(desk, REVIEW)[0].text and not about_mails(desk, DISMISS)
    put_back(desk, first, DISMISS)
    put_back(desk, second, DISMISS)
    assert heard(desk) == 0


def a_mail_without_a_note_labelled_and_answered_with_undo(desk: Desk) -> None:
    (_, second) = chaser()
    desk.label(second.message_id, "triage-dismiss")
    assert heard(desk) == 1
    (told,) = about_mails(desk, DISMISS)
    says(desk, "UNDO, the wrong mail", note=told)
    assert heard(desk) == 1 and not about_mails(desk, DISMISS)
    (over,) = about_mails(desk, REVIEW)
    assert "UNDO; recorded" in over.text and "\\Seen" in over.flags
    if desk.kind in ("without-keywords", "exchange"):
        put_back(desk, second, DISMISS)
    assert heard(desk) == 0


def about_mails(desk: Desk, folder: str) -> list[Lying]:
    """The notes that tell of a verdict on a mail by itself."""
    return [one for one in mails(desk.server, desk.user, folder) if one.subject.startswith("Your verdict on a mail")]


def a_label_that_vanishes(desk: Desk) -> None:
    """The label goes, or the mail is put back; that says nothing, and what was said stands until somebody takes it back."""
    third = garage()[4].message_id
    desk.label(third, "triage-dismiss")
    assert heard(desk) == 1
    before = decisions(desk)
    if desk.kind in ("dovecot", "gmail"):
        desk.mark(third, "triage-dismiss", sign="-")
    else:
        move(desk.server, desk.user, third, DISMISS, "INBOX")
    assert heard(desk) == 0 and decisions(desk) == before
    says(desk, "UNDO")
    assert heard(desk) == 1 and desk.office.export()["dismissed"] == []


def read_starred_and_deleted_last_of_all(desk: Desk) -> None:
    note = desk.note()
    with desk.server.client(desk.user, REVIEW) as client:
        uid = uid_of(client, note.message_id)
        must(client.uid("STORE", uid, "+FLAGS", "(\\Seen \\Flagged \\Answered)"))
    assert heard(desk) == 0
    with desk.server.client(desk.user, REVIEW) as client:
        uid = uid_of(client, note.message_id)
        must(client.uid("STORE", uid, "+FLAGS", "(\\Deleted)"))
        must(client.uid("EXPUNGE", uid))
    assert heard(desk) == 0 and desk.stage() == "warn"
    assert not [one for one in mails(desk.server, desk.user, REVIEW) if one.note == note.note]  # it is not written again


JOURNEYS: tuple[Callable[[Desk], None], ...] = (
    moved, the_whole_conversation_moved, copied_and_deleted, copied_and_left,
    moved_twice_before_anybody_looked, moved_there_and_back_before_anybody_looked,
    answered, answered_twice_over, two_answer_differently, answered_by_one_whom_nobody_vouches_for,
    labelled, note_labelled, a_mail_without_a_note_moved, a_mail_without_a_note_labelled_and_answered_with_undo, a_label_that_vanishes,
    read_starred_and_deleted_last_of_all,
)  # fmt: skip
"""In this order: the last leaves no note."""


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda one: one.__name__)
def test_a_verdict_journey_is_read_right(desk: Desk, journey: Callable[[Desk], None]) -> None:
    assert desk.stage() == "warn"
    journey(desk)
    assert desk.stage() == "warn"  # and taken back


def test_the_table_for_people_tells_of_every_journey_and_every_server() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## Verdict journeys")[2]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows[1:]] == [one.__name__.replace("_", " ") for one in JOURNEYS]
    assert all(len(row) == 1 + len(KINDS) and all(cell.strip() for cell in row) for row in rows)
