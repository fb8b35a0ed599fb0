"""How well conduct is judged: `triage evaluate conduct`, on what was held back and, where somebody has them, on labelled rows.

What is measured is what `triage score` gives, model and rules together, text by text. A score counts as a flag above what one
(or five) in a thousand ordinary mails reach; without a folder of ordinary mail the innocent half of what was held back stands in.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage import conduct_model, corpus, scorer, training

_MOST_ORDINARY = 1_500
_MOST_ROWS = 2_000
_BINS = 10
_COLUMNS: Mapping[str, str] = {
    "any_abuse": "any_abuse", "threat": "threat", "insult": "insult", "profanity": "profanity", "sexual": "sexual",
    "discrimination": "discrimination", "harassment": "harassment", "intimidation": "intimidation", "tone": "passive_aggressive",
    "demand": "demand_immediate",
}  # fmt: skip
"""Our score → the column of the labelled rows."""
_PEERS = {"alt-profanity-check": "profanity_check", "better-profanity": "better_profanity", "VADER": "vaderSentiment"}
_GROUPS = ("identity and self-description", "dialect, innocent", "learner, innocent")


@dataclass(frozen=True, slots=True)
class Figure:
    """One score on one set; shares are 0 to 1, `None` where there is nothing to measure them on."""

    kind: str
    guilty: int
    innocent: int
    precision: float | None
    recall_at_1: float
    """Share of the guilty above what 1 in 1,000 ordinary mails reach."""
    recall_at_5: float
    flagged: float
    """Share of the set's innocent, which are near misses by design, above what 5 in 1,000 ordinary mails reach."""
    auroc: float
    calibration: float
    """Expected calibration error over ten bins."""


