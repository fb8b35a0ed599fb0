"""How well mail is grouped: figures for `triage evaluate matters`, on archives with known matters and on invented stories.

An archive is JSON lines as `triage group` reads them, with `matter`, `person`, `new_thread` and `alias` as the truth (packed by xz
or not). Everything is decided by the judgement of the daemon, message by message, in order of time.
"""

from __future__ import annotations

import json
import lzma
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from triage import grouping, invented, matter, pair_model
from triage.contact import full_name
from triage.errors import Permanent

Figures = dict[str, float]
ARCHIVES = ("*.C3.jsonl.xz", "*.C3.jsonl")
_STORIES = 200
_SEED = 4711
"""Stories told from this seed are in no training data."""


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean; 0 when both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def agreement(done: Sequence[tuple[str, str]], counted: Sequence[bool]) -> Figures:
    """Pairwise precision, recall and F1 over all (true, found) pairs, and B-cubed F1 over the counted ones."""
    both, true, found = Counter(done), Counter(one for one, _ in done), Counter(other for _, other in done)
    together = sum(count * (count - 1) for count in both.values())
    precision = _share(together, sum(count * (count - 1) for count in found.values()))
    recall = _share(together, sum(count * (count - 1) for count in true.values()))
    chosen = [pair for pair, one in zip(done, counted, strict=True) if one]
    inner = _share(sum(both[pair] / found[pair[1]] for pair in chosen), len(chosen))
    outer = _share(sum(both[pair] / true[pair[0]] for pair in chosen), len(chosen))
    return {
        "pairwise_precision": round(precision, 3),
        "pairwise_recall": round(recall, 3),
        "pairwise_f1": round(f1(precision, recall), 3),
        "new_threads_bcubed_f1": round(f1(inner, outer), 3),
    }


def links(done: Sequence[tuple[str, str]], without_headers: Sequence[bool]) -> Figures:
    """Of the mails without headers, as they were decided on arrival: how many links are right, how many that there are were
    found, and how many new matters were called new."""
    members: dict[str, Counter[str]] = defaultdict(Counter)
    seen = set[str]()
    right = wrong = missed = new = mistaken = 0
    for (truth, found), bare in zip(done, without_headers, strict=True):
        if bare and found in members:
            good = members[found].most_common(1)[0][0] == truth
            right, wrong = right + good, wrong + (not good)
            missed, mistaken = missed + (not good and truth in seen), mistaken + (truth not in seen)
        elif bare:
            missed, new = missed + (truth in seen), new + (truth not in seen)
        members[found][truth] += 1
        seen.add(truth)
    return {
        "links_right": round(_share(right, right + wrong), 3),
        "links_found": round(_share(right, right + missed), 3),
        "new_called_new": round(_share(new, new + mistaken), 3),
    }


