"""From findings to a stage, with every gate and every check it passed or failed on the way.

The program proposes; people decide. What follows from what is written down in three short tables below, and each decision
carries the checks that were made, hits and misses alike, so that "why?" and "why not?" both have an answer.

- One rude word, anger, or persistence alone never reach a warning (002/B5, 004/PR2, RE2b).
- A restriction is proposed only after a warning and conduct that went on, or after one grave incident, and only when every
  safeguard is met (004/SG1, SG2; 002/W1).
- What the organisation left undone stands in the way of a restriction, whatever the customer wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from triage.detect.pressing import undone
from triage.evidence import Turn
from triage.finding import KINDS, SURE, Finding
from triage.hold import Restriction
from triage.ruling import Ruling
from triage.story import Story

Stage = Literal["clear", "watch", "warn", "restrict", "held"]

POINTS: dict[str, float] = {
    "threat": 4.0, "harassment": 4.0, "sexual": 4.0, "discrimination": 4.0, "illegal": 4.0,
    "abuse": 2.0, "allegation": 2.0, "profanity": 1.0, "falsehood": 1.0, "off_topic": 0.5, "hostile_tone": 0.0,
    "after_stop": 2.0, "staff_shopping": 2.0, "mingled": 1.0,
    "unreasonable_demand": 1.5, "urgent_demand": 1.0, "named_staff": 1.0, "process_refusal": 1.0,
    "repeat": 1.0, "volume": 1.0, "arguing": 1.0,
}  # fmt: skip
"""How much one finding weighs towards a warning. Our defaults: the policies name no numbers."""

PERSISTENCE = frozenset({"repeat", "volume", "arguing"})
"""Weighs only beside something else, and never more than `PERSISTENCE_MOST` together (S03)."""
PERSISTENCE_MOST = 2.0
WARN_AT = 4.0
"""Points from which the policy calls for a warning: two abusive mails, or one of the serious kinds."""

WARNING_LASTS = timedelta(days=365)
WELFARE_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what came of it, in words."""

    name: str
    met: bool
    words: str


@dataclass(frozen=True, slots=True)
class Decision:
    stage: Stage
    unmet: tuple[str, ...]
    """The safeguards that forbid a restriction now."""
    checks: tuple[Check, ...]
    rests_on: tuple[Finding, ...]
    """The findings that led to the stage."""
    warned: Turn | None = None
    """The staff message that warned, if a warning is on file and has not lapsed."""
    grave: bool = False
    went_on: bool = False
    """Whether conduct after a warning is on file."""
    warned_at: datetime | None = None
    """When the warning was given, in a mail or another way."""


def counts(finding: Finding) -> bool:
    """Whether a finding may move a contact's stage: the sender's, sure enough, not advisory, not dismissed."""
    return (
        not finding.by_staff
        and not finding.dismissed
        and finding.severity != "advisory"
        and finding.strength >= SURE
        and KINDS[finding.kind] != "protective"
    )


def points(findings: Iterable[Finding]) -> float:
    """What findings weigh together: per mail the gravest thing said, plus what was asked and what patterns show."""
    said: dict[str, float] = {}
    others = persistence = 0.0
    for finding in findings:
        weight = POINTS[finding.kind] * (1.5 if finding.severity == "serious" and POINTS[finding.kind] < 4 else 1.0)
        if finding.kind in PERSISTENCE:
            persistence += weight
        elif KINDS[finding.kind] == "conduct":
            said[finding.message_key] = max(said.get(finding.message_key, 0.0), weight)
        else:
            others += weight
    total = sum(said.values()) + others
    return total + min(persistence, PERSISTENCE_MOST) if total else 0.0


def _warning(
    story: Story, restrictions: Sequence[Restriction], rulings: Iterable[Ruling], now: datetime
) -> tuple[datetime | None, Turn | None, str]:
    """The last warning on file: when it was given, the mail if it was one, and, where it counts no more, why.

    One that led to a restriction is used up when that ends, on its date, before it or by an appeal: whatever comes then needs a warning
    of its own, with time to change (002/W1; of two ways to read the policies the one that protects more). One of over a year ago has
    lapsed.
    """
    given: list[tuple[datetime, Turn | None]] = [
        (turn.message.sent_at, turn) for turn in story.turns if turn.act and turn.act.warning and story.owns(turn)
    ]
    given += [(ruling.told, None) for ruling in rulings if ruling.act == "warn" and ruling.told and ruling.told <= now]
    if not given:
        return None, None, "no warning is on file"
    at, turn = max(given, key=lambda one: one[0])
    ended = max((r.over_at for r in restrictions if r.over_at < now), default=None)
    withdrawn = max((one.message.sent_at for one in story.turns if one.act and one.act.lifted and story.owns(one)), default=None)
    if withdrawn is not None and at < withdrawn and (ended is None or ended < at):
        return None, None, f"the warning of {at:%Y-%m-%d} was withdrawn on {withdrawn:%Y-%m-%d}"
    if ended is not None and at < ended:
        over = f"the restriction that followed ended on {ended:%Y-%m-%d}"
        return None, None, f"the warning of {at:%Y-%m-%d} is used up, as {over}; a new one comes first"
    if now - at > WARNING_LASTS:
        return None, None, f"the warning of {at:%Y-%m-%d} has lapsed after {WARNING_LASTS.days} days; a new one comes first"
    return at, turn, ""


