"""One person behind one or several addresses, and why we think so.

What a mail shows of its sender are its marks: name, telephone, reference, place, thread, reply-to. Two addresses are read
as one person only when the evidence is of at least two kinds, one of them the full name, or when one mail asks for replies at
the other address. A writer's own word that this is another address of his is such evidence. The same name alone never joins (practice,
trap T4; X17), a reference quoted by a stranger joins nothing (T9), nor does a name with what stands in the text where both addresses
bear the name of somebody else, as in one letter sent from many stolen accounts; and a mail whose sender could not be authenticated
leaves no marks. Joining is for reading; a restriction stays with the person who was told of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from triage import terms
from triage.message import Address, Message
from triage.ruling import Ties

Mark = tuple[str, str]
"""(kind, value): one thing a mail shows about who sent it."""

_TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir rev revd fr mx the capt captain cllr councillor lt sgt maj major col".split()
)
_NO_NAME = frozenset(
    """family team support office service services customer care info sales accounts admin enquiries enquiry help desk noreply kind best
    regards thanks thank many yours sincerely faithfully cheers sent from phone iphone galaxy android dear hello flat house tel mobile""".split()
)
_THIS_IS = re.compile(r"\b(?i:this is|my name is|it'?s|i am|i'm)\s+((?:[A-Z][\w'’-]+\s+){1,2}[A-Z][\w'’-]+)")
_NAMED_FIRST = re.compile(
    r"\A\s*(?:(?i:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|morning)\b[ \w.'’-]{0,30}[,.!:]\s+)?"
    r"(?!(?i:dear|hi|hello|hey|hiya)\b)((?:[A-Z][\w'’-]+|[A-Z]\.)[ ]+[A-Z][\w'’-]+)"
    r"(?=\s+(?:here|again|from|at|in|of)\b|\s*,\s*(?:(?:here|again|from|at|in|of|flat|unit|room|apt|no|account|acct|ref|order|tenant|customer|client)\b|#?\d|[A-Z]{1,5}-?\d))"
)
"""A mail that begins with its writer's name: "Hi Gwen, Chet Maldonado in 5C here."; "Song Yi, what do you think?" speaks to one."""
_THIS_IS_SMALL = re.compile(
    r"\A\W*(?:this is|my name is|it'?s|i am|i'm|im)\s+([a-z]{2,} [a-z]{2,})\b(?! (?:to|the|a|my|for)\b)", re.IGNORECASE
)
"""The same in small letters, which only counts where a mail says that it comes from another address: "its ada penn, my work email"."""
_OTHER_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_ELSEWHERE = re.compile(
    r"\b(?:from|on|using|via|with|it'?s|this is)\s+(?:(?:my|the)\s+(?:own|other|old|new|work|home|private|personal|second|different|wife'?s|husband'?s|partner'?s)\s*"
    r"(?:e-?mail|mail|address|account|inbox)|(?:another|a\s+(?:different|new|second))\s+(?:e-?mail\s+)?(?:address|account|inbox)\b(?!\s+with))"
    r"|\b(?:you(?:'ve| have)?|u)\s+(?:have\s+)?blocked\s+(?:me|the first|my)",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"\s*(?:(?:my )?dear(?:est)?|beloved|attention|attn|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|morning|to|cc|from|thanks?|thank you|cheers|ps"
    r"|lieber?|hallo|guten|sehr geehrter?|bonjour|ch[eè]re?|hola|estimad[oa]|querid[oa]|geachte|beste|car[oa]|prezad[oa]|hej|hei|k[aæ]re)\b",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"(?:[A-Z][^\W\d_]*['’.-]?[^\W\d_]*\.?[ ]+){1,3}[A-Z][^\W\d_]*['’-]?[^\W\d_]+")
_SPEAKS_TO = re.compile(r"\?\W*$|,.*\byou\b", re.IGNORECASE)
_FAREWELL = re.compile(
    r"\W*(?:(?:kind(?:est)?|best|warm(?:est)?|many)?\s*(?:regards|wishes|thanks)|yours(?: (?:sincerely|faithfully|truly))?|sincerely(?: yours)?"
    r"|faithfully|respectfully|best|cheers|thank you|all the best|love|signed)\W*$",
    re.IGNORECASE,
)
_OTHER_SAID = re.compile(
    r"\b(?:my|our)\s+(?:(?:other|old|new|work|home|second|private)\s+e-?mail\b|(?:other|old|new|work|home|usual|previous|second|main|private)\s+(?:e-?mail\s+)?(?:address|account)\b)",
    re.IGNORECASE,
)
"""An earlier mail ("my previous email") is no address."""


