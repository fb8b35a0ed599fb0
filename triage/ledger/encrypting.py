"""Encrypts a ledger that is not, for `triage.ledger.cipher` to open. Nobody else may have it open meanwhile.

python -m triage.ledger.encrypting LEDGER KEY_FILE
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from triage.errors import Permanent, TriageError
from triage.ledger.cipher import connected, driver, is_plain, key_in


def encrypt(ledger: Path, key_file: Path) -> int:
    """Replaces a plain ledger by the same encrypted; how many rows it holds. What was plain is overwritten before it is let go, which on
    disks that write elsewhere (SSD) is no more than an attempt.

    Raises Permanent when it is encrypted already or open elsewhere, Misconfigured for the key.
    """
    sqlite, key = driver(), key_in(key_file)
    if not is_plain(ledger):
        raise Permanent(f"{ledger} is no plain ledger: there is nothing to encrypt")
    beside = ledger.with_name(f"{ledger.name}-encrypting")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite.connect(str(ledger), isolation_level=None)) as plain:
        try:
            plain.execute("PRAGMA locking_mode = EXCLUSIVE").close()
            if plain.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):  # it stays while anybody else has it open
                raise sqlite.OperationalError
            plain.execute("BEGIN EXCLUSIVE").close()
            plain.execute("COMMIT").close()
        except sqlite.OperationalError:
            beside.unlink()
            raise Permanent(f"The ledger {ledger} is open in another program. Stop the daemon, and try again.") from None
        rows = _rows(plain)
        plain.execute(f"ATTACH DATABASE ? AS beside KEY \"x'{key}'\"", (str(beside),)).close()
        plain.execute("SELECT sqlcipher_export('beside')").fetchall()
        plain.execute("DETACH DATABASE beside").close()
    with closing(connected(beside, key_file)) as encrypted:
        if _rows(encrypted) != rows or is_plain(beside):
            beside.unlink()
            raise Permanent("what was encrypted is not the same; nothing was changed")
    with ledger.open("r+b") as old:
        beside.replace(ledger)
        left = old.seek(0, os.SEEK_END)
        old.seek(0)
        while left > 0:
            left -= old.write(b"\0" * min(left, 1 << 20))
        old.flush()
        os.fsync(old.fileno())
    return sum(rows.values())


def _rows(handle: Any) -> dict[str, int]:
    names = [name for (name,) in handle.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    return {name: handle.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - our own tables


if __name__ == "__main__":
    try:
        print(f"encrypted: {encrypt(Path(sys.argv[1]), Path(sys.argv[2]))} rows")
    except TriageError as fault:
        sys.exit(str(fault))
