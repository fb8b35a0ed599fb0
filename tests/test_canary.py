"""A word that stands in every part of a mail appears nowhere but in the mailbox and the ledger: in no log, health file, metric, error
or traceback, whatever goes wrong."""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
from contextlib import nullcontext
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from astray import through
from faulty import Fault, Faulty
from mailstate import mails
from office import Office
from prometheus_client import generate_latest
from sample import DESK, NOW, Mail
from servers import Server

from triage import daemon as daemon_module
from triage import intake, judgement, worker
from triage.daemon import Daemon, set_up_logging
from triage.settings import load

CANARY = "qxzvanilo"
"""No word of any language, in lower case; looked for without regard to case."""


def planted(number: int, body: str = "", **headers: str) -> Mail:
    """A mail that bears the word in its names, addresses, subject, headers, text, HTML, file name and file."""
    mail = EmailMessage(policy=SMTP)
    domain = f"{CANARY}.example"
    told = {
        "Authentication-Results": f"mx.larchmere.example; dmarc=pass header.from={domain}",
        "From": f'"{CANARY} Finch" <{CANARY}{number}@{domain}>',
        "To": DESK,
        "Cc": f"{CANARY} <other@{domain}>",
        "Reply-To": f"{CANARY}@{domain}",
        "Subject": f"{CANARY} about the lift",
        "Message-ID": f"<{CANARY}.{number}@{domain}>",
        "In-Reply-To": f"<{CANARY}.before@{domain}>",
        "References": f"<{CANARY}.before@{domain}>",
        "X-Mailer": CANARY,
        "Comments": CANARY,
        "Organization": CANARY,
        **headers,
    }
    at = NOW - timedelta(days=3) + timedelta(hours=number)
    mail["Date"] = at
    for name, value in told.items():
        mail[name] = value
    words = body or f"You pathetic {CANARY} moron, you stupid worthless cow. {CANARY}!\n\n{CANARY} Finch"
    mail.set_content(words)
    mail.add_alternative(f"<p title='{CANARY}'>{words}</p><!-- {CANARY} -->", subtype="html")
    mail.add_attachment(CANARY.encode(), maintype="application", subtype="octet-stream", filename=f"{CANARY}.pdf")
    return Mail("INBOX", at, bytes(mail))


def broken_in_parsing(number: int) -> Mail:
    """What parsers stumble over, the word at each place where they do."""
    raw = (
        f"From: {CANARY}\r\nFrom: {CANARY}@{CANARY}.example\r\nSubject: =?{CANARY}?Q?{CANARY}=FF?=\r\nMessage-ID: <{CANARY}{number}\r\n"
        f"Date: {CANARY}\r\nContent-Type: multipart/mixed; boundary={CANARY}; charset*0*={CANARY}''%FF\r\n\r\n--{CANARY}\r\n"
        f"Content-Type: text/plain; charset={CANARY}\r\nContent-Transfer-Encoding: {CANARY}\r\n\r\n{CANARY}\r\n"
    )
    return Mail("INBOX", NOW - timedelta(days=1), raw.encode())


def from_nobody() -> Mail:
    """What nobody can be found to have written."""
    raw = f"To: desk@larchmere.example\r\nSubject: {CANARY}\r\nMessage-ID: <nobody@{CANARY}.example>\r\n\r\n{CANARY}?\r\n"
    return Mail("INBOX", NOW - timedelta(days=2), raw.encode())


def every() -> list[Mail]:
    welfare = f"I cannot go on and I want to end my life, {CANARY}."
    return [
        *(planted(number) for number in range(4)),
        planted(9, welfare),
        broken_in_parsing(1),
        broken_in_parsing(2),
        from_nobody(),
    ]


def assert_clean(told: str, where: str) -> None:
    at = told.lower().find(CANARY)
    assert at < 0, f"{where}: …{told[max(0, at - 200) : at + 100]}"


@pytest.fixture
def office(dovecot_server: Server, user: str, tmp_path: Path) -> Office:
    extra = "\n[daemon]\nidle = no\ninterval = 1 day\nhealth_file = health.json\n"
    one = Office(dovecot_server, tmp_path / user, user, extra=extra).open()
    one.receive(*every())
    return one


