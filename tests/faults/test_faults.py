"""The line to the server goes wrong at any command, in any way: no hang, words for the operator, and the next pass ends as if
nothing had happened."""

from __future__ import annotations

import time
from typing import get_args

import pytest
from astray import a_pass, assert_ends_the_same, assert_told, through
from ending import End
from faulty import ONLY, Fault, Faulty
from figures import TIMES, Figures
from office import Office

FAULTS: tuple[Fault, ...] = get_args(Fault)
STRIDE = 17 if TIMES > 1 else 34
"""Each way to go wrong is tried at every so many commands, others for each way; `make nightly` tries twice as many as the commit gate."""
LEAST_POINTS = 60


def points_of(fault: Fault, commands: list[bytes]) -> list[int]:
    """At which commands it is tried; the first is 1."""
    if fault in ONLY:
        return [number for number, verb in enumerate(commands, 1) if verb == ONLY[fault]][::2]
    stride = 51 if fault == "silence" else STRIDE  # it takes the five seconds of patience each time
    return list(range(1 + FAULTS.index(fault) % STRIDE, len(commands) + 1, stride))


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_on_the_line_the_next_pass_ends_as_if_nothing_had(
    arrived: Office, undisturbed: tuple[End, list[bytes]], fault: Fault, figures: Figures
) -> None:
    wanted, commands = undisturbed
    points = points_of(fault, commands)
    assert len(commands) >= LEAST_POINTS and len(points) >= (1 if fault == "silence" else 2)
    figures.add("points at which the line went wrong", len(points))
    for at in points:
        office = arrived.twin()
        words = f"{fault} at command {at}, {commands[at - 1].decode()}"
        with Faulty(office.server.port, fault, at) as proxy:
            through(office, proxy.port)
            begun = time.monotonic()
            said = a_pass(office)
            took = time.monotonic() - begun
            assert proxy.struck, words
        assert_told(said, words)
        assert took < 60, (words, took)
        figures.worst("longest pass on a faulty line, s", took)
        through(office, office.server.port)
        assert_ends_the_same(office, wanted, said, words)
