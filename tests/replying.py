"""Answers of staff to a note of ours, as mail programs send them."""

from __future__ import annotations

from mailstate import Lying
from sample import DESK, INES, Folder, Mail, letter

PROVED = {"Authentication-Results": "mx.larchmere.example; dmarc=pass header.from=larchmere.example"}


def answer(
    note: Lying, words: str, *, proved: bool = True, sender: str = INES, folder: Folder = "INBOX", at: str = "2026-05-12 11:00"
) -> Mail:
    """One of us answers a note: the words, a name, and a line of the note below."""
    headers = {"In-Reply-To": note.message_id, "References": note.message_id, **(PROVED if proved else {})}
    return letter(
        f"{words}\n\n{sender.partition(' <')[0]}\n\n> A warning may be due", sender=sender, to=DESK, subject=f"Re: {note.subject}", at=at,
        headers=headers, folder=folder,
    )  # fmt: skip
