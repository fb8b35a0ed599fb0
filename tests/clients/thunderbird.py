"""Thunderbird without a screen, worked through its own menus and windows: what staff see, and what their clicks do to the mailbox.

It needs the Debian package thunderbird (`make clients` installs it). Nothing of ours runs in it but the tags that
`triage client-setup thunderbird` writes.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marionette import Marionette
from servers import PASSWORD, Server

WIDE = (1280, 900)

_PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # it writes the one it took into its profile
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.spotlight.firstRunDone": True,
    "mail.rights.version": 1,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "app.donation.eoy.version.viewed": 99999,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.server": "",
    "network.connectivity-service.enabled": False,
    "network.captive-portal-service.enabled": False,
    "services.settings.server": "data:,",
    "mail.shell.checkDefaultClient": False,
    "mail.warn_on_send_accel_key": False,
    "mailnews.default_view_flags": 1,  # conversations
    "mailnews.default_sort_type": 18,  # by date
    "mail.pane_config.dynamic": 0,  # the mail below the list
    "mail.threadpane.listview": 1,  # a table, whose rows take the colours of the tags
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.account.account2.server": "server2",
    "mail.identity.id1.valid": True,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.server.server1.type": "imap",
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.name": "Support mailbox",
    "mail.server.server1.socketType": 0,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.login_at_startup": False,  # it would ask for the password, and nobody is there to give it
    "mail.server.server1.directory-rel": "[ProfD]ImapMail/desk",
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.server.server2.name": "Local Folders",
    "mail.server.server2.directory-rel": "[ProfD]Mail/Local Folders",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.smtpserver.smtp1.authMethod": 1,
}

_KNOWN = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const pane = document.getElementById("tabmail").currentAbout3Pane;
const server = MailServices.accounts.getIncomingServer("server1");
const folders = () => server.rootFolder.descendants.filter(one => !one.noSelect);
const named = path => folders().find(one => decodeURIComponent(one.URI).endsWith("/" + path));
const sleep = time => new Promise(done => setTimeout(done, time));
const until = async (what, test, most = 20000) => {
  for (const end = Date.now() + most; Date.now() < end; ) {
    const found = await test();
    if (found) return found;
    await sleep(100);
  }
  throw new Error("waited in vain for " + what);
};
const row = subject => {
  for (let place = 0; place < pane.gDBView.rowCount; place++)
    if (pane.gDBView.getMsgHdrAt(place).mime2DecodedSubject.includes(subject)) return place;
  return -1;
};
const menu = async () => {
  const popup = pane.document.getElementById("mailContext");
  const line = pane.threadTree.getRowAtIndex(pane.threadTree.selectedIndex);
  const { x, y } = line.getBoundingClientRect();
  line.dispatchEvent(new pane.MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: x + 40, clientY: y + 8, button: 2 }));
  await until("the menu", () => popup.state == "open");
  return popup;
};
const below = async (item) => {
  item.openMenu(true);
  await until("the menu of " + item.label, () => item.menupopup.state == "open");
  return [...item.menupopup.children];
};
"""


@dataclass(frozen=True)
class Row:
    """One line of a list of mails."""

    subject: str
    sender: str
    level: int
    """How deep it lies in its conversation; 0 begins one."""
    tags: tuple[str, ...]
    """The names under which its tags are shown."""
    colour: str
    """Of the line, as CSS has it."""
    keywords: frozenset[str]


