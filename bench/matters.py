"""How well mail is grouped into matters, beside four plain ways of doing it, and what a message costs as the archive grows.

    python -m bench.matters [--data FOLDER] [--growth 100000]

The plain ways run in the same process on the same mail: same subject (with the sender), threads by JWZ's algorithm (headers, then
subjects), the nearest earlier mail by TF-IDF, and MinHash over word shingles. `--data`: a folder of archives with known matters
(models/matters/card.md says in which form). Wrong "dealt with" is measured on the letters of tests/staff_reading.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log, sqrt
from pathlib import Path
from typing import Any
from zlib import crc32

from bench.mails import generated
from triage import grouping, matter_evaluation, parsing, staff_reading, terms
from triage.matter import plain_subject
from triage.message import Message

Row = Mapping[str, Any]
Method = Callable[[Sequence[Row]], list[str]]

LETTERS = Path(__file__).resolve().parent.parent / "tests" / "staff_reading"
NEAR = 0.3
"""The cosine from which the nearest mail's matter is taken over, by TF-IDF."""
ALIKE = 0.5
"""The share of equal MinHash values from which it is."""
_HASHES, _BANDS = 32, 16


def _ids(value: object) -> list[str]:
    return value.split() if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []


def by_subject(rows: Sequence[Row]) -> list[str]:
    """Same sender or a reply mark, and the same subject without marks."""
    return [plain_subject(str(row.get("subject") or "")) or str(row["id"]) for row in rows]


def by_threads(rows: Sequence[Row]) -> list[str]:
    """JWZ: the thread of the latest known ancestor; a reply mark without one joins the thread of that subject."""
    home: dict[str, str] = {}
    of_subject: dict[str, str] = {}
    found = []
    for row in rows:
        cited = [*_ids(row.get("in_reply_to")), *reversed(_ids(row.get("references")))]
        subject = str(row.get("subject") or "")
        plain = plain_subject(subject)
        thread = next((home[one] for one in cited if one in home), "")
        if not thread and plain and plain != " ".join(terms.fold(subject).split()):
            thread = of_subject.get(plain, "")
        thread = thread or str(row["id"])
        for one in (str(row["id"]), *cited):
            home.setdefault(one, thread)
        of_subject.setdefault(plain, thread)
        found.append(thread)
    return found


def _after_headers(rows: Sequence[Row], nearest: Callable[[Row], tuple[str, Callable[[str], None]]]) -> list[str]:
    """A reply goes with what it replies to; anything else with what `nearest` finds."""
    home: dict[str, str] = {}
    found = []
    for row in rows:
        cited = [*_ids(row.get("in_reply_to")), *reversed(_ids(row.get("references")))]
        like, remember = nearest(row)
        matter = next((home[one] for one in cited if one in home), "") or like or str(row["id"])
        home[str(row["id"])] = matter
        remember(matter)
        found.append(matter)
    return found


def by_tfidf(rows: Sequence[Row]) -> list[str]:
    """Headers, else the nearest earlier mail by TF-IDF of words, learnt as mail arrives."""
    seen: Counter[str] = Counter()
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    matters: list[str] = []

    def nearest(row: Row) -> tuple[str, Callable[[str], None]]:
        words = Counter(terms.words(f"{row.get('subject') or ''}\n{row['body']}"))
        weights = {word: log((len(matters) + 2) / (seen[word] + 1)) for word in words}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        scores: Counter[int] = Counter()
        for word, weight in weights.items():
            if seen[word] <= 200:
                for place, other in postings[word]:
                    scores[place] += weight * other / length
        best = scores.most_common(1)

        def remember(matter: str) -> None:
            for word, weight in weights.items():
                seen[word] += 1
                postings[word].append((len(matters), weight / length))
            matters.append(matter)

        return (matters[best[0][0]] if best and best[0][1] >= NEAR else ""), remember

    return _after_headers(rows, nearest)


def by_minhash(rows: Sequence[Row]) -> list[str]:
    """Headers, else an earlier mail with like MinHash values of three-word shingles, found by bands."""
    salts = [random.Random(number).getrandbits(32) for number in range(_HASHES)]  # noqa: S311
    bands: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    signs: list[list[int]] = []
    matters: list[str] = []

    def nearest(row: Row) -> tuple[str, Callable[[str], None]]:
        words = terms.fold(str(row["body"])).split()[:400]
        shingles = [crc32(" ".join(words[place : place + 3]).encode()) for place in range(max(1, len(words) - 2))]
        sign = [min(shingle ^ salt for shingle in shingles) for salt in salts]
        width = _HASHES // _BANDS
        keys = [(band, tuple(sign[band * width : (band + 1) * width])) for band in range(_BANDS)]
        near = {place for key in keys for place in bands[key][-50:]}
        share, best = max(
            ((sum(a == b for a, b in zip(sign, signs[one], strict=True)) / _HASHES, one) for one in near), default=(0.0, -1)
        )

        def remember(matter: str) -> None:
            for key in keys:
                bands[key].append(len(matters))
            signs.append(sign)
            matters.append(matter)

        return (matters[best] if share >= ALIKE else ""), remember

    return _after_headers(rows, nearest)


