"""The trained matter model: what it is made of, that it is asked as it was trained, and that a strange file is refused."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path

import pytest

from triage import comparison, invented, matter, matter_evaluation, pair_model, pairing
from triage.errors import Permanent

PARTS = pair_model.FOLDER


def archive(folder: Path, name: str, seed: int) -> None:
    """A small archive in the form of a mailing list, of invented mail."""
    rows = []
    for story in invented.stories(PARTS, seed, 12):
        for told in story:
            mail = told.message
            row = {
                "id": mail.message_id,
                "time": mail.sent_at.timestamp(),
                "address": mail.sender.email,
                "name": mail.sender.name,
            }
            row |= {"body": mail.own, "subject": mail.subject, "in_reply_to": mail.in_reply_to, "staff": told.by_staff}
            rows.append(row | {"matter": told.matter, "new_thread": not mail.in_reply_to})
    with lzma.open(folder / f"{name}.C3.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: row["time"]))


def test_the_same_seed_tells_the_same_stories() -> None:
    first, again = ([[told.message for told in story] for story in invented.stories(PARTS, 3, 5)] for _ in range(2))
    assert first == again


def test_stories_hold_people_with_two_matters_on_one_day() -> None:
    days = [
        {(told.matter, told.message.sent_at.date()) for told in story if not told.by_staff}
        for story in invented.stories(PARTS, 4, 60)
    ]
    assert sum(len({day for _, day in story}) < len(story) for story in days) >= 5


def test_agreement_is_whole_when_what_was_found_is_the_truth_and_falls_when_all_is_thrown_together() -> None:
    truth = [("a", "1"), ("a", "1"), ("b", "2")]
    together = [("a", "1"), ("a", "1"), ("b", "1")]
    assert matter_evaluation.agreement(truth, [True] * 3)["pairwise_f1"] == 1.0
    figures = matter_evaluation.agreement(together, [True] * 3)
    assert (figures["pairwise_precision"], figures["pairwise_recall"]) == (0.333, 1.0)


def test_a_word_of_every_mail_is_common_in_the_table_and_an_unknown_one_is_rare() -> None:
    table = pairing.frequencies([[frozenset({"parcel", f"rarity{number}"}) for number in range(50)]])
    frequencies = comparison.Frequencies(table)
    assert frequencies.weight("parcel") < 0.1 < 5 < frequencies.weight("zygote")


def test_a_model_can_be_trained_read_back_and_refused_when_it_was_changed(tmp_path: Path) -> None:
    archive(tmp_path, "one", 1)
    shutil.copy(PARTS / invented.PARTS, tmp_path)
    manifest = pairing.train(tmp_path, tmp_path, stories=15)
    judge = pair_model.opened(tmp_path)
    assert manifest["data_sha256"].keys() == {"one.C3.jsonl.xz", "invented"}
    assert 0.0 < judge.chances([[0.0] * len(comparison.NAMES)])[0] < 1.0
    model = tmp_path / pair_model.MODEL
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(Permanent, match="sha256 differs"):
        pair_model.opened(tmp_path)


def test_without_archives_training_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="training needs archives"):
        pairing.train(tmp_path, tmp_path)


def test_without_a_model_there_is_no_judge_and_mail_is_still_placed(tmp_path: Path) -> None:
    assert pair_model.loaded(tmp_path) is None
    board = matter.Board(matter.Known(pair_model.loaded(tmp_path)))
    (story,) = invented.stories(PARTS, 9, 1)
    assert all(board.place(told.message, told.by_staff).matter for told in story)


def test_trees_that_point_outside_themselves_are_refused() -> None:
    import numpy as np

    one = np.array([0])
    held = {"columns": one, "limits": one, "left": one + 5, "right": one, "values": one, "roots": one, "start": 0.0, "depth": 1}
    with pytest.raises(ValueError, match="outside"):
        pair_model.judge(held, 0.5)


def test_the_model_that_comes_with_the_program_fits_its_manifest_and_is_small() -> None:
    judge = pair_model.opened(PARTS)
    assert (PARTS / pair_model.MODEL).stat().st_size < 2_000_000
    assert 0.4 < judge.threshold < 1.0
