"""What we ourselves left undone or said badly, for the manager of those it names and nobody else (003/0, 004/RS2, S14).

It stands in no note, no digest, no register and no evidence about a customer: those lie where colleagues and customers may see them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from triage.explanation import NAMES, clause_words, counted, day
from triage.finding import SURE
from triage.ledger import Ledger
from triage.message import Message
from triage.policy import Pack

Row = Mapping[str, Any]

HEAD = "Confidential: for the manager of those it names. Before it is held against anybody, read the mail and hear them."


def lines(ledger: Ledger, pack: Pack) -> Iterator[str]:
    """Answers that are late, mails of ours that were no answer, and our own words where the policy binds us too."""
    rows = ledger.conclusions()
    names = {row["id"]: ", ".join(row["names"][:1] or row["addresses"][:1]) for row in rows.contacts}
    yield HEAD
    yield ""
    late = sorted((row for row in rows.matters if row["overdue"]), key=lambda row: row["deadline"])
    yield "Answers that are late" if late else "No answer is late."
    for row in late:
        yield f"  due {day(row['deadline'])}, waiting since {day(row['waiting_since'])}: {row['title']} ({names[row['contact']]})"
    why = Counter(reason for row in rows.matters for reason in row["no_answer"].values())
    if why:
        yield ""
        yield "Mails of ours that did not answer what was asked"
        yield from (f"  {counted(count, 'mail')}: {reason}" for reason, count in why.most_common())
    yield from _passed_over(rows.matters, names)
    yield ""
    yield from _words(ledger, rows.findings, pack)


def _passed_over(matters: Sequence[Row], names: Mapping[str, str]) -> Iterator[str]:
    """Questions that no answer speaks of, and mails of ours that do not agree with each other."""
    open_ = [(row, one) for row in matters for one in row.get("left_open", ())]
    if open_:
        yield ""
        yield "What was asked and no answer speaks of, as far as words show it"
        yield from (f'  {row["title"]} ({names[row["contact"]]}): "{" ".join(one["text"].split())}"' for row, one in open_)
    unlike = [(row, one) for row in matters for one in row.get("disagreements", ())]
    if unlike:
        yield ""
        yield "Mails of ours that do not agree (perhaps because things had changed)"
        for row, one in unlike:
            yield f"  {row['title']} ({names[row['contact']]}): {' or '.join(one['differ'])}"
            yield from (f'    {day(each["at"])}: "{each["text"]}", in {each["message_id"]}' for each in one["statements"])


def _words(ledger: Ledger, findings: Sequence[Row], pack: Pack) -> Iterator[str]:
    if not pack.binds_both_sides:
        yield f"The {pack.title} binds customers only, so our own words were not looked at."
        return
    found = {row["message_key"]: row for row in findings if row["by_staff"] and row["strength"] >= SURE}
    mails = [mail for mail in ledger.messages(sorted(found)) if isinstance(mail, Message)]
    yield "Our own words" if mails else "Nothing was found in our own words."
    by_whom = sorted(mails, key=lambda mail: (mail.sender.email, mail.sent_at))
    for who, theirs in groupby(by_whom, key=lambda mail: mail.sender.email):
        yield f"  {who}"
        for mail in theirs:
            for row in (row for row in findings if row["message_key"] == mail.key and row["by_staff"]):
                kind = row["kind"]
                yield f"    {day(mail.sent_at)}: {NAMES[kind]} ({clause_words(row['clause'], pack, kind)}), in {mail.message_id}"
                yield from (f'      "{" ".join(quote["text"].split())}"' for quote in row["quotes"])
