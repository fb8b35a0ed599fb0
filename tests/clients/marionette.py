"""Mozilla's remote control: one socket, each command and answer a piece of JSON behind its length (protocol 3)."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any


class Broken(AssertionError):
    """What the program at the other end says went wrong."""


class Marionette:
    """A connection to a Mozilla program that was started with --marionette; its scripts run with the rights of the program itself."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=90)
        self._left = b""
        self._number = 0
        self._read()  # the greeting
        self.command("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.command("Marionette:SetContext", value="chrome")
        self.command("WebDriver:SetTimeouts", script=60_000)

    def close(self) -> None:
        self._socket.close()

    def command(self, name: str, **parameters: Any) -> Any:
        self._number += 1
        text = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._read()
        if error:
            raise Broken(f"{name}: {error['error']}: {error['message']}\n{error.get('stacktrace', '')[:800]}")
        return result

    def run(self, script: str, *arguments: Any) -> Any:
        """What an asynchronous script returns; it finds the arguments in `given`."""
        body = (
            f"const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);\n(async () => {{ {script} }})()"
        )
        told = self.command(
            "WebDriver:ExecuteAsyncScript",
            script=f"{body}.then(value => done({{ value }}), fault => done({{ fault: `${{fault}} ${{fault?.stack}}` }}));",
            args=list(arguments),
            sandbox="system",
            newSandbox=False,
        )["value"]
        if "fault" in told:
            raise Broken(told["fault"])
        return told.get("value")

    def windows(self) -> list[str]:
        return list(self.command("WebDriver:GetWindowHandles"))

    def switch(self, handle: str) -> None:
        self.command("WebDriver:SwitchToWindow", handle=handle)

    def picture(self) -> bytes:
        """The window as it is drawn, as a PNG."""
        return base64.b64decode(self.command("WebDriver:TakeScreenshot", full=False, hash=False)["value"])

    def _read(self) -> Any:
        while b":" not in self._left:
            self._more()
        length, _, self._left = self._left.partition(b":")
        while len(self._left) < int(length):
            self._more()
        text, self._left = self._left[: int(length)], self._left[int(length) :]
        return json.loads(text)

    def _more(self) -> None:
        came = self._socket.recv(1 << 20)
        if not came:
            raise Broken("the program has gone")
        self._left += came
