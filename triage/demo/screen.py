"""What the demo prints: what came in, what was flagged and why, what is held, what was left alone, where to look next.

Everything here is read from the ledger and the server after the pass; only what a careless filter would have seen is the sample's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

from triage.cycle import Report
from triage.decision import POINTS, counts
from triage.demo.sample import Person, Sample
from triage.explanation import NAMES, TITLES, clause_words, day
from triage.finding import KINDS, Finding
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message
from triage.policy import Pack

SURE = 0.5
_PURPOSE = {
    "INBOX": "everything else, unchanged, where it was",
    "Sent": "",
    "Review": "the notes: one for each proposal, threaded to its mail",
    "Agree": "move a note here if you agree …",
    "Dismiss": "… or here if not: what was found is then held against nobody",
    "Held": "no reply owed until the end date; still read by a person",
}


@dataclass(frozen=True, slots=True)
class Concluded:
    """What stands in the ledger after the pass."""

    rows: ConclusionRows
    messages: Mapping[str, Message]
    """By key."""
    pack: Pack
    now: datetime


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as a mail program sees it."""

    name: str
    mails: int
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is shown."""

    sample: Sample
    first: Report
    again: Report
    seconds: float
    concluded: Concluded
    folders: tuple[Folder, ...]


def concluded(ledger: Ledger, pack: Pack, now: datetime) -> Concluded:
    """What the ledger holds now, with the mails it is about."""
    rows = ledger.conclusions()
    keys = {key for row in rows.matters for key in row["keys"]}
    found = {one.key: one for one in ledger.messages(keys) if isinstance(one, Message)}
    return Concluded(rows, found, pack, now)


def show(console: Console, scene: Scene, settings: Path) -> None:
    """Prints the whole scene."""
    _came_in(console, scene)
    _flagged(console, scene.concluded)
    _held(console, scene.concluded)
    _left_alone(console, scene)
    _mailbox(console, scene.folders)
    _again(console, scene.again)
    _next(console, settings, scene)


def _heading(console: Console, title: str, remark: str = "") -> None:
    console.print()
    console.print(Text(title.upper(), style="bold") + Text(f"   {remark}" if remark else "", style="dim"))


def _line(console: Console, text: Text | str, indent: int = 2) -> None:
    console.print(Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, indent)))


def _quoted(words: str, most: int = 150) -> Text:
    flat = " ".join(words.split())
    short = flat if len(flat) <= most else flat[: most - 1].rsplit(" ", 1)[0] + " …"
    return Text(f"“{short}”", style="italic cyan")


def _came_in(console: Console, scene: Scene) -> None:
    ours, mails = scene.sample.organisation, scene.concluded.messages.values()
    robots = sum(bool(one.automatic) for one in mails)
    incoming = [one for one in mails if one.role == "inbox"]
    people = {one.sender.email for one in incoming if not one.automatic}
    console.print()
    console.print(
        Text("triage demo", style="bold")
        + Text(f"   the mailbox of {ours['name']}, a letting agent. Everybody here is invented; the mail server runs on this machine.")
    )
    _heading(console, "What came in")
    _line(
        console,
        f"{len(incoming) - robots} mails by {len(people)} people, {robots} by a robot, {len(mails) - len(incoming)} replies by staff."
        f" Read over IMAP and judged in {scene.seconds:.1f} seconds",
    )
    _line(console, f"by the {scene.concluded.pack.title} (rules/{ours['policy']}.toml). A promise to answer within {ours['service_standard']}.")


def _flagged(console: Console, seen: Concluded) -> None:
    _heading(console, "What was flagged, and why", "people decide; a note about each lies in Triage/Review")
    order = {"urgent": 0, "restrict": 1, "warn": 2, "hold": 3}
    for row in sorted(seen.rows.proposals, key=lambda one: order.get(one["kind"], 9)):
        contact = next(one for one in seen.rows.contacts if one["id"] == row["contact"])
        title = TITLES[row["kind"]]
        until = (row["restriction"] or {}).get("until") if row["kind"] == "hold" else None
        _line(console, Text(_name(contact), style="bold") + Text(f"   {title}" + (f", until {day(until)}" if until else ""), style="bold red"))
        rests_on = row["findings"] if row["kind"] == "urgent" else [f for f in seen.rows.findings if f["contact"] == contact["id"] and _counts(f)]
        for kind in dict.fromkeys(finding["kind"] for finding in sorted(rests_on, key=lambda one: -POINTS.get(one["kind"], 0))):
            _finding(console, seen, [finding for finding in rests_on if finding["kind"] == kind])


def _finding(console: Console, seen: Concluded, alike: list[dict[str, object]]) -> None:
    """One kind of finding on one contact's mails: how often, under which clause, and the latest words that show it."""
    last = max(alike, key=lambda one: seen.messages[str(one["message_key"])].sent_at)
    often = f" ({len(alike)} times)" if len(alike) > 1 else ""
    clause = f": {clause_words(str(last['clause']), seen.pack)}" if last["clause"] else ""
    _line(console, Text(f"{NAMES[str(last['kind'])]}{often}") + Text(clause, style="dim"), 4)
    quotes = last["quotes"]
    assert isinstance(quotes, list)
    own = [quote["text"] for quote in quotes if quote["message_id"] == last["message_id"]]
    when = Text(f"{day(seen.messages[str(last['message_key'])].sent_at)}  ", style="dim")
    _line(console, when + (_quoted(max(own, key=len)) if own else Text(str(last["reason"]))), 6)


