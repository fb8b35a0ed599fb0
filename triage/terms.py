"""What a text is about, as far as it can be read off: reference numbers, places, amounts, telephone numbers, content words.

Pure. Everything here is a hint with a name, so that a link between two mails can be explained ("same reference KS-31177,
same place 3 quarry row"). Inputs are capped; the patterns are linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

LONGEST = 20_000
"""Characters of a text that are looked at; what a mail is about stands at its beginning."""

_COUNTED = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
}
_PREFIXED = re.compile(r"\b([A-Z]{1,5})[ /-]?(\d{3,10})\b")
_CODED = re.compile(r"\b([A-Z]{1,5}[-/]\d{1,6}(?:[-/]\d{2,10}){1,3})\b")
"""Of several groups: "PL-88-20417"."""
_NAMED = re.compile(
    r"\b(?=[abcefijlmopqrtw])(?:order|ref(?:erence)?|job|case|invoice|bill|citation|penalty|account|acct|ticket|claim|client|customer|tenancy|booking|policy|complaint|request|file|matter|application|report|permit|licen[cs]e|certificate|consignment|parcel|tracking|quot(?:e|ation)"
    r"|estimate|warranty|membership|member|patient|meter)"
    r"\s*(?:no\.?|number|num|nr|id|ref)?\s*[.:#]?\s*#?((?=[\w/-]*\d{3})[A-Z0-9][\w/-]{2,18})\b",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\b(plot|allotment|grave|pitch|bay|locker)\s+(?:no\.?\s*|number\s+|#)?(\d{1,4}[a-z]?|"
    + "|".join(_COUNTED)
    + r")\b(?![.,]\d)",
    re.IGNORECASE,
)
"""What is told from its like by a number and is no home."""
_NOT_A_PREFIX = frozenset(
    "THE AND FOR MR MRS MS GBP USD EUR JAN FEB MAR APR MAY JUN JUL AUG SEP SEPT OCT NOV DEC AT BY IN ON TO OF ROOM FLAT UNIT NO TEL PO BOX".split()
)

_STREET = {
    "road": "road", "rd": "road", "street": "street", "st": "street", "avenue": "avenue", "ave": "avenue", "lane": "lane", "ln": "lane",
    "row": "row", "court": "court", "ct": "court", "close": "close", "cl": "close", "drive": "drive", "dr": "drive", "terrace": "terrace",
    "mews": "mews", "gardens": "gardens", "gdns": "gardens", "place": "place", "pl": "place", "way": "way", "crescent": "crescent",
    "grove": "grove", "hill": "hill", "park": "park", "square": "square", "sq": "square", "walk": "walk", "green": "green", "yard": "yard",
    "rise": "rise", "house": "house", "quay": "quay", "wharf": "wharf", "parade": "parade", "boulevard": "boulevard", "blvd": "boulevard",
    "view": "view", "end": "end", "point": "point", "villas": "villas", "buildings": "buildings", "heights": "heights", "circle": "circle",
}  # fmt: skip
_PLACE = re.compile(r"\b([1-9]\d{0,4}[A-Za-z]?),?\s+((?:[A-Z][\w'’]+\s+){1,3})(" + "|".join(_STREET) + r")\b\.?", re.IGNORECASE)
_PLACE_BARE = re.compile(
    r"(?<![\d.,])\b([1-9]\d{0,3}[A-Za-z]?)\s+([A-Z][a-z]{3,})\b(?!\s+(?:days?|hours?|weeks?|months?|minutes?))"
)
_UNIT = re.compile(
    r"\b(?i:unit|apt|apartment|flat|suite|in #|at #|from #|no\. ?#)\.?\s*#?([1-9]\d{0,3}[A-Za-z]?)\b(?![.,]\d)|\b([1-9]\d{0,2}[A-CEFHJ])\b(?![-./]\w)"
    r"|\b(?i:slip|berth|mooring|lot|plot|stall|pitch|bay|locker|garage|allotment)\.?\s*(?i:no\.?\s*)?#?([A-Z]{0,2}-?[1-9]\d{0,3}[A-Za-z]?)\b(?![.,]\d)"
)
"""A bare number is no unit, nor is a size ("64K", "4G", "3D")."""
_AMOUNT = re.compile(
    r"[£$€]\s?(\d[\d,]*(?:\.\d{1,2})?)|\b(\d[\d,]*(?:\.\d{1,2})?)\s?(?:quid|pounds?|dollars?|bucks|euros?|gbp|usd|eur)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w£$€.,-])(\+?\(?\d[\d ()./-]{5,18}\d)(?![\w%])")
_WORD = re.compile(r"[^\W\d_][\w'’-]*[^\W_]|\d[\w-]*", re.UNICODE)

_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec "
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun".split()
)
_STOP = frozenset(
    """a about above across after again against ago all almost already also although always am an and another any anybody anyone anything are
    as asap ask asked asking at away back be because been before being below best better between both bring but by call came can cannot cant
    cheers come could couldnt dear did didnt do does doesnt doing don done dont down each either else email emails enough even ever every
    everyone everything far few find first for from further gave get gets getting give given go goes going gone good got had has hasnt have
    havent having he hello help her here hers hey hi him his hope how however i id if ill im in indeed instead into is isnt it its ive just
    keep kind kindly know last least left less let letter like little ll look looking made mail make makes making man many may maybe me mean
    message might mine miss more morning most mr mrs ms much must my myself near need needed needs never new next no nobody none nor not note
    nothing now of off often ok okay on once one only onto or other our ours out over own part per perhaps please pm point possible put quite
    rather re really received regard regarding regards reply right round said same saw say says see seem seen send sent she should shouldnt
    since sincerely so some somebody someone something soon sorry still such sure take taken tell than thank thanks that thats the their them
    then there these they theyre thing things think this those though through thus till time to today together told tomorrow too took toward
    two under understand unless until up upon us use used very via wait waiting want wanted wants was wasnt way we week weeks well went were
    werent weve what whatever when where whether which while who whoever whole whom whose why will wish with within without wont word words
    would wouldnt write writing written wrote yes yesterday yet you your youre yours yourself youve afternoon evening day days month months
    year years hour hours minute minutes three four five six seven eight nine ten thing bit lot lots fwd faithfully team sir madam""".split()
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one text names. All values are folded to lower case and one spelling."""

    references: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    words: frozenset[str] = field(default=frozenset())
    """Content words, without endings; also numbers of two digits and more."""

    def __or__(self, other: Terms) -> Terms:
        return Terms(
            self.references | other.references, self.places | other.places, self.amounts | other.amounts, self.words | other.words
        )


