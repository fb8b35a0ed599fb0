"""Bytes → Message | Unreadable: well-formed mail, odd mail, hostile mail."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest

from triage import parsing
from triage.message import Address, Attachment, Message, Passage, Unreadable

ARRIVED = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)


def read(mail: str | bytes, *, truncated: bool = False, size: int = 0) -> Message | Unreadable:
    raw = mail if isinstance(mail, bytes) else mail.encode()
    return parsing.read(raw, mailbox="INBOX", role="inbox", received_at=ARRIVED, truncated=truncated, size=size or len(raw))


def message(mail: str | bytes) -> Message:
    found = read(mail)
    assert isinstance(found, Message)
    return found


PLAIN = """\
Received: from somewhere by mx.shop.example; Tue, 3 Feb 2026 08:14:05 +0000
From: =?utf-8?q?J=C3=B6rg_Lind?= <Joerg.Lind@Mail.Example>
To: Shop <Support@Shop.example>, undisclosed:;
Cc: olga@mail.example
Reply-To: <other@mail.example>
Date: Tue, 3 Feb 2026 09:14:00 +0100
Subject: =?utf-8?q?Kessel?= kaputt
Message-ID:
 <abc.1@mail.example>
In-Reply-To: <a@shop.example>
References: <z@shop.example>
 <a@shop.example>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

