"""A support mailbox of any size, invented: the same mails for the same seed, in the shapes that real ones have.

Plain text, text beside HTML, HTML alone, quotations of several mail programs, signatures, attachments, other charsets, automatic
mail, letters of one campaign, and one person who writes far more than everybody else. All on reserved domains.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from html import escape

DOMAIN = "council.example"
MAILBOX = f"help@{DOMAIN}"
STAFF = ("Ines Farrow", "Tobias Kell", "Mirela Dunn", "Osman Pryce", "Greta Lowden")
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

_FIRST = "Ada Bram Cleo Dirk Edda Finn Gail Hugo Iris Jens Kaia Lorn Mina Nico Orla Pell Rhea Sten Thea Ulla Vito Wren Yara Zeno".split()
_LAST = "Abel Barlow Corbin Dask Elmore Fenn Garrick Hale Ingram Jarrow Kestrel Lunn Marlow Nesbit Orme Penrose Quill Rusk Selby".split()
_STREETS = "Alder Birch Cedar Dogwood Elm Fern Gorse Hazel Juniper Larch Maple Rowan".split()
_THINGS = {
    "boiler": ("the boiler", "goes out every night", "an engineer", "a part"),
    "council tax": ("my council tax bill", "shows the wrong band", "the revenue team", "a new bill"),
    "bins": ("the garden bin", "was left again", "the crew", "a collection"),
    "parking permit": ("my parking permit", "has not arrived", "the permit office", "a temporary permit"),
    "damp": ("the damp in the back bedroom", "is getting worse", "a surveyor", "an inspection"),
    "street light": ("the street light outside", "has been off for a week", "the contractor", "a repair"),
    "library fine": ("the library fine", "was charged twice", "the library", "a refund"),
    "school place": ("the school place form", "will not load", "admissions", "a paper form"),
}
_WHO = (
    "I", "We", "My husband", "My mother", "The neighbour upstairs", "The caretaker", "Your colleague", "The man at the desk",
    "My landlord", "Our eldest", "The driver", "A friend of mine", "The lady on the telephone", "My carer",
)  # fmt: skip
_DID = (
    "looked at it", "rang about this", "wrote it all down", "took pictures", "asked for a form", "waited the whole morning",
    "found the old letter", "paid the first part", "moved the furniture out", "left a message", "went to the office",
    "read the leaflet", "filled in the papers", "spoke to the office", "measured it again", "could not open the page",
)  # fmt: skip
_WHEN = (
    "on Monday", "last week", "twice since then", "in the spring", "before the holidays", "yesterday afternoon", "on the third",
    "at about nine", "when it rained", "after work", "the day it began", "a month ago", "this morning",
)  # fmt: skip
_BUT = (
    "and nothing came of it", "so it may be in your file", "which took a while", "but the line went dead", "as you had asked",
    "because the date had changed", "and has the receipt", "without getting far", "and would do so again", "as far as I know",
    "though the number was a different one", "since nobody could say more",
)  # fmt: skip
_CROSS = (
    "This is really not good enough.",
    "I am fed up with being passed from one office to the next.",
    "Your colleague told me something quite different last week.",
    "I expect an answer today.",
    "Nobody there seems to read what people write.",
)
_ANSWERS = (
    "We have looked into this and {whom} will come on {day}; nothing more is needed from you.",
    "Your {thing} has been put right today, and {what} is on its way to you.",
    "We cannot agree to this, because the rules say that {what} is only possible once a year.",
    "Thank you for your mail. We are looking into it and will come back to you by {day}.",
    "Please send us a photo and your reference, so that {whom} can see what is wrong.",
)
_CAMPAIGN = (
    "I write as somebody who uses the footpath behind the mill. The plan to close it for three years would cut off the school, "
    "the allotments and the bus stop from half of the village. Please keep the path open while the work goes on, put up the fence "
    "that was promised at the meeting, and tell residents in good time what happens next."
)
_WORDS = sorted({word for texts in (_WHO, _DID, _WHEN, _BUT) for text in texts for word in text.lower().split()})


@dataclass(frozen=True, slots=True)
class Mail:
    folder: str
    """INBOX, or Sent for the staff's."""
    at: datetime
    raw: bytes
    """With CRLF line ends."""


