"""Trains the answer model: a linear model for each thing a sentence may do, and one over the letter, on our own letters.

The letters are read by the rules first, because the model is shown what they heard. Limits come from cross-validation over voices:
what is said of a letter was learnt from other writers, so that a limit holds for writers nobody has seen. A letter of ours that is
no answer and is taken for one restricts somebody who was never answered; so the limit for an answer lies above nearly all of those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED

from triage import answer_data, answer_lines, answer_model, hashed, model_file, staff_reading
from triage.answer_data import Letter
from triage.answer_model import LEARNT, LETTER, Heard
from triage.errors import Permanent
from triage.message import Address, Message, Wording
from triage.staff_reading import Reading, learned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FOLDS = 5
_STRICTNESS = 2.0
_LETTER_STRICTNESS = 0.5
_SMALLEST_WEIGHT = 0.01
"""Weights nearer to zero are dropped."""
_LABELS = {"putting off": ("ack", "holding"), "notice": ("warning", "stop", "restriction", "lifted")}
"""What we call otherwise than the letters' labels."""
_WRITTEN = datetime(2026, 3, 4, 10, tzinfo=UTC)
_STAFF, _CUSTOMER = Address("", "desk@house.example"), Address("", "customer@post.example")
_WRONG_DOUBTS = 0.01
"""Share of true answers that the rules see and that may lie below the limit for doubting one."""
_FAR_ABOVE, _FAR_BELOW = 0.9, 0.5
"""How much of the way to certainty is left beyond a limit, so that it lies away from the letters that it was read from. A wrong
"dealt with" restricts somebody; a true one that is doubted costs us time, and is rare where the rules saw an answer."""
_IDLE_BELOW = 0.99
"""Share of the sentences that answer nothing which lie below the limit for answering amid words that put off."""
_PRECISION = {"explains": 0.9, "offer": 0.85, "final": 0.9}
"""How often a sentence that reaches its limit must be what it is taken for."""


@dataclass(frozen=True, slots=True)
class Example:
    """A letter and how the rules read it."""

    letter: Letter
    reading: Reading

    def truth(self) -> NDArray[np.float64]:
        """A row a sentence, a column for each of `LEARNT`; the splitter may see two sentences in what was written as one."""
        import numpy as np

        rows = np.zeros((len(self.reading.alone.parts), len(LEARNT)))
        ends, end = [], 0
        for said in self.letter.said:
            end += len(said.text) + 2
            ends.append(end)
        for row, part in zip(rows, self.reading.alone.parts, strict=True):
            labels = self.letter.said[next(place for place, end in enumerate(ends) if part.start < end)].labels
            row[:] = [any(label in labels for label in _LABELS.get(name, (name,))) for name in LEARNT]
        return rows


def messages(letter: Letter) -> tuple[Message, list[tuple[Message, bool]]]:
    """A letter as mail, and what came before it."""

    def mail(words: str, subject: str, *, ours: bool) -> Message:
        key = hashlib.sha256(f"{ours}{subject}{words}".encode()).hexdigest()
        sender, to = (_STAFF, _CUSTOMER) if ours else (_CUSTOMER, _STAFF)
        return Message(
            key=key, message_id=f"<{key[:20]}@house.example>", mailbox="", role="sent" if ours else "inbox", sent_at=_WRITTEN,
            received_at=_WRITTEN, sender=sender, reply_to=(), to=(to,), cc=(), subject=subject, in_reply_to="", references=(),
            wording=Wording(words),
        )  # fmt: skip

    before = [(mail(letter.asked, "", ours=False), False)] if letter.asked else []
    return mail(letter.text, letter.subject, ours=True), before


def examples(letters: Iterable[Letter]) -> list[Example]:
    """The letters that the rules can read at all."""
    found = [Example(letter, staff_reading.by_rules(*messages(letter))) for letter in letters]
    return [one for one in found if one.reading.found.scores]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of the sentences' model: a row for each of `LEARNT`."""

    weights: csr_matrix
    intercepts: NDArray[np.float64]

    def odds(self, table: csr_matrix) -> NDArray[np.float64]:
        import numpy as np

        odds: NDArray[np.float64] = np.clip((table @ self.weights.T.toarray()) + self.intercepts, -20.0, 20.0)
        return odds


