"""Connecting: what is refused, and that the password goes nowhere it should not."""

from __future__ import annotations

import base64
import logging
import socket
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from servers import PASSWORD, Scripted, Server

from triage.errors import Permanent, Temporary
from triage.mailbox import Account, connect


def over_tls(server: Server, user: str) -> Account:
    return replace(server.account(user), security="tls", port=server.tls_port, ca_file=str(server.cert))


def test_tls_connects_when_the_authority_is_named(dovecot_server: Server, user: str) -> None:
    for host in ("localhost", "127.0.0.1"):
        with connect(replace(over_tls(dovecot_server, user), host=host)) as mailbox:
            assert mailbox.open("INBOX").exists == 0
            assert not mailbox.idle(0.3, lambda: False)


def test_starttls_connects_when_the_authority_is_named(dovecot_server: Server, user: str) -> None:
    account = replace(over_tls(dovecot_server, user), security="starttls", port=dovecot_server.port)
    with connect(account) as mailbox:
        assert mailbox.open("INBOX").exists == 0


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_is_refused(dovecot_server: Server, user: str, security: str) -> None:
    port = dovecot_server.tls_port if security == "tls" else dovecot_server.port
    account = replace(dovecot_server.account(user), security=security, port=port)
    with pytest.raises(Permanent, match=r"certificate of 127\.0\.0\.1, port .* does not verify: self.signed"):
        connect(account)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_another_name_is_refused(dovecot_server: Server, user: str, security: str) -> None:
    port = dovecot_server.tls_port if security == "tls" else dovecot_server.port
    with pytest.raises(Permanent, match=r"does not verify: (IP address|Hostname) mismatch"):
        connect(replace(over_tls(dovecot_server, user), security=security, port=port, host="127.0.0.2"))


def test_tls_on_a_plain_port_is_explained(dovecot_server: Server, user: str) -> None:
    with pytest.raises(Permanent, match="security = starttls its plain port"):
        connect(replace(over_tls(dovecot_server, user), port=dovecot_server.port))


def test_a_file_of_authorities_that_is_not_there_is_named(dovecot_server: Server, user: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"ca_file .*absent\.pem cannot be used"):
        connect(replace(over_tls(dovecot_server, user), ca_file=str(tmp_path / "absent.pem")))


def test_no_password_goes_in_the_clear_to_another_machine() -> None:
    account = Account("support", "help@council.example", "mail.council.example", 143, "none", "help", PASSWORD)
    with pytest.raises(Permanent, match=r"would send the password of help to mail\.council\.example in the clear"):
        connect(account)


def test_a_server_without_starttls_gets_no_password() -> None:
    with Scripted() as server:
        with pytest.raises(Permanent, match="does not offer STARTTLS"):
            connect(replace(server.account(), security="starttls"))
        assert PASSWORD.encode() not in server.received
        assert not any(command.startswith((b"LOGIN", b"AUTHENTICATE")) for command in server.commands)


def test_words_slipped_in_before_the_encryption_are_refused() -> None:
    answers = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n",
        "STARTTLS": b"{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
    }
    with Scripted(answers) as server:
        with pytest.raises(Temporary, match="in the clear after agreeing to encrypt"):
            connect(replace(server.account(), security="starttls"))
        assert PASSWORD.encode() not in server.received


def test_a_server_that_claims_we_are_logged_in_is_not_trusted() -> None:
    for security in ("none", "starttls"):
        with Scripted(greeting=b"* PREAUTH welcome\r\n") as server, pytest.raises(Permanent):
            connect(replace(server.account(), security=security))


def test_a_refused_password_is_permanent_and_is_not_repeated(account: Account) -> None:
    wrong = replace(account, password="something" + " else")
    with pytest.raises(Permanent, match=r"refused the log-in of ada.*Check username and password") as refused:
        connect(wrong)
    assert "something else" not in "".join(traceback.format_exception(refused.value))


