"""Offices on Dovecot: one whose mail has just arrived, and one over which a pass was made. Each test works in a copy."""

from __future__ import annotations

import pytest
from mailstate import folders
from office import Office
from sample import story
from servers import Server


@pytest.fixture(scope="session")
def _arrived(dovecot_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Office:
    one = Office(dovecot_server, tmp_path_factory.mktemp("offices") / "arrived", "arrived").open()
    one.receive(*story())
    folders(one.server, one.user)  # has the server make all its folders
    return one


@pytest.fixture(scope="session")
def _worked(_arrived: Office) -> Office:
    one = _arrived.twin()
    one.once()
    return one


@pytest.fixture
def arrived(_arrived: Office) -> Office:
    """The story has arrived, and no pass was made yet."""
    return _arrived.twin()


@pytest.fixture
def worked(_worked: Office) -> Office:
    """A pass was made over the story."""
    return _worked.twin()
