"""The tables of mails: messages, and our answers among them.

A matter is walked through mail by mail, so that each mail of a contact is known for what it was: sent while we had time, while we
were late, or after an answer. What is written while we are late was caused by us.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from triage.analysis import restrictions
from triage.analysis.language import language
from triage.analysis.source import Row, Source
from triage.detect.pressing import accepts
from triage.message import Message
from triage.staff_reading.learned import DOUBTED, ELSEWHERE

_PHONE = re.compile(r"\bsent from (?:my|the) .{0,20}(?:phone|mobile|android|galaxy|outlook for (?:ios|android))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Turn:
    """One mail in its matter."""

    mail: Message
    part: str
    """As the column `part` of messages has it; "" for a mail of ours."""
    waiting: datetime | None
    """For a mail of ours: when the mail that had waited longest for it was sent; None when nobody waited."""


def walk(row: Row, source: Source) -> Iterator[Turn]:
    """The mails of one matter in order of time, each with what it was."""
    answers, answered, waiting, begun = set(row["answers"]), False, None, False
    for mail in in_order(row, source):
        if mail.automatic:
            yield Turn(mail, "", None)
        elif mail.message_id in source.ours:
            settles = mail.message_id not in source.no_answer or mail.message_id in source.notices | answers
            yield Turn(mail, "", waiting)
            answered = answered or mail.message_id in answers
            waiting = None if settles else waiting
        else:
            yield Turn(mail, _part(mail, source, waiting, begun=begun, answered=answered), None)
            begun = True
            owed = mail.message_id not in source.not_owed and not _accepts(mail, source)
            if waiting is None and owed:
                waiting = mail.sent_at


def _part(mail: Message, source: Source, waiting: datetime | None, *, begun: bool, answered: bool) -> str:
    if not begun:
        return "opens"
    if _accepts(mail, source):
        return "accepts"
    if waiting is not None and mail.sent_at > source.deadline(waiting):
        return "our silence"
    return "after answer" if answered else "in time"


def _accepts(mail: Message, source: Source) -> bool:
    return accepts(mail) and mail.message_id not in source.hard


def in_order(row: Row, source: Source) -> list[Message]:
    """The mails of a matter, oldest first."""
    found = [source.by_id[one] for one in row["messages"] if one in source.by_id]
    return sorted(found, key=lambda mail: (mail.sent_at, mail.role == "sent", mail.message_id))


def messages(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `messages`."""
    parts = {turn.mail.message_id: turn.part for row in source.matters for turn in walk(row, source)}
    zone = source.settings.organisation.time_zone
    for mail in source.mails:
        ours, local = mail.message_id in source.ours, mail.sent_at.astimezone(zone)
        yield {
            "message": source.mail(mail.message_id),
            "contact": source.contact(source.contact_of(mail)),
            "matter": source.matter(source.home.get(mail.message_id, "")),
            "team": mail.mailbox,
            "by": by_whom(mail, source),
            "sender": source.names.of("staff" if ours else "address", mail.sender.email),
            "sent_at": mail.sent_at,
            "day": local.date().isoformat(),
            "weekday": local.weekday(),
            "hour": local.hour,
            "zone": str(source.settings.organisation.time_zone),
            "words": len(mail.own.split()),
            "language": language(mail.own),
            "phone": bool(_PHONE.search(f"{mail.own[-200:]}\n{mail.wording.signature}")),
            "to_person": not ours and any(source.directory.may_decide(one.email) for one in mail.to),
            "attachments": len(mail.attachments),
            "authenticity": mail.authenticity,
            "part": parts.get(mail.message_id, "") if not ours and not mail.automatic else "",
            "held": mail.message_id in source.held,
            "restriction": restrictions.over(mail, source) if by_whom(mail, source) == "contact" else "",
            "subject": mail.subject if names else "",
            "own": mail.own if names else "",
        }


def by_whom(mail: Message, source: Source) -> str:
    """Who wrote it, as the column `by` has it."""
    return "machine" if mail.automatic else "staff" if mail.message_id in source.ours else "contact"


def recipients(source: Source) -> Iterator[Row]:
    """The rows of the table `recipients`."""
    departments, roles = _departments(source), _roles(source)
    mailboxes = {one.address: one.name for one in source.settings.mailboxes}
    for mail in source.mails:
        for email, field in addressed(mail, source).items():
            person = email not in source.directory.mailboxes
            yield {
                "message": source.mail(mail.message_id),
                "contact": source.contact(source.contact_of(mail)),
                "sent_at": mail.sent_at,
                "by": by_whom(mail, source),
                "field": field,
                "recipient": "mailbox" if not person else "supplier" if source.directory.is_vendor(email) else "colleague",
                "staff": source.names.of("staff", email) if person else "",
                "department": departments.get(email, "") if person else mailboxes.get(email, "incidents"),
                "roles": ", ".join(roles.get(email, ())),
            }


def addressed(mail: Message, source: Source) -> dict[str, str]:
    """Address of ours that a mail names → to or cc."""
    fields = [(one.email, "to") for one in mail.to] + [(one.email, "cc") for one in mail.cc]
    return {email: field for email, field in reversed(fields) if source.directory.employs(email)}


def _departments(source: Source) -> dict[str, str]:
    """Colleague → the mailbox from which they wrote to contacts most."""
    wrote: dict[str, Counter[str]] = defaultdict(Counter)
    for mail in source.mails:
        if mail.message_id in source.ours and not mail.automatic and source.contact_of(mail):
            wrote[mail.sender.email][mail.mailbox] += 1
    return {email: max(boxes, key=lambda box: (boxes[box], box)) for email, boxes in wrote.items()}


def _roles(source: Source) -> dict[str, list[str]]:
    """Colleague → the decisions that the settings name them for."""
    found: dict[str, list[str]] = defaultdict(list)
    for role in type(source.settings.deciders).model_fields:
        for email in getattr(source.settings.deciders, role):
            found[email].append(role)
    return found


def answers(source: Source) -> Iterator[Row]:
    """The rows of the table `answers`."""
    for row in source.matters:
        right = set(row["answers"])
        for turn in walk(row, source):
            mail, asked = turn.mail, turn.waiting
            if mail.message_id in source.ours and not mail.automatic:
                yield {
                    "message": source.mail(mail.message_id),
                    "contact": source.contact(source.contact_of(mail)),
                    "matter": source.matter(row["id"]),
                    "team": mail.mailbox,
                    "staff": source.names.of("staff", mail.sender.email),
                    "sent_at": mail.sent_at,
                    "is_answer": mail.message_id in right,
                    "why_not": "" if mail.message_id in right else source.no_answer.get(mail.message_id, ""),
                    "doubted": mail.message_id not in right and source.no_answer.get(mail.message_id) in (DOUBTED, ELSEWHERE),
                    "does": ", ".join(source.does.get(mail.message_id, ())),
                    "asked_at": asked,
                    "hours_waited": (mail.sent_at - asked).total_seconds() / 3600 if asked else float("nan"),
                    "late": bool(asked and mail.sent_at > source.deadline(asked)),
                }


def of_contact(turns: Iterable[Turn]) -> list[Turn]:
    """The mails a contact wrote."""
    return [turn for turn in turns if turn.part]