def _counts(row: Mapping[str, object]) -> bool:
    return counts(Finding(**{**row, "quotes": (), "earlier": ()}))  # type: ignore[arg-type]


def _name(contact: Mapping[str, object]) -> str:
    names, addresses = contact["names"], contact["addresses"]
    assert isinstance(names, list) and isinstance(addresses, list)
    return str((names or addresses)[0])


def _held(console: Console, seen: Concluded) -> None:
    _heading(console, "What is held", "only under a restriction that staff announced; it ends by itself")
    held = {row["message_key"] for row in seen.rows.wanted if row["held"]}
    told = [row for row in seen.rows.restrictions if row["in_force"]]
    for restriction in told:
        when, until = day(restriction["start"]), day(restriction["until"]) if restriction["until"] else "no date"
        _line(console, f"The notice of {when} holds until {until}. Of the mails since then:")
        for mail in _since(seen, restriction):
            found = [row for row in seen.rows.findings if row["message_key"] == mail.key and row["strength"] >= SURE]
            kinds = ", ".join(NAMES[row["kind"]] for row in found if (KINDS[row["kind"]] == "protective") != (mail.key in held))
            verdict = Text("held     ", style="bold red") if mail.key in held else Text("not held ", style="bold green")
            _line(console, verdict + Text(f"{day(mail.sent_at)}  {mail.subject}: {kinds}"), 4)


def _since(seen: Concluded, restriction: Mapping[str, str]) -> list[Message]:
    addresses = next(row["addresses"] for row in seen.rows.contacts if row["id"] == restriction["contact"])
    start = datetime.fromisoformat(restriction["start"])
    return sorted((m for m in seen.messages.values() if m.sender.email in addresses and m.sent_at > start), key=lambda m: m.sent_at)


def _left_alone(console: Console, scene: Scene) -> None:
    _heading(console, "What was left alone, and why", "none of this counts against anybody")
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim", expand=False)
    table.add_column("from", no_wrap=True)
    table.add_column("a filter would see", max_width=30)
    table.add_column("triage concluded")
    for who, tells, why in _reasons(scene):
        table.add_row(Text(who), Text(tells), Text(why))
    console.print(Padding(table, (0, 0, 0, 2)))


