"""The trained conduct model: text → a probability for each kind, or "no model" and why not.

The model is one part of a judgement: it ranks what a person should look at, and the rules beside it (`triage.detect`) say why.
A model file is never trusted for being there. It is read only when its manifest fits: hash, size, versions of the libraries
that made it, and nothing in it but texts and arrays (`triage.model_file` can make nothing else of it). Anything else is refused with a
sentence, and the program goes on with rules only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from triage import features, model_file, semantic_tier, word_vectors
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = (
    "any_abuse", "threat", "insult", "profanity", "sexual", "discrimination", "harassment", "intimidation",
    "tone", "demand", "welfare", "reported",
)  # fmt: skip
"""What is scored. `reported`: abusive words are quoted or told about, not the writer's own."""

ASIDE = ("urgent", "unreasonable", "named", "refusal", "allegation", "offtopic", "illegal", "rights")
"""What is learned for the detectors alone: the two sorts of demand, insisting on one person, refusing the process and so on."""
LEARNT = (*KINDS, *ASIDE)
"""The rows of the weights, in order."""

MODEL = "model.skops"
MANIFEST = "manifest.json"
FORMAT = 3
SIZE_LIMIT = 5_000_000
"""Octets of the model file."""
UNPACKED_LIMIT = 50_000_000
"""Octets of all its members together, so that a small file cannot fill the memory."""
_AT_ONCE = 400
"""Sentences that are scored together: more would take more memory and no less time."""
_MOST_MET = 25_000
"""Sentences that are remembered at most; half a megabyte each five thousand."""
_FAINT = 0.03
"""Scores below it are never remarkable, however rare they are in ordinary mail."""
_LIKELY = 0.45
"""The least score for abuse of somebody that may count, however rare it is in ordinary mail, of which most is about other things
than people."""
_CHARGES = frozenset({"threat", "insult", "sexual", "discrimination", "harassment", "intimidation", "allegation"})
_STANDS_OUT = 0.2
"""Sentences below it are never added up, however rare such a score is in ordinary mail."""
_COMMAND = "triage train"
_LIBRARIES = ("scikit-learn", "skops", "numpy", "scipy")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Score:
    """How likely one kind is in one message, and the sentence that says so most clearly."""

    probability: float
    sentence: str
    start: int
    """Offset of the sentence in the text, in characters; -1 when the text holds no sentence."""