METHODS: Mapping[str, Method] = {"subject": by_subject, "JWZ": by_threads, "TF-IDF": by_tfidf, "MinHash": by_minhash}


def beside(rows: Sequence[Row]) -> Iterator[tuple[str, matter_evaluation.Figures]]:
    """The figures of each plain way on an archive."""
    for name, method in METHODS.items():
        start = time.perf_counter()
        done = list(zip((str(row["matter"]) for row in rows), method(rows), strict=True))
        figures = matter_evaluation.agreement(done, [bool(row.get("new_thread")) for row in rows])
        yield name, {**figures, "messages_a_second": round(len(rows) / (time.perf_counter() - start))}


def dealt_with() -> tuple[int, int]:
    """Letters that are no answer, and how many of them are taken for one."""
    wrong = traps = 0
    for file in sorted(LETTERS.glob("cases*.toml")):
        for kind in tomllib.loads(file.read_text(encoding="utf-8"))["group"]:
            if not kind["answer"]:
                asked = [(_letter(kind["asked"], by_staff=False), False)] if kind.get("asked") else []
                taken = [bool(staff_reading.read(_letter(mail, by_staff=True), asked).answer) for mail in kind["mails"]]
                wrong, traps = wrong + sum(taken), traps + len(taken)
    return wrong, traps


def _letter(text: str, *, by_staff: bool) -> Message:
    address = "nell@meadow.example" if by_staff else "sam@pond.example"
    row = {"id": f"<{crc32(text.encode())}@bench.example>", "time": 1_760_000_000 + by_staff, "address": address, "body": text}
    return grouping.as_message({**row, "staff": by_staff})


def _rows(count: int) -> Iterator[Row]:
    for number, mail in enumerate(generated(count)):
        one = parsing.read(
            mail.raw, mailbox="help", role="sent" if mail.folder == "Sent" else "inbox", received_at=mail.at, truncated=False,
            size=len(mail.raw), trusted_authserv=None,
        )  # fmt: skip
        if isinstance(one, Message):
            yield {
                "id": f"<{number}@bench.example>", "time": one.sent_at.timestamp(), "name": one.sender.name,
                "address": one.sender.email, "staff": one.role == "sent", "subject": one.subject, "body": one.own,
                "in_reply_to": one.in_reply_to, "references": list(one.references),
            }  # fmt: skip


def growth(count: int) -> Iterator[tuple[int, float, float, float]]:
    """At 10,000, 20,000, 50,000 … mails: milliseconds a message since the last mark (mean and 99th of a hundred), and MB held."""
    costs: list[float] = []
    marks = [mark * 10**power for power in range(4, 8) for mark in (1, 2, 5)]
    start = time.perf_counter()
    rows = list(_rows(count))
    begun = time.perf_counter()
    print(f"({count} mails made in {begun - start:.0f} s)")
    for number, _ in enumerate(grouping.group(rows), 1):
        now = time.perf_counter()
        costs.append(now - begun)
        begun = now
        if number in marks or number == count:
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            yield number, 1000 * sum(costs) / len(costs), 1000 * sorted(costs)[int(0.99 * len(costs))], held
            costs.clear()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--growth", type=int, default=20_000)
    chosen = options.parse_args()
    for name, figures in matter_evaluation.evaluate(chosen.data).items():
        print(name, figures, flush=True)
    if chosen.data:
        for file in sorted(chosen.data.glob("*.C3.jsonl*")):
            for name, figures in beside(matter_evaluation.read(file)):
                print(file.name.partition(".")[0], name, figures, flush=True)
    wrong, traps = dealt_with()
    print(f'wrongly "dealt with": {wrong} of {traps} letters that are no answer ({wrong / traps:.1%})')
    for number, mean, worst, held in growth(chosen.growth):
        print(f"{number:>9} mails: {mean:.2f} ms a message, 99th of a hundred {worst:.1f} ms, {held:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
