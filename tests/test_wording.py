"""Own words, quoted words, forwarded words, signatures. The mails are written for these tests."""

from __future__ import annotations

import time

import pytest

from triage import wording
from triage.message import Passage

INTRODUCTIONS = [
    "On Tue, 3 Feb 2026 at 09:14, Ines Varga <ines@shop.example> wrote:",
    "On Tue, 3 Feb 2026 at 09:14, Ines Varga\n<ines@shop.example> wrote:",
    "On Feb 3, 2026, at 9:14 AM, Ines Varga via Support Desk for Household\nAppliances and Spare Parts <\nines@shop.example> wrote:",
    "Am 03.02.2026 um 09:14 schrieb Ines Varga <ines@shop.example>:",
    "Am Di., 3. Feb. 2026 um 09:14 Uhr schrieb Ines Varga <ines@shop.example>:",
    "Le mar. 3 févr. 2026 à 09:14, Ines Varga <ines@shop.example> a écrit :",
    "El mar, 3 feb 2026 a las 9:14, Ines Varga (<ines@shop.example>) escribió:",
    "Il giorno mar 3 feb 2026 alle ore 09:14 Ines Varga <ines@shop.example> ha scritto:",
    "Em ter., 3 de fev. de 2026 às 09:14, Ines Varga <ines@shop.example> escreveu:",
    "Op di 3 feb 2026 om 09:14 schreef Ines Varga <ines@shop.example>:",
    "Den tis 3 feb. 2026 kl 09:14 skrev Ines Varga <ines@shop.example>:",
    "W dniu 3.02.2026 o 09:14, Ines Varga <ines@shop.example> napisał(a):",
    "вт, 3 февр. 2026 г. в 09:14, Ines Varga <ines@shop.example>:",
    "2026年2月3日(火) 9:14 Ines Varga <ines@shop.example>:",
    "在 2026年2月3日 09:14，Ines Varga <ines@shop.example> 写道：",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("marked", [True, False])
def test_an_introduction_in_any_language_is_nobodys_own_words_and_names_the_author(introduction: str, marked: bool) -> None:
    mark = "> " if marked else ""
    said = wording.separate(f"The kettle leaks again.\n\n{introduction}\n\n{mark}Your kettle was posted.\n{mark}Ines\n", "")
    assert said.own == "The kettle leaks again."
    assert said.quoted == (Passage("Your kettle was posted.\nInes", "ines@shop.example"),)
    assert said.forwarded == ()


def test_a_name_stands_for_the_author_where_there_is_no_address() -> None:
    said = wording.separate("Thanks.\n\nOn 3 Feb 2026 at 09:14, Ines Varga wrote:\n> It was posted.\n", "")
    assert said.quoted == (Passage("It was posted.", "Ines Varga"),)


def test_answers_between_and_below_quoted_lines_are_own_words() -> None:
    said = wording.separate(
        "On 3 Feb 2026 at 09:14, Ines <ines@shop.example> wrote:\n> Which model?\nThe K3.\n> Since when?\n>> On Monday, Paul <paul@mail.example> wrote:\n"
        ">>> It leaks.\nSince Monday.\n\nBest,\nPaul\n",
        "",
    )
    assert said.own == "The K3.\n\nSince Monday.\n\nBest,\nPaul"
    assert [passage.text for passage in said.quoted][:2] == ["Which model?", "Since when?"]
    assert {passage.author for passage in said.quoted[:2]} == {"ines@shop.example"}


def test_an_answer_between_the_lines_does_not_hide_whose_the_next_deeper_quotation_is() -> None:
    said = wording.separate(
        "On 3 Feb 2026, Ines <ines@shop.example> wrote:\n> On 2 Feb 2026, Paul <paul@mail.example> wrote:\n>> one\nNo.\n>> two\n",
        "",
    )
    assert said.quoted == (Passage("one", "paul@mail.example"), Passage("two", "paul@mail.example"))


@pytest.mark.parametrize(
    "head",
    [
        "-----Original Message-----\nFrom: Ines Varga <ines@shop.example>\nSent: 03 February 2026 09:14\nTo: Paul\nSubject: Kettle",
        (
            "________________________________\nFrom: Ines Varga <ines@shop.example>\nSent: 03 February 2026 09:14\nTo: Paul <p@mail.example>;\n"
            "\tOlga <o@mail.example>\nCc: Someone\nSubject: Kettle"
        ),
        "Von: Ines Varga <ines@shop.example>\nGesendet: Dienstag, 3. Februar 2026 09:14\nAn: Paul\nBetreff: Kessel",
        "*De :* Ines Varga <ines@shop.example>\n*Envoyé :* mardi 3 février 2026 09:14\n*À :* Paul\n*Objet :* Bouilloire",
        "-------- Ursprüngliche Nachricht --------\nVon: Ines Varga <ines@shop.example>\nDatum: 03.02.26 09:14\nAn: Paul\nBetreff: Kessel",
        "Od: Ines Varga <ines@shop.example>\nWysłano: wtorek, 3 lutego 2026\nDo: Paul\nTemat: Czajnik",
        "差出人: Ines Varga <ines@shop.example>\n送信日時: 2026年2月3日\n宛先: Paul\n件名: やかん",
    ],
)
def test_what_stands_below_the_head_of_a_shown_mail_is_its_authors_though_nothing_marks_it(head: str) -> None:
    said = wording.separate(f"See what I was told.\n\nPaul\n\n\n{head}\n\nNobody will call you.\n\nIt is over.\n", "")
    assert said.own == "See what I was told.\n\nPaul"
    assert said.quoted == (Passage("Nobody will call you.\n\nIt is over.", "ines@shop.example"),)


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Message transféré ---------",
        "-------- Пересылаемое сообщение --------",
        "Anfang der weitergeleiteten Nachricht:",
    ],
)
@pytest.mark.parametrize("quote", ["", "> "])
def test_a_mail_passed_on_is_forwarded_and_its_writers_words_are_theirs(mark: str, quote: str) -> None:
    shown = "From: Karl Oster <karl@home.example>\nDate: 3 Feb 2026 09:14\nSubject: you\nTo: Olga <olga@mail.example>\n\nWatch your back.\n\nOn 2 Feb 2026, Olga <olga@mail.example> wrote:\n> Leave me alone.".replace(
        "\n", f"\n{quote}"
    )
    said = wording.separate(f"He sent me this.\n\n{mark}\n\n{quote}{shown}\n", "")
    assert said.own == "He sent me this."
    assert said.quoted == ()
    assert said.forwarded == (Passage("Watch your back.", "karl@home.example"), Passage("Leave me alone.", "olga@mail.example"))