def dealt_with(matter: str, story: Story, now: datetime) -> str:
    """Why a matter counts as dealt with, as the words that did it; "" when it does not (unknown counts as not)."""
    answers = [turn for turn in story.turns if turn.matter == matter and turn.act and turn.act.answer]
    said = story.settled_by(matter, now)
    if said and not any(turn.message.sent_at > said.at for turn in answers):
        return f"{said.by} on {said.at:%Y-%m-%d}: {said.reason}" if said.act == "close" else ""
    if not answers:
        return ""
    last = answers[-1]
    assert last.act is not None
    broken = [
        turn
        for turn in story.turns
        if turn.matter == matter and turn.act and turn.act.promise and turn.act.promise_due and turn.act.promise_due < now
        and not any(later.message.sent_at > turn.message.sent_at for later in answers)
    ]  # fmt: skip
    theirs = [turn for turn in story.turns if turn.matter == matter and not turn.by_staff and not turn.automatic]
    chased = any(
        undone(promise.act.promise, turn.message)
        for promise in broken
        for turn in theirs
        if promise.act and promise.act.promise_due and turn.message.sent_at > promise.act.promise_due
    )
    return "" if chased else last.act.answer


def _milder(rulings: Iterable[Ruling], step: Stage) -> frozenset[str]:
    """Keys of the mails of which somebody said that they call for less than this step."""
    return frozenset(key for one in rulings if one.act == "less" and one.about == step for key in one.mails)


