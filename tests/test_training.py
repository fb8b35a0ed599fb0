"""Training on a small table: what is learned from, what is left out, and that the result can be opened."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from triage import conduct_model, corpus, features, training, word_vectors
from triage.errors import Permanent

COLUMNS = (
    "id", "text", "threat", "insult", "profanity", "sexual", "discrimination", "harassment", "passive_aggressive", "any_abuse", "none",
    "hard_negative", "group", "source", "licence",
)  # fmt: skip
MODEL = Path(__file__).resolve().parent.parent / "models" / "conduct"
OWN = MODEL / "own-sentences.csv"


def table(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def public(text: str, source: str = "forum", licence: str = "MIT", **labels: str) -> dict[str, str]:
    return {"id": text[:9], "text": text, "source": source, "licence": licence, **labels}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    innocent = dict.fromkeys(("threat", "insult", "profanity", "sexual", "discrimination", "harassment", "any_abuse"), "0") | {
        "none": "1"
    }
    table(
        folder / "train.csv",
        [
            *(public(f"You utter fool number {n}", insult="1", any_abuse="1") for n in range(5)),
            *(public(f"See you at the game on the {n}th", **innocent) for n in range(2, 9)),
            public("Kept out, whoever wrote this", licence="Apache-2.0/CC-BY-SA-3.0", **innocent),
            public("Kept out as well, this one", licence="CDLA-Sharing-1.0", **innocent),
            public("My deaf aunt sings", **innocent),
        ],
    )
    table(
        folder / "dev.csv", [public(f"Please send form {n}. Thank you.", source="bitext_support", **innocent) for n in range(40)]
    )
    return folder


def test_share_alike_rows_are_never_learned_from(data: Path) -> None:
    rows = corpus.public_rows(data / "train.csv")
    assert len(rows.texts) == 13
    assert not any("Kept out" in text for text in rows.texts)


def test_what_a_source_does_not_say_is_not_taken_for_innocence(data: Path) -> None:
    rows = corpus.public_rows(data / "train.csv")
    labels = dict(zip(conduct_model.LEARNT, rows.labels[rows.texts.index("You utter fool number 3")], strict=True))
    assert labels["insult"] == 1.0
    assert labels["threat"] != labels["threat"], "neither guilty nor innocent"


def test_held_back_sentences_are_not_among_those_learned_from() -> None:
    learned, held = (set(corpus.own_rows(MODEL, held_back=back).texts) for back in (False, True))
    assert len(held) >= 300
    assert not learned & held


def test_there_are_six_thousand_own_sentences_and_each_label_follows_from_what_was_written() -> None:
    own = corpus.own(MODEL)
    assert len(own) >= 6_000
    assert all(
        "any_abuse" in sentence.labels for sentence in own if sentence.labels & {"threat", "insult", "sexual", "discrimination"}
    )
    assert {"nightshift", "scots", "learner", "school"} <= {sentence.voice for sentence in own}


def test_there_are_six_hundred_own_mails_in_every_kind_and_some_to_measure_with() -> None:
    mails = corpus.mails(MODEL)
    assert len(mails) >= 600
    learned = [mail for mail in mails if not mail.held_back]
    assert {label for mail in learned for label in mail.labels} >= set(conduct_model.LEARNT)
    assert sum(mail.held_back for mail in mails) >= 100
    assert 0.3 <= sum(not mail.labels for mail in learned) / len(learned) <= 0.6


MAIL = """% voice
= threat | why
Subject: The gate
Hello,
[threat] I know when you lock up.

