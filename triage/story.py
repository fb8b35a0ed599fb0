"""Everything between us and one contact, in order: who wrote what, on which matter, and what the staff did in it.

The story of a contact holds the contact's own mails, our mails to the contact, and others' mails in the same threads (a
flatmate who answers). It is rebuilt from the stored mails each time something arrives, so it never depends on the order of
arrival; a new mail costs the size of one contact's history, not of the archive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from triage import contact, staff_reading
from triage import matter as matters
from triage.answer import StaffAct
from triage.detect import emergency
from triage.evidence import Directory, Turn
from triage.message import Message
from triage.ruling import Ruling, in_effect


@dataclass(frozen=True, slots=True)
class Story:
    addresses: frozenset[str]
    turns: tuple[Turn, ...]
    """Oldest first."""
    links: tuple[matters.Link, ...]
    """Why each turn belongs to its matter; same order as `turns`."""
    internal: frozenset[str] = frozenset()
    """Keys of mails among ourselves that refer to this contact's."""
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Message key → keys of further copies of the same mail (in another mailbox, or filed twice)."""
    settled: tuple[Ruling, ...] = ()
    """What people said of matters being dealt with, or not, oldest first."""

    def settled_by(self, matter: str, now: datetime) -> Ruling | None:
        """The last that was said of a matter until `now`, "close" or "reopen". It was said of a mail, as the name of a matter changes
        when an earlier mail of it turns up."""
        keys = {
            key
            for turn in self.turns
            if turn.matter == matter
            for key in (turn.message.key, *self.copies.get(turn.message.key, ()))
        }
        return next((one for one in reversed(self.settled) if one.at <= now and keys.intersection(one.mails)), None)

    def owns(self, turn: Turn) -> bool:
        """Whether the turn belongs to this contact's story itself: its own mail, ours to it, or ours about it among ourselves."""
        message = turn.message
        if not turn.by_staff:
            return message.sender.email in self.addresses
        to = {address.email for address in (*message.to, *message.cc)}
        return bool(to & self.addresses) or message.key in self.internal


def order(message: Message) -> tuple[object, ...]:
    """The order of a story: by time, then by what cannot change."""
    return (message.sent_at, message.role == "sent", message.message_id, message.key)


def one_copy_each(messages: Iterable[Message]) -> dict[str, list[Message]]:
    """Copies of one mail (sent to five of us, or filed twice) count once: same Message-ID, sender and words.

    Returns the first copy's key → all copies, first one first, in the order of the story. Of a mail of ours that came back to the
    inbox as well, the copy in Sent is the first: it proves that we wrote it.
    """
    seen: dict[tuple[str, str, str], list[Message]] = {}
    for message in sorted(messages, key=order):
        seen.setdefault((message.message_id, message.sender.email, message.own), []).append(message)
    for copies in seen.values():
        copies.sort(key=lambda copy: copy.role != "sent")
    return {copies[0].key: copies for copies in seen.values()}


def by_staff(message: Message, directory: Directory) -> bool:
    """Whether we wrote it: it lies in Sent, or comes from one of our addresses and our server does not say it is forged."""
    return message.role == "sent" or (directory.employs(message.sender.email) and message.authenticity != "fail")


def _among_us(message: Message, directory: Directory) -> bool:
    return all(directory.employs(address.email) for address in (*message.to, *message.cc))


def _act(message: Message, before: list[tuple[Message, bool]], directory: Directory) -> StaffAct:
    """What staff did in a message. Outside Sent anybody may write our address into From, so what has consequences for the
    contact (a warning, a stop, a restriction) counts only where the sender is proved."""
    if _among_us(message, directory):
        return StaffAct(no_answer_because="a mail among ourselves")
    if directory.is_vendor(message.sender.email):
        return StaffAct(
            no_answer_because="a mail of somebody who works for us: whether it settles anything is for one of us to say"
        )
    act = staff_reading.read(message, before)
    if message.proved:
        return act
    return replace(act, warning="", stop="", restriction=None, lifted="", appeal_decided="")


def _in_threads_of(kept: list[Message], others: list[Message]) -> list[Message]:
    ids = {message.message_id for message in kept}
    cited = {reference for message in kept for reference in (*message.references, message.in_reply_to)}
    return [m for m in others if m.message_id in cited or ids & {*m.references, m.in_reply_to}]


class _Read(matters.Hints):
    """What the detectors and the reading of our own letters tell of a mail."""

    def notice_of(self, message: Message) -> str:
        return staff_reading.closes(message)[1]

    def stops(self, message: Message) -> bool:
        return staff_reading.closes(message)[0]

    def danger(self, message: Message) -> bool:
        return emergency.new_trouble(message.own)

    def written_for(self, message: Message) -> frozenset[str]:
        return contact.spoken_for(message)


_READ = _Read()


def _links(
    sides: list[tuple[Message, bool]], related: list[Message], directory: Directory, apart: Collection[str]
) -> tuple[matters.Link, ...]:
    """Where each mail of the story belongs, the related mails seen too."""
    if not related:
        return matters.group(sides, _READ, apart)
    both = sorted([*sides, *((message, by_staff(message, directory)) for message in related)], key=lambda side: order(side[0]))
    links = {link.key: link for link in matters.group(both, _READ, apart)}
    return tuple(links[message.key] for message, _ in sides)


def _apart(rulings: Iterable[Ruling], copies: Mapping[str, list[Message]]) -> frozenset[str]:
    """The mails that people have said belong to another matter, by the first copy of each."""
    said: dict[str, bool] = {}
    for one in rulings:
        if one.act in ("split", "rejoin"):
            said |= dict.fromkeys(one.mails, one.act == "split")
    return frozenset(first for first, same in copies.items() if any(said.get(copy.key) for copy in same))


def tell(
    addresses: Collection[str], messages: Iterable[Message], directory: Directory, related: Iterable[Message] = (),
    rulings: Iterable[Ruling] = (),
) -> Story:  # fmt: skip
    """The story of one contact.

    `addresses`: all addresses of the contact, lower case. `messages`: every stored mail from, to or copied to one of them.
    `related`: the mails of people the contact may be writing for (a councillor for a tenant). They show which matter it is and
    are no part of the story. `rulings`: what people recorded, oldest first; here it counts which matter a mail is about, and what is settled.
    """
    ruled = in_effect(rulings)
    mine: list[Message] = []
    others: list[Message] = []
    copies = one_copy_each(messages)
    for message in (same[0] for same in copies.values()):
        ours = by_staff(message, directory)
        (mine if ours or message.sender.email in addresses else others).append(message)
    kept = sorted([*mine, *_in_threads_of(mine, others)], key=order)
    sides = [(message, by_staff(message, directory)) for message in kept]
    links = _links(
        sides, [same[0] for key, same in one_copy_each(related).items() if key not in copies], directory, _apart(ruled, copies)
    )
    turns: list[Turn] = []
    so_far: dict[str, list[tuple[Message, bool]]] = {}
    for (message, ours), link in zip(sides, links, strict=True):
        before = so_far.setdefault(link.matter, [])
        turns.append(
            Turn(message, ours, link.matter, _act(message, before, directory) if ours else None, bool(message.automatic))
        )
        before.append((message, ours))
    further = {key: tuple(copy.key for copy in same[1:]) for key, same in copies.items() if len(same) > 1}
    internal = frozenset(m.key for m, ours in sides if ours and _among_us(m, directory))
    settled = tuple(one for one in ruled if one.act in ("close", "reopen"))
    return Story(frozenset(addresses), tuple(turns), links, internal, further, settled)
