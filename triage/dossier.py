"""The evidence about one contact, for whoever decides, an appeal, an ombudsman or the police: mails as they arrived, their hashes,
and a chronology of both sides up to a cut-off date (X11, F48).

Mails are fetched from the mailbox, since the ledger keeps only what was read of them. One that is no longer there is listed as such,
with the hash it had. Findings that were dismissed, and everything about the conduct of staff, are left out (X14).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import sheet
from triage.deciding import people_behind
from triage.errors import Permanent, TriageError
from triage.explanation import ACTS, FOLDED, NAMES, day
from triage.finding import SURE
from triage.judgement import ground, standing_of
from triage.ledger import Ledger
from triage.mailbox import connect
from triage.record import incidents
from triage.register import safe
from triage.settings import Settings

_LIMIT = 32 * 1024**2
"""Octets of a mail that are fetched at most."""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the chronology."""

    at: datetime
    side: str
    """"them", "us", or "other" for what did not happen by mail or was decided."""
    what: str
    words: str = ""
    message_id: str = ""
    key: str = ""
    file: str = ""
    offensive: bool = False
    """Whether its words are shown only to whoever opens them."""


def chronology(who: str, ledger: Ledger, settings: Settings, now: datetime, until: datetime | None = None) -> list[Event]:
    """Everything on file about a contact in order of time, both sides, nothing after `until`. Raises Permanent when nobody is meant."""
    on = ground(settings, ledger, now)
    people = people_behind(who, ledger, on.directory)
    at = standing_of(people, ledger, on)
    found: list[Event] = []
    for turn in at.story.turns:
        if at.story.owns(turn):
            mine = [
                one
                for one in at.findings
                if one.message_key == turn.message.key and not (one.dismissed or one.by_staff) and one.strength >= SURE
            ]
            kinds = "; ".join(dict.fromkeys(f"{NAMES[one.kind]}{f' ({one.clause})' if one.clause else ''}" for one in mine))
            quotes = dict.fromkeys(quote.text for one in mine for quote in one.quotes if quote.message_id == one.message_id)
            act = turn.act
            did = (
                [
                    name
                    for name, words in (("answer", act.answer), ("warning", act.warning), ("restriction", act.restriction))
                    if words
                ]
                if act
                else []
            )
            told = ", ".join(did) or kinds
            said = " … ".join(f'"{text}"' for text in quotes)
            side = "us" if turn.by_staff else "them"
            subject = turn.message.subject or "(no subject)"
            found.append(
                Event(
                    turn.message.sent_at,
                    side,
                    f"{subject}{f': {told}' if told else ''}",
                    said,
                    turn.message.message_id,
                    turn.message.key,
                    offensive=not turn.by_staff and any(one.kind in FOLDED or one.kind == "threat" for one in mine),
                )
            )
    found += [
        Event(
            one.on,
            "other",
            f"{one.channel}: {NAMES.get(one.kind, 'an incident')}, reported by {one.reported_by}",
            one.words,
            offensive=one.kind in FOLDED or one.kind == "threat",
        )
        for one in incidents(ledger, people)
    ]
    found += [Event(one.at, "other", f"{ACTS[one.act]}, by {one.by}, under {one.policy}", one.reason) for one in at.rulings]
    return [one for one in sorted(found, key=lambda one: one.at) if until is None or one.at <= until]


