"""`triage demo --year FOLDER`: a year of an invented housing association's support mail, concluded, with what is true of it beside.

    year.toml         the pieces of text              year_people.py  who writes, who answers
    year_letter.py    one mail and its truth          year_clock.py   when things happen: seasons, office hours, a bad spring
    year_story.py     one matter, step by step        year_plots.py   how each kind of story runs
    year_office.py    what the office does about it: verdicts, incidents written down, decisions to do nothing

The mails go through the same parsing and the same conclusions as on a real mailbox; only the mail server is left out. The same
seed gives the same year, mail for mail. `truth.json` says what each mail is and what became of each matter, so that figures
drawn from the ledger can be checked; nothing in the program reads it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from triage import parsing, settings
from triage.cycle import conclude
from triage.demo import year_clock as clock
from triage.demo import year_office as office
from triage.demo import year_plots as plots
from triage.demo.year_letter import Letter, Party
from triage.demo.year_people import People
from triage.demo.year_story import Story, World
from triage.errors import Permanent
from triage.intake import recorded
from triage.ledger import Ledger, Location
from triage.message import Role

STORIES = 620
"""Stories in a whole year, besides the rare ones."""
SEED = 2025
_RETURNING = 0.22


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    settings: Path
    truth: Path
    mails: int
    verdicts: int


def make(folder: Path, *, share: float = 1.0, seed: int = SEED, store: str = "") -> Made:
    """Writes settings.ini, triage.db and truth.json into a new or empty `folder`; `share` of a year's stories, 0 to 1. With `store`
    the ledger is kept at that URL.

    Raises Permanent when the folder holds something already.
    """
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise Permanent(f"{folder} holds other files; give --year the name of a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    texts = tomllib.loads(Path(__file__).with_name("year.toml").read_text(encoding="utf-8"))
    world = written(texts, Random(seed), share)  # noqa: S311 - stories, not secrets
    path = _settings_file(folder, texts, world.people, store)
    chosen = settings.load(path, connecting=False)
    letters = sorted(world.letters, key=lambda one: (one.at, one.id))
    with Ledger.open(chosen.store.url) as ledger:
        _record(ledger, letters, texts["organisation"]["domain"])
        conclude(chosen, ledger, clock.NOW)
        done = office.at_work(ledger, world, Random(seed + 1))  # noqa: S311
        conclude(chosen, ledger, clock.NOW)
    truth = folder / "truth.json"
    truth.write_text(json.dumps({**_truth(world, letters), **done}, indent=1), encoding="utf-8")
    return Made(path, truth, len(letters), len(done["reviews"]))


def written(texts: dict[str, Any], rng: Random, share: float = 1.0) -> World:
    """All mails of the year, or of a `share` of it: the stories in the order in which they begin."""
    world = World(texts, People(texts, rng), rng)
    for name, start in sorted(_plan(rng, share), key=lambda one: (one[1], one[0])):
        _play(world, name, start)
    if share >= 1:
        _campaign(world)
    _machines(world, round(40 * share))
    return world


def _plan(rng: Random, share: float) -> Iterator[tuple[str, date]]:
    days = (clock.LAST - clock.FIRST).days
    names, weights = list(plots.MANY), [weight for _, weight in plots.MANY.values()]
    for _ in range(round(STORIES * share)):
        yield rng.choices(names, weights)[0], clock.FIRST + timedelta(days=rng.randrange(days))
    for name, (_, count) in plots.FEW.items():
        for _ in range(max(1, round(count * share))):
            # early enough for the story to come to its end within the year, or late enough not to
            yield name, clock.FIRST + timedelta(days=rng.randrange(*((300, 310) if name == "in_force" else (0, days - 110))))
    for _ in range(round(30 * share)):
        yield "storm", clock.STORM[0] + timedelta(days=rng.randrange((clock.STORM[1] - clock.STORM[0]).days + 1))


def _play(world: World, name: str, day: date) -> None:
    rng, topics = world.rng, world.texts["topic"]
    storm = name == "storm"
    if storm:
        name = rng.choice(("plain", "acknowledged", "plain", "late"))
    needs_refusal = name in ("repeat", "shopping", "burst", "abuse_stops", "abuse_goes_on", "in_force", "appealed_and_lifted",
                             "appealed_in_vain", "threatening")  # fmt: skip
    fit = [one for one in topics if (not needs_refusal or "refuse" in one) and (not storm or one["name"] in ("boiler", "leak"))]
    topic = rng.choices(fit, [one["weight"] * clock.in_season(day.month, one["season"]) for one in fit])[0]
    short = clock.SHORT_OF_PEOPLE[0] <= day <= clock.SHORT_OF_PEOPLE[1] and topic["team"] == "repairs"
    if short and name in ("plain", "acknowledged"):
        name = rng.choices(("late", "never", name), (55, 20, 25))[0]
    language = rng.choice([one["language"] for one in world.texts["foreign"]]) if name == "foreign" else "en"
    if name == "foreign":
        topic = next(one for one in topics if one["name"] == "boiler")
    who = (
        world.people.new(language=language)
        if name not in ("plain", "late", "never")
        else world.people.known_or_new(_RETURNING, day, topic["name"])
    )
    plot = {**plots.MANY, **plots.FEW}[name][0]
    plot(Story(world, name, who, topic, clock.written(rng, day)))


def _campaign(world: World) -> None:
    """The same letter from fourteen people within ten days, and one answer to each."""
    of, rng = world.texts["campaign"], world.rng
    topic = {"name": "community room", "team": "lettings", "subject": [of["subject"]], "season": "none"}
    for number in range(14):
        start = date(clock.FIRST.year, of["month"], 6) + timedelta(days=number * 10 // 14)
        story = Story(world, "campaign", world.people.new(), topic, clock.written(rng, start))
        text = of["body"].replace("{own}", rng.choice(of["own"])).strip()
        story.theirs("campaign", text, finds=("campaign",) if number >= 2 else ())
        story.office((4, 5))
        story.truth |= {"answered": True, "late": False, "answered_at": story.at.isoformat()}
        story.ours("answer", of["answer"])


def _machines(world: World, count: int) -> None:
    """Newsletters, and absence notices that people's accounts send back."""
    rng, words = world.rng, world.texts["words"]
    for number in range(count):
        day = clock.FIRST + timedelta(days=rng.randrange(350))
        news = number % 2 == 0
        sender = Party("Landlords' Gazette", "news@gazette.example") if news else rng.choice(world.people.known).party
        team = rng.choice(list(world.people.mailboxes))
        world.letters.append(
            Letter(
                id=f"y{next(world.number):05}", act="automatic", at=clock.written(rng, day), sender=sender,
                to=world.people.mailboxes[team], team=team, by_staff=False, automatic=True, person=sender.email, matter="",
                subject="Gazette of the month" if news else "Automatic reply", body=words["newsletter" if news else "away"],
            )
        )  # fmt: skip


