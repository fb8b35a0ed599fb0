"""An office whose mail has arrived, and what an undisturbed pass over it comes to."""

from __future__ import annotations

import pytest
from astray import end, through
from ending import End
from faulty import Faulty
from mailstate import folders
from office import Office
from sample import story
from servers import Server


@pytest.fixture(scope="package")
def arrived(dovecot_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Office:
    one = Office(dovecot_server, tmp_path_factory.mktemp("faults") / "arrived", "faults").open()
    one.receive(*story())
    folders(one.server, one.user)
    return one


@pytest.fixture(scope="package")
def undisturbed(arrived: Office) -> tuple[End, list[bytes]]:
    """The end, and the commands that led there."""
    office = arrived.twin()
    with Faulty(office.server.port) as proxy:
        through(office, proxy.port)
        office.once()
        commands = list(proxy.commands)
    return end(office), commands