@dataclass(frozen=True, slots=True)
class Join:
    """Why two addresses are read as one person."""

    one: str
    other: str
    reasons: tuple[str, ...]


_ASIDE = re.compile(r"\([^()]{0,80}\)")
"""A department, beside a name."""


def full_name(text: str) -> str:
    """A person's name in one spelling ("Tredwell, Joan" and "Mrs Joan Tredwell" are both "joan tredwell"); "" unless it is
    two to four words that could be a name."""
    plain = _ASIDE.sub(" ", text)
    last, comma, first = plain.partition(",")
    ordered = f"{first} {last}" if comma and len(last.split()) <= 2 else plain
    words = (word.strip("'’-") for word in re.findall(r"[^\W\d_][\w'’-]*", terms.fold(ordered)))
    parts = [word for word in words if word and word not in _TITLES]
    if not 2 <= len(parts) <= 4 or any(part in _NO_NAME for part in parts) or len(parts[-1]) < 2:
        return ""
    return " ".join(parts)


def _closing_lines(message: Message) -> list[str]:
    """The lines where a writer puts name, address and telephone: the last few of the own words, and the signature."""
    own = [line.strip() for line in message.wording.own.strip().splitlines() if line.strip()]
    signature = [line.strip() for line in message.wording.signature.splitlines() if line.strip()]
    return [line for line in own[-4:] + signature[:6] if len(line) <= 80]


def _named_in(line: str) -> list[str]:
    """The pieces of a line that look like a name and nothing else: two to four capitalised words, no figures, no symbols."""
    if _GREETS.match(line) or _SPEAKS_TO.search(line):
        return []
    pieces = (piece.strip(" .;*_") for piece in re.split(r"[|·,(/]|\s[–-]\s", line))
    return [piece for piece in pieces if _NAME_LINE.fullmatch(piece)]


_FIRM = frozenset(
    """ltd limited llc inc plc llp gmbh co company group studio studios films productions services solutions charters charter lettings
    estates properties rentals design designs media events catering bakery cafe garage motors joinery builders plumbing electrical
    cleaning gardens nursery farm farms stores store shop shops club society association committee council trust charity partners
    associates consulting consultants agency tours travel hotel school church records press books gallery theatre""".split()
)


def _is_firm(sender: Address) -> bool:
    """Whether a display name is that of a firm or a body rather than a person's: it says so, or it is the name of the domain."""
    words = re.findall(r"[^\W\d_]+", terms.fold(sender.name))
    domain = sender.email.rpartition("@")[2].replace("-", "")
    return bool(_FIRM & set(words)) or (len(words) > 1 and domain.startswith("".join(words)[:12]) and len("".join(words)) > 5)


def _signed(message: Message) -> list[str]:
    """Names in the closing lines that are the writer's own: they share a word with the display name or the address, or, in a mail
    whose sender shows no name, stand right below a word of farewell or at the very end. A firm, a title or a reader has none of these."""
    lines = _closing_lines(message)
    shown = set(re.findall(r"[^\W\d_]{2,}", terms.fold(message.sender.name)))
    local = message.sender.email.partition("@")[0]
    nameless = not full_name(message.sender.name) or _is_firm(message.sender)
    found, farewell = [], False
    for place, line in enumerate(lines):
        for piece in _named_in(line)[:1]:
            words = [word for word in re.findall(r"[^\W\d_]+", terms.fold(piece)) if word not in _TITLES]
            own = any(word in shown or (len(word) > 3 and word in local) for word in words)
            if own or (nameless and (farewell or place >= len(lines) - 1 - (lines[-1] == message.sender.name))):
                found.append(piece)
        farewell = bool(_FAREWELL.match(line)) or (farewell and not line.strip(" ,-*"))
    return found


def signed_names(message: Message) -> frozenset[str]:
    """Full names the sender gives for himself: display name, name lines at the end, "this is Jane Doe". Never the name of
    somebody he writes to or quotes."""
    texts = [message.sender.name, *_THIS_IS.findall(message.wording.own[:2000]), *_NAMED_FIRST.findall(message.wording.own[:300])]
    others = {full_name(one.name) for one in (*message.to, *message.cc) if one.email != message.sender.email}
    others |= {full_name(passage.author) for passage in (*message.wording.quoted, *message.wording.forwarded)}
    own = full_name(message.sender.name)
    return frozenset(name for name in map(full_name, [*texts, *_signed(message)]) if name and (name == own or name not in others))


