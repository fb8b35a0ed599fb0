"""Everything concluded, as the JSON that analysts, tests and other programs read (`triage export`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from triage.conclusion import Row
from triage.explanation import evidence
from triage.finding import SURE
from triage.hearing import VERDICT
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message


def everything(ledger: Ledger, now: datetime) -> dict[str, Any]:
    """The conclusions at `now`, in a stable order: contacts, matters, findings, held, restrictions, decisions.

    `findings` are those that count or could; what the program is not sure of stands apart in `unsure`, what people have
    dismissed in `dismissed`.

    Message-IDs are unfolded and in angle brackets. A matter belongs to every contact who wrote about it. `decisions` holds
    what people decided, from the journal.
    """
    rows = ledger.conclusions()
    keys = {key for row in rows.matters for key in row["keys"]} | {row["message_key"] for row in rows.findings}
    ids: dict[str, str] = {}
    dates: dict[str, str] = {}
    for message in ledger.messages(keys):
        if isinstance(message, Message):
            ids[message.key] = message.message_id
            dates[message.message_id] = message.sent_at.isoformat()
    held = {ids[row["message_key"]] for row in rows.wanted if row["held"] and row["message_key"] in ids}
    return {
        "as_of": now.isoformat(),
        "contacts": rows.contacts,
        "matters": matters(rows),
        "findings": [_finding(row, dates) for row in rows.findings if not row["dismissed"] and row["strength"] >= SURE],
        "unsure": [_finding(row, dates) for row in rows.findings if not row["dismissed"] and row["strength"] < SURE],
        "dismissed": [_finding(row, dates) for row in rows.findings if row["dismissed"]],
        "held": sorted(held),
        "restrictions": rows.restrictions,
        "proposals": [{k: row[k] for k in ("id", "contact", "kind", "about", "matter", "verdict")} for row in rows.proposals],
        "decisions": [
            {"number": e.number, "kind": e.kind, "at": e.at.isoformat(), "by": e.actor, **e.subject}
            for e in ledger.entries(kinds=(VERDICT,))
        ],
        "unreadable": [{"message": one.message_id, "mailbox": one.mailbox, "reason": one.reason} for one in ledger.unreadable()],
    }


def matters(rows: ConclusionRows) -> list[Row]:
    """Matters as everybody sees them: one row a matter, with all who write about it, each message in exactly one."""
    joined: dict[str, Row] = {}
    home: dict[str, str] = {}
    for row in sorted(rows.matters, key=lambda one: (one["id"], one["contact"])):
        matter = joined.setdefault(
            row["id"],
            {"id": row["id"], "contacts": [], "title": row["title"], "messages": [], "state": row["state"], "answers": [],
             "waiting_since": row["waiting_since"], "overdue": row["overdue"], "why": {}},
        )  # fmt: skip
        matter["contacts"].append(row["contact"])
        for message in row["messages"]:
            if home.setdefault(message, row["id"]) == row["id"] and message not in matter["messages"]:
                matter["messages"].append(message)
                matter["why"][message] = row["links"].get(message, [])
        matter["answers"] += [one for one in row["answers"] if one not in matter["answers"]]
    return [matter for matter in joined.values() if matter["messages"]]


def _finding(row: Row, dates: dict[str, str]) -> dict[str, Any]:
    return {
        "message": row["message_id"],
        "contact": row["contact"],
        "matter": row["matter"],
        "kind": row["kind"],
        "clause": row["clause"],
        "strength": row["strength"],
        "severity": row["severity"],
        "evidence": evidence(row, dates),
        "earlier": list(row["earlier"]),
        "number": row.get("number", ""),
        "by_staff": row["by_staff"],
        "dismissed": row["dismissed"],
    }
