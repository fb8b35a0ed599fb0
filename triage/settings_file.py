"""The form of settings.ini: its sections and keys as text, and what is wrong before any value is looked at."""

from __future__ import annotations

import configparser
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from triage.errors import Misconfigured
from triage.nearest import nearest

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")


def sections(path: Path, known: Mapping[str, list[str]], faults: list[str]) -> dict[str, dict[str, str]]:
    """The file's sections and keys, as text; what is wrong with its form goes to `faults`.

    known: the keys of each section there may be; "mailbox:" stands for all that begin so. Raises Misconfigured when
    nothing at all can be made of the file.
    """
    try:
        text = textwrap.dedent(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise Misconfigured(
            [f"{path.name}: {path} cannot be read ({fault.strerror}); give the path of a settings file"]
        ) from None
    except UnicodeDecodeError:
        raise Misconfigured([f"{path.name}: {path} is not text in UTF-8; save it again in that encoding"]) from None
    parser = configparser.ConfigParser(
        delimiters=("=",), inline_comment_prefixes=(";",), interpolation=None, default_section="", strict=False
    )
    faults += _said_twice(text)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as fault:
        raise Misconfigured([f"{path.name}: line {fault.lineno} stands before any section; begin with [organisation]"]) from None
    except configparser.ParsingError as fault:
        faults += [f"line {number} is no “key = value”; add the =, or a ; in front of a comment" for number, _ in fault.errors]
    found = {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}
    faults += _unknown(found, known)
    return found


def _said_twice(text: str) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    section = ""
    for line in text.splitlines():
        header = _SECTION.match(line)
        key, separator, _ = line.partition("=")
        if header:
            section = header["name"]
            counts[section, ""] += 1
        elif separator and key[:1] not in {" ", "\t", ";", "#"}:
            counts[section, key.strip().lower()] += 1
    for (section, key), count in counts.items():
        if count > 1:
            yield f"[{section}] {key}{': ' if key else ''}stands there {count} times; keep one"


def _unknown(found: Mapping[str, Mapping[str, str]], known: Mapping[str, list[str]]) -> Iterator[str]:
    for name, values in found.items():
        keys = known.get("mailbox:" if name.startswith("mailbox:") else name)
        if keys is None:
            yield f"[{name}]: there is no such section; {_sections_like(name, known)}"
            continue
        for key in values:
            if key == "password":
                advice = "put it, alone, in a file only you can read and write password_file = its path"
                yield f"[{name}] password: a password does not belong in this file; {advice}"
            elif key not in keys:
                yield f"[{name}] {key}: there is no such key; {nearest(key, keys) or 'known are ' + ', '.join(keys)}"


def _sections_like(name: str, known: Mapping[str, list[str]]) -> str:
    if name.lower().startswith("mailbox"):
        return "write [mailbox:NAME], such as [mailbox:support]"
    return nearest(name, known) or "known are " + ", ".join(f"[{each}]" for each in known)