class Thunderbird:
    """One running Thunderbird with the account of one mailbox."""

    def __init__(self, marionette: Marionette, profile: Path) -> None:
        self.marionette, self.profile = marionette, profile

    def do(self, script: str, *given: Any) -> Any:
        return self.marionette.run(_KNOWN + script, *given)

    def log_in(self) -> None:
        self.do(
            """
            const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
            login.init("imap://127.0.0.1", null, "imap://127.0.0.1", server.username, given[0], "", "");
            await Services.logins.addLoginAsync(login);
            """,
            PASSWORD,
        )
        self.do(
            "folders()[0].getNewMessages(msgWindow, null); await until('folders', () => named('INBOX') && folders().length > 1);"
        )

    def folders(self) -> list[str]:
        return list(self.do("return folders().map(one => decodeURIComponent(one.URI).split('127.0.0.1/')[1])"))

    def open(self, folder: str, *, mails: int) -> list[Row]:
        """Opens a folder by clicking it, once it shows so many mails, and tells its lines from the top."""
        rows = self.do(
            """
            const folder = await until("the folder " + given[0], () => named(given[0]));
            pane.displayFolder(folder.URI);
            folder.updateFolder(msgWindow);
            await until("mails in " + given[0], async () => {
              if (pane.gFolder != folder || !pane.gDBView) return false;
              pane.gDBView.doCommand(Ci.nsMsgViewCommandType.expandAll);
              return pane.gDBView.rowCount == given[1] || (folder.updateFolder(msgWindow), await sleep(400), false);
            });
            await sleep(600);
            const names = new Map(MailServices.tags.getAllTags().map(tag => [tag.key, tag.tag]));
            return Array.from({ length: pane.gDBView.rowCount }, (_, place) => {
              const mail = pane.gDBView.getMsgHdrAt(place), keys = mail.getStringProperty("keywords").split(" ").filter(key => key);
              const line = pane.threadTree.getRowAtIndex(place);
              return { subject: mail.mime2DecodedSubject, sender: mail.mime2DecodedAuthor, level: pane.gDBView.getLevel(place),
                tags: keys.filter(key => names.has(key)).map(key => names.get(key)), keywords: keys,
                colour: line ? pane.getComputedStyle(line).getPropertyValue("--tag-color").trim() : "" };
            });
            """,
            folder,
            mails,
        )  # fmt: skip
        return [
            Row(one["subject"], one["sender"], one["level"], tuple(one["tags"]), one["colour"], frozenset(one["keywords"]))
            for one in rows
        ]

    def read(self, subject: str) -> str:
        """Selects the mail whose subject holds these words in the open folder, and gives the words that are shown of it."""
        return str(
            self.do(
                """
                const place = row(given[0]);
                if (place < 0) throw new Error("no mail " + given[0]);
                pane.threadTree.selectedIndex = -1;
                pane.threadTree.selectedIndex = place;
                pane.threadTree.scrollToIndex(place, true);
                const wanted = pane.gDBView.getMsgHdrAt(place);
                const message = await until("the mail", () => pane.messageBrowser.contentWindow.gMessage == wanted && pane.messageBrowser.contentWindow);
                const shown = await until("its words", () => {
                  const browser = message.document.getElementById("messagepane");
                  return browser.currentURI?.spec != "about:blank" && browser.contentDocument?.readyState == "complete" && browser;
                });
                await sleep(500);
                return await until("its words", () => shown.contentDocument?.readyState == "complete" && shown.contentDocument.body?.innerText);
                """,
                subject,
            )
        )

    def folded(self) -> tuple[str, str]:
        """Of the mail that is shown: the words inside what is folded away, and what a click on the last fold brings into view."""
        script = """
            const shown = pane.messageBrowser.contentWindow.document.getElementById("messagepane").contentDocument;
            const folds = [...shown.querySelectorAll("details")];
            const inside = folds.map(one => one.textContent).join("\\n");
            if (folds.length) folds.at(-1).querySelector("summary").click();
            await sleep(200);
            return [inside, folds.length && folds.at(-1).open ? shown.body.innerText : ""];
            """
        inside, opened = self.do(script)
        return inside, opened

    def overflow(self) -> int:
        """By how many pixels the mail that is shown is wider than its pane."""
        return int(
            self.do(
                """
                const shown = pane.messageBrowser.contentWindow.document.getElementById("messagepane").contentDocument;
                return Math.max(0, shown.documentElement.scrollWidth - shown.documentElement.clientWidth);
                """
            )
        )

    def widths_of_bars(self) -> list[int]:
        """Of the coloured cells in the mail that is shown, in CSS pixels."""
        return list(
            self.do(
                """
                const shown = pane.messageBrowser.contentWindow.document.getElementById("messagepane").contentDocument;
                const cells = [...shown.querySelectorAll("td")].filter(one => one.style.background);
                return cells.map(one => Math.round(one.getBoundingClientRect().width));
                """
            )
        )

    def look_again(self) -> None:
        """Asks the server anew which folders there are."""
        self.do(
            """
            pane.displayFolder(folders().find(one => one.URI.endsWith("/INBOX")).URI);
            server.performExpand(msgWindow);
            await sleep(4000);
            """
        )

    def tag(self, subject: str, name: str) -> None:
        """Sets or takes a tag by its name in the menu of the mail's line."""
        self.read(subject)
        self.do(
            """
            const popup = await menu();
            const tags = await below(pane.document.getElementById("mailContext-tags"));
            const item = tags.find(one => one.label?.endsWith(given[0]));
            if (!item) throw new Error("no tag " + given[0] + " among " + tags.map(one => one.label));
            item.parentNode.activateItem(item);
            await until("the menu to close", () => popup.state == "closed");
            await sleep(1000);
            """,
            name,
        )

    def key(self, subject: str, key: str) -> None:
        """Presses a key on a mail's line."""
        self.read(subject)
        self.do(
            """
            pane.threadTree.table.body.focus();
            const utils = pane.windowUtils;
            const press = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
            if (!press.beginInputTransactionForTests(pane)) throw new Error("no keyboard");
            const event = new pane.KeyboardEvent("", { key: given[0] });
            press.keydown(event); press.keyup(event);
            await sleep(1200);
            """,
            key,
        )

    def file(self, subject: str, folder: str, *, copy: bool = False) -> None:
        """Moves (or copies) a mail by the menu of its line: Move To, the account, Triage, the folder."""
        self.read(subject)
        self.do(
            """
            const popup = await menu();
            let items = await below(pane.document.getElementById(given[2] ? "mailContext-copyMenu" : "mailContext-moveMenu"));
            const steps = [server.prettyName, ...given[1].split("/")];
            for (const step of steps.slice(0, -1)) {
              const next = items.find(one => one.label == step);
              if (!next) throw new Error("no " + step + " among " + items.map(one => one.label));
              items = await below(next);
            }
            const item = items.find(one => one.label == steps.at(-1));
            if (!item) throw new Error("no " + steps.at(-1) + " among " + items.map(one => one.label));
            item.parentNode.activateItem(item);
            await until("the menu to close", () => popup.state == "closed");
            await sleep(2000);
            """,
            subject,
            folder,
            copy,
        )

    def press(self, subject: str, button: str) -> None:
        """Selects a mail and gives one of Thunderbird's own commands, such as cmd_delete or cmd_archive."""
        self.read(subject)
        self.do("pane.commandController.doCommand(given[0]); await sleep(2500);", button)

    def reply(self, subject: str, words: str, *, picture: Callable[[bytes], None] | None = None) -> None:
        """Answers a mail: Reply, types the words where the cursor stands, Send."""
        self.read(subject)
        main = self.marionette.command("WebDriver:GetWindowHandle")["value"]
        before = set(self.marionette.windows())
        self.do("pane.commandController.doCommand('cmd_reply');")
        self._compose(main, before, words, picture)

    def pass_on(self, subject: str, words: str, to: str) -> None:
        """Forwards a mail (inline, as Thunderbird does by itself) to an address, the words above it."""
        self.read(subject)
        main = self.marionette.command("WebDriver:GetWindowHandle")["value"]
        before = set(self.marionette.windows())
        self.do("pane.commandController.doCommand('cmd_forwardInline');")
        self._compose(main, before, words, None, to)

    def _compose(self, main: str, before: set[str], words: str, picture: Callable[[bytes], None] | None, to: str = "") -> None:
        end = time.monotonic() + 20
        while not (new := set(self.marionette.windows()) - before):
            assert time.monotonic() < end, "no window to write in was opened"
            time.sleep(0.1)
        self.marionette.switch(new.pop())
        self.marionette.run(
            """
            const sleep = time => new Promise(done => setTimeout(done, time));
            for (let waited = 0; !window.gMsgCompose?.editor || !window.composeEditorReady; waited++) {
              if (waited > 150) throw new Error("the editor is not ready");
              await sleep(100);
            }
            await sleep(500);
            if (given[1]) {
              const field = document.getElementById("toAddrInput");
              field.value = given[1];
              recipientAddPills(field);
              await sleep(300);
            }
            const editor = GetCurrentEditor();
            const lines = given[0].split("\\n");
            lines.forEach((line, place) => {
              if (place) editor.QueryInterface(Ci.nsIHTMLEditor), editor.insertLineBreak();
              editor.insertText(line);
            });
            await sleep(200);
            """,
            words,
            to,
        )
        if picture:
            picture(self.marionette.picture())
        self.marionette.run("setTimeout(() => goDoCommand('cmd_sendNow'), 0);")
        end = time.monotonic() + 30
        while set(self.marionette.windows()) - before:
            assert time.monotonic() < end, "the mail was not sent"
            time.sleep(0.2)
        self.marionette.switch(main)

    def shown_as(self, way: str) -> None:
        """View, Message Body As: "original", "simple" (HTML without styles) or "plain"."""
        html, plain = {"original": (0, False), "simple": (3, False), "plain": (1, True)}[way]
        self.do(
            """
            Services.prefs.setIntPref("mailnews.display.html_as", given[0]);
            Services.prefs.setBoolPref("mailnews.display.prefer_plaintext", given[1]);
            """,
            html,
            plain,
        )

    def as_wide_as(self, width: int) -> None:
        """Gives the pane in which mails are shown this width (in CSS pixels), as on a phone; 0: all there is."""
        self.do(
            """
            const message = pane.messageBrowser.contentWindow.document.getElementById("messagepane");
            message.style.maxWidth = given[0] ? `${given[0]}px` : "";
            pane.document.getElementById("messagePane")?.style.setProperty("height", given[0] ? "100%" : "");
            await sleep(500);
            """,
            width,
        )

    def whole(self) -> bytes:
        """The whole mail that is shown, as far down as it goes, as a PNG."""
        drawn = self.do(
            """
            const browser = pane.messageBrowser.contentWindow.document.getElementById("messagepane");
            const shown = browser.contentWindow, root = shown.document.documentElement;
            const image = await browser.browsingContext.currentWindowGlobal.drawSnapshot(
              new shown.DOMRect(0, 0, root.clientWidth, Math.min(root.scrollHeight, 3000)), 1, "white");
            const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
            canvas.width = image.width; canvas.height = image.height;
            canvas.getContext("2d").drawImage(image, 0, 0);
            return canvas.toDataURL("image/png").split(",")[1];
            """
        )
        return base64.b64decode(drawn)

    def picture(self) -> bytes:
        return self.marionette.picture()


