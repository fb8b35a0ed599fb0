"""What colleagues write to the address for incidents: written down, confirmed, refused with what is missing, taken back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from mailstate import Lying, mails, notes
from office import Office
from replying import PROVED, answer
from sample import DESK, DOREEN, INES, NOW, Folder, Mail, address, letter

from triage.chronology import chronology
from triage.ledger import Ledger
from triage.privacy import erase, person
from triage.record import incidents, standing_incidents
from triage.settings import load
from triage.telling import tellings

AT = "incidents@larchmere.example"


@pytest.fixture
def office(worked: Office) -> Office:
    path = worked.folder / "settings.ini"
    path.write_text(path.read_text().replace("policy =", f"incidents = {AT}\npolicy ="))
    return worked


def tale(
    words: str, *, subject: str = "", sender: str = INES, proved: bool = True, to: str = AT, folder: Folder = "INBOX",
    at: str = "2026-05-12 11:00",
) -> Mail:  # fmt: skip
    subject = subject or f"Telephone call, {address(DOREEN)}"
    return letter(words, sender=sender, to=to, subject=subject, at=at, headers=PROVED if proved else {}, folder=folder)


def written(office: Office) -> list[tuple[str, str, str, str]]:
    with office.ledger() as ledger:
        return [(one.channel, f"{one.on:%Y-%m-%d}", one.kind, one.words) for one in incidents(ledger)]


def told(office: Office) -> list[Lying]:
    return [one for one in notes(office.server, office.user) if "An incident you told of" in one.subject]


def test_a_mail_with_an_address_in_its_subject_is_written_down_and_confirmed(office: Office) -> None:
    office.receive(tale("She shouted at me for ten minutes.\nEffect: I could not take the next call\nKind: insults"))
    said = office.once()
    assert written(office) == [("telephone", "2026-05-12", "abuse", "She shouted at me for ten minutes.")]
    (note,) = told(office)
    assert "12 May 2026 (the day of your mail, as it names no other), telephone, with doreen.pike@post.example." in note.text
    assert "She shouted at me for ten minutes." in note.text and "I could not take the next call" in note.text
    assert "By itself it counts against nobody." in note.text and "004/UB1c" in note.text
    assert "1 verdicts heard" in said.output and " 0 changes made" in office.once().output
    assert address(INES) not in str([row["addresses"] for row in office.export()["contacts"]])  # nobody's story
    with office.ledger() as ledger:
        (event,) = [
            one for one in chronology(address(DOREEN), ledger, load(office.folder / "settings.ini"), NOW) if "tele" in one.what
        ]
    assert event.side == "other" and event.words == "She shouted at me for ten minutes."


@pytest.mark.parametrize(
    ("words", "subject", "read"),
    [
        ("Yesterday she came to the counter and threw a cup.", "doreen.pike@post.example", ("visit", "2026-05-11", "other")),
        ("When: 3 May 2026\nHow: at the bus stop\nWhat: stalking\nShe waited for me.", "doreen.pike@post.example", ("at the bus stop", "2026-05-03", "harassment")),
        ("Who: Doreen Pike <doreen.pike@post.example>\nShe left two voicemails on 8 May.", "Voicemails", ("telephone", "2026-05-08", "other")),
        ("She was loud.", "Friday, doreen.pike@post.example", ("another way than mail", "2026-05-08", "other")),
    ],
)  # fmt: skip
def test_day_way_and_kind_are_read_where_they_are_said(
    office: Office, words: str, subject: str, read: tuple[str, str, str]
) -> None:
    office.receive(tale(words, subject=subject))
    office.once()
    assert [one[:3] for one in written(office)] == [read]


@pytest.mark.parametrize(
    ("words", "subject", "fault"),
    [
        ("She shouted at me.", "A call", "It does not say with whom"),
        ("She shouted.", "doreen.pike@post.example and perry.sloane@post.example", "It names several people"),
        ("He shouted.", "nobody.known@post.example", "Nothing is known of nobody.known@post.example"),
        ("When: 2026-05-30\nShe shouted.", "doreen.pike@post.example", 'No day up to the mail\'s own could be read from "2026-05-30"'),
        ("Kind: insults", "doreen.pike@post.example", "It does not say what happened"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_nothing_is_written_down(office: Office, words: str, subject: str, fault: str) -> None:
    office.receive(tale(words, subject=subject))
    office.once()
    assert written(office) == []
    (note,) = told(office)
    assert "NOTHING WAS WRITTEN DOWN" in note.text and fault in note.text, note.text
    assert " 0 changes made" in office.once().output


def test_a_sender_nobody_vouches_for_tells_nothing_and_is_told_so(office: Office) -> None:
    office.receive(tale("She shouted at me.", proved=False))
    office.once()
    assert written(office) == []
    (note,) = told(office)
    assert "Your mail server did not vouch that ines.wold@larchmere.example sent it" in note.text and "shouted" not in note.text


def test_a_forged_or_outside_sender_tells_nothing_and_their_mail_is_read_like_any_other(office: Office) -> None:
    forged = letter(
        "She shouted.", sender=INES, to=AT, subject=address(DOREEN), at="2026-05-12 11:00", folder="INBOX",
        headers={"Authentication-Results": "mx.larchmere.example; dmarc=fail header.from=larchmere.example"},
    )  # fmt: skip
    stranger = letter(
        "Where is my key?", sender="Wim Baas <wim@baas.example>", to=AT, subject=address(DOREEN), at="2026-05-12 11:00"
    )
    office.receive(forged, stranger)
    office.once()
    assert written(office) == [] and told(office) == []
    assert "wim@baas.example" in str(office.export()["contacts"])


def test_a_letter_to_the_customer_with_a_copy_to_the_address_is_a_letter(office: Office) -> None:
    office.receive(tale("Dear Ms Pike, the lift is mended.", to=f"{DOREEN}, {AT}", folder="Sent", subject="Lift"))
    office.once()
    with office.ledger() as ledger:
        assert tellings(ledger) == () and written(office) == []


def test_a_mail_met_twice_is_one_incident(office: Office) -> None:
    one = tale("She shouted at me.")
    office.receive(one, tale("She shouted at me.", folder="Sent", to=f"{AT}, {DESK}"))
    office.once()
    office.receive(one)
    office.once()
    assert len(written(office)) == 1 and len(told(office)) == 1


def test_it_is_taken_back_by_answering_the_note_and_is_then_held_against_nobody(office: Office) -> None:
    office.receive(tale("She shouted at me."))
    office.once()
    (note,) = told(office)
    office.receive(answer(note, "UNDO, it was somebody else of the same name", at="2026-05-12 11:30"))
    office.once()
    (note,) = told(office)
    assert (
        "UNDO; recorded: the incident counts against nobody any more." in note.text and " 0 changes made" in office.once().output
    )
    settings = load(office.folder / "settings.ini")
    with office.ledger() as ledger:
        assert len(incidents(ledger)) == 1 and standing_incidents(ledger, [address(DOREEN)]) == ()
        events = chronology(address(DOREEN), ledger, settings, NOW)
        assert not any("shouted" in one.words for one in events)
        assert any("an incident was taken back" in one.what for one in events)


def test_another_order_on_that_note_is_refused_with_words(office: Office) -> None:
    office.receive(tale("She shouted at me."))
    office.once()
    office.receive(answer(told(office)[0], "REJECT, no", at="2026-05-12 11:30"))
    office.once()
    assert "can only be taken back" in told(office)[0].text
    with office.ledger() as ledger:
        assert len(standing_incidents(ledger, [address(DOREEN)])) == 1


def test_whoever_is_forgotten_leaves_no_words_in_it(office: Office) -> None:
    office.receive(tale("She shouted at me."), tale("She came again.", subject=f"visit {address(DOREEN)} and x@y.example"))
    office.once()
    settings = load(office.folder / "settings.ini")
    with office.ledger() as ledger:
        erase(ledger, person(ledger, settings, address(DOREEN)), reason="asked for it", now=NOW)
        assert incidents(ledger) == () and [one.told for one in tellings(ledger)] == [None, None]
        assert ledger.verify_journal() is None
    office.once()
    assert told(office) == [] and not [one for one in mails(office.server, office.user, "Triage/Review") if "shouted" in one.text]


def test_without_such_an_address_a_mail_to_it_is_like_any_other(worked: Office) -> None:
    worked.receive(tale("She shouted at me."))
    worked.once()
    assert written(worked) == [] and told(worked) == []


@pytest.mark.parametrize("step", ["keep_paper", "journal", "remember_note"])
def test_killed_at_any_writing_it_ends_the_same(office: Office, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office.receive(tale("She shouted at me."))
    real = getattr(Ledger, step)
    for last in range(12):  # lives one writing longer each time, until it gets through
        with monkeypatch.context() as patch:

            def dying(*given: object, last: int = last, calls: Iterator[int] = itertools.count(), **named: object) -> object:
                if next(calls) == last:
                    raise KeyboardInterrupt
                return real(*given, **named)

            patch.setattr(Ledger, step, dying)
            said = office.run("once", "--now", NOW.isoformat())
        if said.status == 0:
            break
    office.once()
    assert len(written(office)) == 1 and len(told(office)) == 1 and last >= 1
    with office.ledger() as ledger:
        assert ledger.verify_journal() is None and len(tellings(ledger)) == 1
