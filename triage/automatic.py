"""Whether a mail was sent by a machine (RFC 3834): such mail is never a person's contact, and never an answer to one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PHRASES = Path(__file__).parent.parent / "rules" / "phrases" / "automatic.toml"


@dataclass(frozen=True, slots=True)
class _Words:
    subjects: tuple[str, ...]
    reports: tuple[str, ...]
    senders: frozenset[str]
    precedences: frozenset[str]
    fields: tuple[str, ...]


@cache
def _words() -> _Words:
    data = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return _Words(
        subjects=tuple(data["subject_openings"]),
        reports=tuple(data["report_openings"]),
        senders=frozenset(data["machine_senders"]),
        precedences=frozenset(data["precedences"]),
        fields=tuple(data["fields"]),
    )


def reason(headers: Mapping[str, Sequence[str]], *, sender: str, subject: str, content_type: str) -> str:
    """Why this is not a person's mail, in words; "" for a person's.

    `headers` has field names in lower case, each with its unfolded values; `sender` is the address in lower case; `content_type` is
    that of the whole mail. `Auto-Submitted: no` (RFC 3834 section 5.1) settles it: a person. Mailing-list fields alone say nothing.
    """
    declared = _first(headers, "auto-submitted").partition(";")[0].split()
    if declared and declared[0].lower() != "no":
        return f"it says so itself (Auto-Submitted: {declared[0][:40]})"
    if declared:
        return ""
    return _by_fields(headers) or _by_form(headers, sender, subject, content_type)


def _by_fields(headers: Mapping[str, Sequence[str]]) -> str:
    precedence = _first(headers, "precedence").strip().lower()
    to_a_list = "list-id" in headers or "list-post" in headers  # some list programs mark every post as bulk, whoever wrote it
    if precedence in _words().precedences and not to_a_list:
        return f"it was sent in bulk or by a machine (Precedence: {precedence})"
    for name in _words().fields:
        if _first(headers, name).strip().lower() not in ("", "no", "false"):
            return f"a machine answered (it has the field {name.title()})"
    return ""


def _by_form(headers: Mapping[str, Sequence[str]], sender: str, subject: str, content_type: str) -> str:
    if content_type == "multipart/report":
        return "it is a delivery or reading report (multipart/report, RFC 6522)"
    local = sender.partition("@")[0]
    if local in _words().senders:
        return f"its sender is a machine for handling mail ({local})"
    if "return-path" in headers and not _first(headers, "return-path").strip("<> \t"):
        return "it has an empty return path, as only reports and automatic replies have (RFC 5321 section 4.5.5)"
    opening = " ".join(subject.lower().split())
    if opening.startswith(_words().subjects):
        return f"its subject is that of an automatic reply ({subject[:60]!r})"
    return ""


def _first(headers: Mapping[str, Sequence[str]], name: str) -> str:
    values = headers.get(name, ())
    return values[0] if values else ""
