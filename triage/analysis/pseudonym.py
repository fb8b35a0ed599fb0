"""Stable pseudonyms: HMAC-SHA256 (RFC 2104) with a secret key that lies beside the ledger, readable by its owner only.

A plain hash would not do: whoever guesses an address can hash it and look. The same thing bears the same pseudonym in every
table and on every day, so that tables can be joined and years compared.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from triage.errors import Misconfigured

_LENGTH = 12
"""Hexadecimal digits: 48 bits, so that among a million things two alike are not to be expected."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Gives names that are nobody's; with `plain` it gives things their own."""

    key: bytes = field(repr=False)
    plain: bool = False

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of `value` among things of that kind ("contact", "staff" …), such as "contact-3f9c…"; "" for ""."""
        if not value or self.plain:
            return value
        return f"{kind}-{hmac.new(self.key, _named(kind, value), hashlib.sha256).hexdigest()[:_LENGTH]}"


def _named(kind: str, value: str) -> bytes:
    return f"{kind}\0{value}".encode(errors="replace")


def key_file(ledger: Path | None, settings: Path) -> Path:
    """Where the key lies: beside the ledger's file, or beside the settings where the ledger is on a server."""
    return ledger.with_name(ledger.name + ".pseudonyms") if ledger else settings.with_name("triage.pseudonyms")


def key(file: Path) -> bytes:
    """The key in this file; a new one is written when there is none (mode 0600).

    Raises Misconfigured when others can read it, or it is no key.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _read(file)
    except OSError as error:
        raise Misconfigured([f"{file}: the key of the pseudonyms cannot be written ({error.strerror})"]) from error
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32) + "\n")
    return _read(file)


def _read(file: Path) -> bytes:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise Misconfigured([f"{file}: others can read the key of the pseudonyms; chmod 600 it"])
        made = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise Misconfigured(
            [f"{file}: holds no key of pseudonyms; remove it, and a new one is made (with new pseudonyms)"]
        ) from error
    if len(made) < 32:
        raise Misconfigured([f"{file}: the key of the pseudonyms is too short; remove it, and a new one is made"])
    return made
