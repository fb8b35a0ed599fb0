"""The commands that put on paper what is on file: letters, the register, the evidence about one contact, the journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from triage.decision_commands import Overrides, set_aside
from triage.errors import Misconfigured
from triage.options import Contact, Now, SettingsFile, clock, day_given, last_moment, ledger_of, settings_at


def letter(
    kind: Annotated[
        str,
        typer.Argument(
            help="expectations, warning, restriction, review, ending, appeal-outcome, mediation, police-referral, termination"
        ),
    ],
    contact: Contact,
    settings: SettingsFile,
    signed: Annotated[str, typer.Option(help="Who signs it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a sentence that stands in the letter.")] = "",
    until: Annotated[str | None, typer.Option(help="The last day of what it tells of, as 2026-06-30.")] = None,
    override: Overrides = None,
    measure: Annotated[
        str, typer.Option("--kind", help="Of a restriction: no-reply, written-only and so on, as in `triage hold start`.")
    ] = "",
    number: Annotated[int, typer.Option(help="For number-per-period: so many mails …")] = 0,
    days: Annotated[int, typer.Option(help="… in so many days are answered.")] = 0,
    reader: Annotated[str, typer.Option(help="For one-reader: who alone answers.")] = "",
    why: Annotated[str, typer.Option("--why", help="Of the end of a service: conduct, non-payment or other-breach.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Lay it into the Drafts folder instead of printing it.")] = False,
    now: Now = None,
) -> None:
    """Drafts a letter from what is on file: printed, or laid into Drafts. It is never sent: a person does that."""
    from triage.correspondence import Terms
    from triage.correspondence import draft as drafted
    from triage.letter import KINDS
    from triage.ruling import KINDS as MEASURES
    from triage.ruling import Ground

    if kind not in KINDS:
        raise Misconfigured([f"there is no letter {kind!r}; write one of {', '.join(KINDS)}"])
    if measure and measure not in MEASURES:
        raise Misconfigured([f"--kind: there is no kind {measure!r}; write one of {', '.join(MEASURES)}"])
    chosen, at = settings_at(settings, connecting=draft), clock(now)
    grounds: tuple[Ground, ...] = get_args(Ground)
    if why and why not in grounds:
        raise Misconfigured([f"--why: {why!r} is none; write {', '.join(grounds)}"])
    ground = next((one for one in grounds if one == why), None)
    terms = Terms(next((one for one in MEASURES if one == measure), None), number, days, reader, ground)
    end = last_moment(day_given("--until", until), chosen.organisation.time_zone)
    aside = {one.gate for one in set_aside(override) if one.reason}
    with ledger_of(chosen) as ledger:
        one = drafted(kind, contact, ledger, chosen, at, signed=signed, reason=reason, until=end, aside=aside, terms=terms)
        if draft:
            from triage.drafting import lay

            print(f"laid into {lay(one, ledger, chosen, at)}; nothing was sent")
            return
    print(f"To: {one.to or 'nobody outside'}\nSubject: {one.subject}\n\n{one.body}", end="")


def register(
    settings: SettingsFile,
    form: Annotated[str, typer.Option("--form", help="text, csv (safe to open in a spreadsheet), html or json.")] = "text",
    departments: Annotated[
        bool, typer.Option("--for-departments", help="Only what other departments may be told of restrictions in force.")
    ] = False,
    now: Now = None,
) -> None:
    """The register: who is restricted, how, since when, until when, why and by whom, and every other decision."""
    from triage import register as book
    from triage.cycle import conclude

    chosen, at = settings_at(settings), clock(now)
    with ledger_of(chosen) as ledger, ledger.scratch_copy() as scratch:
        conclude(chosen, scratch, at)
        found = book.rows(scratch, chosen.pack(), at)
    found = book.departments(found) if departments else found
    title = f"{chosen.organisation.name}: register of restrictions"
    match form:
        case "text":
            shown = book.as_text(found)
        case "csv":
            shown = book.as_csv(found)
        case "html":
            shown = book.as_html(found, title, at)
        case "json":
            shown = book.as_json(found)
        case _:
            raise Misconfigured([f"--form: there is no form {form!r}; write text, csv, html or json"])
    print(shown, end="")


def evidence(
    contact: Contact,
    settings: SettingsFile,
    folder: Annotated[Path, typer.Option(help="An empty folder to write into, or one to be made.")],
    until: Annotated[str | None, typer.Option(help="The last day that counts, as 2026-06-30: the day of the decision.")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="A PDF of the chronology as well, to print or to hand over.")] = False,
    now: Now = None,
) -> None:
    """The evidence about one contact: mails as they arrived, their hashes, and a chronology of both sides up to a day."""
    from triage.dossier import write

    chosen, at = settings_at(settings, connecting=True), clock(now)
    cut_off = last_moment(day_given("--until", until), chosen.organisation.time_zone)
    with ledger_of(chosen) as ledger:
        missing = write(contact, folder, ledger, chosen, at, cut_off, paper=pdf)
    for words in missing:
        print(f"note: {words}", file=sys.stderr)
    made = f"{folder / 'chronology.html'}{', chronology.pdf' if pdf else ''}"
    print(f"written: {made}, the mails beside it, and hashes.txt (sha256sum -c hashes.txt checks them)")


def journal(
    settings: SettingsFile,
    deed: Annotated[str, typer.Argument(help="verify: checks it; head: prints what to keep outside.")] = "verify",
    anchor: Annotated[
        str | None, typer.Option(help="What head printed earlier: NUMBER:HASH. Then cutting off the end shows too.")
    ] = None,
) -> None:
    """Checks that the journal of what people decided and what was done is whole, and the papers that belong to it."""
    from triage.explanation import day
    from triage.record import lost_papers

    if deed not in ("verify", "head"):
        raise Misconfigured([f"there is nothing to {deed} in the journal; write verify or head"])
    number, _, digest = (anchor or "").partition(":")
    if anchor and not (number.isdigit() and digest):
        raise Misconfigured([f"--anchor: {anchor!r} is not what `triage journal head` printed"])
    with ledger_of(settings_at(settings)) as ledger:
        if deed == "head":
            print(":".join(map(str, ledger.head())))
            return
        bad = ledger.verify_journal((int(number), digest) if anchor else None)
        count = sum(1 for _ in ledger.entries())
        lost = lost_papers(ledger) if bad is None else ()
    if bad is not None:
        print(f"entry {bad} of the journal was changed after it was written", file=sys.stderr)
        raise typer.Exit(1)
    for one in lost:
        print(
            f"entry {one.number} of the journal ({one.kind}, {day(one.at)}, {one.actor}): its paper is gone, and no erasure took it",
            file=sys.stderr,
        )
    if lost:
        raise typer.Exit(1)
    print(f"the journal is whole: {count} entries")


def join(app: typer.Typer) -> None:
    """Adds these commands to the program's."""
    for command in (letter, register, evidence, journal):
        app.command()(command)
