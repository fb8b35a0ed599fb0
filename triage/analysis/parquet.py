"""The tables as Parquet files, one each, for whatever else reads them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from triage.analysis.tables import Tables
from triage.errors import Permanent


def write(reading: Callable[[], Tables], folder: Path) -> list[Path]:
    """Writes NAME.parquet for each table into `folder` (made when it is not there), readable by its owner only, each whole or not
    at all. The tables are read only once it is clear that they can be written. Raises Permanent when pyarrow is missing."""
    if find_spec("pyarrow") is None:
        raise Permanent('Parquet needs pyarrow: pip install "triage[notebooks]", or -r requirements-notebooks.txt')
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name, frame in reading():
        path = folder / f"{name}.parquet"
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.chmod(0o600)
        frame.to_parquet(part, engine="pyarrow", index=False)
        part.replace(path)
        written.append(path)
    return written