= - | fair
Subject: Thanks
It works now.
"""


def test_a_whole_mail_is_read_with_its_subject_and_what_each_sentence_is(tmp_path: Path) -> None:
    shutil.copy(OWN, tmp_path)
    (tmp_path / "held" / "mails").mkdir(parents=True)
    (tmp_path / "held" / "mails" / "new.txt").write_text(MAIL, encoding="utf-8")
    one, other = corpus.mails(tmp_path)
    assert one.subject == "The gate" and one.text == "Hello,\nI know when you lock up." and one.held_back
    assert [sorted(sentence.labels) for sentence in one.sentences] == [[], ["any_abuse", "threat"]]
    assert not other.labels and other.voice == "voice"
    assert {"I know when you lock up.", "It works now."} <= {
        sentence.text for sentence in corpus.own(tmp_path) if sentence.held_back
    }


def test_a_mail_whose_head_says_something_else_than_its_sentences_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copy(OWN, tmp_path)
    (tmp_path / "own" / "mails").mkdir(parents=True)
    (tmp_path / "own" / "mails" / "new.txt").write_text(MAIL.replace("= threat", "= insult"), encoding="utf-8")
    with pytest.raises(
        Permanent, match=r"new\.txt, line 6: the mail is said to be any_abuse insult, its sentences are any_abuse threat"
    ):
        corpus.mails(tmp_path)


def test_a_label_that_is_none_of_the_kinds_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copy(OWN, tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "new.txt").write_text("# a voice\n@ threat rudeness | made up\nGet out.\n", encoding="utf-8")
    with pytest.raises(Permanent, match=r"new\.txt, line 2: rudeness"):
        corpus.own(tmp_path)


def test_ordinary_mail_is_learned_from_and_measured_on_by_turns(data: Path) -> None:
    with (data / "ordinary.csv").open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([("id", "text"), *((str(n), f"The {n}th bus was late.") for n in range(10))])
    read = training.read(data)
    assert "The 0th bus was late." in read.public.texts
    assert "The 1th bus was late." not in read.public.texts
    assert "The 1th bus was late." in read.ordinary


def test_own_sentences_name_only_kinds_there_are_and_none_twice() -> None:
    with OWN.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert {label for row in rows for label in row["labels"].split()} <= {*conduct_model.KINDS, "allegation"}
    assert len({row["text"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)


def test_only_innocent_sentences_are_copied_with_another_group_in_place(data: Path) -> None:
    rows = corpus.public_rows(data / "train.csv")
    rows.add("My deaf uncle is a fool", {"any_abuse": 1.0, "insult": 1.0}, 1.0, "forum")
    copies = corpus.with_identities_swapped(rows, ("gay", "Polish"))
    assert copies.texts == []
    copies = corpus.with_identities_swapped(rows, ("deaf", "gay"))
    assert len(copies.texts) == 1
    assert copies.texts[0] in ("My deaf aunt sings", "My gay aunt sings")


def test_a_trained_model_opens_and_its_manifest_says_how_well_it_does(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.mkdir()
    shutil.copy(OWN, out)
    shutil.copy(features.signs_file(), out)
    shutil.copy(MODEL / "words.npz", out)
    manifest = training.train(data, out)
    model = conduct_model.opened(out)
    (guilty, innocent) = model.sentences(["I'll break his legs", "Where do I send the form?"])
    assert guilty["threat"] > innocent["threat"]
    assert manifest["ordinary_mails"] == 40
    assert set(manifest["thresholds"]) == set(conduct_model.LEARNT)
    assert manifest["error"]["held back"]["insult"]["auroc"] > 0.7


def test_functional_tests_are_never_learned_and_are_measured_apart() -> None:
    tests = [sentence for sentence in corpus.own(MODEL) if sentence.voice == corpus.FUNCTIONS]
    assert len(tests) >= 280 and all(test.held_back for test in tests)
    assert 0.4 <= sum(not test.labels for test in tests) / len(tests) <= 0.6
    for back in (False, True):
        assert not {test.text for test in tests} & set(corpus.own_rows(MODEL, held_back=back).texts)


def test_as_many_weights_are_kept_as_the_file_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(MODEL / "words.npz", tmp_path)
    signs = features.read_signs(features.signs_file())
    lines = np.random.default_rng(7).normal(0.0, 0.02, (len(conduct_model.LEARNT), features.columns(signs) + word_vectors.WIDTH))
    kept = []
    for limit in (100_000_000, 1_500_000):
        monkeypatch.setattr(conduct_model, "SIZE_LIMIT", limit)
        model = training._written(tmp_path, lines, np.zeros(len(lines)), signs)
        assert (tmp_path / conduct_model.MODEL).stat().st_size < limit
        kept.append(np.count_nonzero(model.weights))
    assert 0 < kept[1] < kept[0] < lines.size


def test_training_without_data_says_what_is_missing(tmp_path: Path) -> None:
    shutil.copy(OWN, tmp_path)
    shutil.copy(features.signs_file(), tmp_path)
    shutil.copy(MODEL / "words.npz", tmp_path)
    with pytest.raises(Permanent, match=r"no train\.csv"):
        training.train(tmp_path, tmp_path)


def test_training_without_own_sentences_says_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"own-sentences\.csv is missing"):
        training.train(data, tmp_path)
