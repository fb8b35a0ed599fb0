"""A mail's bytes before any parser sees them: what is kept of the header, where it is cut, and its text when parsers give up."""

from __future__ import annotations

import re
from dataclasses import dataclass

LIMIT = 256 * 1024
"""Bytes of a mail that are parsed. A longer one is read as far as that and marked truncated."""
FIELD_LIMIT = 32 * 1024
"""Bytes of one header field that are read."""
MOST_LINES = 3000
"""Lines of the header that are read."""
HEADER_LIMIT = 4 * 1024 * 1024
"""Bytes within which the end of the header is looked for."""

MOST_MULTIPARTS, MOST_BOUNDARIES = 150, 4000
CONTENT_FIELD_LIMIT = 2000
"""Bytes of a field about the body; longer ones are attacks on the parsing of their parameters."""

_READ = frozenset({
    b"from", b"reply-to", b"to", b"cc", b"date", b"subject", b"message-id", b"in-reply-to", b"references", b"mime-version",
    b"content-type", b"content-transfer-encoding", b"content-disposition", b"content-id", b"auto-submitted", b"precedence", b"return-path",
    b"authentication-results", b"x-autoreply", b"x-autorespond", b"x-autoresponder", b"x-failed-recipients", b"x-mail-autoreply",
    b"list-id", b"list-post",
})  # fmt: skip
"""The fields that anything looks at. Cutting the others (Received, signatures, traces) first saves mail-parser half its time."""
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_TEXT_PART = re.compile(rb"^content-type:[ \t]*text/(?:plain|html)", re.IGNORECASE | re.MULTILINE)
_MULTIPART = re.compile(rb"^content-type:[ \t]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_CONTENT_FIELD = re.compile(rb"^content-[a-z-]{1,40}:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_ARMOUR = re.compile(r"^-----BEGIN PGP (MESSAGE|SIGNATURE|PUBLIC KEY BLOCK)-----\s*$", re.MULTILINE)
_SIGNED = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:Hash: [^\n]{0,100}\n)?", re.MULTILINE)


def with_crlf(raw: bytes) -> bytes:
    """The bytes with CRLF line ends, as they travel (RFC 5322 section 2.3): servers keep mail with either."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True)
class Cut:
    """A mail within its limits, with only what is read of it."""

    header: bytes
    """The header fields that are read, ended by an empty line."""
    mail: bytes
    """The mail with only the fields that describe its body: what the parser of bodies gets."""
    faults: tuple[str, ...]


def cut(crlf: bytes) -> Cut:
    """Keep of a mail what is read, and say in words what was left out of it. The limits count what is kept, not the traces cut away."""
    end = -1 if crlf.startswith(b"\r\n") else crlf.find(b"\r\n\r\n", 0, HEADER_LIMIT)
    head = b"" if crlf.startswith(b"\r\n") else crlf[:end] if end >= 0 else crlf[:HEADER_LIMIT]
    rest = crlf[end + 4 : end + 4 + LIMIT] if end >= 0 else crlf[2 : 2 + LIMIT] if not head else b""
    kept, remaining, faults = _fields(head.split(b"\r\n") if head else [])
    if remaining:
        # A line that is no header field ends the header for every parser; all below it is text.
        rest = (b"\r\n".join(remaining) + (b"\r\n\r\n" + rest if end >= 0 else b""))[:LIMIT]
    header = [line for about_body, line in kept if not about_body]
    content = [line for about_body, line in kept if about_body]
    return Cut(b"\r\n".join([*header, *content, b"", b""]), with_short_parameters(b"\r\n".join([*content, b"", rest])), faults)


def _fields(lines: list[bytes]) -> tuple[list[tuple[bool, bytes]], list[bytes], tuple[str, ...]]:
    """The header's lines to keep (each with whether it describes the body), the lines where it is no header any more, and the faults."""
    kept: list[tuple[bool, bytes]] = []
    cuts: set[str] = set()
    keep = about_body = False
    length = 0
    for number, line in enumerate(lines):
        folded = line[:1] in (b" ", b"\t") and number > 0
        if not folded:
            field = _FIELD.match(line)
            if field is None and not (number == 0 and line.startswith((b"From ", b">From "))):
                return kept, lines[number:], tuple(sorted(cuts))
            name = field[1].lower() if field else b""
            keep, about_body, length = name in _READ, name.startswith((b"content-", b"mime-")), 0
        if not keep:
            continue
        limit = CONTENT_FIELD_LIMIT if about_body else FIELD_LIMIT
        if length < limit and len(kept) < MOST_LINES:
            kept.append((about_body, line[: limit - length]))
        length += len(line)
        if length > limit or len(kept) >= MOST_LINES:
            cuts.add("its header is too long and was cut")
    return kept, [], tuple(sorted(cuts))


def is_overbuilt(mail: bytes) -> bool:
    """Whether a mail has so many parts that they can only be there to exhaust a parser, which recurses into multiparts."""
    return mail.count(b"\r\n--") > MOST_BOUNDARIES or sum(1 for _ in _MULTIPART.finditer(mail)) > MOST_MULTIPARTS


def with_short_parameters(mail: bytes) -> bytes:
    """The mail with over-long fields about its parts cut: parsing thousands of parameters takes seconds."""
    return _CONTENT_FIELD.sub(lambda field: field[0][:CONTENT_FIELD_LIMIT], mail)


def first_text_part(mail: bytes) -> bytes:
    """The first text part of a mail whose structure defeats the parsers, with its own header; b"" when none can be made out."""
    found = _TEXT_PART.search(mail)
    if found is None:
        return b""
    before = mail.rfind(b"\r\n--", 0, found.start())
    start = mail.find(b"\r\n", before + 2) + 2 if before >= 0 else found.start()
    after = mail.find(b"\r\n--", mail.find(b"\r\n\r\n", found.start()) + 2)
    return mail[start : after if after > start else len(mail)]


def without_armour(text: str) -> tuple[str, bool]:
    """Text without its OpenPGP blocks (RFC 9580 section 6.2), and whether one of them was an encrypted message."""
    if "-----BEGIN PGP " not in text:
        return text, False
    text = _SIGNED.sub("", text.replace("\r\n", "\n"))
    pieces, at, encrypted = [], 0, False
    while found := _ARMOUR.search(text, at):
        pieces.append(text[at : found.start()])
        closing = f"-----END PGP {found[1]}-----"
        end = text.find(closing, found.end())
        encrypted = encrypted or found[1] == "MESSAGE"
        at = end + len(closing) if end >= 0 else len(text)
    return "".join([*pieces, text[at:]]), encrypted


def unflowed(text: str, *, delete_spaces: bool) -> str:
    """format=flowed text with its soft line breaks undone (RFC 3676 section 4): lines of one quotation depth that end with a space join."""
    joined: list[list[str]] = []
    open_depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        words = bare.removeprefix(" ")
        soft = words.endswith(" ") and words != "-- "
        shown = words[:-1] if soft and delete_spaces else words
        if depth == open_depth and words != "-- ":
            joined[-1].append(shown)
        else:
            joined.append([">" * depth, " " if depth else "", shown])
        open_depth = depth if soft else -1
    return "\n".join("".join(pieces) for pieces in joined)
