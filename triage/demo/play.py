"""Runs the demo: the sample into a mail server, the pass of `triage once` over it, and the same pass again."""

from __future__ import annotations

import imaplib
import re
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from triage import settings
from triage.cycle import run_pass
from triage.demo import embedded, picture, scene, screen, truth
from triage.demo.sample import Sample, sample
from triage.errors import Permanent, TriageError
from triage.export import everything
from triage.ledger import Ledger
from triage.settings import Settings

WIDTH = 100
_LABEL = re.compile(r"\btriage-[a-z]+")
_MARK = "; Written by `triage demo`; the folder may be deleted.\n"


def show(*, keep: bool = False, folder: Path | None = None, draw: Path | None = None, now: datetime | None = None) -> None:
    """Prints the whole demo; everything it makes lies in `folder` (a new temporary one when None).

    keep: leaves the mail server running until Ctrl-C. draw: writes what is printed there as an SVG, too. now: the time to play at
    (aware); the sample is dated from it. Raises Permanent when the server cannot run or the folder is not the demo's own, and
    TriageError when the pass concludes anything but what is known of the sample.
    """
    moment = now or datetime.now(UTC)
    place = _fresh(folder)
    console = Console(record=draw is not None, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal and draw is None else WIDTH
    chosen = sample(moment)
    with embedded.serving(place / "mail") as server:
        deliver(server.port, chosen)
        path = write_settings(place, server.port, chosen)
        scenery, exported = play(chosen, settings.load(path), server.port, moment)
        screen.show(console, scenery, path)
        faults = truth.differences(chosen, exported)
        if scenery.again.changes or scenery.again.messages:
            faults.append(
                f"the second pass read {scenery.again.messages} mails and made {scenery.again.changes} changes, instead of none"
            )
        if draw is not None:
            draw.write_text(picture.svg(console), encoding="utf-8")
        if faults:
            raise TriageError("The demo did not come out as it should:\n" + "\n".join(f"  {fault}" for fault in faults))
        if keep:
            _wait(console, path, server.port)


def play(sample_: Sample, chosen: Settings, port: int, now: datetime) -> tuple[scene.Scene, truth.Exported]:
    """Two passes at `now`, as `triage once` makes them; what came of them, and what `triage export` prints."""
    with Ledger.open(chosen.store.url) as ledger:
        begun = time.monotonic()
        first = run_pass(chosen, ledger, now=now)
        seconds = time.monotonic() - begun
        again = run_pass(chosen, ledger, now=now)
        came = scene.Scene(sample_, first, again, seconds, scene.concluded(ledger, chosen.pack()), tuple(folders(port)))
        return came, everything(ledger, now)


def _fresh(folder: Path | None) -> Path:
    """An empty folder; one that an earlier demo left is emptied, any other that holds something is not touched."""
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="triage-demo-"))
    folder = folder.absolute()
    if folder.is_file():
        raise Permanent(f"{folder} is a file; give --folder the name of a new folder")
    written = folder / "settings.ini"
    if written.is_file() and written.read_text(encoding="utf-8").startswith(_MARK):
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise Permanent(f"{folder} holds other files; give --folder the name of a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Permanent(f"{folder} cannot be made ({error.strerror}); give --folder the name of a new folder") from error
    return folder


def write_settings(folder: Path, port: int, chosen: Sample) -> Path:
    """settings.ini and the password file, as an operator would write them."""
    ours = chosen.organisation
    password = folder / "password"
    password.write_text(embedded.PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    path = folder / "settings.ini"
    text = f"""{_MARK}
[organisation]
name = {ours["name"]}
domains = {ours["domain"]}
staff = {", ".join(chosen.staff)}
policy = {ours["policy"]}
service_standard = {ours["service_standard"]}
trusted_authserv_id = mx.{ours["domain"]}
safeguarding = {ours["safeguarding"]}

[mailbox:support]
address = {ours["mailbox"]}
host = {embedded.HOST}
port = {port}
security = none
username = {embedded.USER}
password_file = password
sent = Sent
"""
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def _client(port: int) -> Iterator[imaplib.IMAP4]:
    """A mail program of its own, as people's is: it shares no code with ours."""
    with imaplib.IMAP4(embedded.HOST, port, timeout=20) as client:
        client.login(embedded.USER, embedded.PASSWORD)
        yield client


def deliver(port: int, chosen: Sample) -> None:
    """Puts the sample's mails into INBOX and Sent, received when they were sent."""
    with _client(port) as client:
        client.create("Sent")
        client.subscribe("Sent")
        for mail in chosen.mails:
            _must(client.append(mail.folder, "", imaplib.Time2Internaldate(mail.at), mail.raw))


def folders(port: int) -> Iterator[scene.Folder]:
    """Every folder with its mails and labels, as a mail program sees them."""
    with _client(port) as client:
        lines = _must(client.list())
        names = [line.decode().rpartition(" ")[2].strip('"') for line in lines if isinstance(line, bytes)]
        for name in sorted(names, key=lambda one: (one != "INBOX", one != "Sent", one)):
            _, answer = client.select(f'"{name}"', readonly=True)
            if not answer or not isinstance(answer[0], bytes) or not answer[0].isdigit():
                continue  # a name that only holds others
            mails = int(answer[0])
            flags = _must(client.fetch("1:*", "(FLAGS)")) if mails else []
            labels = Counter(label for line in flags if isinstance(line, bytes) for label in _LABEL.findall(line.decode()))
            yield scene.Folder(name, mails, labels)


def _must(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    if answer[0] != "OK":
        raise Permanent(f"the demo's mail server refused: {answer[1]!r}")
    return answer[1]


def _wait(console: Console, path: Path, port: int) -> None:
    """Leaves the server running until Ctrl-C or SIGTERM."""
    where = f"{embedded.HOST}, port {port}, no encryption, user {embedded.USER}, password {embedded.PASSWORD}"
    screen.invite(console, path, where)
    before: Callable[[int, FrameType | None], object] | int | None = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("stopped")
    finally:
        signal.signal(signal.SIGTERM, before)
