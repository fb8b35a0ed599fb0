"""The phrase files rules/phrases/staff-*.toml: how they are written and looked for.

A file holds named groups, each with the reason why it is there and one phrase a line. In a phrase

    (a|b c)  one of these      (a|b)?  or nothing      wait*, *ed  any ending, any beginning of a word
    ...      up to four words  #       a number        ^ $         the beginning and the end of a clause

and DATE, TIME, MONEY, MAIL, LINK, QUOTED stand for what they say. Short forms are written out first ("can't" is looked for as
"can not", "we're" as "we are"), and punctuation is left out. The patterns are linear: gaps are short and bounded.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_RULES = Path(__file__).resolve().parents[2] / "rules" / "phrases"
_NUMBER = r"(?:\d\S*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|twenty|thirty|sixty|ninety|half|both|several|a)"
_TOKEN = re.compile(r"\([^()]*\)\??|\S+")


@dataclass(frozen=True, slots=True)
class Group:
    """One group of phrases: what it is for, and all its phrases as one pattern over a plain clause."""

    name: str
    why: str
    pattern: re.Pattern[str]

    def search(self, plain: str, start: int = 0) -> re.Match[str] | None:
        return self.pattern.search(plain, start)

    def __contains__(self, plain: str) -> bool:
        return self.pattern.search(plain) is not None


@cache
def groups(name: str) -> dict[str, Group]:
    """The groups of rules/phrases/staff-`name`.toml by name, in the file's order.

    Raises ValueError for a group without a reason or without phrases: such a file is not finished.
    """
    with (_RULES / f"staff-{name}.toml").open("rb") as file:
        tables = tomllib.load(file)
    found = {}
    for key, table in tables.items():
        phrases = [line.strip() for line in str(table.get("phrases", "")).splitlines() if line.strip()]
        if not phrases or not table.get("why"):
            raise ValueError(f"staff-{name}.toml: [{key}] needs a `why` and `phrases`")
        found[key] = Group(key, str(table["why"]), re.compile("|".join(pattern(phrase) for phrase in phrases)))
    return found


def pattern(phrase: str) -> str:
    """The regular expression for one phrase over a plain clause, in which a blank stands before every word and at the end."""
    if re.search(r"\([^()]*\(", phrase):
        raise ValueError(f"brackets within brackets: {phrase}")
    parts = [_part(token) for token in _TOKEN.findall(phrase)]
    return "(?:" + "".join(parts) + "(?= ))"


def _part(token: str) -> str:
    if token.startswith("("):
        inner = "|".join("".join(_word(word) for word in each.split()) for each in token.rstrip("?")[1:-1].split("|"))
        return f"(?:{inner})" + ("?" if token.endswith("?") else "")
    return _word(token)


def _word(word: str) -> str:
    match word:
        case "^":
            return "^"
        case "$":
            return r"(?= $)"
        case "...":
            return r"(?: \S+){0,4}?"
        case "#":
            return " " + _NUMBER
        case "today" | "tomorrow" | "yesterday" | "tonight":
            return " DATE"
        case _:
            return " " + re.escape(word).replace(r"\*", r"\S*")
