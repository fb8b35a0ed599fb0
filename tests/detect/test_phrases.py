"""The language of the phrase files: phrases that stand together in any order, and across two sentences."""

from __future__ import annotations

import re
from typing import Any

import pytest

from triage.detect import phrases
from triage.detect.phrases import Book, compose, shelved, words_of
from triage.detect.reading import read_text, spots
from triage.errors import Misconfigured

_TEXTS = {path.stem: path.read_text("utf-8") for path in phrases.FOLDER.glob("*.toml")}
FILES = sorted(name for name, text in _TEXTS.items() if "\nseverity" in text and "[[group]]" in text)


def book_of(**group: Any) -> Book:
    entry = {"name": "g", "reason": "r", "severity": "ordinary", "strength": 0.7, **group}
    return compose({"group": [entry]}, {}, "test")


def places(book: Book, text: str) -> list[tuple[str, bool]]:
    """The sentences in which something is found, and whether it counts there."""
    return [(spot.sentence.text, spot.counted) for spot in spots(read_text(text, books=shelved([book])), book)]


@pytest.mark.parametrize("kind", FILES)
def test_every_phrase_of_every_file_can_be_read_and_looked_for(kind: str) -> None:
    book = phrases.book(kind)
    for part in filter(None, (book, book.across)):
        for phrase in part._phrases:
            for pattern in (phrase.pattern, *phrase.others, *phrase.group.unless):
                assert re.compile(pattern).search("") is None


def test_all_books_are_on_the_shelf() -> None:
    assert sorted(phrases.KINDS) == FILES


def test_the_shelf_finds_what_each_book_finds() -> None:
    text = "you are a useless idiot, i will wait for you outside, and nobody could give a damn about your rotten service"
    words = words_of(text)
    each = {book: tuple(book.find(text, words)) for book in phrases.shelf().books}
    found, _ = phrases.shelf().find(text)
    assert len(found) > 1
    assert found == {book: hits for book, hits in each.items() if hits}


def test_phrases_that_stand_together_are_found_in_any_order() -> None:
    book = book_of(together=[["lovely (dog|cat)", "(shame|pity) if"]])
    assert places(book, "A shame if your lovely dog got out.") == [("A shame if your lovely dog got out.", True)]
    assert places(book, "Your lovely dog, a shame if it got out.") != []
    assert places(book, "Your lovely dog got out.") == []


def test_together_in_one_sentence_does_not_reach_into_the_next() -> None:
    assert places(book_of(together=[["lovely dog", "shame if"]]), "Your lovely dog. A shame if it got out.") == []


def test_what_stands_across_two_sentences_is_quoted_in_both_and_counted_once() -> None:
    book = book_of(across=True, together=[["lovely dog", "shame if"]])
    found = places(book, "Hello. What a lovely dog. It would be a shame if it got out. Bye.")
    assert found == [("What a lovely dog.", True), ("It would be a shame if it got out.", False)]
    assert places(book, "What a lovely dog. Hello again. It would be a shame if it got out.") == []


def test_a_part_that_somebody_else_said_does_not_count_across_sentences() -> None:
    book = book_of(across=True, together=[["lovely dog", "shame if"]])
    assert places(book, "What a lovely dog. My landlord said it would be a shame if it got out.") == []


def test_an_excuse_in_either_sentence_excuses_both() -> None:
    book = book_of(across=True, together=[["lovely dog", "shame if"]], unless=["fence"])
    assert places(book, "What a lovely dog. A shame if it got out through the fence.") == []


def test_a_faulty_part_of_a_together_is_reported_with_the_file() -> None:
    with pytest.raises(Misconfigured) as caught:
        book_of(together=[["fine", "(open"]])
    assert "rules/phrases/test.toml" in str(caught.value)


def test_a_phrase_sleeps_unless_every_part_may_be_there() -> None:
    book = book_of(together=[["lovely dog", "shame if"]])
    assert book._awake(words_of("what a lovely dog")) == []


def test_a_sentence_met_before_is_read_anew_where_the_mail_takes_it_back() -> None:
    book = phrases.book("abuse")
    words = "I said you are a useless idiot."
    assert spots(read_text(words), book) != []
    assert spots(read_text(f"I am sorry. {words}"), book) == []
    assert spots(read_text(words), book) != []


def test_other_books_find_other_things_in_a_sentence_met_before() -> None:
    text = "What a lovely dog."
    assert spots(read_text(text), book_of(phrases=["lovely dog"])) == []  # not on the shelf that was read with
    assert places(book_of(phrases=["lovely dog"]), text) == [(text, True)]
    assert places(book_of(phrases=["ugly dog"]), text) == []