def write(who: str, folder: Path, ledger: Ledger, settings: Settings, now: datetime, until: datetime | None = None) -> list[str]:
    """Writes the evidence into `folder`, which must not be there yet or be empty; what could not be had, a sentence each.

    mails/*.eml as they arrived, hashes.txt (as sha256sum writes it), chronology.html and chronology.csv.
    """
    events = chronology(who, ledger, settings, now, until)
    if folder.exists() and any(folder.iterdir()):
        raise Permanent(f"{folder} is not empty; name a folder that is")
    mails = folder / "mails"
    try:
        mails.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Permanent(f"{folder} cannot be made ({error.strerror}); name a folder in a place you may write to") from error
    missing: list[str] = []
    placed = []
    raws = dict(_fetched({one.key for one in events if one.key}, ledger, settings, missing))
    unreached = bool(missing)  # then nothing can be said of whether a mail still lies there
    hashes: list[str] = []
    for number, one in enumerate((event for event in events if event.key), 1):
        if one.key in raws:
            name = f"mails/{number:04d}-{one.side}-{one.at:%Y-%m-%d}.eml"
            (folder / name).write_bytes(raws[one.key])
            hashes.append(f"{hashlib.sha256(raws[one.key]).hexdigest()}  {name}")
            placed.append((one.key, name))
        else:
            why = "could not be fetched, because a mailbox could not be reached" if unreached else "is no longer in the mailbox"
            missing.append(f"{one.message_id} of {day(one.at)} {why}; its SHA-256 was {one.key}")
    files = dict(placed)
    _save(folder, who, events, files, until or now, hashes, missing)
    return missing


def _fetched(keys: set[str], ledger: Ledger, settings: Settings, missing: list[str]) -> Iterator[tuple[str, bytes]]:
    places = ledger.locations(keys)
    for one in settings.mailboxes:
        wanted: dict[str, dict[int, str]] = {}
        for key, found in places.items():
            for place in found:
                if place.mailbox == one.name:
                    wanted.setdefault(place.folder, {})[place.uid] = key
        if not wanted:
            continue
        with ExitStack() as stack:
            try:
                box = stack.enter_context(connect(one.account()))
                for folder, known in wanted.items():
                    box.open(folder)
                    for batch in box.fetch(sorted(known), limit=_LIMIT):
                        yield from ((known[mail.uid], mail.raw) for mail in batch if mail.raw)
            except TriageError as error:
                missing.append(str(error))


_PAGE = """<h1>{{ title|plain }}</h1>
<p>Both sides, up to {{ cut_off }}; times in UTC. Offensive words are folded; open them only if you need to.</p>
<table><thead><tr><th scope="col">when</th><th scope="col">side</th><th scope="col">what</th><th scope="col">words</th><th scope="col">file</th></tr></thead>
<tbody>{% for one in events %}<tr><td>{{ one.at.strftime('%Y-%m-%d %H:%M') }}</td><td>{{ one.side }}</td><td>{{ one.what|plain }}</td><td>
{%- if one.offensive and one.words %}<details><summary>offensive words</summary>{{ one.words|plain }}</details>{% else %}{{ one.words|plain }}{% endif -%}
</td><td>{{ files.get(one.key, '') }}</td></tr>
{% endfor %}</tbody></table>
{% if missing %}<h2>What is not here</h2>
<ul>{% for words in missing %}<li>{{ words|plain }}</li>
{% endfor %}</ul>
{% endif %}"""
_STYLE = "td:first-child { white-space: nowrap }"


def _save(
    folder: Path,
    who: str,
    events: Iterable[Event],
    files: dict[str, str],
    cut_off: datetime,
    hashes: list[str],
    missing: list[str],
) -> None:
    listed = list(events)
    names = ("when", "side", "what", "words", "message", "file")
    lines = [(one.at.isoformat(), one.side, one.what, one.words, one.message_id, files.get(one.key, "")) for one in listed]
    out = io.StringIO(newline="")
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    table.writerow(names)
    table.writerows([safe(text) for text in line] for line in lines)
    (folder / "chronology.csv").write_text(out.getvalue(), encoding="utf-8")
    page = sheet.document(
        _PAGE, f"Chronology: {who}", style=_STYLE, cut_off=day(cut_off), events=listed, files=files, missing=missing
    )
    (folder / "chronology.html").write_text(page, encoding="utf-8")
    own = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in ("chronology.csv", "chronology.html")
    ]
    (folder / "hashes.txt").write_text("\n".join([*hashes, *own]) + "\n", encoding="utf-8")
