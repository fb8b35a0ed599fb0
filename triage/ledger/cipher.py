"""The ledger's file encrypted, where a key file is named (SQLCipher). The only owner of sqlcipher3, which nothing else needs.

Every page of the file and of its -wal is encrypted with AES-256 and sealed with an HMAC. The key is 64 hexadecimal digits alone in a
file that only this user can read, or that systemd hands over (LoadCredential); it stands in no setting, url, log or message.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

from triage.errors import Misconfigured, Permanent

_PLAIN = b"SQLite format 3\0"
_KEY = re.compile(r"[0-9A-Fa-f]{64}")


def driver() -> ModuleType:
    """SQLCipher's own sqlite3. Raises Misconfigured where it is not installed."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        words = "[store] key_file: SQLCipher is not installed here; run make setup (it installs sqlcipher3), or take the key out"
        raise Misconfigured([words]) from None
    found: ModuleType = dbapi2
    return found


def key_in(file: Path) -> str:
    """The key that this file holds. Raises Misconfigured, never repeating what stands in the file."""
    make = (
        f"make it so: (umask 077; openssl rand -hex 32 > {file}), and keep a copy elsewhere: without it nobody reads the ledger"
    )
    try:
        facts = file.stat()
        text = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise Misconfigured([f"[store] key_file: there is no file {file}; {make}"]) from None
    except (OSError, UnicodeDecodeError):
        raise Misconfigured([f"[store] key_file: {file} cannot be read by this user; make it this user's own"]) from None
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY", "")  # systemd's show a group bit for their ACL
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not (handed_over and file.parent == Path(handed_over)):
        raise Misconfigured([f"[store] key_file: other people of this machine can read {file}; run chmod 600 {file}"])
    if not _KEY.fullmatch(text):
        raise Misconfigured([f"[store] key_file: {file} does not hold 64 hexadecimal digits alone; {make}"])
    return text


def is_plain(ledger: Path) -> bool:
    """Whether this file is a database that is not encrypted."""
    with ledger.open("rb") as file:
        return file.read(len(_PLAIN)) == _PLAIN


def connected(ledger: Path, key_file: Path) -> Any:
    """A connection to the encrypted ledger; a new or empty file becomes one. Raises Misconfigured, or Permanent when the key does not fit."""
    sqlite, key = driver(), key_in(key_file)
    handle = sqlite.connect(str(ledger), check_same_thread=False)
    try:
        handle.execute("PRAGMA cipher_log_level = NONE").close()  # it writes to standard error by itself
        handle.execute(f"PRAGMA key = \"x'{key}'\"").close()
        handle.execute("SELECT count(*) FROM sqlite_master").close()
    except sqlite.DatabaseError as error:
        handle.close()
        if getattr(error, "sqlite_errorname", "") != "SQLITE_NOTADB":
            raise
        if is_plain(ledger):
            how = f"stop the daemon, run python -m triage.ledger.encrypting {ledger} {key_file}, and start it again"
            raise Permanent(
                f"The ledger {ledger} is not encrypted yet, though [store] key_file is set. To encrypt it: {how}."
            ) from None
        raise Permanent(
            f"The key in {key_file} does not open the ledger {ledger}. Put back the key it was written with, from your copy, or restore "
            "the ledger from a backup of the time of this key."
        ) from None
    return handle
