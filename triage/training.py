"""Trains the conduct model: one linear model a kind, on sentences of our own and, where there are any, on public labelled text.

What is learned from is the business of `triage.corpus`. Thresholds come from ordinary mail that is never learned from: of the
business writing in `dev.csv[.gz]`, and of `ordinary.csv[.gz]` (columns id, text) where the data folder holds one; of that,
every second mail is learned from as innocent. Without a data folder, our own sentences do for everything.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED

from triage import conduct_model, corpus, features, model_file, word_vectors
from triage.corpus import Rows
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

BUSINESS = ("enron_email_intent", "bitext_support", "github_issues", "cfpb_complaints")
"""Sources of ordinary business writing: their guilty scores are false flags, or nearly all are."""

_ORDINARY_WEIGHT = 3.0
_ORDINARY_SENTENCES = 50_000
_MISTAKEN = 1_500
"""As many of the ordinary sentences that a first model takes for guilty as a second one learns from again, with more weight."""
_MISTAKEN_WEIGHT = 8.0
_ORDINARY = "ordinary mail"
_LONGEST_FIELD = 10_000_000
_SMALLEST_WEIGHTS = (0.02, 0.03, 0.045, 0.07, 0.1)
"""Weights nearer to zero are dropped, so that the file stays small: no more of them than must be."""
_FIRST_ROUNDS, _ROUNDS = 10, 40
"""How often all sentences are gone through, to find those that are mistaken and for good."""
_TOGETHER = 2
"""Kinds that are fitted at once; each takes a gigabyte of memory."""
_NEVER = -20.0
"""The intercept of a kind that there is nothing to learn from."""
_AGREEMENT = 0.3
_STRICTNESS = 0.5
_AT_ONCE = 500
"""Mails whose sentences are scored together."""


@dataclass(slots=True)
class Data:
    """What a data folder gives: rows to learn from, and ordinary mails to set thresholds with."""

    public: Rows = field(default_factory=Rows)
    ordinary: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)


def read(folder: Path | None) -> Data:
    """The data of a folder with train.csv and dev.csv, and perhaps ordinary.csv; nothing where no folder is given.

    Raises Permanent, with the file's name, when one is missing.
    """
    if folder is None:
        return Data()
    train, dev = _csv(folder, "train"), _csv(folder, "dev")
    data = Data(corpus.public_rows(train), hashes={"train": model_file.digest(train), "dev": model_file.digest(dev)})
    data.ordinary = [row["text"] for row in _table(dev) if row["source"] in BUSINESS and row["none"] == "1"]
    extra = next((file for file in (folder / "ordinary.csv", folder / "ordinary.csv.gz") if file.is_file()), None)
    if extra:
        data.hashes["ordinary"] = model_file.digest(extra)
        mails = [row["text"] for row in _table(extra)]
        learned = corpus.ordinary_rows(mails[::2], _ORDINARY_WEIGHT)
        step = max(1, len(learned.texts) // _ORDINARY_SENTENCES + 1)
        for text in learned.texts[::step]:
            data.public.add(text, dict.fromkeys(conduct_model.LEARNT, 0.0), _ORDINARY_WEIGHT, _ORDINARY)
        data.ordinary += mails[1::2]
    return data


def labelled(folder: Path) -> list[dict[str, str]]:
    """The labelled rows of a data folder's development part, no more of one source than of another, in a fixed order."""
    by_source: dict[str, list[dict[str, str]]] = {}
    for row in _table(_csv(folder, "dev")):
        by_source.setdefault(row["source"], []).append(row)
    return [row for rank in zip_longest(*by_source.values()) for row in rank if row is not None]


