"""What a note about a step of the ladder tells whoever decides: our own mails as what they were, and the warning beside what came after it."""

from __future__ import annotations

from tests.rulings.registry import ASKED, IDA, INSULT, MORE, THREAT, Registry
from triage.correspondence import draft
from triage.explanation import note
from triage.note import plain


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