_FOR_ANOTHER = re.compile(
    r"\b(?:constituent|on (?:his|her|their|\w+'s|the) behalf|on behalf of|my client|our client|acting for|act for|instructed by|power of attorney"
    r"|caseworker|case worker|writing for (?:my|our|him|her)|(?:i'm|i am|as) (?:the )?[\w' ]{0,30}(?:wife|husband|partner|mother|father|mum|dad|sister|brother|son|daughter|carer|guardian|advocate|solicitor|representative)"
    r"|(?:has|have) asked (?:me|us|\w+ \w+ mp) (?:to|for)|asked \w+ \w+ mp|signed (?:note|consent|authority))\b",
    re.IGNORECASE,
)
_FULL_NAME = re.compile(r"\b(?:[A-Z]\.? ?){1,3} ?[A-Z][^\W\d_]{2,}\b|\b[A-Z][^\W\d_]+(?:[ ][A-Z][^\W\d_'’-]*[^\W\d_]){1,2}\b")


def spoken_for(message: Message) -> frozenset[str]:
    """Full names of people whom a mail says it is written for, and of others it names beside them; none in a mail that says no
    such thing. Whoever is really meant must have written to us under that name."""
    text = f"{message.subject}\n{message.wording.own[:3000]}"
    if not _FOR_ANOTHER.search(text):
        return frozenset()
    own = signed_names(message)
    named = (full_name(part) for found in _FULL_NAME.findall(text) for part in _shorter(found))
    return frozenset(name for name in named if name and name not in own)


def _shorter(name: str) -> tuple[str, ...]:
    """A run of capitalised words as it stands, and without its first: "Mrs Hilda Brundle", "Constituent Hilda Brundle"."""
    words = name.split()
    return (name, " ".join(words[1:])) if len(words) > 2 else (name,)


def marks(message: Message) -> frozenset[Mark]:
    """What this mail shows about who sent it; nothing when our server could not authenticate the sender (RFC 8601)."""
    if message.authenticity == "fail":
        return frozenset()
    own = message.wording.own
    closing = "\n".join(_closing_lines(message))
    found = {("name", name) for name in signed_names(message)}
    found |= {("shown", shown) for shown in [full_name(message.sender.name)] if shown}
    found |= {("phone", number) for number in terms.phones(closing)}
    found |= {("reference", value) for value in terms.references(f"{message.subject}\n{own}")}
    found |= {("place", value) for value in _homes(f"{message.subject}\n{own}", closing)}
    found |= {("unit", value) for value in terms.units(f"{message.subject}\n{own}\n{closing}")}
    found |= {("thread", value) for value in (*message.references, message.in_reply_to, message.message_id) if value}
    found |= {("reply-to", address) for address in _asked_at(message)}
    found |= {("for", name) for name in spoken_for(message)}
    if _ELSEWHERE.search(own[:1000]):
        found.add(("elsewhere", "said"))
        found |= {("name", name) for name in map(full_name, _THIS_IS_SMALL.findall(own)) if name}
    return frozenset(found)


_NEAR = 120
"""Characters after "my other address" within which it is named."""


def _asked_at(message: Message) -> set[str]:
    """The addresses where a sender takes replies: his own, that of Reply-To, one he calls his own. An address the mail went to
    is a list or an office that all may answer, not his."""
    said = message.own
    own = {
        found.lower()
        for one in _OTHER_SAID.finditer(said)
        for found in _OTHER_ADDRESS.findall(said[one.start() : one.end() + _NEAR])
    }
    sent_to = {one.email for one in (*message.to, *message.cc)}
    return {message.sender.email} | (({one.email for one in message.reply_to} | own) - sent_to)


def _homes(text: str, closing: str) -> set[str]:
    """The houses a mail names. Without the word for a street ("14 Kestrel") one counts only in a line as writers put their address
    below, since "40 pages" looks no different."""
    below = "\n".join(line for line in closing.splitlines() if len(line.split()) <= _ADDRESS_LINE)
    return {one for one in terms.places(f"{text}\n{closing}") if len(one.split()) > 2} | terms.places(below)


_ADDRESS_LINE = 8


