"""Trains the matter model: is this mail about that earlier matter?

Learns from archives of public mailing lists with known matters (JSON lines as `triage group` reads them, with `matter` as the truth)
and from invented support stories. Mail is read in order of time and placed where it truly belongs; each comparison that comes up on
the way is a row. What is stored is trees and, for hashed words, how common they are: no text.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from typing import Any

from triage import comparison, grouping, invented, matter, matter_evaluation, opening, pair_model
from triage.errors import Permanent

THRESHOLD = 0.55
LISTS = "*.C3.jsonl.xz"
_STORIES = 1000
_SEED = 11
_LIST_WEIGHT = 1.0
_STORY_WEIGHT = 3.0
_RISING = ("alike", "mass", "exclusive", "reference", "place", "amount", "same_subject", "subject_named", "quoted", "by_rule",
           "namesake", "names_writer")  # fmt: skip
_FALLING = ("other_reference", "other_place", "new_matter", "rank", "subject_other")
"""A column that speaks for (or against) a link never does the contrary, whatever the data say by chance."""

Mail = tuple[str, invented.Told]
"""Who the story is about, and a mail of it with the matter it truly belongs to."""


@dataclass(slots=True)
class Pairs:
    """Comparisons to learn from: rows of `comparison.NAMES`, whether they belong together, and how much each counts."""

    rows: list[list[float]] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def __iadd__(self, other: Pairs) -> Pairs:
        self.rows += other.rows
        self.labels += other.labels
        self.weights += other.weights
        return self


Openings = tuple[list[float], float]
"""The weights of `triage.opening` and where they start from."""


def openings_of(lists: Iterable[Iterable[Mail]]) -> Openings:
    """Learns how first mails open and how the later ones of the same person in the same matter do."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    found: list[tuple[int, ...]] = []
    later: list[bool] = []
    for mail in lists:
        known, wrote = set[str](), set[tuple[str, str]]()
        for who, told in mail:
            if not told.by_staff and (told.matter not in known or (who, told.matter) in wrote):
                found.append(opening.buckets(told.message.own))
                later.append(told.matter in known)
            known.add(told.matter)
            wrote.add((who, told.matter))
    if len(set(later)) < 2:
        raise Permanent("nothing to learn from: the archives hold no first mails, or no later ones")
    columns = np.fromiter((one for row in found for one in row), dtype=np.int64)
    ends = np.cumsum([0, *(len(row) for row in found)])
    values = np.concatenate([np.full(len(row), 1 / len(row) ** 0.5) for row in found])
    table = csr_matrix((values, columns, ends), shape=(len(found), opening.BUCKETS))
    model = LogisticRegression(C=1.0, max_iter=300, class_weight="balanced").fit(table, later)
    return [float(weight) for weight in model.coef_[0].astype(np.float16)], float(model.intercept_[0])


class _Taught(matter.Board):
    """A board that places each mail where it truly belongs, and notes what would have had to be decided."""

    def taught(self, told: invented.Told, truth: dict[str, comparison.Matter], pairs: Pairs, weight: float) -> None:
        traits = self.traits(told.message, told.by_staff)
        if not told.by_staff:
            self.people.add(traits.sender)
        right = truth.get(told.matter)
        candidates = self.open_candidates(told.message, traits)
        if candidates:
            scores = [score for score, _ in self.scored(told.message, traits, candidates)]
            pairs.rows += self.compared(traits, candidates, scores)
            pairs.labels += [one is right for one in candidates]
            pairs.weights += [weight] * len(candidates)
        if right is None:
            right = truth[told.matter] = comparison.Matter(matter.matter_id(told.message))
        self.add(right, told.message, traits)


def list_mail(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mail]:
    """The mails of a list, each with its contact as far as it could be known on arrival."""
    people = grouping.People()
    for row in rows:
        message = grouping.as_message(row)
        yield people.home(message), invented.Told(message, bool(row.get("staff")), str(row["matter"]))


def pairs_of(mail: Iterable[Mail], table: bytes, openings: Openings, weight: float) -> Pairs:
    """Every comparison that comes up while the mails are placed, in order, where they truly belong."""
    known = matter.Known(None, table, lambda text: opening.goes_on(text, openings[0], openings[1]))
    boards: dict[str, _Taught] = {}
    truth: dict[str, comparison.Matter] = {}
    pairs = Pairs()
    for who, told in mail:
        board = boards.get(who)
        if board is None:
            board = boards[who] = _Taught(known)
        board.taught(told, truth, pairs, weight)
    return pairs


