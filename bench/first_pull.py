"""How fast the first reading of a full mailbox is, how much memory it takes, and what a second pass over it costs.

    python -m bench.first_pull [--count 5000] [--mails FOLDER]

The mails lie in a Dovecot of our own on 127.0.0.1. Beside the pass, in the same run and on the same machine, stand reading
the same octets over a plain socket, and mail-parser alone: how a pass compares with those holds on other machines too.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mailparser

from bench.mails import DOMAIN, MAILBOX, Mail, generated
from tests.servers import PASSWORD, Server, dovecot

GOAL_RATE = 100.0
"""Mails a second, from the server to labels and notes."""
GOAL_MEMORY = 400.0
"""MB."""
USER = "help"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the program: seconds, those that processors worked for it, the most memory it held with its workers, and what it
    printed.

    `memory` is in MB of real memory, what the run takes away from the machine: what the processes share is counted once (proc(5):
    for what they have made themselves the proportional set size, for files the most that one of them has mapped, because a
    proportional size is smaller while other programs run the same Python). `resident` is the sum of their resident sets, in which
    every shared page counts as often as it is shared.
    """

    seconds: float
    worked: float
    memory: float
    resident: float
    output: str


def stored(folder: Path, count: int) -> Iterator[Mail]:
    """Up to `count` real mails (*.eml) from a folder, all as mail that comes in now, in the order of their names."""
    for path in sorted(folder.glob("*.eml"))[:count]:
        raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        yield Mail("INBOX", datetime.now(UTC), raw)


def load(server: Server, mails: Iterable[Mail]) -> None:
    """Puts every mail into its folder, as a mail program would."""
    by_folder: dict[str, list[bytes]] = {}
    for mail in mails:
        by_folder.setdefault(mail.folder, []).append(mail.raw)
    for folder, raws in by_folder.items():
        server.append_many(USER, folder, raws)


def settings(server: Server, folder: Path) -> Path:
    """A settings file for this server, with the ledger in the same folder."""
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    path = folder / "settings.ini"
    path.write_text(
        f"[organisation]\nname = Council\ndomains = {DOMAIN}\npolicy = jack-keller\n"
        f"[store]\nurl = sqlite:///{folder}/triage.db\n"
        f"[mailbox:help]\naddress = {MAILBOX}\nhost = {server.host}\nport = {server.port}\nsecurity = none\n"
        f"username = {USER}\npassword_file = {folder}/password\n"
    )
    return path


def once(path: Path, now: str | None) -> Measured:
    """Runs `triage once` in a process of its own. Raises RuntimeError with its words when it fails."""
    command = [sys.executable, "-m", "triage", "once", "--settings", str(path), *(("--now", now) if now else ())]
    with tempfile.TemporaryFile("w+") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - our own program
        memory, resident, worked = 0.0, 0.0, dict[int, float]()
        while process.poll() is None:
            family = list(_family(process.pid))
            sizes = [found for pid in family if (found := _sizes(pid))]
            files = max((one["Rss:"] - one["Anonymous:"] for one in sizes), default=0.0)
            memory = max(memory, files + sum(one["Pss_Anon:"] for one in sizes))
            resident = max(resident, sum(one["Rss:"] for one in sizes))
            worked |= {pid: seconds for pid in family if (seconds := _worked(pid))}
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        output.seek(0)
        words = output.read()
    if process.returncode:
        raise RuntimeError(f"triage once ended with status {process.returncode}:\n{words}")
    return Measured(seconds, sum(worked.values()), memory, resident, words)


