"""The commands that put on paper what is on file: letters, the register, the evidence about one contact, the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.errors import Misconfigured
from triage.options import Contact, Now, SettingsFile, clock, day_given, last_moment, ledger_of, settings_at


def letter(
    kind: Annotated[str, typer.Argument(help="expectations, warning, restriction, review, ending, appeal-outcome, mediation, …")],
    contact: Contact,
    settings: SettingsFile,
    signed: Annotated[str, typer.Option(help="Who signs it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a sentence that stands in the letter.")] = "",
    until: Annotated[str | None, typer.Option(help="The last day of what it tells of, as 2026-06-30.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Lay it into the Drafts folder instead of printing it.")] = False,
    now: Now = None,
) -> None:
    """Drafts a letter from what is on file: printed, or laid into Drafts. It is never sent: a person does that."""
    from triage.correspondence import draft as drafted
    from triage.letter import KINDS

    if kind not in KINDS:
        raise Misconfigured([f"there is no letter {kind!r}; write one of {', '.join(KINDS)}"])
    chosen, at = settings_at(settings, connecting=draft), clock(now)
    end = last_moment(day_given("--until", until), chosen.organisation.time_zone)
    with ledger_of(chosen) as ledger:
        one = drafted(kind, contact, ledger, chosen, at, signed=signed, reason=reason, until=end)
        if draft:
            from triage.drafting import lay

            print(f"laid into {lay(one, ledger, chosen, at)}; nothing was sent")
            return
    print(f"To: {one.to or 'nobody outside'}\nSubject: {one.subject}\n\n{one.body}", end="")


def join(app: typer.Typer) -> None:
    """Adds these commands to the program's."""
    app.command()(letter)
