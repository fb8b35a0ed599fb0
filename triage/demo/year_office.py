"""What the office of the demo's year does about its mail: verdicts on what was found, what was said by telephone or at the counter, and
decisions to do nothing. Each is drawn from its own chance, so that one more of a kind changes no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from triage.demo import year_clock as clock
from triage.demo.year_letter import Letter
from triage.demo.year_story import World
from triage.finding import SURE
from triage.hearing import write_down
from triage.ledger import Ledger
from triage.record import write_incident, write_ruling
from triage.ruling import Incident, Ruling
from triage.verdict import Choice, Verdict

REVIEWED = 0.6
"""How much of what is found a person looks at and gives a verdict on."""
SLIP = 0.04
"""How often that verdict is wrong."""
TWICE = 0.3
"""How many of these notes are answered by two colleagues, each without knowing of the other, instead of moved by one."""
_HARD = ("threatening", "abuse_stops", "abuse_goes_on", "in_force", "appealed_and_lifted", "appealed_in_vain")

Told = dict[str, list[dict[str, Any]]]


def at_work(ledger: Ledger, world: World, rng: Random) -> Told:
    """Writes all of it into a ledger in which the year's mail was concluded, and says what is true of it."""
    seeds = [rng.randrange(2**32) for _ in range(3)]
    reviews, incidents, decisions = (Random(one) for one in seeds)  # noqa: S311 - stories, not secrets
    home = {address: row["id"] for row in ledger.conclusions().contacts for address in row["addresses"]}
    return {
        "reviews": _reviews(ledger, world, reviews),
        "incidents": list(_incidents(ledger, world, home, incidents)),
        "decisions": list(_nothing_done(ledger, world, home, decisions)),
    }


def _reviews(ledger: Ledger, world: World, rng: Random) -> list[dict[str, Any]]:
    """Verdicts of invented reviewers on what was found: right but for a slip now and then. Most move the mail; some notes are answered
    by two colleagues."""
    known = {letter.message_id: letter for letter in world.letters}
    findings: dict[str, list[dict[str, Any]]] = {}
    for row in ledger.conclusions().findings:
        if row["strength"] >= SURE and not row["by_staff"]:
            findings.setdefault(row["message_key"], []).append(row)
    heard, told = [], []
    for key, rows in sorted(findings.items(), key=lambda one: (known[one[1][0]["message_id"]].at, one[0])):
        letter = known[rows[0]["message_id"]]
        if rng.random() > REVIEWED:
            continue
        right = any(row["kind"] in letter.finds | letter.may for row in rows)
        colleagues = [one.email for team in world.people.staff.values() for one in team]
        voices = rng.sample(colleagues, 2) if rng.random() < TWICE else [letter.team]
        for number, who in enumerate(voices):
            says = right if rng.random() >= SLIP else not right
            choice: Choice = "agree" if says else "dismiss"
            at = min(clock.answered(rng, letter.at, rng.randint(0, 4)), clock.NOW) + timedelta(seconds=number)
            note, answer = (f"p-{key[:12]}", f"<{key[:16]}.{number}@{who.partition('@')[2]}>") if len(voices) > 1 else ("", "")
            heard.append(Verdict(at, who, choice, note, frozenset({key}), answer))
            told.append({"id": letter.message_id, "by": who, "choice": choice, "right": right, "at": at.isoformat()})
    write_down(ledger, sorted(heard, key=lambda one: one.at))
    return told


def _incidents(ledger: Ledger, world: World, home: dict[str, str], rng: Random) -> Iterator[dict[str, Any]]:
    """People who were insulting by mail are so by telephone too, half of them; and some whom we never answered ring up, which is no fault
    of theirs."""
    words, last = world.texts["incident"], _last_mails(world)
    for matter in world.matters:
        hard, waiting = matter["story"] in _HARD, matter["story"] == "never"
        if matter["person"] not in home or rng.random() > (0.5 if hard else 0.15 if waiting else 0.0):
            continue
        channel = rng.choice(("telephone", "telephone", "visit"))
        on = clock.answered(rng, last[matter["id"]].at, rng.randint(0, 2))
        by = rng.choice(world.people.staff[matter["team"]])
        told = Incident(
            min(on + timedelta(hours=2), clock.NOW), on.replace(hour=0, minute=0, second=0), channel, "abuse" if hard else "other",
            rng.choice(words["hard" if hard else "waiting"]), by.email, frozenset({matter["person"]}),
        )  # fmt: skip
        if on < clock.NOW:
            write_incident(ledger, told, home[matter["person"]])
            yield {"person": matter["person"], "channel": channel, "kind": told.kind, "on": told.on.isoformat()}


def _nothing_done(ledger: Ledger, world: World, home: dict[str, str], rng: Random) -> Iterator[dict[str, Any]]:
    """Somebody looked at a burst and decided to do nothing: a person who forgot things, no more."""
    last = _last_mails(world)
    for matter in world.matters:
        if matter["story"] == "burst" and matter["person"] in home and rng.random() < 0.4:
            at = min(clock.answered(rng, last[matter["id"]].at, 1), clock.NOW)
            by = rng.choice(world.people.staff[matter["team"]]).email
            reason = rng.choice(world.texts["incident"]["nothing"])
            write_ruling(ledger, Ruling("no-action", at, by, reason, frozenset({matter["person"]})), home[matter["person"]])
            yield {"person": matter["person"], "act": "no-action", "at": at.isoformat()}


def _last_mails(world: World) -> dict[str, Letter]:
    """Matter → the last mail of the person in it."""
    return {letter.matter: letter for letter in world.letters if letter.matter and not letter.by_staff}
