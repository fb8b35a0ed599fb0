"""Mailbox → verdicts → journal: what staff told us by moving a note or a mail, by a verdict label, or by answering a note.

A verdict is written down in the same transaction as the place up to which its folder was read, so that none is lost and none is
heard twice; one that only repeats the last word on its subject is not written again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from triage import contact, terms
from triage.evidence import Directory
from triage.label import AGREE, DISMISS
from triage.ledger import Entry, Ledger
from triage.mailbox import Mailbox
from triage.message import Message
from triage.reply import Reply, Word, said_in
from triage.settings import Deciders
from triage.verdict import Choice, Verdict, on_mails, voices_on

_A_NOTE = re.compile(r"<p-[0-9a-f]{12}\.[0-9a-f]{16}@triage\.")
_LABELS: Mapping[Choice, str] = {"agree": AGREE, "dismiss": DISMISS}
CHOICES: Mapping[Word, Choice] = {"APPROVE": "agree", "REJECT": "dismiss", "UNDO": "open"}
"""The words that are a verdict on the proposal itself. UNDO is one only where no order of the same person's is left to take back."""
_STEP: Mapping[str, str] = {"warn": "warn", "restrict": "restrict", "hold": "restrict"}
"""Kind of proposal → the role that decides it; of any other kind whoever answers."""

TOLD_FOR = timedelta(days=30)
"""How long a note lies in Triage/Review that only tells of something."""
VERDICT = "verdict"
"""The journal's name for a verdict."""
NOTE = "note"
"""The journal's name for a note that was written."""
ANSWER = "answer"
"""The journal's name for a mail of ours that answers a note; its words stand in a paper."""
LOST = "report-lost"
"""The journal's name for a mail that one of us passed on with REPORT, where no mail is known that it could mean."""
OUTCOME = "outcome"
"""The journal's name for what came of such an answer."""
JUDGED = "judged"
"""The kind of a note that tells of a verdict on mails by themselves."""
SETTLED = "settled:"
"""Stands before the fingerprint of a note that tells of its verdict; such a note never lies in Triage/Review by our doing."""


def verdicts(ledger: Ledger) -> tuple[Verdict, ...]:
    """Every verdict in the journal, oldest first."""
    return tuple(Verdict.read(entry.at, entry.actor, entry.subject) for entry in ledger.entries(kinds=(VERDICT,)))


def write_down(ledger: Ledger, heard: Iterable[Verdict]) -> int:
    """Writes verdicts that say something new into the journal; returns how many."""
    waiting = list(heard)
    if not waiting:
        return 0
    known = verdicts(ledger)
    last = {name: one for one in known for name in _names(one)}
    count = 0
    for one in waiting:
        if all(name in last and _same(last[name], one) for name in _names(one)):
            continue  # said already, and nobody has said anything else since
        one = replace(one, kinds=_kinds(ledger, one.keys))
        ledger.journal(VERDICT, at=one.at, actor=one.by, subject=one.subject())
        last |= dict.fromkeys(_names(one), one)
        count += 1
    return count


def _names(one: Verdict) -> list[str]:
    """What a verdict is on: a proposal, or each of its mails by itself."""
    return [one.proposal] if one.proposal else sorted(one.keys)


def _same(before: Verdict, one: Verdict) -> bool:
    return (before.by, before.choice) == (one.by, one.choice) and (not one.proposal or before.keys == one.keys)


def _kinds(ledger: Ledger, keys: frozenset[str]) -> frozenset[str]:
    """The kinds of what stands found on these mails, for what verdicts teach."""
    senders = {one.sender.email for one in ledger.messages(sorted(keys)) if isinstance(one, Message)}
    rows = ledger.conclusions(ledger.contacts_with(senders)).findings if senders else ()
    return frozenset(row["kind"] for row in rows if row["message_key"] in keys and not row["by_staff"])


def expect(ledger: Ledger, mailbox: str, message_id: str, choice: str) -> None:
    """We are about to put this note where its verdict belongs: its lying there will be no further verdict. "" expects nothing."""
    ledger.set_meta(f"filed {mailbox} {message_id}", choice)


