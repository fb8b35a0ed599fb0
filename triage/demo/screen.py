"""What the demo prints: what came in, what was flagged and why, what is held, what was left alone, where to look next.

Everything shown is read from the ledger and the server after the pass; only what a careless filter would have seen is the sample's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from triage.demo import judged
from triage.demo.judged import line
from triage.demo.scene import Folder, Scene

_PURPOSE = {
    "INBOX": "everything else, where it was, unchanged but for labels",
    "Agree": "move a note here if you agree …",
    "Dismiss": "… or here if not: then it is held against nobody",
    "Held": "no reply owed until the end date; a person still reads it",
    "Review": "the notes, one a proposal: what, why, on which evidence",
}


def show(console: Console, scene: Scene, settings: Path) -> None:
    """Prints the whole scene; `settings` is the file that the commands to try next are given."""
    _came_in(console, scene)
    _heading(console, "What was flagged, and why", "people decide; a note about each lies in Triage/Review")
    judged.flagged(console, scene.concluded)
    _heading(console, "What is held", "only under a restriction that staff announced; it ends by itself")
    judged.held(console, scene.concluded)
    _heading(console, "What was left alone, and why", "none of this counts against anybody")
    judged.left_alone(console, scene)
    _heading(console, "The mailbox now", "as any mail program shows it")
    _mailbox(console, scene.folders)
    _heading(console, "The same pass again")
    line(console, f"{scene.again.changes} changes. Run it as often as you like, or stop it anywhere: the end is the same.")
    _next(console, settings, scene)


def _heading(console: Console, title: str, remark: str = "") -> None:
    console.print()
    console.print(Text(title.upper(), style="bold") + Text(f"   {remark}" if remark else "", style="dim"))


def _came_in(console: Console, scene: Scene) -> None:
    ours, mails = scene.sample.organisation, scene.concluded.messages.values()
    incoming = [one for one in mails if one.role == "inbox"]
    robots = sum(bool(one.automatic) for one in incoming)
    people = {one.sender.email for one in incoming if not one.automatic}
    console.print()
    console.print(
        Text("triage demo", style="bold") + Text(f"   a month in the support mailbox of {ours['name']}, a letting agent.")
    )
    line(console, "Everybody here is invented; the mail server runs on this machine alone.", 14)
    _heading(console, "What came in")
    line(
        console,
        f"{len(incoming) - robots} mails from {len(people)} people, {robots} from a robot, {len(mails) - len(incoming)} replies by staff. "
        f"Read over IMAP and judged in {scene.seconds:.1f} s.",
    )
    line(
        console,
        f"Judged by: {scene.concluded.pack.title} (rules/{ours['policy']}.toml). Answers promised in {ours['service_standard']}.",
    )


def _mailbox(console: Console, folders: Iterable[Folder]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column()
    for one in folders:
        table.add_row(Text(one.name), Text(str(one.mails)), Text(_PURPOSE.get(one.name.rpartition("/")[2], ""), style="dim"))
        if labels := ", ".join(f"{name} {count}" for name, count in sorted(one.labels.items())):
            table.add_row("", "", Text(labels, style="magenta"))
    console.print(Padding(table, (0, 0, 0, 2)))


def _next(console: Console, settings: Path, scene: Scene) -> None:
    _heading(console, "Where to look next")
    command, path = _program(), _near(settings)
    asked = sorted(scene.concluded.rows.proposals, key=lambda row: row["kind"] != "warn")[:1]
    commands = [
        *[("why this mail", f"{command} explain --settings {path} '{row['about']}'") for row in asked],
        ("who stands where", f"{command} contacts --settings {path}"),
        ("who waits for us", f"{command} matters --settings {path} --open"),
        ("the same mailbox in your mail program", f"{command} demo --keep"),
    ]
    for what, typed in commands:
        line(console, Text(what, style="dim"))
        console.print(Text(f"    {typed}", style="green"), soft_wrap=True)
    line(console, "README.md: connect a mailbox of your own, and take everything off it again")


def invite(console: Console, settings: Path, where: str) -> None:
    """How to reach the server that was left running (`where`: host, port, user and password in words), and what to try with it."""
    _heading(console, "The mail server runs until you press Ctrl-C")
    line(console, f"In your mail program: IMAP server {where}")
    line(console, "Move a note from Triage/Review to Triage/Dismiss, run the pass again, and see its labels go:")
    console.print(Text(f"    {_program()} once --settings {_near(settings)}", style="green"), soft_wrap=True)
    line(console, "Make the mailbox as it was before:")
    console.print(Text(f"    {_program()} undo --settings {_near(settings)}", style="green"), soft_wrap=True)


def _program() -> str:
    called = Path(sys.argv[0])
    return _near(called) if called.name == "triage" else ".venv/bin/triage"


def _near(path: Path) -> str:
    """The path from where we are if it lies below, else the whole of it."""
    whole, here = path.absolute(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
