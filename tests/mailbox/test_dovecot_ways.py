"""What only one server, or one kind of account, shows."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from figures import Figures
from servers import WITHOUT_MOVE, WITHOUT_UIDPLUS, Server, mail, must

from triage.errors import Permanent
from triage.mailbox import connect


def make(server: Server, user: str, *folders: str) -> None:
    with server.client(user) as other:
        for folder in folders:
            must(other.create(f'"{folder}"'))


def test_folders_are_found_by_their_special_use(dovecot_server: Server, user: str) -> None:
    with connect(dovecot_server.account(user)) as mailbox:
        assert (mailbox.folders.sent, mailbox.folders.drafts) == ("Sent", "Drafts")
        assert mailbox.folders.held == "Triage/Held"


def test_folders_are_found_by_name_where_no_special_use_is_told(courier_like_server: Server, user: str) -> None:
    with connect(courier_like_server.account(user)) as mailbox:
        assert (mailbox.folders.sent, mailbox.folders.drafts) == ("INBOX.Sent", "INBOX.Drafts")
        assert mailbox.folders.review == "INBOX.Triage.Review"


def test_a_folder_named_in_the_settings_must_be_there(dovecot_server: Server, user: str) -> None:
    make(dovecot_server, user, "Old post")
    account = dovecot_server.account(user)
    with connect(replace(account, sent="old POST")) as mailbox:
        assert mailbox.folders.sent == "Old post"
    with pytest.raises(Permanent, match=r"sent = Nowhere names no folder of this mailbox; it has: Drafts, INBOX, Junk, Old post"):
        connect(replace(account, sent="Nowhere"))


def test_folder_names_beyond_ascii_are_spelt_as_people_read_them(dovecot_server: Server, user: str) -> None:
    make(dovecot_server, user, "Gr&APwA3w-e &- mehr")
    with connect(replace(dovecot_server.account(user), inbox="Grüße & mehr")) as mailbox:
        assert mailbox.open(mailbox.folders.inbox, write=True).exists == 0
        mailbox.append("Grüße & mehr", mail())
        assert mailbox.new_uids("Grüße & mehr", 0) == [1]


def test_a_line_break_in_a_folder_name_runs_no_command(dovecot_server: Server, user: str) -> None:
    make(dovecot_server, user, "Victim")
    with connect(dovecot_server.account(user)) as mailbox:
        with pytest.raises(ValueError, match="control characters"):
            mailbox.open('x"\r\nX1 DELETE "Victim')
        assert mailbox.open("Victim").exists == 0


def test_without_move_and_uidplus_nothing_is_moved_and_a_note_of_ours_only_marked_as_deleted(
    dovecot_server: Server, user: str
) -> None:
    dovecot_server.append(user, "INBOX", mail())
    with connect(dovecot_server.account(user, host=WITHOUT_UIDPLUS)) as mailbox:
        assert not mailbox.can_move
        assert not mailbox.can_idle
        mailbox.create_folders()
        mailbox.append(mailbox.folders.review, mail(headers=["X-Triage-Note: 1"]))
        mailbox.append(mailbox.folders.review, mail(message_id="<other@sender.example>"))
        with pytest.raises(Permanent, match="is not a note of this program"):
            mailbox.delete_own(mailbox.folders.review, [1, 2])
        mailbox.delete_own(mailbox.folders.review, [1])
        assert {uid: "\\Deleted" in names for uid, names in mailbox.flags([1, 2]).items()} == {1: True, 2: False}
        mailbox.open("INBOX", write=True)
        with pytest.raises(Permanent, match="neither MOVE nor UIDPLUS"):
            mailbox.move([1], mailbox.folders.held)
        assert not mailbox.idle(0.1, lambda: False)
    assert "\\Deleted" not in dovecot_server.flags(user, "INBOX")[1]
    assert not [line for line in dovecot_server.log(user) if " expunge: " in line]


def test_the_server_saw_no_bare_expunge(dovecot_server: Server, user: str) -> None:
    dovecot_server.append_many(user, "INBOX", [mail(message_id=f"<{n}@sender.example>") for n in range(3)])
    with connect(dovecot_server.account(user, host=WITHOUT_MOVE)) as mailbox:
        mailbox.create_folders()
        mailbox.open("INBOX", write=True)
        mailbox.move([2], mailbox.folders.held)
    expunged = [line for line in dovecot_server.log(user) if " expunge: " in line]
    assert len(expunged) == 1
    assert "uid=2," in expunged[0]


def test_keywords_set_by_strangers_do_not_hide_the_flags_of_any_mail(dovecot_server: Server, user: str) -> None:
    dovecot_server.append_many(user, "INBOX", [mail(message_id=f"<{n}@sender.example>") for n in range(3)])
    with dovecot_server.client(user, "INBOX") as other:
        for keyword in ("a[b", "2024", "NIL", "Triage-AGREE"):
            other.uid("STORE", "2", "+FLAGS", f"({keyword})")
    with connect(dovecot_server.account(user)) as mailbox:
        assert mailbox.open("INBOX", write=True).keeps_keywords
        assert mailbox.flags([1, 2, 3]) == {1: frozenset(), 2: {"a[b", "2024", "nil", "triage-agree"}, 3: frozenset()}
        [arrivals] = list(mailbox.fetch([1, 2, 3], limit=10_000))
        assert [a.uid for a in arrivals] == [1, 2, 3]
        assert mailbox.add_labels([1], "triage-agree") == {1}


def test_flags_changed_by_others_stay_with_their_own_mail(dovecot_server: Server, user: str) -> None:
    """After deletions sequence numbers are others' UIDs; a server may report flags by sequence number at any time."""
    dovecot_server.append_many(user, "INBOX", [mail(message_id=f"<{n}@sender.example>") for n in range(6)])
    with connect(dovecot_server.account(user, host=WITHOUT_MOVE)) as mailbox:
        mailbox.create_folders()
        mailbox.open("INBOX", write=True)
        mailbox.move([1, 2, 3], mailbox.folders.held)  # now UID 4 has the sequence number 1, 6 has 3
        with dovecot_server.client(user, "INBOX") as other:
            other.uid("STORE", "5", "+FLAGS", "(triage-dismiss)")
        assert mailbox.flags([4, 5, 6]) == {4: frozenset(), 5: {"triage-dismiss"}, 6: frozenset()}
        assert mailbox.flags([2]) == {}


