"""The quarterly report to those who answer for it: our own failings first, then what people did, what we decided, and what was appealed.

Numbers and one word of a subject at a time; no name, no address, no sentence of a mail. `page.py` makes HTML of it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from triage.analysis.rates import FEWEST, rates, share
from triage.analysis.tables import Tables
from triage.errors import Misconfigured
from triage.explanation import ACTS

_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
_MOST_CAUSES = 12


@dataclass(frozen=True, slots=True)
class Grid:
    """A table to print; `bar` names the column whose numbers are drawn as bars, if any."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    bars: tuple[float, ...] = ()
    """For each row the length of its bar, 0 to 1."""
    drawn: str = ""
    """What the bars show."""


@dataclass(frozen=True, slots=True)
class Part:
    """One section: what it says in sentences, and its tables."""

    heading: str
    sentences: tuple[str, ...]
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    organisation: str
    quarter: str
    made_at: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months, the second end not included; times aware, UTC."""

    name: str
    start: datetime
    end: datetime

    @staticmethod
    def read(text: str) -> Quarter:
        """From "2026-Q1". Raises Misconfigured for anything else."""
        found = _QUARTER.fullmatch(text.strip())
        if found is None:
            raise Misconfigured([f"--quarter: {text!r} is no quarter; write it as 2026-Q1"])
        return Quarter._of(int(found[1]), int(found[2]))

    @staticmethod
    def before(now: datetime) -> Quarter:
        """The last whole quarter before `now`."""
        year, number = now.year, (now.month - 1) // 3
        return Quarter._of(year, number) if number else Quarter._of(year - 1, 4)

    @staticmethod
    def worth_reporting(tables: Tables, now: datetime) -> Quarter:
        """The last whole quarter before `now`, or, if nobody wrote in it, that of the newest mail: a page of noughts tells nothing."""
        usual, written = Quarter.before(now), tables.messages["sent_at"]
        known = written[written < now]
        if known.empty or not usual.of(tables.messages, "sent_at").empty:
            return usual
        newest = known.max()
        return Quarter._of(newest.year, (newest.month + 2) // 3)

    @staticmethod
    def _of(year: int, number: int) -> Quarter:
        after = (year, number * 3 + 1) if number < 4 else (year + 1, 1)
        return Quarter(f"{year} Q{number}", datetime(year, number * 3 - 2, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC))

    @property
    def previous(self) -> Quarter:
        return Quarter.before(self.start)

    def of(self, frame: pd.DataFrame, column: str) -> pd.DataFrame:
        """The rows whose time in `column` lies in the quarter."""
        return frame[(frame[column] >= self.start) & (frame[column] < self.end)]


def board(tables: Tables, quarter: Quarter, organisation: str, now: datetime) -> Board:
    """The report on one quarter from the tables, made at `now` (aware)."""
    return Board(
        organisation,
        quarter.name,
        now,
        (
            _failings(tables, quarter),
            _causes(tables, quarter),
            _conduct(tables, quarter),
            _holds(tables, quarter, now),
            _decisions(tables, quarter),
            _fairness(tables, quarter),
            _limits(),
        ),
    )


def _due(tables: Tables, quarter: Quarter) -> pd.DataFrame:
    opened = quarter.of(tables.matters, "opened_at")
    return opened[opened["late"] | opened["first_answer_at"].notna()]


def _wrote(tables: Tables, quarter: Quarter) -> pd.DataFrame:
    sent = quarter.of(tables.messages, "sent_at")
    return sent[sent["by"] == "contact"]


def _failings(tables: Tables, quarter: Quarter) -> Part:
    due, wrote = _due(tables, quarter), _wrote(tables, quarter)
    silence = int((wrote["part"] == "our silence").sum())
    past_due, past = _due(tables, quarter.previous), _wrote(tables, quarter.previous)
    sentences = [
        f"People wrote {len(wrote)} mails on {len(quarter.of(tables.matters, 'opened_at'))} new matters.",
        f"Of these mails {share(silence, len(wrote))} were written while an answer of ours was late.",
        (
            f"Answered late or not at all were {share(int(due['late'].sum()), len(due))} of the matters that were due; "
            f"{int(due['never_answered'].sum())} had no answer by the time of this report."
        ),
    ]
    if len(past):
        before = int((past["part"] == "our silence").sum())
        sentences.append(
            f"In the quarter before: {share(before, len(past))} of the mails, and {share(int(past_due['late'].sum()), len(past_due))} of the matters."
        )
    rows, bars = [], []
    for row in rates(due, "team", "late").to_dict("records"):
        mails = wrote[wrote["team"] == row["team"]]
        shown = f"{row['rate']:.0%} ({row['low']:.0%} to {row['high']:.0%})" if row["shown"] else f"fewer than {FEWEST} matters"
        rows.append((str(row["team"]), str(row["of"]), shown, str(int((mails["part"] == "our silence").sum()))))
        bars.append(float(row["rate"]) if row["shown"] else 0.0)
    grid = Grid(
        "By team", ("Team", "Matters due", "Late or never (95 % interval)", "Mails caused"), tuple(rows), bars=tuple(bars), drawn="late or never",
        note="A matter is late when its deadline passed without a real answer; an acknowledgement is none.",
    )  # fmt: skip
    return Part("Demand caused by our own failings", tuple(sentences), (grid,))


def _causes(tables: Tables, quarter: Quarter) -> Part:
    due = _due(tables, quarter)
    named = due[due["subject_word"] != ""]
    found = named.groupby("subject_word").agg(
        matters=("matter", "size"), late=("late", "sum"), silence=("our_silence", "sum"), after=("after_answer", "sum")
    )
    found = found[found["matters"] >= 5].sort_values(["silence", "late", "matters"], ascending=False).head(_MOST_CAUSES)
    most = float(found["silence"].max()) if len(found) else 0.0
    rows = [
        (str(word), *(str(int(row[name])) for name in ("matters", "late", "silence", "after"))) for word, row in found.iterrows()
    ]
    bars = tuple(float(value) / most if most else 0.0 for value in found["silence"])
    sentences = ("What people wrote about, by one word of the subject; words that fewer than five people used are left out.",)
    grid = Grid(
        "Subjects", ("Subject", "Matters", "Late or never", "Mails our silence caused", "Mails after an answer"), tuple(rows), bars=bars, drawn="mails our silence caused",
        note="Many mails after an answer say that the answer was not understood, or not accepted.",
    )  # fmt: skip
    return Part("Root causes by subject", sentences, (grid,))


def _conduct(tables: Tables, quarter: Quarter) -> Part:
    wrote, hard = _wrote(tables, quarter), quarter.of(tables.exposure, "sent_at")
    mails = hard.drop_duplicates("message")
    people = hard[hard["staff"] != ""]["staff"].nunique()
    to_one = hard[hard["how"] == "addressed"]["message"].nunique()
    sentences = (
        (f"Insults, threats or the like stood in {share(len(mails), len(wrote))} of the mails; of these {to_one} named a colleague in To or Cc. "
        f"Colleagues known to have read them: {people}."),
    )  # fmt: skip
    rows = tuple(
        (str(team), *(str(value) for value in (len(group), group["contact"].nunique(), ", ".join(sorted(set(group["kind"]))))))
        for team, group in mails.groupby("team")
    )
    written = quarter.of(tables.incidents, "happened_on")
    besides = tuple(
        (str(channel), str(len(group)), str(int((group["kind"] != "other").sum())))
        for channel, group in written.groupby("channel")
    )
    return Part(
        "What our colleagues had to read, and to hear",
        sentences,
        (
            Grid("By team", ("Team", "Mails", "People who wrote them", "Kinds"), rows),
            Grid(
                "What was written down besides e-mail", ("Channel", "Incidents", "Of these with conduct"), besides,
                note="Calls and visits that nobody wrote down are not in it.",
            ),
        ),
    )  # fmt: skip


def _holds(tables: Tables, quarter: Quarter, now: datetime) -> Part:
    holds = tables.holds
    over = holds[["until", "ended_early"]].min(axis=1)
    during = holds[(holds["start"] < quarter.end) & (over.isna() | (over >= quarter.start))]
    begun = quarter.of(during, "start")
    appealed = during[during["appeals"] > 0]
    outcomes = ", ".join(f"{name} {count}" for name, count in appealed["outcome"].value_counts().items()) or "none"
    endless = int(during["until"].isna().sum())
    sentences = [
        (
            f"Restrictions that were in force at some time in the quarter: {len(during)}; begun in it: {len(begun)}; "
            f"with a way to appeal in the notice: {int(during['appeal_offered'].sum())}; without an end date: {endless}."
        ),
        f"Appeals against them: {len(appealed)}; outcome: {outcomes}.",
    ]
    rows = tuple(_hold(row, now) for row in during.sort_values("start").to_dict("records"))
    columns = ("Register", "Person", "Team", "From", "Until", "Now", "Mails meanwhile", "Appeal")
    note = "The command triage register says of each entry who decided it, why, and what was set aside."
    return Part("Restrictions and appeals", tuple(sentences), (Grid("Each of them", columns, rows, note=note),))


def _hold(row: Mapping[Hashable, Any], now: datetime) -> tuple[str, ...]:
    until = "none named" if pd.isna(row["until"]) else f"{row['until']:%Y-%m-%d}"
    state = "in force" if row["in_force"] else "over"
    if not pd.isna(row["ended_early"]) and row["ended_early"] <= now:
        state = f"ended {row['ended_early']:%Y-%m-%d}"
    none = "no appeal" if row["appeal_offered"] else "no appeal, none was offered"
    appeal = row["outcome"] if row["appeals"] else none
    start, mails = f"{row['start']:%Y-%m-%d}", str(row["mails_during"])
    return (row["entry"], row["contact"], row["team"], start, until, state, mails, appeal)


def _decisions(tables: Tables, quarter: Quarter) -> Part:
    every = quarter.of(tables.decisions, "at")
    made, ruled = every[every["on"] != "contact"], every[every["on"] == "contact"]
    agreed, dismissed = int((made["choice"] == "agree").sum()), int((made["choice"] == "dismiss").sum())
    stages = tables.contacts["stage"].value_counts()
    sentences = (
        (f"People gave {len(made)} verdicts on {made['message'].nunique()} mails that something was found on: agreed {agreed}, dismissed {dismissed}. "
        "What is dismissed is held against nobody."),
        "Decided about people: " + ("; ".join(f"{ACTS[str(act)]}: {count}" for act, count in ruled["choice"].value_counts().items()) or "nothing") + ".",
        "Where people stand now: " + ", ".join(f"{stage} {int(stages.get(stage, 0))}" for stage in ("clear", "watch", "warn", "restrict", "held")) + ".",
    )  # fmt: skip
    return Part("What was decided", sentences)


def _fairness(tables: Tables, quarter: Quarter) -> Part:
    wrote = _wrote(tables, quarter)
    people = tables.contacts[tables.contacts["contact"].isin(wrote["contact"])].copy()
    counted = quarter.of(tables.findings[tables.findings["counts"]], "sent_at")
    people["flagged"] = people["contact"].isin(counted["contact"])
    people["adjustment"] = people["adjustment"].map({True: "asked for an adjustment", False: "did not ask for one"})
    people["language"] = people["language"].map(
        {"en": "writes in English", "other": "in another language", "short": "cannot tell"}
    )
    people["fault"] = (people["our_fault"] > 0).map({True: "we were late with them", False: "we were never late"})
    rows: list[tuple[str, ...]] = []
    for column in ("language", "adjustment", "fault"):
        for row in rates(people, column, "flagged", sealed=True).to_dict("records"):
            few = row["of"] < FEWEST
            hidden = f"not shown: fewer than {FEWEST}" if few else "not shown, as the small group could be worked out from it"
            shown = f"{row['rate']:.0%} ({row['low']:.0%} to {row['high']:.0%})" if row["shown"] else hidden
            rows.append((str(row[column]), f"under {FEWEST}" if few else str(row["of"]), shown))
    grid = Grid(
        "People with a finding that counts", ("Group", "People", "Share (95 % interval)"), tuple(rows),
        note="The program reads English: a low share in another language means that little is seen there, for and against people.",
    )  # fmt: skip
    return Part("Are people treated alike?", ("Where two intervals lie apart, somebody should look into it.",), (grid,))


def _limits() -> Part:
    return Part(
        "What this report does not show",
        (
            "It rests on e-mail, and on those telephone calls, visits and letters that somebody wrote down.",
            "What is found is found by a program, which errs; the dismissals above say how often people thought so.",
            "People are named by pseudonyms. Who they are, the register says (triage register), under the entry that stands beside each restriction.",
        ),
    )


def lines(parts: Iterable[Part]) -> Sequence[str]:
    """Everything the report says, line by line: for tests, and for whoever reads it without a browser."""
    found: list[str] = []
    for part in parts:
        found += [part.heading, *part.sentences]
        for grid in part.grids:
            found += [grid.title, *(" | ".join(row) for row in (grid.columns, *grid.rows)), grid.note]
    return [line for line in found if line]
