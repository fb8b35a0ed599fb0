"""Mails grown by what they reach: a fuzzer that keeps every mail that led into a part of our reading no other had led to.

    python tests/fuzz/guided.py SECONDS FOLDER

FOLDER keeps what it has grown, for the next time, and the mail that broke the reading, if one did. Needs atheris (`make nightly`
installs it into a folder of its own: it is large, and the tests of every commit do without).
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

LONGEST = 16_384
"""Octets of a mail; long ones are grown by test_mails.py."""
SLOWEST = 4.0
"""Seconds of processor time; counting what is reached makes the reading several times slower."""
LEAST = 20
"""Mails a second that must be tried, or something has gone wrong with the trying."""


def tried(raw: bytes) -> None:
    """Reads one mail as the daemon does; whatever is wrong with that raises."""
    from test_mails import ARRIVED, ON

    from triage import explanation, intake, note, parsing
    from triage.ledger import Location
    from triage.message import Message

    before = time.process_time()
    found = parsing.read(
        raw, mailbox="desk", role="inbox", received_at=ARRIVED, truncated=False, size=len(raw), trusted_authserv="mx.shop.example"
    )
    intake.recorded(found, Location("desk", "INBOX", 1, 1))
    intake._our_note(raw)
    if isinstance(found, Message):
        assert not (set(found.subject + found.sender.email + found.message_id) & set("\r\n\0"))
        assert found.authenticity != "pass" or f"={found.sender.domain})" in found.authentication_note
    else:
        proposal = explanation.unreadable(found)
        note.compose(proposal, explanation.note(proposal, ON.pack), mailbox="help@shop.example", now=ARRIVED)
    took = time.process_time() - before
    assert took < SLOWEST, f"{took:.1f} s for {len(raw)} octets"


def seeds(folder: Path) -> None:
    """The good mail and some that are torn, to begin with; and the words that mails are made of."""
    from mails import GOOD, GROWING

    chance = random.Random(7)
    (folder / "good").write_bytes(GOOD)
    for number in range(40):
        raw = bytearray(GOOD)
        start = chance.randrange(len(raw))
        raw[start : start + chance.randrange(40)] = chance.choice(GROWING) * chance.randrange(1, 4)
        (folder / f"torn{number}").write_bytes(bytes(raw))


def dictionary(path: Path) -> None:
    from mails import GOOD, GROWING

    words = {
        *GROWING,
        *re.findall(rb"[A-Za-z][A-Za-z-]{2,}:?", GOOD),
        b"multipart/mixed",
        b"message/rfc822",
        b"boundary=",
        b"utf-7",
        b"=?utf-8?B?",
    }
    lines = ['"' + "".join(f"\\x{octet:02x}" for octet in word) + '"' for word in sorted(words)]
    path.write_text("\n".join(lines) + "\n")


def main(seconds: int, folder: Path) -> int:
    """Runs the fuzzer for so long in a process of its own, and says how many mails it tried. The exit status: 1 when one broke the reading."""
    grown = folder / "grown"
    grown.mkdir(parents=True, exist_ok=True)
    seeds(grown)
    dictionary(folder / "words")
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=1500", "-print_final_stats=1"]
    command = [
        sys.executable,
        __file__,
        "--within",
        *limits,
        f"-dict={folder / 'words'}",
        f"-artifact_prefix={folder}/",
        str(grown),
    ]
    ended = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False)
    said = ended.stderr.decode("utf-8", "replace")
    (folder / "log").write_text(said)
    found = re.search(r"number_of_executed_units: *(\d+)", said)
    count = int(found[1]) if found else 0
    reached = re.findall(r"cov: (\d+)", said)
    print(f"mails grown by what they reach: {count}, places reached: {reached[-1] if reached else 0}")
    if ended.returncode:
        print(said[-3000:], f"\nthe mail that did it lies in {folder}", file=sys.stderr)
        return 1
    if count < LEAST * seconds:
        print(f"FALLEN  mails grown by what they reach: {count}, and it must be {LEAST * seconds} at least", file=sys.stderr)
        return 1
    return 0


def within() -> None:
    """The fuzzer itself: it never returns."""
    import atheris

    with atheris.instrument_imports(include=["triage"]):
        import test_mails  # noqa: F401  which brings all of it along
    atheris.Setup([sys.argv[0], *sys.argv[2:]], tried)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1] == "--within":
        within()
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
