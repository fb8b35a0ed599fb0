"""`triage group`: contacts and matters of a file, each decided when it arrives."""

from __future__ import annotations

from typing import Any

from triage.grouping import group

DAY = 86_400
GATE = "The gate of the allotments at Hopfield drags on its hinges and nobody can wheel a barrow through."


def row(number: int, body: str, address: str, name: str, day: float, **more: Any) -> dict[str, Any]:
    return {
        "id": f"<{number}@file.example>",
        "time": 1_770_000_000 + day * DAY,
        "address": address,
        "name": name,
        "body": body,
    } | more


def grouped(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["contact"], one["matter"]) for one in group(rows)]


def test_the_same_name_in_another_matter_is_another_contact() -> None:
    first, second = grouped(
        row(1, GATE, "ivy.marsh@one.example", "Ivy Marsh", 0, subject="Allotment gate"),
        row(2, "Do you sell season tickets for the ferry?", "imarsh@two.example", "Ivy Marsh", 90, subject="Ferry"),
    )
    assert first[0] != second[0] and first[1] != second[1]


def test_the_same_name_that_goes_on_in_the_same_matter_is_one_contact() -> None:
    first, second = grouped(
        row(1, GATE, "ivy.marsh@one.example", "Ivy Marsh", 0, subject="Allotment gate"),
        row(2, f"{GATE} I wrote about it before.", "imarsh@two.example", "Ivy Marsh", 2, subject="Re: Allotment gate"),
    )
    assert first == second


def test_a_reply_to_a_mail_that_was_never_seen_meets_the_other_replies_to_it() -> None:
    first, second = grouped(
        row(1, "I can second that.", "ivy@one.example", "Ivy Marsh", 0, in_reply_to="<gone@file.example>"),
        row(2, "So can I, and my neighbour too.", "jo@two.example", "Jo Fell", 1, references=["<gone@file.example>"]),
    )
    assert first[1] == second[1] and first[0] != second[0]


def test_two_matters_of_one_person_on_one_day_stay_apart() -> None:
    first, second = grouped(
        row(1, GATE, "ivy@one.example", "Ivy Marsh", 0, subject="Allotment gate"),
        row(
            2,
            "I ordered two library cards for my sons, when will they come?",
            "ivy@one.example",
            "Ivy Marsh",
            0.2,
            subject="Library cards",
        ),
    )
    assert first[0] == second[0] and first[1] != second[1]