def expected(ledger: Ledger, mailbox: str, message_id: str, choice: Choice) -> bool:
    """Whether a note that has come to lie in the folder of this choice was put there by us. It is asked once: whatever moves the note
    afterwards is a person."""
    filed = ledger.meta(f"filed {mailbox} {message_id}")
    if filed:
        expect(ledger, mailbox, message_id, "")
    return filed == choice


def moved_back(box: Mailbox, ledger: Ledger, now: datetime) -> list[Verdict]:
    """The verdicts that somebody took back by moving a note that tells of one back to Triage/Review."""
    name = box.account.name
    settled = {one.message_id: one.note_id for one in ledger.notes(name) if one.fingerprint.startswith(SETTLED)}
    if not settled or box.folders.review in box.missing_folders():
        return []
    back = sorted(settled.keys() & set(box.message_ids(box.folders.review).values()))
    return [on_note(ledger, name, "open", settled[one], one, now) for one in back]


def labelled_notes(box: Mailbox, ledger: Ledger, now: datetime) -> list[Verdict]:
    """The verdicts that somebody gave by putting a verdict label on a note in Triage/Review; a note that bears both says nothing. The
    note that tells of it takes its place, so the label is heard once."""
    name, review = box.account.name, box.folders.review
    known = [one for one in ledger.notes(name) if one.note_id.startswith("p-") and not one.fingerprint.startswith(SETTLED)]
    waiting = {one.message_id: one.note_id for one in known}
    if not waiting or not box.can_move or review in box.missing_folders():
        return []
    box.open(review)
    bearing = {choice: set(box.bearing(label)) for choice, label in _LABELS.items()}
    both = bearing["agree"] & bearing["dismiss"]
    ids = box.message_ids(review) if any(bearing.values()) else {}
    said = {(choice, ids[uid]) for choice, uids in bearing.items() for uid in uids - both if ids.get(uid) in waiting}
    return [on_note(ledger, name, choice, waiting[note], note, now) for choice, note in sorted(said)]