def test_the_subject_tells_whether_outlook_shows_a_mail_answered_or_passed_on() -> None:
    text = "Please see.\n\nFrom: Karl\nSent: Monday\nTo: Olga\nSubject: you\n\nWatch your back.\n"
    assert wording.separate(text, "", subject="RE: you").quoted == (Passage("Watch your back.", "Karl"),)
    assert wording.separate(text, "", subject="FW: you").forwarded == (Passage("Watch your back.", "Karl"),)


def test_the_writer_speaks_again_after_the_end_of_a_mail_passed_on() -> None:
    said = wording.separate(
        "Look:\n---------- Forwarded message ----------\nFrom: karl@home.example\n\nOh.\n\n------- End of forwarded message -------\nHelp me.\n",
        "",
    )
    assert said.own == "Look:\n\nHelp me."


@pytest.mark.parametrize(
    "prose",
    [
        "On 3 May you wrote:\nwe will refund the fee. You never did and I cannot pay my rent.",
        "On 3 May 2026 at 10:15 your colleague wrote:\n\nNothing can be done.\n\nI cannot go on like this.",
        "My journey was\nFrom: Leeds\nTo: York\nDate: 3 May\nand the train never came.",
        "Your letter says:\nthe matter is closed.\nIt is not.",
        ">:( this is the third time",
        "Sent from my hospital bed, I cannot get home.",
        "Two things\n--\n" + "\n".join(f"Point {n}: nobody has called me back about it." for n in range(12)),
        "Re: your note - I sent from the phone shop, and nobody replied to me for nine weeks, and my mobile was cut off twice since",
        "The total:\n----- 4 x 12 -----\nis wrong.",
        "So:\nNote: call me.\nSubject: the boiler\nthanks",
    ],
)
def test_words_that_only_look_like_a_quotation_stay_the_writers_own(prose: str) -> None:
    said = wording.separate(prose, "")
    assert said.own == prose
    assert (said.quoted, said.forwarded, said.signature) == ((), (), "")


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Get Outlook for Android",
        "Envoyé de mon téléphone Samsung",
        "Sent from Yahoo Mail on Android",
    ],
)
def test_a_line_the_telephone_added_is_signature(line: str) -> None:
    said = wording.separate(f"No heating.\n\n{line}\n\nOn 3 Feb 2026 at 09:14, Ines <ines@shop.example> wrote:\n> Hello\n", "")
    assert (said.own, said.signature) == ("No heating.", line)


def test_a_delimited_signature_is_apart_and_an_afterthought_below_it_is_not_lost() -> None:
    said = wording.separate("No heating.\n\nPaul\n-- \nPaul Lind\n4 Mill Row\n\nPS I am 83 and alone.\n", "")
    assert said.own == "No heating.\n\nPaul\nPS I am 83 and alone."
    assert said.signature == "Paul Lind\n4 Mill Row"


def test_a_name_under_a_greeting_stays_with_the_words() -> None:
    assert wording.separate("No heating.\n\nRegards,\nPaul Lind", "").own.endswith("Regards,\nPaul Lind")