@dataclass(frozen=True)
class Scorer:
    """A model that was checked and can be asked."""

    kinds: tuple[str, ...]
    weights: NDArray[np.float32]
    """A row for each column of the features, a column for each kind."""
    intercepts: NDArray[np.float64]
    signs: features.Signs
    meaning: word_vectors.WordVectors
    meant: NDArray[np.float32]
    """The weights of the words' meaning: a row for each dimension, a column for each kind."""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """For each kind the score that 1 and 5 of a thousand ordinary business sentences exceed."""
    tier: semantic_tier.Tier | None = None
    """The semantic tier, where the operator has one: corrects what the weights alone are unsure of."""
    _met: dict[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    """Sentence → the kinds for which it stands out, and how strongly; for most sentences none. Most sentences of a mailbox come
    again (greetings, forms, the same letter with one line added), and are not weighed again; gone with the model."""

    def sentences(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Each text taken as one sentence: kind → probability, 0 to 1. A text without a letter has 0 throughout."""
        return [dict(zip(self.kinds, row, strict=True)) for row in self._chances(texts).tolist()]

    def _chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """A row for each text, a column for each kind."""
        import numpy as np

        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}  # greetings and the like come often
        different = list(place)
        chances = np.zeros((len(different), len(self.kinds)))
        for start in range(0, len(different), _AT_ONCE):
            some = different[start : start + _AT_ONCE]
            table, vectors = features.rows(some, self.signs, self.meaning)
            sums = table.times(self.weights) + vectors @ self.meant + self.intercepts
            chances[start : start + _AT_ONCE] = 1.0 / (1.0 + np.exp(-np.clip(sums, -40.0, 40.0)))
        if self.tier is not None:
            chances = self.tier.corrected(different, chances)
        chances[[not text.strip() for text in different]] = 0.0
        return chances[[place[text] for text in texts]]

    def pairs(self, text: str) -> dict[str, tuple[tuple[str, float], ...]]:
        """Kind → (sentence, probability) of every sentence of a text, in order: what detectors are shown as evidence."""
        parts = [part.text for part in features.sentences(text)]
        rows = self.sentences(parts)
        return {kind: tuple((words, row[kind]) for words, row in zip(parts, rows, strict=True)) for kind in self.kinds}

    def remarkable(self, texts: Sequence[str]) -> list[dict[str, tuple[tuple[str, float], ...]]]:
        """For several texts at once: kind → (sentence, strength) of the sentences that stand out from ordinary mail, for the detectors.

        A strength of 0.4 is what five in a thousand ordinary mails reach with any sentence, 0.5 what six in ten thousand
        reach; so that from 0.5 on the model may speak alone, and below it is unsure. A hundred texts together take a fraction
        of the time that each by itself would.
        """
        parts = [[part.text for part in features.sentences(text)] for text in texts]
        if len(self._met) > _MOST_MET:
            self._met.clear()
        fresh = list(dict.fromkeys(words for some in parts for words in some if words not in self._met))
        self._met.update(zip(fresh, self._standing_out(fresh), strict=True))
        found: list[dict[str, tuple[tuple[str, float], ...]]] = [{} for _ in texts]
        for about, some in zip(found, parts, strict=True):
            for words in some:
                for kind, strength in self._met[words]:
                    about[kind] = (*about.get(kind, ()), (words, strength))
        return found

    def _standing_out(self, sentences: Sequence[str]) -> list[tuple[tuple[str, float], ...]]:
        """For each sentence the kinds for which it stands out from ordinary mail, each with its strength."""
        import numpy as np

        chances = self._chances(sentences)
        found: list[tuple[tuple[str, float], ...]] = [()] * len(sentences)
        for column, kind in enumerate(self.kinds):
            limits = self.thresholds.get(kind, {})
            unsure = max(limits.get("5", 1.0), _FAINT)
            strict = max(limits.get("strict", 1.0), _LIKELY if kind in _CHARGES else 2.0 * _FAINT)
            for place in np.flatnonzero(chances[:, column] >= unsure):
                found[place] = (*found[place], (kind, _strength(float(chances[place, column]), unsure, strict)))
        return found

    def score_message(self, text: str) -> dict[str, Score]:
        """Kind → score of a whole message.

        The message's probability is that of at least one guilty sentence (noisy-or) over the sentences that stand out from
        ordinary business mail; if none does it is the highest one, so that mere length makes nobody guilty.
        """
        return self.score_messages([text])[0]

    def score_messages(self, texts: Sequence[str]) -> list[dict[str, Score]]:
        """The same for many messages at once, which takes a fifth of the time for each."""
        taken_apart = [features.sentences(text) for text in texts]
        scored = iter(self.sentences([part.text for parts in taken_apart for part in parts]))
        messages = []
        for parts in taken_apart:
            rows = [next(scored) for _ in parts]
            messages.append({kind: self._together(kind, parts, [row[kind] for row in rows]) for kind in self.kinds})
        return messages

    def _together(self, kind: str, parts: Sequence[features.Sentence], chances: Sequence[float]) -> Score:
        if not parts:
            return Score(0.0, "", -1)
        top = max(range(len(parts)), key=chances.__getitem__)
        limit = max(_STANDS_OUT, self.thresholds.get(kind, {}).get("5", 0.5))
        innocent = 1.0
        for chance in chances:
            innocent *= 1.0 - chance if chance > limit else 1.0
        return Score(max(chances[top], 1.0 - innocent), parts[top].text, parts[top].start)


def load(folder: Path | None = None, semantic: Path | None = None) -> Scorer | None:
    """The model in `folder` (by default the one that comes with the program), or None with a logged reason.

    With the semantic tier whose network lies in `semantic`, if one is given; where that does not fit, without it, and the reason is logged.
    """
    try:
        fast = opened(folder)
    except Permanent as refusal:
        _log.warning("no conduct model", reason=str(refusal))
        return None
    if semantic is None:
        return fast
    try:
        return with_tier(fast, semantic, folder)
    except Permanent as refusal:
        _log.warning("no semantic tier", reason=str(refusal))
        return fast


def with_tier(fast: Scorer, semantic: Path, folder: Path | None = None) -> Scorer:
    """The same model with its semantic tier; raises Permanent with the reason when that is missing or does not fit."""
    folder = folder or features.signs_file().parent
    tier = semantic_tier.opened(folder, semantic, str(model_file.manifest(folder / MANIFEST, _COMMAND).get("sha256")), fast.kinds)
    return replace(fast, tier=tier, thresholds=tier.thresholds, _met={})


def opened(folder: Path | None = None) -> Scorer:
    """The model in `folder`; raises Permanent with the reason when there is none or it does not fit its manifest."""
    folder = folder or features.signs_file().parent
    manifest = model_file.manifest(folder / MANIFEST, _COMMAND)
    model_file.check_versions(manifest, (FORMAT, features.VERSION), _LIBRARIES, _COMMAND)
    model_file.check(folder / MODEL, str(manifest.get("sha256", "")), (SIZE_LIMIT, UNPACKED_LIMIT), _COMMAND)
    signs, words = features.signs_file(folder), folder / word_vectors.FILE
    for beside, name in ((signs, "signs_sha256"), (words, "words_sha256")):
        if not beside.is_file() or model_file.digest(beside) != manifest.get(name):
            raise Permanent(f"{beside} is not the one the model was trained with: put it back, or run `{_COMMAND}`")
    known = features.read_signs(signs), word_vectors.read(words)
    return model_file.opened(folder / MODEL, lambda held: _scorer(held, manifest, *known))


def _scorer(
    held: Mapping[str, Any], manifest: Mapping[str, Any], signs: features.Signs, meaning: word_vectors.WordVectors
) -> Scorer:
    """A scorer from its arrays; ValueError or KeyError when they do not fit each other."""
    weights = model_file.table(
        held["values"].astype("float32"), held["columns"], held["ends"], (features.columns(signs), len(LEARNT))
    )
    kinds, intercepts, meant = tuple(held["kinds"]), held["intercepts"], held["meant"].astype("float32")
    if kinds != LEARNT or intercepts.shape != (len(LEARNT),) or meant.shape != (word_vectors.WIDTH, len(LEARNT)):
        raise ValueError("it has other kinds than this program: run `triage train`")
    return Scorer(kinds, weights, intercepts, signs, meaning, meant, manifest.get("thresholds", {}))


def _strength(chance: float, unsure: float, strict: float) -> float:
    """How sure a finding may be that rests on this score alone: 0.4 at `unsure`, 0.5 at `strict`, never above 0.8."""
    low, high, here = map(_log_odds, (unsure, strict, chance))
    if here < high:
        return round(0.4 + 0.0999 * (here - low) / max(high - low, 0.01), 4)
    return round(0.5 + 0.3 * (1.0 - exp(high - here)), 4)


def _log_odds(chance: float) -> float:
    chance = min(max(chance, 1e-6), 1.0 - 1e-6)
    return log(chance / (1.0 - chance))