def _table(file: Path) -> list[dict[str, str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    words = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return list(csv.DictReader(io.StringIO(words.decode("utf-8"), newline="")))


def fitted(
    rows: Rows, signs: features.Signs, meaning: word_vectors.WordVectors
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One logistic regression a kind: the weights (a row a kind) and the intercepts.

    Each is fitted twice: the ordinary sentences that look guiltiest to the first model weigh more in the second.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning

    table = features.matrix(rows.texts, signs, meaning).astype(np.float64)
    ordinary = np.flatnonzero(np.array([source == _ORDINARY for source in rows.sources]))
    labels, weights = np.array(rows.labels), np.array(rows.weights)
    with (
        warnings.catch_warnings(),
        ThreadPoolExecutor(max_workers=_TOGETHER) as pool,
    ):  # not in the threads: they share the filters
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last hundredth is not worth the hours
        found = list(pool.map(lambda column: _one(table, labels[:, column], weights, ordinary), range(len(conduct_model.LEARNT))))
    missing = [
        kind for kind, one in zip(conduct_model.LEARNT, found, strict=True) if one is None and kind not in conduct_model.ASIDE
    ]
    if missing:
        raise Permanent(
            f"nothing to learn {', '.join(missing)} from: the sentences need both guilty and innocent ones of each kind"
        )
    nothing = np.zeros(table.shape[1]), _NEVER
    lines, constants = (np.array(part) for part in zip(*(one or nothing for one in found), strict=True))
    for kind in corpus.AIMED:
        # Two scores that agree err less than one: each kind of abuse also listens to the score for abuse as such.
        row, whole = conduct_model.LEARNT.index(kind), conduct_model.LEARNT.index("any_abuse")
        lines[row] = (lines[row] + _AGREEMENT * lines[whole]) / (1.0 + _AGREEMENT)
        constants[row] = (constants[row] + _AGREEMENT * constants[whole]) / (1.0 + _AGREEMENT)
    return lines, constants


def _one(
    table: csr_matrix, labels: NDArray[np.float64], weights: NDArray[np.float64], ordinary: NDArray[np.int64]
) -> tuple[NDArray[np.float64], float] | None:
    """Weights and intercept for one kind; None where there is nothing to tell apart.

    Solved in the dual, which goes on where the default stops: stopped as early as that, a kind found a third less of what it could.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    known = ~np.isnan(labels)
    if len(np.unique(labels[known])) < 2:
        return None
    model = LogisticRegression(
        C=_STRICTNESS, solver="liblinear", dual=True, max_iter=_ROUNDS, intercept_scaling=3.0, random_state=7
    )
    some, told = table[known], labels[known]
    if len(ordinary):
        first = LogisticRegression(**model.get_params() | {"max_iter": _FIRST_ROUNDS}).fit(
            some, told, sample_weight=weights[known]
        )
        weights = weights.copy()
        weights[ordinary[np.argsort(-first.decision_function(table[ordinary]))[:_MISTAKEN]]] += _MISTAKEN_WEIGHT
    model.fit(some, told, sample_weight=weights[known])
    return model.coef_[0], float(model.intercept_[0])


def _written(
    out: Path, lines: NDArray[np.float64], intercepts: NDArray[np.float64], signs: features.Signs
) -> conduct_model.Scorer:
    """Writes the model file, with as many of the weights as it may hold; the model without its table of words, as it lies there."""
    import numpy as np
    import skops.io
    from scipy.sparse import csr_matrix

    wide = features.columns(signs)
    meant = lines[:, wide:].T.astype("float16")
    for smallest in _SMALLEST_WEIGHTS:
        # Half the digits do, and leave room for half as many weights again.
        rounded = lines[:, :wide].astype("float16")
        weights = csr_matrix(np.where(np.abs(rounded) < smallest, 0.0, rounded).astype("float32"))
        # Plain arrays only: skops counts even a sparse matrix among the types that need somebody's trust.
        held = {"kinds": list(conduct_model.LEARNT), "columns": weights.indices, "ends": weights.indptr}
        skops.io.dump(
            held | {"values": weights.data.astype("float16"), "intercepts": intercepts, "meant": meant},
            out / conduct_model.MODEL,
            compression=ZIP_DEFLATED,
            compresslevel=9,
        )
        if (out / conduct_model.MODEL).stat().st_size < conduct_model.SIZE_LIMIT:
            break
    words = word_vectors.read(out / word_vectors.FILE)
    return conduct_model.Scorer(conduct_model.LEARNT, weights.toarray().T, intercepts, signs, words, meant.astype("float32"))


def thresholds(model: conduct_model.Scorer, mails: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each kind the scores that so many of a thousand ordinary mails exceed with any of their sentences.

    "5" and "1" are five and one of a thousand; "strict" is six of ten thousand: with what else a detector asks for, all kinds
    together then stay under one of a thousand.
    """
    import numpy as np

    scored: dict[str, list[float]] = {kind: [] for kind in model.kinds}
    for start in range(0, len(mails), _AT_ONCE):
        taken_apart = [[part.text for part in features.sentences(mail)] for mail in mails[start : start + _AT_ONCE]]
        rows = iter(model.sentences([text for parts in taken_apart for text in parts]))
        for parts in taken_apart:
            own = [next(rows) for _ in parts]
            for kind in model.kinds:
                scored[kind].append(max((row[kind] for row in own), default=0.0))
    shares = {"strict": 0.9994, "1": 0.999, "5": 0.995}
    return {
        kind: {name: float(np.quantile(values, share, method="higher")) for name, share in shares.items()}
        for kind, values in scored.items()
    }


def train(data_folder: Path | None, out: Path) -> dict[str, Any]:
    """Trains on the own sentences in `out`, and on the CSVs in `data_folder` if one is given; writes model.skops and manifest.json.

    Returns the manifest. Raises Permanent, with the file's name, when one is missing.
    """
    import numpy as np
    import scipy
    import sklearn
    import skops

    for file in (out / corpus.TABLE, features.signs_file(out), out / word_vectors.FILE):
        if not file.is_file():
            raise Permanent(
                f"{file} is missing: training needs our own sentences, the signs and the table of words beside the model"
            )
    data = read(data_folder)
    signs = features.read_signs(features.signs_file(out))
    learned = corpus.joined(data.public, corpus.own_rows(out, held_back=False))
    learned = corpus.joined(learned, corpus.with_identities_swapped(learned, _IDENTITIES))
    lines, intercepts = fitted(learned, signs, word_vectors.read(out / word_vectors.FILE))
    model = _written(out, lines, intercepts, signs)
    back = corpus.own_rows(out, held_back=True)
    innocent = [text for text, labels in zip(back.texts, back.labels, strict=True) if 1.0 not in labels]
    ordinary = data.ordinary or innocent
    limits = thresholds(model, ordinary)
    manifest: dict[str, Any] = {
        "format": conduct_model.FORMAT,
        "features": features.VERSION,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": model_file.digest(out / conduct_model.MODEL),
        "signs_sha256": model_file.digest(features.signs_file(out)),
        "words_sha256": model_file.digest(out / word_vectors.FILE),
        "data_sha256": data.hashes | {"own": _own_digest(out)},
        "libraries": {"scikit-learn": sklearn.__version__, "skops": skops.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "rows": len(learned.texts),
        "ordinary_mails": len(ordinary),
        "thresholds": limits,
        "error": {"held back": held_back(model, back, limits)},
    }  # fmt: skip
    (out / conduct_model.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def held_back(model: conduct_model.Scorer, rows: Rows, limits: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """How well a model tells the own sentences it has not seen: AUROC, and recall and false flags at 1 and 5 per 1,000."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    scores = _by_kind(model, rows.texts)
    truth = np.array(rows.labels)
    figures = {}
    for column, kind in enumerate(conduct_model.LEARNT):
        guilty = truth[:, column] == 1.0
        innocent = truth[:, column] == 0.0
        if not guilty.any() or not innocent.any():
            continue
        values = np.array(scores[kind])
        figures[kind] = {
            "guilty": int(guilty.sum()),
            "innocent": int(innocent.sum()),
            "auroc": round(float(roc_auc_score(guilty[guilty | innocent], values[guilty | innocent])), 3),
            "recall_at_1_per_1000": round(float((values > limits[kind]["1"])[guilty].mean()), 3),
            "recall_at_5_per_1000": round(float((values > limits[kind]["5"])[guilty].mean()), 3),
            "wrongly_flagged": round(float((values > limits[kind]["5"])[innocent].mean()), 3),
        }
    return figures


_IDENTITIES = (
    "black", "white", "asian", "african", "indian", "chinese", "polish", "mexican", "jewish", "muslim", "christian", "hindu", "sikh",
    "gay", "lesbian", "bisexual", "trans", "transgender", "straight", "disabled", "deaf", "blind", "autistic", "female", "male",
    "immigrant", "elderly", "young", "irish", "american",
)  # fmt: skip


def _by_kind(model: conduct_model.Scorer, texts: Sequence[str]) -> dict[str, list[float]]:
    scored = model.sentences(texts)
    return {kind: [row[kind] for row in scored] for kind in model.kinds}


def _csv(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if file.is_file():
            return file
    raise Permanent(f"{folder} holds no {name}.csv or {name}.csv.gz: training needs labelled rows, see models/conduct/card.md")


def _own_digest(folder: Path) -> str:
    texts = (file for part in (corpus.TEXTS, corpus.HELD) for file in sorted((folder / part).rglob("*.txt")))
    return hashlib.sha256("".join(map(model_file.digest, (folder / corpus.TABLE, *texts))).encode()).hexdigest()
