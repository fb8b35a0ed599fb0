"""A model is only used when it is the one its manifest describes; the refusals say what to do."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from triage import conduct_model
from triage.errors import Permanent

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "conduct"
FLOORS = Path(__file__).with_name("figures.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("model.skops", "manifest.json", "signs.toml", "words.npz"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def vouch_for(folder: Path) -> None:
    digest = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest.update(sha256=digest))


def refusal(folder: Path) -> str:
    with capture_logs() as logged:
        assert conduct_model.load(folder) is None
    (entry,) = logged
    return str(entry["reason"])


def test_the_shipped_model_opens_and_is_small(folder: Path) -> None:
    model = conduct_model.load(folder)
    assert model is not None
    assert model.kinds == conduct_model.LEARNT
    assert (folder / "model.skops").stat().st_size <= conduct_model.SIZE_LIMIT


def test_a_model_whose_bytes_were_changed_is_refused(folder: Path) -> None:
    with (folder / "model.skops").open("ab") as file:
        file.write(b"\0")
    assert "SHA-256 differs" in refusal(folder)


def test_a_table_of_words_that_was_changed_is_refused(folder: Path) -> None:
    with (folder / "words.npz").open("ab") as file:
        file.write(b"\0")
    assert "words.npz is not the one the model was trained with" in refusal(folder)


def test_a_wrong_hash_in_the_manifest_is_refused(folder: Path) -> None:
    rewrite(folder, lambda manifest: manifest.update(sha256="0" * 64))
    assert "SHA-256 differs" in refusal(folder)


def test_a_pickle_is_refused_even_when_the_manifest_vouches_for_it(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "opened"
    (folder / "model.skops").write_bytes(pickle.dumps(_Trap(str(trap))))
    vouch_for(folder)
    assert "pickles and other forms are never opened" in refusal(folder)
    assert not trap.exists()


class _Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.path, "w")


def test_a_model_that_holds_another_type_is_refused_by_its_name(folder: Path) -> None:
    import skops.io

    skops.io.dump({"kinds": [], "values": Path("x").suffix, "columns": _Trap("x")}, folder / "model.skops")
    vouch_for(folder)
    assert "_Trap" in refusal(folder)


def test_a_skops_file_with_other_contents_is_refused(folder: Path) -> None:
    import skops.io

    skops.io.dump({"kinds": ["threat"]}, folder / "model.skops")
    vouch_for(folder)
    assert "cannot be read as a model" in refusal(folder)


def test_a_file_that_unpacks_to_too_much_is_refused_unread(folder: Path) -> None:
    with zipfile.ZipFile(folder / "model.skops", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", b" " * (conduct_model.UNPACKED_LIMIT + 1))
    vouch_for(folder)
    assert "unpacks to" in refusal(folder)


def test_a_model_file_over_the_size_limit_is_refused(folder: Path) -> None:
    (folder / "model.skops").write_bytes(b"\0" * (conduct_model.SIZE_LIMIT + 1))
    assert "more than the 5000000" in refusal(folder)


def test_a_model_made_with_another_minor_version_is_refused_with_both_versions(folder: Path) -> None:
    rewrite(folder, lambda manifest: manifest["libraries"].update({"scikit-learn": "1.2.2"}))
    assert "made with scikit-learn 1.2.2, but" in refusal(folder)


def test_a_model_made_with_another_patch_version_is_used(folder: Path) -> None:
    def other_patch(manifest: dict[str, Any]) -> None:
        major, minor, _ = manifest["libraries"]["scikit-learn"].split(".")
        manifest["libraries"]["scikit-learn"] = f"{major}.{minor}.99"

    rewrite(folder, other_patch)
    assert conduct_model.load(folder) is not None


@pytest.mark.parametrize("key", ["format", "features"])
def test_a_model_of_another_format_is_refused(folder: Path, key: str) -> None:
    rewrite(folder, lambda manifest: manifest.update({key: 99}))
    assert "run `triage train`" in refusal(folder)


def test_changed_signs_are_refused(folder: Path) -> None:
    with (folder / "signs.toml").open("a") as file:
        file.write("# more\n")
    assert "signs.toml is not the one the model was trained with" in refusal(folder)


@pytest.mark.parametrize("name", ["model.skops", "manifest.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


@pytest.mark.parametrize("words", ["", "[]", "{", "null", '{"libraries": 7, "format": 1, "features": 1}'])
def test_a_manifest_that_is_none_is_refused_in_words(folder: Path, words: str) -> None:
    (folder / "manifest.json").write_text(words)
    assert "triage train" in refusal(folder)


def test_opened_says_why_by_raising(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"manifest\.json is missing"):
        conduct_model.opened(tmp_path)


@pytest.fixture(scope="module")
def model() -> conduct_model.Scorer:
    return conduct_model.opened(SHIPPED)


def test_every_probability_lies_between_0_and_1(model: conduct_model.Scorer) -> None:
    texts = ["", "  ", "\0", "🙄" * 50, "a" * 5000, "x y z " * 500, "Thank you.", "YOU LIAR!!!", "ﷺ" * 30, "f u c k y o u"]
    for row in model.sentences(texts):
        assert set(row) == set(conduct_model.LEARNT)
        assert all(0.0 <= chance <= 1.0 for chance in row.values())


def test_a_text_without_words_scores_nothing(model: conduct_model.Scorer) -> None:
    assert model.sentences([" \n"]) == [dict.fromkeys(conduct_model.LEARNT, 0.0)]
    assert model.score_message("  \n ")["threat"] == conduct_model.Score(0.0, "", -1)


def test_no_texts_give_no_scores(model: conduct_model.Scorer) -> None:
    assert model.sentences([]) == []


def test_the_sentence_that_shows_it_is_named_with_its_place(model: conduct_model.Scorer) -> None:
    text = "The gate was left open again. I am going to smash your skull in with a spanner. Kind regards, Pat"
    score = model.score_message(text)["threat"]
    assert score.sentence == "I am going to smash your skull in with a spanner."
    assert text[score.start :].startswith(score.sentence)
    assert score.probability > model.thresholds["threat"]["1"]


def test_a_long_harmless_mail_is_not_guilty_of_its_length(model: conduct_model.Scorer) -> None:
    sentence = "The meter in the hall was read on the third and the bill came a week later. "
    once = model.score_message(sentence)
    often = model.score_message(sentence * 60)
    for kind in conduct_model.KINDS:
        assert often[kind].probability == pytest.approx(once[kind].probability, abs=0.02), kind


def test_naming_a_group_of_people_is_not_held_against_anybody(model: conduct_model.Scorer) -> None:
    for who in ("Muslim", "Jewish", "gay", "Black", "deaf", "trans", "Polish", "Irish", "elderly", "autistic"):
        (scores,) = model.sentences([f"My {who} neighbour would like to join the allotment society."])
        assert scores["discrimination"] < model.thresholds["discrimination"]["1"], who
        assert scores["any_abuse"] < model.thresholds["any_abuse"]["5"], who


def test_pairs_gives_every_sentence_in_order(model: conduct_model.Scorer) -> None:
    pairs = model.pairs("The bin is full. Could you empty it?")["insult"]
    assert [sentence for sentence, _ in pairs] == ["The bin is full.", "Could you empty it?"]


MAILS = [
    "Dear all,\nI will burn your office down. You are a useless idiot.\nKind regards",
    "Dear all,\nThe boiler is off again and my baby is freezing.\nKind regards",
    "I will burn your office down.",
]


def test_a_sentence_that_was_met_before_says_the_same_as_the_first_time(folder: Path) -> None:
    model, other = conduct_model.opened(folder), conduct_model.opened(folder)
    first = model.remarkable(MAILS)
    assert any(first)
    assert model.remarkable(MAILS) == first
    assert [other.remarkable([mail])[0] for mail in reversed(MAILS)] == first[::-1]


def test_what_was_met_is_forgotten_when_it_grows_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = conduct_model.opened(folder)
    first = model.remarkable(MAILS)
    monkeypatch.setattr(conduct_model, "_MOST_MET", 2)
    assert model.remarkable(MAILS) == first
    assert model.remarkable(["Something else."]) == [{}]
    assert len(model._met) == 1


def test_a_model_that_was_changed_remembers_nothing_of_the_old_one(folder: Path) -> None:
    model = conduct_model.opened(folder)
    first = model.remarkable(MAILS)
    rewrite(folder, lambda manifest: manifest.update(thresholds={}))
    assert conduct_model.opened(folder).remarkable(MAILS) == [{} for _ in first] != first


def test_the_shipped_model_finds_what_it_is_said_to_find() -> None:
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8"))["conduct_recall_at_1"]
    measured = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))["error"]["held back"]
    assert len(floors) == len(conduct_model.KINDS)
    assert not {
        kind: measured[kind]["recall_at_1_per_1000"]
        for kind, least in floors.items()
        if measured[kind]["recall_at_1_per_1000"] < least
    }
