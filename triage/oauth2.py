"""Access tokens for mailboxes that take no password (RFC 6749): from a refresh token, or as the program itself.

Microsoft 365: client credentials with the scope https://outlook.office365.com/.default. Google: a refresh token with the scope
https://mail.google.com/. Secrets are read anew each time from files that only this user can read; nothing of them, nor of a
token, gets into a message or a log.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from triage import whole_file
from triage.errors import Permanent, Temporary

_EARLY = 120.0
"""Seconds before its end at which a token is no longer used, so that no log-in meets an old one."""
_TIMEOUT = 30.0
_LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Grant:
    """How tokens are asked for. With `refresh_token_file` by RFC 6749 section 6, without it by section 4.4."""

    token_url: str
    client_id: str
    scope: str = ""
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None


@dataclass(slots=True)
class TokenSource:
    """Gives out one access token until shortly before it ends, then the next. Safe to share between threads."""

    grant: Grant
    read_secret: Callable[[Path], str] = field(repr=False)
    """Reads a file that holds a secret alone; raises Misconfigured when it cannot."""
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _unkept: tuple[str, str] = field(default=("", ""), repr=False)
    """(what the refresh token's file held, the newer token that could not be written over it)."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self, *, anew: bool = False) -> str:
        """An access token; with `anew` not the one given out before, because the mail server refused it.

        Raises Temporary when the token endpoint is away, Permanent when it refuses.
        """
        with self._lock:
            if anew or not self._token or self.clock() >= self._until:
                answer = self._asked()
                token, lasts = answer.get("access_token"), answer.get("expires_in", 3600)
                if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
                    raise Permanent(f"{self._where()} answered without an access token")
                self._token = token
                self._until = self.clock() + max(0.0, float(lasts if isinstance(lasts, int | float) else 3600) - _EARLY)
                self._keep(answer.get("refresh_token"))
            return self._token

    def _where(self) -> str:
        return f"the token endpoint {urllib.parse.urlsplit(self.grant.token_url).netloc}"

    def _form(self) -> dict[str, str]:
        grant = self.grant
        form = {"client_id": grant.client_id}
        if grant.scope:
            form["scope"] = grant.scope
        if grant.client_secret_file:
            form["client_secret"] = self.read_secret(grant.client_secret_file)
        if grant.refresh_token_file:
            return {**form, "grant_type": "refresh_token", "refresh_token": self._refresh_token(grant.refresh_token_file)}
        return {**form, "grant_type": "client_credentials"}

    def _asked(self) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310 - the settings allow https alone, or this machine
            self.grant.token_url,
            data=urllib.parse.urlencode(self._form()).encode(),
            headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        )
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT) as answer:
                return _object(answer.read(_LARGEST_ANSWER))
        except urllib.error.HTTPError as refused:
            self._refused(refused)
        except (OSError, ValueError, http.client.HTTPException, RecursionError) as error:
            reason = getattr(error, "reason", None) or error
            raise Temporary(f"{self._where()} cannot be reached: {str(reason)[:200]}") from None
        raise AssertionError  # _refused never returns

    def _refused(self, refused: urllib.error.HTTPError) -> None:
        if refused.code == 429 or refused.code >= 500:
            raise Temporary(f"{self._where()} asks to be tried later (status {refused.code})") from None
        try:
            said = _object(refused.read(_LARGEST_ANSWER))
        except (OSError, ValueError, http.client.HTTPException, RecursionError):
            said = {}
        code = str(said.get("error", f"status {refused.code}"))[:80]
        advice = {
            "invalid_client": "check oauth2_client_id and the file of the client secret; secrets of Microsoft 365 run out",
            "invalid_grant": "the refresh token is no longer good; grant the program access once more and put the new token in its file",
            "invalid_scope": "check oauth2_scope",
            "unauthorized_client": "the program has not been given the permission to read mail; an administrator must grant it",
        }.get(code, "check the oauth2 keys of this mailbox")
        raise Permanent(f"{self._where()} gave no token ({code}): {advice}") from None

    def _refresh_token(self, file: Path) -> str:
        """The one in the file, or the newer one that could not be written there, unless somebody has put another in since."""
        written = self.read_secret(file)
        before, newer = self._unkept
        return newer if newer and written == before else written

    def _keep(self, refresh_token: object) -> None:
        """Some providers hand out a new refresh token with each answer, and the old one ends: it takes the old one's place.

        Where it cannot be written it is kept as long as the program runs, and each answer tries to write it again: to fall back on the
        old one would shut the mailbox for good.
        """
        file = self.grant.refresh_token_file
        if file is None:
            return
        written, wanted = self.read_secret(file), self._refresh_token(file)
        if isinstance(refresh_token, str) and refresh_token.isascii() and refresh_token.isprintable() and refresh_token.strip():
            wanted = refresh_token.strip()
        self._unkept = ("", "")
        if wanted == written:
            return
        try:
            whole_file.write(file, wanted + "\n", mode=0o600)
        except OSError as error:
            self._unkept = (written, wanted)
            structlog.wrap_logger(structlog.PrintLogger(sys.stderr)).error(
                "refresh token not kept",
                file=str(file),
                reason=error.strerror,
                next="make the file and its folder this user's own before the program ends, or access must be granted once more",
            )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A secret goes to the place the settings name, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def _object(raw: bytes) -> dict[str, object]:
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - of the answer, not of our own call
    return found
