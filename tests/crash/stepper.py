"""Runs `triage` commands, one child process each, and ends a child just before a given step: with SIGKILL, or another way.

A step is an IMAP command or a commit of the ledger: whatever another program, or the next run, could see. Nothing changes
between the end of one step and the begin of the next, so "just before step n" is "just after step n - 1" as well. The
children are forks of a process that has loaded everything, the trained model too, so that a run costs no more than its work.

As a program it reads orders from standard input, one JSON object a line, and answers each with one. It knows nothing that the
tests do not tell it, and the product knows nothing of it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal, NoReturn, Self

Way = Literal["SIGKILL", "SIGTERM", "a fault of the program"]
"""How a child ends: by a signal, at once; or by an exception, so that it still tidies up."""
BUG = 70
"""The exit status after a fault of the program."""


@dataclass(frozen=True)
class Ran:
    """What one run came to."""

    status: int
    """The exit status, or minus the signal that ended it."""
    steps: tuple[str, ...]
    """The steps it took, in words; the one before which it was killed is not among them."""
    output: str

    @property
    def killed(self) -> bool:
        return self.status in (-signal.SIGKILL, -signal.SIGTERM, BUG)


@dataclass
class Stepper:
    """The tests' side: one process of this file, and orders to it."""

    folder: Path
    """For its scratch files."""
    kills: int = 0
    """How often it has killed a child."""
    _process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)

    def warm_up(self, *arguments: str) -> None:
        """Has the process itself run `triage` once with these arguments, so that its children find everything loaded."""
        self._order({"warm_up": arguments, "output": str(self.folder / "output")})

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def run(self, *arguments: str, kill_before: int = 0, by: Way = "SIGKILL", kill_after: float = 0) -> Ran:
        """Runs `triage` with these arguments; with `kill_before` n it ends just before its n-th step (the first is 1), with
        `kill_after` it is killed so many seconds after its begin, wherever it is."""
        output, steps = self.folder / "output", self.folder / "steps"
        order = {
            "arguments": arguments,
            "kill_before": kill_before,
            "kill_after": kill_after,
            "by": by,
            "output": str(output),
            "steps": str(steps),
        }
        for each in (output, steps):
            each.write_text("")  # a child that is killed at once writes neither
        answer = self._order(order)
        ran = Ran(answer["status"], tuple(steps.read_text().splitlines()), output.read_text())
        self.kills += ran.killed
        return ran


def changes(step: str) -> bool:
    """Whether a step leaves something behind, in the mailbox or in the ledger."""
    verbs = (
        "COMMIT",
        "CREATE",
        "DELETE",
        "RENAME",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "UID STORE",
        "UID MOVE",
        "UID COPY",
        "UID EXPUNGE",
        "APPEND",
    )
    return step.startswith(verbs)


def _count_steps(kill_before: int, by: Way, steps: IO[str]) -> None:
    """Hooks into the two places through which everything goes that others can see."""
    from sqlalchemy import Connection, Engine, event

    from triage.mailbox.wire import Wire

    taken = 0

    def step(words: str) -> None:
        nonlocal taken
        taken += 1
        if taken == kill_before:
            if by == "a fault of the program":
                raise ZeroDivisionError
            os.kill(os.getpid(), signal.Signals[by])
        steps.write(f"{words}\n")
        steps.flush()

    command = Wire.command

    def counted(self: Wire, name: str, *arguments: str, **rest: Any) -> Any:
        if name not in ("LOGIN", "CAPABILITY"):
            step(" ".join((name, *arguments))[:120].replace("\n", " "))
        return command(self, name, *arguments, **rest)

    def committed(connection: Connection) -> None:
        if connection.engine.url.database:  # not the scratch copies, which are gone with the process
            step("COMMIT")

    Wire.command = counted  # type: ignore[method-assign]
    event.listen(Engine, "commit", committed)


def _child(order: dict[str, Any]) -> NoReturn:
    with Path(order["output"]).open("w") as output, Path(order["steps"]).open("w") as steps:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.argv = ["triage", *order["arguments"]]
        status = 70
        try:
            from triage.__main__ import main

            _count_steps(order["kill_before"], order["by"], steps)
            main()
        except SystemExit as done:
            status = int(done.code or 0)
        except BaseException:  # noqa: BLE001 - a child must end here and nowhere else
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _warm_up(order: dict[str, Any]) -> None:
    import typer.main

    from triage.__main__ import main

    typer.main.get_command = cache(typer.main.get_command)  # put together once, here, and not by each child

    sys.argv = ["triage", *order["warm_up"]]
    with Path(order["output"]).open("w") as output, redirect_stdout(output), redirect_stderr(output), suppress(SystemExit):
        main()
    gc.collect()
    gc.freeze()  # or each child would copy it all when it first counts what is in use


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if "warm_up" in order:
            _warm_up(order)
            print("{}", flush=True)
            continue
        child = os.fork()
        if not child:
            _child(order)
        due = time.monotonic() + order["kill_after"]
        ended, done = 0, 0
        while order["kill_after"] and not done and time.monotonic() < due:
            time.sleep(0.002)
            done, ended = os.waitpid(child, os.WNOHANG)
        if not done:
            if order["kill_after"]:
                os.kill(child, signal.SIGKILL)
            _, ended = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(ended)}), flush=True)


if __name__ == "__main__":
    _serve()
