"""Trains the heads of the semantic tier: one small logistic regression a kind, on vectors of our own sentences and of ordinary mail.

Public rows teach the fast tier its vocabulary; here they were found to add nothing. Limits come from the same ordinary mail as those of
the fast tier, never learned from, judged by both tiers together exactly as they are in use.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage import conduct_model, corpus, semantic, semantic_tier, training
from triage.semantic_tier import Tier

if TYPE_CHECKING:
    from triage.corpus import Rows

_ORDINARY = 9_000
"""Ordinary sentences that are learned from; each takes two milliseconds to become a vector."""
_STRICTNESS = 1.0


def train(data_folder: Path | None, out: Path, directory: Path) -> dict[str, Any]:
    """Trains heads for the fast model in `out` on the network in `directory`; writes them beside the model, returns their manifest.

    Raises Permanent when the fast model or the network does not fit its manifest, or the data folder lacks a file.
    """
    fast = conduct_model.opened(out)
    embedder = semantic.opened(directory)
    data = training.read(data_folder)
    rows = corpus.own_rows(out, held_back=False)
    rows = corpus.joined(rows, _some_ordinary(data.public))
    back = corpus.own_rows(out, held_back=True)
    innocent = [text for text, labels in zip(back.texts, back.labels, strict=True) if 1.0 not in labels]
    tier = _fitted(rows, embedder)
    limits = training.thresholds(replace(fast, tier=tier, _met={}), data.ordinary or innocent)
    tier = replace(tier, thresholds=limits)
    manifest = {
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "fast_sha256": json.loads((out / conduct_model.MANIFEST).read_text("utf-8"))["sha256"],
        "rows": len(rows.texts),
        "ordinary_mails": len(data.ordinary or innocent),
        "error": {"held back": training.held_back(replace(fast, tier=tier, thresholds=limits, _met={}), back, limits)},
    }
    return semantic_tier.write(out, tier, manifest)


def _some_ordinary(rows: Rows) -> Rows:
    places = [place for place, source in enumerate(rows.sources) if source == "ordinary mail"]
    step = max(1, len(places) // _ORDINARY)
    some = corpus.Rows()
    for place in places[::step]:
        some.texts.append(rows.texts[place])
        some.labels.append(rows.labels[place])
        some.weights.append(rows.weights[place])
        some.sources.append(rows.sources[place])
    return some


def _fitted(rows: Rows, embedder: semantic_tier.Embedder) -> Tier:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    vectors = embedder.vectors(rows.texts)
    labels, importance = np.array(rows.labels), np.array(rows.weights) / corpus.OWN_WEIGHT
    lines: list[Any] = []
    constants: list[float] = []
    for column in range(len(conduct_model.LEARNT)):
        known = ~np.isnan(labels[:, column])
        if len(np.unique(labels[known, column])) < 2:
            lines.append(np.zeros(semantic.WIDTH, dtype=np.float32))
            constants.append(0.0)
            continue
        head = LogisticRegression(C=_STRICTNESS, max_iter=200)
        head.fit(vectors[known], labels[known, column], sample_weight=importance[known])
        lines.append(head.coef_[0].astype(np.float32))
        constants.append(float(head.intercept_[0]))
    return Tier(conduct_model.LEARNT, embedder, np.vstack(lines).T, np.array(constants))
