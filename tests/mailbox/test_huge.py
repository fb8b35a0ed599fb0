"""Mails of 25, 100 and 500 MB among ordinary ones: only their beginning is fetched, in little memory, and nothing waits for them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from figures import Figures
from office import Office
from sample import DESK, NOW
from servers import Server, mail

from triage.message import Message

MB = 1024 * 1024
SIZES = (25 * MB, 100 * MB, 500 * MB)


def lay(server: Server, user: str, number: int, size: int) -> None:
    """Puts a mail of so many octets into Dovecot's own folder: a few lines, and a hole in the file that takes no room on the disk.
    Its name tells the size (S, and W with line ends of two octets), as of mail that Dovecot itself has written."""
    home = server.directory / "home" / user / "Maildir"
    path = home / "new" / f"17000000{number:02}.M{number}P1.huge,S={size},W={size}"
    head = mail(f"Plans {number}", message_id=f"<huge{number}@sender.example>", body="Here are the plans of the whole house.\r\n")
    with path.open("wb") as file:
        file.write(head.replace(b"help@council.example", DESK.encode()))
        file.truncate(size)
    shutil.chown(path, home.stat().st_uid, home.stat().st_gid)


def peak() -> float:
    """The most memory this process has held since `forget_peak`, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # proc(5)


def test_huge_mails_cost_little_memory_and_hold_nothing_up(
    dovecot_server: Server, user: str, tmp_path: Path, figures: Figures
) -> None:
    office = Office(dovecot_server, tmp_path / user, user).open()
    for number in range(20):
        dovecot_server.append(user, "INBOX", mail(f"Small {number}", message_id=f"<small{number}@sender.example>"), date=NOW)
    office.once()  # brings along what every pass needs
    for number, size in enumerate(SIZES):
        lay(dovecot_server, user, number, size)
    forget_peak()
    before, begun, worked = peak(), time.monotonic(), time.process_time()
    said = office.once()
    took, worked, grown = time.monotonic() - begun, time.process_time() - worked, peak() - before
    figures.add("huge mails read", len(SIZES))
    figures.worst("a pass over mails of 25, 100 and 500 MB, s of processor time", worked)
    figures.worst("memory that it took, MB", grown)
    assert worked < 5 and took < 30 and grown < 64, said.output
    with office.ledger() as ledger:
        found = {one.message_id: one for one in ledger.messages(ledger.placed_in("desk", "INBOX").values())}
    assert len(found) == 20 + len(SIZES)
    for number, size in enumerate(SIZES):
        one = found[f"<huge{number}@sender.example>"]
        assert isinstance(one, Message) and one.truncated and one.own.startswith("Here are the plans of the whole house.")
        assert any(fault.endswith(f"of {size} octets)") for fault in one.faults)
