"""A fresh office for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rulings.registry import Registry, registry


@pytest.fixture
def baths(tmp_path: Path) -> Iterator[Registry]:
    """Marlow Baths, under the Keller policy."""
    with registry(tmp_path) as one:
        yield one


@pytest.fixture
def due(baths: Registry) -> Registry:
    """The same, when everything a restriction needs is there."""
    baths.until_due()
    return baths
