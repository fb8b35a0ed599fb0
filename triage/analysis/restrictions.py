"""The table of restrictions, and what a mail has to do with one.

A restriction binds the contact on some matters; a hold is what it does to their mail: what comes about these lies in the hold folder. On
anything else the contact may write as before, and is owed an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from triage.analysis.source import Row, Source
from triage.finding import SURE
from triage.message import Message

_APPEALS_STILL = timedelta(days=30)


def over(mail: Message, source: Source) -> Literal["", "covers", "other"]:
    """Whether a restriction of its sender was in force when a contact's mail came: one that covers it, or one that does not."""
    who = source.contact_of(mail)
    in_force = [row for row in source.rows.restrictions if row["contact"] == who and _during(row, mail.sent_at)]
    if not in_force:
        return ""
    return "covers" if any(_covers(row, mail, source) for row in in_force) else "other"


def _ends(row: Row) -> tuple[datetime, datetime | None]:
    """Its last moment, and when a person ended it before."""
    early = datetime.fromisoformat(row["ended_early"]) if row["ended_early"] else None
    return datetime.fromisoformat(row["until"]), early


def _over_at(row: Row) -> datetime:
    until, early = _ends(row)
    return min(until, early or until)


def _during(row: Row, at: datetime) -> bool:
    return datetime.fromisoformat(row["start"]) < at <= _over_at(row)


def _covers(row: Row, mail: Message, source: Source) -> bool:
    """Whether a mail falls into its matters, addresses and mailboxes, as `triage.hold` has it."""
    bound = mail.sender.email in row["addresses"] and (not row["mailboxes"] or mail.mailbox in row["mailboxes"])
    return bound and source.home.get(mail.message_id, "") in row["matters"]


def holds(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `holds`."""
    unmet = {row["id"]: row["unmet"] for row in source.rows.contacts}
    as_of = {row["id"]: datetime.fromisoformat(row["as_of"]) for row in source.rows.contacts}
    answers = {row["id"]: _times(row["answers"], source) for row in source.matters}
    for row in source.rows.restrictions:
        start = datetime.fromisoformat(row["start"])
        (until, early), ended = _ends(row), _over_at(row)
        wrote = [
            mail for mail in source.mails
            if not mail.automatic and mail.message_id not in source.ours and source.contact_of(mail) == row["contact"]
        ]  # fmt: skip
        during = [mail for mail in wrote if _during(row, mail.sent_at)]
        covered = [mail for mail in during if _covers(row, mail, source)]
        others = _others(row, during, source)
        matters = [name for one in row["matters"] if (name := source.matter(one))]
        appeals = _appeals(source, row["contact"], start, ended)
        yield {
            "entry": row["id"],
            "contact": source.contact(row["contact"]),
            "team": source.team_of(row["notice"]),
            "decided_by": source.names.of("staff", row["decided_by"]),
            "start": start,
            "until": until,
            "ended_early": early,
            "ended": ended if ended <= as_of[row["contact"]] and not row["in_force"] else None,
            "in_force": row["in_force"],
            "days": (until - start) / timedelta(days=1),
            "kind": row["kind"],
            "recorded": bool(row["recorded"]),
            "message": source.mail(row["notice"]) if row["notice"] in source.by_id else "",
            "matters": len(matters),
            "covers": ", ".join(matters),
            "mails_held": sum(mail.message_id in source.held for mail in wrote) if row["in_force"] else 0,
            "mails_during": len(covered),
            "mails_other": len(during) - len(covered),
            "other_matters": len(others),
            "other_answered": sum(any(at > asked for at in answers[one]) for one, asked in others.items()),
            "appeal_offered": bool(row["appeal_offered"]),
            "appeals": max(len(appeals), sum(one.act == "appeal" and one.about == row["id"] for _, _, one in source.rulings)),
            "outcome": _ruled(source, row["id"])
            or _outcome(appeals, early, open_=row["in_force"] and "appeal_pending" in unmet.get(row["contact"], ())),
            "notice": row["words"] if names else "",
        }


def _times(message_ids: Iterable[str], source: Source) -> list[datetime]:
    return [source.by_id[one].sent_at for one in message_ids if one in source.by_id]


def _others(row: Row, during: Iterable[Message], source: Source) -> Mapping[str, datetime]:
    """The matters it does not cover in which the contact wrote while it was in force, with when they first did so."""
    found: dict[str, datetime] = {}
    for mail in during:
        if (home := source.home.get(mail.message_id, "")) and home not in row["matters"]:
            found.setdefault(home, mail.sent_at)
    return found


def _appeals(source: Source, contact: str, start: datetime, ended: datetime) -> list[datetime]:
    found = [
        source.by_id[row["message_id"]].sent_at
        for row in source.rows.findings
        if row["contact"] == contact and row["kind"] == "appeal" and row["strength"] >= SURE and row["message_id"] in source.by_id
    ]
    return sorted(at for at in found if start < at <= ended + _APPEALS_STILL)


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
