"""Mail servers and fresh accounts for every test that wants one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from figures import Figures, Sums
from servers import WITHOUT_MOVE, Server, add_pymap_user, dovecot, pymap

from triage.mailbox import LABELS, Account

_number = itertools.count(1)
_sums = Sums()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Takes what this test counted."""
    return Figures(request.node.user_properties)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":  # what fixtures counted is in it too
        _sums.take(report.user_properties)


def _whole(config: pytest.Config) -> bool:
    """Whether every test was asked for, so that a figure that is missing has fallen."""
    chosen = any(config.getoption(name, None) for name in ("keyword", "markexpr", "lf", "deselect", "collectonly", "maxfail"))
    return not chosen and config.args == list(config.getini("testpaths")) and not hasattr(config, "workerinput")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == 0 and _whole(session.config) and _sums.fallen():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in _sums.lines():
        terminalreporter.write_line(line)
    if _whole(config):
        for line in _sums.fallen():
            terminalreporter.write_line(f"FALLEN  {line}", red=True)


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Server]:
    with dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def courier_like_server() -> Iterator[Server]:
    """Every folder lies below INBOX, the separator is a dot, and no folder has a special use."""
    with dovecot(prefix="INBOX.", separator=".", special_use=False) as server:
        yield server


@pytest.fixture(scope="session")
def pymap_server() -> Iterator[Server]:
    with pymap() as server:
        yield server


@pytest.fixture
def user() -> str:
    """A user name that no other test has."""
    return f"ada{next(_number)}"


@pytest.fixture
def account(dovecot_server: Server, user: str) -> Account:
    """A fresh, empty mailbox on Dovecot."""
    return dovecot_server.account(user)


@dataclass(frozen=True)
class Place:
    """A fresh mailbox on one kind of server."""

    kind: str
    server: Server
    user: str
    account: Account


def _on_dovecot(request: pytest.FixtureRequest, user: str, host: str | None = None) -> Place:
    server = request.getfixturevalue("dovecot_server")
    return Place("dovecot", server, user, server.account(user, host=host))


def _on_courier_like(request: pytest.FixtureRequest, user: str) -> Place:
    server = request.getfixturevalue("courier_like_server")
    return Place("courier-like", server, user, server.account(user))


def _on_pymap(request: pytest.FixtureRequest, user: str) -> Place:
    server = request.getfixturevalue("pymap_server")
    add_pymap_user(server, user, sorted(LABELS))
    return Place("pymap", server, user, server.account(user))


_KINDS: dict[str, Callable[[pytest.FixtureRequest, str], Place]] = {
    "dovecot": _on_dovecot,
    "dovecot-without-move": lambda request, user: _on_dovecot(request, user, WITHOUT_MOVE),
    "courier-like": _on_courier_like,
    "pymap": _on_pymap,
}


@pytest.fixture(params=sorted(_KINDS))
def place(request: pytest.FixtureRequest, user: str) -> Place:
    """The same test on every kind of server."""
    return _KINDS[request.param](request, user)


@pytest.fixture
def forgetful(pymap_server: Server, user: str) -> Place:
    """A mailbox on a server that answers OK to any label and keeps none."""
    add_pymap_user(pymap_server, user, [])
    return Place("forgetful", pymap_server, user, pymap_server.account(user))
