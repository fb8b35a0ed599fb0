"""mails.toml → the sample's mails, dated from today backwards, and what must be concluded from them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("mails.toml")
_DAYS = re.compile(r"\{([+-]\d{1,3})\}")
_CAMPAIGN_TIMES = ("08:40", "09:15", "12:02", "15:47", "20:18")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to us, and what the pass must conclude of them."""

    name: str
    address: str
    tells: str
    """What a filter that only looks for words, or counts mails, would make of this person's mail."""
    stages: frozenset[str]
    held: frozenset[str] = frozenset()
    overdue: bool = False
    campaign: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the sample."""

    id: str
    folder: str
    """INBOX, or Sent for the staff's."""
    at: datetime
    sender: str
    """The address."""
    raw: bytes
    message_id: str
    finds: frozenset[str] = frozenset()
    """Kinds of finding that must be found on it."""
    may: frozenset[str] = frozenset()
    """Kinds that may be found besides."""


@dataclass(frozen=True, slots=True)
class Sample:
    organisation: Mapping[str, str]
    staff: tuple[str, ...]
    """Addresses."""
    people: Mapping[str, Person]
    """By address."""
    mails: tuple[Mail, ...]
    """Oldest first."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Message-ID → the mail's short name."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def sample(now: datetime) -> Sample:
    """The sample as it stands at `now` (aware): its latest mails are of yesterday."""
    table = _table()
    staff = {
        key: (name, f"{name.lower().replace(' ', '.')}@{table['organisation']['domain']}") for key, name in table["staff"].items()
    }
    people = {key: _person(row) for key, row in table["person"].items()}
    writers = {row["id"]: Person(row["name"], row["address"], table["campaign"]["tells"], frozenset({"clear"}), campaign=True)
               for row in table["campaign"]["writer"]}  # fmt: skip
    names = {**staff, **{key: (one.name, one.address) for key, one in {**people, **writers}.items()}}
    rows = [*table["mail"], *_campaign(table["campaign"])]
    by_id = {row["id"]: row for row in rows}
    makes = _Making(names, frozenset(staff), by_id, table["organisation"], now)
    mails = [makes.mail(row) for row in rows]
    return Sample(
        organisation=table["organisation"],
        staff=tuple(address for _, address in staff.values()),
        people={one.address: one for one in (*people.values(), *writers.values())},
        mails=tuple(sorted(mails, key=lambda mail: mail.at)),
        ids={mail.message_id: mail.id for mail in mails},
    )


def _person(row: Mapping[str, Any]) -> Person:
    stages = frozenset(row["stage"].split(" or "))
    return Person(row["name"], row["address"], row["tells"], stages, frozenset(row.get("held", ())), row.get("overdue", False))


def _campaign(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    needed = 3  # so many letters make a campaign, by the pack; the finding stands on each from the third on
    for number, (writer, at) in enumerate(zip(table["writer"], _CAMPAIGN_TIMES, strict=True), 1):
        yield {
            "id": writer["id"], "by": writer["id"], "days": table["days"], "at": at, "subject": table["subject"],
            "finds": ["campaign"] if number >= needed else [], "may": ["campaign"],
            "body": table["body"].replace("{own}", writer["own"]).replace("{name}", writer["name"]),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Making:
    """Rows of mails.toml → mails."""

    names: Mapping[str, tuple[str, str]]
    """Key of a person or one of the staff → name, address."""
    staff: frozenset[str]
    by_id: Mapping[str, Mapping[str, Any]]
    organisation: Mapping[str, str]
    now: datetime

    def mail(self, row: Mapping[str, Any]) -> Mail:
        at = datetime.combine(self.now.astimezone(UTC).date() - timedelta(days=row["days"]), time.fromisoformat(row["at"]), UTC)
        by_staff = row["by"] in self.staff
        return Mail(
            id=row["id"],
            folder="Sent" if by_staff else "INBOX",
            at=at,
            sender=self.names[row["by"]][1],
            raw=bytes(self._letter(row, at, by_staff=by_staff)),
            message_id=self._message_id(row),
            finds=frozenset(row.get("finds", ())),
            may=frozenset(row.get("may", ())),
        )

    def _letter(self, row: Mapping[str, Any], at: datetime, *, by_staff: bool) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        name, address = self.names[row["by"]]
        if not by_staff:
            checked = row.get("authentication", f"spf=pass; dkim=pass; dmarc=pass header.from={address.partition('@')[2]}")
            letter["Authentication-Results"] = f"mx.{self.organisation['domain']}; {checked}"
        letter["From"] = Address(name, addr_spec=address)
        to = [Address(self.names[one][0], addr_spec=self.names[one][1]) for one in row.get("to", ())]
        letter["To"] = to or self.organisation["mailbox"]
        letter["Subject"] = row["subject"]
        letter["Date"] = at
        letter["Message-ID"] = self._message_id(row)
        if "answers" in row:
            letter["In-Reply-To"] = letter["References"] = self._message_id(self.by_id[row["answers"]])
        for header, value in row.get("headers", {}).items():
            letter[header] = value
        letter.set_content(_dated(row["body"].lstrip("\n"), self.now))
        return letter

    def _message_id(self, row: Mapping[str, Any]) -> str:
        return f"<{row['id']}@{self.names[row['by']][1].partition('@')[2]}>"


def _dated(text: str, now: datetime) -> str:
    """{-6} → the date six days before `now`, as people write it: 3 September 2026."""

    def date(found: re.Match[str]) -> str:
        day = now.astimezone(UTC) + timedelta(days=int(found[1]))
        return f"{day.day} {day:%B %Y}"

    return _DAYS.sub(date, text)
