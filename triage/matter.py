"""Messages about the same thing, and why they were joined: content carries the link, not only headers.

A story is decided in order of time: each message joins the matter it fits best, or begins one. What speaks for a link:
a reply to one of its messages, a shared reference number, place or amount, the same subject, shared content words. What
speaks against it: another reference number, words that announce a new subject. Every link keeps its reasons.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from triage import terms
from triage.message import Message

_REPLY_PREFIX = re.compile(r"^\s*(?:(?:re|aw|antw|sv|vs|rif|res|odp|fwd?|wg|tr|rv|enc|i)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_TAG = re.compile(r"\[[^\]]{1,40}\]")
_NEW_MATTER = re.compile(
    r"\b(?:(?:new|different|separate|another|unrelated|fresh|other)\s+(?:matter|question|issue|thing|problem|request|subject|topic|query|enquiry|order|booking)"
    r"|on (?:a|another) (?:different |separate |new |unrelated )?(?:note|matter|subject|topic|thing)|(?:separate|different|unrelated) (?:to|from) (?:this|that|the)"
    r"|nothing to do with (?:work|this|that|the|my)|something (?:else|different) (?:entirely|altogether|now)|changing the subject|moving on(?: to|,)"
    r"|(?:leave|leaving|forget|never mind) (?:the|that|this|about) [\w ]{2,30}(?:for now|aside|to one side)|(?:only|just) using this (?:e-?mail|thread|address)|while i(?:'m| am) (?:here|writing|at it)|by the way, (?:can|could|do|is|are))",
    re.IGNORECASE,
)  # fmt: skip
SAME_SUBJECT_WITHIN = timedelta(days=120)
LATEST = 40
"""How many of a contact's latest matters are compared by content; the others are found by reply, reference, place or subject."""


@dataclass(slots=True, eq=False)
class _Growing:
    id: str
    about: terms.Terms = field(default_factory=terms.Terms)
    asked: terms.Terms = field(default_factory=terms.Terms)
    subjects: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    """The content words of its subjects."""
    last: Message | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where one message belongs, and why."""

    key: str
    matter: str
    reasons: tuple[str, ...]


_GREETING = re.compile(r"^\s*(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|morning|to)\b.{0,40}$", re.IGNORECASE)
_SHORT_LINE = 6


def _said(message: Message) -> terms.Terms:
    """What a mail names, without the lines in which it greets and signs: a name, a home address and a client number stand in
    every mail of a person and tie no two matters together. Reference numbers there still count."""
    lines = message.own.rstrip().splitlines()
    names = set(terms.fold(message.sender.name).replace(",", " ").split())
    end = len(lines)
    for place in range(len(lines) - 1, max(len(lines) - 7, 0), -1):
        words = terms.fold(lines[place]).replace(",", " ").split()
        if len(words) > _SHORT_LINE:
            break
        if names & set(words):
            end = place
    start = 1 if lines and _GREETING.match(lines[0]) else 0
    body = "\n".join(lines[start:end])
    said = terms.of(message.subject, body if body.strip() else message.own)
    return replace(said, references=said.references | terms.references("\n".join(lines[end:])))


def plain_subject(subject: str) -> str:
    """A subject without reply prefixes, ticket tags and case (RFC 5256 section 2.1 in spirit)."""
    return " ".join(terms.fold(_TAG.sub(" ", _REPLY_PREFIX.sub("", subject))).split())


def matter_id(first: Message) -> str:
    """The name of a matter: made from its first message, so that it is the same however the mail arrives."""
    return "m-" + hashlib.sha256(first.key.encode()).hexdigest()[:12]


class Board:
    """The matters of one story so far, with the ways to find one; `by_message` may be shared between the boards of several
    contacts, so that a reply to another person's mail finds its matter."""

    def __init__(self, by_message: dict[str, _Growing] | None = None) -> None:
        self.matters: list[_Growing] = []
        self.by_message: dict[str, _Growing] = {} if by_message is None else by_message

    def place(self, message: Message, by_staff: bool) -> Link:
        """Decides where the next message (in order of time) belongs, and remembers it."""
        said = _said(message)
        matter = self.replied_to(message)
        reasons: list[str] = ["reply"] if matter else []
        if matter and not by_staff and (why := _breaks_away(message, said, matter)):
            matter, reasons = None, [why]
        if matter is None:
            left = self.replied_to(message) if reasons else None  # the matter of its thread, which it has just left
            others = [one for one in self.matters[-LATEST:] if one is not left]
            latest = (
                None if left else max(others, key=lambda one: one.last.sent_at if one.last else message.sent_at, default=None)
            )
            about = replace(said, references=terms.references(message.own)) if left else said
            best = max(
                ((*_likeness(message, about, one, latest=one is latest), one) for one in others),
                key=lambda row: row[0],
                default=None,
            )
            if best is not None and best[0] >= 1.0:
                matter, reasons = best[2], best[1]
        if matter is None:
            matter, reasons = self.begin(message), reasons or ["nothing earlier is about this"]
        elif matter not in self.matters:
            self.matters.append(matter)
        self.add(matter, message, said, by_staff)
        return Link(message.key, matter.id, tuple(reasons))

    def replied_to(self, message: Message) -> _Growing | None:
        for parent in (message.in_reply_to, *reversed(message.references)):
            if parent in self.by_message:
                return self.by_message[parent]
        return None

    def begin(self, message: Message) -> _Growing:
        matter = _Growing(matter_id(message))
        self.matters.append(matter)
        return matter

    def add(self, matter: _Growing, message: Message, said: terms.Terms, by_staff: bool) -> None:
        matter.about = matter.about | said
        if not by_staff:
            matter.asked = matter.asked | said
        matter.subjects.add(plain_subject(message.subject))
        matter.named |= terms.words(message.subject)
        matter.last = message
        self.by_message[message.message_id] = matter


