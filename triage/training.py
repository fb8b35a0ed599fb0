"""Trains the conduct model: one linear model a kind, on public labelled text and on sentences of our own.

Our own sentences (`models/conduct/own-sentences.csv`) are written as people write to support desks and count most; the public
rows (`train.csv[.gz]` in the data folder, most of it social media) teach the vocabulary. Rows under share-alike licences are left
out, so that the weights can be passed on under any licence. Own sentences of two voices are held back and never trained on.
Thresholds come from the ordinary business mail in `dev.csv[.gz]`, never from the rows trained on.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED

from triage import conduct_model, features
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

OWN = Path("own-sentences.csv")
BUSINESS = ("enron_email_intent", "bitext_support", "github_issues", "cfpb_complaints")
"""Sources of ordinary business writing: their guilty scores are false flags, or nearly all are."""

_SHARE_ALIKE = re.compile(r"\bSA\b|CC-BY-SA|CDLA-Sharing", re.IGNORECASE)
_PUBLIC_COLUMNS = ("any_abuse", "threat", "insult", "profanity", "sexual", "discrimination", "harassment")
_SARCASM = ("isarcasm", "isarcasm_rephrase")
_PLAIN = ("enron_email_intent", "github_issues", "cfpb_complaints", "paradetox_neutral")
"""Sources whose rows are taken to show none of the kinds that public data has no column for."""

_OWN_WEIGHT = 20.0
_PLAIN_WEIGHT = 2.0
_TEMPLATE_WEIGHT = 0.5
_RARE_WEIGHT = 3.0
"""Of public threats and sexual remarks, of which there are few hundred among tens of thousands of other rows."""
_ROWS_A_SOURCE = 7_000
_ROWS = 60_000
_LONGEST = 400
_SMALLEST_WEIGHT = 0.02
"""Weights nearer to zero are dropped: they change no score by a hundredth and make nine tenths of the file."""


@dataclass(slots=True)
class Rows:
    """Sentences to learn from. `labels` holds 1.0, 0.0 or, where the source does not say, NaN."""

    texts: list[str] = field(default_factory=list)
    labels: list[tuple[float, ...]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def add(self, text: str, labels: Mapping[str, float], weight: float, source: str) -> None:
        self.texts.append(text)
        self.labels.append(tuple(labels.get(kind, float("nan")) for kind in conduct_model.KINDS))
        self.weights.append(weight)
        self.sources.append(source)


def own_rows(file: Path, part: str) -> Rows:
    """Our own sentences of one part ("train" or "held"). Every kind not named on a row is absent from it."""
    import pandas as pd

    rows = Rows()
    for row in pd.read_csv(file, dtype=str, keep_default_na=False).to_dict("records"):
        if row["part"] == part:
            named = set(str(row["labels"]).split())
            rows.add(
                str(row["text"]), {kind: float(kind in named) for kind in conduct_model.KINDS}, _OWN_WEIGHT, str(row["group"])
            )
    return rows


def public_rows(file: Path, seed: int = 7) -> Rows:
    """The public rows that may be trained on: no share-alike licence, at most so many a source, guilty ones first."""
    import pandas as pd

    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table = table[~table["licence"].str.contains(_SHARE_ALIKE)]
    table = table[table["text"].str.len().between(3, _LONGEST) | table["source"].isin(_PLAIN)].drop_duplicates("text")
    chosen = []
    for _, group in table.groupby("source"):
        guilty = group[group[list(_PUBLIC_COLUMNS)].isin(["1"]).any(axis=1) | group["passive_aggressive"].eq("1")]
        rest = group.drop(guilty.index)
        half = _ROWS_A_SOURCE // 2
        take = guilty.sample(min(len(guilty), max(half, _ROWS_A_SOURCE - len(rest))), random_state=seed)
        chosen.append(pd.concat([take, rest.sample(min(len(rest), _ROWS_A_SOURCE - len(take)), random_state=seed)]))
    picked = pd.concat(chosen)
    rows = Rows()
    for row in picked.sample(min(len(picked), _ROWS), random_state=seed).to_dict("records"):
        source = str(row["source"])
        weight = _PLAIN_WEIGHT if source in _PLAIN else _TEMPLATE_WEIGHT if source in ("madlibs", "reported_wrap") else 1.0
        weight = _RARE_WEIGHT if "1" in (row["threat"], row["sexual"]) else weight
        labels = _public_labels({str(key): str(value) for key, value in row.items()})
        # Ordinary writing is taken apart, because the model is only ever asked about one sentence; a guilty text is not,
        # because nobody says which of its sentences is the guilty one.
        pieces = [part.text for part in features.sentences(str(row["text"]))] if source in _PLAIN else [str(row["text"])]
        for piece in pieces:
            rows.add(piece, labels, weight, source)
    return rows


def _public_labels(row: Mapping[str, str]) -> dict[str, float]:
    labels = {kind: float(row[kind]) for kind in _PUBLIC_COLUMNS if row[kind] in ("0", "1")}
    source = row["source"]
    if source in _PLAIN:
        labels |= dict.fromkeys(("intimidation", "tone", "demand", "welfare", "reported"), 0.0)
    elif source in _SARCASM and row["passive_aggressive"] == "0":
        labels["tone"] = 0.0  # their sarcasm is aimed at the world, not at the reader, so only the innocent ones are of use
    elif source == "reported_wrap":
        labels |= {"reported": 1.0, "demand": 0.0, "tone": 0.0, "intimidation": 0.0}
    elif row.get("any_abuse") == "1":
        labels |= {"reported": 0.0, "demand": 0.0, "welfare": 0.0}
    return labels


def with_identities_swapped(rows: Rows, terms: Sequence[str], seed: int = 7) -> Rows:
    """Copies of innocent rows that name a group of people, each with another group in its place.

    So that no group's name alone makes a sentence look guilty; only rows that are innocent throughout are copied.
    """
    chance = random.Random(seed)  # noqa: S311 — no secret hangs on it
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) + r")\b", re.IGNORECASE)
    copies = Rows()
    for text, labels, weight, source in zip(rows.texts, rows.labels, rows.weights, rows.sources, strict=True):
        if any(label == 1.0 for label in labels) or labels[0] != 0.0 or not pattern.search(text):
            continue
        copy = pattern.sub(lambda _: chance.choice(terms), text)
        copies.add(copy, dict(zip(conduct_model.KINDS, labels, strict=True)), weight / 2, source)
    return copies


def joined(*parts: Rows) -> Rows:
    """All rows of all parts, in order."""
    whole = Rows()
    for part in parts:
        whole.texts += part.texts
        whole.labels += part.labels
        whole.weights += part.weights
        whole.sources += part.sources
    return whole


def fitted(rows: Rows, signs: features.Signs) -> tuple[csr_matrix, NDArray[np.float64]]:
    """One logistic regression a kind: the weights (a row a kind, small ones dropped) and the intercepts."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    table = features.matrix(rows.texts, signs)
    labels = np.array(rows.labels)
    weights = np.array(rows.weights)
    lines, intercepts = [], []
    for column, kind in enumerate(conduct_model.KINDS):
        known = ~np.isnan(labels[:, column])
        if len(set(labels[known, column])) < 2:
            raise Permanent(f"nothing to learn {kind} from: the sentences need both guilty and innocent ones of this kind")
        model = LogisticRegression(C=0.5, max_iter=200, tol=1e-3)
        model.fit(table[known], labels[known, column], sample_weight=weights[known])
        line = model.coef_[0].astype("float32")
        line[np.abs(line) < _SMALLEST_WEIGHT] = 0.0
        lines.append(line)
        intercepts.append(float(model.intercept_[0]))
    return csr_matrix(np.vstack(lines)), np.array(intercepts)


