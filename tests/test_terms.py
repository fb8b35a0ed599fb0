"""What a text is about: numbers, places, sums, telephones, words."""

from __future__ import annotations

import time

import pytest

from triage import terms


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Your order BX-40771 is late", {"bx-40771"}),
        ("bx-40771 in small letters, order 88104 in figures", {"88104"}),
        ("Ref: HL 5902", {"hl-5902"}),
        ("our ref is EM/40277, thank you", {"em-40277"}),
        ("on 12 MAY 2026 at 10", set()),
        ("since 2024", set()),
    ],
)
def test_reference_numbers_are_found_in_one_spelling(text: str, wanted: set[str]) -> None:
    assert wanted <= terms.references(text)
    assert not {"may-2026", "2024"} & terms.references(text)


def test_an_address_of_a_house_has_one_spelling() -> None:
    assert "12 rook lane" in terms.places("I live at 12 Rook Ln.") and "12 rook lane" in terms.places("12, Rook Lane")


def test_a_number_of_days_is_no_house() -> None:
    assert terms.places("within 14 days, or 3 May at the latest") == frozenset()


def test_sums_are_the_same_with_and_without_pence_and_commas() -> None:
    assert terms.amounts("£1,240.00") == terms.amounts("1240 pounds") == {"1240"}


def test_telephone_numbers_agree_with_and_without_the_country() -> None:
    assert terms.phones("07700 900123") == terms.phones("+44 7700 900123") != frozenset()
    assert terms.phones("on 12/05/2026 or 2026-05-12") == frozenset()


def test_words_meet_in_their_forms_and_small_words_are_left_out() -> None:
    assert terms.words("refunded") == terms.words("refunds") == terms.words("The refund")
    assert terms.words("I would like to know whether you could") == frozenset()


def test_accents_and_curly_quotes_make_no_difference() -> None:
    assert terms.fold("Café d’Été") == "cafe d'ete"


def test_overlap_is_the_share_of_the_smaller_set() -> None:
    assert terms.overlap({"a", "b"}, {"b", "c", "d"}) == 0.5
    assert terms.overlap(set(), {"a"}) == 0.0


@pytest.mark.parametrize(
    "text", ["1 " * 200_000, "A1" * 200_000, "(" * 200_000, "12 Aaaa " * 50_000, "£1," * 100_000, "+44 " * 100_000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.monotonic()
    terms.of(text)
    terms.phones(text[: terms.LONGEST])
    assert time.monotonic() - began < 5


def test_a_number_in_several_groups_is_one_reference_and_a_date_is_none() -> None:
    assert terms.references("About citation QT-12-90417.") == {"qt-12-90417"}
    assert terms.references("On AB-12/10/2025.") == frozenset()
