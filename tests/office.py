"""An office at work with the program: a mailbox on a server, settings and ledger beside it, and the commands run as people run them."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typer.main
from mailstate import State, copy_account, state
from sample import NOW, Mail, desk, fill, settings_file
from servers import Server

from triage.__main__ import main
from triage.ledger import Ledger

typer.main.get_command = cache(typer.main.get_command)  # putting the command line together takes as long as an idle pass
_number = itertools.count(1)
CHANGES = (
    "copy",
    "delete",
    "undelete",
    "expunge",
    "save",
    "flag_change",
    "append",
    "Mailbox created",
    "Mailbox deleted",
    "Mailbox renamed",
)


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    status: int
    output: str
    errors: str

    @property
    def plan(self) -> list[str]:
        """The lines in which a pass tells what it did, or would do."""
        return [line.strip() for line in self.output.splitlines() if line.startswith("  ") and not line.startswith("  note:")]


@dataclass(frozen=True)
class Office:
    server: Server
    folder: Path
    """Of settings.ini, the password and the ledger."""
    user: str
    host: str | None = None
    policy: str = "jack-keller"
    extra: str = field(default="", repr=False)

    def open(self) -> Office:
        """Writes the settings."""
        settings_file(self.folder, desk(self.server, self.user, host=self.host), policy=self.policy, extra=self.extra)
        return self

    def run(self, command: str, *rest: str) -> Said:
        """Runs `triage` with this office's settings, in this process."""
        return run(command, "--settings", str(self.folder / "settings.ini"), *rest)

    def once(self, *rest: str, now: datetime = NOW) -> Said:
        """A pass that must go well."""
        said = self.run("once", "--now", now.isoformat(), *rest)
        assert said.status == 0, said.errors + said.output
        return said

    def export(self, now: datetime = NOW) -> dict[str, Any]:
        said = self.run("export", "--now", now.isoformat())
        assert said.status == 0, said.errors
        return dict(json.loads(said.output))

    def stage(self, email: str, now: datetime = NOW) -> str:
        return next(str(row["stage"]) for row in self.export(now)["contacts"] if email in row["addresses"])

    def receive(self, *mails: Mail) -> None:
        fill(self.server, self.user, mails)

    def state(self) -> State:
        return state(self.server, self.user)

    def changes(self) -> list[str]:
        """What Dovecot's log tells of changes to this mailbox, whoever made them."""
        return [line for line in self.server.log(self.user) if any(f"Info: {word}" in line for word in CHANGES)]

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.open(f"sqlite:///{self.folder / 'triage.db'}") as ledger:
            yield ledger

    def twin(self) -> Office:
        """An office of its own with the very same mail and ledger (on Dovecot)."""
        user = f"office{next(_number)}"
        twin = replace(self, user=user, folder=self.folder.parent / user)
        shutil.copytree(self.folder, twin.folder)
        copy_account(self.server, self.user, user)
        return twin.open()


def run(*arguments: str) -> Said:
    """The program with these arguments, as from the command line."""
    output, errors, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["triage", *arguments]
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            main()
    except SystemExit as done:
        return Said(int(done.code or 0), output.getvalue(), errors.getvalue())
    finally:
        sys.argv = before
    raise AssertionError("the command line ended without saying how")
