"""What one of us writes to the address for incidents: with whom, when, by which way, and what happened (P15, R02). Pure.

No form is asked for. The customer's address stands in the subject or in the text; what is left open is filled in from the mail: the
day it was sent, the way from a word such as "telephone". Lines such as `When: 3 March 2026` say it outright, and are no part of the words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from triage.evidence import Directory
from triage.finding import KINDS
from triage.message import Message
from triage.staff_reading.dates import moments

_LINES: Mapping[str, str] = {
    "who": "who", "contact": "who", "customer": "who", "person": "who", "about": "who", "when": "on", "date": "on", "day": "on", "on": "on",
    "how": "channel", "channel": "channel", "where": "channel", "kind": "kind", "what": "kind", "effect": "effect", "link": "link",
    "copy": "link", "clause": "clause", "witnessed": "witnessed",
}  # fmt: skip
_LINE = re.compile(rf"[ \t*>]*({'|'.join(_LINES)})[ \t*]*[:=][ \t*]*(\S[^\n]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_CONTACT_ID = re.compile(r"\bc-[0-9a-f]{12}\b")
_CHANNELS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for name, words in {
        "telephone": r"(?:tele)?phone[ds]?|phone ?call|call(?:s|ed)?|rang|ring(?:s|ing)?|voice ?mails?",
        "visit": r"visit(?:s|ed)?|counter|front desk|reception|doorstep|came (?:in|to the (?:office|desk|counter))|in person",
        "letter": r"letters?|by post|in the post",
        "social media": r"social media|facebook|instagram|twitter|tiktok|reviews?|posted|tweet(?:s|ed)?",
        "text message": r"text messages?|texted|sms|whatsapp",
        "video call": r"video ?(?:call|meeting)?|zoom|teams call",
    }.items()
}
"""The ways by which things happen, and the words that show one."""
OTHER_WAY = "another way than mail"
_KINDS: Mapping[str, str] = {
    "insult": "abuse", "insults": "abuse", "shouting": "abuse", "swearing": "profanity", "threats": "threat", "violence": "threat",
    "intimidation": "harassment", "bullying": "harassment", "stalking": "harassment", "racism": "discrimination", "sexism": "discrimination",
    "weapon": "illegal", "theft": "illegal", "damage": "illegal", "vandalism": "illegal",
}  # fmt: skip
"""What people say for a kind of finding."""
_LONGEST = 5_000
_BEGINNING = 80
"""Characters at the beginning of a text in which a day is that of the incident: "Yesterday he rang and …"."""


@dataclass(frozen=True, slots=True)
class Told:
    """An incident as a mail tells it."""

    who: tuple[str, ...]
    """The addresses or ids it names; one, where it can be written down."""
    on: date
    day_said: bool
    """Whether it says the day; else it is that of the mail."""
    unclear: str
    """What it says and could not be read, in words for its writer; "" where all was."""
    channel: str
    kind: str
    words: str
    effect: str = ""
    link: str = ""
    clause: str = ""
    witnessed: bool = False

    def paper(self) -> dict[str, Any]:
        """The form in which the ledger keeps it."""
        return {**asdict(self), "who": list(self.who), "on": self.on.isoformat()}

    @staticmethod
    def read(content: Mapping[str, Any]) -> Told:
        """The reverse of `paper`."""
        known = {name: content[name] for name in Told.__dataclass_fields__}
        return Told(**{**known, "who": tuple(content["who"]), "on": date.fromisoformat(content["on"])})


def meant(message: Message, address: str, staff: Directory) -> bool:
    """Whether a mail is one of us telling `address` of an incident: in the name of one of us, to nobody outside, and not forged.

    Whether it counts is another question: anybody can write one of our addresses into From (see `Message.proved`).
    """
    to = [one.email for one in (*message.to, *message.cc)]
    ours = bool(address) and address in to and staff.is_colleague(message.sender.email) and message.sender.email != address
    return ours and all(map(staff.is_colleague, to)) and not message.automatic and message.authenticity != "fail"


def read(message: Message, staff: Directory, zone: tzinfo) -> Told:
    """What the mail tells. `zone`: the office's, in which a day is meant."""
    said: dict[str, str] = {}
    words = []
    for line in message.own.replace("\u00a0", " ").splitlines():
        if (found := _LINE.fullmatch(line)) and _LINES[found[1].lower()] not in said:
            said[_LINES[found[1].lower()]] = found[2].strip(" *")
        else:
            words.append(line)
    text = "\n".join(words).strip()[:_LONGEST]
    told = (said["on"],) if "on" in said else (message.subject, text[:_BEGINNING])
    day = next((day for one in told if (day := _day(one, message.sent_at))), None)
    return Told(
        who=_who((said.get("who", ""), message.subject, text), staff),
        on=day or message.sent_at.astimezone(zone).date(),
        day_said=day is not None,
        unclear=f'no day up to the mail\'s own could be read from "{said["on"]}"; write it as 2026-03-20'
        if "on" in said and not day
        else "",
        channel=said.get("channel") or _channel(message.subject) or _channel(text) or OTHER_WAY,
        kind=kind_of(said.get("kind", "")),
        words=text,
        effect=said.get("effect", ""),
        link=said.get("link", ""),
        clause=said.get("clause", ""),
        witnessed=said.get("witnessed", "no").lower().startswith(("y", "t", "only")),
    )


def _who(places: Sequence[str], staff: Directory) -> tuple[str, ...]:
    """Whom it names in the first of these places that names anybody outside; () where none does."""
    for place in places:
        named = [one.lower() for one in _ADDRESS.findall(place)]
        outside = [one for one in (*named, *_CONTACT_ID.findall(place)) if not staff.employs(one)]
        if outside:
            return tuple(dict.fromkeys(outside))
    return ()


def _day(text: str, sent: datetime) -> date | None:
    """The first day that a text names, none after the mail was sent."""
    for found in moments(text, sent):
        day = found.until.date()
        if not found.explicit and day > sent.date():
            day -= timedelta(days=7)  # "Friday", written on a Wednesday, is the one before
        if day <= sent.date() + timedelta(days=1):
            return day
    return None


def _channel(text: str) -> str:
    """The way that a text speaks of; "" where it speaks of none, or of several."""
    named = [name for name, words in _CHANNELS.items() if words.search(text)]
    return named[0] if len(named) == 1 else ""


def kind_of(text: str) -> str:
    """The kind of finding that a word of theirs means ("insults"), or the kind itself; "other" for a word that is not known."""
    word = text.strip(" .").lower().replace(" ", "_")
    if word in KINDS and KINDS[word] != "protective":
        return word
    return _KINDS.get(word, "other")
