"""The commands that put right what the program has read wrongly: the same orders as an answer to a note gives, for where there is no
note. Each goes through the one door, with the same roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from triage.decision_commands import By, Overrides, Reason, record_decision, set_aside, whose
from triage.errors import Permanent
from triage.options import Contact, DryRun, Now, SettingsFile, clock, ledger_of, settings_at

if TYPE_CHECKING:
    from pathlib import Path

    from triage.ruling import Act, Ruling

Mail = Annotated[str, typer.Argument(help="A Message-ID, with or without angle brackets.")]
Other = Annotated[str, typer.Argument(help="The other address.")]

correct = typer.Typer(help="Puts right what was read wrongly, as an answer to a note does.", no_args_is_help=True)


def _of_mail(act: Act, mail: str, settings: Path, by: str, reason: str, now: str | None, *, dry: bool) -> None:
    """Records an act about one mail; whose it is says the mail itself."""
    from triage.message import Message
    from triage.ruling import Ruling

    chosen = settings_at(settings)
    message_id = f"<{mail.strip().strip('<>')}>"
    with ledger_of(chosen) as ledger:
        found = [one for one in ledger.messages(ledger.keys_by_message_id(message_id)) if isinstance(one, Message)]
    staff = chosen.directory()
    people = [(one, each) for one in found for each in staff.outside(one)]
    if not people:
        raise Permanent(f"no mail to or from a customer has the id {message_id}; `triage matters` shows which are known")
    told, who = people[0]
    ruling = Ruling(act, clock(now), whose(by), reason, frozenset(), mails=(told.key,))
    _kept(record_decision(chosen, ruling, who, dry=dry), who, dry=dry)


def _of_person(
    act: Act, contact: str, other: str, settings: Path, by: str, reason: str, now: str | None, *, dry: bool,
    override: list[str] | None = None,
) -> None:  # fmt: skip
    from triage.ruling import Ruling

    ruling = Ruling(
        act, clock(now), whose(by), reason, frozenset(), others=frozenset({whose(other)}), overrides=set_aside(override)
    )
    _kept(record_decision(settings_at(settings), ruling, contact, dry=dry), contact, dry=dry)


def _kept(kept: Ruling, contact: str, *, dry: bool) -> None:
    if not dry:
        print(f"  it is in effect from the next pass on; to take it back: triage correct take-back {contact} {kept.id[:12]} …")


@correct.command("not-same-matter")
def not_same_matter(mail: Mail, settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False) -> None:
    """A mail is about something else than the matter it was put to."""
    _of_mail("split", mail, settings, by, reason, now, dry=dry_run)


@correct.command("same-matter")
def same_matter(mail: Mail, settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False) -> None:
    """A mail that was said to be about something else belongs to its old matter after all."""
    _of_mail("rejoin", mail, settings, by, reason, now, dry=dry_run)


@correct.command("close")
def close(mail: Mail, settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False) -> None:
    """The matter of a mail was dealt with; --reason says what was done."""
    _of_mail("close", mail, settings, by, reason, now, dry=dry_run)


@correct.command("reopen")
def reopen(mail: Mail, settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False) -> None:
    """The matter of a mail was not dealt with, and an answer is owed."""
    _of_mail("reopen", mail, settings, by, reason, now, dry=dry_run)


@correct.command("same-person")
def same_person(
    contact: Contact, other: Other, settings: SettingsFile, by: By, reason: Reason, override: Overrides = None, now: Now = None,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Two addresses are one person's, for a restriction too; for whoever may restrict."""
    _of_person("same-person", contact, other, settings, by, reason, now, dry=dry_run, override=override)


@correct.command("not-same-person")
def not_same_person(
    contact: Contact, other: Other, settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False
) -> None:
    """Two addresses are two people's, whatever the mails show."""
    _of_person("not-same-person", contact, other, settings, by, reason, now, dry=dry_run)


@correct.command("take-back")
def take_back(
    contact: Contact, correction: Annotated[str, typer.Argument(help="The id that was printed, or its beginning.")],
    settings: SettingsFile, by: By, reason: Reason, now: Now = None, dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Takes one of these back; that it was said stays on record."""
    from triage.record import rulings
    from triage.ruling import Ruling

    chosen = settings_at(settings)
    with ledger_of(chosen) as ledger:
        meant = [one.id for one in rulings(ledger) if len(correction) >= 8 and one.id.startswith(correction.lower())]
    if len(meant) != 1:
        raise Permanent(f"no single correction has an id that begins with {correction}; give at least eight characters of it")
    record_decision(chosen, Ruling("undo", clock(now), whose(by), reason, frozenset(), about=meant[0]), contact, dry=dry_run)


def join(app: typer.Typer) -> None:
    """Adds these commands to the program's."""
    app.add_typer(correct, name="correct")
