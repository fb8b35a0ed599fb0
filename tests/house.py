"""A small mail server in this process that has the ways of Gmail or of Exchange, as far as this program meets them.

Gmail: a mail lies once and bears labels; a folder shows the mails of one label, X-GM-LABELS sets them, and PERMANENTFLAGS has no \\*.
Exchange: no keyword is kept, no special use is told, Sent is "Sent Items", and now and then a command is throttled.
Both are written down from what those servers were seen to answer; nothing here is a full IMAP server.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from imaplib import Time2Internaldate
from pathlib import Path
from typing import Any, Literal

from servers import Server

Ways = Literal["gmail", "exchange"]
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|\(|\)|[^\s()"]+')
_SYSTEM = (b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Draft")


@dataclass(eq=False)
class Stored:
    raw: bytes
    at: bytes
    flags: set[bytes] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    """The folders it lies in, on Gmail: its labels."""


@dataclass
class Shelf:
    validity: int
    uidnext: int = 1
    mails: dict[int, Stored] = field(default_factory=dict)

    def put(self, mail: Stored) -> int:
        known = next((uid for uid, one in self.mails.items() if one is mail), 0)
        if not known:
            known, self.uidnext = self.uidnext, self.uidnext + 1
            self.mails[known] = mail
        return known


class House:
    """All accounts of one server. `throttled_every`: on Exchange's ways every so many-th command is refused for a while."""

    def __init__(self, ways: Ways) -> None:
        self.ways: Ways = ways
        self.lock = threading.RLock()
        self.accounts: dict[str, dict[str, Shelf]] = {}
        self.subscribed: dict[str, set[str]] = {}
        self.throttle_at: set[int] = set()
        self.commands: list[str] = []
        self._validity = 1000

    def account(self, user: str) -> dict[str, Shelf]:
        if user not in self.accounts:
            names = (
                ("INBOX", "[Gmail]/Sent Mail", "[Gmail]/Drafts") if self.ways == "gmail" else ("INBOX", "Sent Items", "Drafts")
            )
            self.accounts[user] = {name: self.shelf() for name in names}
            self.subscribed[user] = set(names)
        return self.accounts[user]

    def shelf(self) -> Shelf:
        self._validity += 1
        return Shelf(self._validity)

    @property
    def capabilities(self) -> str:
        both = "IMAP4rev1 UNSELECT IDLE NAMESPACE UIDPLUS MOVE ID CHILDREN"
        return f"{both} X-GM-EXT-1 SPECIAL-USE" if self.ways == "gmail" else f"{both} LITERAL+"


