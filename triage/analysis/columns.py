"""Every table and every column: its type, and what it means. The frames are cast to it, and docs/data.md is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from triage.detect import ABUSE
from triage.explanation import ACTS, NAMES, SAFEGUARD_NAMES
from triage.finding import KINDS

Type = Literal["text", "whole", "number", "yes/no", "time"]
_DTYPES: Mapping[Type, str] = {
    "text": "str", "whole": "int64", "number": "float64", "yes/no": "bool", "time": "datetime64[us, UTC]",
}  # fmt: skip
_EMPTY: Mapping[Type, Any] = {"text": "", "whole": 0, "number": float("nan"), "yes/no": False, "time": None}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    meaning: str
    personal: bool = False
    """Holds words or names of people; empty unless names were asked for."""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    row: str
    """What one row is."""
    columns: tuple[Column, ...]

    def frame(self, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
        """The rows in the types of the dictionary; a column that a row lacks is empty there. Raises KeyError for one too many."""
        given = list(rows)
        known = {column.name for column in self.columns}
        if extra := {name for row in given for name in row} - known:
            raise KeyError(f"{self.name}: no such column: {', '.join(sorted(extra))}")
        made = {}
        for column in self.columns:
            values = [row.get(column.name, _EMPTY[column.type]) for row in given]
            if column.type == "time":
                made[column.name] = pd.Series(pd.to_datetime(values, utc=True, format="ISO8601")).dt.as_unit("us")
            else:
                made[column.name] = pd.Series(values, dtype=_DTYPES[column.type])
        return pd.DataFrame(made)


def _table(name: str, row: str, *columns: tuple[str, Type, str] | tuple[str, Type, str, bool]) -> Table:
    return Table(name, row, tuple(Column(*one) for one in columns))


_WHO = "pseudonym of the contact: one person behind one or several addresses"
_MATTER = 'pseudonym of the matter; "" where the mail belongs to none, or to one in which no contact wrote in person'
_TEAM = "name of the mailbox in the settings (the word after mailbox:), which stands for the team that reads it"
_MESSAGE = "pseudonym of the mail, the same in every table"

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        _table(
            "messages",
            "one mail, from or to us; a mail that lies in two mailboxes counts once",
            ("message", "text", _MESSAGE),
            ("contact", "text", _WHO + '; "" for a mail of no contact, or of one who never wrote in person (only a machine did, or only we)'),
            ("matter", "text", _MATTER),
            ("team", "text", _TEAM),
            ("by", "text", "who wrote it: contact, staff, or machine (an automatic mail, RFC 3834)"),
            ("sender", "text", "pseudonym of the address it came from"),
            ("sent_at", "time", "the Date header where it is plausible, else the time of arrival; UTC"),
            ("day", "text", "the day it was sent, in the zone of `zone`, as 2025-03-31"),
            ("weekday", "whole", "0 Monday to 6 Sunday, in the zone of `zone`"),
            ("hour", "whole", "0 to 23, in the zone of `zone`"),
            ("zone", "text", "the organisation's time zone, the same in every row: time_zone of the settings, such as Europe/London; UTC where they name none"),
            ("words", "whole", "number of the sender's own words, without quotations and signature"),
            ("language", "text", "en, other, or short (too few words to tell)"),
            ("phone", "yes/no", "its signature says that it was written on a telephone"),
            ("to_person", "yes/no", "addressed to one of us by name, not to a shared mailbox"),
            ("attachments", "whole", "number of attachments"),
            ("authenticity", "text", "what our server found about the sender: pass, fail or unknown (RFC 8601)"),
            ("part", "text", ("for a contact's mail: opens (the first of its matter), in time (we still had time to answer), our silence "
             '(we were late), after answer (we had answered, or it only presses on an answered question), accepts (thanks, nothing asked); else ""')),
            ("held", "yes/no", "lies in the hold folder now: under a restriction in force, or as one abusive mail that is left without a reply"),
            ("restriction", "text", ("for a contact's mail: what a restriction of this contact had to do with it that was in force when it was sent: covers (it is about "
             'what is restricted), other (one was in force, and the mail is about something else, or from another address or to another mailbox than it binds), "" (none was)')),
            ("subject", "text", "the Subject header", True),
            ("own", "text", "the sender's own words", True),
        ),
        _table(
            "recipients",
            ("one of us whom one mail names in To or Cc: a colleague, a shared mailbox, or a supplier; whoever else it names is left out. A blind copy "
             "stands in no mail: where a mail was found, `team` of `messages` says"),
            ("message", "text", _MESSAGE),
            ("contact", "text", _WHO + ', as in `messages`; "" for a mail of no contact'),
            ("sent_at", "time", "when the mail was sent, UTC"),
            ("by", "text", "who wrote it: contact, staff or machine, as in `messages`"),
            ("field", "text", "to or cc; to where both name the same address"),
            ("recipient", "text", "colleague (any address at our domains or named under staff in the settings that is no shared mailbox: mostly a person, but a list or an alias stands here too), mailbox (a shared one of the settings), or supplier (works for us, and is none of us)"),
            ("staff", "text", 'pseudonym of the colleague or supplier, the same as in `answers` and `exposure`; "" for a mailbox'),
            ("department", "text", 'of a mailbox, its name in the settings. Of a colleague it is inferred, as no setting says it: the mailbox in which most mails of this colleague to contacts lie; "" for whoever wrote none'),
            ("roles", "text", 'what the settings name this colleague for under [deciders], with commas between: warn, restrict, appeal, terminate; "" for whoever they do not name, so empty everywhere where that section is left out'),
        ),
        _table(
            "contacts",
            "one person who wrote to us",
            ("contact", "text", _WHO),
            ("stage", "text", "clear, watch, warn, restrict or held (below), as concluded last"),
            ("safeguards", "text", "the safeguards that forbid a restriction now (below), with commas between"),
            ("addresses", "whole", "number of addresses known to be this person's"),
            ("mails", "whole", "number of mails from this person"),
            ("matters", "whole", "number of matters"),
            ("first_at", "time", "the first mail, UTC"),
            ("last_at", "time", "the last mail, UTC"),
            ("team", "text", "the mailbox most of the mails went to"),
            ("language", "text", "en or other, by most of the mails that can be told; short where none can"),
            ("phone", "yes/no", "at least half of the mails were written on a telephone"),
            ("adjustment", "yes/no", "told of a disability, or asked to be dealt with in another way because of one"),
            ("welfare", "yes/no", "at least one mail speaks of a risk to somebody's welfare"),
            ("our_fault", "number", "share of this person's matters that we answered late or not at all, 0 to 1"),
            ("points", "number", "what all findings that count weigh together (triage/decision.py); a warning is proposed from 4 on"),
            ("as_of", "time", "the moment at which this was concluded, UTC"),
            ("names", "text", "display names and addresses, with commas between", True),
        ),
        _table(
            "matters",
            "one matter: messages about the same thing",
            ("matter", "text", "pseudonym of the matter"),
            ("contact", "text", _WHO + "; of several, the first who wrote in person"),
            ("contacts", "whole", "number of contacts who write about it"),
            ("team", "text", _TEAM + "; of the first mail"),
            ("subject_word", "text", 'what it is about in one word: of the subject, the word that most contacts used; "" if fewer than 5 did'),
            ("same_subject", "text", 'pseudonym of the contact with the subject of the first mail: matters that share it may be one matter, which the program took for two; "" without a subject'),
            ("state", "text", ("open (not dealt with), answered (an answer dealt with it, and the contact may have written again since: whether that waits for us "
             "is told by waiting_since and overdue), or closed (answered, and we called it our last word, asked not to write about it any more, or put on record that it is dealt with)")),
            ("opened_at", "time", "the contact's first mail, UTC"),
            ("last_at", "time", "the last mail, from either side, UTC"),
            ("mails", "whole", "number of mails from contacts"),
            ("replies", "whole", "number of mails from us that a person wrote, answers or not"),
            ("answers", "whole", "number of mails from us that really deal with it"),
            ("first_answer_at", "time", "the first of these, UTC"),
            ("hours_to_answer", "number", "hours by the clock (nights and weekends too) from opening to the first answer"),
            ("deadline", "time", "when the time to answer the first mail was up, by the rule of deadline_rule; as a moment in UTC"),
            ("deadline_rule", "text", ("service_standard (of the settings: working days are Monday to Friday without the holidays the settings name; days run to the end of the "
             "last one in their time_zone; hours are exact), or, where the settings promise nothing, overdue_days (of the policy pack: days × 7/5 of 24 hours each, for the weekends; no holidays)")),
            ("late", "yes/no", "answered_late or never_answered: no answer by the deadline; false where the first mail still has time"),
            ("answered_late", "yes/no", "there is an answer, and the first came after the deadline"),
            ("never_answered", "yes/no", "no answer so far, and the deadline has passed"),
            ("our_silence", "whole", "number of the contact's further mails sent while we were late with an answer"),
            ("after_answer", "whole", ("number of the contact's mails whose `part` is after answer: without mere thanks, and without those sent while we were late again; "
             "what came although we had answered and owed nothing")),
            ("since_first_answer", "whole", "number of all mails of the contact sent after first_answer_at, thanks and our silence included: by the clock alone; 0 where there is no answer"),
            ("waiting_since", "time", "when the mail that waits for us now was sent, UTC; the first one, or one after an answer; empty when none waits"),
            ("overdue", "yes/no", "that mail has waited longer than deadline_rule allows; true beside state answered where the contact wrote again after the answer and nobody replied"),
            ("title", "text", "subject of its first mail", True),
        ),
        _table(
            "answers",
            "one mail from us to a contact, written by a person",
            ("message", "text", _MESSAGE),
            ("contact", "text", _WHO),
            ("matter", "text", _MATTER),
            ("team", "text", _TEAM),
            ("staff", "text", "pseudonym of the colleague"),
            ("sent_at", "time", "UTC"),
            ("is_answer", "yes/no", "really deals with the matter"),
            ("why_not", "text", "why it is no answer, in our words (an acknowledgement, a promise …)"),
            ("doubted", "yes/no", "taken for no answer though its words sound like one: it may be about something else, or reads like a letter that puts off; a person may well see an answer in it"),
            ("does", "text", "what else it does, with commas between: warning, restriction, stop (asks not to write about it any more), lifts, decides an appeal; looked for where something was found of the contact"),
            ("asked_at", "time", "when the mail that had waited longest was sent, UTC; empty when nobody waited"),
            ("hours_waited", "number", "hours by the clock from then to this mail"),
            ("late", "yes/no", "the deadline of the mail that waited had passed"),
        ),
        _table(
            "findings",
            "one kind of conduct, or of protection, seen on one mail",
            ("message", "text", _MESSAGE),
            ("contact", "text", _WHO),
            ("matter", "text", _MATTER),
            ("team", "text", _TEAM),
            ("sent_at", "time", "when the mail was sent, UTC"),
            ("kind", "text", "threat, abuse, repeat, welfare …; all of them below"),
            ("family", "text", "conduct (what the mail says), demand (what it asks), pattern (what many mails show) or protective (what protects the writer)"),
            ("abusive", "yes/no", "the kind is one of abusive or threatening words: " + ", ".join(sorted(ABUSE)) + "; every other kind of conduct is about something else"),
            ("clause", "text", 'the clause of the policy, such as 004/UD5; "" when it has none'),
            ("strength", "number", "how sure the program is, 0 to 1; not how bad it is"),
            ("severity", "text", "advisory (shown, never counted), ordinary, serious or grave"),
            ("sure", "yes/no", "strength of 0.5 or more"),
            ("counts", "yes/no", "may move the contact's stage: sure, not advisory, not protective, the contact's own, not dismissed; that people agreed raises nothing, so a finding that is not sure does not count whatever verdict says"),
            ("by_staff", "yes/no", "about a mail of ours, where the policy binds both sides"),
            ("verdict", "text", ('what people said of the mail, not of this finding: agree, dismiss, or "" (nobody said anything, or took it back). It stands beside every finding on the mail, '
             'also those that are not sure (to judge the program, take the rows that are sure) and the protective ones, from which a dismissal takes nothing')),
            ("reason", "text", "one sentence: what was seen", True),
            ("quotes", "text", "the words that show it, with a stroke between", True),
        ),
        _table(
            "decisions",
            ("one decision of ours: a verdict on one mail, by moving or labelling it or its note, or what was put on record about a contact. A restriction that only our "
             "letter told of stands in `holds` with `recorded` false, and has neither a restrict nor a lift here (so it is with all of `triage demo --year`)"),
            ("number", "whole", "its number in the journal"),
            ("at", "time", "when the program saw it, UTC"),
            ("team", "text", 'the mailbox in which a verdict was given; "" for what was decided about a contact'),
            ("by", "text", 'pseudonym of whoever decided about a contact, or answered a note by mail; "" for a mail moved, as IMAP does not say by whom'),
            ("choice", "text", "agree, dismiss, or open (taken back); about a contact: warn, restrict, renew, lift, appeal, appeal-decided, no-action … (below)"),
            ("on", "text", "note (a proposal was judged), mail, or contact"),
            ("outcome", "text", "of an appeal that was decided: allowed, varied or refused"),
            ("message", "text", _MESSAGE + ': the mail a verdict is about; "" else'),
            ("contact", "text", _WHO),
            ("kinds", "text", "the kinds of finding on that mail, with commas between"),
            ("days_after", "number", "days from the mail to the verdict"),
        ),
        _table(
            "holds",
            "one restriction that staff told a contact of, by a letter or on record, in force or over",
            ("entry", "text", "its id in the register, where whoever may read that finds all of it"),
            ("contact", "text", _WHO),
            ("team", "text", _TEAM + "; of the notice"),
            ("decided_by", "text", "pseudonym of the colleague who sent the notice"),
            ("start", "time", "UTC"),
            ("until", "time", "its last moment, UTC: as the notice or the record names it, or an appeal shortened it; where nobody named one, restriction_days of the pack after the start"),
            ("ended_early", "time", "when a person ended or replaced it, UTC; empty when nobody did"),
            ("ended", "time", "when it really ended, UTC: the earlier of until and ended_early; empty while that is still to come"),
            ("in_force", "yes/no", "now: at the time of concluding (as_of in `contacts`)"),
            ("days", "number", "days from start to until"),
            ("kind", "text", "no-reply, limited-subjects or number-per-period (these hold mail), one-reader, written-only or representative-only (these move none)"),
            ("recorded", "yes/no", "who decided and why is on record (a row of `decisions` says restrict); if not, it is known by our letter alone"),
            ("message", "text", _MESSAGE + ': our mail that told of it; "" where that went another way'),
            ("matters", "whole", "number of matters it covers"),
            ("covers", "text", "their pseudonyms, with a comma and a space between"),
            ("mails_held", "whole", "number of the contact's mails that lie in the hold folder now"),
            ("mails_during", "whole", "number of the contact's mails that it covered while it was in force: on these matters, held or not"),
            ("mails_other", "whole", "number of the contact's further mails while it was in force, which it did not cover"),
            ("other_matters", "whole", "number of matters it does not cover in which the contact wrote while it was in force"),
            ("other_answered", "whole", "how many of these we answered after the first such mail"),
            ("appeal_offered", "yes/no", "the notice says how to appeal"),
            ("appeals", "whole", "number of mails that appeal, from its start to 30 days after its end, or of appeals on record where that is more"),
            ("outcome", "text", "of the appeals: none (no appeal), open (not decided), lifted, varied, or stands"),
            ("notice", "text", "the sentence of the notice that states it", True),
        ),
        _table(
            "exposure",
            ("one of us and one mail with insults, threats, profanity or the like in it that this colleague had to read. Only findings of conduct that stand are "
             "here: sure (strength of 0.5 or more), about the contact's own words, and not dismissed by anybody; falsehood and off_topic are left out, as they "
             "are no strain to read. A hostile tone is here and never counts against anybody; for only what does, take the rows where `counts`"),
            ("staff", "text", 'pseudonym of the colleague; "" for somebody of the team who read it and did not answer'),
            ("team", "text", _TEAM),
            ("message", "text", _MESSAGE),
            ("contact", "text", _WHO),
            ("sent_at", "time", "when the mail was sent, UTC"),
            ("kind", "text", "the gravest kind on that mail: threat, abuse, profanity …"),
            ("abusive", "yes/no", "abusive or threatening words, as in `findings`, stand on that mail; its gravest kind may be another"),
            ("severity", "text", "its severity: advisory (shown, never counted), ordinary, serious or grave"),
            ("counts", "yes/no", "a finding of conduct on that mail may move the contact's stage, as in `findings`"),
            ("how", "text", "addressed (the mail names this colleague in To or Cc), answered (wrote the next mail of ours in the matter), or unknown"),
            ("named_in", "text", 'for addressed, the `field` of `recipients`: to, or cc (only copied in); else ""'),
        ),
        _table(
            "incidents",
            "one thing that happened by another way than e-mail, as one of us wrote it down (triage incident) and nobody took it back",
            ("incident", "text", "pseudonym of the incident"),
            ("contact", "text", _WHO + '; "" for somebody whose mail is no longer kept, or who never wrote'),
            ("channel", "text", "telephone, visit, letter, social media …; other for words that might tell who it was"),
            ("kind", "text", "a kind of finding, or other; what people say they saw, not what the program found"),
            ("clause", "text", 'the clause of the policy it falls under; "" when none was named'),
            ("happened_on", "time", "the first moment of the day on which it happened, UTC"),
            ("written_at", "time", "when it was written down, UTC"),
            ("staff", "text", "pseudonym of the colleague who wrote it down"),
            ("witnessed", "yes/no", "that colleague only saw it happen to somebody else"),
            ("what_happened", "text", "what was seen and heard", True),
            ("effect", "text", "what it did to whoever met it", True),
        ),
    )
}  # fmt: skip


def dictionary() -> str:
    """The data dictionary as Markdown: docs/data.md."""
    lines = [
        "# The tables for analysts", "",
        "What `triage.analysis` reads from the ledger, and `triage export --parquet` writes. This page is made from",
        "`triage/analysis/columns.py`, and a test keeps the two and the tables themselves alike.", "",
        "People, matters, mails and colleagues bear **pseudonyms**: the same one in every table and every time, made with a secret key",
        "that lies beside the ledger. Whoever has the key and a list of addresses can tell who is who, so keep it as you keep the ledger;",
        "whoever has not cannot. Times are exact, so take care where few people are left in a group. Columns marked *personal* are empty",
        "unless names were asked for (`names='why they are needed'`, or `--names REASON`), and each time that is written into the journal.", "",
        "Tables are joined over `message`, `contact` and `matter`: whatever stands there has a row in the table of that name, or is empty.",
        "A text is never missing, only empty; a time can be missing (NaT), and",
        "so can a number (NaN). What the tables say of conduct is what the program saw, and it is wrong at times: `verdict` and",
        "`strength` belong into every figure about people.", "",
    ]  # fmt: skip
    for table in TABLES.values():
        lines += [f"## {table.name}", "", f"One row: {table.row}.", "", "| Column | Type | Meaning |", "|---|---|---|"]
        for column in table.columns:
            note = " *Personal.*" if column.personal else ""
            lines.append(f"| `{column.name}` | {column.type} | {column.meaning}.{note} |")
        lines.append("")
    lines += _words()
    return "\n".join(lines).rstrip() + "\n"


_STAGES = {
    "clear": "nothing to act on", "watch": "something was seen, but no pattern that calls for a step", "warn": "the policy calls for a warning",
    "restrict": "a restriction may be considered, and no safeguard forbids it", "held": "a restriction is in force",
}  # fmt: skip

_NEAR = {
    "restriction": "a decision, told to the contact: on certain matters we do not reply for a time (or otherwise, by its `kind`); one row of `holds`",
    "hold": "what most restrictions do to mail: what comes about these matters goes into the hold folder and is read there; never welfare, rights, appeals, adjustments or anything new",
    "`held` of a mail": "it lies in that folder now; once the restriction is over nothing does, so for the past take `restriction` of `messages`",
    "`held` of a contact": "the `stage` while a restriction is in force",
}


def _words() -> Iterator[str]:
    """What the words in the cells mean, from the places where the program itself has them."""
    yield from (
        "## What the words mean",
        "",
        "`kind` of a finding (README.md says how they are found, the policy pack what follows):",
        "",
    )
    yield from ("| Kind | Family | Abusive or threatening words | Seen on a mail |", "|---|---|---|---|")
    yield from (f"| `{kind}` | {family} | {'yes' if kind in ABUSE else ''} | {NAMES[kind]} |" for kind, family in KINDS.items())
    yield from ("", "Words that are near each other:", "", "| Word | Meaning |", "|---|---|")
    yield from (f"| {word} | {meaning} |" for word, meaning in _NEAR.items())
    yield from ("", "`stage` of a contact:", "", "| Stage | Meaning |", "|---|---|")
    yield from (f"| `{stage}` | {meaning} |" for stage, meaning in _STAGES.items())
    yield from ("", "`safeguards` that forbid a restriction while they stand:", "", "| Safeguard | Meaning |", "|---|---|")
    yield from (f"| `{name}` | {meaning} |" for name, meaning in SAFEGUARD_NAMES.items())
    yield from ("", "`choice` of a decision about a contact:", "", "| Choice | Meaning |", "|---|---|")
    yield from (f"| `{act}` | {meaning} |" for act, meaning in ACTS.items())
