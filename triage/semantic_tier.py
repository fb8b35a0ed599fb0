"""The semantic tier of the conduct model: what sentences mean, asked only where the fast tier is unsure.

A sentence that the fast tier gives a chance of some kind (`_LOOK`; one ordinary sentence in nine, thirty of thirty-one guilty ones)
is made a vector (`triage.semantic`), and a logistic head for each kind says what it makes of it. Both tiers are then heard alike: three
quarters of the sum of their log-odds. The heads come with the program (models/conduct/semantic), are small, and fit one network and one fast model
only; the limits in their manifest are those of both tiers together, on ordinary mail. Without a directory none of this is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from triage import model_file, semantic, whole_file
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "semantic"
"""Beside the fast model."""
HEADS = "heads.npz"
MANIFEST = "manifest.json"
FORMAT = 1
SIZE_LIMIT = 1_000_000
_COMMAND = "triage train --semantic"
_LOOK = 0.0759
"""The fast tier's probability from which on a sentence is looked at: log-odds of -2.5."""
NOT_LOOKED_FOR = frozenset({"any_abuse", "profanity", "reported", "demand"})
"""Scores that call for no second look by themselves: swear words are words, and the others follow from their neighbours."""
NOT_BLENDED = frozenset({"profanity"})
_WEIGHT = 0.75
"""Of the log-odds of either tier: between their mean and their sum, because they agree on much for the same reasons."""
_TINY = 1e-6


class Embedder(Protocol):
    """What makes vectors of sentences; `triage.semantic.Embedder`."""

    @property
    def sha256(self) -> str: ...
    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Tier:
    """Heads that were checked, with the network whose vectors they know."""

    kinds: tuple[str, ...]
    embedder: Embedder
    weights: NDArray[np.float32]
    """A row for each number of a vector, a column for each kind."""
    intercepts: NDArray[np.float64]
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """As those of the fast model, for both tiers together."""

    def corrected(self, texts: Sequence[str], chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """The fast tier's probabilities (a row a text, a column a kind), with those of unsure sentences corrected."""
        import numpy as np

        looked_for = [column for column, kind in enumerate(self.kinds) if kind not in NOT_LOOKED_FOR]
        unsure = np.flatnonzero((chances[:, looked_for] >= _LOOK).any(axis=1))
        if not len(unsure):
            return chances
        heard = self.embedder.vectors([texts[place] for place in unsure.tolist()]) @ self.weights + self.intercepts
        fast = np.clip(chances[unsure], _TINY, 1.0 - _TINY)
        both = 1.0 / (1.0 + np.exp(-np.clip(_WEIGHT * (np.log(fast / (1.0 - fast)) + heard), -40.0, 40.0)))
        kept = [column for column, kind in enumerate(self.kinds) if kind in NOT_BLENDED]
        both[:, kept] = chances[unsure][:, kept]
        corrected = chances.copy()
        corrected[unsure] = both
        return corrected


def opened(folder: Path, directory: Path, fast_sha256: str, kinds: tuple[str, ...]) -> Tier:
    """The heads beside the fast model in `folder`, with the network in `directory`.

    Raises Permanent, in words, when either does not fit its manifest, or they do not fit each other and the fast model.
    """
    embedder = semantic.opened(directory)
    place = folder / FOLDER
    manifest = model_file.manifest(place / MANIFEST, _COMMAND)
    if manifest.get("format") != FORMAT:
        raise Permanent(
            f"{place} is of format {manifest.get('format')}, this program reads {FORMAT}: run `triage train --semantic`"
        )
    if manifest.get("fast_sha256") != fast_sha256:
        raise Permanent(f"{place} was trained with another fast model than {folder} holds: run `triage train --semantic`")
    if manifest.get("network_sha256") != embedder.sha256:
        raise Permanent(
            f"{place} was trained with another network than {directory} holds: make it again, or run `triage train --semantic`"
        )
    weights, intercepts = _heads(place / HEADS, str(manifest.get("sha256", "")), len(kinds))
    return Tier(kinds, embedder, weights, intercepts, manifest.get("thresholds", {}))


def _heads(file: Path, expected: str, kinds: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    import numpy as np

    try:
        octets = file.read_bytes() if file.stat().st_size <= SIZE_LIMIT else b""
    except OSError as fault:
        raise Permanent(f"{file} cannot be read ({fault.strerror}); `triage train --semantic` makes it") from fault
    if hashlib.sha256(octets).hexdigest() != expected:
        raise Permanent(f"{file} is not the file its manifest describes (its SHA-256 differs); run `triage train --semantic`")
    try:
        with np.load(BytesIO(octets), allow_pickle=False) as held:
            weights, intercepts = held["weights"], held["intercepts"]
    except (KeyError, ValueError, OSError) as fault:
        raise Permanent(f"{file} cannot be read as heads ({type(fault).__name__}: {fault})") from fault
    if weights.shape != (semantic.WIDTH, kinds) or intercepts.shape != (kinds,):
        raise Permanent(f"{file} has other kinds than this program: run `triage train --semantic`")
    return weights.astype(np.float32), intercepts.astype(np.float64)


def write(folder: Path, tier: Tier, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the heads and their manifest beside the fast model in `folder`; returns the manifest with what it says of the heads."""
    import numpy as np

    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    held = BytesIO()
    np.savez_compressed(held, weights=tier.weights.astype(np.float32), intercepts=tier.intercepts)
    (place / HEADS).write_bytes(held.getvalue())
    whole = {
        "format": FORMAT,
        "sha256": hashlib.sha256(held.getvalue()).hexdigest(),
        "network_sha256": tier.embedder.sha256,
        **manifest,
        "thresholds": {kind: dict(limits) for kind, limits in tier.thresholds.items()},
    }
    whole_file.write(place / MANIFEST, json.dumps(whole, indent=2) + "\n")
    return whole