@dataclass(slots=True)
class _Thread:
    name: str
    address: str
    thing: str
    reference: str
    place: str
    at: datetime
    ids: list[str]
    last: str = ""
    """What was written last, to be quoted."""
    last_by: str = ""


def generated(count: int, seed: int = 7) -> Iterator[Mail]:
    """`count` mails, the threads one after another; about a quarter are the staff's answers in Sent."""
    dice = random.Random(seed)  # noqa: S311 - not a secret: the same mails must come every time
    made = 0
    while made < count:
        for mail in _conversation(dice, made):
            if made == count:
                return
            yield mail
            made += 1


def _conversation(dice: random.Random, number: int) -> Iterator[Mail]:
    kind = dice.random()
    thread = _thread(dice, number)
    if kind < 0.06:
        yield _automatic(dice, thread, number)
    elif kind < 0.09:
        yield from _letter(dice, thread, number)
    else:
        insistent = kind > 0.985
        for place in range(dice.randint(12, 40) if insistent else dice.choice((1, 1, 2, 3, 3, 4, 6))):
            by_staff = place % 3 == 2 if insistent else place % 2 == 1
            yield _mail(dice, thread, f"{number}.{place}", by_staff=by_staff, cross=insistent and dice.random() < 0.4)


def _thread(dice: random.Random, number: int) -> _Thread:
    """Somebody with a matter; now and then a person who wrote before comes back with another."""
    person = number if dice.random() < 0.7 else dice.randrange(0, number + 1)
    name = f"{_FIRST[person % len(_FIRST)]} {_LAST[person // len(_FIRST) % len(_LAST)]}"
    if number > 500 and dice.random() < 0.01:
        person, name = 0, f"{_FIRST[0]} {_LAST[0]}"  # the one who writes more than everybody else
    address = f"{name.lower().replace(' ', '.')}.{person}@{('mail', 'post', 'web')[person % 3]}.example"
    place = f"{person % 180 + 1} {_STREETS[person % len(_STREETS)]} Road"
    at = START + timedelta(minutes=9 * number)
    return _Thread(name, address, dice.choice(sorted(_THINGS)), f"HC-{40000 + number}", place, at, [])


def _mail(dice: random.Random, thread: _Thread, identity: str, *, by_staff: bool, cross: bool) -> Mail:
    thread.at += timedelta(hours=dice.randint(2, 70)) if thread.ids else timedelta()
    who = dice.choice(STAFF) if by_staff else thread.name
    said = _answer(dice, thread) if by_staff else _request(dice, thread, cross=cross)
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((who, MAILBOX if by_staff else thread.address))
    message["To"] = formataddr((thread.name, thread.address)) if by_staff else MAILBOX
    message["Subject"] = ("Re: " if thread.ids else "") + f"{thread.thing} at {thread.place} ({thread.reference})"
    _identify(message, thread, identity, by_staff=by_staff)
    _fill(dice, message, thread, said)
    thread.last, thread.last_by = said, who
    return Mail("Sent" if by_staff else "INBOX", thread.at, message.as_bytes())


def _identify(message: EmailMessage, thread: _Thread, identity: str, *, by_staff: bool) -> None:
    message["Date"] = format_datetime(thread.at)
    own = f"<{identity}.{thread.reference.lower()}@{DOMAIN if by_staff else thread.address.partition('@')[2]}>"
    message["Message-ID"] = own
    if thread.ids:
        message["In-Reply-To"] = thread.ids[-1]
        message["References"] = " ".join(thread.ids[-20:])
    if not by_staff:
        message["Received"] = f"from relay.example by mx.{DOMAIN}; {format_datetime(thread.at)}"
        message["Authentication-Results"] = f"mx.{DOMAIN}; dmarc=pass header.from={thread.address.partition('@')[2]}"
    thread.ids.append(own)


def _sentence(dice: random.Random) -> str:
    """One of some thirty thousand, so that only the letters of a campaign are alike."""
    return f"{dice.choice(_WHO)} {dice.choice(_DID)} {dice.choice(_WHEN)} {dice.choice(_BUT)}."


