"""The part of the demo's screen that is about people: flagged and why, held and not held, left alone and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from triage.decision import POINTS
from triage.demo.scene import Concluded, Row, Scene, counted
from triage.explanation import NAMES, TITLES, clause_words, day
from triage.finding import KINDS
from triage.message import Message

_ORDER = ("urgent", "restrict", "warn", "appeal", "no-reply", "review", "hold", "unreadable")


def line(console: Console, text: Text | str, indent: int = 2) -> None:
    """One paragraph, its further lines indented like the first."""
    console.print(Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, indent)))


def flagged(console: Console, seen: Concluded) -> None:
    """Each proposal with who it is about, what was seen in quoted words, and the clause."""
    for row in sorted(seen.rows.proposals, key=lambda one: _ORDER.index(one["kind"])):
        contact = seen.contact(row["contact"])
        restriction = row["restriction"] if row["kind"] == "hold" else None
        until = f" until {day(restriction['until'])}" if restriction and restriction["until"] else ""
        who = str((contact["names"] or contact["addresses"])[0])
        line(console, Text(f"{who:<16}", style="bold") + Text(TITLES[row["kind"]] + until, style="bold red"))
        on_all = [one for one in seen.found(contact=contact["id"]) if counted(one)]
        rests_on = row["findings"] if row["kind"] in ("urgent", "appeal", "no-reply") else on_all
        kinds = sorted({one["kind"] for one in rests_on}, key=lambda kind: (-POINTS.get(kind, 0), kind))
        for kind in kinds:
            _finding(console, seen, [one for one in rests_on if one["kind"] == kind])


def _finding(console: Console, seen: Concluded, alike: Sequence[Row]) -> None:
    """One kind of finding on one contact's mails: how often, the clause, and the latest words that show it."""
    last = max(alike, key=seen.sent)
    often = f", {len(alike)} mails" if len(alike) > 1 else ""
    clause = f"  {clause_words(last['clause'], seen.pack)}" if last["clause"] else ""
    line(console, Text(f"{NAMES[last['kind']]}{often}") + Text(clause, style="dim"), 4)
    own = [quote["text"] for quote in last["quotes"] if quote["message_id"] == last["message_id"]]
    words = _quoted(max(own, key=len)) if own else Text(last["reason"])
    line(console, Text(f"{day(seen.sent(last))}  ", style="dim") + words, 6)


def _quoted(words: str, most: int = 150) -> Text:
    flat = " ".join(words.split())
    short = flat if len(flat) <= most else flat[: most - 1].rsplit(" ", 1)[0] + " …"
    return Text(f"“{short}”", style="italic blue")


def held(console: Console, seen: Concluded) -> None:
    """Each restriction in force, with every mail since then: held, or not and for which reason."""
    keys = {row["message_key"] for row in seen.rows.wanted if row["held"]}
    for restriction in (row for row in seen.rows.restrictions if row["in_force"]):
        until = day(restriction["until"]) if restriction["until"] else "a person ends it"
        line(console, f"The notice of {day(restriction['start'])} holds until {until}. The mails since then:")
        for mail in _since(seen, restriction):
            kept = mail.key in keys
            # what speaks for holding it, or what forbids that
            kinds = [row["kind"] for row in seen.found(message=mail.key) if kept != (KINDS[row["kind"]] == "protective")]
            mark = Text("held      ", style="bold red") if kept else Text("not held  ", style="bold green")
            line(console, mark + Text(f"{day(mail.sent_at)}  {mail.subject}"), 4)
            line(console, Text("; ".join(NAMES[kind] for kind in kinds) or "nothing found", style="dim"), 14)


def _since(seen: Concluded, restriction: Row) -> list[Message]:
    addresses, start = seen.contact(restriction["contact"])["addresses"], datetime.fromisoformat(restriction["start"])
    mails = [one for one in seen.messages.values() if one.sender.email in addresses and one.sent_at > start]
    return sorted(mails, key=lambda one: one.sent_at)


def left_alone(console: Console, scene: Scene) -> None:
    """Everybody about whom nothing is proposed: what a careless filter would see, and what was concluded instead."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("from", no_wrap=True)
    table.add_column("a filter would see", min_width=33)
    table.add_column("triage concluded")
    for who, tells, why in _reasons(scene):
        table.add_row(Text(who), Text(tells, style="dim"), Text(why))
    console.print(Padding(table, (0, 0, 0, 2)))


def _reasons(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """In the order of the sample; the writers of the campaign together."""
    seen = scene.concluded
    proposed = {row["contact"] for row in seen.rows.proposals}
    contacts = {address: row for row in seen.rows.contacts for address in row["addresses"] if row["id"] not in proposed}
    people = {address: person for address, person in scene.sample.people.items() if address in contacts}
    for address, person in people.items():
        if not person.campaign:
            yield person.name, person.tells, _why(seen, contacts[address])
    if writers := [person for person in people.values() if person.campaign]:
        recognised = any(row["kind"] == "campaign" for row in seen.rows.findings)
        why = "A campaign: taking part is a right; each is read for a case of its own" if recognised else "Nothing found"
        yield f"{writers[0].name} + {len(writers) - 1}", writers[0].tells, why


def _why(seen: Concluded, contact: Row) -> str:
    mails = [one for one in seen.messages.values() if one.sender.email in contact["addresses"]]
    found = seen.found(contact=contact["id"])
    if against := dict.fromkeys(NAMES[row["kind"]] for row in found if counted(row)):
        return f"Seen, but no pattern: {', '.join(against)}"
    if all(one.automatic for one in mails):
        return "An automatic reply: nobody's contact"
    if any(row["kind"] == "unauthenticated" for row in found):
        return f"Forged ({mails[0].authentication_note.partition(' ')[0].rstrip(',')}): not held against the name it bears"
    late = next((row for row in seen.rows.matters if row["contact"] == contact["id"] and row["overdue"]), None)
    if late:
        return f"Never really answered: overdue on OUR side since {day(late['deadline'])}"
    passed_on = [passage.author for one in mails for passage in one.wording.forwarded]
    if passed_on:
        return f"Not the sender's words: {passed_on[0] or 'somebody else'} wrote them"
    return "; ".join(NAMES[row["kind"]] for row in found) or "Nothing: no word of it is against anybody"
