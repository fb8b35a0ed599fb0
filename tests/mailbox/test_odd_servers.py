"""Answers no real server gives on demand: cut in pieces, numbered wrongly, endless, or none at all."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from figures import TIMES, Figures
from servers import Scripted, mail

from triage.errors import Permanent, Temporary, TriageError
from triage.mailbox import LABELS, Mailbox, connect

BODY = mail("Hello")


def opened(server: Scripted, *, timeout: float = 3.0, write: bool = False) -> Mailbox:
    mailbox = connect(server.account(timeout))
    mailbox.open("INBOX", write=write)
    return mailbox


def facts(uid: int, size: int = len(BODY)) -> bytes:
    return b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "02-Mar-2026 10:00:00 +0100" RFC822.SIZE %d)\r\n' % (uid, size)


def body(uid: int, raw: bytes = BODY) -> bytes:
    return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, len(raw), raw)


def fetching(bodies: bytes, facts_first: bytes) -> Callable[[bytes], bytes]:
    return lambda command: (bodies if b"BODY" in command else facts_first) + b"{tag} OK done\r\n"


def test_flags_reported_by_sequence_number_are_nobodys() -> None:
    answer = b"* 6 FETCH (FLAGS (triage-hold))\r\n* 2 FETCH (UID 9 FLAGS (\\Seen))\r\n{tag} OK done\r\n"
    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        assert mailbox.flags([6, 9]) == {9: {"\\Seen"}}


def test_flags_of_a_mail_not_asked_for_are_left_out() -> None:
    answer = b"* 2 FETCH (FLAGS (triage-hold) UID 4)\r\n* 3 FETCH (UID 9 FLAGS ())\r\n{tag} OK done\r\n"
    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        assert mailbox.flags([9]) == {9: frozenset()}


def test_poisonous_keywords_are_read_as_words() -> None:
    answer = b"* 1 FETCH (UID 5 FLAGS (a[b x]y 2024 NIL {5} Triage-Hold \\seen))\r\n{tag} OK done\r\n"
    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        assert mailbox.flags([5]) == {5: {"a[b", "x]y", "2024", "nil", "{5}", "triage-hold", "\\Seen"}}


def test_a_record_that_makes_no_sense_hides_no_other() -> None:
    answer = b"* 1 FETCH (UID 5 FLAGS ()\r\n* 2 FETCH nonsense\r\n* 3 FETCH (UID 7 FLAGS (\\Seen))\r\n{tag} OK done\r\n"
    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        assert mailbox.flags([5, 7]) == {5: frozenset(), 7: {"\\Seen"}}


def test_an_answer_in_small_pieces_is_put_together() -> None:
    with Scripted({"UID FETCH": b""}) as server, opened(server) as mailbox:

        def drip() -> None:
            while not server.commands[-1].startswith(b"UID FETCH"):
                time.sleep(0.01)
            tag = server.received.splitlines()[-1].split()[0]
            for octet in b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n" + tag + b" OK done\r\n":
                server.send(bytes([octet]))

        threading.Thread(target=drip, daemon=True).start()
        assert mailbox.flags([5]) == {5: {"\\Seen"}}


def test_a_server_that_drips_for_ever_is_given_up() -> None:
    with Scripted({"NOOP": b""}) as server, opened(server, timeout=0.3) as mailbox:
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.1):
                try:
                    server.send(b"*")
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        with pytest.raises(Temporary, match="took too long over one command"):
            mailbox.noop()
        stop.set()
        assert 1.0 < time.monotonic() - started < 3.0


def test_a_silent_server_is_given_up() -> None:
    with (
        Scripted({"NOOP": b""}) as server,
        opened(server, timeout=0.3) as mailbox,
        pytest.raises(Temporary, match=r"broke: the server said nothing for 0\.3 seconds"),
    ):
        mailbox.noop()


def test_an_enormous_announcement_is_refused_before_any_memory_is_taken() -> None:
    answer = b"* 1 FETCH (UID 5 BODY[] {99999999999}\r\n"
    with (
        Scripted({"UID FETCH": fetching(answer, facts(5))}) as server,
        opened(server) as mailbox,
        pytest.raises(Temporary, match="a piece of 99999999999 octets"),
    ):
        list(mailbox.fetch([5], limit=1000))


def test_a_server_that_lies_about_the_size_does_not_exceed_the_limit() -> None:
    with Scripted({"UID FETCH": fetching(body(5), facts(5, size=10))}) as server, opened(server) as mailbox:
        [[arrival]] = list(mailbox.fetch([5], limit=50))
    assert (arrival.raw, arrival.truncated) == (BODY[:50], True)


def test_a_mail_the_server_will_not_give_out_is_still_told_of() -> None:
    with Scripted({"UID FETCH": fetching(b"", facts(5))}) as server, opened(server) as mailbox:
        [[arrival]] = list(mailbox.fetch([5], limit=1000))
    assert (arrival.uid, arrival.raw) == (5, b"")


def test_one_mail_that_cannot_be_read_does_not_keep_back_the_others() -> None:
    def answer(command: bytes) -> bytes:
        if b"BODY" not in command:
            return facts(5) + facts(6) + b"{tag} OK done\r\n"
        if b" 6 " in command:
            return body(6) + b"{tag} OK done\r\n"
        return b"{tag} NO some mails could not be read\r\n"

    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        [arrivals] = list(mailbox.fetch([5, 6], limit=1000))
    assert [(arrival.uid, arrival.raw) for arrival in arrivals] == [(5, b""), (6, BODY)]


def test_a_mail_deleted_between_two_questions_is_left_out() -> None:
    def answer(command: bytes) -> bytes:
        return (facts(5) if b"INTERNALDATE" in command else b"") + b"{tag} OK done\r\n"

    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        assert list(mailbox.fetch([5], limit=1000)) == [[]]


def test_time_of_arrival_is_told_in_utc() -> None:
    with Scripted({"UID FETCH": fetching(body(5), facts(5))}) as server, opened(server) as mailbox:
        [[arrival]] = list(mailbox.fetch([5], limit=1000))
    assert arrival.received_at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_a_keyword_inside_a_message_id_header_names_no_other_mail() -> None:
    """A server may send a header as a quoted string; what a sender wrote there must not be read as flags or UIDs."""
    answer = b'* 1 FETCH (BODY[HEADER.FIELDS (X)] "X-Triage-Note: a UID 9 FLAGS (triage-hold)" UID 5)\r\n{tag} OK done\r\n'
    with Scripted({"UID FETCH": answer, "UID SEARCH": b"* SEARCH 5\r\n{tag} OK done\r\n"}) as server, opened(server) as mailbox:
        assert mailbox.flags([9]) == {}
        assert mailbox.find_by_message_id("INBOX", "<x@x.example>") == []


def test_a_hundred_thousand_sparse_uids_are_asked_for_in_few_windows() -> None:
    def answer(command: bytes) -> bytes:
        low, _, high = command.split()[3].partition(b":")
        top = 4_000_000_000 if high == b"*" else int(high)
        uids = [uid for uid in (1, 2_000_000_000, 3_999_999_999) if int(low) <= uid <= top] or [3_999_999_999] * (high == b"*")
        return b"* SEARCH" + b"".join(b" %d" % uid for uid in uids) + b"\r\n{tag} OK done\r\n"

    examine = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4000000000] x\r\n{tag} OK done\r\n"
    with Scripted({"UID SEARCH": answer, "EXAMINE": examine}) as server, connect(server.account()) as mailbox:
        assert mailbox.new_uids("INBOX", 0) == [1, 2_000_000_000, 3_999_999_999]
        assert sum(command.startswith(b"UID SEARCH") for command in server.commands) < 25
        assert mailbox.new_uids("INBOX", 3_999_999_999) == []


def test_commands_stay_short_whatever_the_gaps() -> None:
    with Scripted({"UID FETCH": b"{tag} OK done\r\n"}) as server, opened(server) as mailbox:
        mailbox.flags(range(1_000_000_000, 1_000_010_000, 3))
        fetches = [command for command in server.commands if command.startswith(b"UID FETCH")]
    assert max(map(len, fetches)) < 8000
    assert len(fetches) >= 7


def test_a_folder_without_uidvalidity_is_refused() -> None:
    with (
        Scripted({"EXAMINE": b"* 9 EXISTS\r\n{tag} OK done\r\n"}) as server,
        connect(server.account()) as mailbox,
        pytest.raises(Permanent, match="no UIDVALIDITY"),
    ):
        mailbox.open("INBOX")


def test_a_folder_without_uidnext_is_read_all_the_same() -> None:
    answers = {
        "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK done\r\n",
        "UID SEARCH": b"* SEARCH 41\r\n{tag} OK done\r\n",
    }
    with Scripted(answers) as server, connect(server.account()) as mailbox:
        assert mailbox.open("INBOX").uidnext == 42
        assert mailbox.new_uids("INBOX", 40) == [41]


def test_a_folder_that_may_only_be_read_says_so_before_anything_is_written() -> None:
    select = b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 30] x\r\n{tag} OK [READ-ONLY] done\r\n"
    with (
        Scripted({"SELECT": select}) as server,
        connect(server.account()) as mailbox,
        pytest.raises(Permanent, match="may not change the folder INBOX"),
    ):
        mailbox.open("INBOX", write=True)


@pytest.mark.parametrize(
    ("permanent", "keeps"),
    [(b"(\\Seen \\*)", True), (b"(\\Seen x]y \\*)", True), (b"(\\Seen $MDNSent)", False), (b"()", False)],
)
def test_whether_labels_last_is_read_from_permanentflags(permanent: bytes, keeps: bool) -> None:
    examine = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n* OK [PERMANENTFLAGS " + permanent + b"] x\r\n"
    with Scripted({"EXAMINE": examine + b"{tag} OK done\r\n"}) as server, connect(server.account()) as mailbox:
        assert mailbox.open("INBOX").keeps_keywords is keeps


def test_a_good_bye_while_waiting_is_a_broken_line() -> None:
    with Scripted({"IDLE": b"+ idling\r\n* BYE closing\r\n"}) as server, opened(server) as mailbox:
        started = time.monotonic()
        with pytest.raises(Temporary, match="broke"):
            mailbox.idle(5, lambda: False)
        assert time.monotonic() - started < 2
        with pytest.raises(Temporary, match="connect again"):
            mailbox.noop()


def test_a_dead_connection_while_waiting_is_noticed_at_once() -> None:
    with Scripted({"IDLE": b"+ idling\r\n{close}"}) as server, opened(server) as mailbox:
        started = time.monotonic()
        with pytest.raises(Temporary, match="broke"):
            mailbox.idle(5, lambda: False)
        assert time.monotonic() - started < 2


def test_news_in_the_same_packet_as_the_permission_to_wait_is_seen() -> None:
    with Scripted({"IDLE": b"+ idling\r\n* 4 EXISTS\r\n"}) as server, opened(server) as mailbox:
        started = time.monotonic()
        assert mailbox.idle(5, lambda: False)
        assert time.monotonic() - started < 1


def test_a_line_cut_in_two_while_waiting_is_one_line() -> None:
    with Scripted({"IDLE": b"+ idling\r\n* 4 EXI"}) as server, opened(server) as mailbox:
        threading.Timer(0.3, server.send, [b"STS\r\n"]).start()
        assert mailbox.idle(5, lambda: False)
        mailbox.noop()


def test_a_sign_of_life_while_waiting_is_no_news() -> None:
    with Scripted({"IDLE": b"+ idling\r\n* OK still here\r\n"}) as server, opened(server) as mailbox:
        assert not mailbox.idle(0.3, lambda: False)


def test_a_refusal_to_wait_is_temporary_and_leaves_the_line_usable() -> None:
    with Scripted({"IDLE": b"{tag} NO not now\r\n"}) as server, opened(server) as mailbox:
        with pytest.raises(Temporary, match="did not begin to wait"):
            mailbox.idle(1, lambda: False)
        mailbox.noop()


def test_a_throttled_command_is_temporary_and_any_other_refusal_permanent() -> None:
    answers = {
        "NOOP": b"{tag} BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n",
        "UID COPY": b"{tag} NO no\r\n",
        "UID MOVE": b"{tag} NO [NOPERM] not yours\r\n",
    }
    with Scripted(answers) as server, opened(server, write=True) as mailbox:
        with pytest.raises(Temporary, match="Backoff Time: 299961"):
            mailbox.noop()
        with pytest.raises(Permanent, match="not yours"):
            mailbox.move([1], "INBOX")


def test_unconfirmed_copies_take_nothing_away() -> None:
    """Without MOVE, a mail is marked for deletion only when COPYUID names it."""
    answers = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK done\r\n",
        "UID SEARCH": b"* SEARCH 3 4\r\n{tag} OK done\r\n",
        "UID COPY": b"{tag} OK [COPYUID 1 3 8] copied\r\n",
    }
    with Scripted(answers) as server, opened(server, write=True) as mailbox:
        assert mailbox.move([3, 4], "Triage/Held") == {3: (1, 8)}
        stores = [c for c in server.commands if c.startswith((b"UID STORE", b"UID EXPUNGE"))]
    assert stores == [b"UID STORE 3 +FLAGS.SILENT (\\Deleted)", b"UID EXPUNGE 3"]


def test_a_copy_without_any_confirmation_takes_nothing_away() -> None:
    answers = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK done\r\n",
        "UID SEARCH": b"* SEARCH 3\r\n{tag} OK done\r\n",
    }
    with Scripted(answers) as server, opened(server, write=True) as mailbox:
        with pytest.raises(Permanent, match="none was taken away"):
            mailbox.move([3], "Triage/Held")
        assert not any(command.startswith((b"UID STORE", b"UID EXPUNGE")) for command in server.commands)


def test_a_server_that_lists_and_keeps_no_more_labels_is_read_back() -> None:
    answers = {"UID STORE": b"{tag} NO [LIMIT] too many\r\n", "UID FETCH": b"* 1 FETCH (UID 3 FLAGS ())\r\n{tag} OK done\r\n"}
    with Scripted(answers) as server, opened(server, write=True) as mailbox:
        assert mailbox.add_labels([3], "triage-repeat") == frozenset()
        assert mailbox.remove_labels([3], "triage-repeat") == {3}


def test_an_oddly_named_folder_does_not_close_the_mailbox() -> None:
    listing = (
        b'* LIST () "/" a[b\r\n* LIST () "/" 2024\r\n* LIST () "/" NIL\r\n* LIST nonsense\r\n* LIST () "/" &broken\r\n'
        b'* LIST () "/" {8}\r\nin "two"\r\n* LIST (\\SENT \\HasNoChildren) "/" "sent \\"out\\" Gr&APwA3w-e"\r\n'
        b"* LIST () NIL INBOX\r\n{tag} OK done\r\n"
    )
    with Scripted({"LIST": listing}) as server, connect(server.account()) as mailbox:
        assert mailbox.folders.sent == 'sent "out" Grüße'
    with (
        Scripted({"LIST": listing}) as server,
        pytest.raises(Permanent, match=r'2024, INBOX, NIL, a\[b, in "two", sent "out" Grüße'),
    ):
        connect(replace(server.account(), sent="Nowhere"))


def test_a_label_that_would_last_only_for_this_session_is_not_set() -> None:
    """RFC 3501 section 7.1: a server may take a flag that PERMANENTFLAGS does not name and drop it when we log out."""
    answers = {
        "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 30] x\r\n* OK [PERMANENTFLAGS (\\Seen)] x\r\n"
        b"{tag} OK [READ-WRITE] done\r\n",
        "UID FETCH": b"* 1 FETCH (UID 3 FLAGS (triage-repeat))\r\n{tag} OK done\r\n",
    }
    with Scripted(answers) as server, opened(server, write=True) as mailbox:
        assert mailbox.add_labels([3], "triage-repeat") == frozenset()
        assert not any(command.startswith(b"UID STORE") for command in server.commands)


HOSTILE = ['x\r\nX1 DELETE "INBOX"', "x\nX1 NOOP", "\0", '"', "\\", "{5}", "\u2028", "$Held)", "(", "*", "%", "é"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_sender_writes_becomes_a_command(text: str) -> None:
    with Scripted({"UID SEARCH": b"* SEARCH\r\n{tag} OK done\r\n"}) as server, opened(server, write=True) as mailbox:
        before = len(server.commands)
        mailbox.find_by_message_id("INBOX", text)
        for label in (text, f"triage-hold{text}"):
            with pytest.raises(ValueError, match="labels"):
                mailbox.add_labels([1], label)
            with pytest.raises(ValueError, match="labels"):
                mailbox.append("INBOX", b"", flags=[label])
        sent = server.commands[before:]
    assert len(sent) <= 1
    assert all(command.startswith(b'UID SEARCH HEADER Message-ID "') for command in sent)


PIECES = [
    *HOSTILE, "\r", "\n", "\x7f", "\ud800", "{3}\r\nabc", "{3+}\r\nabc", "A1 LOGOUT", "&AAo-", "&AA0ACg-", "<a@b.example>", "~{9}", "]", "))", " ",
    "triage-repeat", "\\Deleted", "1:*", "=?utf-8?q?=0AX1_NOOP?=", "\u202e", "x" * 300,
]  # fmt: skip


def test_ten_thousand_hostile_values_a_night_send_the_planned_commands_and_no_other(figures: Figures) -> None:
    chance, count = random.Random(TIMES), 1000 * min(TIMES, 10)
    with Scripted({"UID SEARCH": b"* SEARCH\r\n{tag} OK done\r\n"}) as server, opened(server, write=True) as mailbox:
        sent, before = 0, len(server.commands)
        for _ in range(count):
            text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 6)))
            for wrong in (partial(mailbox.add_labels, [1], text), partial(mailbox.append, "INBOX", b"", flags=[text])):
                if text not in LABELS and text.lower() not in ("\\seen", "\\flagged", "\\draft", "\\answered"):
                    with pytest.raises(ValueError, match="labels"):
                        wrong()
            mailbox.find_by_message_id("INBOX", text)
            with suppress(ValueError, TriageError):
                mailbox.copy([1], text)
        sent = server.commands[before:]
    string = rb'"(?:[^"\\\x00-\x1f\x7f-\xff]|\\["\\])*"'
    allowed = re.compile(rb"NOOP|UID SEARCH HEADER Message-ID " + string + rb"|UID COPY 1 " + string)
    assert [command for command in sent if not allowed.fullmatch(command)] == []
    assert len(sent) >= count // 4
    figures.add("hostile values given to the mailbox", count)


def test_what_makes_no_sense_is_not_repeated_as_it_may_be_somebody_s_mail() -> None:
    answer = b"* 1 FETCH (UID 5 BODY[] {4}\r\nI will never tell anybody else\r\n)\r\n{tag} OK done\r\n"
    with (
        Scripted({"UID FETCH": fetching(answer, facts(5))}) as server,
        opened(server) as mailbox,
        pytest.raises(Temporary, match="what makes no sense here") as told,
    ):
        list(mailbox.fetch([5], limit=1000))
    assert "never tell" not in str(told.value)


@pytest.mark.parametrize("uids", [[5], [5, 6]])
def test_a_server_that_gives_out_no_mail_any_longer_is_told_and_no_mail_is_written_off(uids: list[int]) -> None:
    def answer(command: bytes) -> bytes:
        return b"{tag} NO [NOPERM] not any more\r\n" if b"BODY" in command else b"".join(map(facts, uids)) + b"{tag} OK done\r\n"

    with (
        Scripted({"UID FETCH": answer, "FETCH": answer}) as server,
        opened(server) as mailbox,
        pytest.raises(Permanent, match=r"not any more.*the next pass tries again"),
    ):
        list(mailbox.fetch(uids, limit=1000))


def test_one_mail_that_is_refused_while_others_are_not_is_still_told_of() -> None:
    def answer(command: bytes) -> bytes:
        return facts(5) + b"{tag} OK done\r\n" if b"INTERNALDATE" in command else b"{tag} NO this one is broken\r\n"

    with Scripted({"UID FETCH": answer}) as server, opened(server) as mailbox:
        [[arrival]] = list(mailbox.fetch([5], limit=1000))
    assert (arrival.uid, arrival.raw) == (5, b"")