def table(some: Sequence[Example]) -> csr_matrix:
    """The features of all sentences, a row each."""
    from scipy.sparse import csr_matrix

    plains = [part.plain for one in some for part in one.reading.alone.parts]
    lines = [line for one in some for line in one.reading.lines]
    rows = hashed.beside([answer_lines.words(plains), answer_lines.signs(lines)])
    return csr_matrix((rows.values, rows.columns, rows.ends), shape=(len(plains), rows.width), dtype="float32")


def fitted(rows: csr_matrix, truth: NDArray[np.float64]) -> Fitted:
    """One logistic regression for each of `LEARNT`; raises Permanent when there is nothing to learn one from."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    used = np.unique(rows.indices)  # most columns are filled by nothing here, and would only take time
    weights, intercepts = [], []
    for column, name in enumerate(LEARNT):
        if len(set(truth[:, column])) < 2:
            raise Permanent(f"nothing to learn {name!r} from: the letters need sentences that do it and sentences that do not")
        model = LogisticRegression(C=_STRICTNESS, solver="liblinear", tol=1e-3).fit(rows[:, used], truth[:, column])
        weights.append(np.zeros(rows.shape[1], dtype="float32"))
        weights[-1][used] = model.coef_[0]
        intercepts.append(float(model.intercept_[0]))
    full = np.vstack(weights)
    full[np.abs(full) < _SMALLEST_WEIGHT] = 0.0
    return Fitted(csr_matrix(full), np.array(intercepts))


def letter_rows(odds: NDArray[np.float64], some: Sequence[Example]) -> NDArray[np.float64]:
    """The columns `LETTER`, a row a letter, from the log odds of all their sentences."""
    import numpy as np

    rows, start = [], 0
    for one in some:
        end = start + len(one.reading.alone.parts)
        rows.append(answer_model.letter_row(odds[start:end], one.reading.whole))
        start = end
    return np.array(rows).reshape(len(some), len(LETTER))


def of_letters(rows: NDArray[np.float64], answers: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights over `LETTER`, and the start behind them."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_LETTER_STRICTNESS, max_iter=500).fit(rows, answers)
    return np.append(model.coef_[0], model.intercept_[0])


@dataclass(frozen=True, slots=True)
class Unseen:
    """What models say of letters by writers that they did not learn from: log odds of sentences, chances of letters."""

    odds: NDArray[np.float64]
    letters: NDArray[np.float64]
    rows: NDArray[np.float64]


def unseen(some: Sequence[Example], rows: csr_matrix, truth: NDArray[np.float64]) -> Unseen:
    """Every letter judged by models that were trained on other voices."""
    import numpy as np
    from sklearn.model_selection import GroupKFold

    voices = np.array([one.letter.voice for one in some])
    sizes = [len(one.reading.alone.parts) for one in some]
    of_sentence = np.repeat(voices, sizes)
    odds = np.zeros_like(truth)
    folds = GroupKFold(min(FOLDS, len(set(voices))))
    for learn, ask in folds.split(rows, groups=of_sentence):
        odds[ask] = fitted(rows[learn], truth[learn]).odds(rows[ask])
    answers = np.array([one.letter.answers for one in some])
    whole = letter_rows(odds, some)
    letters = np.zeros(len(some))
    for learn, ask in folds.split(whole, groups=voices):
        weights = of_letters(whole[learn], answers[learn])
        letters[ask] = 1.0 / (1.0 + np.exp(-(whole[ask] @ weights[:-1] + weights[-1])))
    return Unseen(odds, letters, whole)


def thresholds(some: Sequence[Example], truth: NDArray[np.float64], said: Unseen) -> dict[str, float]:
    """The limits of `answer_model.THRESHOLDS`, as chances."""
    import numpy as np

    answers = np.array([one.letter.answers for one in some])
    by_rules = np.array([bool(one.reading.found.answer) for one in some])
    chances = 1.0 / (1.0 + np.exp(-said.odds))
    limits = {"alone": float(np.quantile(chances[truth[:, 0] == 0.0, 0], _IDLE_BELOW, method="higher"))}
    may_count = _apart(some, chances, limits["alone"]) & ~by_rules
    none = float(said.letters[may_count & ~answers].max(initial=0.5))
    limits["answer"] = 1.0 - _FAR_ABOVE * (1.0 - none)
    limits["veto"] = _FAR_BELOW * float(np.quantile(said.letters[answers & by_rules], _WRONG_DOUBTS, method="lower"))
    for name, precision in _PRECISION.items():
        column = LEARNT.index(name)
        limits[name] = _limit(chances[:, column], truth[:, column] == 1.0, precision)
    return {name: round(limits[name], 4) for name in answer_model.THRESHOLDS}


def _apart(some: Sequence[Example], chances: NDArray[np.float64], alone: float) -> NDArray[np.bool_]:
    """Of each letter, whether its answering sentence stands apart from what only sounds like one."""
    import numpy as np

    found, start = [], 0
    for one in some:
        parts = one.reading.alone.parts
        rows = tuple(dict(zip(LEARNT, row, strict=True)) for row in chances[start : start + len(parts)].tolist())
        found.append(not one.reading.found.certain and learned.apart(Heard(0.0, rows), parts, one.reading.found, alone))
        start += len(parts)
    return np.array(found)


def _limit(chances: NDArray[np.float64], true: NDArray[np.bool_], precision: float) -> float:
    """The lowest score above which so large a share is right; 1 (never) when there is none."""
    import numpy as np

    order = np.argsort(-chances)
    right = np.cumsum(true[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= precision)
    return float(chances[order[good[-1]]]) if len(good) else 1.0


def errors(some: Sequence[Example], said: Unseen, limits: Mapping[str, float]) -> dict[str, float]:
    """By cross-validation over voices: how well the model ranks letters, and what the limits let through of it."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    answers = np.array([one.letter.answers for one in some])
    chances = 1.0 / (1.0 + np.exp(-said.odds))
    above = (said.letters >= limits["answer"]) & _apart(some, chances, limits["alone"])
    below = said.letters < limits["veto"]
    return {
        "auroc": round(float(roc_auc_score(answers, said.letters)), 3),
        "answers_above": round(float(above[answers].mean()), 3),
        "others_above": round(float(above[~answers].mean()), 4),
        "answers_doubted": round(float(below[answers].mean()), 4),
        "others_doubted": round(float(below[~answers].mean()), 3),
    }


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of letters, those that are held back too."""
    return {file.name: model_file.digest(file) for file in sorted((folder / answer_data.TEXTS).glob("*.txt"))}


def train(out: Path) -> dict[str, Any]:
    """Trains on the letters in `out` that are not held back; writes model.skops and manifest.json, and returns the manifest."""
    import numpy as np
    import scipy
    import sklearn
    import skops
    import skops.io

    letters = answer_data.read(out)
    some = examples(one for one in letters if not one.held_back)
    if not some:
        raise Permanent(f"{out / answer_data.TEXTS} holds no letters to learn from: see models/answers/card.md")
    rows, truth = table(some), np.vstack([one.truth() for one in some])
    said = unseen(some, rows, truth)
    limits = thresholds(some, truth, said)
    model = fitted(rows, truth)
    answers = np.array([one.letter.answers for one in some])
    # Over the letter it learns from what models said that had not seen it; from their own scores they would seem too sure.
    of_letter = of_letters(said.rows, answers)
    weights = model.weights
    held = {"kinds": list(LEARNT), "values": weights.data, "columns": weights.indices, "ends": weights.indptr}
    skops.io.dump(
        held | {"intercepts": model.intercepts, "letter": of_letter}, out / answer_model.MODEL, compression=ZIP_DEFLATED, compresslevel=9
    )  # fmt: skip
    manifest: dict[str, Any] = {
        "format": answer_model.FORMAT,
        "features": answer_lines.VERSION,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": model_file.digest(out / answer_model.MODEL),
        "data_sha256": digests(out),
        "libraries": {"scikit-learn": sklearn.__version__, "skops": skops.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "letters": len(some),
        "sentences": len(truth),
        "thresholds": limits,
        "error": {"other voices": errors(some, said, limits)},
    }  # fmt: skip
    (out / answer_model.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest
