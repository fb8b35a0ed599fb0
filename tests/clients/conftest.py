"""Desks with a Thunderbird or a Roundcube: one for all who only look, and one of one's own for whoever clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clerk import Desk, WebDesk, at_the_web, at_work
from servers import Server


@pytest.fixture(scope="module")
def looking(dovecot_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all who only look."""
    with at_work(dovecot_server, tmp_path_factory.mktemp("looking") / "office", "looker") as one:
        yield one


@pytest.fixture
def desk(dovecot_server: Server, tmp_path: Path, user: str) -> Iterator[Desk]:
    """A desk of one's own."""
    with at_work(dovecot_server, tmp_path / "office", user) as one:
        yield one


@pytest.fixture(scope="module")
def web_looking(dovecot_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDesk]:
    """One desk for all who only look."""
    with at_the_web(dovecot_server, tmp_path_factory.mktemp("web") / "office", "weblooker") as one:
        yield one


@pytest.fixture
def web_desk(dovecot_server: Server, tmp_path: Path, user: str) -> Iterator[WebDesk]:
    """A desk of one's own."""
    with at_the_web(dovecot_server, tmp_path / "office", user) as one:
        yield one
