"""The evidence about one contact, for whoever decides, an appeal, an ombudsman or the police: mails as they arrived, their hashes,
and a chronology of both sides up to a cut-off date (X11, F48).

Mails are fetched from the mailbox, since the ledger keeps only what was read of them. One that is no longer there is listed as such,
with the hash it had. Findings that were dismissed, and everything about the conduct of staff, are left out (X14).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import pdf, sheet
from triage.chronology import Event, chronology
from triage.deciding import people_behind
from triage.errors import Permanent, TriageError
from triage.explanation import day
from triage.ledger import Ledger
from triage.mailbox import connect
from triage.register import safe
from triage.settings import Settings

_LIMIT = 32 * 1024**2
"""Octets of a mail that are fetched at most."""


def write(
    who: str, folder: Path, ledger: Ledger, settings: Settings, now: datetime, until: datetime | None = None, *, paper: bool = False
) -> list[str]:  # fmt: skip
    """Writes the evidence into `folder`, which must not be there yet or be empty; what could not be had, a sentence each.

    mails/*.eml as they arrived, hashes.txt (as sha256sum writes it), chronology.html and chronology.csv, with `paper` also
    chronology.pdf. Raises Permanent where the folder cannot be used, Misconfigured where a PDF cannot be made.
    """
    events = chronology(who, ledger, settings, now, until)
    if paper:
        pdf.document("", ())  # before anything is written
    if folder.exists() and any(folder.iterdir()):
        raise Permanent(f"{folder} is not empty; name a folder that is")
    try:
        (folder / "mails").mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Permanent(f"{folder} cannot be made ({error.strerror}); name a folder in a place you may write to") from error
    missing: list[str] = []
    raws = dict(_fetched({one.key for one in events if one.key}, ledger, settings, missing))
    unreached = bool(missing)  # then nothing can be said of whether a mail still lies there
    hashes: list[tuple[str, str]] = []
    files: dict[str, str] = {}
    for number, one in enumerate((event for event in events if event.key), 1):
        if one.key in raws:
            files[one.key] = name = f"mails/{number:04d}-{one.side}-{one.at:%Y-%m-%d}.eml"
            (folder / name).write_bytes(raws[one.key])
            hashes.append((hashlib.sha256(raws[one.key]).hexdigest(), name))
        else:
            why = "could not be fetched, because a mailbox could not be reached" if unreached else "is no longer in the mailbox"
            missing.append(f"{one.message_id} of {day(one.at)} {why}; its SHA-256 was {one.key}")
    people = sorted(people_behind(who, ledger, settings.directory()))
    pack = _Pack(
        f"Chronology: {people[0]}", f"Their addresses: {', '.join(people)}.", until or now, now, events, files, hashes, missing
    )
    _save(folder, pack, paper=paper)
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
<p class="made">Made on {{ made }}. {{ addresses|plain }}</p>
<p>Both sides, up to {{ cut_off }}; times in UTC. Offensive words are folded; open them only if you need to.</p>
<table><thead><tr><th scope="col">when</th><th scope="col">side</th><th scope="col">what</th><th scope="col">words</th><th scope="col">mail</th></tr></thead>
<tbody>{% for one in events %}<tr><td>{{ one.at.strftime('%Y-%m-%d %H:%M') }}</td><td>{{ one.side }}</td><td>{{ one.what|plain }}</td><td>
{%- if one.offensive and one.words %}<details><summary>offensive words</summary>{{ one.words|plain }}</details>{% else %}{{ one.words|plain }}{% endif -%}
</td><td>{% if one.key in files %}<a href="{{ files[one.key] }}">{{ files[one.key][6:10] }}</a>{% endif %}</td></tr>
{% endfor %}</tbody></table>
{% if missing %}<h2>What is not here</h2>
<ul>{% for words in missing %}<li>{{ words|plain }}</li>
{% endfor %}</ul>
{% endif %}<h2>Hashes (SHA-256)</h2>
<table>{% for digest, name in hashes %}<tr><td>{{ name }}</td><td class="hash">{{ digest }}</td></tr>
{% endfor %}</table>
"""
_STYLE = "td:first-child { white-space: nowrap } .hash { font: .8em/1.6 ui-monospace, monospace; overflow-wrap: anywhere }"


@dataclass(frozen=True, slots=True)
class _Pack:
    """What goes on paper."""

    title: str
    addresses: str
    cut_off: datetime
    made: datetime
    events: Sequence[Event]
    files: Mapping[str, str]
    """Key of a mail → its file."""
    hashes: Sequence[tuple[str, str]]
    """SHA-256 in hex, and the file."""
    missing: Sequence[str]


def _page(pack: _Pack) -> bytes:
    return sheet.document(
        _PAGE, pack.title, style=_STYLE, cut_off=day(pack.cut_off), made=day(pack.made), addresses=pack.addresses,
        events=pack.events, files=pack.files, missing=pack.missing, hashes=pack.hashes,
    ).encode()  # fmt: skip


def _table(pack: _Pack) -> bytes:
    out = io.StringIO(newline="")
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    table.writerow(("when", "side", "what", "words", "message", "file"))
    for one in pack.events:
        line = (one.at.isoformat(), one.side, one.what, one.words, one.message_id, pack.files.get(one.key, ""))
        table.writerow([safe(text) for text in line])
    return out.getvalue().encode()


def _paper(pack: _Pack) -> bytes:
    """The same for a printer. Paper folds nothing, so offensive words stand at its end, under a number, for whoever needs them."""
    hidden: list[tuple[str, str, str]] = []
    rows = []
    for one in pack.events:
        words = one.words
        if one.offensive and words:
            words = f"offensive words, no. {len(hidden) + 1} at the end"
            hidden.append((str(len(hidden) + 1), f"{one.at:%Y-%m-%d %H:%M}", one.words))
        name = pack.files.get(one.key, "")[len("mails/") :][:4]
        rows.append((f"{one.at:%Y-%m-%d %H:%M}", one.side, one.what, words, name))
    blocks: list[pdf.Block] = [
        pdf.Text(f"Both sides, up to {day(pack.cut_off)}; times in UTC. {pack.addresses}"),
        pdf.Table(("when", "side", "what", "words", "mail"), rows, (19, 10, 52, 74, 10)),
    ]
    if pack.missing:
        blocks += [pdf.Heading("What is not here"), *(pdf.Text(words) for words in pack.missing)]
    blocks += [
        pdf.Heading("Hashes (SHA-256)"),
        pdf.Text("Of each mail as it arrived. `sha256sum -c hashes.txt` checks them.", small=True),
        pdf.Table(("file", "hash"), [(name, digest) for digest, name in pack.hashes], (50, 110)),
    ]
    if hidden:
        blocks += [
            pdf.Heading("Offensive words", new_page=True),
            pdf.Text("Read this page only if you need to.", small=True),
            pdf.Table(("no.", "when", "words"), hidden, (8, 20, 130)),
        ]
    return pdf.document(pack.title, blocks, about=f"Made on {day(pack.made)} by triage.")


def _save(folder: Path, pack: _Pack, *, paper: bool) -> None:
    made = {"chronology.csv": _table(pack), "chronology.html": _page(pack)} | ({"chronology.pdf": _paper(pack)} if paper else {})
    for name, content in made.items():
        (folder / name).write_bytes(content)
    own = [(hashlib.sha256(content).hexdigest(), name) for name, content in made.items()]
    lines = [f"{digest}  {name}\n" for digest, name in (*pack.hashes, *own)]
    (folder / "hashes.txt").write_text("".join(lines), encoding="utf-8")