def test_html_is_read_as_paragraphs_with_its_entities_and_emoji_and_without_what_nobody_sees() -> None:
    html = (
        "<html><head><title>t</title><style>p{color:red}</style></head><body><script>x()</script><div style='display:none'>hidden</div>"
        "<p>You&rsquo;re <b>late</b>&nbsp;again &#128545;</p><p>Line one<br>line two</p><ul><li>first</li><li>second</li></ul>"
        "<pre>a  b\nc</pre><!-- note --></body></html>"
    )
    assert wording.separate("", html).own == "You’re late again 😡\n\nLine one\nline two\n\nfirst\nsecond\n\na  b\nc"


@pytest.mark.parametrize(
    "html",
    [
        (
            "<div>Still cold.</div><div class='gmail_quote'><div class='gmail_attr'>Pe mar., 3 feb. 2026 Ines &lt;ines@shop.example&gt; zice<br></div>"
            "<blockquote class='gmail_quote' style='border-left:1px solid'>We called.</blockquote></div>"
        ),
        "<div>Still cold.</div><div class='moz-cite-prefix'>Kihirjutas 03.02.2026 Ines &lt;ines@shop.example&gt;<br></div><blockquote type='cite'>We called.</blockquote>",
        "<div>Still cold.</div><hr><div id='divRplyFwdMsg'><b>Saatja:</b> Ines &lt;ines@shop.example&gt;<br><b>Saadetud:</b> 3. veebruar 2026<br><b>Teema:</b> Boiler<br></div><div>We called.</div>",
        (
            "<p>Still cold.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>From:</b> Ines &lt;ines@shop.example&gt;<br>"
            "<b>Sent:</b> Monday<br><b>Subject:</b> Boiler</p></div><p>We called.</p>"
        ),
        "<div>Still cold.</div><blockquote type='cite'><div>On 3 Feb 2026, at 09:14, Ines &lt;ines@shop.example&gt; wrote:</div><br><div>We called.</div></blockquote>",
        (
            "<div>Still cold.</div><div class='yahoo_quoted'><div>On Tuesday, 3 February 2026 at 09:14:00 GMT, Ines &lt;ines@shop.example&gt; wrote:</div>"
            "<div>We called.</div></div>"
        ),
    ],
)
def test_quotations_in_html_are_told_apart_as_each_mail_program_marks_them(html: str) -> None:
    said = wording.separate("", html)
    assert said.own == "Still cold."
    assert "We called." in [passage.text.split("\n")[-1] for passage in said.quoted]
    assert said.quoted[-1].author == "ines@shop.example"


def test_a_paragraph_the_writer_has_indented_is_own() -> None:
    html = (
        "<div>Hear me:</div><blockquote style='margin: 0 0 0 40px; border: none; padding: 0px;'><div>I am ill.</div></blockquote>"
    )
    assert wording.separate("", html).own == "Hear me:\n\nI am ill."


def test_the_plain_form_is_read_unless_it_is_a_stub() -> None:
    assert wording.separate("Plain words here.", "<p>Plain <b>words</b> here.</p>").own == "Plain words here."
    long = "<p>" + "The flat has had no heating since Monday and my mother is ill. " * 6 + "</p>"
    assert "no heating" in wording.separate("This mail needs HTML.", long).own
    assert "no heating" in wording.separate("  \n ", long).own


def test_characters_nobody_sees_are_gone_and_joined_emoji_stay() -> None:
    assert wording.separate("id\u200biot\ufeff a\u00a0b\x00 👩‍👧", "").own == "idiot a b 👩‍👧"


LARGE = 256 * 1024


@pytest.mark.parametrize(
    "piece",
    [
        "\n",
        ">",
        ">\n",
        "> a\nb\n",
        "On a a a a ",
        "On a a a a\n",
        "On a wrote:\n> a\n",
        "On 10:00 2026\nx <a@b.example> wrote:\n> a\n",
        "From: a\n",
        "From: a\nSent: b\nSubject: c\n",
        "--- abcd efgh ---\n",
        "---- end of forwarded message ----\n",
        "-----Original Message-----\n",
        "-- \n",
        "a@b 1:10:\n",
    ],
)
@pytest.mark.parametrize("size", [8 * 1024, LARGE])
def test_no_text_takes_long(piece: str, size: int) -> None:
    before = time.process_time()
    wording.separate((piece * (size // len(piece) + 1))[:size], "")
    assert (
        time.process_time() - before < 4.0
    )  # each takes well under a second; what it must not do is grow with the square of its length


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<blockquote>a",
        "<b>",
        "<a ",
        "<",
        "&amp;",
        "<table><tr><td>",
        "<div class=gmail_signature>",
        "<p style='display:none'>x</p>y",
    ],
)
def test_no_html_takes_long(piece: str) -> None:
    before = time.process_time()
    wording.separate("", (piece * (LARGE // len(piece) + 1))[:LARGE])
    assert (
        time.process_time() - before < 4.0
    )  # each takes well under a second; what it must not do is grow with the square of its length


def test_words_deep_inside_html_are_not_lost() -> None:
    assert "help me" in wording.separate("", "<div>" * 40_000 + "help me").own
