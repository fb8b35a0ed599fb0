"""Answers to questions at the command line: why this mail, who, what about, and what would change if all were concluded anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from triage import hearing, label, learning
from triage.cycle import conclude
from triage.errors import Permanent
from triage.explanation import NAMES, clause_words, counted, day, not_looked_at, number_words, stage_words
from triage.export import matters as joined_matters
from triage.finding import SURE
from triage.judgement import conclude_touched, differences, everyone, ground
from triage.ledger import Ledger
from triage.message import Message
from triage.settings import Settings
from triage.verdict import dismissed

NOTHING_READ = "nothing was read yet: run a pass first (triage once)"
MOST_NAMED = 3
"""People of one matter that are named in its line."""


def explain_message(ledger: Ledger, settings: Settings, message_id: str) -> Iterator[str]:
    """Why one mail was treated as it was. Raises Permanent when no such mail is known."""
    wanted = f"<{message_id.strip().strip('<>')}>"
    messages = ledger.messages(ledger.keys_by_message_id(wanted))
    if not messages:
        raise Permanent(f"no mail with the Message-ID {wanted} is known; run a pass first, or check the spelling")
    for one in messages:
        if isinstance(one, Message):
            yield from _explain(one, ledger, settings)
        else:
            yield f"{wanted} could not be read: {one.reason}. It lies unchanged in {one.mailbox} and counts for nothing."


def _explain(message: Message, ledger: Ledger, settings: Settings) -> Iterator[str]:
    pack = settings.pack()
    who = f"{message.sender.name} <{message.sender.email}>".strip()
    yield f"{message.subject}  {message.message_id}"
    yield f"from {who}, {day(message.sent_at)}" + (
        f" ({message.automatic}: counts as nobody's contact)" if message.automatic else ""
    )
    rows = ledger.conclusions()
    to, copied = (", ".join(one.email for one in some) for some in (message.to, message.cc))
    yield f"to {to or 'nobody named'}" + (f"; copies to {copied}" if copied else "")
    matter = next((row for row in joined_matters(rows) if message.message_id in row["messages"]), None)
    if matter:
        why = "; ".join(matter["why"].get(message.message_id, ()))
        yield f"Matter: {matter['title']} ({matter['state']}, {len(matter['messages'])} mails); linked because: {why}"
    if untold := not_looked_at(message.own):
        yield untold
    found = [row for row in rows.findings if row["message_key"] == message.key]
    yield "Findings:" if found else "Findings: none."
    for row in found:
        sure = "" if row["strength"] >= SURE else " (unsure)"
        gone = f" [{row['dismissed']}]" if row["dismissed"] else ""
        advisory = ", advisory: never counted" if row["severity"] == "advisory" else ""
        yield f"  {NAMES[row['kind']]}{sure}{gone}: {clause_words(row['clause'], pack, row['kind'])}{advisory}"
        yield f"    {row['reason']}"
        if row.get("number"):
            yield f"    {number_words(row['number'], pack)}"
        for quote in row["quotes"]:
            own = quote["message_id"] == message.message_id
            yield f'    "{" ".join(quote["text"].split())}"' + ("" if own else f" ({quote['message_id']})")
    wanted = ledger.wanted([message.key]).get(message.key)
    labels = ", ".join(wanted["labels"]) if wanted else "none"
    yield f"Labels: {labels}" + (f". Held: {'yes' if wanted and wanted['held'] else 'no'}")
    if wanted and wanted["held"]:
        for row in rows.proposals:
            if row["kind"] == "no-reply" and row["about_key"] == message.key and row["filed"]:
                yield f"  left without a reply until {day(row['until'])}: {row['filed']}. The matter stays open."
    if wanted and label.HOLD in wanted["labels"]:
        for restriction in rows.restrictions:
            if restriction["in_force"] and matter and matter["id"] in restriction["matters"]:
                until = day(restriction["until"]) if restriction["until"] else "no end date in the notice"
                yield f"  held because of the notice {restriction['notice']}, until {until}"
    for contact in rows.contacts:
        if message.sender.email in contact["addresses"]:
            yield f"Contact: {', '.join(contact['addresses'])}, {contact['messages']} mails"
            for join in contact["joins"]:
                yield f"  {join['one']} and {join['other']} are read as one person: {'; '.join(join['reasons'])}"
            yield from stage_words(contact)


def list_contacts(ledger: Ledger, stage: str | None) -> Iterator[str]:
    """A line a contact, those with the highest stage first."""
    order = ["held", "restrict", "warn", "watch", "clear"]
    if stage is not None and stage not in order:
        raise Permanent(f"--stage: there is no stage {stage!r}; the stages are {', '.join(reversed(order))}")
    every = ledger.conclusions().contacts
    if not every:
        yield NOTHING_READ
        return
    rows = [row for row in every if stage in (None, row["stage"])]
    if not rows:
        yield f"nobody is at the stage {stage}"
    for row in sorted(rows, key=lambda one: (order.index(one["stage"]), one["addresses"])):
        open_ = [check["words"] for check in row["checks"] if check["name"] in row["unmet"]]
        unmet = f"  in the way of a restriction: {'; '.join(open_)}" if open_ else ""
        yield f"{row['stage']:<9}{counted(row['messages'], 'mail'):>9}  {', '.join(row['addresses'])}{unmet}"


def list_matters(ledger: Ledger, *, open_only: bool) -> Iterator[str]:
    """A line a matter, the longest waiting first."""
    concluded = ledger.conclusions()
    if not concluded.contacts:
        yield NOTHING_READ
        return
    names = {row["id"]: ", ".join(row["names"][:1] or row["addresses"][:1]) for row in concluded.contacts}
    every = joined_matters(concluded)
    rows = [row for row in every if not open_only or (row["state"] == "open" and row["waiting_since"])]
    if not rows:
        yield "no matter is open"
    for row in sorted(rows, key=lambda one: (one["waiting_since"] or "9999", one["id"])):
        waits = f"  they wait since {day(row['waiting_since'])}" if row["waiting_since"] else ""
        late = ", overdue" if row["overdue"] else ""
        whose = ", ".join(names.get(one, "") for one in row["contacts"][:MOST_NAMED])
        more = f" and {len(row['contacts']) - MOST_NAMED} more" if len(row["contacts"]) > MOST_NAMED else ""
        yield f"{row['state']:<9}{counted(len(row['messages']), 'mail'):>9}  {row['title']}  ({whose}{more}){waits}{late}"


def replayed(ledger: Ledger, settings: Settings, now: datetime) -> list[str]:
    """What concluding everything anew at `now` would change, a sentence each; the ledger itself is not touched."""
    with ledger.scratch_copy() as scratch:
        before = scratch.conclusions()
        conclude(settings, scratch, now)
        on = ground(settings, scratch, now)
        conclude_touched(scratch, on, everyone(scratch, on))
        return differences(before, scratch.conclusions())


def feedback(ledger: Ledger) -> Iterator[str]:
    """What verdicts have taught, kind by kind, and what that changes now; who has reported one person again and again."""
    verdicts, rows = hearing.verdicts(ledger), ledger.conclusions()
    learnt = learning.lessons(verdicts)
    if not learnt:
        yield "no verdict has said anything of a finding yet"
    for kind, one in learnt.items():
        below = sum(row["kind"] == kind and row["strength"] < SURE <= row["strength"] + one.shift for row in rows.findings)
        if kind not in learning.LEARNS:
            effect = "never learns"
        elif one.shift:
            gone = f"{counted(below, 'finding')} on file {'counts' if below == 1 else 'count'} no longer by that"
            effect = f"it must be {one.shift:.2f} surer by now, and {gone}"
        else:
            effect = "unchanged" if one.agreed + one.dismissed >= learning.FEWEST else f"unchanged (fewer than {learning.FEWEST})"
        yield f"{NAMES[kind]}: agreed {one.agreed}, dismissed {one.dismissed}; {effect}"
    keys_of: dict[str, set[str]] = {}
    gone_mails = dismissed(verdicts)
    for row in rows.matters:
        keys_of.setdefault(row["contact"], set()).update(row["keys"])
    people = {row["id"]: ", ".join(row["addresses"]) for row in rows.contacts}
    for contact, keys in sorted(keys_of.items()):
        told = learning.reports_of(verdicts, keys)
        for by, count in learning.again_and_again(verdicts, keys).items():
            unfounded = len(told[by] & gone_mails.keys())
            since = f", and {unfounded} of these mails {'was' if unfounded == 1 else 'were'} dismissed since" if unfounded else ""
            yield f"{by} has reported {people.get(contact, contact)} {count} times{since}"
