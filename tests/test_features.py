"""What the model sees of a sentence stays the same from machine to machine."""

from __future__ import annotations

import re
import time
import tomllib
from typing import Any

import numpy as np

from triage import features, hashed, word_vectors

MEANING = word_vectors.read(features.signs_file().with_name(word_vectors.FILE))


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
    one, two = (features.matrix(["Where is my parcel?", ""], signs, MEANING) for _ in range(2))
    assert one.shape == (2, features.columns(signs) + word_vectors.WIDTH)
    assert (one != two).nnz == 0


def test_hostile_input_takes_no_longer_than_its_length() -> None:
    signs = features.read_signs(features.signs_file())
    start = time.perf_counter()
    for text in ("a " * 25_000, '"' * 50_000, "A B " * 12_000, "!?" * 25_000, "you are " * 6_000, "((" * 25_000):
        features.signs_of(text, signs)
        features.sentences(text)
    assert time.perf_counter() - start < 5


def test_the_columns_are_those_of_scikit_learn() -> None:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    texts = [
        "Where is my parcel?", "", " ", "a", "ab cd", "It's   £40 — f**k off!!! 🙄🙄", "ﬁne ﬁne FINE naïve Ünal 你好 ", "x" * 700,
        'you you you you said so, and so did he; he did: "never again"', "\ud83d alone", "1 2 3 4 5 6", "tab\tand\nline",
    ]  # fmt: skip
    low = [features.folded(text).replace("\ud83d", "?") for text in texts]
    shared: dict[str, Any] = {"lowercase": False, "alternate_sign": False, "norm": "l2", "dtype": "float32"}
    words = HashingVectorizer(n_features=2**16, ngram_range=(1, 2), token_pattern=r"(?u)[\w'*!@$]+|[^\w\s]", **shared)
    letters = HashingVectorizer(n_features=2**16, analyzer="char_wb", ngram_range=(3, 5), **shared)
    wanted = csr_matrix(hstack([words.transform(low), letters.transform(low)]))
    found = hashed.beside([hashed.words(low, 2**16), hashed.letters(low, 2**16)])
    got = csr_matrix((found.values, found.columns, found.ends), shape=wanted.shape)
    assert abs(got - wanted).max() < 1e-6
    assert (abs(got) > 0).nnz == (abs(wanted) > 0).nnz


def test_a_product_is_that_of_scipy() -> None:
    signs = features.read_signs(features.signs_file())
    texts = ["You are useless, all of you.", "", "Please call me back about the boiler.", "I will break your windows!!!"]
    width = features.columns(signs)
    weights = np.random.default_rng(1).normal(size=(width + word_vectors.WIDTH, 3)).astype("float32")
    table, vectors = features.rows(texts, signs, MEANING)
    found = table.times(weights[:width]) + vectors @ weights[width:]
    assert np.allclose(found, features.matrix(texts, signs, MEANING) @ weights, atol=1e-5)


def test_a_sign_is_found_whatever_stands_beside_it() -> None:
    signs = features.read_signs(features.signs_file())
    groups = tomllib.loads(features.signs_file().read_text(encoding="utf-8"))
    for name, terms in groups.items():
        for term in terms:
            for sentence in (term.rstrip("*"), f"So ({term.rstrip('*')}) it is", f"and {term.replace('*', 'ing')}, then"):
                low = features.folded(sentence)
                number = signs.names.index(name)
                ending = r"\w{0,12}" if term.endswith("*") else ""
                if re.search(rf"(?<!\w){re.escape(term.rstrip('*'))}{ending}(?!\w)", low):
                    assert number in features.signs_of(sentence, signs), (name, term, sentence)
