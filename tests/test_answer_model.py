"""The answer model is only used when it is the one its manifest describes; letters to learn from are understood or refused by line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from triage import answer_data, answer_lines, answer_model, answer_training
from triage.answer_data import Said
from triage.errors import Permanent

SHIPPED = answer_model.FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (answer_model.MODEL, answer_model.MANIFEST):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def refusal(folder: Path) -> str:
    with capture_logs() as logged:
        assert answer_model.loaded.__wrapped__(folder) is None
    (entry,) = logged
    return str(entry["reason"])


def rewrite(folder: Path, **change: object) -> None:
    manifest = json.loads((folder / answer_model.MANIFEST).read_text())
    (folder / answer_model.MANIFEST).write_text(json.dumps(manifest | change))


def test_the_shipped_model_opens_and_is_small() -> None:
    judge = answer_model.opened(SHIPPED)
    assert judge.weights.shape == (answer_lines.WIDTH, len(answer_model.LEARNT))
    assert (SHIPPED / answer_model.MODEL).stat().st_size <= answer_model.SIZE_LIMIT


def test_the_manifest_names_the_letters_it_was_trained_on() -> None:
    manifest = json.loads((SHIPPED / answer_model.MANIFEST).read_text())
    assert manifest["data_sha256"] == answer_training.digests(SHIPPED)


def test_a_model_whose_bytes_were_changed_is_refused(folder: Path) -> None:
    with (folder / answer_model.MODEL).open("ab") as file:
        file.write(b"\0")
    assert "SHA-256 differs" in refusal(folder)


@pytest.mark.parametrize("change", [{"format": 99}, {"features": 99}, {"libraries": {"numpy": "1.2.3"}}])
def test_a_model_of_another_making_is_refused_and_the_command_named(folder: Path, change: dict[str, object]) -> None:
    rewrite(folder, **change)
    assert "run `triage train --answers`" in refusal(folder)


def test_a_manifest_without_limits_is_refused(folder: Path) -> None:
    rewrite(folder, thresholds={"answer": 0.9})
    assert "cannot be read as a model" in refusal(folder)


def test_a_model_for_other_labels_is_refused(folder: Path) -> None:
    import skops.io

    held = {"kinds": ["answer"], "values": np.zeros(0), "columns": np.zeros(0, int), "ends": np.zeros(11, int)}
    skops.io.dump(held | {"intercepts": np.zeros(10), "letter": np.zeros(3)}, folder / answer_model.MODEL)
    rewrite(folder, sha256=answer_training.model_file.digest(folder / answer_model.MODEL))
    assert "other labels" in refusal(folder)


@pytest.mark.parametrize("name", [answer_model.MODEL, answer_model.MANIFEST])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


LETTERS = """# a remark
% ferryman
= Asks whether the noon boat sails.
Subject: Noon
Morning Ada,
[answer, explains] No boat at noon, there's too much swell.
[offer] The two o'clock has room.

% cobbler
[ack] Boots received.
"""


def write(folder: Path, name: str, words: str) -> Path:
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / name).write_text(words, encoding="utf-8")
    return folder


def test_a_letter_has_its_voice_what_was_asked_and_the_labels_of_its_sentences(tmp_path: Path) -> None:
    first, second = answer_data.read(write(tmp_path, "coast.txt", LETTERS))
    assert (first.voice, first.asked, first.subject) == ("ferryman", "Asks whether the noon boat sails.", "Noon")
    assert first.said[0] == Said("Morning Ada,", frozenset())
    assert first.said[1].labels == {"answer", "explains"} and first.answers
    assert (second.voice, second.asked, second.answers, second.held_back) == ("cobbler", "", False, False)


def test_a_file_that_is_held_back_only_measures(tmp_path: Path) -> None:
    assert all(one.held_back for one in answer_data.read(write(tmp_path, "held.txt", LETTERS)))


def test_an_unknown_label_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"coast\.txt, line 6: answr is no label"):
        answer_data.read(write(tmp_path, "coast.txt", LETTERS.replace("[answer,", "[answr,")))


def test_the_labels_of_a_sentence_reach_each_piece_that_the_program_sees_of_it(tmp_path: Path) -> None:
    words = LETTERS.replace("too much swell.", "too much swell. Sorry! Tomorrow looks no better.")
    (example, _) = answer_training.examples(answer_data.read(write(tmp_path, "coast.txt", words)))
    answers = example.truth()[:, answer_model.LEARNT.index("answer")]
    parts = [part.text for part in example.reading.alone.parts]
    assert parts[2:] == ["Sorry!", "Tomorrow looks no better.", "The two o'clock has room."]
    assert answers.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_training_writes_a_model_that_opens_and_measures_itself_on_other_voices(tmp_path: Path) -> None:
    words = (SHIPPED / "own" / "staff.txt").read_text(encoding="utf-8").split("\n\n")
    manifest = answer_training.train(write(tmp_path, "some.txt", "\n\n".join(words[:150])))
    judge = answer_model.opened(tmp_path)
    assert dict(judge.thresholds) == manifest["thresholds"]
    assert 0.5 < manifest["error"]["other voices"]["auroc"] <= 1.0
    assert manifest["data_sha256"] == answer_training.digests(tmp_path)


def test_training_without_letters_says_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="holds no letters to learn from"):
        answer_training.train(tmp_path)
