"""A server that wants to see a certificate before it lets anybody in: beside a password, or instead of one."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from servers import Server, dovecot, issued

from triage.errors import Permanent, Temporary
from triage.mailbox import Account, connect

_number = itertools.count(1)


@pytest.fixture(scope="module")
def careful() -> Iterator[Server]:
    with dovecot(certificates=True) as server:
        yield server


@pytest.fixture
def member() -> str:
    return f"grace{next(_number)}"


def over_tls(server: Server, user: str, shown: tuple[str, str] | None = None, security: str = "tls") -> Account:
    port = server.tls_port if security == "tls" else server.port
    certificate, key = shown or (None, None)
    return replace(
        server.account(user),
        security=security,
        port=port,
        ca_file=str(server.cert),
        client_certificate=certificate,
        client_key=key,
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("password", [True, False])
def test_with_its_certificate_it_is_let_in(careful: Server, member: str, tmp_path: Path, security: str, password: bool) -> None:
    account = over_tls(careful, member, issued(careful, member, tmp_path), security)
    with connect(account if password else replace(account, password="")) as mailbox:
        assert mailbox.open("INBOX").exists == 0
    assert any(member in line for line in careful.log_path.read_text().splitlines() if "Login" in line)  # type: ignore[union-attr]


def test_without_one_it_is_told_that_a_certificate_is_wanted(careful: Server, member: str) -> None:
    with pytest.raises(Permanent, match=r"name the one that was issued to this program \(client_certificate\)"):
        connect(over_tls(careful, member))


def test_the_certificate_of_somebody_else_opens_no_mailbox(careful: Server, member: str, tmp_path: Path) -> None:
    account = replace(over_tls(careful, member, issued(careful, f"other{member}", tmp_path)), password="")
    with pytest.raises(Permanent, match=f"must be one that this server trusts, and be issued to {member}"):
        connect(account)


def test_a_server_that_takes_passwords_only_is_told_before_anything_is_sent(
    dovecot_server: Server, careful: Server, member: str, tmp_path: Path
) -> None:
    account = over_tls(dovecot_server, member, issued(careful, member, tmp_path))
    with pytest.raises(Permanent, match="takes no certificate instead of a password"):
        connect(replace(account, password=""))


def test_one_that_nobody_vouches_for_is_doubted_where_the_server_only_hangs_up(
    careful: Server, member: str, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "own.pem", tmp_path / "own-key.pem"
    asked = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        f"/CN={member}",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run(asked, check=True, capture_output=True)
    with pytest.raises((Permanent, Temporary), match="client_certificate"):
        connect(over_tls(careful, member, (str(certificate), str(key))))


@contextmanager
def strict(trusting: Path, own: Server) -> Iterator[int]:
    """A server that ends the encryption itself when it sees no certificate, or a strange one, as most but Dovecot do; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.directory / "cert.pem", own.directory / "key.pem")
    context.load_verify_locations(trusting)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(line, server_side=True) as encrypted:
                    encrypted.sendall(b"* BYE that will do\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def test_a_server_that_trusts_another_authority_is_told_of_in_words(
    careful: Server, dovecot_server: Server, member: str, tmp_path: Path
) -> None:
    mine = over_tls(careful, member, issued(careful, member, tmp_path))
    assert dovecot_server.cert
    with strict(dovecot_server.cert, careful) as port:
        with pytest.raises(Permanent, match=r"does not accept client_certificate .*\.pem: .*unknown ca"):
            connect(replace(mine, port=port))
        with pytest.raises(Permanent, match=r"wants to see a certificate: .*certificate required"):
            connect(replace(over_tls(careful, member), port=port))


def test_files_that_will_not_do_are_told_before_anything_is_sent(careful: Server, member: str, tmp_path: Path) -> None:
    certificate, key = issued(careful, member, tmp_path)
    _, strange = issued(careful, f"other{member}", tmp_path)
    locked = tmp_path / "locked.pem"
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:hush", "-out", str(locked)], check=True, capture_output=True
    )
    for wrong in (strange, str(tmp_path / "absent.pem"), str(locked)):
        with pytest.raises(Permanent, match="must be PEM files that belong together, the key without a passphrase") as told:
            connect(over_tls(careful, member, (certificate, wrong)))
        assert wrong in str(told.value)
