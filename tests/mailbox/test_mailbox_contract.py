"""What the mailbox promises, on every kind of server we have."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from servers import mail

from tests.conftest import Place
from triage.errors import Permanent, Temporary
from triage.mailbox import LABELS, NOTE_HEADER, connect

HOUR = timedelta(hours=1)


def deliver(place: Place, count: int) -> None:
    mails = [mail(f"Number {n}", message_id=f"<{n}@sender.example>") for n in range(1, count + 1)]
    place.server.append_many(place.user, "INBOX", mails)


def test_the_triage_tree_is_made_once_and_subscribed(place: Place) -> None:
    with connect(place.account) as mailbox:
        wanted = list(mailbox.folders.ours)
        assert mailbox.missing_folders() == wanted
        assert mailbox.create_folders() == wanted
        assert mailbox.create_folders() == []
    with place.server.client(place.user) as other:
        _, lines = other.lsub('""', '"*"')
    subscribed = b"\n".join(line for line in lines if isinstance(line, bytes)).decode()
    assert all(name in subscribed for name in wanted)


def test_looking_for_missing_folders_makes_none(place: Place) -> None:
    with connect(place.account) as mailbox:
        mailbox.missing_folders()
    with connect(place.account) as mailbox:
        assert len(mailbox.missing_folders()) == 4


def test_new_mails_are_those_above_the_uid_and_never_the_last_one_again(place: Place) -> None:
    deliver(place, 3)
    with connect(place.account) as mailbox:
        assert mailbox.new_uids("INBOX", 0) == [1, 2, 3]
        assert mailbox.new_uids("INBOX", 1) == [2, 3]
        assert mailbox.new_uids("INBOX", 3) == []
        assert mailbox.new_uids("INBOX", 90) == []
        assert mailbox.all_uids() == [1, 2, 3]


def test_mail_that_arrives_while_the_folder_is_open_is_found(place: Place) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        assert mailbox.new_uids("INBOX", 0) == [1]
        place.server.append(place.user, "INBOX", mail("Later", message_id="<later@sender.example>"))
        assert mailbox.new_uids("INBOX", 1) == [2]


def test_fetching_tells_the_time_of_arrival_in_utc_and_leaves_the_mail_unread(place: Place) -> None:
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    place.server.append(place.user, "INBOX", mail("Late"), date=at)
    with connect(place.account) as mailbox:
        state = mailbox.open("INBOX", write=True)
        [[arrival]] = list(mailbox.fetch([1, 5], limit=10_000))
        assert mailbox.flags([1, 5]) == {1: frozenset()}
    assert arrival.received_at == at
    assert arrival.received_at.tzinfo is UTC
    assert (arrival.folder, arrival.uid, arrival.uidvalidity) == ("INBOX", 1, state.uidvalidity)
    assert arrival.raw.replace(b"\r\n", b"\n") == mail("Late").replace(b"\r\n", b"\n")
    assert not arrival.truncated
    assert "\\Seen" not in place.server.flags(place.user, "INBOX")[1]


def test_a_mail_larger_than_the_limit_comes_in_part_and_says_so(place: Place) -> None:
    place.server.append(place.user, "INBOX", mail("Long", body="word " * 4000))
    place.server.append(place.user, "INBOX", mail("Short", message_id="<two@sender.example>"))
    with connect(place.account) as mailbox:
        mailbox.open("INBOX")
        [[long, short]] = list(mailbox.fetch([1, 2], limit=1000))
    assert (len(long.raw), long.truncated) == (1000, True)
    assert long.size > 19_000
    assert not short.truncated


def test_fetching_goes_in_batches_of_at_most_two_hundred(place: Place) -> None:
    if place.kind == "pymap":
        pytest.skip("pymap takes 15 s to store as many; the batches are the same code")
    deliver(place, 405)
    with connect(place.account) as mailbox:
        uids = mailbox.new_uids("INBOX", 0)
        batches = list(mailbox.fetch(uids, limit=10_000))
    assert [len(batch) for batch in batches] == [200, 200, 5]
    assert [arrival.uid for batch in batches for arrival in batch] == uids
    assert batches[2][4].raw == mail("Number 405", message_id="<405@sender.example>")


def test_a_label_is_added_and_read_back_only_where_a_mail_is(place: Place) -> None:
    deliver(place, 3)
    with connect(place.account) as mailbox:
        assert mailbox.open("INBOX", write=True).keeps_keywords
        assert mailbox.add_labels([1, 3, 77], "triage-repeat") == {1, 3}
        assert mailbox.flags([1, 2, 3])[3] == {"triage-repeat"}
        assert mailbox.remove_labels([3, 77], "triage-repeat") == {3}
    assert "triage-repeat" in place.server.flags(place.user, "INBOX")[1]
    assert "triage-repeat" not in place.server.flags(place.user, "INBOX")[3]


def test_labelling_leaves_the_flags_that_people_set(place: Place) -> None:
    place.server.append(place.user, "INBOX", mail(), flags="\\Seen \\Flagged")
    with connect(place.account) as mailbox:
        mailbox.open("INBOX", write=True)
        mailbox.add_labels([1], "triage-volume")
        mailbox.remove_labels([1], "triage-volume")
        assert mailbox.flags([1])[1] == {"\\Seen", "\\Flagged"}


def test_a_server_that_forgets_labels_is_not_believed(forgetful: Place) -> None:
    deliver(forgetful, 1)
    with connect(forgetful.account) as mailbox:
        assert not mailbox.open("INBOX", write=True).keeps_keywords
        assert mailbox.add_labels([1], "triage-repeat") == frozenset()
    assert forgetful.server.flags(forgetful.user, "INBOX")[1] <= {"\\Recent"}


@pytest.mark.parametrize("label", ["triage-unheard-of", "a b", "x)\r\nX1 NOOP", "\\Seen", ""])
def test_only_labels_of_the_closed_set_are_taken(place: Place, label: str) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        mailbox.open("INBOX", write=True)
        with pytest.raises(ValueError, match="not one of this program's labels"):
            mailbox.add_labels([1], label)
        with pytest.raises(ValueError, match="not one of this program's labels"):
            mailbox.remove_labels([1], label)


def test_every_label_fits_every_server() -> None:
    import re

    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,30}", label) for label in LABELS)
    assert len(LABELS) < 26


def test_moving_keeps_the_mail_and_tells_its_new_place(place: Place) -> None:
    deliver(place, 3)
    with connect(place.account) as mailbox:
        mailbox.create_folders()
        mailbox.open("INBOX", write=True)
        moved = mailbox.move([1, 3, 88], mailbox.folders.held)
        assert mailbox.all_uids() == [2]
        held = mailbox.open(mailbox.folders.held)
        assert moved == {1: (held.uidvalidity, 1), 3: (held.uidvalidity, 2)}
        [arrivals] = list(mailbox.fetch(mailbox.all_uids(), limit=10_000))
    assert [b"<1@sender.example>" in arrivals[0].raw, b"<3@sender.example>" in arrivals[1].raw] == [True, True]


def test_moving_does_not_expunge_what_staff_marked_for_deletion(place: Place) -> None:
    deliver(place, 3)
    with place.server.client(place.user, "INBOX") as other:
        other.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
        with connect(place.account) as mailbox:
            mailbox.create_folders()
            mailbox.open("INBOX", write=True)
            mailbox.move([1], mailbox.folders.held)
            assert mailbox.all_uids() == [2, 3]


def test_moving_to_a_folder_that_is_not_there_moves_nothing(place: Place) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        mailbox.open("INBOX", write=True)
        with pytest.raises(Permanent, match="refused UID"):
            mailbox.move([1], mailbox.folders.held)
        assert mailbox.all_uids() == [1]


def test_a_folder_opened_for_reading_is_not_changed(place: Place) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        mailbox.open("INBOX")
        with pytest.raises(ValueError, match="no folder is open for writing"):
            mailbox.add_labels([1], "triage-repeat")
        with pytest.raises(ValueError, match="no folder is open for writing"):
            mailbox.move([1], mailbox.folders.held)


def note(number: int = 1) -> bytes:
    return mail("Review", message_id=f"<note{number}@triage.example>", headers=[f"{NOTE_HEADER}: {number}"])


def test_a_note_is_written_found_by_its_message_id_and_deleted(place: Place) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with connect(place.account) as mailbox:
        mailbox.create_folders()
        review = mailbox.folders.review
        assert mailbox.append(review, note(1).replace(b"\r\n", b"\n"), flags=["\\Seen"], at=at) == 1
        assert mailbox.append(review, note(2)) == 2
        assert mailbox.find_by_message_id(review, "<note2@triage.example>") == [2]
        assert mailbox.find_by_message_id(review, "note2@triage.exam") == []
        mailbox.open(review, write=True)
        [[first, _]] = list(mailbox.fetch([1, 2], limit=10_000))
        assert first.received_at == at
        assert first.flags == {"\\Seen"}
        mailbox.delete_own(review, [1, 44])
        assert mailbox.all_uids() == [2]


def test_nothing_is_deleted_unless_every_mail_is_our_own_note(place: Place) -> None:
    with connect(place.account) as mailbox:
        mailbox.create_folders()
        review = mailbox.folders.review
        mailbox.append(review, note())
        mailbox.append(review, mail(f"{NOTE_HEADER}: 1", body=f"{NOTE_HEADER}: 1"))
        with pytest.raises(Permanent, match="mail 2 is not a note of this program"):
            mailbox.delete_own(review, [1, 2])
        assert mailbox.all_uids() == [1, 2]


def test_nothing_is_ever_deleted_from_the_inbox_even_with_our_header(place: Place) -> None:
    place.server.append(place.user, "INBOX", note())
    with connect(place.account) as mailbox:
        with pytest.raises(Permanent, match="nothing is ever deleted from INBOX"):
            mailbox.delete_own("INBOX", [1])
        assert mailbox.new_uids("INBOX", 0) == [1]


@pytest.mark.parametrize("odd", ["", "<é@x.example>", '<"a\\b"@x.example>', "<x\r\nX1 DELETE INBOX>", "<" + "x" * 9000 + ">"])
def test_odd_message_ids_are_looked_for_without_harm(place: Place, odd: str) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        assert mailbox.find_by_message_id("INBOX", odd) == []
        assert mailbox.new_uids("INBOX", 0) == [1]


def test_a_message_id_with_quotes_is_found(place: Place) -> None:
    place.server.append(place.user, "INBOX", mail(message_id='<"a b"@x.example>'))
    with connect(place.account) as mailbox:
        assert mailbox.find_by_message_id("INBOX", '<"a b"@x.example>') == [1]


def test_only_empty_folders_of_ours_are_taken_away(place: Place) -> None:
    deliver(place, 1)
    with connect(place.account) as mailbox:
        mailbox.create_folders()
        held, agree = mailbox.folders.held, mailbox.folders.agree
        mailbox.open("INBOX", write=True)
        mailbox.move([1], held)
        assert not mailbox.delete_folder_if_empty(held)
        assert mailbox.delete_folder_if_empty(agree)
        assert mailbox.delete_folder_if_empty(agree)
        assert mailbox.missing_folders() == [agree]
        with pytest.raises(ValueError, match="not a folder of this program"):
            mailbox.delete_folder_if_empty("INBOX")
        mailbox.open(held)
        assert mailbox.all_uids() == [1]


def test_opening_a_missing_folder_says_which(place: Place) -> None:
    with connect(place.account) as mailbox:
        with pytest.raises(Permanent, match="the folder No such folder cannot be opened"):
            mailbox.open("No such folder")
        assert mailbox.open("INBOX").exists == 0


def test_waiting_ends_when_mail_comes(place: Place) -> None:
    with connect(place.account) as mailbox:
        mailbox.open("INBOX")
        place.server.append(place.user, "INBOX", mail())
        assert mailbox.idle(20, lambda: False) or mailbox.new_uids("INBOX", 0) == [1]
        assert not mailbox.idle(0.2, lambda: False)


def test_waiting_ends_within_a_second_when_told_to_stop(place: Place) -> None:
    with connect(place.account) as mailbox:
        mailbox.open("INBOX")
        started = time.monotonic()
        assert not mailbox.idle(60, lambda: time.monotonic() > started + 0.3)
        assert time.monotonic() - started < 1.5
        mailbox.noop()


def test_changes_by_others_are_told_where_the_server_counts_them(place: Place) -> None:
    deliver(place, 2)
    with connect(place.account) as mailbox:
        state = mailbox.open("INBOX")
        with place.server.client(place.user, "INBOX") as other:
            other.uid("STORE", "2", "+FLAGS", "(\\Flagged triage-agree)")
        if state.highestmodseq is None:
            assert mailbox.changed_flags(1) is None
        else:
            assert mailbox.changed_flags(state.highestmodseq) == {2: {"\\Flagged", "triage-agree"}}


def test_a_closed_mailbox_is_temporarily_out_of_reach(place: Place) -> None:
    mailbox = connect(place.account)
    mailbox.close()
    mailbox.close()
    with pytest.raises(Temporary, match="connect again"):
        mailbox.noop()