def _prior(message: Message, said: terms.Terms, matter: _Growing) -> float:
    """What speaks for a follow-up to the matter under way: little time, and few words of its own that the matter does not know."""
    assert matter.last is not None
    gap = message.sent_at - matter.last.sent_at
    if gap > timedelta(days=21):
        return 0.0
    own = said.words - terms.words(" ".join(said.places))  # where somebody lives stands in all his mails
    known = len(own & matter.about.words) / len(own) if own else 1.0
    novel = len(own - matter.about.words)
    prior = 1.1 if gap <= timedelta(days=3) else 1.0 if gap <= timedelta(days=10) else 0.8
    return max(0.0, prior - max(0.0, 0.25 * (novel - 4)) * (1 - min(1.0, 3 * known)))


def _likeness(message: Message, said: terms.Terms, matter: _Growing, *, latest: bool = False) -> tuple[float, list[str]]:
    """How well a message fits a matter it does not reply to, with the reasons; below 1 it does not belong."""
    score, reasons = 0.0, list[str]()
    if latest and (prior := _prior(message, said, matter)):
        score += prior
        reasons.append("follows soon on the matter under way")
    if shared := said.references & matter.about.references:
        score += 1.2
        reasons.append(f"same reference {min(shared).upper()}")
    elif said.references and matter.about.references:
        score -= 0.6
    if shared := said.places & matter.about.places:
        score += 0.5
        reasons.append(f"same place {min(shared)}")
    if shared := said.amounts & matter.about.amounts:
        score += 0.35
        reasons.append(f"same amount {min(shared)}")
    subject = plain_subject(message.subject)
    assert matter.last is not None
    recent = message.sent_at - matter.last.sent_at <= SAME_SUBJECT_WITHIN
    if subject and subject in matter.subjects and recent and len(terms.words(subject)) >= 1:
        score += 1.0
        reasons.append("same subject")
    elif recent and (named := terms.words(message.subject)) and named <= matter.named:
        score += 0.6
        reasons.append(f"the subject names {', '.join(sorted(named))}")
    shared_words = said.words & matter.asked.words
    alike = terms.overlap(said.words, matter.asked.words)
    if len(shared_words) >= 3 or alike >= 0.5:
        score += min(1.0, 0.2 * len(shared_words)) * min(1.0, alike / 0.35)
        reasons.append(f"{alike:.2f} alike ({', '.join(sorted(shared_words)[:4])})")
    elif shared_words and (told := said.words & matter.about.words) and len(told) >= 3:
        score += 0.4
        reasons.append(f"speaks of {', '.join(sorted(told)[:4])}")
    return score, reasons


def _breaks_away(message: Message, said: terms.Terms, matter: _Growing) -> str:
    """Why a reply begins a new matter after all; "" when it does not (a thread may hold two matters)."""
    announced = _NEW_MATTER.search(message.own[:600])
    shared = said.words & matter.about.words
    same_reference = bool(terms.references(message.own) & matter.about.references)
    other_reference = said.references and matter.about.references and not said.references & matter.about.references
    new_subject = plain_subject(message.subject) not in matter.subjects
    if other_reference and (new_subject or announced):
        return "another reference number"
    early = announced is not None and announced.start() <= 200
    if announced and len(said.words - matter.about.words) >= (5 if early else 8) and not same_reference:
        return f'it says "{announced.group(0)}"'
    if new_subject and len(said.words) >= 8 and len(shared) <= 1 and not said.references & matter.about.references:
        return "another subject and nothing shared"
    return ""


def group(story: Sequence[tuple[Message, bool]]) -> tuple[Link, ...]:
    """Every message of one contact's story (message, by staff), oldest first, with the matter it belongs to and why."""
    board = Board()
    return tuple(board.place(message, by_staff) for message, by_staff in story)
