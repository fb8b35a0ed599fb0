"""The tables of dealings with people: matters, and the contacts behind them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from triage import terms
from triage.analysis.mails import of_contact, walk
from triage.analysis.source import Row, Source, as_finding
from triage.decision import counts, points
from triage.finding import SURE
from triage.matter import plain_subject

_WORD = re.compile(r"[^\W\d_]+")
FEWEST = 5
"""A word of a subject is shown from so many different contacts on: one that fewer used may tell who it is."""


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def matters(source: Source, *, names: bool) -> Iterator[Row]:
    """The rows of the table `matters`; one without any mail from outside is left out."""
    words = _subject_words(source)
    for row in source.matters:
        turns = list(walk(row, source))
        theirs = of_contact(turns)
        if not theirs:
            continue
        opened = theirs[0].mail.sent_at
        right = set(row["answers"])
        replies = [turn.mail for turn in turns if turn.mail.message_id in source.ours and not turn.mail.automatic]
        first = next((mail.sent_at for mail in replies if mail.message_id in right), None)
        deadline = source.deadline(opened)
        as_of = max(datetime.fromisoformat(one["as_of"]) for one in source.rows.contacts if one["id"] in row["contacts"])
        never = first is None and deadline < as_of
        parts = Counter(turn.part for turn in theirs)
        yield {
            "matter": source.matter(row["id"]),
            "contact": next(filter(None, map(source.contact, row["contacts"])), ""),
            "contacts": len(row["contacts"]),
            "team": theirs[0].mail.mailbox,
            "subject_word": words.get(row["id"], ""),
            "same_subject": source.names.of(
                "subject", f"{row['contacts'][0]} {subject}" if (subject := plain_subject(row["title"])) else ""
            ),
            "state": row["state"],
            "opened_at": opened,
            "last_at": max(turn.mail.sent_at for turn in turns),
            "mails": len(theirs),
            "replies": len(replies),
            "answers": len(right),
            "first_answer_at": first,
            "hours_to_answer": (first - opened).total_seconds() / 3600 if first else float("nan"),
            "deadline": deadline,
            "deadline_rule": "service_standard" if source.settings.organisation.service_standard else "overdue_days",
            "late": never or (first is not None and first > deadline),
            "answered_late": first is not None and first > deadline,
            "never_answered": never,
            "our_silence": parts["our silence"],
            "after_answer": parts["after answer"],
            "since_first_answer": sum(first is not None and turn.mail.sent_at > first for turn in theirs),
            "waiting_since": _time(row["waiting_since"]),
            "overdue": row["overdue"],
            "title": row["title"] if names else "",
        }


def _subject_words(source: Source) -> dict[str, str]:
    """Matter → the word of its subject that most contacts have in theirs, as most of them write it."""
    of = {row["id"]: _named(row["title"]) for row in source.matters}
    users: dict[str, set[str]] = defaultdict(set)
    for row in source.matters:
        for word in of[row["id"]]:
            users[word].update(row["contacts"])
    names = {word for one in source.rows.contacts for name in one["names"] for word in terms.words(name)}
    shown = {word: len(who) for word, who in users.items() if len(who) >= FEWEST and word not in names}
    spelt = _spelt(source)
    found = {}
    for matter, words in of.items():
        if common := words & set(shown):
            found[matter] = spelt[max(common, key=lambda word: (shown[word], word))]
    return found


def _named(title: str) -> set[str]:
    """The content words of a subject, without where somebody lives."""
    return set(terms.words(title)) - set(terms.words(" ".join(terms.of(title, "").places)))


def _spelt(source: Source) -> dict[str, str]:
    """A word as the matters are compared by (without its ending) → the word as people write it most."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for word, times in Counter(word for row in source.matters for word in _WORD.findall(row["title"].lower())).items():
        for stem in terms.words(word):
            written[stem][word] += times
    return defaultdict(str, {stem: max(words, key=lambda one: (words[one], one)) for stem, words in written.items()})


def contacts(source: Source, mails: Sequence[Row], dealings: Sequence[Row], *, names: bool) -> Iterator[Row]:
    """The rows of the table `contacts`, from those of messages and matters; a contact who never wrote is left out."""
    theirs: dict[str, list[Row]] = defaultdict(list)
    for row in mails:
        if row["by"] == "contact":
            theirs[row["contact"]].append(row)
    late: dict[str, list[bool]] = defaultdict(list)
    for row in dealings:
        late[row["contact"]].append(row["late"])
    findings: dict[str, list[Row]] = defaultdict(list)
    for row in source.rows.findings:
        findings[row["contact"]].append(row)
    for row in source.rows.contacts:
        who = source.contact(row["id"])
        if who in theirs:
            yield _contact(row, who, theirs[who], late[who], findings[row["id"]], names=names)


def _contact(row: Row, who: str, wrote: list[Row], late: list[bool], findings: list[Row], *, names: bool) -> Row:
    seen = {one["kind"] for one in findings if one["strength"] >= SURE and not one["by_staff"]}
    told = Counter(one["language"] for one in wrote if one["language"] != "short")
    return {
        "contact": who,
        "stage": row["stage"],
        "safeguards": ", ".join(row["unmet"]),
        "addresses": len(row["addresses"]),
        "mails": len(wrote),
        "matters": len(late),
        "first_at": wrote[0]["sent_at"],
        "last_at": wrote[-1]["sent_at"],
        "team": Counter(one["team"] for one in wrote).most_common(1)[0][0],
        "language": told.most_common(1)[0][0] if told else "short",
        "phone": 2 * sum(one["phone"] for one in wrote) >= len(wrote),
        "adjustment": "adjustment" in seen,
        "welfare": "welfare" in seen,
        "our_fault": sum(late) / len(late) if late else 0.0,
        "points": points(finding for one in findings if counts(finding := as_finding(one))),
        "as_of": datetime.fromisoformat(row["as_of"]),
        "names": ", ".join([*row["names"], *row["addresses"]]) if names else "",
    }
