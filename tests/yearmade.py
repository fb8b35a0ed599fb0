"""A part of the demo's year as tests are given it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Year:
    settings: Path
    truth: dict[str, Any]