def bears(address: str, name: str) -> bool:
    """Whether an address may be that of somebody called so: a word of the name or the initials begin a part of it, or it tells no
    name at all. `name`: as `full_name` gives it."""
    local, _, domain = address.partition("@")
    parts = [part for part in re.split(r"[^a-z]+", local) if len(part) > 2]
    words = name.split()
    if not parts or _NO_NAME & set(parts) or any(len(word) > 3 and word in domain for word in words):
        return True
    initials = "".join(word[0] for word in words)
    heads = {word[:3] for word in words} | {initials, initials[::-1], words[0][0] + words[-1][:3], words[-1][:3]}
    return any(part.startswith(tuple(heads)) or any(len(word) > 3 and word in part for word in words) for part in parts)


def joined(one: Collection[Mark], other: Collection[Mark], one_address: str, other_address: str) -> tuple[str, ...]:
    """The reasons to read two addresses as one person, in words; () when they do not suffice."""
    shared = set(one) & set(other)
    by_kind: dict[str, list[str]] = {}
    for kind, value in sorted(shared):
        by_kind.setdefault(kind, []).append(value)
    stated = [v for v in by_kind.get("reply-to", ()) if v in (one_address, other_address)]
    reasons = [f"one asks for replies at {stated[0]}"] if stated else []
    if "name" in by_kind:
        words = {
            "phone": "same telephone",
            "reference": "same reference",
            "place": "same address",
            "unit": "same unit",
            "thread": "same thread",
        }
        if "thread" in by_kind and not all(_may_be_called(marks, by_kind["name"]) for marks in (one, other)):
            del by_kind["thread"]
        borne = any(bears(address, name) for address in (one_address, other_address) for name in by_kind["name"])
        counted = (
            words if borne or _domain(one_address) == _domain(other_address) else {kind: words[kind] for kind in _NOT_COPIED}
        )
        supporting = [f"{word} {by_kind[kind][0]}" for kind, word in counted.items() if kind in by_kind]
        if ("elsewhere", "said") in {*one, *other}:
            supporting.append("one says that it is another address of the same person")
        if supporting:
            reasons += [f"same name {by_kind['name'][0]}", *supporting]
    return tuple(reasons)


def _may_be_called(marks: Collection[Mark], names: Collection[str]) -> bool:
    """Whether the names an address is shown under leave room for one of these: none is shown, or one that shares a word."""
    shown = {word for kind, value in marks if kind == "shown" for word in value.split()}
    return not shown or any(shown & set(name.split()) for name in names)


_NOT_COPIED = ("phone", "thread")
"""Evidence that a letter copied to many accounts does not carry along by itself."""


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


LOOKED_UP = frozenset({"name", "phone", "reference", "place", "thread", "reply-to"})
"""Kinds of mark to look others up by: two addresses that share none of these cannot be one contact."""
DECISIVE = frozenset({"name", "reply-to"})
"""Nor can two that share none of these: neither has asked for replies at the other, nor do they bear one name."""


def groups(marks_of: Mapping[str, Iterable[Mark]], said: Ties = Ties()) -> tuple[tuple[frozenset[str], ...], tuple[Join, ...]]:
    """Addresses grouped into people, with the joins that made the groups.

    `marks_of` maps each address to all the marks of its mails. `said`: what people said of addresses; it beats every mark, and two that
    are not one person stay apart whoever else joins either. The result does not depend on any order.
    """
    held = {address: frozenset(found) for address, found in marks_of.items()}
    owner: dict[Mark, list[str]] = {}
    for address in sorted(held):
        for mark in held[address]:
            if mark[0] in LOOKED_UP:
                owner.setdefault(mark, []).append(address)
    joins: dict[tuple[str, str], Join] = {}
    for one, other in (sorted(pair) for pair in said.same if pair <= held.keys()):
        joins[one, other] = Join(one, other, ("one of us said that they are one person",))
    compared: set[tuple[str, str]] = set(joins)
    for sharers in owner.values():
        for place, one in enumerate(sharers):
            for other in sharers[place + 1 :]:
                if (one, other) not in compared:
                    compared.add((one, other))
                    reasons = joined(held[one], held[other], one, other)
                    if reasons:
                        joins[one, other] = Join(one, other, reasons)
    home = {address: {address} for address in held}
    stand = []
    for pair in sorted(joins, key=lambda one: (frozenset(one) not in said.same, one)):
        mine, theirs = (home[address] for address in pair)
        if mine is not theirs and any(frozenset({here, there}) in said.apart for here in mine for there in theirs):
            continue
        stand.append(pair)
        if mine is not theirs:
            mine |= theirs
            for member in theirs:
                home[member] = mine
    unique = {id(members): frozenset(members) for members in home.values()}
    ordered = sorted(unique.values(), key=sorted)
    return tuple(ordered), tuple(joins[pair] for pair in sorted(stand))