def test_a_server_that_asks_for_patience_at_the_log_in_is_temporary() -> None:
    with Scripted({"LOGIN": b"{tag} NO [UNAVAILABLE] try later\r\n"}) as server, pytest.raises(Temporary, match="try later"):
        connect(server.account())


def test_a_server_that_takes_no_password_here_gets_none() -> None:
    answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK done\r\n"}
    with Scripted(answers) as server:
        with pytest.raises(Permanent, match="takes no password on this connection"):
            connect(server.account())
        assert PASSWORD.encode() not in server.received


@pytest.mark.parametrize("password", ['with "quotes" and \\', "with space", "{5}"])
def test_odd_passwords_are_sent_as_they_are(password: str) -> None:
    with Scripted() as server:
        connect(replace(server.account(), username="a b", password=password)).close()
    quoted = '"' + password.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert f'LOGIN "a b" {quoted}'.encode() in server.commands


def test_a_line_break_in_a_password_runs_no_command() -> None:
    with Scripted() as server:
        with pytest.raises(Permanent, match="no way to send"):
            connect(replace(server.account(), password='x"\r\nX1 DELETE INBOX'))
        assert not any(b"DELETE" in command for command in server.commands)


def test_a_server_that_is_away_is_temporary(account: Account) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = replace(account, port=unused.getsockname()[1])
        with pytest.raises(Temporary, match="cannot be reached"):
            connect(away)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with Scripted(greeting=b"") as server, pytest.raises(Temporary, match="cannot be reached: the server said nothing"):
        connect(server.account(timeout=0.3))


def test_a_server_that_says_good_bye_at_once_is_temporary() -> None:
    with Scripted(greeting=b"* BYE too busy\r\n") as server, pytest.raises(Temporary, match="too busy"):
        connect(server.account())


def test_the_password_shows_in_no_repr_and_no_log(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(account) as mailbox:
        mailbox.append("INBOX", b"Subject: a secret of hers\r\n\r\nwords")
        mailbox.open("INBOX")
        list(mailbox.fetch([1], limit=1000))
    assert PASSWORD not in repr(account)
    assert PASSWORD not in caplog.text
    assert "a secret of hers" not in caplog.text


@pytest.mark.parametrize("answer", [b"{close}", b"* BYE going down\r\n{close}", b"* \x00\xff OK?{\r\n", b"+ \r\n* 7\r\n{close}"])
def test_a_line_that_breaks_in_the_log_in_is_no_refused_password(answer: bytes) -> None:
    answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n", "AUTHENTICATE": answer}
    with Scripted(answers) as server, pytest.raises(Temporary, match=r"broke.*the next pass tries again") as broken:
        connect(server.account(timeout=0.5))
    assert "password" not in str(broken.value)


def test_a_server_that_repeats_the_log_in_does_not_spread_the_password() -> None:
    wrapped = base64.b64encode(f"\0help\0{PASSWORD}".encode())
    for words in (wrapped + b" BAD what is that", b"{tag} BAD what is " + wrapped, b"{tag} NO wrong: " + PASSWORD.encode()):
        answers = {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n",
            "AUTHENTICATE": b"+ \r\n",
            wrapped.decode().upper(): words + b"\r\n",
            "": words + b"\r\n",
        }
        with Scripted(answers) as server, pytest.raises((Temporary, Permanent)) as told:
            connect(server.account(timeout=0.5))
        spread = "".join(traceback.format_exception(told.value))
        assert PASSWORD not in str(told.value) and wrapped.decode() not in str(told.value)
        assert PASSWORD not in spread and wrapped.decode() not in spread


def test_a_password_that_has_run_out_is_told_as_such() -> None:
    with (
        Scripted({"LOGIN": b"{tag} NO [EXPIRED] that was last year's\r\n"}) as server,
        pytest.raises(Permanent, match=r"The password has run out: set a new one.*where the settings say"),
    ):
        connect(server.account())
