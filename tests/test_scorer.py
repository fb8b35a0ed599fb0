"""`triage score`: a table of texts goes in, probabilities come out, and every fault of the table is told in words."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from triage import scorer
from triage.errors import Permanent
from triage.finding import Quote, Sign

TWENTY = {
    "a1": "I'll be at the depot gate tonight with a bat, and your foreman will be carried out.",
    "a2": "You are the most brainless, spineless clerk I have ever met.",
    "a3": "Fuck you, you lazy bastard.",
    "a4": "Take your blouse off for me, sweetheart, and I'll pay the invoice.",
    "a5": "Send me a white plumber, I won't have a Paki in my kitchen.",
    "a6": "I'm going to ring your wife and your boss every night until you resign.",
    "a7": "Bravo, only seven weeks to read one line! Gold star 👏👏",
    "a8": "Answer me within five minutes. NOW.",
    "a9": "I can't go on any more and tonight I am going to kill myself.",
    "b1": "The neighbour shouted 'I'll kill you' at my mother, so who can we talk to?",
    "b2": "Please could you tell me when the pool opens on Sunday?",
    "b3": "I am disgusted by this delay and will be going to the ombudsman.",
    "b4": "I'm a gay Muslim man and would like to join the choir.",
    "b5": "This printer is killing me, could somebody swap it?",
    "b6": "Thank you so much, Anna was wonderful.",
    "b7": "We'd like to move the appointment to the 9th.",
    "b8": "My invoice has the wrong address on it, could you correct it?",
    "b9": "The roof leaks again.",
    "c1": "",
    "c2": "  \n ",
}


def write(file: Path, rows: list[tuple[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([("id", "text"), *rows])


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    folder = tmp_path_factory.mktemp("score")
    write(folder / "in.csv", list(TWENTY.items()))
    assert scorer.score_file(folder / "in.csv", folder / "out.csv") == len(TWENTY)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert [row["id"] for row in rows] == list(TWENTY)
    assert list(rows[0]) == ["id", *scorer.SCORES]
    return {row["id"]: {kind: float(row[kind]) for kind in scorer.SCORES} for row in rows}


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("a1", "threat"),
        ("a2", "insult"),
        ("a3", "profanity"),
        ("a4", "sexual"),
        ("a5", "discrimination"),
        ("a6", "harassment"),
        ("a6", "intimidation"),
        ("a7", "tone"),
        ("a8", "demand"),
        ("a9", "welfare"),
        ("b1", "reported"),
    ],
)
def test_what_a_text_shows_outranks_every_harmless_text(scored: dict[str, dict[str, float]], row: str, kind: str) -> None:
    harmless = max(scored[other][kind] for other in ("b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"))
    assert scored[row][kind] > harmless, scored[row]


@pytest.mark.parametrize("row", ["a1", "a2", "a3", "a4", "a5", "a6"])
def test_abuse_of_each_kind_is_abuse(scored: dict[str, dict[str, float]], row: str) -> None:
    assert scored[row]["any_abuse"] > max(scored[other]["any_abuse"] for other in scored if other[0] in "bc")


@pytest.mark.parametrize("row", ["c1", "c2"])
def test_a_row_with_an_empty_text_gets_zeros(scored: dict[str, dict[str, float]], row: str) -> None:
    assert set(scored[row].values()) == {0.0}


def test_every_score_is_a_probability(scored: dict[str, dict[str, float]]) -> None:
    assert all(0.0 <= chance <= 1.0 for scores in scored.values() for chance in scores.values())


def sign(kind: str, strength: float = 0.9, severity: str = "ordinary") -> Sign:
    return Sign(kind, strength, severity, (Quote("<m@x.example>", "words", 0),), "why")  # type: ignore[arg-type]


def test_a_rule_raises_its_score_and_abuse_without_a_model() -> None:
    scores = scorer.combined({}, [sign("abuse")])
    assert scores["insult"] == pytest.approx(0.9)
    assert scores["any_abuse"] == pytest.approx(0.9)
    assert scores["threat"] == 0.0


def test_swearing_at_a_thing_and_sarcasm_are_no_abuse() -> None:
    scores = scorer.combined(
        {}, [sign("profanity", severity="advisory"), sign("hostile_tone", severity="advisory"), sign("urgent_demand")]
    )
    assert (scores["profanity"], scores["tone"], scores["demand"]) == pytest.approx((0.9, 0.9, 0.9))
    assert scores["any_abuse"] == 0.0


def test_a_threat_to_a_person_intimidates_and_one_to_a_thing_does_not() -> None:
    assert scorer.combined({}, [sign("threat", severity="grave")])["intimidation"] == pytest.approx(0.9)
    assert scorer.combined({}, [sign("threat", severity="serious")])["intimidation"] == 0.0


def test_a_text_scores_the_same_alone_and_among_others() -> None:
    model = scorer.load()
    texts = list(TWENTY.values())
    for text, together in zip(texts, scorer.score_texts(texts, model), strict=True):
        assert scorer.score_text(text, model) == pytest.approx(together)


def test_model_and_rule_together_are_surer_than_either() -> None:
    scores = scorer.combined({"threat": 0.5}, [sign("threat", 0.8)])
    assert scores["threat"] > 0.9


def test_a_rule_that_the_model_cannot_believe_counts_less_than_one_it_half_believes() -> None:
    doubted = scorer.combined({"threat": 0.01, "any_abuse": 0.01}, [sign("threat")])
    believed = scorer.combined({"threat": 0.3, "any_abuse": 0.3}, [sign("threat")])
    assert 0.1 < doubted["threat"] < 0.5 < believed["threat"] < 1.0
    assert doubted["any_abuse"] < believed["any_abuse"]


def test_somebody_elses_words_count_less_unless_a_rule_hears_the_writers_own() -> None:
    heard = {"insult": 0.8, "any_abuse": 0.8, "reported": 1.0}
    assert scorer.combined(heard, [])["insult"] == pytest.approx(0.24)
    assert scorer.combined(heard, [sign("abuse")])["insult"] > 0.9


def test_swearing_at_a_thing_is_held_against_the_writer_less_than_the_model_would() -> None:
    heard = {"any_abuse": 0.9, "profanity": 0.9}
    scores = scorer.combined(heard, [sign("profanity", severity="advisory")])
    assert scores["any_abuse"] == pytest.approx(0.54)
    assert scores["profanity"] > 0.99
    assert scorer.combined(heard, [sign("profanity", severity="ordinary")])["any_abuse"] == pytest.approx(0.9)


def fault(file: Path) -> str:
    output = file.with_name("out.csv")
    with pytest.raises(Permanent) as raised:
        scorer.score_file(file, output)
    assert not output.exists(), "a fault leaves no half-written table"
    assert list(file.parent.glob("*.part")) == []
    return str(raised.value)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,body\n1,hello\n")
    assert "no column text; it has: id, body" in fault(file)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes(b"")
    assert "is empty" in fault(file)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes("id,text\n1,café\n".encode("latin-1"))
    assert "not in UTF-8" in fault(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "does not exist" in fault(tmp_path / "in.csv")


def test_a_row_with_too_few_fields_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,text\n1,hello\n2\n")
    assert "line 3: too few fields" in fault(file)


def test_broken_quoting_is_told(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text('id,text\n1,"hello"x\n')
    assert "not a CSV that can be read" in fault(file)


def test_an_output_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path / "in.csv", [("1", "hello")])
    with pytest.raises(Permanent, match="folder that can be written"):
        scorer.score_file(tmp_path / "in.csv", tmp_path / "nowhere" / "out.csv")


def test_a_mark_at_the_start_further_columns_and_line_ends_in_texts_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes('\ufeffid,when,text\r\n"x,1",today,"two\r\nlines"\r\n'.encode())
    assert scorer.score_file(file, tmp_path / "out.csv") == 1
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1].startswith('"x,1",')


def test_a_table_with_no_rows_gives_a_table_with_no_rows(tmp_path: Path) -> None:
    write(tmp_path / "in.csv", [])
    assert scorer.score_file(tmp_path / "in.csv", tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").strip() == ",".join(("id", *scorer.SCORES))