def thresholds(scores: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """For each kind the score that so many of a thousand ordinary sentences exceed: {"1": …, "5": …}."""
    import numpy as np

    return {
        kind: {
            "1": float(np.quantile(values, 0.999, method="higher")),
            "5": float(np.quantile(values, 0.995, method="higher")),
        }
        for kind, values in scores.items()
    }


def train(data_folder: Path, out: Path) -> dict[str, Any]:
    """Trains on the CSVs in `data_folder` and the own sentences in `out`; writes model.skops and manifest.json into `out`.

    Returns the manifest. Raises Permanent, with the file's name, when one is missing.
    """
    import numpy as np
    import pandas as pd
    import scipy
    import sklearn
    import skops
    import skops.io

    sources = {"train": _csv(data_folder, "train"), "dev": _csv(data_folder, "dev"), "own": out / OWN}
    for file in (sources["own"], features.signs_file(out)):
        if not file.is_file():
            raise Permanent(f"{file} is missing: training needs our own sentences and the signs beside the model")
    signs = features.read_signs(features.signs_file(out))
    learned = joined(public_rows(sources["train"]), own_rows(sources["own"], "train"))
    learned = joined(learned, with_identities_swapped(learned, _IDENTITIES))
    weights, intercepts = fitted(learned, signs)
    # Plain arrays only: skops counts even a sparse matrix among the types that need somebody's trust.
    held = {"kinds": list(conduct_model.KINDS), "values": weights.data, "columns": weights.indices, "ends": weights.indptr}
    skops.io.dump(held | {"intercepts": intercepts}, out / conduct_model.MODEL, compression=ZIP_DEFLATED, compresslevel=9)
    model = conduct_model.Scorer(conduct_model.KINDS, weights.toarray().T, intercepts, signs)
    dev = pd.read_csv(sources["dev"], dtype=str, keep_default_na=False)
    ordinary = dev[dev["source"].isin(BUSINESS) & dev["none"].eq("1")]["text"]
    business = [part.text for text in ordinary for part in features.sentences(text)]
    limits = thresholds(_by_kind(model.sentences(business)))
    manifest: dict[str, Any] = {
        "format": conduct_model.FORMAT,
        "features": features.VERSION,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": _digest(out / conduct_model.MODEL),
        "signs_sha256": _digest(features.signs_file(out)),
        "data_sha256": {name: _digest(file) for name, file in sources.items()},
        "libraries": {"scikit-learn": sklearn.__version__, "skops": skops.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "rows": len(learned.texts),
        "business_sentences": len(business),
        "thresholds": limits,
        "error": {"held back": held_back(model, own_rows(sources["own"], "held"), limits)},
    }  # fmt: skip
    (out / conduct_model.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def held_back(model: conduct_model.Scorer, rows: Rows, limits: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """How well a model tells the own sentences it has not seen: AUROC, and recall and false flags at 5 per 1,000."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    scores = _by_kind(model.sentences(rows.texts))
    truth = np.array(rows.labels)
    figures = {}
    for column, kind in enumerate(conduct_model.KINDS):
        guilty = truth[:, column] == 1.0
        if not guilty.any() or guilty.all():
            continue
        values = np.array(scores[kind])
        flagged = values > limits[kind]["5"]
        figures[kind] = {
            "guilty": int(guilty.sum()),
            "innocent": int((~guilty).sum()),
            "auroc": round(float(roc_auc_score(guilty, values)), 3),
            "recall_at_5_per_1000": round(float(flagged[guilty].mean()), 3),
            "wrongly_flagged": round(float(flagged[~guilty].mean()), 3),
        }
    return figures


_IDENTITIES = (
    "black", "white", "asian", "african", "indian", "chinese", "polish", "mexican", "jewish", "muslim", "christian", "hindu", "sikh",
    "gay", "lesbian", "bisexual", "trans", "transgender", "straight", "disabled", "deaf", "blind", "autistic", "female", "male",
    "immigrant", "elderly", "young", "irish", "american",
)  # fmt: skip


def _by_kind(scored: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {kind: [row[kind] for row in scored] for kind in conduct_model.KINDS}


def _csv(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if file.is_file():
            return file
    raise Permanent(f"{folder} holds no {name}.csv or {name}.csv.gz: training needs labelled rows, see models/conduct/card.md")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
