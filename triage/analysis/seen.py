"""The tables of what was seen and what followed: findings, decisions, holds, what our colleagues had to read, and incidents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from triage.analysis.mails import addressed, in_order
from triage.analysis.source import Row, Source, as_finding
from triage.decision import POINTS, counts
from triage.finding import KINDS, SURE
from triage.message import Message
from triage.verdict import dismissed

_NO_BURDEN = frozenset({"falsehood", "off_topic"})
"""Kinds of conduct that are no strain to read."""
_APPEALS_STILL = timedelta(days=30)
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
            "matter": source.matter(row["matter"]),
            "team": mail.mailbox,
            "sent_at": mail.sent_at,
            "kind": row["kind"],
            "family": KINDS[row["kind"]],
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
            "contact": source.contact(contact),
            "outcome": ruling.outcome,
        }


def holds(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `holds`."""
    unmet = {row["id"]: row["unmet"] for row in source.rows.contacts}
    for row in source.rows.restrictions:
        start = datetime.fromisoformat(row["start"])
        until = datetime.fromisoformat(row["until"]) if row["until"] else None
        early = datetime.fromisoformat(row["ended_early"]) if row["ended_early"] else None
        over = min((end for end in (until, early) if end), default=None)
        wrote = [
            mail for mail in source.mails if mail.message_id not in source.ours and source.contact_of(mail) == row["contact"]
        ]
        covered = [mail for mail in wrote if source.home.get(mail.message_id) in row["matters"]]
        appeals = _appeals(source, row["contact"], start, over)
        yield {
            "entry": row["id"],
            "contact": source.contact(row["contact"]),
            "team": source.team_of(row["notice"]),
            "decided_by": source.names.of("staff", row["decided_by"]),
            "start": start,
            "until": until,
            "ended_early": early,
            "in_force": row["in_force"],
            "days": (until - start) / timedelta(days=1) if until else float("nan"),
            "message": source.mail(row["notice"]) if row["notice"] in source.by_id else "",
            "matters": len(row["matters"]),
            "covers": ", ".join(source.matter(one) for one in row["matters"]),
            "mails_held": sum(mail.message_id in source.held for mail in wrote) if row["in_force"] else 0,
            "mails_during": sum(start < mail.sent_at and (over is None or mail.sent_at <= over) for mail in covered),
            "appeal_offered": bool(row["appeal_offered"]),
            "appeals": max(len(appeals), sum(one.act == "appeal" and one.about == row["id"] for _, _, one in source.rulings)),
            "outcome": _ruled(source, row["id"])
            or _outcome(appeals, early, open_=row["in_force"] and "appeal_pending" in unmet.get(row["contact"], ())),
            "notice": row["words"] if names else "",
        }


def _appeals(source: Source, contact: str, start: datetime, over: datetime | None) -> list[datetime]:
    found = [
        source.by_id[row["message_id"]].sent_at
        for row in source.rows.findings
        if row["contact"] == contact and row["kind"] == "appeal" and row["strength"] >= SURE and row["message_id"] in source.by_id
    ]
    return sorted(at for at in found if start < at and (over is None or at <= over + _APPEALS_STILL))


def _ruled(source: Source, restriction: str) -> str:
    """The outcome of an appeal against this restriction, where one was recorded."""
    words = {"allowed": "lifted", "varied": "varied", "refused": "stands"}
    found = [one for _, _, one in source.rulings if one.act in ("appeal", "appeal-decided") and one.about == restriction]
    return words.get(found[-1].outcome, "open") if found else ""


def _outcome(appeals: list[datetime], early: datetime | None, *, open_: bool) -> str:
    if not appeals:
        return "none"
    if early is not None and early > appeals[0]:
        return "lifted"
    return "open" if open_ else "stands"


def exposure(source: Source) -> Iterator[Row]:
    """The rows of the table `exposure`: hard words, advisory or not, unless people dismissed them."""
    worst: dict[str, Row] = {}
    counting: set[str] = set()
    for row in source.rows.findings:
        hard = KINDS[row["kind"]] == "conduct" and row["kind"] not in _NO_BURDEN
        shown = hard and row["strength"] >= SURE and not row["by_staff"] and not row["dismissed"]
        if shown and counts(as_finding(row)):
            counting.add(row["message_id"])
        if shown and (row["message_id"] not in worst or POINTS[row["kind"]] > POINTS[worst[row["message_id"]]["kind"]]):
            worst[row["message_id"]] = row
    order = {row["id"]: in_order(row, source) for row in source.matters}
    for message_id, row in worst.items():
        mail = source.by_id.get(message_id)
        if mail is None:
            continue
        for email, how in _readers(mail, order.get(source.home.get(message_id, ""), []), source):
            yield {
                "staff": source.names.of("staff", email),
                "team": mail.mailbox,
                "message": source.mail(message_id),
                "contact": source.contact(row["contact"]),
                "sent_at": mail.sent_at,
                "kind": row["kind"],
                "severity": row["severity"],
                "counts": message_id in counting,
                "how": how,
            }


def _readers(mail: Message, order: list[Message], source: Source) -> Iterator[tuple[str, str]]:
    named = {email for email in addressed(mail, source) if source.directory.may_decide(email)}
    for email in sorted(named):
        yield email, "addressed"
    ours = (one for one in order if one.message_id in source.ours and not one.automatic and one.sent_at > mail.sent_at)
    answered = next(ours, None)
    if answered and answered.sender.email not in named:
        yield answered.sender.email, "answered"
    elif not named:
        yield "", "unknown"


def incidents(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `incidents`."""
    for one in source.incidents:
        who = next((source.writer[address] for address in sorted(one.addresses) if address in source.writer), "")
        yield {
            "incident": source.names.of("incident", one.id),
            "contact": source.contact(who),
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