@contextmanager
def thunderbird(server: Server, user: str, *, name: str, address: str, smtp: int) -> Iterator[Thunderbird]:
    """A Thunderbird with a profile of its own for this mailbox, `name` and `address` in its From."""
    binary = shutil.which("thunderbird")
    assert binary, "Thunderbird is not installed; `make clients` installs it: apt-get install thunderbird"
    folder = Path(tempfile.mkdtemp(prefix="triage-thunderbird-"))
    profile = folder / "profile"
    profile.mkdir()
    own = {
        "mail.identity.id1.fullName": name,
        "mail.identity.id1.useremail": address,
        "mail.identity.id1.fcc_folder": f"imap://{user}@127.0.0.1/Sent",
        "mail.server.server1.port": server.port,
        "mail.server.server1.userName": user,
        "mail.smtpserver.smtp1.port": smtp,
    }
    (profile / "prefs.js").write_text("".join(_preference(*one) for one in {**_PREFERENCES, **own}.items()))
    _our_tags(profile)
    width, height = WIDE
    environment = {
        **os.environ,
        "HOME": str(folder),
        "MOZ_HEADLESS_WIDTH": str(width),
        "MOZ_HEADLESS_HEIGHT": str(height),
        "TZ": "UTC",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(profile)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    marionette = None
    try:
        marionette = Marionette(_port(profile, process, folder / "log"))
        running = Thunderbird(marionette, profile)
        running.log_in()
        yield running
    finally:
        if marionette:
            marionette.close()
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _our_tags(profile: Path) -> None:
    from office import run

    said = run("client-setup", "thunderbird", "--profile", str(profile))
    assert said.status == 0, said.errors


def _preference(name: str, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value if isinstance(value, int) else f'"{value}"'
    return f'user_pref("{name}", {shown});\n'


def _port(profile: Path, process: subprocess.Popen[bytes], log: Path) -> int:
    file, end = profile / "MarionetteActivePort", time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and file.read_text().strip():
            return int(file.read_text())
        time.sleep(0.1)
    raise AssertionError(f"Thunderbird did not start:\n{log.read_text(errors='replace')[-2000:]}")
