"""How one mail compares with one earlier matter, as numbers: what the matter judgement looks at, learnt or not.

Words count by how rare they are: a word known from everyday mail says nothing, one that few mails hold says much. How common a
word is comes from a table of everyday mail (numbers for hashed words, no text) and from the mail read so far, so that a first
week is judged as sensibly as a tenth year. A mail is compared with single mails of a matter and never with all its words
together, or large matters would resemble everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from math import log, log1p, sqrt
from pathlib import Path
from zlib import crc32

from triage import terms

BUCKETS = 2**15
TABLE = "frequencies.bin"
"""One octet a bucket: how common its words are in everyday mail, -log2 of the share of mails in eighths."""

_EVERYDAY = 300.0
"""As many mails as the table of everyday mail counts for against the mail read so far."""
_VOCABULARY = 150_000
"""Words whose counts are kept; beyond it those met once are forgotten."""
_DULL = 1.2
"""Words lighter than this are in every fourth mail and compare nothing."""
RARE = 4.0
KEPT = 8
"""Mails of a matter a new one is compared with: the first and the latest."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NEVER = 24.0 * 3650
"""Hours that stand for "there is none"."""

NAMES = (
    "alike", "alike_first", "alike_last", "alike_own", "alike_staff", "mass", "rarest", "shared", "lead", "best",
    "quoted", "reference", "other_reference", "place", "other_place", "amount", "same_subject", "subject_named", "subject_said",
    "hours", "hours_own", "hours_contact", "answered", "size", "own", "rank", "open", "matters", "same_address", "same_staff",
    "new_matter", "back", "words", "subject_words", "by_staff", "own_history", "reply_form", "exclusive",
    "speaks_to", "afresh", "question", "namesake", "hours_namesake", "goes_on", "greets", "greets_last", "last_asks", "names_writer", "subject_other",
    "by_rule", "best_by_rule",
)  # fmt: skip
"""The columns of a comparison, in order; the last two are what the rules say and are added by `triage.matter`."""
VERSION = 3
"""Changes with every change in what a column means: a model made for others is refused."""

_BACK = re.compile(
    r"\b(?:again|still|any (?:news|update|progress|word)|as (?:i|we) (?:said|mentioned|asked|wrote)|my (?:last|previous|earlier|first|other)"
    r" (?:two |three |few |several )?(?:e-?mail|mail|message|letter|question|complaint)s?|(?:had|got|get|received|seen|read) my (?:two|three|four|letters?|e-?mails?|messages?|note)"
    r"|your (?:reply|answer|e-?mail|message|response|letter|suggestion|decision)|following up|follow[- ]up|further to|chas(?:ing|e)"
    r"|heard (?:nothing|back)|no (?:reply|answer|response)"
    r"|(?:i|we)(?:'ve| have)?(?: now| already)? (?:wrote|written|e-?mailed|mailed|reported|contacted you)(?: (?:this|it|to you|to your \w+|you|in))?"
    r" (?:on|last|in \w+|before|about this|(?:several|many|two|three|four|five) times|twice|(?:two|three|four|\d+|some|a few) (?:days|weeks|months) ago)"
    r"|(?:not|never|(?:have|has|had|did)n.?t)(?: yet| even| ever)? (?:had|received|got|seen|been (?:given|sent))(?: any| an?| your)? (?:sort of )?(?:answer|reply|response|acknowledgement)"
    r"|(?:not|never|(?:have|has|had|did|was)n.?t)(?: yet)? (?:heard|hear back|been answered)|(?:nobody|no ?one|none of you)(?: has| have)?(?: ever| yet)? (?:answer|repl|respond|come back|got back|written back|been in touch)\w*"
    r"|without (?:an?|any) (?:answer|reply|response)|unanswered|(?:second|third|fourth|fifth) time|same (?:thing|issue|problem|question|matter)"
    r"|thanks? for (?:your|the|that|getting|looking)|you (?:said|told|wrote|promised|asked|suggested)|that (?:worked|did|fixed|solved|is not)|update:|ps)\b",
    re.IGNORECASE,
)  # fmt: skip
_AFRESH = re.compile(
    r"\b(?:i am writing (?:to|about|because)|i(?: would|'d) like to (?:know|ask|order|book|report|apply|make)|could you (?:please )?(?:tell|let) (?:me|us)|do you (?:have|sell|offer|know|stock)"
    r"|i (?:have )?(?:just )?(?:ordered|bought|booked|applied|installed|noticed)|i(?: have|'ve) (?:a|another) (?:question|problem|request|query)|how (?:do|can|would) (?:i|we)|is (?:it|there) (?:possible|a way|any)"
    r"|(?:does|has) any(?:one|body)|i(?: am|'m) (?:trying|having|reporting|looking|new)|can i (?:book|order|apply|get|have)|i need help)\b",
    re.IGNORECASE,
)  # fmt: skip
_LOOKED_AT = 1_500
_OPENING = 500
_EARLY = 40
"""Words of the text within which a subject of four words and more may be found again."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One mail of a matter, as later mails are compared with it."""

    words: frozenset[str]
    length: float
    """Of its vector of word weights, as they were when it arrived."""
    by_staff: bool


