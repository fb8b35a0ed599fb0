"""Logging in with an OAuth 2 token: against a real Dovecot that asks a token endpoint of ours whether a token is good."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from servers import Scripted, Server, dovecot

from triage import whole_file
from triage.errors import Permanent, Temporary
from triage.mailbox import connect
from triage.oauth2 import Grant, TokenSource
from triage.setting_value import read_secret
from triage.settings import load

SECRET = "the-client-s-own-secret"


@dataclass
class Endpoint:
    """Gives out tokens t-1, t-2, … and tells Dovecot which of them are good for `user`."""

    url: str = ""
    user: str = ""
    good: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: tuple[int, dict[str, Any]] | None = None
    """What it says in place of a token."""
    lasts: int = 3600
    refresh_token: str = ""
    """A new one to hand out with the next answer."""

    def token(self) -> tuple[int, dict[str, Any]]:
        if self.answer:
            return self.answer
        name = f"t-{len(self.asked)}"
        self.good = {name}
        more = {"refresh_token": self.refresh_token} if self.refresh_token else {}
        return 200, {"access_token": name, "token_type": "Bearer", "expires_in": self.lasts, **more}


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
            flat = {key: values[0] for key, values in form.items()}
            if self.path == "/introspect":
                good = flat.get("token") in one.good
                status, said = 200, {"active": good, **({"username": one.user, "scope": "imap"} if good else {})}
            elif self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", one.url)
                self.end_headers()
                return
            else:
                one.asked.append(flat)
                status, said = one.token()
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    one.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def _office() -> Iterator[tuple[Endpoint, Server]]:
    with endpoint() as one, dovecot(introspection=one.url.replace("/token", "/introspect")) as server:
        yield one, server


@pytest.fixture
def office(_office: tuple[Endpoint, Server], user: str) -> tuple[Endpoint, Server]:
    one, server = _office
    one.user, one.asked, one.answer, one.lasts, one.refresh_token = user, [], None, 3600, ""
    return one, server


def settings(folder: Path, one: Endpoint, server: Server, more: str = "oauth2_client_secret_file = secret") -> Path:
    for name, text in (("secret", SECRET), ("refresh", "r-0")):
        (folder / name).write_text(f"{text}\n")
        (folder / name).chmod(0o600)
    path = folder / "settings.ini"
    path.write_text(
        "[organisation]\nname = Larchmere\ndomains = larchmere.example\npolicy = jack-keller\n"
        f"[mailbox:desk]\naddress = desk@larchmere.example\nhost = 127.0.0.1\nport = {server.port}\nsecurity = none\n"
        f"username = {one.user}\noauth2_token_url = {one.url}\noauth2_client_id = triage\noauth2_scope = imap\n{more}\n"
    )
    return path


def test_it_logs_in_as_the_program_and_asks_for_one_token_only(office: tuple[Endpoint, Server], tmp_path: Path) -> None:
    one, server = office
    account = load(settings(tmp_path, one, server)).mailboxes[0].account()
    for _ in range(2):
        with connect(account) as box:
            assert box.open("INBOX").exists == 0
    assert one.asked == [{"client_id": "triage", "scope": "imap", "client_secret": SECRET, "grant_type": "client_credentials"}]


def test_a_token_that_the_server_no_longer_takes_is_fetched_anew_once(office: tuple[Endpoint, Server], tmp_path: Path) -> None:
    one, server = office
    account = load(settings(tmp_path, one, server)).mailboxes[0].account()
    connect(account).close()
    one.good = set()
    connect(account).close()
    assert len(one.asked) == 2


def test_a_mailbox_the_token_is_not_for_is_refused_in_words_without_the_token(
    office: tuple[Endpoint, Server], tmp_path: Path
) -> None:
    one, server = office
    account = load(settings(tmp_path, one, server)).mailboxes[0].account()
    one.user = "somebody-else"
    with pytest.raises(Permanent, match="refused the token") as caught:
        connect(account)
    assert "t-1" not in str(caught.value) and "t-2" not in str(caught.value) and SECRET not in str(caught.value)
    assert len(one.asked) == 2


def test_a_refresh_token_is_used_and_a_new_one_takes_its_place(office: tuple[Endpoint, Server], tmp_path: Path) -> None:
    one, server = office
    one.lasts, one.refresh_token = 0, "r-1"
    account = load(settings(tmp_path, one, server, "oauth2_refresh_token_file = refresh")).mailboxes[0].account()
    connect(account).close()
    file = tmp_path / "refresh"
    assert file.read_text() == "r-1\n" and file.stat().st_mode & 0o777 == 0o600
    connect(account).close()
    assert [asked["refresh_token"] for asked in one.asked] == ["r-0", "r-1"]
    assert all(asked["grant_type"] == "refresh_token" for asked in one.asked)


def test_a_new_refresh_token_that_cannot_be_written_is_used_all_the_same_and_written_once_it_can(
    office: tuple[Endpoint, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, server = office
    one.lasts, one.refresh_token = 0, "r-1"
    account = load(settings(tmp_path, one, server, "oauth2_refresh_token_file = refresh")).mailboxes[0].account()
    write = whole_file.write

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_file, "write", full)
    connect(account).close()
    one.refresh_token = ""
    connect(account).close()
    said = capsys.readouterr().err
    assert "refresh token not kept" in said and "No space left" in said and "r-1" not in said and "r-0" not in said
    monkeypatch.setattr(whole_file, "write", write)
    connect(account).close()
    assert (tmp_path / "refresh").read_text() == "r-1\n"
    assert [asked["refresh_token"] for asked in one.asked] == ["r-0", "r-1", "r-1"]


def test_a_refresh_token_that_a_person_put_in_the_file_counts_more_than_one_kept_in_mind(
    office: tuple[Endpoint, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, server = office
    one.lasts, one.refresh_token = 0, "r-1"
    account = load(settings(tmp_path, one, server, "oauth2_refresh_token_file = refresh")).mailboxes[0].account()
    (tmp_path / ".refresh.new").mkdir()  # so that nothing can be written beside it
    connect(account).close()
    (tmp_path / "refresh").write_text("r-granted-anew\n")
    connect(account).close()
    assert [asked["refresh_token"] for asked in one.asked] == ["r-0", "r-granted-anew"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((400, {"error": "invalid_grant"}), Permanent, "grant the program access once more"),
        ((401, {"error": "invalid_client", "error_description": "x"}), Permanent, "check oauth2_client_id"),
        ((400, {"error": "something_new"}), Permanent, "something_new"),
        ((503, {}), Temporary, "tried later"),
        ((429, {}), Temporary, "tried later"),
        ((200, {"token_type": "Bearer"}), Permanent, "without an access token"),
        ((200, {"access_token": "a\r\nb"}), Permanent, "without an access token"),
    ],
)
def test_what_the_endpoint_refuses_is_told_in_words(
    office: tuple[Endpoint, Server], tmp_path: Path, answer: tuple[int, dict[str, Any]], kind: type[Exception], words: str
) -> None:
    one, server = office
    one.answer = answer
    account = load(settings(tmp_path, one, server)).mailboxes[0].account()
    with pytest.raises(kind, match=words) as caught:
        connect(account)
    assert SECRET not in str(caught.value)


def test_an_endpoint_that_is_away_is_a_passing_trouble(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    source = TokenSource(Grant("http://127.0.0.1:1/token", "triage", client_secret_file=secret), read_secret)
    with pytest.raises(Temporary, match=r"token endpoint 127.0.0.1:1 cannot be reached"):
        source.token()


def test_a_secret_is_never_sent_where_a_redirection_points(office: tuple[Endpoint, Server], tmp_path: Path) -> None:
    one, _ = office
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    source = TokenSource(Grant(one.url.replace("/token", "/elsewhere"), "triage", client_secret_file=secret), read_secret)
    with pytest.raises(Permanent, match="gave no token"):
        source.token()
    assert one.asked == []


def test_a_server_that_takes_no_token_is_told_before_one_is_sent() -> None:
    with Scripted() as server, pytest.raises(Permanent, match=r"takes no OAuth 2 token; use password_file"):
        connect(replace(server.account(), token=TokenSource(Grant("https://nowhere.example/token", "triage"), read_secret).token))
    assert not any(b"AUTHENTICATE" in command for command in server.commands)
