"""The tables of what was seen and what followed: findings, decisions, what our colleagues had to read, and incidents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from triage.analysis.mails import addressed, in_order
from triage.analysis.source import Row, Source, as_finding
from triage.decision import POINTS, counts
from triage.detect import ABUSE
from triage.finding import KINDS, SURE
from triage.message import Message
from triage.verdict import dismissed

_NO_BURDEN = frozenset({"falsehood", "off_topic"})
"""Kinds of conduct that are no strain to read."""
_CHANNELS = frozenset(
    {
        "telephone",
        "phone",
        "visit",
        "counter",
        "letter",
        "post",
        "social media",
        "web",
        "chat",
        "text message",
        "meeting",
        "e-mail",
    }
)
"""What people write is theirs to choose; any other word may tell who it was."""
_REFERENCE = re.compile(r"[\w./-]{0,20}")


def findings(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `findings`."""
    said = _said(source)
    for row in source.rows.findings:
        mail = source.by_id.get(row["message_id"])
        if mail is None:
            continue
        yield {
            "message": source.mail(row["message_id"]),
            "contact": source.contact(row["contact"]),
            "matter": source.matter(source.home.get(row["message_id"], row["matter"])),
            "team": mail.mailbox,
            "sent_at": mail.sent_at,
            "kind": row["kind"],
            "family": KINDS[row["kind"]],
            "abusive": row["kind"] in ABUSE,
            "clause": row["clause"],
            "strength": float(row["strength"]),
            "severity": row["severity"],
            "sure": row["strength"] >= SURE,
            "counts": counts(as_finding(row)),
            "by_staff": row["by_staff"],
            "verdict": said.get(row["message_id"], ""),
            "reason": row["reason"] if names else "",
            "quotes": " | ".join(" ".join(quote["text"].split()) for quote in row["quotes"]) if names else "",
        }


def _said(source: Source) -> dict[str, str]:
    """Message-ID → the last verdict on that mail, "" where it was taken back; where people differ, what counts (triage/verdict.py)."""
    found: dict[str, str] = {}
    for verdict in sorted(source.verdicts, key=lambda one: one.at):
        for key in verdict.keys:
            if key in source.first_copy:
                found[source.first_copy[key]] = "" if verdict.choice == "open" else verdict.choice
    counting = {source.first_copy[key] for key in dismissed(source.verdicts) if key in source.first_copy}
    return found | dict.fromkeys(counting, "dismiss")


def decisions(source: Source) -> Iterator[Row]:
    """The rows of the table `decisions`."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in source.rows.findings:
        if row["strength"] >= SURE and not row["by_staff"]:
            kinds[row["message_id"]].add(row["kind"])
    for number, verdict in zip(source.entries, source.verdicts, strict=True):
        for message_id in sorted({source.first_copy[key] for key in verdict.keys if key in source.first_copy}):
            mail = source.by_id[message_id]
            yield {
                "number": number,
                "at": verdict.at,
                "team": mail.mailbox if verdict.by_answer else verdict.by,
                "by": source.names.of("staff", verdict.by) if verdict.by_answer else "",
                "choice": verdict.choice,
                "on": "note" if verdict.proposal else "mail",
                "message": source.mail(message_id),
                "contact": source.contact(source.contact_of(mail)),
                "kinds": ", ".join(sorted(kinds[message_id])),
                "days_after": (verdict.at - mail.sent_at) / timedelta(days=1),
            }
    for number, contact, ruling in source.rulings:
        yield {
            "number": number,
            "at": ruling.at,
            "by": source.names.of("staff", ruling.by),
            "choice": ruling.act,
            "on": "contact",
            "contact": source.contact(contact) or source.contact(source.contact_at(ruling.addresses)),
            "outcome": ruling.outcome,
        }


def exposure(source: Source) -> Iterator[Row]:
    """The rows of the table `exposure`: hard words, advisory or not, unless people dismissed them."""
    worst: dict[str, Row] = {}
    counting: set[str] = set()
    abusive: set[str] = set()
    for row in source.rows.findings:
        hard = KINDS[row["kind"]] == "conduct" and row["kind"] not in _NO_BURDEN
        shown = hard and row["strength"] >= SURE and not row["by_staff"] and not row["dismissed"]
        if shown and counts(as_finding(row)):
            counting.add(row["message_id"])
        if shown and row["kind"] in ABUSE:
            abusive.add(row["message_id"])
        if shown and (row["message_id"] not in worst or POINTS[row["kind"]] > POINTS[worst[row["message_id"]]["kind"]]):
            worst[row["message_id"]] = row
    order = {row["id"]: in_order(row, source) for row in source.matters}
    for message_id, row in worst.items():
        mail = source.by_id.get(message_id)
        if mail is None:
            continue
        for email, how, field in _readers(mail, order.get(source.home.get(message_id, ""), []), source):
            yield {
                "staff": source.names.of("staff", email),
                "team": mail.mailbox,
                "message": source.mail(message_id),
                "contact": source.contact(row["contact"]),
                "sent_at": mail.sent_at,
                "kind": row["kind"],
                "abusive": message_id in abusive,
                "severity": row["severity"],
                "counts": message_id in counting,
                "how": how,
                "named_in": field,
            }


def _readers(mail: Message, order: list[Message], source: Source) -> Iterator[tuple[str, str, str]]:
    """Address, how it reached them, and the field that names them."""
    named = {email: field for email, field in addressed(mail, source).items() if source.directory.may_decide(email)}
    for email in sorted(named):
        yield email, "addressed", named[email]
    ours = (one for one in order if one.message_id in source.ours and not one.automatic and one.sent_at > mail.sent_at)
    answered = next(ours, None)
    if answered and answered.sender.email not in named:
        yield answered.sender.email, "answered", ""
    elif not named:
        yield "", "unknown", ""


def incidents(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `incidents`."""
    for one in source.incidents:
        yield {
            "incident": source.names.of("incident", one.id),
            "contact": source.contact(source.contact_at(one.addresses)),
            "channel": one.channel if names or one.channel.casefold() in _CHANNELS else "other",
            "kind": one.kind,
            "clause": one.clause if names or _REFERENCE.fullmatch(one.clause) else "",
            "happened_on": one.on,
            "written_at": one.at,
            "staff": source.names.of("staff", one.reported_by),
            "witnessed": one.witnessed,
            "what_happened": one.words if names else "",
            "effect": one.effect if names else "",
        }