def resubjected(mail: Iterable[Mail]) -> Iterator[Mail]:
    """The mails of a list with the subjects of those that are no replies changed.

    In the archives every later mail without headers has lost its subject and every first mail has kept it, which would teach
    that a mail without a subject always goes on. So half of the first mails lose theirs, and some of the later ones get one of
    their own, of words from their text.
    """
    chance = random.Random(_SEED)  # noqa: S311 - no secret hangs on it
    known = set[str]()
    for who, told in mail:
        message = told.message
        if not (message.in_reply_to or message.references or told.by_staff):
            if told.matter in known:
                words = sorted(set(re.findall(r"[^\W\d_]{4,}", message.own[:1500])), key=lambda word: (-len(word), word))[:8]
                subject = " ".join(chance.sample(words, min(3, len(words)))) if chance.random() < 0.3 else ""
            else:
                subject = "" if chance.random() < 0.5 else message.subject
            told = replace(told, message=replace(message, subject=subject))
        known.add(told.matter)
        yield who, told


def story_pairs(stories: Iterable[Sequence[invented.Told]], table: bytes, openings: Openings) -> Pairs:
    """The comparisons of invented stories; each is read by itself, as the daemon reads a contact's."""
    pairs = Pairs()
    for story in stories:
        pairs += pairs_of((("", told) for told in story), table, openings, _STORY_WEIGHT)
    return pairs


def frequencies(mails: Iterable[Iterable[frozenset[str]]]) -> bytes:
    """The table of everyday mail from the words of several collections, each counting the same."""
    shares: dict[int, float] = defaultdict(float)
    collections = [list(words) for words in mails]
    for collection in collections:
        held = Counter(comparison.bucket(word) for words in collection for word in words)
        for place, count in held.items():
            shares[place] += count / len(collection) / len(collections)
    octets = bytearray([255]) * comparison.BUCKETS
    for place, share in shares.items():
        octets[place] = max(0, min(255, round(-8 * log2(min(1.0, share)))))
    return bytes(octets)


