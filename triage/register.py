"""The register: who is restricted, how, since when, until when, told when, by whom, why, with review and appeal (004/RS3c, X06).

It says what was done and which conduct it was about; it calls nobody anything. Beside the restrictions stand the other decisions:
warnings, renewals, decisions to do nothing, appeals, referrals, safeguards that were set aside. It is made anew from what is on file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from triage import sheet
from triage.admission import SHORTEST_ID
from triage.explanation import ACTS, MEASURES, NAMES, SAFEGUARD_NAMES, day
from triage.finding import SURE
from triage.handling import departments as departments_told
from triage.ledger import Ledger
from triage.message import Message
from triage.policy import Pack
from triage.policy_versions import Version, called, versions
from triage.record import incidents, rulings
from triage.ruling import Ruling

Row = dict[str, str]

COLUMNS = (
    "entry", "id", "who", "addresses", "measure", "scope", "conduct", "clauses", "start", "end", "ended", "told", "by", "reasons",
    "circumstances", "impact", "review", "appeal", "departments", "set aside", "reader", "policy", "missing",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows(ledger: Ledger, pack: Pack, now: datetime) -> list[Row]:
    """A row for each restriction, the latest first, then one for each other decision. Every value is text, "" where there is none."""
    concluded = ledger.conclusions()
    ruled = rulings(ledger)
    people = {row["id"]: row for row in concluded.contacts}
    counted = [
        one
        for one in concluded.findings
        if not one["dismissed"] and one["severity"] != "advisory" and not one["by_staff"] and one["strength"] >= SURE
    ]
    when = {
        one.key: one.sent_at for one in ledger.messages({each["message_key"] for each in counted}) if isinstance(one, Message)
    }
    told_of = incidents(ledger)
    kept = versions(ledger)
    titles = {row["id"]: row["title"] for row in concluded.matters}
    found = []
    for row in sorted(concluded.restrictions, key=lambda one: one["start"], reverse=True):
        recorded = next((one for one in ruled if one.id == row["recorded"]), None)
        begun = datetime.fromisoformat(row["start"])
        about = [
            one
            for one in counted
            if one["contact"] == row["contact"] and one["clause"] and when.get(one["message_key"], begun) <= begun
        ]  # what came after it began is no reason for it
        conduct = [(one["kind"], one["clause"]) for one in about] + [
            (one.kind, one.clause)
            for one in told_of
            if recorded and any(len(each) >= SHORTEST_ID and one.id.startswith(each) for each in recorded.grounds)
        ]
        found.append(
            _restriction(row, people[row["contact"]], conduct, titles, ruled, pack, now) | {"policy": _policy(row, ruled, kept)}
        )
    shown = {row["recorded"] for row in concluded.restrictions}
    return found + [
        _decision(one, people.values()) | {"policy": called(kept, one.at) or one.policy}
        for one in reversed(ruled)
        if one.id not in shown
    ]


def _measure(row: Mapping[str, Any], recorded: Ruling | None) -> str:
    """What the restriction means, in words; the number and the days where one is agreed."""
    if row["kind"] == "number-per-period" and recorded:
        return f"{recorded.number} mails in {recorded.days} days are answered; what goes beyond is read and not answered"
    return MEASURES[row["kind"]]


def _policy(row: Mapping[str, Any], ruled: Iterable[Ruling], kept: Sequence[Version]) -> str:
    """The version it was decided under: as recorded, or the one gone by when the letter was sent."""
    at = next((one.at for one in ruled if one.id == row["recorded"]), datetime.fromisoformat(row["start"]))
    return called(kept, at)


def _who(row: Mapping[str, Any]) -> Row:
    return {"who": ", ".join(row["names"]), "addresses": ", ".join(row["addresses"])}


def _restriction(
    row: Mapping[str, Any], who: Mapping[str, Any], conduct: Sequence[tuple[str, str]], titles: Mapping[str, str],
    ruled: Sequence[Ruling], pack: Pack, now: datetime,
) -> Row:  # fmt: skip
    later = [one for one in ruled if one.about == row["id"]]
    recorded = next((one for one in ruled if one.id == row["recorded"]), None)
    until = datetime.fromisoformat(row["until"])
    review = until - timedelta(days=pack.periods.review_days)
    due = row["in_force"] and review <= now
    kinds = dict.fromkeys(NAMES.get(kind, "an incident") for kind, _ in conduct)
    return dict.fromkeys(COLUMNS, "") | _who(who) | {
        "addresses": ", ".join(row["addresses"]),
        "entry": "restriction, in force" if row["in_force"] else "restriction, over",
        "id": row["id"],
        "measure": _measure(row, recorded),
        "scope": "; ".join(dict.fromkeys(titles.get(matter, matter) for matter in row["matters"])),
        "conduct": "; ".join(kinds),
        "clauses": ", ".join(dict.fromkeys(clause for _, clause in conduct if clause)),
        "start": row["start"][:10],
        "end": row["until"][:10],
        "ended": (row["ended_early"] or "")[:10],
        "told": _told(row, recorded),
        "by": row["decided_by"],
        "reasons": row["reason"],
        "circumstances": recorded.circumstances if recorded else "",
        "impact": "; ".join(recorded.impact) if recorded else "",
        "review": f"{review:%Y-%m-%d}{' (due now)' if due else ''}",
        "appeal": _appeals(later, who, now),
        "departments": "; ".join(
            f"{one.name} (told {one.told:%Y-%m-%d}, {f'read {one.read:%Y-%m-%d}' if one.read else 'not read yet'})"
            for one in departments_told(later, row["id"])
        ),
        "set aside": "; ".join(f"{SAFEGUARD_NAMES[one['gate']]}: {one['reason']}" for one in row["overrides"]),
        "reader": row["reader"],
        "missing": "; ".join(row["gaps"]),
    }  # fmt: skip


def _told(row: Mapping[str, Any], recorded: Ruling | None) -> str:
    """The day on which they were told: of the letter in Sent, or of the one that went another way."""
    if not row["notice"].startswith(("<", "file")):
        return f"not told first{f': {recorded.safety_reason}' if recorded and recorded.safety_reason else ''}"
    return f"{recorded.told:%Y-%m-%d}" if recorded and recorded.told else str(row["start"][:10])


def _appeals(later: Sequence[Ruling], who: Mapping[str, Any], now: datetime) -> str:
    """What was recorded of appeals, and by when one that is open, by mail or recorded, is to be decided."""
    said = [f"{one.outcome or 'open since'} {one.at:%Y-%m-%d} by {one.by}" for one in later if "appeal" in one.act]
    if due := who.get("appeal_due"):
        said.append(f"to be decided by {due[:10]}{' (LATE)' if datetime.fromisoformat(due) < now else ''}")
    return "; ".join(said)


def _decision(one: Ruling, people: Iterable[Mapping[str, Any]]) -> Row:
    who = next((row for row in people if one.concerns(row["addresses"])), None)
    named = _who(who) if who else {"addresses": ", ".join(sorted(one.addresses))}
    measure = {
        "terminate": one.ground, "refer": one.to, "appeal-decided": one.outcome, "inquire": f"{one.to} inquires",
        "senior": one.to, "hand-over": f"{one.to} in place of {one.relieved}", "department": one.to,
    }.get(one.act, "")  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | named | {
        "entry": ACTS[one.act],
        "id": one.about or one.id[:8],
        "measure": measure,
        "start": f"{one.at:%Y-%m-%d}",
        "end": f"{one.until:%Y-%m-%d}" if one.until else "",
        "told": f"{one.told:%Y-%m-%d}" if one.told else "",
        "by": one.by,
        "reasons": one.reason,
        "circumstances": one.circumstances,
        "impact": "; ".join(one.impact),
        "set aside": "; ".join(f"{SAFEGUARD_NAMES[each.gate]}: {each.reason}" for each in one.overrides),
    }  # fmt: skip


def departments(found: Sequence[Row]) -> list[Row]:
    """What other departments may be told of restrictions in force, and no more: who, which measure, until when (004/RS3b, P09)."""
    shown = ("who", "addresses", "measure", "scope", "end", "reader")
    return [{name: row[name] for name in shown} for row in found if row["entry"] == "restriction, in force"]


_PAGE = """<h1>{{ title|plain }}</h1>
<p class="made">As of {{ day }}. About conduct and measures, never about what a person is.</p>
{% for row in rows %}<table>
{% for name, value in row.items() if value %}<tr><th scope="row">{{ name }}</th><td>{{ value|plain }}</td></tr>
{% endfor %}</table>
{% else %}<p>Nobody is restricted, and nothing else was decided.</p>
{% endfor %}"""
_STYLE = "table { margin: 0 0 1.5em; break-inside: avoid; border-top: 2px solid #222 } th { width: 8em }"


def as_text(found: Sequence[Row]) -> str:
    """A paragraph for each entry, its filled fields one to a line."""
    if not found:
        return "nobody is restricted, and nothing else was decided\n"
    blocks = ["\n".join(f"{name:<11} {row[name]}" for name in row if row[name]) for row in found]
    return "\n\n".join(blocks) + "\n"


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that could begin one gets an apostrophe in front."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA[:4]) else text


def as_csv(found: Sequence[Row]) -> str:
    """CSV by RFC 4180 with a head line, safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    names = list(found[0]) if found else list(COLUMNS)
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    table.writerow(names)
    table.writerows([safe(row[name]) for name in names] for row in found)
    return out.getvalue()


def as_json(found: Sequence[Row]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def as_html(found: Sequence[Row], title: str, now: datetime) -> str:
    """A page to read and to print, a block for each entry with what is filled in, without anything from outside."""
    return sheet.document(_PAGE, title, style=_STYLE, day=day(now), rows=found)