def people(rows: Sequence[Mapping[str, Any]], contacts: Sequence[str]) -> Figures:
    """Pairs of addresses read as one person: how many are (strictly by the archive's truth, and counting two addresses under one
    full name as one person, since archives take every address for a person), and how many there are to find."""
    person = {str(row["address"]): str(row["person"]) for row in rows}
    named: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        named[str(row["address"])].add(full_name(str(row.get("name") or "")))
    last = {str(row["address"]): who for row, who in zip(rows, contacts, strict=True)}
    joined: dict[str, list[str]] = defaultdict(list)
    for address, who in last.items():
        joined[who].append(address)
    right = namesakes = wrong = 0
    for addresses in joined.values():
        for one, other in combinations(addresses, 2):
            if person[one] == person[other]:
                right += 1
            elif (named[one] & named[other]) - {""}:
                namesakes += 1
            else:
                wrong += 1
    sizes = Counter(person.values())
    return {
        "people_precision_strict": round(_share(right, right + namesakes + wrong), 3),
        "people_precision": round(_share(right + namesakes, right + namesakes + wrong), 3),
        "people_recall": round(_share(right, sum(size * (size - 1) // 2 for size in sizes.values())), 3),
    }


def read(file: Path) -> list[dict[str, Any]]:
    """The rows of an archive."""
    with lzma.open(file, "rt", encoding="utf-8") if file.suffix == ".xz" else file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def of_archive(rows: Sequence[Mapping[str, Any]]) -> Figures:
    """All figures of one archive, and messages a second."""
    start = time.perf_counter()
    out = list(grouping.group(rows))
    seconds = time.perf_counter() - start
    done = [(str(row["matter"]), one["matter"]) for row, one in zip(rows, out, strict=True)]
    bare = [not (row.get("in_reply_to") or row.get("references")) for row in rows]
    return {
        **agreement(done, [bool(row.get("new_thread")) for row in rows]),
        "other_address_bcubed_f1": agreement(done, [bool(row.get("alias")) for row in rows])["new_threads_bcubed_f1"],
        **links(done, bare),
        **people(rows, [one["contact"] for one in out]),
        "messages_a_second": round(_share(len(rows), seconds)),
    }


def _told(seed: int, count: int) -> Iterator[tuple[Sequence[invented.Told], list[str]]]:
    for story in invented.stories(pair_model.FOLDER, seed, count):
        yield story, [link.matter for link in matter.group([(told.message, told.by_staff) for told in story])]


def of_stories(count: int = _STORIES, seed: int = _SEED) -> Figures:
    """Invented support mail: agreement, and how often a second matter that somebody begins within a day is kept apart."""
    done: list[tuple[str, str]] = []
    begun = apart = 0
    for number, (story, found) in enumerate(_told(seed, count)):
        done += [(f"{number} {told.matter}", f"{number} {one}") for told, one in zip(story, found, strict=True)]
        first_of: dict[str, int] = {}
        for place, told in enumerate(story):
            first_of.setdefault(told.matter, place)
        for place in first_of.values():
            message = story[place].message
            near = [
                other for other in range(place)
                if (message.sent_at - story[other].message.sent_at).total_seconds() <= 86_400
                and not story[other].by_staff and story[other].matter != story[place].matter
            ]  # fmt: skip
            if near and not message.in_reply_to:
                begun, apart = begun + 1, apart + all(found[place] != found[other] for other in near)
    figures = agreement(done, [True] * len(done))
    figures["all_bcubed_f1"] = figures.pop("new_threads_bcubed_f1")
    return {**figures, "one_day_two_matters_apart": round(_share(apart, begun), 3), "one_day_two_matters": begun}


def of_reworded(pairs: Iterable[tuple[str, str]]) -> Figures:
    """Reports and the same reports in other words, all by different people: how often the right one is the likest of all, and
    among the likest five."""
    from datetime import UTC, datetime

    from triage import comparison

    known = list(pairs)
    board = matter.Board(matter.Known(pair_model.loaded()))
    at = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
    matters = []
    for place, (text, _) in enumerate(known):
        message = grouping.as_message(
            {"id": f"<{place}@reports.example>", "time": at, "address": f"{place}@one.example", "body": text}
        )
        traits = board.traits(message, by_staff=False)
        found = comparison.Matter(matter.matter_id(message))
        board.add(found, message, traits)
        matters.append(found)
    first = five = 0
    for place, (_, text) in enumerate(known):
        row = {"id": f"<again{place}@reports.example>", "time": at + 86_400, "address": f"{place}@other.example", "body": text}
        traits = board.traits(grouping.as_message(row), by_staff=False)
        ranked = sorted(range(len(known)), key=lambda other: -comparison.alike(traits, matters[other]))
        first, five = first + (ranked[0] == place), five + (place in ranked[:5])
    return {
        "reports": len(known),
        "recall_at_1": round(_share(first, len(known)), 3),
        "recall_at_5": round(_share(five, len(known)), 3),
    }


def evaluate(folder: Path | None) -> dict[str, Figures]:
    """Name of archive or set → its figures. Raises Permanent when the folder holds no archive."""
    found: dict[str, Figures] = {}
    if folder is not None:
        files = sorted(file for pattern in ARCHIVES for file in folder.glob(pattern))
        if not files:
            raise Permanent(f"{folder} holds no archive ({' or '.join(ARCHIVES)}); see models/matters/card.md for their form")
        found = {file.name.partition(".")[0]: of_archive(read(file)) for file in files}
    found["invented stories"] = of_stories()
    found["reworded reports"] = of_reworded(invented.reworded(pair_model.FOLDER))
    return found
