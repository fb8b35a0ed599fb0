"""What a note about a step of the ladder tells whoever decides: our own mails as what they were, and the warning beside what came after it."""

from __future__ import annotations

from pathlib import Path

from office import run

from tests.rulings.registry import ADJUSTMENT, ASKED, BERT, DESK, IDA, INSULT, MORE, SAM, THREAT, Registry, registry
from triage.correspondence import draft
from triage.explanation import note
from triage.note import plain


def told_after(baths: Registry, *mails: str) -> str:
    for words in mails:
        baths.wrote(words)
    return told(baths, "warn")


def told(baths: Registry, kind: str) -> str:
    baths.conclude()
    (row,) = (one for one in baths.ledger.proposals() if one["kind"] == kind)
    return plain(note(row, baths.settings.pack()))


def test_the_warning_stands_beside_what_came_after_it(due: Registry) -> None:
    said = told(due, "restrict")
    assert (
        'THE WARNING\nThey were warned by mail on 5 Mar 2026; what follows came after that.\n    "This is a formal warning.'
        in said
    )
    assert said.index("THE WARNING") < said.index("WHAT WAS SEEN")


def test_what_is_known_of_their_situation_stands_before_what_they_did(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    assert "WHAT IS KNOWN OF THEM" not in told_after(baths, INSULT, MORE)
    said = told_after(baths, ADJUSTMENT)
    assert said.count("An adjustment was asked for.") == 1
    assert (
        said.index("OUR PART FIRST")
        < said.index("WHAT IS KNOWN OF THEM\nAn adjustment was asked for.")
        < said.index("WHAT WAS SEEN")
    )


def test_what_was_aimed_at_one_person_over_time_stands_together_with_its_days(tmp_path: Path) -> None:
    baits = [
        "Go on, Noor, lose your temper. I want to see you cry.",
        "Everybody at your office laughs about you, Noor. I will write to you every day until you give up and leave.",
        "Still there, Noor? I will write to you every day until you give up and leave.",
    ]
    with registry(tmp_path, "aurora-assist") as aurora:
        aurora.wrote(ASKED)
        aurora.answered()
        for words in baits:
            aurora.later(days=3)
            aurora.wrote(words)
        said = told(aurora, "warn")
        assert said.count("2026: intimidation or goading") + said.count("2026: the same") == 3
        assert (
            all(day in said for day in ("5 Mar 2026", "8 Mar 2026", "11 Mar 2026"))
            and said.count("until you give up and leave") == 2
        )


def test_who_else_was_written_to_is_told_by_explain(due: Registry) -> None:
    message_id = due.mail("Go on, Noor, lose your temper. I want to see you cry.", BERT, f"{DESK}, {SAM}")
    due.conclude()
    said = run("explain", message_id, "--settings", str(due.folder / "settings.ini")).output
    assert f"to {DESK}, {SAM}\n" in said and "I want to see you cry." in said


def test_a_warning_given_another_way_is_named_with_its_day(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    baths.wrote(MORE)
    baths.later(days=1)
    baths.rule("warn", notice="file letter.pdf sha256:00", told=baths.now)
    baths.later(days=1)
    baths.wrote(INSULT + " Again.")
    assert "They were warned another way than by mail on 3 Mar 2026" in told(baths, "restrict")


def test_where_one_grave_incident_needs_no_warning_the_note_says_that_none_was_given(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(THREAT)
    assert "None was given: one grave incident needs none first." in told(baths, "restrict")


def test_a_warning_that_promises_a_look_is_called_a_warning_and_no_putting_off(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    baths.wrote(MORE)
    body = draft("warning", "bert.quill@inlook.example", baths.ledger, baths.settings, baths.now, signed="Ida Holt").body
    baths.answered(body, IDA)
    baths.wrote(INSULT + " Again.")
    said = told(baths, "restrict")
    assert "Our other mails were no answer: a warning." in said and "looked into" not in said
