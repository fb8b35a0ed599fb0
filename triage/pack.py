"""The types of a policy pack, and how each of its keys is read from the TOML file. `triage.policy` loads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from triage.evidence import Thresholds
from triage.finding import KINDS, Severity
from triage.nearest import nearest
from triage.quantity import duration, in_words

Stage = Literal["clear", "watch", "warn", "restrict", "held"]
STAGES: Final[tuple[Stage, ...]] = ("clear", "watch", "warn", "restrict", "held")

Nature = Literal["conduct", "safeguard", "procedure", "obligation", "scope", "record"]
Duty = Literal["detect", "assist", "record"]

_MISSING: Final = object()
NO_REASON: Final = "The pack gives no reason for it."


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, strict=True)


def _kind(name: object) -> object:
    if isinstance(name, str) and name not in KINDS:
        raise ValueError(f"“{name}” is no kind of finding; {nearest(name, KINDS) or 'the kinds are listed in rules/README.md'}")
    return name


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _thresholds(value: object) -> object:
    return _read_thresholds(value) if isinstance(value, Mapping) else value


def _reasons(value: object) -> object:
    return _read_reasons(value) if isinstance(value, Mapping) else value


Text = Annotated[str, StringConstraints(min_length=1)]
Kind = Annotated[str, BeforeValidator(_kind)]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_many)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Clause(Part):
    """One thing the policy says."""

    ref: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9-]+$")]
    """What it is cited by, e.g. "004/UD7": the policy's id, a stroke, our label for the clause."""
    title: Text
    """What it says, in our own words: shown to staff beside a finding."""
    nature: Nature
    """conduct it forbids · a safeguard for the customer · a procedure · an obligation of ours · scope · a record to keep"""
    duty: Duty
    """What a program can do about it: detect it in mail, assist the person who does it, or only leave it on record."""
    note: Text
    """What the reviewer is shown, or what a person has to do because mail does not show it."""
    kinds: Kinds = ()
    """The kinds of finding that fall under it."""
    secondary: bool = False
    """Its kinds fall under it as well, but it is cited only where no other clause covers them: it speaks too broadly, or too
    narrowly, to stand for the kind."""


class Step(Part):
    """One rung of the ladder: what may happen to a contact at this stage, and who decides it."""

    stage: Stage
    name: Text
    decided_by: Text
    means: Text


class Periods(Part):
    """Lengths in calendar days. No policy names them; they are ours to choose and are shown with each proposal."""

    restriction_days: Days = 90
    """How long a proposed restriction lasts unless the person who decides says otherwise."""
    review_days: Days = 14
    """How many days before its end a restriction is put before a person: it lapses unless they renew it with reasons."""
    appeal_days: Days = 30
    """How long after its notice a restriction can be appealed."""
    appeal_answer_days: Days = 20
    """How soon somebody else decides an appeal."""
    longest_restriction_days: Days = 365
    """No restriction runs longer without a new decision: none is for ever."""
    read_days: Days = 5
    """How soon the person named for it reads mail that is held."""
    no_reply_days: Days = 14
    """How long one severely abusive mail may lie without a reply before it is back in the inbox."""
    report_days: Days = 5
    """How soon somebody looks at what a colleague reports."""
    inquiry_days: Days = 28
    """How soon an inquiry is to say what it has found."""


class Deciders(Part):
    """The roles that decide what no step of the ladder names. Who has which role stands in the settings."""

    appeal: Text = "somebody senior who had no part in the decision"
    terminate: Text = "the head of the organisation"


class Letters(Part):
    """Sentences of the organisation's own for the letters that are drafted."""

    appeal: Text = "Write to this address and say that you appeal. There is no form to fill in. Somebody who had no part in this decision will decide about it."
    """How the customer asks for another look."""
    stays_open: Text = "Anything new, anything urgent about safety and any legal right of yours is still dealt with as always."
    """Which way to us stays open during a restriction."""
    further: str = ""
    """Who can be turned to beyond the organisation, such as an ombudsman; left out of the letters when empty."""


