"""The trained answer model: how likely each sentence of a letter of ours answers, explains, puts off …, and the letter as a whole.

It stands beside the rules of `triage.staff_reading`, which say what is done with it. As with the conduct model, a file is read only
when its manifest fits (hash, format, versions) and holds nothing but texts and arrays; otherwise the rules speak alone, and the log
says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from triage import answer_lines, model_file
from triage.answer_lines import Line
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent.parent / "models" / "answers"
MODEL = "model.skops"
MANIFEST = "manifest.json"
FORMAT = 1
SIZE_LIMIT = 3_000_000
"""Octets of the model file."""
UNPACKED_LIMIT = 30_000_000
COMMAND = "triage train --answers"
LIBRARIES = ("scikit-learn", "skops", "numpy", "scipy")

LEARNT = ("answer", "explains", "refuses", "offer", "final", "putting off", "promise", "handover", "asks", "notice")
"""What a sentence may do, in the order of the weights. "putting off" is an acknowledgement or a holding reply, "notice" a warning, a
request to stop, a restriction or its end."""
THRESHOLDS = ("answer", "alone", "veto", "explains", "offer", "final")
"""The scores that the manifest names: see `Heard`."""
LETTER = (
    "answer", "second answer", "answer beside", "explains", "refuses", "offer", "final", "putting off", "promise", "handover", "asks",
    "notice", "least putting off", "length", "rules say answer", "doubtful", "notices", "elsewhere", "nothing known", "asked a question",
)  # fmt: skip
"""What the letter's own score is made of."""
_BESIDE = tuple(LEARNT.index(name) for name in ("putting off", "promise", "handover", "asks", "notice"))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model makes of one letter. Chances are 0 to 1."""

    letter: float
    """That it answers."""
    chances: tuple[Mapping[str, float], ...]
    """For each sentence, those of `LEARNT`."""

    def best(self, name: str) -> int:
        """The place of the sentence that most likely does this; the letter has one at least."""
        return max(range(len(self.chances)), key=lambda place: self.chances[place][name])


@dataclass(frozen=True, slots=True)
class Whole:
    """What the rules know of the letter as a whole."""

    answered: bool
    doubtful: bool
    notices: bool
    elsewhere: bool
    """Whether it names somebody else to turn to."""
    nothing_known: bool
    questions: bool


@dataclass(frozen=True, eq=False)
class Judge:
    """A model that was checked and can be asked."""

    weights: NDArray[np.float32]
    """A row for each column of `answer_lines`, a column for each of `LEARNT`."""
    intercepts: NDArray[np.float64]
    letter_weights: NDArray[np.float64]
    """One for each of `LETTER`."""
    letter_start: float
    thresholds: Mapping[str, float]

    def of_words(self, plains: Sequence[str]) -> NDArray[np.float64]:
        """The part of the sentences' scores that hangs on their words alone, a row a sentence; the same whatever was asked."""
        return answer_lines.words(plains).times(self.weights[: answer_lines.WORDS_WIDTH])

    def hear(self, of_words: NDArray[np.float64], lines: Sequence[Line], whole: Whole) -> Heard:
        """What a letter does, from `of_words` of its sentences and the same sentences' signs."""
        import numpy as np

        odds = of_words + answer_lines.signs(lines).times(self.weights[answer_lines.WORDS_WIDTH :]) + self.intercepts
        odds = np.clip(odds, -20.0, 20.0)
        of_letter = float(letter_row(odds, whole) @ self.letter_weights) + self.letter_start
        chances = 1.0 / (1.0 + np.exp(-odds))
        named = tuple(dict(zip(LEARNT, row, strict=True)) for row in chances.tolist())
        return Heard(float(1.0 / (1.0 + np.exp(-of_letter))), named)


def letter_row(odds: NDArray[np.float64], whole: Whole) -> NDArray[np.float64]:
    """The columns `LETTER`, from the log odds of the sentences (columns `LEARNT`)."""
    import numpy as np

    highest = odds.max(axis=0)
    answer = np.sort(odds[:, 0])
    beside = odds[:, 0] - odds[:, _BESIDE].max(axis=1)
    second = answer[-2] if len(answer) > 1 else -5.0
    whole_signs = (whole.answered, whole.doubtful, whole.notices, whole.elsewhere, whole.nothing_known, whole.questions)
    parts = (highest[0], second, beside.max(), *highest[1:], odds[:, _BESIDE[0]].min(), 3.0 * np.log(len(odds)))
    return np.array([*(value / 3.0 for value in parts), *map(float, whole_signs)])


@cache
def loaded(folder: Path = FOLDER) -> Judge | None:
    """The model in `folder`, read once, or None with a logged reason."""
    try:
        return opened(folder)
    except Permanent as refusal:
        _log.warning("no answer model", reason=str(refusal))
        return None


def opened(folder: Path) -> Judge:
    """The model in `folder`; raises Permanent with the reason when there is none or it does not fit its manifest."""
    manifest = model_file.manifest(folder / MANIFEST, COMMAND)
    model_file.check_versions(manifest, (FORMAT, answer_lines.VERSION), LIBRARIES, COMMAND)
    file = folder / MODEL
    model_file.check(file, str(manifest.get("sha256", "")), (SIZE_LIMIT, UNPACKED_LIMIT), COMMAND)
    return model_file.opened(file, lambda held: _judge(held, manifest.get("thresholds", {})))


def _judge(held: Mapping[str, Any], thresholds: Mapping[str, float]) -> Judge:
    """A judge from its arrays; ValueError or KeyError when they do not fit each other."""
    weights = model_file.table(held["values"], held["columns"], held["ends"], (answer_lines.WIDTH, len(LEARNT)))
    letter = held["letter"]
    if tuple(held["kinds"]) != LEARNT or held["intercepts"].shape != (len(LEARNT),) or letter.shape != (len(LETTER) + 1,):
        raise ValueError("it was trained for other labels")
    return Judge(
        weights, held["intercepts"], letter[:-1], float(letter[-1]), {name: float(thresholds[name]) for name in THRESHOLDS}
    )
