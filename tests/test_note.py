"""The note mail, made from what strangers wrote: nothing of theirs becomes a header, markup, or a call to the outside."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from triage import policy
from triage.explanation import Section, seen
from triage.note import compose, fingerprint, message_id, one_line, page, plain

NOW = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
SECTIONS = (Section("What was seen", ("1 Apr 2026: insults at a person (004/C2)", '"you are all fools"')),)


def proposal(subject: str = "The pump", references: tuple[str, ...] = ("<a@pond.example>",)) -> dict[str, Any]:
    return {"id": "p-0123456789ab", "kind": "warn", "subject": subject, "references": list(references)}


def composed(subject: str = "The pump", sections: tuple[Section, ...] = SECTIONS, **rest: Any) -> EmailMessage:
    raw = compose(proposal(subject, **rest), sections, mailbox="desk@mill.example", now=NOW)
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: all@pond.example",
        "Hello\nX-Triage-Note: p-ffffffffffff",
        "Hello\r\n\r\n<b>body</b>",
        "=?utf-8?q?Hello=0D=0ABcc:_all@pond.example?=",
        "=?utf-8?b?SGVsbG8NCkJjYzogYWxsQHBvbmQuZXhhbXBsZQ==?=",
        "Hello\u2028Bcc: all@pond.example\x00\x1b[31m\u202egnp.exe",
    ],
)
def test_a_hostile_subject_stays_one_line_of_the_subject(subject: str) -> None:
    note = composed(subject)
    assert note["Bcc"] is None and note.get_all("X-Triage-Note") == ["p-0123456789ab"]
    assert set(note.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Triage-Note", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert str(note["Subject"]).strip().startswith("A warning may be due: ") and len(str(note["Subject"])) < 200
    assert not [char for char in str(note["Subject"]) if not char.isprintable() or char == "\u202e"]


def test_a_subject_without_end_is_cut() -> None:
    assert len(one_line("very " * 1000)) == 150


def test_half_a_character_in_a_subject_or_a_quotation_is_no_hindrance() -> None:
    note = composed("Caf\udce9", (Section("What was seen", ('"caf\udce9 \ud83d"',)),))
    assert "Caf" in str(note["Subject"])


def test_references_that_are_none_are_left_out_and_there_are_not_too_many() -> None:
    many = tuple(f"<{number}@pond.example>" for number in range(50))
    note = composed(references=("nonsense", "<a b@pond.example>", "<x@pond.example>\r\nBcc: all@pond.example", *many))
    assert str(note["References"]).split() == list(many[-20:])
    assert note["In-Reply-To"] == "<49@pond.example>"
    assert composed(references=("nonsense",))["References"] is None


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_nothing_a_stranger_wrote_becomes_markup() -> None:
    hostile = '"</p><script>alert(1)</script><img src=https://pond.example/x.png onerror=alert(2)> {{ 7*7 }} &lt;b&gt;"'
    note = composed(
        "<script>alert(3)</script>", (Section("What was seen", (hostile, "<a href='https://pond.example'>click</a>")),)
    )
    part = note.get_body(("html",))
    assert part
    html = part.get_content()
    tags = Tags()
    tags.feed(html)
    assert {tag for tag, _ in tags.seen} <= {"html", "head", "meta", "body", "div", "h2", "p", "blockquote"}
    assert "{{ 7*7 }}" in html and "49" not in html


def test_the_page_calls_nothing_from_outside() -> None:
    part = composed().get_body(("html",))
    assert part
    tags = Tags()
    tags.feed(part.get_content())
    assert not [attrs for _, attrs in tags.seen if {"src", "href", "background", "action"} & attrs.keys()]
    assert "url(" not in part.get_content() and "http" not in part.get_content()


def test_plain_text_and_page_say_the_same() -> None:
    note = composed()
    texts = [note.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]
    for text in texts:
        assert "insults at a person (004/C2)" in text and "you are all fools" in text


def test_the_note_says_that_a_program_wrote_it_and_stays_in_the_house() -> None:
    note = composed()
    assert note["Auto-Submitted"] == "auto-generated"
    assert note["To"] == "desk@mill.example" and note["From"].addresses[0].addr_spec == "desk@mill.example"


def test_the_same_words_have_the_same_message_id_and_other_words_another() -> None:
    other = (Section("What was seen", ("something else",)),)
    assert message_id(proposal(), SECTIONS, "mill.example") == composed()["Message-ID"]
    assert message_id(proposal(), other, "mill.example") != composed()["Message-ID"]
    assert fingerprint(proposal(), SECTIONS) == fingerprint(proposal("another subject"), SECTIONS)


def test_lines_end_with_crlf_and_none_is_too_long_for_mail() -> None:
    raw = compose(proposal("ü" * 300), (Section("What was seen", ("word " * 2000,)),), mailbox="desk@mill.example", now=NOW)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_quotations_are_indented_in_plain_text() -> None:
    assert '    "you are all fools"' in plain(SECTIONS).splitlines()


def test_an_id_that_hides_an_encoded_line_break_never_gets_into_a_header() -> None:
    hidden = "<=?utf-8?q?x=0D=0A=0D=0ANothing_to_see=0D=0ABcc:_a@z?=>"
    note = composed(references=("<a@pond.example>", hidden))
    assert note["References"].strip() == "<a@pond.example>" and note["In-Reply-To"].strip() == "<a@pond.example>"
    assert note["Bcc"] is None and note.get_all("X-Triage-Note") == ["p-0123456789ab"]


def test_abusive_words_are_folded_on_the_page_and_what_must_be_read_now_is_not() -> None:
    quote = {"message_id": "<a@pond.example>", "text": "You useless cretins."}
    found = {"message_id": "<a@pond.example>", "kind": "abuse", "clause": "", "quotes": [quote], "reason": "Insults."}
    folded, shown = (page((seen([found], None, {}, fold=fold),)) for fold in (True, False))
    assert "useless cretins" in folded and "useless cretins" not in re.sub("<details.*?</details>", "", folded, flags=re.DOTALL)
    assert "<details" not in shown and "useless cretins" in shown


def test_what_is_not_needed_to_decide_is_folded_below_and_abusive_words_are_the_last_of_all() -> None:
    sections = (
        Section("First", ("Decide this.", '"You fool."'), frozenset({1}), more=("LESS: a milder step.",)),
        Section("Last", ("Move it.",)),
    )
    shown = re.sub("<details.*?</details>", "", page(sections), flags=re.DOTALL)
    assert "Decide this." in shown and "Move it." in shown and "LESS" not in shown and "fool" not in shown
    text = plain(sections)
    places = [text.index(words) for words in ("Decide this.", "Move it.", "MORE, IF YOU NEED IT", "LESS:", "You fool.")]
    assert places == sorted(places)
    heading = re.findall("<summary[^>]*><h2", page(sections))
    assert len(heading) == 2  # where a mail program knows no folds, the headings stay


def test_several_mails_of_one_day_stand_together_and_clauses_are_spelled_out_below() -> None:
    def found(message_id: str, words: str) -> dict[str, Any]:
        quote = {"message_id": message_id, "text": words}
        return {"message_id": message_id, "kind": "volume", "clause": "004/UD5", "quotes": [quote], "reason": "Many."}

    sent = {f"<{name}@pond.example>": f"2026-03-0{day}T09:00:00+00:00" for name, day in (("a", 4), ("b", 4), ("c", 2))}
    section = seen([found(one, f"Words of {one[1]}.") for one in sent], policy.load("jack-keller"), sent)
    assert [line[:11] for line in section.lines if not line.startswith('"')] == ["4 Mar 2026:"]
    assert "2 Mar 2026: the same" in section.more and section.more[-1].startswith("Clause 004/UD5 of your policy: ")