class Pack(Part):
    """A whole policy. Read only by `load`; everything in it has been checked."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    title: Text
    organisation: Text
    version: Text
    effective: date | None = None
    """Since when this version binds; None when the policy bears no date."""
    binds_both_sides: bool
    """Whether staff are bound by the same rules as customers."""
    highest_stage: Stage
    """The gravest stage the policy gives anybody power for."""
    appeal: bool
    """Whether the policy itself gives a right of appeal. (Every notice offers a way to have it looked at again.)"""
    warn_first: bool
    """Whether a restriction needs an earlier warning."""
    policy_first: bool = False
    """Whether nobody may be restricted who was not given the policy before the conduct."""
    mediation: bool = False
    """Whether the policy has people talk it over with a mediator before anything harsher."""
    single_incident: Kinds = ()
    """Kinds of which one grave incident needs no warning first."""
    advisory: Kinds = ()
    """Kinds that are shown to a person but never count towards any step."""
    serious: Kinds = ()
    """Kinds that count strongly."""
    thresholds: Annotated[Thresholds, BeforeValidator(_thresholds)] = Field(default_factory=Thresholds)
    periods: Periods = Field(default_factory=Periods)
    reasons: Annotated[Mapping[str, Text], BeforeValidator(_reasons)] = Field(default_factory=dict)
    """Threshold or period → why it is what it is, in a sentence or two: shown on whatever rests on it."""
    deciders: Deciders = Field(default_factory=Deciders)
    letters: Letters = Field(default_factory=Letters)
    ladder: Annotated[tuple[Step, ...], BeforeValidator(_many), Field(min_length=1)]
    clauses: Annotated[tuple[Clause, ...], BeforeValidator(_many), Field(min_length=1, alias="clause")]
    path: Path = Field(default=Path(), alias="#path", exclude=True)
    fingerprint: str = Field(default="", alias="#fingerprint", exclude=True)
    """SHA-256 (hex) of the file: tells whether the rules changed since something was decided."""

    def clauses_for(self, kind: str) -> tuple[Clause, ...]:
        """Every clause about this kind of finding, in the policy's order, the secondary ones last."""
        return tuple(sorted((clause for clause in self.clauses if kind in clause.kinds), key=lambda clause: clause.secondary))

    def clause_for(self, kind: str) -> Clause | None:
        """The clause to cite for this kind of finding; None when the policy does not speak of it."""
        return next(iter(self.clauses_for(kind)), None)

    def names(self, kind: str) -> bool:
        """Whether the policy speaks of this kind at all. What it does not name is found and shown, but is not against it."""
        return self.clause_for(kind) is not None

    def severity(self, kind: str, seen: Severity) -> Severity:
        """How grave a finding is under this policy, given how grave the detector found it by itself.

        Advisory, and so never counted, is what the policy does not name or the pack calls advisory. A grave incident stays
        grave only where the pack lets one incident do without a warning. Protective kinds stay as they are.
        """
        if KINDS[kind] == "protective" or seen == "advisory":
            return seen
        if kind in self.advisory or not self.names(kind):
            return "advisory"
        if seen == "grave":
            return "grave" if kind in self.single_incident else "serious"
        return "serious" if kind in self.serious else seen

    def clause(self, ref: str) -> Clause | None:
        """The clause with this reference."""
        return next((clause for clause in self.clauses if clause.ref == ref), None)

    def step(self, stage: str) -> Step | None:
        """The rung of the ladder for this stage; None when the policy has none."""
        return next((step for step in self.ladder if step.stage == stage), None)

    def decider(self, stage: str) -> str:
        """The role that decides at this stage, or "appeal" or "terminate"; "" when the policy has no such stage."""
        if stage in Deciders.model_fields:
            return str(getattr(self.deciders, stage))
        step = self.step(stage)
        return step.decided_by if step else ""

    def number(self, key: str) -> str:
        """A threshold or period with its reason: "volume_messages = 6. Five mails …"."""
        value = getattr(self.thresholds, key) if hasattr(self.thresholds, key) else getattr(self.periods, key)
        told = in_words(value) if isinstance(value, timedelta) else f"{value:g}"
        return f"{key} = {told}. {self.reasons.get(key) or NO_REASON}"

    def allows(self, stage: Stage) -> bool:
        """Whether a contact may be brought to this stage under this policy."""
        return STAGES.index(stage) <= STAGES.index(self.highest_stage)


def _read_thresholds(table: Mapping[str, object]) -> Thresholds:
    """The numbers, each of the type its default has; a length of time is a text such as "24 hours"."""
    default = Thresholds()
    known = {entry.name: getattr(default, entry.name) for entry in fields(Thresholds)}
    read: dict[str, Any] = {}
    faults = []
    for key, value in table.items():
        usual = known.get(key, _MISSING)
        if usual is _MISSING:
            faults.append(f"{key}: there is no such key; {nearest(key, known) or 'the keys are listed in rules/README.md'}")
            continue
        try:
            read[key] = _threshold(value, usual)
        except ValueError as fault:
            faults.append(f"{key}: {fault}")
    if faults:
        raise ValueError("\n".join(faults))
    return Thresholds(**read)


def _read_reasons(table: Mapping[str, object]) -> Mapping[str, str]:
    known = [*(entry.name for entry in fields(Thresholds)), *Periods.model_fields]
    faults = []
    for key, value in table.items():
        if key not in known:
            faults.append(f"{key}: there is no such number; {nearest(key, known) or 'the keys are listed in rules/README.md'}")
        elif not isinstance(value, str) or not value.strip():
            faults.append(f"{key}: write the reason as a text in quotation marks")
    if faults:
        raise ValueError("\n".join(faults))
    return {key: str(value).strip() for key, value in table.items()}


def _threshold(value: object, usual: object) -> object:
    if isinstance(usual, timedelta):
        length = duration(value) if isinstance(value, str) else timedelta(0)
        if not length:
            raise ValueError('write a length of time in quotation marks, such as "24 hours"')
        return length
    allowed = (int, float) if isinstance(usual, float) else (int,)
    if isinstance(value, bool) or not isinstance(value, allowed) or value <= 0:
        raise ValueError("write a number greater than 0, without quotation marks")
    return type(usual)(value) if isinstance(usual, float) else value