def _reasons(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Everybody about whom nothing is proposed, with the reason; the writers of a campaign together."""
    seen = scene.concluded
    proposed = {row["contact"] for row in seen.rows.proposals}
    campaign: list[Person] = []
    for contact in seen.rows.contacts:
        person = next((scene.sample.people[one] for one in contact["addresses"] if one in scene.sample.people), None)
        if person is None or contact["id"] in proposed:
            continue
        if person.campaign:
            campaign.append(person)
        else:
            yield person.name, person.tells, _why(seen, contact)
    if campaign:
        found = sum(row["kind"] == "campaign" for row in seen.rows.findings)
        why = "A campaign: taking part is a right, and each is read for a case of its own" if found else "Nothing was found"
        yield f"{campaign[0].name} + {len(campaign) - 1}", campaign[0].tells, why


def _why(seen: Concluded, contact: Mapping[str, object]) -> str:
    mails = [one for one in seen.messages.values() if one.sender.email in contact["addresses"]]  # type: ignore[operator]
    found = [row for row in seen.rows.findings if row["contact"] == contact["id"] and row["strength"] >= SURE]
    if any(_counts(row) for row in found):
        return "Seen, but no pattern: " + ", ".join(dict.fromkeys(NAMES[row["kind"]] for row in found if _counts(row)))
    if all(one.automatic for one in mails):
        return "An automatic reply: nobody's contact"
    if any(row["kind"] == "unauthenticated" for row in found):
        return f"Not from this person ({mails[0].authentication_note.partition(' ')[0].rstrip(',')}): not held against the name it bears"
    late = next((row for row in seen.rows.matters if row["contact"] == contact["id"] and row["overdue"]), None)
    if late:
        return f"Never really answered: overdue on OUR side since {day(late['deadline'])}"
    passed_on = [passage for one in mails for passage in one.wording.forwarded]
    if passed_on:
        return f"Nothing: the words are those of {passed_on[0].author or 'somebody else'}, passed on"
    return "Nothing: nobody is meant" if not found else ", ".join(NAMES[row["kind"]] for row in found)


def _mailbox(console: Console, folders: Iterable[Folder]) -> None:
    _heading(console, "The mailbox now", "as any mail program shows it")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column()
    for one in folders:
        labels = ", ".join(f"{name} {count}" for name, count in sorted(one.labels.items()))
        purpose = _PURPOSE.get(one.name.rpartition("/")[2], "")
        table.add_row(Text(one.name), Text(str(one.mails)), Text(purpose, style="dim"))
        if labels:
            table.add_row("", "", Text(labels, style="magenta"))
    console.print(Padding(table, (0, 0, 0, 2)))


def _again(console: Console, again: Report) -> None:
    _heading(console, "The same pass again")
    _line(console, f"{again.changes} changes: whatever was done is seen to be done.")


def _next(console: Console, settings: Path, scene: Scene) -> None:
    _heading(console, "Where to look next")
    command, path = _program(), _near(settings)
    asked = [row for row in scene.concluded.rows.proposals if row["kind"] == "warn"] or scene.concluded.rows.proposals
    commands = [
        *[("why this mail", f"{command} explain --settings {path} '{row['about']}'") for row in asked[:1]],
        ("who, and at which stage", f"{command} contacts --settings {path}"),
        ("who waits for us", f"{command} matters --settings {path} --open"),
        ("the same, to look around with a mail program", f"{command} demo --keep"),
    ]
    for entry in commands:
        console.print(Text(f"  {entry[0]:<46}", style="dim") + Text(entry[1], style="green"), soft_wrap=True)
    _line(console, "README.md says how to connect a mailbox of your own, and how to take everything off it again.")


def invite(console: Console, host: str, port: int, user: str, password: str) -> None:
    """How to reach the server that was left running."""
    _heading(console, "The mail server is running until Ctrl-C")
    _line(console, f"IMAP server {host}, port {port}, no encryption, user {user}, password {password}")


def svg(console: Console) -> str:
    """What was printed, as an SVG that fetches nothing from anywhere."""
    return console.export_svg(title="triage demo", theme=DEFAULT_TERMINAL_THEME, code_format=_SVG)


_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


def _program() -> str:
    called = Path(sys.argv[0])
    return _near(called) if called.name == "triage" else ".venv/bin/triage"


def _near(path: Path) -> str:
    """The path from where we are, if it lies below, else the whole of it."""
    whole, here = path.absolute(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