@dataclass(slots=True)
class Traits:
    """What a mail that is to be placed shows."""

    said: terms.Terms
    subject: str
    """Without reply marks."""
    named: frozenset[str]
    """Content words of the subject."""
    weights: dict[str, float]
    """Word → weight, only those that say something."""
    length: float
    at: datetime
    sender: str
    name: str
    """As displayed, folded; "" when it is no full name."""
    called: str
    """The words of the name or, without one, of the address, folded."""
    to: frozenset[str]
    by_staff: bool
    announces: bool
    refers_back: bool
    reply_form: bool
    """The subject starts with a reply mark."""
    afresh: bool
    """It opens as first mails do."""
    question: bool
    who: frozenset[str] = frozenset()
    """Spellings of the sender's name, from the display name and the address; see `spellings`."""
    greets: frozenset[str] = frozenset()
    """Words of the first line, folded: whom it may greet."""
    tokens: frozenset[str] = frozenset()
    """The words of the text as they stand, folded."""
    goes_on: float = 0.0
    """How much the words of the opening sound like going on about something (log odds); see `triage.opening`."""
    quoted: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Matter:
    """A matter as it grows; of its mails only a few are kept, however many come."""

    id: str
    profiles: list[Profile] = field(default_factory=list)
    references: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    amounts: set[str] = field(default_factory=set)
    subjects: dict[str, None] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    openings: dict[str, None] = field(default_factory=dict)
    """Subjects that only repeat how the mail opens, folded: they tell nothing, but replies bear them."""
    title: frozenset[str] = frozenset()
    """Content words of its latest subject."""
    last: datetime = LONG_AGO
    last_by_staff: bool = False
    last_of: dict[str, datetime] = field(default_factory=dict)
    """Sender → his latest mail in it."""
    count_of: Counter[str] = field(default_factory=Counter)
    staff: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    """Of those who wrote in it, as displayed, folded."""
    clerks: dict[str, None] = field(default_factory=dict)
    """The names of the staff who wrote in it, as content words."""
    last_like: dict[str, datetime] = field(default_factory=dict)
    """Spelling of a name → the latest mail of somebody who may be called that."""
    called: dict[str, str] = field(default_factory=dict)
    """Sender → the words of his name, folded."""
    last_sender: str = ""
    last_asks: bool = False
    size: int = 0
    about: frozenset[str] = frozenset()
    """The words of the mails that are kept."""
    asked: frozenset[str] = frozenset()
    """The same, of those written to us."""

    def add(self, traits: Traits) -> None:
        """Takes a mail in. Everything kept is bounded."""
        profile = Profile(traits.said.words, traits.length, traits.by_staff)
        self.profiles.append(profile)
        if len(self.profiles) > KEPT:
            del self.profiles[1]
        self.about = frozenset().union(*(one.words for one in self.profiles))
        self.asked = frozenset().union(*(one.words for one in self.profiles if not one.by_staff))
        for kept, new in (
            (self.references, traits.said.references),
            (self.places, traits.said.places),
            (self.amounts, traits.said.amounts),
        ):
            if len(kept) < _MARKS:
                kept |= new
        _remember(self.subjects, (traits.subject,))
        _remember(self.named, sorted(traits.named))
        self.title = traits.named or self.title
        self.last, self.last_by_staff = traits.at, traits.by_staff
        self.last_of.pop(traits.sender, None)
        self.last_of[traits.sender] = traits.at
        if len(self.last_of) > _MARKS:
            del self.last_of[next(iter(self.last_of))]
        self.count_of[traits.sender] += 1
        if len(self.count_of) > 2 * _MARKS:
            self.count_of = Counter(dict(self.count_of.most_common(_MARKS)))
        _remember(self.staff, (traits.sender,) if traits.by_staff else sorted(traits.to))
        _remember(self.names, (traits.name,) if traits.name else ())
        _remember(self.clerks, sorted(terms.words(traits.name)) if traits.by_staff else ())
        self.size += 1
        for spelling in traits.who:
            self.last_like.pop(spelling, None)
            self.last_like[spelling] = traits.at
        while len(self.last_like) > 8 * _MARKS:
            del self.last_like[next(iter(self.last_like))]
        self.called[traits.sender] = traits.called
        if len(self.called) > _MARKS:
            del self.called[next(iter(self.called))]
        self.last_sender, self.last_asks = traits.sender, traits.question

    def head(self, subject: str) -> None:
        """Remembers the subject line of a mail taken in, also one that counts as none; `subject`: folded, without reply marks."""
        if subject not in self.subjects:
            _remember(self.openings, (subject,))


