"""The demo's mail server: pymap, with one fault of it mended.

pymap's MOVE on a Maildir keeps the name of the file and leaves its line in the list of the folder that it left, until that folder is
tidied (CHECK). A mail that is moved out and soon back, as by `triage undo`, then stands in that list twice, under two UIDs, though it
is there once.
"""

from __future__ import annotations

from typing import Any

from pymap.backend.maildir.mailbox import MailboxData
from pymap.backend.maildir.uidlist import UidList
from pymap.main import main

_move = MailboxData.move


async def _moved(self: Any, uid: int, destination: Any, *, recent: bool = False) -> int | None:
    moved: int | None = await _move(self, uid, destination, recent=recent)
    if moved is not None:
        async with UidList.with_write(self._path) as listed:
            if uid in {record.uid for record in listed.records}:
                listed.remove(uid)
    return moved


if __name__ == "__main__":
    MailboxData.move = _moved  # type: ignore[method-assign]
    main()
