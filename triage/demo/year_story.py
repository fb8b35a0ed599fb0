"""One story of the demo's year: a tenant, a subject, and the mails that go to and fro, each with what is true of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from triage.demo import year_clock as clock
from triage.demo.year_letter import Act, Letter, Party
from triage.demo.year_people import People, Tenant


@dataclass(slots=True)
class World:
    """What all stories share: texts, people, chance, and the mails so far."""

    texts: Mapping[str, Any]
    people: People
    rng: Random
    letters: list[Letter] = field(default_factory=list)
    matters: list[dict[str, Any]] = field(default_factory=list)
    """What is true of each matter: id, story, person, team, topic, answered, late."""
    number: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def say(self, name: str) -> str:
        """One of the wordings of that name."""
        return str(self.rng.choice(self.texts["words"][name]))


class Story:
    """One matter of one tenant, told step by step; each step is a mail later than the last."""

    def __init__(self, world: World, kind: str, who: Tenant, topic: Mapping[str, Any], start: datetime) -> None:
        self.world, self.kind, self.who, self.topic, self.at = world, kind, who, topic, start
        self.team: str = topic["team"]
        self.staff = world.rng.choice(world.people.staff[self.team])
        self.matter = f"t-{len(world.matters) + 1:04}"
        self.subject = self._fill(world.rng.choice(topic["subject"]))
        self.last: Letter | None = None
        self.asked_at = start
        self.truth: dict[str, Any] = {
            "id": self.matter, "story": kind, "person": who.party.email, "team": self.team, "topic": topic["name"],
            "answered": False, "late": False, "adjustment": who.adjustment, "language": who.language,
        }  # fmt: skip
        world.matters.append(self.truth)
        who.topics.add(topic["name"])

    # what the tenant writes

    def theirs(self, act: Act, text: str, *, to: Party | None = None, finds: tuple[str, ...] = (), may: tuple[str, ...] = (), thread: float = 0.6,
               subject: str = "", forged: bool = False, bare: bool = False, cc: tuple[Party, ...] = ()) -> Letter:  # fmt: skip
        """A mail by the tenant; with the chance `thread` as a reply to the last one, else anew under the same subject."""
        rng, last = self.world.rng, self.last
        replies = last is not None and not subject and rng.random() < thread
        body = self._fill(text)
        if not bare:
            signed = [self.world.say("closing"), self.who.party.name] + ([self.world.say("phone")] if self.who.phone else [])
            hello = "" if act == "shop" else self.world.say("greeting") + "\n\n"
            body = f"{hello}{body}\n\n{signed[0]}\n" + "\n\n".join(signed[1:])
        again = f"Re: {self.subject}" if replies else self.subject
        return self._send(
            act, self.who.party, to or self.world.people.mailboxes[self.team], subject or again, body,
            by_staff=False, finds=finds, may=may, answers=last.id if last and replies else "", forged=forged, cc=cc,
        )  # fmt: skip

    def ask(self, *extra: str, finds: tuple[str, ...] = (), thread: float = 0.0) -> Letter:
        """The mail that opens the matter; `extra` sentences stand before the wish."""
        self.asked_at = self.at
        return self.theirs("ask", self.request(*extra), finds=finds, thread=thread)

    def request(self, *extra: str) -> str:
        rng, topic = self.world.rng, self.topic
        first, *further = rng.sample(self.world.texts["words"]["aside"], rng.randint(1, 3))
        before = [self.world.say("opening")] if rng.random() < 0.5 else []
        return " ".join(
            [*before, rng.choice(topic["ask"]), rng.choice(topic["detail"]), first, *extra, rng.choice(topic["wish"]), *further]
        )

    # what we write

    def ours(self, act: Act, text: str, *, by: Party | None = None) -> Letter:
        """A mail by one of us, in the thread of the last one."""
        author = by or self.staff
        first = self.who.party.name
        body = f"{self.world.say('reply_greeting').format(name=first)}\n\n{self._fill(text)}\n\n{self.world.say('reply_closing')}\n{author.name}\nLarkfield Homes"
        subject = self.subject if self.subject.startswith("Re:") else f"Re: {self.subject}"
        return self._send(
            act, author, self.who.party, subject, body, by_staff=True, answers=self.last.id if self.last else ""
        )  # fmt: skip

    def answer(self, *, refuse: bool = False, by: Party | None = None, first: str = "") -> Letter:
        """A mail that really deals with the matter; `first` stands before that."""
        late = clock.overdue(self.asked_at, self.at)
        if not self.truth["answered"]:
            self.truth |= {"answered": True, "late": late, "answered_at": self.at.isoformat()}
        text = f"{first} {self.verdict(refuse=refuse)}".strip()
        return self.ours("late answer" if late else "answer", f"{self.world.say('late')} {text}" if late else text, by=by)

    def verdict(self, *, refuse: bool) -> str:
        return str(self.topic["refuse"] if refuse and "refuse" in self.topic else self.world.rng.choice(self.topic["answer"]))

    # the clock

    def later(self, days: tuple[float, float]) -> None:
        """Some days pass; the tenant writes next."""
        gap = timedelta(days=self.world.rng.uniform(*days))
        moment = self.at + max(gap, timedelta(minutes=5))
        self.at = max(clock.written(self.world.rng, moment.date()), self.at + timedelta(minutes=3))

    def minutes(self, least: int, most: int) -> None:
        self.at += timedelta(minutes=self.world.rng.randrange(least, most))

    def office(self, days: tuple[int, int]) -> None:
        """Some working days pass; we write next."""
        self.at = clock.answered(self.world.rng, self.at, self.world.rng.randint(*days))

    @property
    def over(self) -> bool:
        """Whether the next mail would lie beyond the year."""
        return self.at >= clock.NOW - timedelta(days=1)

    def _send(self, act: Act, sender: Party, to: Party, subject: str, body: str, *, by_staff: bool, answers: str,
              finds: tuple[str, ...] = (), may: tuple[str, ...] = (), forged: bool = False, cc: tuple[Party, ...] = ()) -> Letter:  # fmt: skip
        letter = Letter(
            id=f"y{next(self.world.number):05}", act=act, at=self.at, sender=sender, to=to, team=self.team, by_staff=by_staff,
            subject=subject, body=body, person=self.who.party.email, matter=self.matter, answers=answers,
            finds=frozenset(finds), may=frozenset(may), forged=forged, cc=cc,
        )  # fmt: skip
        self.world.letters.append(letter)
        self.last, self.who.last_at = letter, self.at
        return letter

    def _fill(self, text: str) -> str:
        rng = self.world.rng
        soon = self.at.date() + timedelta(days=rng.randint(2, 9))
        colleague = self.staff.name
        values = {
            "place": self.who.place, "ref": self.who.ref, "amount": f"{rng.randrange(12, 480)}.{rng.choice(('00', '50', '75'))}",
            "days": rng.randint(2, 9), "date": clock.in_words(soon), "name": self.who.party.name, "colleague": colleague,
            "topic": self.topic["name"],
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text