_MARKS = 40


def _remember(kept: dict[str, None], new: Sequence[str]) -> None:
    for one in new:
        kept.pop(one, None)
        kept[one] = None
    while len(kept) > _MARKS:
        del kept[next(iter(kept))]


@cache
def everyday(folder: Path) -> bytes:
    """The table of everyday mail in a folder; without one, all words count as equally rare."""
    file = folder / TABLE
    table = file.read_bytes() if file.is_file() else b""
    return table if len(table) == BUCKETS else bytes([80]) * BUCKETS


def bucket(word: str) -> int:
    """Where a word stands in the table, the same on every machine."""
    return crc32(word.encode()) % BUCKETS


class Frequencies:
    """How rare words are: everyday mail, and what was read so far."""

    def __init__(self, table: bytes) -> None:
        self._seen: Counter[str] = Counter()
        self._mails = 0
        self._share = lru_cache(maxsize=60_000)(lambda word: 2.0 ** (-table[bucket(word)] / 8))

    def weight(self, word: str) -> float:
        """The inverse document frequency of a word, natural logarithm: 0 for one in every mail."""
        share = (_EVERYDAY * self._share(word) + self._seen[word]) / (_EVERYDAY + self._mails)
        return -log(min(1.0, share + 0.0008))

    def add(self, words: frozenset[str]) -> None:
        """Counts one mail."""
        self._mails += 1
        self._seen.update(words)
        if len(self._seen) > _VOCABULARY:
            self._seen = Counter({word: count for word, count in self._seen.items() if count > 1})


def refers_back(text: str) -> bool:
    """Whether a mail says that there was something before it."""
    return bool(_BACK.search(text[:_LOOKED_AT]))


def opens_afresh(text: str) -> bool:
    """Whether a mail opens as first mails do."""
    return bool(_AFRESH.search(text[:_OPENING]))


def first_words(text: str) -> frozenset[str]:
    """The words of the first line, folded: where a mail greets somebody, it does so there."""
    line = text.lstrip()[:80].partition("\n")[0]
    return frozenset(re.findall(r"[^\W\d_]{3,}", terms.fold(line)))


def repeats_opening(subject: str, text: str) -> bool:
    """Whether a subject is nothing but words from the beginning of the text, as some telephones make it: it was not chosen, and
    tells no more than the text does."""
    words = re.findall(r"\w+", terms.fold(subject))
    opening = re.findall(r"\w+", terms.fold(text[:_OPENING]))
    places = range(min(len(opening), _EARLY)) if len(words) >= 4 else range(1)
    return bool(words) and any(opening[place : place + len(words)] == words for place in places)


def length_of(weights: Mapping[str, float]) -> float:
    return sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def heavy(weights: Mapping[str, float]) -> dict[str, float]:
    """Only the words that say something."""
    return {word: weight for word, weight in weights.items() if weight >= _DULL}


def _hours(later: datetime, earlier: datetime | None) -> float:
    return max(0.0, (later - earlier).total_seconds() / 3600) if earlier else NEVER


def _share(words: frozenset[str], among: frozenset[str] | Mapping[str, object], weights: Mapping[str, float]) -> float:
    """Which part of the weight of some words is found among others, 0 to 1."""
    whole = sum(weights.get(word, 0.0) for word in words)
    return sum(weights.get(word, 0.0) for word in words if word in among) / whole if whole else 0.0