def _request(dice: random.Random, thread: _Thread, *, cross: bool) -> str:
    what, happens, _, _ = _THINGS[thread.thing]
    lines = [f"Dear team,\n\n{what} at {thread.place} {happens}. My reference is {thread.reference}."]
    lines += [_sentence(dice) for _ in range(dice.choice((1, 2, 3, 4, 6, 9)))]
    if cross:
        lines.append(dice.choice(_CROSS))
    return " ".join(lines) + f"\n\nKind regards\n{thread.name}\n07700 900{len(thread.address) * 37 % 1000:03}"


def _answer(dice: random.Random, thread: _Thread) -> str:
    _, _, whom, what = _THINGS[thread.thing]
    day = f"{(thread.at + timedelta(days=6)):%d %B %Y}"
    return f"Dear {thread.name},\n\n" + dice.choice(_ANSWERS).format(whom=whom, what=what, day=day, thing=thread.thing)


def _fill(dice: random.Random, message: EmailMessage, thread: _Thread, said: str) -> None:
    """The body in one of the forms that mail programs give it."""
    form = dice.random()
    quoted = f"\n\nOn {thread.at:%d %b %Y} {thread.last_by} wrote:\n" + "\n".join("> " + line for line in thread.last.split("\n"))
    plain = said + (quoted if thread.last else "") + "\n"
    charset = dice.choice(("utf-8", "utf-8", "iso-8859-1", "windows-1252"))
    if form < 0.45:
        message.set_content(plain, charset=charset)
    elif form < 0.9:
        message.set_content(plain, charset=charset)
        message.add_alternative(_html(thread, said), subtype="html")
    else:
        message.set_content(_html(thread, said), subtype="html")
    if dice.random() < 0.12:
        size = int(dice.lognormvariate(10.5, 1.0))
        message.add_attachment(dice.randbytes(min(size, 400_000)), maintype="image", subtype="jpeg", filename="photo.jpg")
    elif dice.random() < 0.05:
        text = "\n".join(" ".join(dice.choices(_WORDS, k=12)) for _ in range(400))
        message.add_attachment(text, filename="notes.txt")
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=-{number}-{dice.getrandbits(64):016x}")  # else each run would draw another


def _html(thread: _Thread, said: str) -> str:
    def paragraphs(text: str) -> str:
        return "".join(f"<p style='margin:0 0 8px'>{escape(part)}</p>" for part in text.split("\n\n"))

    quoted = f"<div>{escape(thread.last_by)} wrote:<blockquote type='cite'>{paragraphs(thread.last)}</blockquote></div>"
    style = "<style>p{font-family:sans-serif}" + "td.x{padding:0 4px 0 4px}" * 60 + "</style>"
    return f"<html><head>{style}</head><body>{paragraphs(said)}{quoted if thread.last else ''}</body></html>"


def _letter(dice: random.Random, thread: _Thread, number: int) -> Iterator[Mail]:
    """A few letters of one campaign, each from somebody else."""
    for place in range(dice.randint(1, 4)):
        one = _thread(dice, number + place)
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((one.name, one.address))
        message["To"] = MAILBOX
        message["Subject"] = "Keep the mill path open"
        one.at = thread.at + timedelta(hours=place)
        _identify(message, one, f"{number}.{place}.path", by_staff=False)
        message.set_content(f"Dear councillors,\n\n{_sentence(dice)} {_CAMPAIGN}\n\nYours\n{one.name}\n")
        yield Mail("INBOX", one.at, message.as_bytes())


def _automatic(dice: random.Random, thread: _Thread, number: int) -> Mail:
    """A newsletter or an absence note."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr(("Trade news", f"news@letters{number % 40}.example"))
    message["To"] = MAILBOX
    message["Subject"] = f"Number {number} of our letter"
    if dice.random() < 0.5:
        message["List-Unsubscribe"] = "<https://letters.example/out>"
        message["Precedence"] = "bulk"
    else:
        message["Auto-Submitted"] = "auto-replied"
    _identify(message, thread, f"{number}.news", by_staff=False)
    message.set_content("\n\n".join(_sentence(dice) for _ in range(12)))
    return Mail("INBOX", thread.at, message.as_bytes())
