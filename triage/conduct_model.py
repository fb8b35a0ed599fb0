"""The trained conduct model: text → a probability for each kind, or "no model" and why not.

The model is one part of a judgement: it ranks what a person should look at, and the rules beside it (`triage.detect`) say why.
A model file is never trusted for being there. It is read only when its manifest fits: hash, size, versions of the libraries
that made it, and nothing in it but texts and arrays (`triage.model_file` can make nothing else of it). Anything else is refused with a
sentence, and the program goes on with rules only.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
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
    tier = semantic_tier.opened(folder, semantic, str(_manifest(folder / MANIFEST).get("sha256")), fast.kinds)
    return replace(fast, tier=tier, thresholds=tier.thresholds, _met={})


def opened(folder: Path | None = None) -> Scorer:
    """The model in `folder`; raises Permanent with the reason when there is none or it does not fit its manifest."""
    folder = folder or features.signs_file().parent
    manifest = _manifest(folder / MANIFEST)
    _check_versions(manifest)
    _check_file(folder / MODEL, str(manifest.get("sha256", "")))
    signs_file = features.signs_file(folder)
    if not signs_file.is_file() or _digest(signs_file) != manifest.get("signs_sha256"):
        raise Permanent(f"{signs_file} is not the one the model was trained with: put it back, or run `triage train`")
    words = folder / word_vectors.FILE
    if not words.is_file() or _digest(words) != manifest.get("words_sha256"):
        raise Permanent(f"{words} is not the one the model was trained with: put it back, or run `triage train`")
    return _read(folder / MODEL, manifest, features.read_signs(signs_file), word_vectors.read(words))


def _manifest(file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Permanent(f"{file} is missing: a model is only used with its manifest; `triage train` writes both") from None
    except (OSError, ValueError) as fault:
        raise Permanent(f"{file} cannot be read as a manifest ({fault}); `triage train` writes a new one") from fault
    if not isinstance(manifest, dict):
        raise Permanent(f"{file} is not a manifest: it should hold one JSON object; `triage train` writes a new one")
    return manifest


def _check_versions(manifest: Mapping[str, Any]) -> None:
    if (manifest.get("format"), manifest.get("features")) != (FORMAT, features.VERSION):
        raise Permanent(
            f"the model is of format {manifest.get('format')} with features {manifest.get('features')}, this program reads "
            f"format {FORMAT} with features {features.VERSION}: run `triage train`"
        )
    made_with = manifest.get("libraries")
    for library in _LIBRARIES:
        made = str(made_with.get(library, "none")) if isinstance(made_with, dict) else "none"
        here = metadata.version(library)
        if made.split(".")[:2] != here.split(".")[:2]:
            raise Permanent(f"the model was made with {library} {made}, but {here} is installed: run `triage train`")


def _check_file(file: Path, expected: str) -> None:
    if not file.is_file():
        raise Permanent(f"{file} is missing; `triage train` makes it")
    if file.stat().st_size > SIZE_LIMIT:
        raise Permanent(f"{file} has {file.stat().st_size} octets, more than the {SIZE_LIMIT} a model may have")
    if _digest(file) != expected:
        raise Permanent(
            f"{file} is not the file its manifest describes (its SHA-256 differs): put it back, or run `triage train`"
        )
    try:
        with zipfile.ZipFile(file) as members:
            unpacked = sum(member.file_size for member in members.infolist())
    except zipfile.BadZipFile:
        raise Permanent(f"{file} is no skops file: pickles and other forms are never opened") from None
    if unpacked > UNPACKED_LIMIT:
        raise Permanent(f"{file} unpacks to {unpacked} octets, more than the {UNPACKED_LIMIT} a model may have")


def _read(file: Path, manifest: Mapping[str, Any], signs: features.Signs, meaning: word_vectors.WordVectors) -> Scorer:
    try:
        with zipfile.ZipFile(file) as members:
            untrusted = model_file.foreign_types(model_file.schema_of(members))
        if untrusted:
            raise Permanent(f"{file} holds types no model of ours holds: {', '.join(untrusted)}")
        held = model_file.read(file)
        kinds, intercepts, meant = tuple(held["kinds"]), held["intercepts"], held["meant"].astype("float32")
        weights = _table(held["values"], held["columns"], held["ends"], features.columns(signs))
    except Permanent:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OSError, zipfile.BadZipFile) as fault:
        raise Permanent(f"{file} cannot be read as a model ({type(fault).__name__}: {fault})") from fault
    if kinds != LEARNT or intercepts.shape != (len(LEARNT),) or meant.shape != (word_vectors.WIDTH, len(LEARNT)):
        raise Permanent(f"{file} has other kinds than this program: run `triage train`")
    return Scorer(kinds, weights, intercepts, signs, meaning, meant, manifest.get("thresholds", {}))


def _table(values: NDArray[np.float32], columns: NDArray[np.int64], ends: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """The weights as a full table of `width` rows. ValueError for places outside it, instead of a crash later."""
    import numpy as np

    sizes = np.diff(ends)
    fits = len(ends) == len(LEARNT) + 1 and ends[0] == 0 and ends[-1] == len(values) == len(columns) and (sizes >= 0).all()
    if not fits or (len(columns) and not 0 <= columns.min() <= columns.max() < width):
        raise ValueError("its weights do not fit the features")
    table = np.zeros((width, len(LEARNT)), dtype=np.float32)
    table[columns, np.repeat(np.arange(len(LEARNT)), sizes)] = values
    return table


def _strength(chance: float, unsure: float, strict: float) -> float:
    """How sure a finding may be that rests on this score alone: 0.4 at `unsure`, 0.5 at `strict`, never above 0.8."""
    low, high, here = map(_log_odds, (unsure, strict, chance))
    if here < high:
        return round(0.4 + 0.0999 * (here - low) / max(high - low, 0.01), 4)
    return round(0.5 + 0.3 * (1.0 - exp(high - here)), 4)


def _log_odds(chance: float) -> float:
    chance = min(max(chance, 1e-6), 1.0 - 1e-6)
    return log(chance / (1.0 - chance))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
