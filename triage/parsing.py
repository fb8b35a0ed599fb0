"""The bytes of a mail → `Message`, or `Unreadable`. The only owner of mail-parser. Nothing a sender writes can make it raise.

Where mail-parser stumbles (a mail of 129 bytes can make it), the standard library's tolerant parser reads what it can, and the message says
so among its faults: a mail may be odd, but it is never lost.
"""

from __future__ import annotations

import email
import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message as Part
from email.parser import BytesHeaderParser
from functools import lru_cache
from typing import Any

from mailparser import MailParser
from mailparser.dates import parse_mail_date
from mailparser.utils import decode_header_part, get_addresses

from triage import authentication, automatic, markup, octets, wording
from triage.message import Address, Attachment, Message, Passage, Role, Unreadable, Wording

MOST_ADDRESSES, MOST_REFERENCES, MOST_ATTACHED = 200, 200, 20
LONGEST_VALUE = 4000
"""Characters of a subject, a name or another header value that are kept."""

# mail-parser logs raw header text of strangers' mail as warnings and errors.
logging.getLogger("mailparser").setLevel(logging.CRITICAL)

_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_CHARSET = re.compile(r"charset[ \t]*=[ \t]*\"?([\w.:-]{1,40})", re.IGNORECASE)
_UNNAMED = "unnamed-part"
_TOLD_OTHERWISE = frozenset({"AddressHeaderDefect", "DateHeaderDefect", "MimeHeaderDefect"})