"""


def test_a_plain_mail_is_read_with_all_its_fields() -> None:
    found = message(PLAIN.encode() + "Es ist kalt für uns.\n-- \nJörg\n".encode("latin-1"))
    assert found.sender == Address("Jörg Lind", "joerg.lind@mail.example")
    assert found.sender.domain == "mail.example"
    assert found.to == (Address("Shop", "support@shop.example"),)
    assert found.cc == (Address("", "olga@mail.example"),)
    assert found.reply_to == (Address("", "other@mail.example"),)
    assert (found.subject, found.message_id, found.in_reply_to) == ("Kessel kaputt", "<abc.1@mail.example>", "<a@shop.example>")
    assert found.references == ("<z@shop.example>", "<a@shop.example>")
    assert found.sent_at == datetime(2026, 2, 3, 8, 14, tzinfo=UTC)
    assert found.received_at == ARRIVED
    assert (found.own, found.wording.signature) == ("Es ist kalt für uns.", "Jörg")
    assert (found.automatic, found.authenticity, found.faults) == ("", "unknown", ())


def test_the_key_is_the_same_whichever_line_ends_the_server_keeps() -> None:
    assert message(PLAIN + "x\n").key == message((PLAIN + "x\n").replace("\n", "\r\n")).key
    assert message(PLAIN + "x\n").key != message(PLAIN + "y\n").key


def test_the_key_covers_the_fields_that_are_not_read() -> None:
    assert message(PLAIN + "x").key != message(PLAIN.replace("somewhere", "elsewhere") + "x").key


@pytest.mark.parametrize(
    ("date", "fault"),
    [
        ("Fri, 6 Feb 2026 09:14:00 +0100", "its Date lies after its arrival"),
        ("Thu, 1 Jan 1970 00:00:00 +0000", "its Date is that of a clock that was never set"),
        ("yesterday", "its Date cannot be read ('yesterday')"),
    ],
)
def test_a_date_that_cannot_be_true_gives_way_to_the_time_of_arrival(date: str, fault: str) -> None:
    found = message(f"From: a@mail.example\nDate: {date}\n\nx")
    assert found.sent_at == ARRIVED
    assert fault in found.faults


def test_a_mail_without_message_id_gets_one_from_its_bytes() -> None:
    one, other = message("From: a@mail.example\n\nx"), message("From: a@mail.example\n\nx")
    assert one.message_id == other.message_id == f"<{one.key[:40]}@no-message-id.invalid>"


@pytest.mark.parametrize(
    "head",
    [
        "From: a@mail.example\nFrom: b@mail.example",
        "From: a@mail.example, b@mail.example",
        "From: Ann <a@mail.example> <b@mail.example>",
    ],
)
def test_two_senders_are_told_and_never_count_as_authenticated(head: str) -> None:
    found = message(f"Authentication-Results: mx; dmarc=pass header.from=mail.example\n{head}\n\nx")
    assert found.faults[0].startswith("two senders")
    assert found.authenticity == "unknown"


def test_a_name_that_looks_like_an_address_is_only_a_name() -> None:
    assert message('From: "ann@mail.example" <karl@home.example>\n\nx').sender == Address("ann@mail.example", "karl@home.example")


def test_a_mail_without_a_readable_sender_is_still_a_message() -> None:
    found = message("From: somebody\nSubject: help\n\nPlease call me.")
    assert (found.sender, found.own) == (Address("somebody", ""), "Please call me.")
    assert "no sender can be read in its From field" in found.faults


def test_line_breaks_and_directions_hidden_in_a_subject_become_spaces() -> None:
    assert message("From: a@mail.example\nSubject: =?utf-8?q?x=0D=0ABcc:_evil=E2=80=AEy?=\n\nx").subject == "x Bcc: evil y"


def test_the_servers_verdict_on_the_sender_is_taken_over() -> None:
    found = message(
        "Authentication-Results: mx.shop.example; spf=fail smtp.mailfrom=b.example; dmarc=fail header.from=mail.example\nFrom: a@mail.example\n\nx"
    )
    assert found.authenticity == "fail"
    assert found.authentication_note.startswith("dmarc=fail")


def parts(*inner: str, kind: str = "mixed") -> str:
    body = "".join(f"--b\n{part}\n" for part in inner)
    return f"From: a@mail.example\nMIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary=b\n\n{body}--b--\n"


FORWARD = "Content-Type: message/rfc822\n\nFrom: Karl <karl@home.example>\nSubject: you\n\nWatch your back.\n"


def test_the_words_of_an_attached_mail_are_its_own_authors() -> None:
    found = message(parts("Content-Type: text/plain\n\nHe wrote this.\n", FORWARD))
    assert found.own == "He wrote this."
    assert found.wording.forwarded == (Passage("Watch your back.", "karl@home.example"),)
    assert found.attachments[0].content_type == "message/rfc822"


def test_a_mail_with_nothing_but_an_attached_one_asks_for_a_person() -> None:
    found = message(parts(FORWARD))
    assert found.own == ""
    assert found.faults == ("it has no Date", "it has no words of its own, only somebody else's: a person must look")


def test_text_in_two_forms_is_read_once_and_html_beside_a_footer_is_read_too() -> None:
    plain, html = "Content-Type: text/plain\n\nNo heat.\n", "Content-Type: text/html\n\n<p>No <b>heat</b>.</p>\n"
    assert message(parts(plain, html, kind="alternative")).own == "No heat."
    footer = "Content-Type: text/plain\n\nThis list is public.\n"
    assert (
        message(parts("Content-Type: text/html\n\n<p>I want to die.</p>\n", footer)).own
        == "This list is public.\n\nI want to die."
    )


def test_attachments_are_named_and_measured_and_a_nameless_one_is_always_read_the_same() -> None:
    picture = base64.b64encode(b"x" * 1000).decode()
    mail = parts(
        "Content-Type: text/plain\n\nSee.\n",
        f'Content-Type: image/png; name="leak.png"\nContent-Disposition: attachment; filename="leak.png"\nContent-Transfer-Encoding: base64\n\n{picture}\n',
        "Content-Type: text/plain\nContent-Disposition: attachment\n\nnotes\n",
    )
    assert message(mail).attachments == (Attachment("leak.png", "image/png", 1000), Attachment("", "text/plain", 7))
    assert message(mail) == message(mail)


@pytest.mark.parametrize(
    "mail",
    [
        "From: a@mail.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nAAAA\n",
        "From: a@mail.example\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
        parts(
            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
            "Content-Type: application/octet-stream\n\nxx\n",
            kind="encrypted",
        ),
    ],
)
def test_an_encrypted_mail_is_a_message_that_a_person_must_look_at(mail: str) -> None:
    found = message(mail)
    assert found.own == ""
    assert "it is encrypted: a person must look" in found.faults


def test_a_mail_that_is_only_a_picture_is_a_message_that_a_person_must_look_at() -> None:
    found = message("From: a@mail.example\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\nAAAA\n")
    assert found.faults[-1] == "it has no text that can be read, only image/jpeg: a person must look"


def test_a_signed_text_is_read_without_its_armour() -> None:
    mail = "From: a@mail.example\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nNo heat.\n-----BEGIN PGP SIGNATURE-----\n\niQE\n-----END PGP SIGNATURE-----\n"
    assert message(mail).own == "No heat."
    assert "encrypted" not in " ".join(message(mail).faults)


def test_flowed_text_gets_its_paragraphs_back() -> None:
    mail = "From: a@mail.example\nContent-Type: text/plain; format=flowed\n\nNo heat since \nMonday.\nCold.\n> you \n> said\n"
    assert message(mail).own == "No heat since Monday.\nCold."
    assert message(mail).wording.quoted == (Passage("you said"),)


CRASHES = {
    "an end without a beginning": b"From: a@mail.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nHear me out.",
    "numbered parameters with gaps": b"From: a@mail.example\r\nContent-Type: text/plain; a*0*=b; a*=c; a*2=d\r\n\r\nHear me out.",
    "a charset with a NUL": b'From: a@mail.example\r\nContent-Type: text/plain; charset="u\x00tf-8"\r\n\r\nHear me out.',
    "an unknown charset": b"From: a@mail.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nHear me out.",
    "the wrong boundary": b"From: a@mail.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\nHear me out.\r\n--y--",
    "no header at all": b"\r\nHear me out.",
    "a line that is no header": b"From: a@mail.example\r\nnonsense\r\n\r\nHear me out.",
    "text called an attachment": b"From: a@mail.example\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nHear me out.",
    "bare line feeds and a NUL subject": b"From: a@mail.example\nSubject: =?\x00?q?a?=\n\nHear me out.",
    "a thousand nested parts": b"From: a@mail.example\r\n"
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000))
    + b"Content-Type: text/plain\r\n\r\nHear me out.\r\n",
}


@pytest.mark.parametrize("raw", CRASHES.values(), ids=CRASHES.keys())
def test_words_in_a_mail_that_breaks_parsers_are_still_read(raw: bytes) -> None:
    assert "Hear me out." in message(raw).own


def test_what_had_to_be_read_with_the_fallback_says_so() -> None:
    assert any(fault.startswith("parsed with the fallback") for fault in message(CRASHES["a thousand nested parts"]).faults)


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\r" * 1000])
def test_a_mail_of_nothing_is_unreadable_and_kept_with_its_key(raw: bytes) -> None:
    found = read(raw)
    assert isinstance(found, Unreadable)
    assert found.reason == "it has neither a header nor any text"
    assert found.key and found.message_id and found.received_at == ARRIVED


def test_a_truncated_mail_says_how_much_was_read() -> None:
    found = read(PLAIN + "x", truncated=True, size=5_000_000)
    assert isinstance(found, Message)
    assert found.truncated
    assert found.faults[0].endswith("of 5000000 octets)")


def test_a_sender_behind_megabytes_of_traces_is_still_found() -> None:
    found = message(b"Received: x\r\n" * 100_000 + b"From: a@mail.example\r\n\r\nHear me out.")
    assert (found.sender.email, found.own) == ("a@mail.example", "Hear me out.")


HOSTILE = {
    "semicolons": b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain"
    + b";" * 200_000
    + b"\r\n\r\nx\r\n--q--",
    "parameters": b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain"
    + b"".join(b";\r\n a%d=b" % n for n in range(20_000))
    + b"\r\n\r\nx\r\n--q--",
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 30_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 18_000 + b"\r\n\r\nx",
    "addresses": b"From: " + b"a@b.example, " * 19_000 + b"\r\n\r\nx",
    "parentheses": b"From: " + b"(" * 250_000 + b"\r\n\r\nx",
    "fields": b"".join(b"X-%d: a\r\n" % n for n in range(20_000)) + b"\r\nx",
    "attached mails": b"Content-Type: multipart/digest; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nFrom: a@b.example\r\n\r\nhi\r\n" * 6_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_mail_takes_long(raw: bytes) -> None:
    before = time.process_time()
    assert isinstance(read(raw), Message)
    assert (
        time.process_time() - before < 4.0
    )  # each takes well under a second; what it must not do is grow with the square of its length
