"""Roundcube as a webmail server runs it, worked in a browser through its own page: what staff see, and what their clicks do to the mailbox.

It needs the Debian packages roundcube-core, roundcube-sqlite3, php-cli and chromium (`make clients` installs them). Settings, database and
logs are of its own; nothing of ours is in it.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chromium import Chromium, chromium
from servers import PASSWORD, Server

PROGRAM, DEFAULTS = Path("/var/lib/roundcube"), Path("/etc/roundcube")
_CONFIG = """<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{folder}/roundcube.db?mode=0600';
$config['imap_host'] = '127.0.0.1:{imap}';
$config['smtp_host'] = '127.0.0.1:{smtp}';
$config['smtp_user'] = '';
$config['smtp_pass'] = '';
$config['des_key'] = '{key}';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['log_dir'] = '{folder}/logs';
$config['temp_dir'] = '{folder}/temp';
$config['language'] = 'en_GB';
$config['timezone'] = 'UTC';
$config['default_list_mode'] = 'threads';
$config['autoexpand_threads'] = 1;
$config['mail_domain'] = 'larchmere.example';
$config['enable_spellcheck'] = false;
$config['ip_check'] = false;
"""
"""What an administrator sets who wants conversations; everything else is as Roundcube comes."""
_IDLE = "(window.rcmail && !rcmail.busy && document.readyState == 'complete')"

_SHOWN = "document.querySelector('#messagecontframe')?.contentDocument"
"""The mail beside the list."""


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    subject: str
    sender: str
    level: int
    """How deep in its conversation."""


@dataclass
class Roundcube:
    browser: Chromium
    url: str
    folder: Path

    def log_in(self, user: str, name: str, address: str) -> None:
        """Logs in by the form; then writes who it is, as the settings page would."""
        self.browser.go(self.url)
        self.browser.until("document.querySelector('#rcmloginuser')", what="the form")
        self.browser.run(
            """
            document.querySelector('#rcmloginuser').value = given[0];
            document.querySelector('#rcmloginpwd').value = given[1];
            document.querySelector('#rcmloginsubmit').click();
            """,
            user,
            PASSWORD,
        )
        self.browser.until(f"{_IDLE} && document.querySelector('#mailboxlist')", what="the mailbox")
        with sqlite3.connect(self.folder / "roundcube.db", timeout=20) as database:
            database.execute("update identities set name = ?, email = ?", (name, address))

    def folders(self) -> list[str]:
        """The folders of the list, by their whole names."""
        self._home()
        return list(self.browser.run("return [...document.querySelectorAll('#mailboxlist a[rel]')].map(one => one.rel)"))

    def open(self, folder: str) -> list[Row]:
        """Opens a folder by its line, and gives the lines of the list."""
        self._home()
        self.browser.run(
            """
            for (const toggle of document.querySelectorAll('#mailboxlist .treetoggle.collapsed')) toggle.click();
            const line = [...document.querySelectorAll('#mailboxlist a[rel]')].find(one => one.rel == given[0]);
            if (!line) throw new Error('no folder ' + given[0]);
            line.click();
            """,
            folder,
        )
        self.browser.until(f"{_IDLE} && rcmail.env.mailbox == given[0] && !rcmail.env.list_loading", folder, what=folder)
        time.sleep(0.8)
        self.browser.until(_IDLE)
        return [Row(*one) for one in self.browser.run(
            """
            return [...document.querySelectorAll('#messagelist tbody tr')].filter(one => one.offsetParent).map(one => [
              one.querySelector('.subject a span')?.textContent ?? '', one.querySelector('.fromto .adr, .fromto')?.querySelector('[title]')?.title ?? '',
              rcmail.env.messages[one.uid]?.depth ?? 0]);
            """
        )]  # fmt: skip

    def read(self, subject: str) -> str:
        """Opens the mail whose subject holds these words in the open folder by a click, and gives the words that are shown of it."""
        self._row(subject, "click")
        self._until_open(subject)
        return str(self.browser.run(f"return {_SHOWN}.querySelector('#messagebody').innerText"))

    def _until_open(self, subject: str) -> None:
        self.browser.until(
            f"{_IDLE} && {_SHOWN}?.readyState == 'complete' && {_SHOWN}.querySelector('h2.subject')?.textContent.includes(given[0])"
            f" && {_SHOWN}.querySelector('#messagebody')",
            subject,
            what=subject,
        )

    def read_alone(self, subject: str) -> str:
        """Opens it as a page of its own, as on a telephone."""
        uid = self._row(subject, "uid")
        folder = self.browser.run("return rcmail.env.mailbox")
        self.browser.go(f"{self.url}?_task=mail&_action=show&_mbox={folder}&_uid={uid}")
        self.browser.until(f"{_IDLE} && document.querySelector('#messagebody')", what=subject)
        time.sleep(0.5)
        return str(self.browser.run("return document.querySelector('#messagebody').innerText"))

    def overflow(self) -> int:
        """By how many pixels the mail that fills the page is wider than it."""
        return int(
            self.browser.run(
                "const body = document.querySelector('#messagebody'); return Math.max(0, body.scrollWidth - body.clientWidth);"
            )
        )

    def widths_of_bars(self) -> list[int]:
        """Of the coloured cells in the mail that is shown, in CSS pixels."""
        return list(
            self.browser.run(
                """
                const shown = document.querySelector('#messagecontframe').contentDocument;
                const cells = [...shown.querySelectorAll('#messagebody td')].filter(one => one.style.background || one.style.backgroundColor);
                return cells.map(one => Math.round(one.getBoundingClientRect().width));
                """
            )
        )

    def file(self, subject: str, folder: str, *, copy: bool = False) -> None:
        """Moves (or copies) a mail of the list: its line, More, Move to, the folder."""
        self._row(subject, "click")
        self._until_open(subject)
        self._file(folder, copy=copy)

    def file_what_is_shown(self, folder: str, *, picture: Callable[[bytes], None] | None = None) -> None:
        """The same for the mail that fills the page."""
        self._file(folder, picture=picture)

    def _file(self, folder: str, *, copy: bool = False, picture: Callable[[bytes], None] | None = None) -> None:
        if self.browser.run("return innerWidth < 600"):
            self._press("a.toolbar-menu-button", "the three dots")
        self._press("a.more", "More")
        self._press("a.copy.active" if copy else "a.move.active", "Copy to" if copy else "Move to")
        self.browser.until("document.querySelector('#folder-selector')?.offsetParent", what="the list of folders")
        if picture:
            picture(self.browser.picture())
        self.browser.run(
            """
            const links = [...document.querySelectorAll('#folder-selector li a')];
            const named = folder => rcmail.env.mailboxes[folder]?.name;
            const link = links.find(one => one.textContent.trim() == named(given[0]));
            if (!link) throw new Error('no ' + given[0] + ' among ' + links.map(one => one.outerHTML));
            link.click();
            """,
            folder,
        )
        time.sleep(1)
        self.browser.until(_IDLE)

    def _press(self, selector: str, what: str) -> None:
        """Clicks the first of these that can be seen."""
        seen = "[...document.querySelectorAll(given[0])].find(one => one.offsetParent && !one.classList.contains('disabled'))"
        self.browser.until(seen, selector, what=what)
        self.browser.run(f"{seen}.click()", selector)
        time.sleep(0.3)

    def reply(self, subject: str, words: str, *, picture: Callable[[bytes], None] | None = None) -> None:
        """Answers a mail: Reply, types where the cursor stands, Send."""
        self._row(subject, "click")
        self._until_open(subject)
        self._press("a.reply", "Reply")
        writing = f"{_IDLE} && rcmail.env.action == 'compose' && document.querySelector('#composebody')"
        self.browser.until(writing, what="a page to write in")
        time.sleep(0.8)
        self.browser.run("document.querySelector('#composebody').focus()")
        self.browser.type(words)
        if picture:
            picture(self.browser.picture())
        self._press("button.send, a.send", "Send")
        self.browser.until(f"{_IDLE} && rcmail.env.action != 'compose'", what="the mail to be sent")

    def picture(self) -> bytes:
        return self.browser.picture()

    def _home(self) -> None:
        self.browser.go(f"{self.url}?_task=mail")
        self.browser.until(f"{_IDLE} && document.querySelector('#mailboxlist a[rel]')", what="the mailbox")

    def _row(self, subject: str, do: str) -> str:
        """Clicks the line of the mail whose subject holds these words, or gives its UID."""
        time.sleep(0.8 if do != "uid" else 0.0)  # two clicks at once would be a double one, which opens a page of its own
        return str(
            self.browser.run(
                """
                const row = [...document.querySelectorAll('#messagelist tbody tr')].find(one => one.offsetParent && one.querySelector('.subject')?.textContent.includes(given[0]));
                if (!row) throw new Error('no mail ' + given[0]);
                if (given[1] == 'uid') return String(row.uid);
                const cell = row.querySelector('.subject');
                for (const kind of ['mousedown', 'mouseup', 'click'])
                  cell.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, button: 0 }));
                return String(row.uid);
                """,
                subject,
                do,
            )
        )


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def roundcube(server: Server, user: str, *, name: str, address: str, smtp: int) -> Iterator[Roundcube]:
    """A Roundcube for this mail server on a port of its own, and a browser logged in to it; `name` and `address` in From."""
    php = shutil.which("php")
    assert php and (PROGRAM / "index.php").exists(), "Roundcube is not installed; `make clients` installs it"
    folder = Path(tempfile.mkdtemp(prefix="triage-roundcube-"))
    for part in ("logs", "temp", "config"):
        (folder / part).mkdir()
    for file in ("defaults.inc.php", "mimetypes.php"):
        shutil.copy(DEFAULTS / file, folder / "config" / file)
    key = "not-secret-on-127.0.0.1!"
    (folder / "config" / "config.inc.php").write_text(_CONFIG.format(folder=folder, imap=server.port, smtp=smtp, key=key))
    port = _free_port()
    environment = {
        **os.environ,
        "ROUNDCUBE_CONFIG_DIR": str(folder / "config"),
    }  # one request after another: two at once forget each other's session
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [php, "-S", f"127.0.0.1:{port}", "-t", str(PROGRAM)], env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end and process.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
                time.sleep(0.1)
        with chromium() as browser:
            one = Roundcube(browser, f"http://127.0.0.1:{port}/", folder)
            one.log_in(user, name, address)
            yield one
    finally:
        os.killpg(process.pid, 15)
        process.wait(15)
        shutil.rmtree(folder, ignore_errors=True)