def compared(
    traits: Traits, candidates: Sequence[Matter], mine: frozenset[str], history: int, own: frozenset[str]
) -> list[list[float]]:
    """A row of `NAMES` for each candidate.

    `candidates`: latest first. `mine`: the addresses of the contact. `history`: how many matters the contact has. `own`: ids of
    those candidates that belong to the contact's own history.
    """
    likes = [_alike(traits, matter) for matter in candidates]
    tops = sorted((like[0] for like in likes), reverse=True)
    open_ones = sum(1 for matter in candidates if _hours(traits.at, matter.last) <= 24 * 14)
    contact_last = max((at for matter in candidates for sender, at in matter.last_of.items() if sender in mine), default=None)
    holders = Counter(
        word for matter in candidates for word in {w for p in matter.profiles for w in p.words & traits.weights.keys()}
    )
    counts = Counter(one for matter in candidates for one in traits.said.references & matter.references)
    common = frozenset(one for one, count in counts.items() if count > 1)
    return [
        [*like, *_standing(like[0], tops), *_marks(traits, matter, common), *_times(traits, matter, mine, contact_last),
         float(rank), log1p(open_ones), log1p(history), *_form(traits, matter), float(matter.id in own), float(traits.reply_form),
         _exclusive(traits, matter, holders), _speaks_to(traits, matter), float(traits.afresh), float(traits.question),
         *_namesake(traits, matter, mine), traits.goes_on, *_greets(traits, matter), float(matter.last_asks and matter.last_sender != traits.sender),
         _names_writer(traits, matter), _subject_other(traits, matter)]
        for rank, (matter, like) in enumerate(zip(candidates, likes, strict=True))
    ]  # fmt: skip


def _namesake(traits: Traits, matter: Matter, mine: frozenset[str]) -> tuple[float, float]:
    """Whether somebody who may be called the same wrote in the matter (2 for the whole name, 1 for a like spelling), and the
    hours since."""
    shared = [spelling for spelling in traits.who if spelling in matter.last_like]
    if not shared:
        return 0.0, log1p(NEVER)
    last = max(matter.last_like[spelling] for spelling in shared)
    return 1.0 + any(" " in spelling for spelling in shared), log1p(_hours(traits.at, last))


def _greets(traits: Traits, matter: Matter) -> tuple[float, float]:
    """Whether the first line holds the name of somebody else who wrote in the matter, and of whoever wrote in it last."""
    if not traits.greets:
        return 0.0, 0.0
    own = set(traits.called.split())
    found = {
        sender
        for sender, name in matter.called.items()
        if sender != traits.sender and any(word in traits.greets and word not in own for word in name.split() if len(word) > 2)
    }
    return float(bool(found)), float(matter.last_sender in found)


def _names_writer(traits: Traits, matter: Matter) -> float:
    """Whether the text holds the whole name of a customer who wrote in the matter, as a councillor's or a neighbour's does."""
    own = set(traits.called.split())
    for sender, called in matter.called.items():
        words = [word for word in called.split() if len(word) > 2]
        if sender not in matter.staff and sender != traits.sender and len(words) >= 2 and not own & set(words):
            if traits.tokens.issuperset(words):
                return 1.0
            if words[-1] in traits.tokens and len(words[-1]) >= _SHORTEST - 1 and traits.said.places & matter.places:
                return 0.5
    return 0.0


def _subject_other(traits: Traits, matter: Matter) -> float:
    """Which part of a subject of its own, not taken over from a mail before, the matter knows nothing of."""
    if traits.reply_form or not traits.named:
        return 0.0
    return len(traits.named - matter.about - matter.named.keys()) / len(traits.named)


def subject_is_other(traits: Traits, matter: Matter) -> bool:
    """Whether a subject was chosen of which the matter knows nothing at all."""
    return _subject_other(traits, matter) == 1.0


def spellings(name: str, address: str) -> frozenset[str]:
    """How a person may be called, to look others up by: "Joan Tredwell" of joan.t@mail.example gives "joan tredwell" (the whole
    name, the only one with a space), "jtredwell", "joantredwell", "tredwellj", "joant" …

    `name`: as displayed. `address`: in lower case; of its local part only the letters count.
    """
    words = [word for word in re.findall(r"[^\W\d_]+", terms.fold(name)) if word not in _NO_NAME]
    local = re.split(r"[^a-z]+", address.partition("@")[0])
    found = {"".join(local)} | ({local[0][:1] + local[-1]} if len([one for one in local if len(one) > 1]) > 1 else set())
    if "@" not in name and 2 <= len(words) <= 4:
        first, last = words[0], words[-1]
        found |= {f"{min(first, last)} {max(first, last)}" if len(first) > 1 and len(last) > 1 else first + last}
        found |= {first[:1] + last, first + last, last + first[:1], last + first, first + last[:1]}
        found |= {last} if len(last) >= _TELLING else set()
    return frozenset(one for one in found if len(one) >= _SHORTEST and one not in _ROLES)