def worked_by_a_daemon(office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Daemon:
    """One pass as the daemon makes it; whatever it says anywhere is looked through."""
    caplog.set_level(logging.DEBUG)
    set_up_logging()
    one = Daemon(load(office.folder / "settings.ini"), clock=lambda: NOW)
    one.ask = lambda *_: None  # type: ignore[method-assign]  # no scheduler runs
    one.work()
    told = capfd.readouterr()
    for where, words in {
        "standard output": told.out,
        "the log": told.err,
        "the health file": (office.folder / "health.json").read_text(),
        "the metrics": generate_latest(one.health.registry).decode(),
    }.items():
        assert_clean(words, where)
    ours = "\n".join(
        record.getMessage() + "".join(traceback.format_exception(*record.exc_info) if record.exc_info else "")
        for record in caplog.records
        if record.levelno > logging.DEBUG or record.name.startswith("triage")
    )
    assert_clean(ours, "what libraries log")
    return one


def test_a_pass_of_the_daemon_says_nothing_of_what_people_wrote(
    office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    one = worked_by_a_daemon(office, capfd, caplog)
    assert one.failures == 0 and one.health.state.notes_waiting >= 2 and one.health.state.unreadable >= 1
    assert any(
        CANARY in note.text for note in mails(office.server, office.user, "Triage/Review")
    )  # it was understood, and quoted
    with office.ledger() as ledger:
        assert len(ledger.unreadable()) >= 1


@pytest.mark.parametrize("fault", ["short literal", "long literal", "half an answer", "answered twice", "bad", "garbage"])
def test_a_line_that_goes_wrong_in_the_midst_of_a_mail_repeats_none_of_it(
    office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    bodies = 13  # the command that brings the mails
    with Faulty(office.server.port, fault, bodies) as proxy:
        through(office, proxy.port)
        worked_by_a_daemon(office, capfd, caplog)
        assert proxy.struck and proxy.commands[bodies - 1] == b"UID FETCH"


@pytest.mark.parametrize(("place", "name"), [(intake, "recorded"), (judgement, "conclude_touched"), (daemon_module, "run_pass")])
def test_a_fault_of_the_program_repeats_none_of_it(
    office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
    place: object, name: str,
) -> None:  # fmt: skip
    """As a daemon's scheduler hears of it."""

    def breaks(*_: object, **__: object) -> None:
        raise ValueError(f"cannot make sense of {CANARY}")

    from triage import cycle

    monkeypatch.setattr(cycle if name == "conclude_touched" else place, name, breaks)
    set_up_logging()
    caplog.set_level(logging.DEBUG)
    one = Daemon(load(office.folder / "settings.ini"), clock=lambda: NOW)
    heard: list[int] = []
    one.scheduler.add_listener(one._heard, daemon_module.EVENT_JOB_ERROR)
    one.scheduler.add_listener(lambda _: heard.append(1), daemon_module.EVENT_JOB_ERROR)
    one.scheduler.add_job(one.work, id=daemon_module.JOB)
    one.scheduler.start()
    for _ in range(300):
        if heard:
            break
        one.stopping.wait(0.1)
    one.scheduler.shutdown(wait=True)
    told = capfd.readouterr()
    assert heard and "ValueError" in (office.folder / "health.json").read_text()
    assert_clean(told.out + told.err + (office.folder / "health.json").read_text(), "what the daemon says")


def test_the_commands_that_look_after_it_say_nothing_of_it(office: Office) -> None:
    once = office.run("doctor")
    assert_clean(once.output + once.errors, "doctor before")
    office.once()
    for command in ("doctor", "privacy"):
        said = office.run(command)
        assert_clean(said.output + said.errors, command)
    (office.folder / "triage.db").write_bytes(b"SQLite format 3\0" + os.urandom(4000))
    broken = office.run("doctor", "--look-only")
    assert broken.status == 1 and "Restore it from a backup" in broken.output
    assert_clean(broken.output + broken.errors, "doctor on a broken database")


class Granting:
    """Claims that are always granted."""

    alone = staticmethod(lambda _name: nullcontext())

    def check(self) -> None:
        pass


def test_a_worker_says_nothing_of_it_either_when_a_pass_goes_well_or_breaks(
    office: Office, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_logging()
    one = worker.Worker(load(office.folder / "settings.ini"), clock=lambda: NOW)
    with office.ledger() as ledger:
        one._pass(ledger, Granting(), "desk")  # type: ignore[arg-type]

        def breaks(*_: object, **__: object) -> None:
            raise ValueError(CANARY)

        monkeypatch.setattr(worker, "run_pass", breaks)
        one._pass(ledger, Granting(), "desk")  # type: ignore[arg-type]
    told = capfd.readouterr().err
    assert_clean(told, "the worker's log")
    assert [json.loads(line)["event"] for line in told.splitlines()] == ["pass", "pass broke"]


def test_a_command_that_breaks_by_a_fault_of_the_program_says_where_and_nothing_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ValueError(f"cannot make sense of {CANARY}")

    monkeypatch.setattr(intake, "recorded", breaks)
    said = office.run("once", "--now", NOW.isoformat())
    assert said.status == 70
    assert_clean(said.output + said.errors, "a command")
    assert "ValueError" in said.errors and re.search(r"intake\.py, line \d+", said.errors)
    assert "Nothing is lost" in said.errors