def fold(text: str) -> str:
    """Lower case, without accents, with plain quotation marks: for comparing, never for showing."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


_FIGURE = re.compile(r"\d")


@lru_cache(maxsize=32)
def _figures(text: str) -> str:
    """The lines of a text that hold a figure, each with its neighbours: nothing else can hold a number, a house or a sum, and
    most lines of most mails need not be searched for them seven times."""
    lines = text[:LONGEST].split("\n")
    wanted = {near for place, line in enumerate(lines) if _FIGURE.search(line) for near in (place - 1, place, place + 1)}
    kept: list[str] = []
    last = -1
    for place in sorted(wanted):
        if 0 <= place < len(lines):
            if place != last + 1:
                kept.append(";")  # what stood apart stays apart
            kept.append(lines[place])
            last = place
    return "\n".join(kept)


def references(text: str) -> frozenset[str]:
    """Case, order and client numbers: "KS-31177", "HL 5902", "order 88104"."""
    found = {f"{prefix}-{number}".lower() for prefix, number in _PREFIXED.findall(_figures(text)) if prefix not in _NOT_A_PREFIX}
    found |= {value.lower() for value in _CODED.findall(_figures(text)) if not re.search(r"\D(?:19|20)\d\d$", value)}
    for value in _NAMED.findall(_figures(text)):
        folded = re.sub(r"^([a-z]{1,5})[ /-]?(\d)", r"\1-\2", value.lower().strip("-/"))
        if not re.fullmatch(r"(?:19|20)\d\d", folded):
            found.add(folded)
    for kind, number in _THING.findall(text[:LONGEST]):
        found.add(f"{kind}-{_COUNTED.get(number.lower(), number)}".lower())
    return frozenset(found)


def places(text: str) -> frozenset[str]:
    """Addresses of houses, one spelling each: "212 birch avenue"."""
    found = set()
    for number, name, kind in _PLACE.findall(_figures(text)):
        folded = fold(name).split()
        if not (set(folded) & _MONTHS or set(folded) <= _STOP):
            found.add(f"{number.lower()} {' '.join(folded)} {_STREET[kind.lower()]}")
    for number, name in _PLACE_BARE.findall(_figures(text)):
        folded_name = fold(name)
        if folded_name not in _MONTHS and folded_name not in _STOP and folded_name not in _STREET:
            found.add(f"{number.lower()} {folded_name}")
    return frozenset(found)


def units(text: str) -> frozenset[str]:
    """Numbers of flats and units: "12C", "unit 3", "#3", "Apt 5"."""
    return frozenset((a or b or c).lower() for a, b, c in _UNIT.findall(_figures(text)))


def amounts(text: str) -> frozenset[str]:
    """Sums of money, without currency and thousands marks: "1240", "12.40"."""
    values = (a or b for a, b in _AMOUNT.findall(_figures(text)))
    return frozenset(value.replace(",", "").removesuffix(".00") for value in values)


def phones(text: str) -> frozenset[str]:
    """Telephone numbers as their last nine digits (or all, from seven on), so that +44 7700 and 07700 agree."""
    found = set()
    for value in _PHONE.findall(_figures(text)):
        digits = re.sub(r"\D", "", value)
        looks_like_date = re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", value.strip())
        if 7 <= len(digits) <= 15 and not looks_like_date and not digits.endswith("00000"):  # that is a sum
            found.add(digits[-9:])
    return frozenset(found)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its commonest English endings: enough to let "refunded" meet "refund"."""
    for ending in ("'s", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            cut = word[: -len(ending)]
            if ending in ("ied", "ies"):
                return cut + "y"
            return cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "aeiousl" else cut.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


@lru_cache(maxsize=256)
def words(text: str) -> frozenset[str]:
    """The content words of a text, folded and stemmed."""
    found = set()
    for word in _WORD.findall(fold(text[:LONGEST])):
        plain = word.replace("'", "").replace("-", "")
        if plain in _STOP or plain in _MONTHS or len(plain) < 2:
            continue
        if plain[0].isdigit() and len(plain) < 2:
            continue
        found.add(stem(plain))
    return frozenset(found)


def of(*texts: str) -> Terms:
    """The terms of several texts together (a subject and a body, say)."""
    text = "\n".join(texts)
    return Terms(references(text), places(text), amounts(text), words(text))


def overlap(some: Iterable[str], others: Iterable[str]) -> float:
    """Share of the smaller set that is in the other, 0 to 1 (the overlap coefficient); 0 when either is empty."""
    a, b = frozenset(some), frozenset(others)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