def as_one_act(ledger: Ledger, heard: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts given by moving, without those on mails that came along with a note about their matter: programs that show conversations
    move a whole one, our own answers too, and mean the note. So its verdict is one, and is taken back as one."""
    every = list(heard)
    along: dict[Choice, set[str]] = {}
    for one in every:
        if one.proposal:
            along.setdefault(one.choice, set()).update(one.keys, _in_matter_of(ledger, one.proposal))
    return [one for one in every if one.proposal or not one.keys <= along.get(one.choice, set())]


def _in_matter_of(ledger: Ledger, proposal: str) -> set[str]:
    """The keys of all mails of the matter that a proposal is about."""
    found: set[str] = set()
    for row in ledger.proposals([proposal]):
        for matter in ledger.conclusions([row["contact"]]).matters:
            if matter["id"] == row["matter"]:
                found.update(matter["keys"])
    return found


def on_note(ledger: Ledger, mailbox: str, choice: Choice, proposal: str, message_id: str, now: datetime) -> Verdict:
    """The verdict that moving or labelling one of our notes is, on the messages the note was about; on the mails by themselves, where
    it tells of a verdict on those."""
    keys: frozenset[str] = frozenset()
    about = proposal
    for row in ledger.proposals([proposal]):
        keys = frozenset(row["keys"])
    for entry in ledger.entries(kinds=(NOTE,)):
        if entry.subject["proposal"] == proposal and entry.subject["message_id"] == message_id:
            keys = frozenset(entry.subject["keys"])
            about = "" if entry.subject.get("kind") == JUDGED else proposal
    return Verdict(now, mailbox, choice, about, keys)


def _mails_taken_back(ledger: Ledger, proposal: str) -> frozenset[str]:
    """The mails judged by themselves that an UNDO on this note is about: those it rested on, where no verdict stands on the note itself."""
    known = verdicts(ledger)
    if voices_on(known).get(proposal):
        return frozenset()
    rested = rested_on(ledger, proposal)
    return frozenset(key for one in on_mails(known) if one.keys & rested for key in one.keys)


def rested_on(ledger: Ledger, proposal: str) -> frozenset[str]:
    """Every mail that any note about this proposal rested on: one that was judged is among them still."""
    told = (entry.subject for entry in ledger.entries(kinds=(NOTE,)) if entry.subject["proposal"] == proposal)
    return frozenset(key for one in told for key in one["keys"])


def noted_by(ledger: Ledger, message: Message, staff: Directory) -> str:
    """Message-ID of the note of ours that a mail answers, when it is in the name of one of us; "" otherwise.

    Anybody can write one of our addresses into From. What lies in Sent we wrote ourselves; of what came in, our server must have
    said that the sender is genuine (RFC 8601), or it counts for nothing and the note says so (`write_answer`): it may be one of us
    whose telephone sends by another server.
    """
    answered = message.in_reply_to
    if not _A_NOTE.match(answered) or message.automatic or not staff.is_colleague(message.sender.email):
        return ""
    if not all(staff.is_colleague(one.email) for one in (*message.to, *message.cc)):
        return ""  # a note lies in the customer's conversation, so a letter to the customer may cite it
    return answered if is_our_note(ledger, message.mailbox, answered) else ""


_REPORT = re.compile(r"[\s*_>'\"]*report\b[*_'\"]*\s*(?:$|[.,:;!–—-]|(?-i:(?<=REPORT)\s))", re.IGNORECASE)
_LEAST_COMMON = 12
"""Words at the beginning of a passed-on mail that must be those of the mail it is taken for; all, where it has fewer."""
_LONGEST_BEGINNING = 2_000
_SPELLED = re.compile(r"[^\W_]+")


def reports(message: Message, staff: Directory) -> bool:
    """Whether one of us passes a mail on to us, and says REPORT on the first line; without that word it is passed on for other reasons."""
    inside = all(staff.is_colleague(one.email) for one in (*message.to, *message.cc))
    first = next((line for line in message.own.splitlines() if line.strip()), "")
    passed_on = message.wording.forwarded or message.wording.quoted
    ours = staff.is_colleague(message.sender.email) and inside and message.proved and not message.automatic
    return bool(ours and passed_on and _REPORT.match(first))


def write_lost(ledger: Ledger, message: Message, now: datetime) -> None:
    """Writes down that a report found no mail, once however often it is met: whoever sent it is told (`lost_reports`)."""
    if all(entry.subject["key"] != message.key for entry in ledger.entries(kinds=(LOST,))):
        told = {"mailbox": message.mailbox, "key": message.key, "message_id": message.message_id}
        ledger.journal(LOST, at=now, actor=message.sender.email, subject=told)


def lost_reports(ledger: Ledger, mailbox: str, since: datetime) -> list[Message]:
    """The reports that this mailbox took in after `since` and that found no mail, oldest first; none that was erased, and none whose mail
    came after it."""
    lost = [e.subject for e in ledger.entries(kinds=(LOST,)) if e.subject["mailbox"] == mailbox and e.at > since]
    found = {one.answer for one in verdicts(ledger)} if lost else set()
    keys = [one["key"] for one in lost if one["message_id"] not in found]
    return [one for one in ledger.messages(keys) if isinstance(one, Message)]


def by_report(ledger: Ledger, message: Message, now: datetime) -> Verdict | None:
    """The verdict that passing a mail on with REPORT is, on the mail itself; None when that mail is not known."""
    for passage in (*message.wording.forwarded, *message.wording.quoted):
        words = _letters(passage.text)[:_LEAST_COMMON]
        candidates = ledger.messages_with(_addresses_of(ledger, passage.author))
        for one in sorted(candidates, key=lambda one: one.sent_at, reverse=True):
            if words and _letters(one.own)[: len(words)] == words and one.role == "inbox":
                return Verdict(now, message.sender.email, "agree", "", frozenset({one.key}), message.message_id)
    return None


def _letters(text: str) -> list[str]:
    """The words of a text as far as mail programs leave them alone: they curl apostrophes and quotation marks and lengthen dashes."""
    return _SPELLED.findall(terms.fold(text[:_LONGEST_BEGINNING]))


def _addresses_of(ledger: Ledger, author: str) -> list[str]:
    """The addresses that may be meant by the author of a passage: an address, or the bare name that Outlook shows."""
    if "@" in author:
        return [author.lower()]
    mark = ("shown", contact.full_name(author))
    return sorted(ledger.sharing([mark]).get(mark, ())) if mark[1] else []


def answered_note(ledger: Ledger, mailbox: str, note: str) -> Mapping[str, Any]:
    """What the journal says of a note of ours: the proposal, the mails it was about; {} when it was not ours."""
    entries = [entry.subject for entry in ledger.entries(kinds=(NOTE,))]
    return next((one for one in reversed(entries) if one["mailbox"] == mailbox and one["message_id"] == note), {})


def write_answer(
    ledger: Ledger, message: Message, note: str, staff: Directory, deciders: Deciders, now: datetime
) -> Verdict | None:
    """Writes down an answer to a note, once however often its mail is met; the verdict that it gives, if it gives one."""
    said = said_in(message.own, message.sender.name)
    if any(
        e.subject["answer"] == message.message_id and e.actor == message.sender.email for e in ledger.entries(kinds=(ANSWER,))
    ):
        return None
    about = answered_note(ledger, message.mailbox, note)
    said = said if message.proved else None
    proposal = note[1:].partition(".")[0]
    paper = ledger.keep_paper({**said.paper(), "addresses": sorted(_outside(ledger, about, staff))}) if said else ""
    given: dict[str, Any] = {"mailbox": message.mailbox, "proposal": proposal, "note": note, "answer": message.message_id}
    given |= {"word": said.word if said else "", "paper": paper} | ({} if message.proved else {"unproved": True})
    before = standing_of(ledger, message.sender.email, proposal)
    number = ledger.journal(ANSWER, at=now, actor=message.sender.email, subject=given)
    takes_back_an_order = before and before[-1].reply and before[-1].reply.word not in CHOICES
    if said is None or said.word not in CHOICES or (said.word == "UNDO" and takes_back_an_order) or about.get("telling"):
        return None  # no verdict: an order, which `triage.carrying_out` carries out
    ledger.journal(OUTCOME, at=now, actor="triage", subject={"of": number, "ruling": "", "paper": ""})
    if said.word == "UNDO" and (taken := _mails_taken_back(ledger, proposal)):
        return Verdict(now, message.sender.email, "open", "", taken, message.message_id)
    role = _STEP.get(about.get("kind", ""), "")
    named = getattr(deciders, role) if role else ()
    heard = on_note(ledger, message.mailbox, CHOICES[said.word], proposal, note, now)
    return replace(heard, by=message.sender.email, answer=message.message_id, decides=not named or message.sender.email in named)


def _outside(ledger: Ledger, about: Mapping[str, Any], staff: Directory) -> set[str]:
    """The outside people of the mail that a note is about: when they are erased, what was said of them is too."""
    found: set[str] = set()
    for one in ledger.messages([about["about"]] if about.get("about") else ()):
        if isinstance(one, Message):
            found |= set(staff.outside(one))
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a note, with what came of it."""

    number: int
    """Of its entry in the journal."""
    at: datetime
    by: str
    mailbox: str
    proposal: str
    note: str
    answer: str
    """Message-ID of the mail itself."""
    reply: Reply | None
    """None where its first line gave no order, or where its words were erased."""
    unproved: bool
    done: bool
    """Whether something came of it yet, be it that it was refused."""
    ruling: str
    """The id of the decision that came of it."""
    faults: tuple[str, ...]
    """Why it was refused, where it was."""


def answers(ledger: Ledger) -> tuple[Answer, ...]:
    """Every answer to a note, oldest first."""
    said = list(ledger.entries(kinds=(ANSWER,)))
    came = {entry.subject["of"]: entry.subject for entry in ledger.entries(kinds=(OUTCOME,))}
    papers = ledger.papers(
        [*(e.subject["paper"] for e in said if e.subject["paper"]), *(o["paper"] for o in came.values() if o["paper"])]
    )
    return tuple(_answer(entry, came.get(entry.number), papers) for entry in said)


def _answer(entry: Entry, came: Mapping[str, Any] | None, papers: Mapping[str, Mapping[str, Any]]) -> Answer:
    told = entry.subject
    paper = papers.get(told["paper"]) if told["word"] else None
    refused = papers.get(came["paper"], {}) if came else {}
    return Answer(
        entry.number, entry.at, entry.actor, told["mailbox"], told["proposal"], told["note"], told["answer"], Reply.read(paper) if paper else None,
        bool(told.get("unproved")), came is not None or paper is None, came["ruling"] if came else "", tuple(refused.get("faults", ())),
    )  # fmt: skip


def standing_of(ledger: Ledger, by: str, proposal: str, before: int | None = None) -> list[Answer]:
    """What somebody said by answering this note (until the journal's entry `before`) and has not taken back, oldest first."""
    left: list[Answer] = []
    for one in answers(ledger):
        if one.by != by or one.proposal != proposal or one.reply is None or one.faults or (before and one.number >= before):
            continue
        if one.reply.word == "UNDO":
            left = left[:-1]
        else:
            left.append(one)
    return left


def papers_about(ledger: Ledger, addresses: Iterable[str]) -> Iterator[str]:
    """The papers in which staff's answers speak of somebody with one of these addresses, and what came of them."""
    known = set(addresses)
    said = {entry.number: entry.subject["paper"] for entry in ledger.entries(kinds=(ANSWER,)) if entry.subject["paper"]}
    kept = ledger.papers(said.values())
    about = {number for number, paper in said.items() if known.intersection(kept.get(paper, {}).get("addresses", ()))}
    yield from (said[number] for number in sorted(about))
    for entry in ledger.entries(kinds=(OUTCOME,)):
        if entry.subject["of"] in about and entry.subject["paper"]:
            yield entry.subject["paper"]


def labels_standing(box: Mailbox, ledger: Ledger) -> frozenset[tuple[Choice, str]]:
    """The verdict labels on mails in the inbox: what each says, and the mail's key. A mail that bears both says nothing. One seen there
    before on a mail that lies elsewhere by now stands as well."""
    box.open(box.folders.inbox)
    bearing = {choice: set(box.bearing(name)) for choice, name in _LABELS.items()}
    both, before = bearing["agree"] & bearing["dismiss"], _labels_seen(ledger, box.account.name)
    placed = ledger.placed_in(box.account.name, box.folders.inbox) if any(bearing.values()) or before else {}
    there = {(choice, placed[uid]) for choice, uids in bearing.items() for uid in uids - both if uid in placed}
    here = set(placed.values())
    return frozenset(there | {one for one in before if one[1] not in here})


def by_label(standing: frozenset[tuple[Choice, str]], mailbox: str, ledger: Ledger, now: datetime) -> list[Verdict]:
    """Verdicts given by a label on the mail itself: by one that did not stand there at the last pass. It is an act once; while it goes
    on standing there it must not undo what took it back. Remembers what stands: to be kept with the verdicts, or not at all."""
    before = _labels_seen(ledger, mailbox)
    if before != standing:
        ledger.set_meta(_SEEN.format(mailbox), json.dumps(sorted(standing)))
    return [Verdict(now, mailbox, choice, "", frozenset({key})) for choice, key in sorted(standing - before)]


def taken_back(ledger: Ledger, mailbox: str) -> dict[str, str]:
    """The mails on which a verdict label still stands although the verdict was taken back by an answer: key → the label."""
    standing = _labels_seen(ledger, mailbox)
    last = {key: one for one in verdicts(ledger) if not one.proposal for key in one.keys} if standing else {}
    return {key: _LABELS[choice] for choice, key in standing if key in last and last[key].choice == "open"}


_SEEN = "verdict labels {}"
"""The ledger's name for the verdict labels that stood in a mailbox when it was last read."""


def _labels_seen(ledger: Ledger, mailbox: str) -> set[tuple[Choice, str]]:
    return {(choice, key) for choice, key in json.loads(ledger.meta(_SEEN.format(mailbox)) or "[]")}


def fingerprint_of(ledger: Ledger, message_id: str) -> str:
    """The fingerprint of the words of a note that tells what was said; "" of any other, whose id holds it."""
    return next(
        (str(e.subject.get("words", "")) for e in ledger.entries(kinds=(NOTE,)) if e.subject["message_id"] == message_id), ""
    )


def is_our_note(ledger: Ledger, mailbox: str, message_id: str) -> bool:
    """Whether we wrote the note with this Message-ID. The header that marks a note is no proof: a stranger can write it too."""
    if any(one.message_id == message_id for one in ledger.notes(mailbox)):
        return True
    return any(entry.subject["message_id"] == message_id for entry in ledger.entries(kinds=(NOTE,)))
