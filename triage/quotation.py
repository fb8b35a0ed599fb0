"""Where in the lines of a mail somebody else's words begin: introductions, heads of shown mails, forwarding marks, signatures.

The wordings of mail programs in many languages are data (rules/phrases/quotation.toml); quotequail knows further ones. Every expression
here takes linear time, and only short lines are tried.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import quotequail

from triage.markup import INTRODUCTION, REPLY_HEAD

PHRASES = Path(__file__).parent.parent / "rules" / "phrases" / "quotation.toml"
LONGEST = 300
"""Characters in a line, or in a few joined ones, that a mail program may have written itself."""

MarkKind = Literal["introduction", "answered", "forwarded"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A mail program's own lines, after which somebody else speaks."""

    kind: MarkKind
    after: int
    """The first line after the mark."""
    author: str = ""
    """The e-mail address it names, or else the name."""
    certain: bool = True
    """Whether everything below is somebody else's even where no ">" stands before it."""


@dataclass(slots=True)
class Effort:
    """How many more lines may be tried with the dear methods, so that no mail takes long."""

    left: int = 400

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_ENCLOSED_EMAIL = re.compile(r"[<(\[]\s?(?:mailto:)?[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{1,255}[>)\]]")
_DATED_OR_ADDRESSED = re.compile(r"@|\d[:.h/-]\d|\b(?:19|20)\d\d\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DAY = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
_SUSPECT = re.compile(f"[:：@0-9—–─{REPLY_HEAD}{INTRODUCTION}]|[-_=*]{{2}}")
"""What every mark has something of; most lines have nothing of it."""
_RULING = frozenset("-_=*—–─")
_RULED = re.compile(r"[-_=*—–─]{2,} ?(.{4,60}?) ?:?[-_=*—–─]{2,}")
_NAMED_LINE = re.compile(r"[*_]{0,2}([^:：*_<>@\d]{1,24}?)[*_]{0,2} ?[:：][*_]{0,2}\s?(.*)", re.DOTALL)
_LEFT_OUT = re.compile(r"\s*[\[(<]?\s?(?:\.{2,}|…|snip\b|cut\b)", re.IGNORECASE)
_RULE = re.compile(r"[\s>*]*[-_=*—–─]{5,}[\s*]*")
_EMOTICON = re.compile(r">[:;=.x]?[-_'.]?[()\[\]@/\\|DPO<>_.]{0,2}(?:\s|$)|>\.<|>_<")
_AFTERTHOUGHT = re.compile(r"\s*p\.? ?s\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Words:
    wrote: re.Pattern[str]
    forwarded: frozenset[str]
    original: frozenset[str]
    ended: frozenset[str]
    device_openings: tuple[str, ...]
    devices: re.Pattern[str]
    header: Mapping[str, str]
    forward_subject: re.Pattern[str]


@cache
def _words() -> _Words:
    data = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    alternatives = "|".join(re.escape(word) for word in sorted(data["wrote"], key=len, reverse=True))
    devices = "|".join(re.escape(word) for word in data["devices"])
    prefixes = "|".join(re.escape(word) for word in data["subject"]["forward"])
    return _Words(
        wrote=re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)"),
        forwarded=frozenset(data["forwarded"]),
        original=frozenset(data["original"]),
        ended=frozenset(data["ended"]),
        device_openings=tuple(data["device_openings"]),
        devices=re.compile(rf"(?<!\w)(?:{devices})"),
        header={name: meaning for meaning, names in data["header"].items() for name in names},
        forward_subject=re.compile(rf"\s*(?:{prefixes}) ?[:：]", re.IGNORECASE),
    )


def forwards(subject: str) -> bool:
    """Whether a subject begins as that of a mail passed on ("Fwd: …")."""
    return bool(_words().forward_subject.match(subject[:20]))


def is_quoted(line: str) -> bool:
    """Whether a line is marked as quoted (RFC 3676 section 4.5). An angry face (">:(") is the writer's own."""
    bare = line.lstrip(" \t") if line[:1] in (" ", "\t", ">") else ""
    return bare[:1] == ">" and not (bare[1:2] not in ("", " ", ">") and _EMOTICON.match(bare))


def unquote(line: str) -> str:
    """The line without its outermost quotation mark."""
    bare = line.lstrip(" \t")
    if not bare.startswith(">"):
        return line
    return bare[2:] if bare[1:2] == " " else bare[1:]


def is_rule(line: str) -> bool:
    """Whether a line is only drawn ("________")."""
    return len(line) < LONGEST and bool(_RULE.fullmatch(line))


def is_end(line: str) -> bool:
    """Whether the mail program says that the mail passed on ends here."""
    return _ruled_words(line) in _words().ended


def is_afterthought(line: str) -> bool:
    return bool(_AFTERTHOUGHT.match(line))


def is_device_line(line: str) -> bool:
    """Whether a telephone or a mail program added this line by itself ("Sent from my iPhone")."""
    if not 8 <= len(line) <= 90:
        return False
    lowered = line.strip(" \t-_*<>[]").lower()
    return lowered.startswith(_words().device_openings) and bool(_words().devices.search(lowered))


def find(lines: Sequence[str], at: int, effort: Effort) -> Mark | None:
    """The mark that begins at a line, or None. `lines` are without their outer quotation marks."""
    line = lines[at]
    if not _SUSPECT.search(line) or len(line) > LONGEST:
        return None
    if line.startswith(REPLY_HEAD):
        author, after, fields = _head(lines, at + 1)
        return Mark("answered", after, author) if fields else _unknown_head(lines, at + 1)
    if line.startswith(INTRODUCTION):
        return _announced(lines, at, effort)
    return _ruled(lines, at, effort) or _bare_head(lines, at, effort) or _introduction(lines, at, effort)


def _ruled_words(line: str) -> str:
    bare = line.strip()
    if bare[:1] not in _RULING or len(bare) > LONGEST:
        return ""
    found = _RULED.fullmatch(bare)
    return found[1].strip(" :-_=*—–─").lower() if found else ""


def _ruled(lines: Sequence[str], at: int, effort: Effort) -> Mark | None:
    """ "-----Original Message-----" and its kin, and Apple's "Begin forwarded message:"."""
    bare = lines[at].strip()
    words = _ruled_words(bare)
    if not words and len(bare) < 70 and bare.endswith((":", "：")):
        apple = bare.rstrip(":： ").lower()
        words = apple if apple in _words().forwarded and _heads(lines, at + 1) else ""
    if not words:
        return None
    kind: MarkKind | None = None
    if words in _words().forwarded or _begins_with(words, _words().forwarded):
        kind = "forwarded"
    elif words in _words().original:
        kind = "answered"
    elif effort.spend() and _foreign_forward(bare):
        kind = "forwarded"
    if kind is None:
        return None
    author, after, _ = _head(lines, at + 1)
    return Mark(kind, after, author)


def _begins_with(words: str, known: frozenset[str]) -> bool:
    """Forwarding marks that name the author ("Forwarded message from Ann Lee")."""
    return any(words.startswith(f"{phrase} ") for phrase in known)


def _foreign_forward(line: str) -> bool:
    """Whether quotequail knows these words between dashes as a forwarding mark."""
    found = quotequail.unwrap(f"{line}\n> -\n> -\n> -")
    return found is not None and found.get("type") == "forward"


def head_of(lines: Sequence[str]) -> tuple[str, int]:
    """The author in the head of a shown mail that begins with the first line, and the first line after that head."""
    author, after, _ = _head(lines, 0)
    return author, after


def _heads(lines: Sequence[str], at: int) -> bool:
    """Whether a head ("From: …") or a quotation begins within the next few lines."""
    following = [line for line in lines[at : at + 6] if line.strip()]
    return any(is_quoted(line) or _named(line) is not None for line in following[:2])


def _named(line: str) -> tuple[str, str] | None:
    """The meaning and the value of a line of a shown mail's head: ("from", "Ann Lee <ann@mail.example>")."""
    if len(line) > 2000:
        return None
    found = _NAMED_LINE.match(line.strip())
    meaning = _words().header.get(found[1].strip().lower()) if found else None
    return (meaning, found[2].strip(" *_")) if found and meaning else None


def _head(lines: Sequence[str], at: int) -> tuple[str, int, frozenset[str]]:
    """The author, the first line after, and the fields of the head of a mail shown at a line; nothing found leaves `at` as it is."""
    fields: dict[str, str] = {}
    after = index = at
    blank = 0
    while index < min(len(lines), at + 40):
        named = _named(lines[index])
        if named is not None:
            fields.setdefault(*named)
            after, blank = index + 1, 0
        elif not lines[index].strip():
            blank += 1
            # Blank lines may stand before the head, and (in text made from HTML) one between its lines.
            if blank > (3 if not fields else 1) or ("subject" in fields and "from" in fields and "to" in fields):
                break
        elif not fields or blank or index - after >= 4 or not _continues(lines[index]):
            break
        index += 1
    if fields and after < len(lines):
        after = _skip_folded(lines, after)
    return author_in(fields.get("from", "")), after, frozenset(fields)


def _unknown_head(lines: Sequence[str], at: int) -> Mark:
    """A head in a language that is not on the list, where the mail program said that there is one: its first lines with a colon."""
    after = at
    while after < min(len(lines), at + 8) and ":" in lines[after][:40]:
        after += 1
    return Mark("answered", after, author_in(" ".join(lines[at:after][:1]).partition(":")[2].strip()))


def _continues(line: str) -> bool:
    """Whether a line looks like the folded rest of a list of recipients."""
    return line[:1] in " \t" or "@" in line or line.rstrip().endswith((";", ","))


def _skip_folded(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and lines[at].strip() and lines[at][:1] in " \t" and _continues(lines[at]) and "@" in lines[at]:
        at += 1
    return at


def _bare_head(lines: Sequence[str], at: int, effort: Effort) -> Mark | None:
    """A head without any mark above it, as Outlook shows it. Who, what and when must all stand there: people write "From: Leeds"."""
    first = _named(lines[at])
    if first is None or first[0] not in ("from", "date", "subject") or not first[1] or not effort.spend():
        return None
    author, after, fields = _head(lines, at)
    if {"from", "subject"} <= fields and fields & {"date", "to"} and after - at >= 3:
        return Mark("answered", after, author)
    return None


def _announced(lines: Sequence[str], at: int, effort: Effort) -> Mark:
    """What a mail program marked as its own introduction in HTML."""
    bare = [lines[at].lstrip(INTRODUCTION), *lines[at + 1 :][:40]]
    inner = _ruled(bare, 0, effort)
    if inner is not None:
        return Mark(inner.kind, at + inner.after, inner.author)
    if _ruled_words(bare[0]):  # dashes with words in a language that is not on the list
        author, after, _ = _head(bare, 1)
        return Mark("forwarded", at + after, author)
    last = at
    while last + 1 < len(lines) and last < at + 3 and lines[last + 1].strip() and not lines[last].rstrip().endswith((":", "：")):
        last += not is_quoted(lines[last + 1])
        if is_quoted(lines[last + 1] if last + 1 < len(lines) else ""):
            break
    joined = " ".join(line.strip() for line in (bare[0], *lines[at + 1 : last + 1]))
    return Mark("introduction", last + 1, author_in(joined), certain=False)


def _introduction(lines: Sequence[str], at: int, effort: Effort) -> Mark | None:
    """ "On Monday, Ann Lee <ann@mail.example> wrote:", also broken over up to four lines."""
    joined = ""
    if not lines[at].rstrip().endswith((":", "：")) and not _may_introduce(lines[at]):
        return None
    for index in range(at, min(at + 4, len(lines))):
        line = lines[index].strip()
        if not line or is_quoted(lines[index]) or len(joined) + len(line) > LONGEST:
            return None
        joined = f"{joined}{'' if joined.endswith('<') else ' '}{line}" if joined else line
        if joined.endswith((":", "：")):
            return _judge(joined, index + 1, effort, quoted=_quotation_follows(lines, index + 1))
    return None


def _may_introduce(line: str) -> bool:
    """Whether a line without a colon at its end may be the first of a broken introduction: it holds a date, a time or an address."""
    return bool(_DATED_OR_ADDRESSED.search(line))


def _quotation_follows(lines: Sequence[str], at: int) -> bool:
    """Whether the next words are marked as quoted, or are a note that a quotation was left out ("[...]")."""
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return is_quoted(following) or bool(_LEFT_OUT.match(following))


def _judge(joined: str, after: int, effort: Effort, *, quoted: bool) -> Mark | None:
    """Whether a line that ends with a colon introduces a quotation.

    Without ">" below it only an enclosed e-mail address together with a date or a time will do: "On 3 May you wrote:" is how people
    bring up what was said, and what follows would be lost from their own words.
    """
    dated = bool(_CLOCK.search(joined) or _YEAR.search(joined) or _DAY.search(joined))
    addressed = bool(_ENCLOSED_EMAIL.search(joined))
    if not quoted:
        return Mark("introduction", after, author_in(joined)) if addressed and dated else None
    if addressed or (dated and _words().wrote.search(joined.lower())):
        return Mark("introduction", after, author_in(joined), certain=False)
    if not effort.spend():
        return None
    found = quotequail.unwrap(f"{joined}\n> -\n> -\n> -")
    if found is not None and found.get("type") == "reply":
        return Mark("introduction", after, author_in(found.get("from", "") or joined), certain=False)
    if _words().wrote.search(joined.lower()):
        return Mark("introduction", after, author_in(joined), certain=False)
    return None


def author_in(words: str) -> str:
    """Whose words an introduction or a From line says they are: the e-mail address in lower case, or else the name, or ""."""
    enclosed = _ENCLOSED_EMAIL.search(words)
    address = _EMAIL.search(enclosed[0].replace("mailto:", "") if enclosed else words.replace("mailto:", ""))
    if address:
        return address[0].lower()
    return _name_in(words)


_NAME_AFTER_VERB = re.compile(r"(?:schrieb|schreef|skrev) (?!am\b|op\b|den\b)([^:]{2,60}):?$")
_TRAILING_NAME = re.compile(r"(?:[,>]|\d|\b[AaPp]\.?[Mm]\.?)\s*([^\d,:<>]{2,60})$")
_LEADING_OPENERS = re.compile(r"^(?:on|am|le|el|op|den|em|il|w dniu|dnia)\s[^,]{0,40}?,?\s(?=\S)", re.IGNORECASE)


def _name_in(words: str) -> str:
    """The name in an introduction without an address: "On 3 Feb 2026 at 10:12, Ann Lee wrote:" → "Ann Lee"."""
    bare = words.strip(" \t*_\"'")
    if not bare.endswith((":", "：")):
        return bare[:80]
    after_verb = _NAME_AFTER_VERB.search(bare)
    if after_verb:
        return after_verb[1].strip()
    before = _words().wrote.split(bare.rstrip(":： ").replace("WROTE", "wrote"), maxsplit=1)[0].strip()
    trailing = _TRAILING_NAME.search(before)
    if trailing:
        return trailing[1].strip(" \"'")
    plain = _LEADING_OPENERS.sub("", before) if _may_introduce(before) else before
    return plain.strip(" \"'")[:80]
