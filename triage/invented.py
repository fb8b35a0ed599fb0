"""Invented support stories, made by chance from parts, for the matter model to learn from.

Public mailing lists teach how people go on about one thing; they hold hardly any customer with two matters on one day, no
reference numbers and no abuse. These stories do: matters kept apart though they come within the hour, subjects changed and
recycled, other addresses, silence of months, new matters inside old threads, mails that name nothing but a member of staff.
"""

from __future__ import annotations

import hashlib
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from triage.message import Address, Message, Wording

PARTS = "invented.toml"
_START = datetime(2025, 1, 6, 9, tzinfo=UTC)
_HOUSE = "desk.example"


@dataclass(frozen=True, slots=True)
class Told:
    """One mail of a story, and which matter it is about."""

    message: Message
    by_staff: bool
    matter: str


@dataclass(slots=True)
class _Matter:
    name: str
    area: dict[str, Any]
    thing: list[str]
    trouble: list[str]
    facts: dict[str, str]
    subject: str = ""
    last: Message | None = None
    answered_by: str = ""
    turns: list[tuple[datetime, str]] = field(default_factory=list)


class _Teller:
    """Tells one story."""

    def __init__(self, parts: dict[str, Any], chance: random.Random, number: int) -> None:
        self.parts, self.chance, self.number = parts, chance, number
        people = parts["people"]
        self.name = f"{chance.choice(people['first'])} {chance.choice(people['last'])}"
        first, last = self.name.lower().split()
        self.addresses = [f"{first}.{last}@mail.example", f"{last}{number % 90}@post.example"]
        self.staff = chance.sample(people["first"], 4)
        self.house = f"{chance.randint(1, 90)} {chance.choice(people['streets'])}"
        self.client = f"{chance.choice(people['prefixes'])}-{chance.randint(10000, 99999)}"
        self.signs_client = chance.random() < 0.15
        self.told: list[Told] = []
        self.matters: list[_Matter] = []

    def tell(self) -> list[Told]:
        chance = self.chance
        count = chance.choice((1, 1, 1, 2, 2, 2, 3, 4, 6, 14))
        at = _START + timedelta(minutes=chance.randint(0, 300_000))
        areas = self.parts["area"]
        area = chance.choice(areas)
        for place in range(count):
            area = area if chance.random() < 0.5 else chance.choice(areas)
            self.matters.append(self._matter(f"{self.number}-{place}", area, at))
            at += timedelta(hours=chance.choice((0.1, 1, 4, 20, 60, 200, 900, 2500)) * chance.uniform(0.5, 1.5))
        events = sorted((at, place, what) for place, one in enumerate(self.matters) for at, what in one.turns)
        for at, place, what in events:
            self._write(self.matters[place], at, what)
        return self.told

    def _matter(self, name: str, area: dict[str, Any], at: datetime) -> _Matter:
        chance = self.chance
        used = {one.thing[0] for one in self.matters}
        thing = chance.choice([one for one in area["things"] if one.split("|")[0] not in used] or area["things"]).split("|")
        facts = {
            "ref": f"{chance.choice(self.parts['people']['prefixes'])}-{chance.randint(1000, 99999)}",
            "place": self.house
            if chance.random() < 0.7
            else f"{chance.randint(1, 90)} {chance.choice(self.parts['people']['streets'])}",
            "sum": f"£{chance.choice((25, 38, 60, 85, 120, 240, 399, 1150)) + chance.randint(0, 9)}",
        }
        matter = _Matter(name, area, thing, chance.choice(area["troubles"]).split("|"), facts)
        matter.turns.append((at, "ask"))
        for _ in range(chance.choice((0, 1, 2, 3, 4, 6, 9))):
            at += timedelta(hours=chance.choice((0.05, 0.5, 3, 12, 24, 48, 120, 300, 1500, 4000)) * chance.uniform(0.5, 1.5))
            if chance.random() < 0.06:
                matter.turns += [(at + timedelta(minutes=3 * number), "item") for number in range(chance.randint(3, 9))]
            matter.turns.append(
                (
                    at,
                    chance.choice(("more", "more", "empty", "empty", "answer", "answer", "warning", "acknowledgement", "thanks")),
                )
            )
        if chance.random() < 0.2:
            at += timedelta(hours=chance.choice((3, 30, 200, 700)) * chance.uniform(0.5, 1.5))
            matter.turns += [
                (at, "representative"),
                *([(at + timedelta(hours=20), "acknowledgement")] if chance.random() < 0.5 else []),
            ]
        return matter

    def _filled(self, text: str, matter: _Matter) -> str:
        chance = self.chance
        who = matter.answered_by or chance.choice(self.staff)
        return text.format(
            n=len(self.told) % 12 + 1, thing=chance.choice(matter.thing), trouble=chance.choice(matter.trouble), person=who,
            colleague=chance.choice([one for one in self.staff if one != who]), day=chance.choice(self.parts["people"]["days"]), name=self.name,
            **matter.facts,
        )  # fmt: skip

    def _body(self, matter: _Matter, what: str) -> str:
        chance, phrases = self.chance, self.parts["phrases"]
        if what in ("ask", "answer"):
            blunt = what == "ask" and chance.random() < 0.3
            lines = [chance.choice(phrases["blunt"] if blunt else matter.area[what])]
        elif what == "more":
            lines = chance.sample(matter.area["more"], chance.choice((1, 1, 2)))
            lines += chance.sample(phrases["empty"], chance.choice((0, 1, 1)))
        else:
            lines = chance.sample(phrases[what], 2 if what == "empty" and chance.random() < 0.4 else 1)
            if what == "warning" and chance.random() < 0.5:
                lines.append(chance.choice(matter.area["answer"]))
            elif what == "empty" and chance.random() < 0.3:
                lines.append(
                    chance.choice(("It is about the {thing}.", "Ref {ref}.", "{sum}. Your choice.", "All this for a {thing}."))
                )
        if chance.random() < 0.35:
            lines.append(chance.choice(phrases["small"]))
        if what == "ask" and chance.random() < 0.4:
            lines.append(
                chance.choice(
                    (
                        "I can send photographs.",
                        "My reference is {ref}.",
                        "Kind regards",
                        "What does it cost?",
                        "I have tried twice to ring you.",
                    )
                )
            )
        chance.shuffle(lines) if what != "ask" else None
        return " ".join(self._filled(line, matter) for line in lines)

    def _write(self, matter: _Matter, at: datetime, what: str) -> None:
        by_staff = what in ("answer", "warning", "acknowledgement")
        newest = max(
            (one for one in self.matters if one.last), key=lambda one: one.last.sent_at if one.last else at, default=None
        )
        reply = matter.last is not None and self.chance.random() < (0.8 if by_staff else 0.4)
        reply = reply and what != "representative"
        if what in ("empty", "thanks", "warning", "acknowledgement", "item") and newest is not matter:
            reply = matter.last is not None  # a mail that names nothing must be tied to something
        parent = matter.last if reply else None
        body, subject = self._body(matter, what), self._subject(matter, what, reply)
        older = [one for one in self.matters if one.last and one is not matter]
        if what == "ask" and older and self.chance.random() < 0.2:
            subject = f"Re: {self.chance.choice(older).subject}"
            body = f"{self.chance.choice(self.parts['phrases']['announce'])} {body}" if self.chance.random() < 0.4 else body
        matter.subject = matter.subject or subject
        message = self._message(at, body, subject, parent, by_staff)
        if what == "representative":
            message = self._by_another(message, body)
        matter.answered_by = message.sender.name.split()[0] if by_staff else matter.answered_by
        matter.last = message
        self.told.append(Told(message, by_staff, matter.name))

    def _subject(self, matter: _Matter, what: str, reply: bool) -> str:
        chance = self.chance
        if reply or (matter.subject and chance.random() < 0.2):
            return f"Re: {matter.subject}"
        if matter.subject and chance.random() < 0.2:
            return matter.subject  # the first subject typed once more
        forms = ("{thing}", "{thing} {trouble}", "{thing} {ref}", "{ref}", "The {thing}", "My {thing}", "Problem with {thing}")
        if what == "warning":
            return self._filled(chance.choice(("Formal warning", "Your emails", "Our decision", "{thing}: our answer")), matter)
        if what == "representative":
            return self._filled(
                chance.choice(
                    (
                        "{name}",
                        "{name}, {place}",
                        "Our client {name}",
                        "{place}",
                        "The {thing} at {place}",
                        "Enquiry for a resident",
                    )
                ),
                matter,
            )
        if what == "item":
            return self._filled(chance.choice(self.parts["phrases"]["item_subjects"]), matter)
        if what in ("empty", "thanks") or chance.random() < 0.12:
            return str(chance.choice(self.parts["phrases"]["empty_subjects"]))
        return self._filled(chance.choice(forms), matter)

    def _by_another(self, message: Message, body: str) -> Message:
        """The same mail as somebody else writes it: a councillor, an adviser, a husband."""
        first, last = self.chance.choice(self.parts["people"]["first"]), self.chance.choice(self.parts["people"]["last"])
        address = self.chance.choice(
            (f"{first}.{last}@council.example", f"caseworker@{last}.example", f"{first}{last}@mail.example")
        )
        wording = Wording(f"Dear Sir or Madam,\n\n{body}\n\n{first} {last}")
        return replace(message, sender=Address(f"{first} {last}", address.lower()), wording=wording)

    def _message(self, at: datetime, body: str, subject: str, parent: Message | None, by_staff: bool) -> Message:
        chance = self.chance
        identity = f"<{self.number}.{len(self.told)}@told.example>"
        clerk = chance.choice(self.staff)
        customer = Address(self.name, self.addresses[chance.random() < 0.15])
        closing = "" if chance.random() < 0.2 else f"\n\n{self.name if chance.random() < 0.6 else self.name.split()[0]}"
        closing += f"\n{self.house}" if chance.random() < 0.3 else ""
        closing += f"\n{self.client}" if self.signs_client else ""
        desk = Address("", f"{clerk.lower() if chance.random() < 0.35 else 'support'}@{_HOUSE}")
        return Message(
            key=hashlib.sha256(identity.encode()).hexdigest(),
            message_id=identity,
            mailbox="told",
            role="sent" if by_staff else "inbox",
            sent_at=at,
            received_at=at,
            sender=Address(f"{clerk} {chance.choice(self.parts['people']['last'])}", f"{clerk.lower()}@{_HOUSE}") if by_staff else customer,
            reply_to=(),
            to=(customer if by_staff else desk,),
            cc=(),
            subject=subject,
            in_reply_to=parent.message_id if parent else "",
            references=(parent.message_id,) if parent else (),
            wording=Wording(f"{chance.choice(('', 'Hello,', 'Dear team,', 'Hi'))}\n{body}{f'{chr(10)*2}{clerk}' if by_staff else closing}"),
        )  # fmt: skip


def stories(folder: Path, seed: int, count: int) -> Iterator[list[Told]]:
    """So many stories, each oldest first; the same seed tells the same ones."""
    parts = tomllib.loads((folder / PARTS).read_text(encoding="utf-8"))
    chance = random.Random(seed)  # noqa: S311 — no secret hangs on it
    for number in range(count):
        yield _Teller(parts, chance, seed * 100_000 + number).tell()


REWORDED = "reworded.toml"


def reworded(folder: Path) -> list[tuple[str, str]]:
    """Reports and the same reports in other words."""
    return [(one, other) for one, other in tomllib.loads((folder / REWORDED).read_text(encoding="utf-8"))["pair"]]