_TELLING = 7
"""Letters from which a surname alone is looked up."""
_SHORTEST = 5
_NO_NAME = frozenset("mr mrs ms miss dr prof professor sir rev via at".split())
_ROLES = frozenset(
    "info admin support sales contact office noreply hello enquiries postmaster webmaster mailman service customer".split()
)


def _speaks_to(traits: Traits, matter: Matter) -> float:
    """Whether the text names somebody of ours who wrote in the matter."""
    return float(bool(traits.said.words & matter.clerks.keys()))


def _exclusive(traits: Traits, matter: Matter, holders: Mapping[str, int]) -> float:
    """The weight of words that this candidate shares and no other one does."""
    return (
        sum(weight for word, weight in traits.weights.items() if holders.get(word) == 1 and word in matter.about) / traits.length
    )


def _standing(alike: float, tops: Sequence[float]) -> tuple[float, float]:
    best_other = tops[0] if alike < tops[0] else tops[1] if len(tops) > 1 else 0.0
    return alike - best_other, float(alike >= tops[0])


def alike(traits: Traits, matter: Matter) -> float:
    """How like the likest mail of a matter is by its words, 0 to 1 (cosine of word weights)."""
    return _alike(traits, matter)[0]


def _alike(traits: Traits, matter: Matter) -> tuple[float, ...]:
    first = last = own = staff = top = 0.0
    shared: frozenset[str] = frozenset()
    keys = frozenset(traits.weights)
    for place, profile in enumerate(matter.profiles):
        common = keys & profile.words
        cosine = sum(traits.weights[word] ** 2 for word in common) / (traits.length * profile.length) if common else 0.0
        first, last = (cosine if place == 0 else first), cosine
        own, staff = (own, max(staff, cosine)) if profile.by_staff else (max(own, cosine), staff)
        if cosine > top:
            top, shared = cosine, common
    rarest = max((traits.weights[word] for word in shared), default=0.0)
    many = sum(1 for word in shared if traits.weights[word] >= 2.5)
    return top, first, last, own, staff, top * traits.length, rarest, log1p(many)


def _marks(traits: Traits, matter: Matter, common: frozenset[str]) -> tuple[float, ...]:
    """`common`: reference numbers that stand in several of the candidates, as an account number does; they tell less."""
    said = traits.said
    quoted = (
        max((len(traits.quoted & p.words) / max(4, len(p.words)) for p in matter.profiles), default=0.0) if traits.quoted else 0.0
    )
    shared = said.references & matter.references
    reference, place = (1.0 if shared - common else 0.5 if shared else 0.0), bool(said.places & matter.places)
    return (
        quoted,
        reference,
        float(bool(said.references and matter.references) and not reference),
        float(place),
        float(bool(said.places and matter.places) and not place),
        float(bool(said.amounts & matter.amounts)),
        float(bool(traits.named) and traits.subject in matter.subjects),
        _share(traits.named, matter.named, traits.weights),
        _share(matter.title, said.words, dict.fromkeys(matter.title, 1.0)),
    )


def _times(traits: Traits, matter: Matter, mine: frozenset[str], contact_last: datetime | None) -> tuple[float, ...]:
    own_last = max((at for sender, at in matter.last_of.items() if sender in mine), default=None)
    own_count = sum(count for sender, count in matter.count_of.items() if sender in mine)
    return (
        log1p(_hours(traits.at, matter.last)),
        log1p(_hours(traits.at, own_last)),
        log1p(_hours(traits.at, contact_last)),
        float(matter.last_by_staff),
        log1p(matter.size),
        log1p(own_count),
    )


def _form(traits: Traits, matter: Matter) -> tuple[float, ...]:
    return (
        float(traits.sender in matter.last_of),
        float(bool(traits.to & matter.staff.keys()) or (traits.by_staff and traits.sender in matter.staff)),
        float(traits.announces),
        float(traits.refers_back),
        log1p(len(traits.weights)),
        log1p(len(traits.named)),
        float(traits.by_staff),
    )
