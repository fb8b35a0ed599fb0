"""What an answer to a note orders, read from the mails that programs send: which words are an order, and which are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from triage import parsing
from triage.message import Message
from triage.reply import WORDS, Reply, said_in

AT = datetime(2026, 5, 12, 11, 0, tzinfo=UTC)
NOTE = "A WARNING MAY BE DUE\n\nHOW TO ANSWER\nAnswer it, with APPROVE or REJECT on the first line."


def read(body: str, kind: str = "text/plain") -> Message:
    raw = (
        "From: Ines Wold <ines@larchmere.example>\r\nTo: desk@larchmere.example\r\nSubject: Re: A warning may be due\r\n"
        f"Date: Tue, 12 May 2026 11:00:00 +0000\r\nMessage-ID: <a@larchmere.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body.replace("\n", "\r\n").encode()
    found = parsing.read(raw, mailbox="desk", role="inbox", received_at=AT, truncated=False, size=len(raw))
    assert isinstance(found, Message)
    return found


def ordered(body: str, kind: str = "text/plain") -> tuple[str, str] | None:
    said = said_in(read(body, kind).own)
    return (said.word, said.reason) if said else None


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_an_order_in_capitals_and_in_small_letters(word: str) -> None:
    rest = " 30 June 2026" if word == "UNTIL" else ""
    for spelt in (word, word.lower(), word.capitalize()):
        said = said_in(f"{spelt}{rest}\n")
        assert said and said.word == word


QUOTED = "\n".join(f"> {line}" for line in NOTE.splitlines())
TRAILS = {
    "quoted below": f"{{}}\n\nOn Tue, 12 May 2026 at 10:00, Triage <desk@larchmere.example> wrote:\n\n{QUOTED}\n",
    "quoted above": f"On Tue, 12 May 2026 at 10:00, Triage <desk@larchmere.example> wrote:\n{QUOTED}\n\n{{}}\n",
    "outlook": "{}\n\nKind regards\nInes\n\n________________________________\nFrom: Triage <desk@larchmere.example>\nSent: Tuesday, 12 May 2026 10:00\n"
    f"To: desk@larchmere.example\nSubject: A warning may be due: Garage\n\n{NOTE}\n",
    "outlook in german": "{}\n\nMit freundlichen Grüßen\nInes\n\nVon: Triage <desk@larchmere.example>\nGesendet: Dienstag, 12. Mai 2026 10:00\n"
    f"An: desk@larchmere.example\nBetreff: A warning may be due: Garage\n\n{NOTE}\n",
    "german": f"{{}}\n\nAm 12.05.26 um 10:00 schrieb Triage:\n{QUOTED}\n",
    "original message": f"{{}}\n\n-----Original Message-----\nFrom: Triage\nSent: 12 May 2026 10:00\nTo: desk\nSubject: A warning\n\n{NOTE}\n",
    "outlook on a telephone, in german": "{}\n\nHolen Sie sich Outlook für iOS<https://aka.ms/o0ukef>\n________________________________\n"
    f"Von: Triage <desk@larchmere.example>\nGesendet: Dienstag, Mai 12, 2026 10:00:00 AM\nAn: desk@larchmere.example\nBetreff: A warning may be due\n\n{NOTE}\n",
    "a telephone": f"{{}}\n\nSent from my iPhone\n\n> On 12 May 2026, at 10:00, Triage <desk@larchmere.example> wrote:\n> \n{QUOTED}\n",
    "a signature": "{}\n\n-- \nInes Wold\nLarchmere Homes\n01632 960123\n",
    "a greeting": "Hello,\n\n{}\n\nInes\n",
    "blank lines first": "\n\n\u00a0\n{}\n",
}


@pytest.mark.parametrize("trail", TRAILS)
@pytest.mark.parametrize("words", ["REJECT", "Reject, she was never told.", "close: told her by telephone on 3 May"])
def test_an_order_is_read_whatever_a_mail_program_puts_around_it(trail: str, words: str) -> None:
    found = ordered(TRAILS[trail].format(words))
    assert found and found[0] == words.partition(" ")[0].strip(",:").upper()
    assert "HOW TO ANSWER" not in found[1] and "Outlook" not in found[1]


HTML = {
    "a div": "<html><body><div>{}</div><div><br></div><blockquote type='cite'>APPROVE or REJECT</blockquote></body></html>",
    "outlook": "<html><body><p class=MsoNormal><b>{}</b><o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Triage "
    "&lt;desk@larchmere.example&gt;<br><b>Sent:</b> Tuesday, 12 May 2026 10:00<br><b>To:</b> desk@larchmere.example<br><b>Subject:</b> A warning</p></div>"
    "<p>APPROVE or REJECT on the first line</p></body></html>",
    "gmail": "<div dir='ltr'>{}</div><br><div class='gmail_quote'><div class='gmail_attr'>On Tue, 12 May 2026 Triage wrote:<br></div>"
    "<blockquote class='gmail_quote'>APPROVE</blockquote></div>",
}


@pytest.mark.parametrize("form", HTML)
def test_an_answer_in_html_alone_is_read(form: str) -> None:
    assert ordered(HTML[form].format("Reject - she was never told"), "text/html") == ("REJECT", "she was never told")


@pytest.mark.parametrize(
    "words",
    [
        "No idea who this is.", "Yes and no", "Approve? I am not sure", "approval is not mine to give", "Close to giving up on this one",
        "less is more", "until when?", "Until", "REJECT or APPROVE?", "Same person as last week, I think", "Is this the same matter?",
        "reopening this would be wrong", "I would close it", "", "> REJECT", "undo that knot first", "CLOSE?",
    ],
)  # fmt: skip
def test_words_that_only_begin_like_an_order_are_none(words: str) -> None:
    assert said_in(read(f"{words}\n").own) is None


def test_the_reason_is_what_follows_and_the_addresses_those_of_the_first_line() -> None:
    said = said_in("SAME PERSON <mailto:J.Doe@Post.example>, she said so\nat the counter with k.roe@post.example\n")
    assert said and said.addresses == ("j.doe@post.example",)
    assert said.reason.endswith("at the counter with k.roe@post.example")


@pytest.mark.parametrize(
    "closing",
    ["Ines", "Ines Wold", "Kind regards\nInes", "Mit freundlichen Grüßen\nIhre Hausverwaltung", "Thanks!\nI.", "Viele Grüße"],
)
def test_how_a_mail_closes_is_no_reason(closing: str) -> None:
    assert said_in(f"CLOSE\n\n{closing}\n", "Ines Wold") == Reply("CLOSE")
    said = said_in(f"CLOSE\nI rang Ines Pike about the key.\n\n{closing}\n", "Ines Wold")
    assert said and said.reason == "I rang Ines Pike about the key."


@pytest.mark.parametrize(
    ("words", "meant"),
    [("AGREE", "APPROVE"), ("Agreed, she was told", "APPROVE"), ("dismiss", "REJECT"), ("Dismissed.", "REJECT")],
)
def test_the_names_of_the_folders_are_understood_as_orders_too(words: str, meant: str) -> None:
    said = said_in(words)
    assert said and said.word == meant