def fitted(pairs: Pairs, openings: Openings) -> dict[str, Any]:
    """Boosted trees over the pairs, as the arrays `pair_model.judge` takes; `openings` are kept with them."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    if len(set(pairs.labels)) < 2:
        raise Permanent("nothing to learn from: the mails hold no comparison that belongs together, or none that does not")
    signs = [(name in _RISING) - (name in _FALLING) for name in comparison.NAMES]
    model = HistGradientBoostingClassifier(
        max_iter=160, learning_rate=0.08, max_leaf_nodes=16, max_depth=6, min_samples_leaf=30, l2_regularization=2.0,
        monotonic_cst=signs, early_stopping=False, random_state=_SEED,
    )  # fmt: skip
    rows = np.asarray(pairs.rows)
    model.fit(rows, np.asarray(pairs.labels), sample_weight=np.asarray(pairs.weights))
    held = _flat([one[0].nodes for one in model._predictors], float(model._baseline_prediction[0][0]))
    held |= {"opening": np.asarray(openings[0], dtype=np.float16), "opening_start": openings[1]}
    some = rows[:: max(1, len(rows) // 500)]
    ours = pair_model.judge(held, THRESHOLD).chances(some.tolist())
    if not np.allclose(ours, model.predict_proba(some)[:, 1], atol=1e-6):
        raise Permanent("the trees were not read as scikit-learn reads them: this version of it keeps them in another form")
    return held


def _flat(trees: Sequence[Any], start: float) -> dict[str, Any]:
    """All trees in one set of arrays; a leaf points at itself."""
    import numpy as np

    offsets = np.cumsum([0, *(len(tree) for tree in trees)])
    parts: dict[str, list[Any]] = {name: [] for name in ("columns", "limits", "left", "right", "values")}
    for offset, tree in zip(offsets, trees, strict=False):
        leaf, itself = tree["is_leaf"].astype(bool), np.arange(len(tree))
        parts["columns"].append(np.where(leaf, 0, tree["feature_idx"]).astype(np.int64))
        parts["limits"].append(np.where(leaf, 0.0, tree["num_threshold"]))
        parts["left"].append(np.where(leaf, itself, tree["left"]).astype(np.int64) + offset)
        parts["right"].append(np.where(leaf, itself, tree["right"]).astype(np.int64) + offset)
        parts["values"].append(tree["value"])
    arrays = {name: np.concatenate(part) for name, part in parts.items()}
    depth = max(int(tree["depth"].max()) for tree in trees)
    return arrays | {"roots": offsets[:-1].astype(np.int64), "start": start, "depth": depth}


def placed(mail: Iterable[Mail], judge: pair_model.Judge | None, table: bytes) -> list[tuple[invented.Told, str]]:
    """Each mail with the matter it is placed in by the program itself."""
    known = matter.Known(judge, table)
    boards: dict[str, matter.Board] = {}
    done = []
    for who, told in mail:
        board = boards.get(who)
        if board is None:
            board = boards[who] = matter.Board(known)
        done.append((told, board.place(told.message, told.by_staff).matter))
    return done


def said_words(mail: Iterable[Mail]) -> list[frozenset[str]]:
    """The content words of each mail."""
    return [matter.said(told.message).words for _, told in mail]


def train(data_folder: Path, out: Path, stories: int = _STORIES) -> dict[str, Any]:
    """Trains on the archives in `data_folder` and on invented stories from the parts in `out`; writes the table, the model and
    its manifest into `out` and returns the manifest, with what a model that has not seen it makes of each list.

    Raises Permanent when there are no archives or parts.
    """
    files = sorted(data_folder.glob(LISTS))
    if not files or not (out / invented.PARTS).is_file():
        raise Permanent(
            f"training needs archives ({LISTS}) in {data_folder} and {out / invented.PARTS}; see models/matters/card.md"
        )
    lists = {file.name.partition(".")[0]: matter_evaluation.read(file) for file in files}
    mails = {name: list(list_mail(rows)) for name, rows in lists.items()}
    words = {name: said_words(mail) for name, mail in mails.items()}
    error = {name: _without(name, lists, mails, words, out, stories) for name in lists} if len(lists) > 1 else {}
    table = frequencies(words.values())
    held = fitted(*_all_pairs(list(mails.values()), table, out, stories))
    return _write(out, held, table, {file.name: _digest(file.read_bytes()) for file in files}, error)


def _all_pairs(mails: Sequence[Sequence[Mail]], table: bytes, parts: Path, stories: int) -> tuple[Pairs, Openings]:
    """The comparisons of all mails, and the weights for openings. What is said of the openings of one archive comes from the
    others, or the trees would learn to trust it more than new mail deserves."""
    openings = openings_of(mails)
    pairs = story_pairs(invented.stories(parts, _SEED, stories), table, openings)
    for mail in mails:
        others = [other for other in mails if other is not mail]
        pairs += pairs_of(resubjected(mail), table, openings_of(others) if others else openings, _LIST_WEIGHT)
    return pairs, openings


def _without(
    name: str,
    lists: Mapping[str, Sequence[Mapping[str, Any]]],
    mails: Mapping[str, Sequence[Mail]],
    words: Mapping[str, list[frozenset[str]]],
    parts: Path,
    stories: int,
) -> dict[str, float]:
    """How a model that has not seen a list places its mail."""
    others = [other for other in mails if other != name]
    table = frequencies(words[other] for other in others)
    judge = pair_model.judge(fitted(*_all_pairs([mails[other] for other in others], table, parts, stories)), THRESHOLD)
    done = [(told.matter, found) for told, found in placed(mails[name], judge, table)]
    return matter_evaluation.agreement(done, [bool(row.get("new_thread")) for row in lists[name]])


def _write(out: Path, held: Mapping[str, Any], table: bytes, data: Mapping[str, str], error: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np
    import sklearn

    (out / comparison.TABLE).write_bytes(table)
    with (out / pair_model.MODEL).open("wb") as file:
        arrays: dict[str, Any] = {name: np.asarray(array) for name, array in held.items()}
        np.savez_compressed(file, **arrays)
    manifest = {
        "format": pair_model.FORMAT,
        "features": comparison.VERSION,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": _digest((out / pair_model.MODEL).read_bytes()),
        "frequencies_sha256": _digest(table),
        "data_sha256": {**data, "invented": _digest((out / invented.PARTS).read_bytes())},
        "libraries": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "threshold": THRESHOLD,
        "error": {"left out": error},
    }
    (out / pair_model.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
