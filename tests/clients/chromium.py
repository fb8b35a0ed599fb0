"""Chromium without a screen, worked over its own remote control: a pipe, each command a piece of JSON that a zero byte ends (the
DevTools protocol with --remote-debugging-pipe)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WIDE, PHONE = (1280, 900), (390, 844)
"""CSS pixels of a window on a desk, and of a telephone."""


class Broken(AssertionError):
    """What the browser, or a script in the page, says went wrong."""


class Chromium:
    """One browser with one page."""

    def __init__(self, into: int, out: int) -> None:
        self._into, self._out = into, out
        self._left = b""
        self._number = 0
        self._session = ""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.command("Page.enable")
        self.as_wide_as(WIDE)

    def command(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        told = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._into, json.dumps(told).encode() + b"\0")
        while True:
            said = self._read()
            if said.get("id") == self._number:
                if "error" in said:
                    raise Broken(f"{method}: {said['error']['message']}")
                return said["result"]
            if said.get("method") == "Page.javascriptDialogOpening":
                self._number += 1
                accept = {"id": self._number, "sessionId": self._session, "method": "Page.handleJavaScriptDialog"}
                os.write(self._into, json.dumps(accept | {"params": {"accept": True}}).encode() + b"\0")
                raise Broken(f"the page asks: {said['params']['message']}")

    def run(self, script: str, *given: Any) -> Any:
        """What the body of an asynchronous function returns; it finds the arguments in `given`."""
        body = f"(async (...given) => {{ {script} }})(...{json.dumps(given)})"
        said = self.command("Runtime.evaluate", expression=body, awaitPromise=True, returnByValue=True, userGesture=True)
        if fault := said.get("exceptionDetails"):
            raise Broken(str(fault.get("exception", {}).get("description") or fault["text"]))
        return said["result"].get("value")

    def until(self, condition: str, *given: Any, what: str = "", seconds: float = 30) -> None:
        """Waits until this expression is true in the page. While the page is being left, nothing is."""
        end = time.monotonic() + seconds
        while True:
            try:
                if self.run(f"return !!({condition})", *given):
                    return
            except Broken as fault:
                if time.monotonic() > end:
                    raise Broken(f"{what or condition}: {fault}") from fault
            if time.monotonic() > end:
                raise Broken(f"waited in vain for {what or condition}")
            time.sleep(0.1)

    def go(self, url: str) -> None:
        self.command("Page.navigate", url=url)
        self.until("document.readyState == 'complete'", what=url)

    def click(self, x: float, y: float, *, modifiers: int = 0) -> None:
        """A click of the mouse, at CSS pixels of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, modifiers=modifiers)

    def type(self, words: str) -> None:
        """Types where the cursor stands."""
        self.command("Input.insertText", text=words)

    def as_wide_as(self, size: tuple[int, int]) -> None:
        phone = size == PHONE
        self.command(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=2 if phone else 1, mobile=phone
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone)

    def picture(self) -> bytes:
        """What the window shows, as a PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def whole(self, width: int) -> bytes:
        """The whole page as deep as it goes, in a window of this width, as a PNG."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=False)
        drawn = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        return base64.b64decode(drawn)

    def _read(self) -> Any:
        while b"\0" not in self._left:
            came = os.read(self._out, 1 << 20)
            if not came:
                raise Broken("Chromium has gone")
            self._left += came
        text, _, self._left = self._left.partition(b"\0")
        return json.loads(text)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A Chromium with a profile of its own; it asks nobody but this machine."""
    binary = shutil.which("chromium")
    assert binary, "Chromium is not installed; `make clients` installs it: apt-get install chromium"
    folder = tempfile.mkdtemp(prefix="triage-chromium-")
    theirs_in, ours_in = os.pipe()
    ours_out, theirs_out = os.pipe()
    # the browser speaks on its file descriptors 3 and 4
    shell = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$0" "$@"'
    arguments = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * 127.0.0.1",
        "--hide-scrollbars", "--lang=en-GB", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(
        ["/bin/bash", "-c", shell, binary, *arguments], pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "HOME": folder, "TZ": "UTC"},
    )  # fmt: skip
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Chromium(ours_in, ours_out)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours_in)
        os.close(ours_out)
        shutil.rmtree(folder, ignore_errors=True)
