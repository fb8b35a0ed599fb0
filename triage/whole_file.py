"""Small files that others read: there entirely, or in their former form, whatever happens while they are written."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write(file: Path, text: str | bytes, *, mode: int = 0o666) -> None:
    """Puts `text` (UTF-8, or octets as they are) in place of what the file held. `mode`: of the new file, less the umask.

    Raises OSError, with the former file in place and nothing left beside it.
    """
    new = file.with_name(f".{file.name}.new")
    try:
        new.unlink(missing_ok=True)  # left by a crash
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