def _went_on(since: Sequence[Finding], before: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings after a warning that show the conduct went on: something said or done that a warning is for, or more of
    exactly what the warning was about."""
    strong = [
        f for f in since if (KINDS[f.kind] == "conduct" and f.kind not in ("falsehood", "off_topic")) or f.kind == "after_stop"
    ]
    earlier_kinds = {f.kind for f in before} - PERSISTENCE
    same = [f for f in since if f.kind in earlier_kinds]
    enough = [f for f in strong if f.kind != "profanity" or f.severity != "advisory"]
    return tuple(enough) or (tuple(same) if points(same) >= 2 else ())


def open_appeals(story: Story, findings: Iterable[Finding], rulings: Iterable[Ruling]) -> tuple[datetime, ...]:
    """When each appeal came in that nobody has decided yet, by mail or as it was recorded; oldest first."""
    sent, ruled = {turn.message.key: turn.message.sent_at for turn in story.turns}, tuple(rulings)
    decided = [t.message.sent_at for t in story.turns if t.act and t.act.appeal_decided]
    decided += [ruling.at for ruling in ruled if ruling.act == "appeal-decided"]
    appealed = [
        sent[f.message_key] for f in findings if f.kind == "appeal" and f.strength >= SURE and not f.dismissed and not f.by_staff
    ]
    appealed += [ruling.received or ruling.at for ruling in ruled if ruling.act == "appeal"]
    return tuple(sorted(at for at in appealed if not any(later > at for later in decided)))


def _dealt_words(matters: Iterable[str], story: Story, now: datetime) -> str:
    """That it was answered; where nothing but the word of one of us says so, that too."""
    closed = [said for one in sorted(matters) if (said := story.settled_by(one, now)) and said.act == "close"]
    told = [f'{one.by} said on {one.at:%Y-%m-%d} that it is dealt with ("{one.reason}")' for one in closed]
    return "; ".join(["the matter was answered"] * (not told) + told)


def gates(
    story: Story, findings: Sequence[Finding], counted: Sequence[Finding], warned: datetime | None, grave: bool, now: datetime,
    rulings: Sequence[Ruling] = (), unwarned: str = "no warning is on file",
) -> tuple[Check, ...]:  # fmt: skip
    """Every safeguard with whether it is met, for this contact now. `warned`: when, if a warning counts; `unwarned`: why none does."""
    about = {f.matter for f in counted} or {turn.matter for turn in story.turns if not turn.by_staff and story.owns(turn)}
    undone = sorted(one for one in about if not dealt_with(one, story, now))
    standing = [f for f in findings if not f.dismissed and not f.by_staff]

    def kind(name: str) -> list[Finding]:
        return [f for f in standing if f.kind == name and f.strength >= SURE]

    when = {turn.message.key: turn for turn in story.turns}

    def answered_since(finding: Finding) -> bool:
        sent = when[finding.message_key].message.sent_at
        # a promise to send what was asked for does not settle a right
        answers = (t for t in story.turns if t.act and t.act.answer and not t.act.promise)
        return any(t.matter == finding.matter and t.message.sent_at > sent for t in answers)

    welfare = [f for f in kind("welfare") if now - when[f.message_key].message.sent_at <= WELFARE_LASTS]
    rights = [f for f in kind("rights") if not answered_since(f)]
    appeals = open_appeals(story, findings, rulings)
    warned_words = f"warned on {warned:%Y-%m-%d}" if warned else "one grave incident needs no warning first"
    return (
        Check(
            "not_dealt_with", not undone, _dealt_words(about, story, now) if not undone else "a matter was never really answered"
        ),
        Check("not_warned", bool(warned) or grave or not counted, warned_words if warned or grave else unwarned),
        Check(
            "welfare",
            not welfare,
            "no sign of a risk to life or welfare" if not welfare else "a mail speaks of a risk to welfare",
        ),
        Check(
            "rights",
            not rights,
            "no right is waiting for an answer" if not rights else "a legal right was invoked and is not answered yet",
        ),
        Check("appeal_pending", not appeals, "no appeal is open" if not appeals else "an appeal waits for its decision"),
        Check(
            "adjustment",
            not kind("adjustment"),
            "no adjustment was asked for" if not kind("adjustment") else "an adjustment was asked for",
        ),
        Check(
            "unauthenticated",
            not kind("unauthenticated"),
            "no doubt about the sender" if not kind("unauthenticated") else "a mail in this name could not be authenticated",
        ),
        Check(
            "campaign",
            not kind("campaign"),
            "not part of a campaign" if not kind("campaign") else "takes part in a campaign, which is a right",
        ),
    )


def decide(
    story: Story, findings: Sequence[Finding], restrictions: Sequence[Restriction], *, now: datetime, highest: Stage = "held",
    rulings: Sequence[Ruling] = (),
) -> Decision:  # fmt: skip
    """The stage of one contact at `now` (aware, UTC), the open safeguards, and all that was checked.

    `rulings`: what people recorded about this contact.
    """
    when = {turn.message.key: turn.message.sent_at for turn in story.turns}
    counted = [f for f in findings if counts(f)]
    in_force = [r for r in restrictions if r.in_force(now)]
    warned, letter, unwarned = _warning(story, restrictions, rulings, now)
    acted = max([r.start for r in restrictions if r.start <= now] + ([warned] if warned else []), default=None)
    since = [f for f in counted if acted is None or when[f.message_key] > acted]
    before = [f for f in counted if acted is not None and when[f.message_key] <= acted]
    grave = [f for f in since if f.severity == "grave"]
    went_on = _went_on(since, before) if warned else ()
    safeguards = gates(story, findings, since or counted, warned, bool(grave), now, rulings, unwarned)
    unmet = tuple(check.name for check in safeguards if not check.met)
    too_much = _milder(rulings, "restrict")
    grave_enough = [f for f in grave if f.message_key not in too_much]
    on_enough = [f for f in went_on if f.message_key not in too_much]
    slight = _milder(rulings, "warn")
    weighed = [f for f in since if f.message_key not in slight]
    weight = points(weighed)
    checks = (
        *safeguards,
        Check("restriction in force", bool(in_force), f"{len(in_force)} in force" if in_force else "none is in force"),
        Check("one grave incident", bool(grave), "yes" if grave else "nothing of that weight since staff last acted"),
        Check(
            "conduct after the warning",
            bool(went_on),
            f"{len(went_on)} findings after it" if went_on else "nothing that calls for more",
        ),
        Check("calls for a warning", weight >= WARN_AT, f"{weight:g} of {WARN_AT:g} points since staff last acted"),
    )
    stage: Stage
    if in_force:
        stage, rests_on = "held", tuple(before)
    elif grave_enough or on_enough:
        rests_on = tuple(grave_enough) + tuple(f for f in on_enough if f not in grave_enough)
        stage = "warn" if unmet or highest == "warn" else "restrict"
    elif weight >= WARN_AT:
        stage, rests_on = "warn", tuple(weighed)
    else:
        seen = [
            f for f in findings if KINDS[f.kind] != "protective" and not f.by_staff and not f.dismissed and f.strength >= SURE
        ]
        stage, rests_on = ("watch" if seen else "clear"), tuple(seen)
    return Decision(stage, unmet, checks, rests_on, letter, bool(grave), bool(went_on), warned)
