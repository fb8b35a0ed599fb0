"""The trained matter model: rows of comparisons → how likely each candidate is the matter a mail belongs to.

The model is an ensemble of small decision trees, kept as plain arrays, so that asking it needs no scikit-learn and takes a
fraction of a millisecond. As with the conduct model a file is read only when its manifest fits (hash, size, format), and nothing
but arrays is accepted; otherwise the rules of `triage.matter` decide alone, and the log says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from triage import comparison, opening
from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent.parent / "models" / "matters"
MODEL = "model.npz"
MANIFEST = "manifest.json"
FORMAT = 2
SIZE_LIMIT = 2_000_000
"""Octets of the model file, and ten times as many unpacked."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Judge:
    """Trees that were checked and can be asked. A leaf points at itself, so that all trees are walked alike."""

    columns: NDArray[np.int64]
    limits: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: NDArray[np.float64]
    roots: NDArray[np.int64]
    start: float
    depth: int
    opening: list[float]
    """The weights of `triage.opening`."""
    opening_start: float
    threshold: float
    """The probability from which a mail is placed in a matter."""

    def chances(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The probability, 0 to 1, of each row (columns: `comparison.NAMES`)."""
        import numpy as np

        table = np.asarray(rows, dtype=float)
        across = np.arange(len(table))[:, None]
        at = np.broadcast_to(self.roots, (len(table), len(self.roots)))
        for _ in range(self.depth):
            at = np.where(table[across, self.columns[at]] <= self.limits[at], self.left[at], self.right[at])
        sums = self.values[at].sum(axis=1) + self.start
        return [float(chance) for chance in 1.0 / (1.0 + np.exp(-sums))]

    def goes_on(self, text: str) -> float:
        """How much a text sounds like going on about something (log odds)."""
        return opening.goes_on(text, self.opening, self.opening_start)


@cache
def loaded(folder: Path = FOLDER) -> Judge | None:
    """The model in `folder`, read once, or None with a logged reason."""
    try:
        return opened(folder)
    except Permanent as refusal:
        _log.warning("no matter model", reason=str(refusal))
        return None


def opened(folder: Path) -> Judge:
    """The model in `folder`; raises Permanent with the reason when there is none or it does not fit its manifest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        content = (folder / MODEL).read_bytes()
        table = (folder / comparison.TABLE).read_bytes()
    except (OSError, ValueError) as fault:
        raise Permanent(f"{folder} holds no whole matter model ({fault}); `triage train` writes one") from fault
    if not isinstance(manifest, dict) or (manifest.get("format"), manifest.get("features")) != (FORMAT, comparison.VERSION):
        raise Permanent(f"the model in {folder} is not of the form this program reads: run `triage train`")
    for name, octets in (("sha256", content), ("frequencies_sha256", table)):
        if hashlib.sha256(octets).hexdigest() != manifest.get(name):
            raise Permanent(
                f"{folder} holds a file its manifest does not describe ({name} differs): put it back, or run `triage train`"
            )
    if len(content) > SIZE_LIMIT:
        raise Permanent(f"{folder / MODEL} has {len(content)} octets, more than the {SIZE_LIMIT} a model may have")
    return _read(folder / MODEL, manifest)


def _read(file: Path, manifest: Mapping[str, Any]) -> Judge:
    import zipfile

    import numpy as np

    try:
        with zipfile.ZipFile(file) as members:
            if sum(member.file_size for member in members.infolist()) > 10 * SIZE_LIMIT:
                raise Permanent(f"{file} unpacks to more than {10 * SIZE_LIMIT} octets")
        with np.load(file, allow_pickle=False) as arrays:  # plain arrays only: nothing in the file can be run
            return judge({name: arrays[name] for name in arrays.files}, float(manifest["threshold"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, zipfile.BadZipFile) as fault:
        raise Permanent(f"{file} cannot be read as a model ({type(fault).__name__}: {fault})") from fault


def judge(held: Mapping[str, Any], threshold: float) -> Judge:
    """A judge from its arrays; ValueError when they point outside themselves."""
    nodes = len(held["values"])
    inside = all(len(held[name]) == nodes and (held[name] >= 0).all() for name in ("columns", "left", "right"))
    inside = inside and all((held[name] < nodes).all() for name in ("left", "right", "roots"))
    if not inside or not (held["columns"] < len(comparison.NAMES)).all() or not 0 < int(held["depth"]) <= 20:
        raise ValueError("its trees point outside themselves")
    arrays = {name: held[name] for name in ("columns", "limits", "left", "right", "values", "roots")}
    if len(held["opening"]) != opening.BUCKETS:
        raise ValueError("its table of openings has another size")
    return Judge(
        **arrays, start=float(held["start"]), depth=int(held["depth"]), threshold=threshold,
        opening=[float(weight) for weight in held["opening"]], opening_start=float(held["opening_start"]),
    )  # fmt: skip