def test_a_folder_deleted_and_made_anew_has_another_uidvalidity(dovecot_server: Server, user: str) -> None:
    make(dovecot_server, user, "Post")
    with connect(dovecot_server.account(user)) as mailbox:
        before = mailbox.open("Post").uidvalidity
    time.sleep(1.1)  # Dovecot takes the time in seconds
    with dovecot_server.client(user) as other:
        other.delete("Post")
        other.create("Post")
    with connect(dovecot_server.account(user)) as mailbox:
        assert mailbox.open("Post").uidvalidity != before


def test_labels_are_lost_when_pymap_moves_a_mail_so_the_new_folder_says_that_it_keeps_none(
    pymap_server: Server, user: str
) -> None:
    from servers import add_pymap_user

    add_pymap_user(pymap_server, user, ["triage-hold"])
    with connect(pymap_server.account(user)) as mailbox:
        mailbox.create_folders()
        assert not mailbox.open(mailbox.folders.held, write=True).keeps_keywords


def test_three_programs_that_label_the_same_mails_at_once_lose_nothing_of_each_other(
    dovecot_server: Server, user: str, figures: Figures
) -> None:
    uids, rounds = range(1, 7), 15
    dovecot_server.append_many(user, "INBOX", [mail(message_id=f"<{n}@sender.example>") for n in uids])
    wrong: list[BaseException] = []

    def another(keyword: str) -> None:
        try:
            with dovecot_server.client(user, "INBOX") as other:
                for turn in range(rounds):
                    other.uid("STORE", "1:6", "+FLAGS" if turn % 2 == 0 else "-FLAGS", f"({keyword} \\Flagged)")
                    must(other.uid("STORE", str(turn % 6 + 1), "+FLAGS", f"({keyword}-kept)"))
        except BaseException as error:  # noqa: BLE001 - told below, in the thread of the test
            wrong.append(error)

    others = [threading.Thread(target=another, args=(keyword,)) for keyword in ("blue", "red")]
    for each in others:
        each.start()
    with connect(dovecot_server.account(user)) as mailbox:
        mailbox.open("INBOX", write=True)
        for turn in range(rounds):
            change = mailbox.add_labels if turn % 2 == 0 else mailbox.remove_labels
            assert change(uids, "triage-repeat") == set(uids)
    for each in others:
        each.join(30)
    assert not wrong
    wanted = {"blue", "red", "blue-kept", "red-kept", "triage-repeat", "\\Flagged"}  # the last turn of each adds
    assert {uid: found & wanted for uid, found in dovecot_server.flags(user, "INBOX").items()} == dict.fromkeys(uids, wanted)
    figures.add("changes of labels by three programs at once", 3 * rounds)
