"""The line to the server goes wrong at any command, in any way: no hang, words for the operator, and the next pass ends as if
nothing had happened."""

from __future__ import annotations

import itertools
import re
import time
from typing import get_args

import pytest
from ending import End, end_of
from faulty import Fault, Faulty
from figures import Figures
from mailstate import folders
from office import Office
from sample import NOW, story
from servers import Server

FAULTS: tuple[Fault, ...] = get_args(Fault)
STRIDE = 11
"""Each way to go wrong is tried at every eleventh command; all ways together at every one, and at many several times."""
LEAST_POINTS = 60
_number = itertools.count(1)


@pytest.fixture(scope="module")
def arrived(dovecot_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Office:
    one = Office(dovecot_server, tmp_path_factory.mktemp("faults") / "arrived", "faults").open()
    one.receive(*story())
    folders(one.server, one.user)
    return one


def end(office: Office) -> End:
    return end_of(office.server, office.user, office.folder, NOW.isoformat())


@pytest.fixture(scope="module")
def undisturbed(arrived: Office) -> tuple[End, list[bytes]]:
    office = arrived.twin()
    with Faulty(office.server.port) as proxy:
        through(office, proxy.port)
        office.once()
        commands = list(proxy.commands)
    return end(office), commands


def through(office: Office, port: int) -> None:
    """Leads the office's way to its server through this port."""
    settings = office.folder / "settings.ini"
    text = re.sub(r"(?m)^port = \d+$", f"port = {port}", settings.read_text())
    settings.write_text(re.sub(r"(?m)^timeout = .*$", "timeout = 5 seconds", text))


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_on_the_line_the_next_pass_ends_as_if_nothing_had(
    arrived: Office, undisturbed: tuple[End, list[bytes]], fault: Fault, figures: Figures
) -> None:
    wanted, commands = undisturbed
    first = 1 + FAULTS.index(fault) % STRIDE
    stride = 3 * STRIDE if fault == "silence" else STRIDE  # it takes the five seconds of patience each time
    points = range(first, len(commands) + 1, stride)
    assert len(commands) >= LEAST_POINTS and len(points) >= (2 if fault == "silence" else 5)
    figures.add("points at which the line went wrong", len(points))
    for at in points:
        office = arrived.twin()
        words = f"{fault} at command {at}, {commands[at - 1].decode()}"
        with Faulty(office.server.port, fault, at) as proxy:
            through(office, proxy.port)
            begun = time.monotonic()
            said = office.run("once", "--now", NOW.isoformat())
            took = time.monotonic() - begun
            assert proxy.struck, words
        assert said.status in (0, 69, 75), (words, said.errors)
        assert (said.status == 0) == (not said.errors), (words, said)
        assert took < 60, (words, took)
        figures.worst("longest pass on a faulty line, s", took)
        through(office, office.server.port)
        again = office.run("once", "--now", NOW.isoformat())
        assert again.status == 0, (words, again.errors)
        other = end(office).unlike(wanted)
        assert not other, "\n".join([words, said.errors, *other])
        idle = office.run("once", "--now", NOW.isoformat())
        assert " 0 changes made" in idle.output, (words, idle.output)