def _record(ledger: Ledger, letters: Iterable[Letter], domain: str) -> None:
    """Mail by mail into the ledger, as if read from the mailboxes."""
    by_id: dict[str, Letter] = {}
    rows = []
    for number, letter in enumerate(letters, 1):
        by_id[letter.id] = letter
        raw = letter.raw(domain, by_id.get(letter.answers))
        role: Role = "sent" if letter.by_staff else "inbox"
        read = parsing.read(
            raw, mailbox=letter.team, role=role, received_at=letter.at, truncated=False, size=len(raw),
            trusted_authserv=f"mx.{domain}",
        )  # fmt: skip
        rows.append(recorded(read, Location(letter.team, "Sent" if letter.by_staff else "INBOX", 1, number)))
    ledger.record_many(rows)


def _settings_file(folder: Path, texts: dict[str, Any], people: People, store: str) -> Path:
    ours = texts["organisation"]
    staff = ", ".join(one.email for team in people.staff.values() for one in team)
    lines = [
        "; Written by `triage demo --year`; the folder may be deleted.", "", "[organisation]", f"name = {ours['name']}",
        f"domains = {ours['domain']}", f"staff = {staff}", f"policy = {ours['policy']}",
        f"service_standard = {ours['service_standard']}", f"trusted_authserv_id = mx.{ours['domain']}",
    ]  # fmt: skip
    lines += ["", "[store]", f"url = {store}"] if store else []
    for team in people.mailboxes:
        lines += ["", f"[mailbox:{team}]", f"address = {team}@{ours['domain']}", "host = 127.0.0.1", "password_file = password"]
    path = folder / "settings.ini"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _truth(world: World, letters: Iterable[Letter]) -> dict[str, Any]:
    return {
        "now": clock.NOW.isoformat(),
        "people": [
            {"address": one.party.email, "adjustment": one.adjustment, "language": one.language, "phone": one.phone}
            for one in world.people.known
        ],
        "matters": world.matters,
        "mails": [
            {
                "id": one.message_id, "act": one.act, "at": one.at.isoformat(), "team": one.team, "by_staff": one.by_staff,
                "person": one.person, "matter": one.matter, "finds": sorted(one.finds), "may": sorted(one.may), "sender": one.sender.email,
                "to": one.to.email, "cc": [other.email for other in one.cc],
            }
            for one in letters
        ],
    }  # fmt: skip
