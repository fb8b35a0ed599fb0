"""The commands by which people record what they decided. Thin: each makes a ruling of its options and hands it to the one door."""

from __future__ import annotations

import getpass
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from triage.errors import Misconfigured, Permanent
from triage.options import (
    Contact,
    DryRun,
    Now,
    SettingsFile,
    clock,
    day_given,
    first_moment,
    last_moment,
    ledger_of,
    settings_at,
)

if TYPE_CHECKING:
    from triage.ruling import Ruling
    from triage.settings import Settings

By = Annotated[str, typer.Option("--by", help="Who decided: the address of one of us with the role.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
Notice = Annotated[str | None, typer.Option("--notice", help="Message-ID of the letter in Sent that told the customer.")]
NoticeFile = Annotated[Path | None, typer.Option("--notice-file", help="A copy of the letter, where it went another way.")]
Told = Annotated[str | None, typer.Option("--told", help="With --notice-file: the day on which they were told, as 2026-03-20.")]
Until = Annotated[str | None, typer.Option("--until", help="The last day, as 2026-06-30.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--override", help="A safeguard set aside, with the reason: welfare=REASON. May be repeated.")
]
Grounds = Annotated[
    list[str] | None, typer.Option("--ground", help="An incident or a Message-ID it rests on as well. May be repeated.")
]
Circumstances = Annotated[
    str, typer.Option("--circumstances", help="What is known of the person, how serious it is, and our own part in it.")
]
Given = Annotated[str | None, typer.Option("--policy-given", help="The day on which they were given the policy.")]
Efforts = Annotated[str, typer.Option("--efforts", help="What was tried to help besides what the mails show.")]
Safety = Annotated[
    str, typer.Option("--safety-reason", help="Why they cannot be told first; only where somebody's safety is at stake.")
]
About = Annotated[
    str | None, typer.Option("--restriction", help="Its id, as `triage register` shows it; needed if there are several.")
]


def _proof(settings: Settings, notice: str | None, file: Path | None, told: str | None) -> dict[str, Any]:
    """How the contact was told: a letter in Sent, or a copy of one with its SHA-256 and the day."""
    if file is None:
        return {"notice": f"<{notice.strip().strip('<>')}>"} if notice else {}
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as fault:
        raise Permanent(f"--notice-file: {file} cannot be read ({fault.strerror})") from None
    at = first_moment(day_given("--told", told), settings.organisation.time_zone)
    return {"notice": f"file {file.name} sha256:{digest}", "told": at}


def set_aside(given: list[str] | None) -> tuple[Any, ...]:
    """The safeguards that are set aside, of options such as welfare=REASON."""
    from triage.ruling import Override

    pairs = [text.partition("=") for text in given or ()]
    return tuple(Override(gate.strip(), reason.strip()) for gate, _, reason in pairs)


def whose(by: str) -> str:
    """An address as it was typed, as the ledger has it."""
    return by.strip().lower().strip("<>")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def record_decision(settings: Settings, ruling: Ruling, contact: str, *, dry: bool = False) -> Ruling:
    """Through the one door, and what came of it printed. Raises Refused with every reason why it is not recorded."""
    from triage.deciding import rule
    from triage.explanation import ACTS, SAFEGUARD_NAMES, counted, day

    with ledger_of(settings) as ledger:
        kept = rule(replace(ruling, recorded_by=_user()), contact, ledger, settings, dry=dry)
    said = f"{ACTS[kept.act]}, by {kept.by}: {', '.join(sorted(kept.addresses))}"
    print(("would be recorded: " if dry else "recorded: ") + said)
    for line in kept.impact:
        print(f"  covers: {line}")
    for one in kept.overrides:
        print(f"  set aside: {SAFEGUARD_NAMES[one.gate]}, because {one.reason}")
    if kept.act == "restrict" and kept.until:
        periods = settings.pack().periods
        print(f"  it ends by itself on {day(kept.until)}; {kept.by} is reminded {counted(periods.review_days, 'day')} before")
        print(f"  {kept.reader} reads what is held, each mail within {counted(periods.read_days, 'day')}")
    if kept.act == "lift":
        print(
            "  the warning that led to it is used up: if such conduct comes again, a warning is the next step (docs/decisions.md)"
        )
    return kept


def warn(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason, notice: Notice = None, notice_file: NoticeFile = None,
    told: Told = None, ground: Grounds = None, now: Now = None, dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Records a warning that was given by letter or another way. One that lies in Sent is seen without it."""
    from triage.ruling import Ruling

    chosen, at = settings_at(settings), clock(now)
    ruling = Ruling(
        "warn", at, whose(by), reason, frozenset(), grounds=tuple(ground or ()), **_proof(chosen, notice, notice_file, told)
    )
    record_decision(chosen, ruling, contact, dry=dry_run)


def no_action(contact: Contact, settings: SettingsFile, by: By, reason: Reason, now: Now = None) -> None:
    """Records that somebody looked and decided to do nothing: difficult is not unacceptable."""
    from triage.ruling import Ruling

    record_decision(settings_at(settings), Ruling("no-action", clock(now), whose(by), reason, frozenset()), contact)


def refer(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    to: Annotated[str, typer.Option(help="Where it was taken, such as police, or the safeguarding team.")],
    ground: Grounds = None, now: Now = None,
) -> None:  # fmt: skip
    """Records that a person took it to the police or another body. The program itself tells nobody."""
    from triage.ruling import Ruling

    ruling = Ruling("refer", clock(now), whose(by), reason, frozenset(), to=to, grounds=tuple(ground or ()))
    record_decision(settings_at(settings), ruling, contact)


def terminate(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason, circumstances: Circumstances,
    why: Annotated[str, typer.Option("--why", help="conduct, non-payment or other-breach; kept apart.")] = "conduct",
    notice: Notice = None, notice_file: NoticeFile = None, told: Told = None, override: Overrides = None, ground: Grounds = None,
    efforts: Efforts = "", policy_given: Given = None, safety_reason: Safety = "", now: Now = None, dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Records that the service to a customer ends. It moves no mail."""
    from triage.ruling import Ground, Ruling

    if why not in ("conduct", "non-payment", "other-breach"):
        raise Misconfigured([f"--why: {why!r} is none; write conduct, non-payment or other-breach"])
    chosen, at = settings_at(settings), clock(now)
    ruling = Ruling(
        "terminate", at, whose(by), reason, frozenset(), circumstances=circumstances, ground=cast("Ground", why),
        overrides=set_aside(override), grounds=tuple(ground or ()), efforts=efforts, safety_reason=safety_reason,
        policy_given=day_given("--policy-given", policy_given), **_proof(chosen, notice, notice_file, told),
    )  # fmt: skip
    record_decision(chosen, ruling, contact, dry=dry_run)


hold = typer.Typer(help="Restrictions: start, renew, lift. Only what a person decided, with an end.", no_args_is_help=True)


@hold.command("start")
def hold_start(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason, circumstances: Circumstances,
    notice: Notice = None, notice_file: NoticeFile = None, told: Told = None, until: Until = None,
    kind: Annotated[
        str,
        typer.Option(help="no-reply, limited-subjects, number-per-period, one-reader, written-only or representative-only."),
    ] = "no-reply",
    start: Annotated[str | None, typer.Option("--from", help="The first day; when they were told, if left out.")] = None,
    matter: Annotated[list[str] | None, typer.Option(help="A matter it covers; all of theirs, if left out. May be repeated.")] = None,
    mailbox: Annotated[list[str] | None, typer.Option(help="A mailbox it holds in; all, if left out. May be repeated.")] = None,
    number: Annotated[int, typer.Option(help="For number-per-period: so many mails …")] = 0,
    days: Annotated[int, typer.Option(help="… in so many days are answered.")] = 0,
    reader: Annotated[str, typer.Option(help="Which of us reads what is held; who decided, if left out.")] = "",
    override: Overrides = None, ground: Grounds = None, efforts: Efforts = "", policy_given: Given = None,
    safety_reason: Safety = "",
    frivolous: Annotated[list[str] | None, typer.Option(help="cause=, merit= or trivial= and the reason.")] = None,
    vexatious: Annotated[list[str] | None, typer.Option(help="malice=, harassment= or nuisance= and the reason.")] = None,
    now: Now = None, dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Records a restriction, if nothing stands in its way; --dry-run tells what does, and what it would mean."""
    from triage.ruling import KINDS, Ruling

    if kind not in KINDS:
        raise Misconfigured([f"--kind: there is no kind {kind!r}; write one of {', '.join(KINDS)}"])
    chosen, at = settings_at(settings), clock(now)
    boxes = [one.name for one in chosen.mailboxes]
    if unknown := [one for one in mailbox or () if one not in boxes]:
        raise Misconfigured([f"--mailbox: there is no mailbox {', '.join(unknown)}; write one of {', '.join(boxes)}"])
    zone = chosen.organisation.time_zone
    ruling = Ruling(
        "restrict", at, whose(by), reason, frozenset(), kind=kind, circumstances=circumstances,
        start=first_moment(day_given("--from", start), zone), until=last_moment(day_given("--until", until), zone),
        matters=tuple(matter or ()), mailboxes=frozenset(mailbox or ()), number=number, days=days, reader=whose(reader),
        overrides=set_aside(override), grounds=tuple(ground or ()), efforts=efforts, safety_reason=safety_reason,
        policy_given=day_given("--policy-given", policy_given), frivolous=tuple(frivolous or ()), vexatious=tuple(vexatious or ()),
        **_proof(chosen, notice, notice_file, told),
    )  # fmt: skip
    record_decision(chosen, ruling, contact, dry=dry_run)


@hold.command("renew")
def hold_renew(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason, until: Until = None, restriction: About = None,
    notice: Notice = None, notice_file: NoticeFile = None, told: Told = None, override: Overrides = None,
    efforts: Efforts = "", policy_given: Given = None, safety_reason: Safety = "", now: Now = None, dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Renews a restriction shortly before its end, by a decision of its own. Without one it lapses."""
    from triage.ruling import Ruling

    chosen, at = settings_at(settings), clock(now)
    ruling = Ruling(
        "renew", at, whose(by), reason, frozenset(), about=restriction or "", efforts=efforts, safety_reason=safety_reason,
        until=last_moment(day_given("--until", until), chosen.organisation.time_zone), overrides=set_aside(override),
        policy_given=day_given("--policy-given", policy_given), **_proof(chosen, notice, notice_file, told),
    )  # fmt: skip
    record_decision(chosen, ruling, contact, dry=dry_run)


@hold.command("lift")
def hold_lift(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason, restriction: About = None, now: Now = None
) -> None:
    """Ends a restriction before its date; what was held goes back to the inbox at the next pass."""
    from triage.ruling import Ruling

    ruling = Ruling("lift", clock(now), whose(by), reason, frozenset(), about=restriction or "")
    record_decision(settings_at(settings), ruling, contact)


appeal = typer.Typer(help="Appeals against a restriction: that one came in, and how it was decided.", no_args_is_help=True)


@appeal.command("open")
def appeal_open(
    contact: Contact, settings: SettingsFile, by: By,
    received: Annotated[str, typer.Option(help="The day on which it came in, as 2026-03-20.")],
    reason: Annotated[str, typer.Option(help="What it says, in a sentence.")] = "an appeal came in",
    restriction: About = None, now: Now = None,
) -> None:  # fmt: skip
    """Records an appeal that came by letter or telephone. One that comes by mail is seen without it."""
    from triage.ruling import Ruling

    chosen = settings_at(settings)
    came = first_moment(day_given("--received", received), chosen.organisation.time_zone)
    record_decision(
        chosen, Ruling("appeal", clock(now), whose(by), reason, frozenset(), about=restriction or "", received=came), contact
    )


@appeal.command("decide")
def appeal_decide(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    outcome: Annotated[str, typer.Option(help="allowed (it ends), varied (it ends earlier: --until) or refused.")],
    until: Until = None, restriction: About = None, now: Now = None,
) -> None:  # fmt: skip
    """Records how an appeal was decided, by somebody who had no part in the restriction."""
    from triage.ruling import Outcome, Ruling

    if outcome not in ("allowed", "varied", "refused"):
        raise Misconfigured([f"--outcome: {outcome!r} is none; write allowed, varied or refused"])
    chosen = settings_at(settings)
    ruling = Ruling(
        "appeal-decided", clock(now), whose(by), reason, frozenset(), about=restriction or "", outcome=cast("Outcome", outcome),
        until=last_moment(day_given("--until", until), chosen.organisation.time_zone),
    )  # fmt: skip
    record_decision(chosen, ruling, contact)


def incident(
    contact: Contact, settings: SettingsFile, by: By,
    on: Annotated[str, typer.Option(help="The day on which it happened, as 2026-03-20.")],
    channel: Annotated[str, typer.Option(help="telephone, visit, letter, social media, …")],
    words: Annotated[str, typer.Option(help="What was seen and heard, without judging it.")],
    kind: Annotated[str, typer.Option(help="A kind of finding (rules/README.md), a word such as insults, threats or theft, or other.")] = "other",
    effect: Annotated[str, typer.Option(help="What it did to whoever met it, in their words.")] = "",
    link: Annotated[str, typer.Option(help="Where a copy is, such as the address of a post.")] = "",
    clause: Annotated[str, typer.Option(help="The clause it falls under; found by the kind, if left out.")] = "",
    witnessed: Annotated[bool, typer.Option("--witnessed", help="It happened to somebody else.")] = False,
    now: Now = None,
) -> None:  # fmt: skip
    """Writes down what happened by telephone, at the counter, by post or on the web. Mail does not show it."""
    from triage.deciding import report
    from triage.incident_mail import kind_of
    from triage.ruling import Incident

    chosen, at = settings_at(settings), clock(now)
    happened = first_moment(day_given("--on", on), chosen.organisation.time_zone)
    assert happened is not None
    meant = kind_of(kind)
    told = Incident(
        at,
        happened,
        channel,
        kind if meant == "other" else meant,
        words,
        whose(by),
        frozenset(),
        effect=effect,
        link=link,
        clause=clause,
        witnessed=witnessed,
    )
    with ledger_of(chosen) as ledger:
        kept = report(told, contact, ledger, chosen)
    print(f"written down as incident {kept.id[:12]}{f', under {kept.clause}' if kept.clause else ''}")


inquiry = typer.Typer(help="Looking into what was reported: who does, since when, and what was found.", no_args_is_help=True)


@inquiry.command("open")
def inquiry_open(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    who: Annotated[str, typer.Option("--who", help="Which of us inquires.")], now: Now = None,
) -> None:  # fmt: skip
    """Records who looks into it; a note tells by when they are to say what they found."""
    from triage.ruling import Ruling

    record_decision(settings_at(settings), Ruling("inquire", clock(now), whose(by), reason, frozenset(), to=whose(who)), contact)


@inquiry.command("close")
def inquiry_close(
    contact: Contact, settings: SettingsFile, by: By,
    found: Annotated[str, typer.Option("--found", help="What was found out, on both sides, in a sentence or two.")],
    which: Annotated[str, typer.Option("--inquiry", help="Its id; needed if several are open.")] = "", now: Now = None,
) -> None:  # fmt: skip
    """Records what an inquiry has found. What follows from it is a decision of its own, also to do nothing."""
    from triage.ruling import Ruling

    record_decision(
        settings_at(settings), Ruling("inquiry-closed", clock(now), whose(by), found, frozenset(), about=which), contact
    )


def senior(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    to: Annotated[str, typer.Option("--to", help="Which senior; all who may restrict, if left out.")] = "", now: Now = None,
) -> None:  # fmt: skip
    """Asks a senior to look. A note waits for them until one of them has decided something."""
    from triage.ruling import Ruling

    record_decision(settings_at(settings), Ruling("senior", clock(now), whose(by), reason, frozenset(), to=whose(to)), contact)


def hand_over(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    relieved: Annotated[str, typer.Option("--from", help="Which of us steps back.")],
    to: Annotated[str, typer.Option("--to", help="Which of us takes over.")], now: Now = None,
) -> None:  # fmt: skip
    """Records that a colleague takes over. That the customer writes to them from then on is held against nobody."""
    from triage.ruling import Ruling

    ruling = Ruling("hand-over", clock(now), whose(by), reason, frozenset(), to=whose(to), relieved=whose(relieved))
    record_decision(settings_at(settings), ruling, contact)


def department(
    contact: Contact, settings: SettingsFile, by: By,
    name: Annotated[str, typer.Argument(help="The department, such as repairs.")],
    told: Annotated[str | None, typer.Option("--told", help="The day on which it was told; today, if left out.")] = None,
    read: Annotated[str | None, typer.Option("--read", help="The day on which somebody there said that they had read it.")] = None,
    restriction: About = None, now: Now = None,
) -> None:  # fmt: skip
    """Records that a department was told of a restriction, or has read it. `triage register --for-departments` prints what it may be told."""
    from triage.ruling import Ruling

    chosen, at = settings_at(settings), clock(now)
    zone = chosen.organisation.time_zone
    given, seen = (first_moment(day_given(option, text), zone) for option, text in (("--told", told), ("--read", read)))
    words = "read what it was told of the restriction" if seen else "was told of the restriction"
    ruling = Ruling(
        "department", at, whose(by), f"{name} {words}", frozenset(), about=restriction or "", to=name, told=given or (None if seen else at),
        received=seen,
    )  # fmt: skip
    record_decision(chosen, ruling, contact)


def withdraw(
    contact: Contact, settings: SettingsFile, by: By, reason: Reason,
    incident: Annotated[str, typer.Argument(help="Its id, or the first eight characters of it.")], now: Now = None,
) -> None:  # fmt: skip
    """Takes back an incident that was written down wrongly: it counts against nobody any more, and stays on record as taken back."""
    from triage.ruling import Ruling

    record_decision(
        settings_at(settings), Ruling("withdraw", clock(now), whose(by), reason, frozenset(), about=incident), contact
    )


def join(app: typer.Typer) -> None:
    """Adds these commands to the program's."""
    app.command()(warn)
    app.command("no-action")(no_action)
    app.command()(refer)
    app.command()(terminate)
    app.command()(incident)
    app.command()(senior)
    app.command("hand-over")(hand_over)
    app.command()(department)
    app.command()(withdraw)
    app.add_typer(inquiry, name="inquiry")
    app.add_typer(hold, name="hold")
    app.add_typer(appeal, name="appeal")
