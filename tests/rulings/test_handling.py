"""Who of us handles it: inquiries with a clock, seniors who are asked, colleagues who take over, departments that are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.rulings.registry import AGAIN, ANSWERED, BERT, IDA, INSULT, MORE, NOOR, SAM, Registry
from triage import digest, explanation, note, register
from triage.chronology import chronology
from triage.deciding import Refused
from triage.verdict import Verdict


def proposals(baths: Registry, kind: str) -> list[dict[str, Any]]:
    baths.conclude()
    return [row for row in baths.ledger.proposals() if row["kind"] == kind and not row["verdict"]]


def words(baths: Registry, kind: str) -> str:
    (row,) = proposals(baths, kind)
    return note.plain(explanation.note(row, baths.settings.pack()))


def lines(baths: Registry) -> digest.Digest:
    baths.conclude()
    return digest.summed_up(
        baths.ledger.conclusions(), [], {}, staff=(), now=baths.now, zone=baths.settings.organisation.time_zone
    )


# an inquiry


def test_an_inquiry_says_who_inquires_since_when_and_by_when_and_is_late_after_that(due: Registry) -> None:
    due.rule("inquire", by=IDA, to=SAM, reason="three colleagues tell of the same")
    (row,) = proposals(due, "inquiry")
    said = words(due, "inquiry")
    assert (
        f"{SAM} has been looking into it since" in said
        and "What is found is to be said by" in said
        and "three colleagues tell of the same" in said
    )
    assert "Key for locker 88: they have been waiting since" in said  # our own part
    due.later(days=29)
    assert "THIS IS LATE" in words(due, "inquiry") and proposals(due, "inquiry")[0]["id"] != row["id"]  # reminded anew
    assert any(
        line.late and "inquiry" in line.what and f"for {SAM}, waiting 29 days" in line.detail for line in lines(due).seniors
    )


def test_it_is_closed_with_what_was_found_and_stands_in_register_and_chronology(due: Registry) -> None:
    due.rule("inquire", to=SAM)
    due.later(days=3)
    due.rule("inquiry-closed", by=SAM, reason="Noor's account agrees with the mails; our first answer was late")
    assert proposals(due, "inquiry") == []
    entries = [row["entry"] for row in register.rows(due.ledger, due.settings.pack(), due.now)]
    assert entries == ["the inquiry was closed", "an inquiry was opened"]
    told = [one.what for one in chronology(BERT, due.ledger, due.settings, due.now)]
    assert any("an inquiry was opened" in one for one in told) and any("the inquiry was closed" in one for one in told)


@pytest.mark.parametrize(
    ("act", "given", "why"),
    [
        ("inquire", {"to": "stranger@inlook.example"}, "which of us inquires"),
        ("inquire", {"to": SAM, "by": BERT}, "none of us"),
        ("inquiry-closed", {"reason": "it was so"}, "no inquiry about them is open"),
        ("senior", {"to": NOOR}, "has not the role"),
        ("hand-over", {"to": SAM, "relieved": SAM}, "which of us steps back"),
        ("hand-over", {"to": SAM, "relieved": BERT}, "which of us steps back"),
        ("department", {"to": "repairs"}, "no restriction of theirs has the id"),
        ("withdraw", {"about": "12345678"}, "no incident with them has the id"),
    ],
)
def test_what_lacks_something_is_refused_with_words(due: Registry, act: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        due.rule(act, **given)


def test_of_several_open_inquiries_the_one_that_is_closed_must_be_named(due: Registry) -> None:
    first = due.rule("inquire", to=SAM, reason="the first")
    due.rule("inquire", to=IDA, reason="the second")
    with pytest.raises(Refused, match="several are open"):
        due.rule("inquiry-closed", reason="nothing was found at all")
    with pytest.raises(Refused, match="in a few words"):
        due.rule("inquiry-closed", about=first.id, reason="nothing")
    due.rule("inquiry-closed", about=first.id, reason="nothing was found at all")
    assert [row["who"] for row in proposals(due, "inquiry")] == [IDA]


def test_a_report_has_a_day_by_which_somebody_looks_at_it(baths: Registry) -> None:
    key = baths.ledger.keys_by_message_id(baths.wrote("Where is my towel?"))
    baths.conclude()
    heard = Verdict(baths.now, NOOR, "agree", "", frozenset(key))
    from triage.hearing import write_down

    write_down(baths.ledger, [heard])
    assert "To be looked at by" in words(baths, "reported")
    baths.later(days=6)
    assert "THIS IS LATE: it was to be looked at by" in words(baths, "reported")
    assert any(line.late for line in lines(baths).waiting)


# a senior


def test_a_senior_is_asked_and_the_note_waits_until_one_of_them_has_decided_something(due: Registry) -> None:
    due.rule("senior", by=NOOR, reason="I do not want to decide this alone")
    said = words(due, "senior")
    assert f"{NOOR} asked on" in said and "I do not want to decide this alone" in said and "For a director" in said
    due.later(days=3)
    (line,) = [line for line in lines(due).seniors if "senior" in line.what]
    assert "waiting 3 days" in line.detail
    due.rule("no-action", by=NOOR, reason="changes nothing: she asked herself")
    assert proposals(due, "senior")
    due.rule("no-action", by=IDA, reason="difficult, no more")
    assert proposals(due, "senior") == []


def test_one_senior_can_be_meant(due: Registry) -> None:
    due.rule("senior", by=NOOR, to=SAM)
    assert f"For {SAM}:" in words(due, "senior")


# a colleague


def test_a_colleague_who_takes_over_is_named_in_notes_and_writing_to_them_is_no_staff_shopping(baths: Registry) -> None:
    baths.wrote("Please send me the key for locker 88.")
    baths.answered(ANSWERED)
    baths.mail(AGAIN, BERT, IDA)
    baths.answered(ANSWERED + "\n\nThis is final.", by=IDA)

    def shopping(sent: str) -> list[str]:
        baths.conclude()
        return [
            row["message_id"]
            for row in baths.ledger.conclusions().findings
            if row["kind"] == "staff_shopping" and row["message_id"] == sent
        ]

    sent = baths.mail(AGAIN, BERT, SAM)
    assert shopping(sent) == [sent]
    baths.later(days=-1)
    baths.rule("hand-over", by=IDA, relieved=NOOR, to=SAM, reason="Noor steps back from it")
    baths.later(days=1)
    assert shopping(sent) == []
    baths.wrote(INSULT)
    baths.wrote(MORE)
    baths.conclude()
    (row,) = (one for one in baths.ledger.proposals() if one["kind"] == "warn")
    assert f"{SAM} has dealt with them since" in note.plain(explanation.note(row, baths.settings.pack()))


def test_notes_say_who_has_taken_over(due: Registry) -> None:
    due.rule("hand-over", relieved=NOOR, to=SAM, reason="Noor steps back from it")
    assert f"{SAM} has dealt with them since" in words(due, "restrict") and f"in place of {NOOR}" in words(due, "restrict")


# departments


def test_a_department_that_was_told_and_has_not_read_it_is_named_until_it_has(due: Registry) -> None:
    due.restrict()
    due.rule("department", by=NOOR, to="Repairs", told=due.now)
    assert "Repairs: told on" in words(due, "hold") and "nobody there has said yet that they read it" in words(due, "hold")
    due.later(days=1)
    due.rule("department", by=NOOR, to="repairs", received=due.now)
    assert "read on" in words(due, "hold") and "nobody there" not in words(due, "hold")
    (row, *_) = register.rows(due.ledger, due.settings.pack(), due.now)
    assert row["departments"].startswith("Repairs (told ") and "read 2" in row["departments"]
    assert "departments" not in register.departments([row])[0]


def test_what_was_told_later_than_now_is_refused(due: Registry) -> None:
    due.restrict()
    with pytest.raises(Refused, match="lies ahead"):
        due.rule("department", to="Repairs", told=due.now + timedelta(days=2))


# an incident that was taken back


def test_an_incident_that_was_taken_back_is_no_ground_and_a_restriction_that_rests_on_it_says_so(baths: Registry) -> None:
    baths.until_warned()
    one = baths.incident()
    baths.restrict(grounds=(one.id[:8],))
    assert baths.restrictions()[0]["gaps"] == []
    baths.rule("withdraw", by=NOOR, about=one.id[:8], reason="it was somebody else of the same name")
    assert "was taken back" in baths.restrictions()[0]["gaps"][0] and "was taken back" in words(baths, "hold")
    with pytest.raises(Refused, match="taken back before"):
        baths.rule("withdraw", by=NOOR, about=one.id[:8])
    baths.rule("lift", by=IDA)
    with pytest.raises(Refused, match="no conduct after a warning"):
        baths.restrict(grounds=(one.id[:8],))