@dataclass(frozen=True, slots=True)
class _Head:
    fields: Mapping[str, Sequence[str]]
    """Names in lower case, each with its decoded values, unfolded and without control characters."""
    senders: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None

    def first(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class _Body:
    """What the parts of a mail hold, before it is told who wrote which words."""

    text: str = ""
    html: str = ""
    forwarded: tuple[Passage, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    kinds: tuple[str, ...] = ()
    """The content types of its parts."""
    encrypted: bool = False
    faults: tuple[str, ...] = ()


def read(
    raw: bytes,
    *,
    mailbox: str,
    role: Role,
    received_at: datetime,
    truncated: bool,
    size: int,
    trusted_authserv: str | None = None,
) -> Message | Unreadable:
    """Make sense of a mail's bytes; never raises. The same bytes always give the same message.

    `received_at` is INTERNALDATE (aware); `truncated` says that `raw` is only the first part of `size` octets; `trusted_authserv` is the
    authserv-id of our own server (see `triage.authentication.judge`).
    """
    crlf = octets.with_crlf(raw)
    key = hashlib.sha256(crlf).hexdigest()
    truncated = truncated or len(crlf) > octets.LIMIT
    received_at = received_at.astimezone(UTC)
    try:
        cut = octets.cut(crlf)
        faults = cut.faults
        if truncated:
            faults += (
                f"only the beginning of the mail was read ({min(len(raw), octets.LIMIT)} of {max(size, len(raw))} octets)",
            )
        head = _head(BytesHeaderParser().parsebytes(cut.header))
        body = _body(cut.mail)
        if not head.fields and not body.text.strip() and not body.html.strip():
            return Unreadable(key, _made_id(key), mailbox, role, received_at, "it has neither a header nor any text")
        blank = Message(
            key, _made_id(key), mailbox, role, received_at, received_at, Address("", ""), (), (), (), "", "", (), Wording(""), truncated=truncated
        )  # fmt: skip
        return _filled(blank, head, body, faults, trusted_authserv)
    except Exception as stumble:  # noqa: BLE001  a mail that nothing can read is shown to a person; it never stops the others
        reason = f"its form defeats every parser ({type(stumble).__name__})"
        return Unreadable(
            key,
            _made_id(key),
            mailbox,
            role,
            received_at,
            reason,
            sender=_glimpse(raw, b"from"),
            subject=_glimpse(raw, b"subject"),
        )


def _filled(blank: Message, head: _Head, body: _Body, faults: tuple[str, ...], trusted: str | None) -> Message:
    sender, sender_faults = _sender(head)
    sent_at, date_faults = _sent_at(head.date, blank.received_at, head.first("date"))
    subject = head.first("subject")
    said = wording.separate(body.text, body.html, subject=subject)
    said = replace(said, forwarded=said.forwarded + body.forwarded)
    authenticity, note = authentication.judge(head.fields.get("authentication-results", ()), sender.domain, trusted)
    return replace(
        blank,
        message_id=_message_id(head.first("message-id")) or blank.message_id,
        sent_at=sent_at,
        sender=sender,
        reply_to=head.reply_to,
        to=head.to,
        cc=head.cc,
        subject=subject,
        in_reply_to=next(iter(_MESSAGE_ID.findall(head.first("in-reply-to"))), ""),
        references=tuple(_MESSAGE_ID.findall(head.first("references"))[-MOST_REFERENCES:]),
        wording=said,
        automatic=automatic.reason(head.fields, sender=sender.email, subject=subject, content_type=next(iter(body.kinds), "")),
        # Who of two senders was authenticated cannot be told, so neither was.
        authenticity="unknown" if sender_faults and authenticity == "pass" else authenticity,
        authentication_note=note,
        attachments=body.attachments,
        faults=faults + sender_faults + date_faults + _foreseen(body.faults, truncated=blank.truncated) + _wordless(said, body),
    )


def _sender(head: _Head) -> tuple[Address, tuple[str, ...]]:
    """The sender, and what is odd about them. Two From fields, or two addresses, are told, never settled by guessing (RFC 5322 3.6.2)."""
    fields = head.fields.get("from", ())
    addresses = dict.fromkeys(sender.email for sender in head.senders)
    faults: tuple[str, ...] = ()
    if len(fields) > 1:
        faults = (f"two senders: it has {len(fields)} From fields",)
    elif len(addresses) > 1:
        faults = (f"two senders: From names {', '.join(list(addresses)[:5])}",)
    elif not addresses:
        faults = ("no sender can be read in its From field",) if fields else ("it has no From field",)
    return (head.senders[0] if head.senders else Address(next(iter(fields), "")[:200], "")), faults


def _sent_at(date: datetime | None, received_at: datetime, written: str) -> tuple[datetime, tuple[str, ...]]:
    if date is None:
        return received_at, (f"its Date cannot be read ({written[:60]!r})" if written else "it has no Date",)
    if date > received_at + timedelta(days=1):
        return received_at, ("its Date lies after its arrival",)
    if date.year < 1990:
        return received_at, ("its Date is that of a clock that was never set",)
    return date, ()


def _foreseen(faults: tuple[str, ...], *, truncated: bool) -> tuple[str, ...]:
    """The faults of form without the missing end that follows from reading only a part."""
    return tuple(fault for fault in faults if not (truncated and "CloseBoundaryNotFound" in fault))


def _wordless(said: Wording, body: _Body) -> tuple[str, ...]:
    if body.encrypted:
        return ("it is encrypted: a person must look",)
    if said.own:
        return ()
    if said.quoted or said.forwarded:
        return ("it has no words of its own, only somebody else's: a person must look",)
    kinds = ", ".join(kind for kind in dict.fromkeys(body.kinds) if not kind.startswith(("multipart/", "text/")))
    return (f"it has no text that can be read{f', only {kinds[:200]}' if kinds else ''}: a person must look",)


def _message_id(written: str) -> str:
    found = _MESSAGE_ID.search(written)
    bare = "".join(written.split()).strip("<>")[:900]
    return found[0] if found else f"<{bare}>" if bare else ""


def _made_id(key: str) -> str:
    """A Message-ID for a mail that has none; ".invalid" is a name nobody can own (RFC 2606)."""
    return f"<{key[:40]}@no-message-id.invalid>"


# --- the header -------------------------------------------------------------------------------------------------------


def _head(message: Part) -> _Head:
    raw: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        raw.setdefault(name.lower(), []).append(str(value))
    dates = raw.get("date", [])
    date = parse_mail_date(dates[0]).value if dates else None
    return _Head(
        fields={name: [_value(value) for value in values[:20]] for name, values in raw.items()},
        senders=_addresses(raw.get("from", []), ambiguous=True),
        reply_to=_addresses(raw.get("reply-to", [])),
        to=_addresses(raw.get("to", [])),
        cc=_addresses(raw.get("cc", [])),
        date=date.astimezone(UTC) if isinstance(date, datetime) and date.tzinfo else None,
    )


def _value(raw: str) -> str:
    """A header value as a reader sees it: decoded (RFC 2047), on one line, without characters nobody sees."""
    value = raw[: 4 * LONGEST_VALUE].encode("utf-8", "surrogateescape")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("cp1252", "replace")  # what mail with unlabelled bytes nearly always holds
    if "=?" in text:
        with suppress(Exception):  # a charset name with a NUL in it is enough; the undecoded words then stand
            text = str(decode_header_part(text))
    return _UNSEEN.sub(" ", text).strip()[:LONGEST_VALUE]


def _addresses(values: Sequence[str], *, ambiguous: bool = False) -> tuple[Address, ...]:
    """The addresses in address fields (RFC 5322 section 3.4), each once; with `ambiguous` also those that mail-parser only suspects."""
    found: dict[str, Address] = {}
    for value in values[:5]:
        certain, suspected = _addresses_in(value)
        for address in certain or (suspected if ambiguous else ()):
            found.setdefault(address.email, address)
    return tuple(found.values())


@lru_cache(maxsize=4096)  # most fields of a mailbox's mail are the same few, and this is the dearest part of reading a mail
def _addresses_in(value: str) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    defects: list[dict[str, Any]] = []
    pairs = get_addresses(value, defects=defects, decode_names=True)
    candidates = [(one["display_name"], one["address"]) for defect in defects for one in defect.get("candidates", ())]
    return _cleaned(pairs), _cleaned(candidates)


def _cleaned(pairs: Sequence[tuple[Any, Any]]) -> tuple[Address, ...]:
    addresses = []
    for name, written in pairs[:MOST_ADDRESSES]:
        email_address = "".join(_UNSEEN.sub("", str(written or "")).split()).lower()[:320]
        if "@" in email_address:
            shown = _UNSEEN.sub(" ", str(name or "")).strip()[:200]
            addresses.append(Address("" if shown.lower() == email_address else shown, email_address))
    return tuple(addresses)


def _glimpse(raw: bytes, field: bytes) -> str:
    found = re.search(rb"^" + field + rb":[ \t]*([^\r\n]{1,300})", raw[: octets.LIMIT], re.IGNORECASE | re.MULTILINE)
    return _UNSEEN.sub(" ", found[1].decode("utf-8", "replace")).strip() if found else ""


# --- the body ---------------------------------------------------------------------------------------------------------


def _body(kept: bytes) -> _Body:
    """The body of a mail, by mail-parser if it can be. Where that finds nothing at all, the text is looked for in the bytes."""
    if octets.is_overbuilt(kept):
        return _plain_body(kept, "parsed with the fallback (too many parts)")
    try:
        body = _body_of(email.message_from_bytes(kept), _Allowance())
    except Exception as stumble:  # noqa: BLE001  any sender can make mail-parser and the standard library raise almost anything
        return _plain_body(kept, f"parsed with the fallback ({type(stumble).__name__})")
    if body.text.strip() or body.html.strip() or body.forwarded or body.attachments or body.encrypted:
        return body
    plain = _plain_body(kept, "parsed with the fallback (its parts could not be told apart)")
    return plain if plain.text.strip() or plain.html.strip() else body


@dataclass(slots=True)
class _Allowance:
    """How many attached mails may still be opened."""

    left: int = MOST_ATTACHED


def _body_of(message: Part, allowance: _Allowance, depth: int = 0) -> _Body:
    attached = _detach(message)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    for part in leaves:
        _name_the_nameless(part)
    kinds = tuple(part.get_content_type() for part in message.walk())
    for name in [name for name in message if not name.lower().startswith(("content-", "mime-"))]:
        del message[name]
    parsed = MailParser(message)
    text, html = "\n".join(parsed.text_plain), "\n".join(parsed.text_html)
    if text and _flowed(leaves):
        text = octets.unflowed(text, delete_spaces=_flowed(leaves) == "yes")
    if text and html and "multipart/alternative" not in kinds:
        # Neither stands in for the other (a list's footer under an HTML mail, for one): readers see both.
        text, html = f"{text}\n\n{markup.text_of(html)}", ""
    if not text and not html:
        text, html = _other_text(leaves)
    text, armoured = octets.without_armour(text)
    forwarded, names = _opened(attached, allowance, depth)
    return _Body(
        text=text,
        html=html,
        forwarded=forwarded,
        attachments=(*_attachments(parsed.attachments), *names),
        kinds=kinds,
        encrypted=armoured or bool(_ENCRYPTED & set(kinds)),
        faults=tuple(sorted(f"its form: {defect}" for defect in parsed.defects_categories - _TOLD_OTHERWISE)),
    )


def _detach(message: Part) -> list[Part]:
    """Take attached mails and reports (message/*) out of a mail, because their words are not its sender's; returns the mails."""
    attached: list[Part] = []
    stack = [message]
    while stack:
        part = stack.pop()
        if part.get_content_maintype() == "message" and part.is_multipart():
            if part.get_content_type() in ("message/rfc822", "message/global"):
                attached += _parts(part)[:1]
            part.set_payload("")
        elif part.is_multipart():
            stack += reversed(_parts(part))
    return attached


def _parts(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Part)] if isinstance(payload, list) else []


def _name_the_nameless(part: Part) -> None:
    """Give parts that mail-parser would name at random a fixed name, so that a mail is always read the same."""
    loose = part.get_content_disposition() == "attachment" or part.get_content_subtype() == "rtf"
    if loose and not part.get_filename() and not part.get("content-id"):
        del part["content-disposition"]
        part["Content-Disposition"] = f'attachment; filename="{_UNNAMED}"'


def _flowed(leaves: Sequence[Part]) -> str:
    """ "" unless every plain-text part is format=flowed (RFC 3676 section 4); else its DelSp, "yes" or "no"."""
    plain = [part for part in leaves if part.get_content_type() == "text/plain" and not part.get_filename()]
    if not plain or any(str(part.get_param("format") or "").lower() != "flowed" for part in plain):
        return ""
    return "yes" if str(plain[0].get_param("delsp") or "").lower() == "yes" else "no"


def _other_text(leaves: Sequence[Part]) -> tuple[str, str]:
    """The text, or the HTML, of a mail that has it only as a part called an attachment, or only in a rare kind (text/enriched)."""
    for part in leaves:
        alone = len(leaves) == 1 or not part.get_filename()
        if (
            part.get_content_maintype() == "text"
            and alone
            and part.get_content_subtype() not in ("rfc822-headers", "calendar", "rtf")
        ):
            words = _decoded(part)
            return ("", words) if part.get_content_subtype() == "html" else (words, "")
    return "", ""


def _decoded(part: Part) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _opened(attached: Sequence[Part], allowance: _Allowance, depth: int) -> tuple[tuple[Passage, ...], tuple[Attachment, ...]]:
    """The words of attached mails, each as its own author's, and the mails as attachments."""
    passages: list[Passage] = []
    names: list[Attachment] = []
    for mail in attached[:MOST_ATTACHED]:
        head = _head(mail)
        author = next((sender.email for sender in head.senders), head.first("from"))
        size = len(str(mail.get_payload())) if not mail.is_multipart() else 0
        names.append(Attachment(head.first("subject"), "message/rfc822", size))
        if allowance.left > 0 and depth < 3:
            allowance.left -= 1
            inner = _body_of(mail, allowance, depth + 1)
            passages += (*wording.passages(inner.text, inner.html, author), *inner.forwarded)
    return tuple(passages), tuple(names)


def _attachments(items: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    return tuple(_attachment(item) for item in items)


def _attachment(item: Mapping[str, Any]) -> Attachment:
    payload, name = str(item["payload"]), _value(str(item["filename"] or ""))
    if item["binary"]:
        digits = len(payload) - payload.count("\n") - payload.count("\r")
        size = max(0, digits * 3 // 4 - payload[-4:].count("="))
    else:
        size = len(payload.encode("utf-8", "replace"))
    return Attachment("" if name == _UNNAMED else name, str(item["mail_content_type"]).lower(), size)


def _plain_body(kept: bytes, fault: str) -> _Body:
    """What text can be had from a mail that the parsers fail on: its first text part, or all that stands under a plain header."""
    faults = (fault,)
    try:
        whole = BytesHeaderParser().parsebytes(kept)
        kind = whole.get_content_maintype()
        inner = octets.first_text_part(kept) if kind == "multipart" else b""
        part = _simplified(BytesHeaderParser().parsebytes(inner) if inner else whole)
        words = _decoded(part) if part.get_content_maintype() in ("text", "multipart") else ""
        text, encrypted = octets.without_armour(words)
        html = part.get_content_subtype() == "html"
        kinds = (whole.get_content_type(), part.get_content_type())
        return _Body(text="" if html else text, html=text if html else "", kinds=kinds, encrypted=encrypted, faults=faults)
    except Exception:  # noqa: BLE001  then its header is all that is left, and a person is told so
        return _Body(faults=(*faults, "its text could not be read: a person must look"))


def _simplified(part: Part) -> Part:
    """The part with nothing but its charset among the parameters of its type: the others can make the standard library raise."""
    kind = part.get_content_type()
    charset = _CHARSET.search(str(part.get("content-type", "")))
    del part["content-type"]
    part["Content-Type"] = f"{kind}; charset={charset[1] if charset else 'utf-8'}"
    return part