def _family(pid: int) -> Iterator[int]:
    """A process and all that it started, and those that these started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _worked(pid: int) -> float:
    """Seconds that processors have worked for a process until now; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _sizes(pid: int) -> dict[str, float]:
    """What /proc tells of a process's memory, MB; nothing when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    return {words[0]: int(words[1]) / 1000 for line in lines[1:] if len(words := line.split()) > 1}


def raw_reading(server: Server) -> tuple[float, int]:
    """Seconds and octets for every mail of both folders over a plain socket, nothing done with them."""
    begun, octets = time.perf_counter(), 0
    with socket.create_connection((server.host, server.port)) as line:
        commands = [f"LOGIN {USER} {PASSWORD}"]
        for folder in ("INBOX", "Sent"):
            commands += [f"EXAMINE {folder}", "FETCH 1:* BODY.PEEK[]"]
        for number, command in enumerate(commands):
            line.sendall(f"t{number} {command}\r\n".encode())
            octets += _until(line, f"\r\nt{number} ".encode())
    return time.perf_counter() - begun, octets


def _until(line: socket.socket, mark: bytes) -> int:
    """Octets up to the end of an answer. A mail that held the mark in full at the end of a piece would end it early: none does."""
    octets, end = 0, b"\r\n"
    while True:
        piece = line.recv(1 << 18)
        if not piece:
            raise RuntimeError("the server closed the connection")
        octets += len(piece)
        end = (end + piece)[-4000:]
        last = end.rstrip(b"\r\n").rpartition(b"\r\n")[2]
        if piece.endswith(b"\r\n") and last.startswith(mark[2:]):
            return octets


def parsing_alone(mails: Iterable[Mail]) -> tuple[float, float]:
    """Seconds for mail-parser to read every mail, nothing done with what it found: by the clock, and of processor time."""
    begun, worked = time.perf_counter(), time.process_time()
    for mail in mails:
        mailparser.parse_from_bytes(mail.raw)
    return time.perf_counter() - begun, time.process_time() - worked


@contextmanager
def full_server(mails: Iterable[Mail]) -> Iterator[Server]:
    with dovecot([USER]) as server:
        load(server, mails)
        yield server


def _memory(run: Measured) -> str:
    return f"{run.memory:.0f} MB at most ({run.resident:.0f} resident)"


def table(count: int, first: Measured, second: Measured, raw: tuple[float, int], parsing: tuple[float, float]) -> str:
    """The measurements as lines of text."""

    def row(name: str, seconds: float, worked: float | None, note: str = "") -> str:
        work = f"{worked:>9.2f} s" if worked is not None else " " * 11
        return f"{name:<28}{seconds:>9.2f} s{work}{count / seconds:>10.0f} mails/s   {note}".rstrip()

    met = first.memory <= GOAL_MEMORY and count / first.seconds >= GOAL_RATE
    return "\n".join(
        [
            f"{count} mails, {raw[1] / 1e6:.1f} MB; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors",
            f"{'':<28}{'clock':>11}{'processors':>11}",
            row("first pull, end to end", first.seconds, first.worked, _memory(first)),
            row("second pass, unchanged", second.seconds, second.worked, _memory(second)),
            row("reading alone (socket)", raw[0], None, f"the first pull takes {first.seconds / raw[0]:.1f} times as long"),
            row("mail-parser alone", *parsing, f"the first pull takes {first.seconds / parsing[0]:.1f} times as long"),
            f"goals: {GOAL_RATE:.0f} mails/s in {GOAL_MEMORY:.0f} MB: {'met' if met else 'NOT met'}",
            f"first:  {first.output.splitlines()[0]}",
            f"second: {second.output.splitlines()[0]}",
        ]
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=5000, help="how many mails (5000)")
    parser.add_argument("--mails", type=Path, metavar="FOLDER", help="real mails (*.eml) instead of invented ones")
    parser.add_argument("--now", help="the clock of the passes, ISO 8601 with zone")
    chosen = parser.parse_args()
    mails = list(stored(chosen.mails, chosen.count) if chosen.mails else generated(chosen.count))
    now = chosen.now or (None if chosen.mails else f"{max(mail.at for mail in mails):%Y-%m-%dT%H:%M:%SZ}")
    with full_server(mails) as server, tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        path = settings(server, Path(folder))
        raw = raw_reading(server)
        parsing = parsing_alone(mails)
        first = once(path, now)
        second = once(path, now)
    print(table(len(mails), first, second, raw, parsing))
    if " 0 changes" not in f" {second.output.splitlines()[0].rpartition(', ')[2]}":
        sys.exit("the second pass changed something though nothing was new")
    if first.memory > GOAL_MEMORY:
        sys.exit(f"the first pull took more than {GOAL_MEMORY:.0f} MB")


if __name__ == "__main__":
    main()