class _Session(socketserver.StreamRequestHandler):
    house: House

    def handle(self) -> None:
        self.user, self.opened, self.known = "", "", list[int]()
        self.wfile.write(
            b"* OK Gimap ready\r\n" if self.house.ways == "gmail" else b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n"
        )
        for line in iter(self.rfile.readline, b""):
            tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
            literal = b""
            if found := re.search(rb"\{(\d+)\+?\}$", rest):
                if not rest.endswith(b"+}"):
                    self.wfile.write(b"+ go on\r\n")
                literal = self.rfile.read(int(found[1]))
                self.rfile.readline()
                rest = rest[: found.start()]
            with self.house.lock:
                answer = self._answer(rest, literal)
            self.wfile.write(answer.replace(b"{tag}", tag))
            if rest.upper().startswith(b"LOGOUT"):
                return

    def _answer(self, rest: bytes, literal: bytes) -> bytes:
        words = [found[1].replace(b"\\", b"") if found[1] is not None else found[0] for found in _TOKEN.finditer(rest)]
        verb = words[0].decode().upper()
        arguments = words[1:]
        if verb == "UID":
            verb, arguments = f"UID {words[1].decode().upper()}", words[2:]
        self.house.commands.append(rest.decode("utf-8", "replace"))
        if len(self.house.commands) in self.house.throttle_at and verb not in ("LOGIN", "CAPABILITY", "LOGOUT"):
            return b"{tag} BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n"
        does = getattr(self, "_" + verb.lower().replace(" ", "_"), None)
        return does(arguments, literal, rest) if does else b"{tag} OK done\r\n"

    @property
    def shelves(self) -> dict[str, Shelf]:
        return self.house.account(self.user)

    @property
    def shelf(self) -> Shelf:
        return self.shelves[self.opened]

    def _capability(self, *_: Any) -> bytes:
        return f"* CAPABILITY {self.house.capabilities}\r\n{{tag}} OK done\r\n".encode()

    def _namespace(self, *_: Any) -> bytes:
        return b'* NAMESPACE (("" "/")) NIL NIL\r\n{tag} OK done\r\n'

    def _login(self, arguments: list[bytes], *_: Any) -> bytes:
        self.user = arguments[0].decode()
        return b"{tag} OK done\r\n"

    def _list(self, *_: Any) -> bytes:
        return self._listing("LIST", list(self.shelves))

    def _lsub(self, *_: Any) -> bytes:
        return self._listing("LSUB", [name for name in self.shelves if name in self.house.subscribed[self.user]])

    def _listing(self, verb: str, names: list[str]) -> bytes:
        use = {"[Gmail]/Sent Mail": "\\Sent ", "[Gmail]/Drafts": "\\Drafts "}
        lines = [f'* {verb} ({use.get(name, "")}\\HasNoChildren) "/" "{name}"\r\n' for name in names]
        return "".join([*lines, "{tag} OK done\r\n"]).encode()

    def _create(self, arguments: list[bytes], *_: Any) -> bytes:
        if (name := arguments[0].decode()) in self.shelves:
            return b"{tag} NO [ALREADYEXISTS] there\r\n"
        self.shelves[name] = self.house.shelf()
        return b"{tag} OK done\r\n"

    def _delete(self, arguments: list[bytes], *_: Any) -> bytes:
        self.shelves.pop(arguments[0].decode(), None)
        return b"{tag} OK done\r\n"

    def _rename(self, arguments: list[bytes], *_: Any) -> bytes:
        old, new = (one.decode() for one in arguments[:2])
        self.shelves[new] = self.shelves.pop(old)
        for mail in self.shelves[new].mails.values():
            mail.labels = {new if one == old else one for one in mail.labels}
        return b"{tag} OK done\r\n"

    def _subscribe(self, arguments: list[bytes], *_: Any) -> bytes:
        self.house.subscribed[self.user].add(arguments[0].decode())
        return b"{tag} OK done\r\n"

    def _unsubscribe(self, arguments: list[bytes], *_: Any) -> bytes:
        self.house.subscribed[self.user].discard(arguments[0].decode())
        return b"{tag} OK done\r\n"

    def _status(self, arguments: list[bytes], *_: Any) -> bytes:
        name = arguments[0].decode()
        return f'* STATUS "{name}" (MESSAGES {len(self.shelves[name].mails)})\r\n{{tag}} OK done\r\n'.encode()

    def _select(self, arguments: list[bytes], *_: Any, mode: str = "READ-WRITE") -> bytes:
        name = arguments[0].decode()
        if name not in self.shelves:
            return b"{tag} NO [NONEXISTENT] Unknown Mailbox\r\n"
        self.opened = name
        one = self.shelf
        kept = " ".join(flag.decode() for flag in _SYSTEM) + (
            " $NotPhishing $Phishing" if self.house.ways == "gmail" else " $MDNSent"
        )
        return (
            f"* {len(one.mails)} EXISTS\r\n* 0 RECENT\r\n* FLAGS ({kept})\r\n* OK [PERMANENTFLAGS ({kept})] Flags permitted.\r\n"
            f"* OK [UIDVALIDITY {one.validity}] x\r\n* OK [UIDNEXT {one.uidnext}] x\r\n{{tag}} OK [{mode}] done\r\n"
        ).encode()

    def _examine(self, arguments: list[bytes], *rest: Any) -> bytes:
        return self._select(arguments, *rest, mode="READ-ONLY")

    def _append(self, arguments: list[bytes], literal: bytes, rest: bytes) -> bytes:
        name = arguments[0].decode()
        if name not in self.shelves:
            return b"{tag} NO [TRYCREATE] none\r\n"
        date = re.search(rb'"(\s?\d{1,2}-\w{3}-\d{4} [^"]+)"', rest)
        flags = {flag for flag in _SYSTEM if flag in rest}
        at = date[1] if date else Time2Internaldate(datetime.now(UTC)).strip('"').encode()
        uid = self._put(Stored(literal, at, flags), name)
        return f"{{tag}} OK [APPENDUID {self.shelves[name].validity} {uid}] done\r\n".encode()

    def _put(self, mail: Stored, name: str) -> int:
        mail.labels.add(name)
        return self.shelves.setdefault(name, self.house.shelf()).put(mail)

    def _drop(self, uid: int, name: str) -> None:
        self.shelves[name].mails.pop(uid).labels.discard(name)

    def _uids(self, text: bytes) -> list[int]:
        last = max(self.shelf.mails, default=0)
        found: set[int] = set()
        for part in text.split(b","):
            low, _, high = part.partition(b":")
            ends = sorted(last if end == b"*" else int(end) for end in (low, high or low))
            found |= {uid for uid in self.shelf.mails if ends[0] <= uid <= ends[1]}
        return sorted(found)

    def _uid_search(self, arguments: list[bytes], *_: Any) -> bytes:
        key = arguments[0].upper()
        if key == b"UID":
            found = self._uids(arguments[1])
        elif key == b"HEADER":
            name, wanted = arguments[1].decode(), arguments[2].decode()
            heads = {uid: BytesHeaderParser().parsebytes(mail.raw) for uid, mail in self.shelf.mails.items()}
            found = [uid for uid, head in heads.items() if wanted in str(head.get(name, ""))]
        elif key == b"X-GM-LABELS":
            found = [uid for uid, mail in self.shelf.mails.items() if arguments[1].decode() in mail.labels]
        elif key == b"KEYWORD":
            found = [uid for uid, mail in self.shelf.mails.items() if arguments[1] in mail.flags]
        else:
            found = sorted(self.shelf.mails)
        return b"* SEARCH" + b"".join(b" %d" % uid for uid in sorted(found)) + b"\r\n{tag} OK done\r\n"

    def _uid_fetch(self, arguments: list[bytes], _literal: bytes, rest: bytes) -> bytes:
        lines = [self._fetched(uid, rest.upper()) for uid in self._uids(arguments[0])]
        return b"".join([*lines, b"{tag} OK done\r\n"])

    def _fetched(self, uid: int, asked: bytes) -> bytes:
        mail = self.shelf.mails[uid]
        parts = [b"UID %d" % uid]
        if b"FLAGS" in asked:
            parts.append(b"FLAGS (" + b" ".join(sorted(mail.flags)) + b")")
        if b"X-GM-LABELS" in asked:
            others = sorted(mail.labels - {self.opened})  # the folder that is open is not told
            parts.append(b"X-GM-LABELS (" + b" ".join(_gmail_name(one) for one in others) + b")")
        if b"INTERNALDATE" in asked:
            parts.append(b'INTERNALDATE "' + mail.at + b'"')
        if b"RFC822.SIZE" in asked:
            parts.append(b"RFC822.SIZE %d" % len(mail.raw))
        if found := re.search(rb"BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]", asked):
            value = BytesHeaderParser().parsebytes(mail.raw).get(found[1].decode())
            head = f"{found[1].decode()}: {value}\r\n\r\n".encode() if value is not None else b"\r\n"
            parts.append(b"BODY[HEADER.FIELDS (" + found[1] + b")] {%d}\r\n" % len(head) + head)
        elif found := re.search(rb"BODY\.PEEK\[\](?:<0\.(\d+)>)?", asked):
            body = mail.raw[: int(found[1])] if found[1] else mail.raw
            parts.append(b"BODY[]" + (b"<0>" if found[1] else b"") + b" {%d}\r\n" % len(body) + body)
        return b"* %d FETCH (" % (sorted(self.shelf.mails).index(uid) + 1) + b" ".join(parts) + b")\r\n"

    def _uid_store(self, arguments: list[bytes], *_: Any) -> bytes:
        how, names = arguments[1].upper(), {one for one in arguments[2:] if one not in (b"(", b")")}
        for uid in self._uids(arguments[0]):
            mail = self.shelf.mails[uid]
            if b"X-GM-LABELS" in how:
                for name in (one.decode() for one in names):
                    if how.startswith(b"+"):
                        self._put(mail, name)
                    elif name in mail.labels:
                        self._drop(next(n for n, one in self.shelves[name].mails.items() if one is mail), name)
            else:
                kept = {flag for flag in names if flag in _SYSTEM}  # a keyword is taken with OK and forgotten
                mail.flags = mail.flags | kept if how.startswith(b"+") else mail.flags - kept
        return b"{tag} OK done\r\n"

    def _uid_expunge(self, arguments: list[bytes], *_: Any) -> bytes:
        for uid in self._uids(arguments[0]):
            if b"\\Deleted" in self.shelf.mails[uid].flags:
                mail = self.shelf.mails[uid]
                self._drop(uid, self.opened)
                mail.flags.discard(b"\\Deleted")
        return b"{tag} OK done\r\n"

    def _uid_copy(self, arguments: list[bytes], *_: Any, move: bool = False) -> bytes:
        uids, name = self._uids(arguments[0]), arguments[1].decode()
        if name not in self.shelves:
            return b"{tag} NO [TRYCREATE] none\r\n"
        new = []
        for uid in uids:
            mail = self.shelf.mails[uid]
            if self.house.ways == "exchange":
                mail = Stored(mail.raw, mail.at, set(mail.flags))
            new.append(self._put(mail, name))
            if move:
                self._drop(uid, self.opened)
        sets = [",".join(map(str, some)) for some in (uids, new)]
        told = f"[COPYUID {self.shelves[name].validity} {sets[0]} {sets[1]}] " if uids else ""
        return (f"* OK {told}\r\n{{tag}} OK done\r\n" if move else f"{{tag}} OK {told}done\r\n").encode()

    def _uid_move(self, arguments: list[bytes], *rest: Any) -> bytes:
        return self._uid_copy(arguments, *rest, move=True)


def _gmail_name(label: str) -> bytes:
    return b'"\\\\Inbox"' if label == "INBOX" else f'"{label}"'.encode()


class _Listening(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def house(ways: Ways, directory: Path) -> Iterator[tuple[Server, House]]:
    """A server with these ways, on a free port of this machine."""
    one = House(ways)
    session = type("_Here", (_Session,), {"house": one})
    with _Listening(("127.0.0.1", 0), session) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield Server("127.0.0.1", listening.server_address[1], directory), one
        listening.shutdown()