def figures(
    truth: Mapping[str, Sequence[float]], scores: Mapping[str, Sequence[float]], limits: Mapping[str, tuple[float, float]]
) -> list[Figure]:
    """A figure for each kind that has guilty and innocent texts; labels are 1, 0 or NaN for "not said"."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    found = []
    for kind, labels in truth.items():
        said = np.array(labels, dtype=float)
        known = ~np.isnan(said)
        guilty, values = said[known] == 1.0, np.array(scores[kind])[known]
        if not guilty.any() or guilty.all():
            continue
        at_1, at_5 = limits[kind]
        above = values > at_1
        found.append(
            Figure(
                kind, int(guilty.sum()), int((~guilty).sum()), float(guilty[above].mean()) if above.any() else None,
                float(above[guilty].mean()), float((values > at_5)[guilty].mean()), float((values > at_5)[~guilty].mean()),
                float(roc_auc_score(guilty, values)), _calibration(guilty.tolist(), values.tolist()),
            )
        )  # fmt: skip
    return found


def _calibration(guilty: Sequence[bool], values: Sequence[float]) -> float:
    bins: list[list[tuple[bool, float]]] = [[] for _ in range(_BINS)]
    for truth, value in zip(guilty, values, strict=True):
        bins[min(int(value * _BINS), _BINS - 1)].append((truth, value))
    gaps = (abs(sum(t for t, _ in part) - sum(v for _, v in part)) for part in bins if part)
    return sum(gaps) / len(values)


def limits_of(rows: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """For each score what one and five of a thousand of these reach."""
    import numpy as np

    return {
        kind: tuple(float(np.quantile([row[kind] for row in rows], share, method="higher")) for share in (0.999, 0.995))  # type: ignore[misc]
        for kind in conduct_model.KINDS
    }


def conduct(folder: Path, data: Path | None = None, semantic: Path | None = None) -> Iterator[str]:
    """The report, line by line: the held-back part, groups, speed, and the labelled rows of a data folder if one is given.

    `semantic`: the directory of the semantic tier, to measure with it. Raises Permanent where it does not fit.
    """
    model = conduct_model.load(folder)
    if model and semantic:
        model = conduct_model.with_tier(model, semantic, folder)
    held = [sentence for sentence in corpus.own(folder) if sentence.held_back]
    back = [sentence for sentence in held if sentence.voice != corpus.FUNCTIONS]
    started = time.process_time()
    scores = scorer.score_texts([sentence.text for sentence in back], model)
    took = time.process_time() - started
    read = training.read(data)
    step = max(1, len(read.ordinary) // _MOST_ORDINARY + 1)
    ordinary = read.ordinary[::step]
    mails = scorer.score_texts(ordinary, model)
    innocent = [row for sentence, row in zip(back, scores, strict=True) if not sentence.labels]
    limits = limits_of(mails or innocent)
    yield f"held back: {len(back)} sentences of {len({sentence.voice for sentence in back})} voices; model and rules together"
    yield (
        f"limits from {len(mails)} ordinary mails"
        if mails
        else "limits from the innocent sentences held back: give --data for ordinary mail"
    )
    truth = {kind: [float(kind in sentence.labels) for sentence in back] for kind in conduct_model.KINDS}
    yield from _table(figures(truth, _by_kind(scores), limits))
    yield from _reported(back, scores, limits)
    yield from _whole([mail for mail in corpus.mails(folder) if mail.held_back], model, limits)
    yield from _functions([sentence for sentence in held if sentence.voice == corpus.FUNCTIONS], model, limits)
    yield from _gaps(corpus.own(folder), model, limits)
    yield f"sentences a second, model and rules: {len(back) / max(took, 1e-6):.0f}"
    if model:
        yield f"sentences a second, model alone: {_speed(model, back):.0f}"
    yield from _flags(ordinary)
    if data:
        yield from _labelled(training.labelled(data)[:_MOST_ROWS], model, limits)
    yield from _peers([sentence.text for sentence in back], truth["any_abuse"])


def _by_kind(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {kind: [row[kind] for row in rows] for kind in conduct_model.KINDS}


def _table(rows: Sequence[Figure]) -> Iterator[str]:
    yield f"{'':15} guilty innocent precision  R@1  R@5 near-misses AUROC   ECE"
    for row in rows:
        precision = "    -" if row.precision is None else f"{row.precision:5.2f}"
        yield (
            f"{row.kind:15} {row.guilty:6} {row.innocent:8}     {precision} {row.recall_at_1:.2f} {row.recall_at_5:.2f} "
            f"{row.flagged:11.3f} {row.auroc:.3f} {row.calibration:.3f}"
        )


def _whole(
    mails: Sequence[corpus.Mail], model: conduct_model.Scorer | None, limits: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    """The same for whole mails, of which only a sentence or two are guilty."""
    if not mails:
        return
    scores = scorer.score_texts([mail.text for mail in mails], model)
    abused = sum(row["any_abuse"] > limits["any_abuse"][1] for row, mail in zip(scores, mails, strict=True) if not mail.labels)
    innocent = sum(not mail.labels for mail in mails)
    yield f"whole mails held back: {len(mails)}; of {innocent} innocent ones {abused} flagged as abuse"
    truth = {kind: [float(kind in mail.labels) for mail in mails] for kind in conduct_model.KINDS}
    yield from _table(figures(truth, _by_kind(scores), limits))


def _reported(
    back: Sequence[corpus.Own], scores: Sequence[Mapping[str, float]], limits: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    told = [row for sentence, row in zip(back, scores, strict=True) if sentence.labels == {"reported"}]
    flagged = sum(row["any_abuse"] > limits["any_abuse"][1] for row in told)
    yield f"reported or quoted abuse flagged: {flagged} of {len(told)}"


def _functions(
    tests: Sequence[corpus.Own], model: conduct_model.Scorer | None, limits: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    """Of each function the share judged rightly: abuse, or a risk, above what five in a thousand ordinary mails reach, and what is
    innocent below it."""
    right: dict[tuple[bool, str], list[bool]] = {}
    for test, row in zip(tests, scorer.score_texts([test.text for test in tests], model), strict=True):
        kind = "welfare" if "welfare" in test.labels or re.search(r"\b(?:despair|risk)\b", test.group) else "any_abuse"
        right.setdefault((bool(test.labels), test.group), []).append((row[kind] > limits[kind][1]) == bool(test.labels))
    for guilty, name in ((True, "guilty"), (False, "innocent")):
        judged = [one for (said, _), some in right.items() if said == guilty for one in some]
        yield f"functional tests, {name}: {sum(judged)} of {len(judged)} judged rightly"
    for (_, group), some in right.items():
        yield f"  {group}: {sum(some)} of {len(some)}"


def _gaps(
    own: Sequence[corpus.Own], model: conduct_model.Scorer | None, limits: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    """Innocent sentences of groups that are easily wronged; most of them were learned from, so the figure flatters."""
    for group in _GROUPS:
        texts = [sentence.text for sentence in own if sentence.group == group and not sentence.labels]
        rows = scorer.score_texts(texts, model)
        flagged = sum(row["any_abuse"] > limits["any_abuse"][1] for row in rows)
        mean = sum(row["any_abuse"] for row in rows) / max(len(rows), 1)
        yield f"{group}: {flagged} of {len(rows)} innocent flagged, mean any_abuse {mean:.3f}"


def _speed(model: conduct_model.Scorer, back: Sequence[corpus.Own]) -> float:
    texts = [f"{sentence.text} {copy}" for copy in range(8) for sentence in back]  # no two alike: those are weighed once
    started = time.process_time()
    model.sentences(texts)
    return len(texts) / max(time.process_time() - started, 1e-6)


def _flags(mails: Sequence[str]) -> Iterator[str]:
    """Rule by rule: how many of a thousand ordinary mails get a finding that counts."""
    from triage import detect
    from triage.finding import SURE

    found: dict[str, int] = {}
    for mail in mails:
        for kind in {sign.kind for sign in detect.detect(scorer.evidence_of(mail)) if sign.strength >= SURE}:
            found[kind] = found.get(kind, 0) + 1
    for kind, count in sorted(found.items()):
        yield f"findings by rule on ordinary mail, {kind}: {1000 * count / len(mails):.1f} in 1,000"


def _labelled(
    rows: Sequence[Mapping[str, str]], model: conduct_model.Scorer | None, limits: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    yield f"labelled rows (development part): {len(rows)}"
    scores = _by_kind(scorer.score_texts([row["text"] for row in rows], model))
    truth = {
        kind: [float(row[column]) if row[column] in ("0", "1") else float("nan") for row in rows]
        for kind, column in _COLUMNS.items()
    }
    yield from _table(figures(truth, scores, limits))


def _peers(texts: Sequence[str], truth: Sequence[float]) -> Iterator[str]:
    """What others give, where they are installed: AUROC for abuse of any kind."""
    from sklearn.metrics import roc_auc_score

    for name, module in _PEERS.items():
        if importlib.util.find_spec(module) is None:
            yield f"{name}: not installed, left out"
            continue
        yield f"{name}: AUROC any_abuse {float(roc_auc_score(truth, _peer(module)(texts))):.3f}"


def _peer(module: str) -> Callable[[Sequence[str]], list[float]]:
    if module == "profanity_check":
        check = importlib.import_module(module)
        return lambda texts: [float(value) for value in check.predict_prob(list(texts))]
    if module == "better_profanity":
        profanity = importlib.import_module(module).profanity
        return lambda texts: [float(profanity.contains_profanity(text)) for text in texts]
    analyzer = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return lambda texts: [float(analyzer.polarity_scores(text)["neg"]) for text in texts]
