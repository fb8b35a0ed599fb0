"""What lies in a mailbox, read by another mail program than ours, in a form that can be compared."""

from __future__ import annotations

import email
import email.policy
import hashlib
import imaplib
import re
import shutil
from collections import Counter
from dataclasses import dataclass

from servers import Server, must

OURS = ("Triage/Review", "Triage/Agree", "Triage/Dismiss", "Triage/Held")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_DATE = re.compile(rb'INTERNALDATE "([^"]*)"')
_FOLDER = re.compile(rb'\) "?[^" ]+"? "?([^"]+)"?$')


@dataclass(frozen=True, order=True)
class Lying:
    """One mail where it lies."""

    message_id: str
    flags: tuple[str, ...]
    """Sorted; without \\Recent."""
    date: str
    """INTERNALDATE."""
    digest: str
    """SHA-256 of its octets; of a note of ours, whose MIME boundary differs each time, of what people read in it."""
    note: str = ""
    """The proposal's id, when it is a note of ours."""
    text: str = ""
    """What a note says, in plain text; "" for all other mail."""
    references: str = ""
    subject: str = ""


State = dict[str, Counter[Lying]]
"""Folder → the mails in it."""


def folders(server: Server, user: str, *, subscribed: bool = False) -> list[str]:
    with server.client(user) as client:
        _, lines = client.lsub() if subscribed else client.list()
    found = [match[1].decode() for line in lines if isinstance(line, bytes) and (match := _FOLDER.search(line))]
    return sorted(found)


def mails(server: Server, user: str, folder: str) -> list[Lying]:
    """Every mail in a folder, by UID; [] when there is no such folder."""
    with server.client(user) as client:
        return _mails(client, folder)


def state(server: Server, user: str) -> State:
    """All folders with all their mail; the parent of ours, which holds nothing, is left out."""
    every = [folder for folder in folders(server, user) if folder != "Triage"]
    with server.client(user) as client:
        return {folder: Counter(_mails(client, folder)) for folder in every}


def _mails(client: imaplib.IMAP4, folder: str) -> list[Lying]:
    if client.select(f'"{folder}"', readonly=True)[0] != "OK":
        return []
    _, found = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
    return [_lying(part[0], part[1]) for part in _joined(found)]


def differences(found: State, wanted: State) -> list[str]:
    """What lies otherwise than wanted, a line each; [] when all is the same."""
    lines = [f"folder {folder}" for folder in sorted(found.keys() ^ wanted.keys())]
    for folder in found.keys() & wanted.keys():
        lines += [f"too much in {folder}: {one}" for one in (found[folder] - wanted[folder]).elements()]
        lines += [f"missing in {folder}: {one}" for one in (wanted[folder] - found[folder]).elements()]
    return lines


def notes(server: Server, user: str, folder: str = "Triage/Review") -> list[Lying]:
    return [one for one in mails(server, user, folder) if one.note]


def flags(server: Server, user: str, folder: str = "INBOX") -> dict[str, set[str]]:
    """Message-ID → flags, of all its copies."""
    found: dict[str, set[str]] = {}
    for one in mails(server, user, folder):
        found.setdefault(one.message_id, set()).update(one.flags)
    return found


def uid_of(client: imaplib.IMAP4, message_id: str) -> str:
    """The UID of the one mail in the opened folder that carries this Message-ID."""
    numbers = must(client.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))[0]
    assert isinstance(numbers, bytes) and len(numbers.split()) == 1, (message_id, numbers)
    return numbers.split()[0].decode()


def move(server: Server, user: str, message_id: str, source: str, target: str) -> None:
    """Moves a mail as staff do in their mail program."""
    with server.client(user, source) as client:
        must(client.uid("MOVE", uid_of(client, message_id), f'"{target}"'))


def store(server: Server, user: str, message_id: str, change: str, flag: str, folder: str = "INBOX") -> None:
    """Sets or takes a flag, as staff do; `change` is "+FLAGS" or "-FLAGS"."""
    with server.client(user, folder) as client:
        must(client.uid("STORE", uid_of(client, message_id), change, f"({flag})"))


def copy_account(server: Server, user: str, other: str) -> None:
    """Gives Dovecot's user `other` the very same mailbox as `user` has."""
    homes = server.directory / "home"
    _copied(homes / user, homes / other)


def _copied(source, target) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(source, target, copy_function=_copy_with_owner)
    for path in [target, *target.rglob("*")]:
        shutil.chown(path, source.stat().st_uid, source.stat().st_gid)


def _copy_with_owner(source: str, target: str) -> str:
    return str(shutil.copy2(source, target, follow_symlinks=False))


def _joined(found):  # type: ignore[no-untyped-def]
    """imaplib's tuples, with what stands after the literal added to what stands before it."""
    for number, part in enumerate(found):
        if isinstance(part, tuple):
            rest = found[number + 1] if number + 1 < len(found) and isinstance(found[number + 1], bytes) else b""
            yield part[0] + rest, part[1]


def _lying(facts: bytes, raw: bytes) -> Lying:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    marked = re.search(rb"^X-Triage-Note: (\S+)", raw, re.MULTILINE)
    note = marked[1].decode() if marked and raw.startswith(b"From: Triage <") else ""
    body = parsed.get_body(("plain",)) if note else None
    text = body.get_content() if body else ""
    set_flags = _FLAGS.search(facts)
    date = _DATE.search(facts)
    return Lying(
        message_id=" ".join(str(parsed["Message-ID"] or "").split()),
        flags=tuple(sorted(flag.decode() for flag in (set_flags[1].split() if set_flags else ()) if flag != b"\\Recent")),
        date=date[1].decode() if date else "",
        digest=hashlib.sha256(text.encode() if note else raw).hexdigest(),
        note=note,
        text=text,
        references=str(parsed["References"] or "") if note else "",
        subject=str(parsed["Subject"] or "") if note else "",
    )
