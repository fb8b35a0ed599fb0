"""The note mail: one per proposal, threaded to the mail it is about, plain text with an HTML twin, updated and not multiplied.

Header values come from mail and are hostile: control characters are collapsed before anything is set (CVE-2024-6923 turns an
encoded line break in a Subject into a header of its own on some Pythons), and nothing of the sender's becomes markup.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from triage import sheet
from triage.explanation import Section
from triage.explanation import title as title_of
from triage.label import NOTE_HEADER

_MESSAGE_ID = re.compile(r"<[^<>@\s]{1,200}@[^<>@\s]{1,200}>")

_FINGERPRINT = re.compile(r"<(p-[0-9a-f]{12})\.([0-9a-f]{16})@triage\.")

_PAGE = """{% macro shown(line) %}{% if line.startswith('"') %}<blockquote style="margin:3px 0 3px 2px;padding:1px 0 1px 9px;border:0 solid #c9c9c2;border-left-width:3px;background:none;color:#444">{{ line|plain }}</blockquote>
{% else %}<p style="margin:3px 0">{{ line|plain }}</p>
{% endif %}{% endmacro %}{% for section in sections %}<h2 style="margin:{{ 0 if loop.first else 12 }}px 0 2px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">{{ section.heading }}</h2>
{% for line in section.lines %}{{ shown(line) }}{% endfor %}{% endfor %}
{% if more %}<details style="margin:4px 0 0"><summary style="color:#595959"><h2 style="display:inline-block;margin:12px 0 2px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">{{ more_heading }}</h2></summary>
{% for line in more %}{{ shown(line) }}{% endfor %}</details>{% endif %}
{% if abusive %}<details><summary style="color:#595959"><h2 style="display:inline-block;margin:12px 0 2px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">{{ heading }}</h2></summary>
{% for line in abusive %}{{ shown(line) }}{% endfor %}</details>{% endif %}
<p style="margin:20px 0 0;font-size:13px;color:#595959">{{ written_by }}</p>"""
"""Headings and quotations are elements of their own: they stay what they are where a mail program drops all styles, or the folds. What a note is called stands in its subject, which every program shows above it."""

_MORE = "More, if you need it"
_ABUSIVE = "Abusive words, if you need them"
_WRITTEN_BY = "Written by triage, the program that sorts this mailbox for you. It writes to nobody outside."


def one_line(text: str, most: int = 150) -> str:
    """Text fit for a header: one line, no control or direction characters, of bounded length."""
    flat = " ".join(sheet.plain(text).replace("=?", "= ?").split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def is_plain_id(message_id: str) -> bool:
    """Whether a Message-ID may stand in a header of ours: an id and nothing else. One that hides an encoded word would be decoded on
    the way out, line breaks and all (CVE-2024-6923)."""
    return (
        bool(_MESSAGE_ID.fullmatch(message_id)) and message_id.isascii() and message_id.isprintable() and "=?" not in message_id
    )


def _apart(sections: Sequence[Section]) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections with a number where abusive words stood, and those words with their numbers. They come last of all: many mail
    programs can fold nothing, and show the beginning of a mail in their lists (000/3-f)."""
    calm: list[Section] = []
    abusive: list[str] = []
    for section in sections:
        lines: list[str] = []
        for place, line in enumerate(section.lines):
            if place not in section.folded:
                lines.append(line)
                continue
            abusive.append(f"{len(abusive) + 1}: {line}")
            said = f"Abusive words: see {len(abusive)} at the end."
            together = place - 1 in section.folded
            if together:
                said = lines.pop().removesuffix(" at the end.") + f", {len(abusive)} at the end."
            lines.append(said)
        calm.append(Section(section.heading, tuple(lines)))
    return tuple(calm), tuple(abusive)


def _more(sections: Sequence[Section]) -> tuple[str, ...]:
    return tuple(line for section in sections for line in section.more)


def plain(sections: Sequence[Section]) -> str:
    """The sections as plain text, quotations indented; then what is not needed to decide, abusive words last."""
    calm, abusive = _apart(sections)
    more, blocks = _more(sections), list[str]()
    last = [Section(heading, lines) for heading, lines in ((_MORE, more), (_ABUSIVE, abusive)) if lines]
    for section in (*calm, *last):
        lines = [f"    {line}" if line.startswith('"') else line for line in section.lines]
        blocks.append(f"{section.heading.upper()}\n" + "\n".join(sheet.plain(line) for line in lines))
    return "\n\n".join([*blocks, f"-- \n{_WRITTEN_BY}"]) + "\n"


def page(sections: Sequence[Section]) -> str:
    """The sections as an HTML page without any outside resource; then what is not needed to decide and, last, abusive words, both folded
    where the mail program can."""
    calm, abusive = _apart(sections)
    folded = {"more": _more(sections), "more_heading": _MORE, "abusive": abusive, "heading": _ABUSIVE}
    return sheet.mail(_PAGE, sections=calm, written_by=_WRITTEN_BY, **folded)


def fingerprint(proposal: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """What tells one revision of a note from another."""
    return _digest(proposal["id"], plain(sections))


def _digest(note_id: str, text: str) -> str:
    return hashlib.sha256(f"{note_id}\n{text}".encode()).hexdigest()[:16]


def message_id(proposal: Mapping[str, Any], sections: Sequence[Section], domain: str) -> str:
    """The note's own Message-ID: the same for the same words, so that a note is never appended twice."""
    return f"<{proposal['id']}.{fingerprint(proposal, sections)}@triage.{domain}>"


def is_as_written(raw: bytes, note_id: str, message_id: str, fingerprint: str = "") -> bool:
    """Whether a mail holds, word for word, the note that its Message-ID stands for. A stranger can copy header and id, since letters
    of ours may cite a note; the words behind the id they cannot know, and others do not give the same fingerprint. `fingerprint`:
    that of its words, where its id is not made from all of them."""
    written = _FINGERPRINT.match(message_id)
    if written is None or written[1] != note_id:
        return False
    mail = message_from_bytes(raw)
    text = next((part for part in mail.walk() if part.get_content_type() == "text/plain"), None)
    words = text.get_payload(decode=True) if text is not None else None
    if not isinstance(words, bytes):
        return False
    return _digest(note_id, words.decode("utf-8", "replace").replace("\r\n", "\n")) == (fingerprint or written[2])


def compose(
    proposal: Mapping[str, Any], sections: Sequence[Section], *, mailbox: str, now: datetime, message_id_: str = ""
) -> bytes:
    """The note as RFC 5322 bytes with CRLF line ends. `message_id_`: its own, where it is not made from all its words.

    `mailbox`: the address of the mailbox it goes into; it is From and To, so an answer stays in the house. `now`: aware.
    """
    domain = mailbox.rpartition("@")[2]
    title = title_of(proposal)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = HeaderAddress("Triage", addr_spec=mailbox)
    mail["To"] = HeaderAddress(addr_spec=mailbox)
    mail["Subject"] = one_line(f"{title}: {proposal['subject']}")
    mail["Date"] = now
    mail["Message-ID"] = message_id_ or message_id(proposal, sections, domain)
    cited = [one for one in proposal["references"] if is_plain_id(one)][-20:]
    if cited:
        mail["In-Reply-To"] = cited[-1]
        mail["References"] = " ".join(cited)
    mail["Auto-Submitted"] = "auto-generated"
    mail[NOTE_HEADER] = proposal["id"]
    mail.set_content(plain(sections), cte="quoted-printable")
    mail.add_alternative(page(sections), subtype="html", cte="quoted-printable")
    return bytes(mail)
