"""What the model sees of a sentence stays the same from machine to machine."""

from __future__ import annotations

import time

from triage import features


def signs_in(text: str) -> set[str]:
    signs = features.read_signs(features.signs_file())
    return {signs.names[column] for column in features.signs_of(text, signs)}


def test_sentences_keep_their_place_in_the_text() -> None:
    text = 'Dear all,\n\n  He said "no." Then he left… Why?\nPat'
    found = features.sentences(text)
    assert [part.text for part in found] == ["Dear all,", 'He said "no."', "Then he left…", "Why?", "Pat"]
    assert all(text[part.start :].startswith(part.text) for part in found)


def test_the_end_of_a_very_long_sentence_is_looked_at_too() -> None:
    found = features.sentences("word " * 300 + "idiot")
    assert found[-1].text.endswith("idiot")
    assert all(len(part.text) <= features.SENTENCE_LIMIT for part in found)


def test_a_text_without_words_has_no_sentences() -> None:
    assert features.sentences(" \n ... \n") == []


def test_odd_letters_and_spaced_letters_are_evened_out() -> None:
    assert features.folded("Ｙou  ARE an i d i o t") == "you are an idiot"
    assert features.folded("I’ll") == "i'll"


def test_signs_say_who_speaks_of_what() -> None:
    assert {"i_will", "violence", "you"} <= signs_in("I'll break your jaw and you know it")
    assert {"reporting", "third", "quoted"} <= signs_in('He shouted "get lost" at us')
    assert "violence" not in signs_in("The skilled painter came")


def test_rows_are_the_same_each_time_and_as_wide_as_promised() -> None:
    signs = features.read_signs(features.signs_file())
    one, two = (features.matrix(["Where is my parcel?", ""], signs) for _ in range(2))
    assert one.shape == (2, features.columns(signs))
    assert (one != two).nnz == 0


def test_hostile_input_takes_no_longer_than_its_length() -> None:
    signs = features.read_signs(features.signs_file())
    start = time.perf_counter()
    for text in ("a " * 25_000, '"' * 50_000, "A B " * 12_000, "!?" * 25_000, "you are " * 6_000, "((" * 25_000):
        features.signs_of(text, signs)
        features.sentences(text)
    assert time.perf_counter() - start < 5
