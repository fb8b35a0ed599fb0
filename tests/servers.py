"""Real mail servers for tests, each private to its caller, on free ports of 127.0.0.1, gone when its block ends.

`dovecot()` needs the Debian package dovecot-imapd; `pymap()` needs the package extra "demo". Neither needs root.
As root they work too: Dovecot refuses to serve as root, so it is started as an ordinary user.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pysasl.hashing import BuiltinHash

from triage.mailbox import LABELS, Account

PASSWORD = "correct-horse"
ORDINARY_USERS = ("games", "nobody", "daemon")
WITHOUT_MOVE = "127.0.0.2"
"""At this address Dovecot hides MOVE, CONDSTORE and SPECIAL-USE, as many servers lack them."""
WITHOUT_UIDPLUS = "127.0.0.3"
"""At this address it hides UIDPLUS and IDLE too."""


def mail(
    subject: str = "A question",
    *,
    message_id: str = "<one@sender.example>",
    body: str = "Hello.",
    headers: Iterable[str] = (),
) -> bytes:
    """A small mail with CRLF line ends."""
    lines = [
        "From: Ada Sample <ada@sender.example>",
        "To: help@council.example",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000",
        f"Subject: {subject}",
        f"Message-ID: {message_id}",
        *headers,
        "",
        body,
        "",
    ]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True)
class Server:
    """A running server. Every method but `account` acts as another mail program would, through imaplib, not through our code."""

    host: str
    port: int
    directory: Path
    tls_port: int = 0
    sieve_port: int = 0
    owner: str = ""
    """The user it serves as."""
    cert: Path | None = None
    log_path: Path | None = None
    users: list[str] = field(default_factory=list)

    def account(self, user: str, *, host: str | None = None, timeout: float = 20.0) -> Account:
        """How to reach `user` here without TLS. `host`: WITHOUT_MOVE or WITHOUT_UIDPLUS for a poorer server."""
        return Account(
            "support", f"{user}@council.example", host or self.host, self.port, "none", user, PASSWORD,
            sieve_port=self.sieve_port or 4190, timeout=timeout,
        )  # fmt: skip

    @contextmanager
    def client(self, user: str, folder: str | None = None) -> Iterator[imaplib.IMAP4]:
        """Another mail program's connection, with `folder` opened for writing."""
        with imaplib.IMAP4(self.host, self.port, timeout=20) as other:
            other.login(user, f"{PASSWORD}")
            if folder:
                must(other.select(f'"{folder}"'))
            yield other

    def append(self, user: str, folder: str, raw: bytes, flags: str = "", date: datetime | None = None) -> None:
        """Delivers a mail; `date` (aware) becomes its INTERNALDATE."""
        when = imaplib.Time2Internaldate(date or datetime.now(UTC))
        with self.client(user) as other:
            must(other.append(f'"{folder}"', f"({flags})" if flags else "", when, raw))

    def deliver(self, user: str, raw: bytes) -> None:
        """Has Dovecot itself deliver a mail as it comes in, with whatever Sieve script is active."""
        agent = ["/usr/lib/dovecot/dovecot-lda", "-c", str(self.directory / "dovecot.conf"), "-d", user, "-e"]
        as_it = {"user": self.owner, "group": pwd.getpwnam(self.owner).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        said = subprocess.run(agent, input=raw, capture_output=True, check=False, **as_it)
        assert said.returncode == 0, self.log(user)[-3:]

    def append_many(self, user: str, folder: str, mails: Iterable[bytes]) -> None:
        when = imaplib.Time2Internaldate(datetime.now(UTC))
        with self.client(user) as other:
            for raw in mails:
                must(other.append(f'"{folder}"', "", when, raw))

    def flags(self, user: str, folder: str) -> dict[int, set[str]]:
        """Flags by UID as another program sees them after connecting anew, so without flags that last only a session."""
        with self.client(user) as other:
            must(other.select(f'"{folder}"', readonly=True))
            _, lines = other.uid("FETCH", "1:*", "(UID FLAGS)")
        texts = [line.decode() for line in lines if isinstance(line, bytes)]
        found = [(re.search(r"UID (\d+)", text), re.search(r"FLAGS \(([^)]*)\)", text)) for text in texts]
        return {int(uid[1]): set(flags[1].split()) for uid, flags in found if uid and flags}

    def log(self, user: str) -> list[str]:
        """What Dovecot's mail_log plugin wrote down about this user: copies, flag changes, expunges."""
        assert self.log_path
        return [line for line in self.log_path.read_text().splitlines() if f"imap({user})" in line]


def must(answer: tuple[str, list[object]]) -> list[object]:
    assert answer[0] == "OK", answer
    return answer[1]


@contextmanager
def dovecot(
    users: Iterable[str] = (), *, prefix: str = "", separator: str = "/", special_use: bool = True, introspection: str = "",
    sieve: bool = False, certificates: bool = False,
) -> Iterator[Server]:  # fmt: skip
    """A Dovecot that takes any user name with PASSWORD, and the special folders made beforehand for each.

    `certificates`: over TLS it wants a certificate of the authority in its folder (see `issued`), beside a password or instead of one.
    `sieve`: it takes Sieve scripts too, and delivers by them. `introspection`: the URL at which it asks whether an OAuth 2 token is good (RFC 7662); it then takes tokens too.
    """
    binary = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if binary is None:
        raise RuntimeError("Dovecot is not installed, and these tests need a real mail server: apt-get install dovecot-imapd")
    directory = Path(tempfile.mkdtemp(prefix="triage-dovecot-"))  # short: the path of a socket may have 107 octets
    owner = _ordinary_user()
    port, tls_port, sieve_port = _free_ports(3)
    _certificate(directory)
    configuration = directory / "dovecot.conf"
    text = _dovecot_conf(directory, owner, port, tls_port, prefix, separator, special_use)
    text = _with_tokens(text, directory, introspection) if introspection else text
    text = _with_certificates(text, directory) if certificates else text
    configuration.write_text(_with_sieve(text, sieve_port) if sieve else text)
    for path in [directory, *directory.iterdir()]:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    process = subprocess.Popen(
        [binary, "-F", "-c", str(configuration)],
        **({"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}),
        env={"HOME": str(directory), "PATH": os.environ.get("PATH", "")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log_path = directory / "dovecot.log"
    server = Server(
        "127.0.0.1",
        port,
        directory,
        tls_port,
        sieve_port if sieve else 0,
        owner.pw_name,
        directory / "cert.pem",
        log_path,
        list(users),
    )
    try:
        _wait_until_up(server, process, log_path)
        yield server
    finally:
        _end(process)
        shutil.rmtree(directory, ignore_errors=True)


def _with_tokens(configuration: str, directory: Path, introspection: str) -> str:
    (directory / "oauth2.conf").write_text(
        f"introspection_url = {introspection}\nintrospection_mode = post\nclient_id = dovecot\nclient_secret = dovecot\n"
        "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
    )
    passdb = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {directory}/oauth2.conf\n}}\n"
    return configuration.replace("auth_mechanisms = plain login", "auth_mechanisms = plain login xoauth2 oauthbearer") + passdb


def _with_certificates(configuration: str, directory: Path) -> str:
    _openssl(
        "req",
        "-x509",
        *_KEY,
        "-days",
        "30",
        "-subj",
        f"/CN=authority of {directory.name}",
        "-keyout",
        directory / "ca-key.pem",
        "-out",
        directory / "ca.pem",
    )
    passdb = "passdb {\n  driver = static\n  mechanisms = external\n  args = nopassword=y\n}\n"
    wanted = (
        f"ssl_ca = <{directory}/ca.pem\nssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\nssl_require_crl = no\n"
    )
    named = "auth_ssl_username_from_cert = yes\nssl_cert_username_field = commonName\n"
    configuration = configuration.replace(
        "passdb {\n  driver = static\n", "passdb {\n  driver = static\n  mechanisms = plain login\n", 1
    )
    return (
        configuration.replace("auth_mechanisms = plain login", "auth_mechanisms = plain login external") + passdb + wanted + named
    )


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def issued(server: Server, user: str, folder: Path, *, days: int = 30) -> tuple[str, str]:
    """A certificate for `user` by the server's authority for clients, and its private key: the two files."""
    certificate, key, asked = folder / f"{user}.pem", folder / f"{user}-key.pem", folder / f"{user}.csr"
    _openssl("req", *_KEY, "-subj", f"/CN={user}", "-keyout", key, "-out", asked)
    authority = ("-CA", server.directory / "ca.pem", "-CAkey", server.directory / "ca-key.pem", "-CAcreateserial")
    _openssl("x509", "-req", "-in", asked, *authority, "-days", str(days), "-out", certificate)
    key.chmod(0o600)
    return str(certificate), str(key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _with_sieve(configuration: str, port: int) -> str:
    """The configuration with Pigeonhole: ManageSieve, and scripts that run at delivery."""
    if not Path("/usr/lib/dovecot/modules/lib90_sieve_plugin.so").exists():
        raise RuntimeError("Dovecot lacks Sieve, which these tests need: apt-get install dovecot-sieve dovecot-managesieved")
    login = f"service managesieve-login {{\n  chroot =\n  inet_listener sieve {{\n    port = {port}\n  }}\n}}\n"
    lda = "protocol lda {\n  mail_plugins = $mail_plugins sieve\n}\n"
    where = "plugin {\n  sieve = file:~/sieve;active=~/.dovecot.sieve\n}\n"
    return configuration.replace("protocols = imap\n", "protocols = imap sieve\n") + login + lda + where


def _ordinary_user() -> pwd.struct_passwd:
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ORDINARY_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(
        f"Dovecot cannot serve as root, and none of the users {ORDINARY_USERS} exists; run the tests as another user"
    )


def _certificate(directory: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


def _dovecot_conf(
    directory: Path,
    owner: pwd.struct_passwd,
    port: int,
    tls_port: int,
    prefix: str,
    separator: str,
    special_use: bool,
) -> str:
    group = subprocess.run(["id", "-gn", owner.pw_name], check=True, capture_output=True, text=True).stdout.strip()
    special = "\n".join(
        f"  mailbox {name} {{\n    auto = create\n" + (f"    special_use = \\{name}\n" if special_use else "") + "  }"
        for name in ("Drafts", "Sent", "Trash", "Junk")
    )
    return f"""\
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1, {WITHOUT_MOVE}, {WITHOUT_UIDPLUS}
default_internal_user = {owner.pw_name}
default_internal_group = {group}
default_login_user = {owner.pw_name}
default_vsz_limit = 1G
ssl = yes
ssl_cert = <{directory}/cert.pem
ssl_key = <{directory}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
mailbox_list_index = yes
first_valid_uid = {owner.pw_uid}
first_valid_gid = {owner.pw_gid}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.pw_name} gid={group} home={directory}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
{special}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
mail_plugins = notify mail_log
plugin {{
  mail_log_events = copy delete undelete expunge save flag_change mailbox_create mailbox_delete mailbox_rename append
  mail_log_fields = uid box msgid flags
}}
local {WITHOUT_MOVE} {{
  protocol imap {{
    imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID IDLE NAMESPACE UIDPLUS LITERAL+
  }}
}}
local {WITHOUT_UIDPLUS} {{
  protocol imap {{
    imap_capability = IMAP4rev1 ID NAMESPACE
  }}
}}
"""


@contextmanager
def pymap(users: Iterable[str] = (), *, keywords: Iterable[str] = sorted(LABELS)) -> Iterator[Server]:
    """pymap on a Maildir: a server without CONDSTORE, SPECIAL-USE and NAMESPACE, which keeps only `keywords` that were listed
    beforehand for INBOX, and none at all in folders made later."""
    directory = Path(tempfile.mkdtemp(prefix="triage-pymap-"))
    (port,) = _free_ports(1)
    server = Server("127.0.0.1", port, directory)
    for user in users:
        add_pymap_user(server, user, keywords)
    log_path = directory / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-c",
                    "from pymap.main import main; main()",
                    "--no-service",
                    "admin",
                    "--no-service",
                    "managesieve",
                ),
                *("--host", "127.0.0.1", "--port", str(port), "--no-tls", "maildir", str(directory)),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_up(server, process, log_path)
        yield server
    finally:
        _end(process)
        shutil.rmtree(directory, ignore_errors=True)


def add_pymap_user(server: Server, user: str, keywords: Iterable[str]) -> None:
    """pymap reads its user files at each log-in, so users may come while it runs."""
    for part in ("cur", "new", "tmp"):
        (server.directory / user / part).mkdir(parents=True)
    listed = "".join(f"{number} {keyword}\n" for number, keyword in enumerate(keywords))
    if listed:
        (server.directory / user / "dovecot-keywords").write_text(listed)
    hashed = BuiltinHash(rounds=1).hash(PASSWORD)  # the usual half a million rounds make each log-in take half a second
    hashed = hashed.replace(":", "\\:")
    with (server.directory / "pymap-etc-passwd").open("a") as passwd:
        passwd.write(f"{user}:x::::{user}:\n")
    with (server.directory / "pymap-etc-shadow").open("a") as shadow:
        shadow.write(f"{user}:{hashed}:::::::\n")
    server.users.append(user)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log_path: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((server.host, server.port), timeout=5) as connection:
                if connection.recv(4).startswith(b"* OK"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    log = log_path.read_text(errors="replace") if log_path.exists() else "(it wrote no log)"
    raise RuntimeError(f"the mail server did not start:\n{log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Scripted:
    """A server that answers as it is told, for what no real server does on demand.

    `answers` maps the beginning of a command (without its tag, upper case) to the octets to send, or to a function of the
    whole command; {tag} in the octets becomes the command's tag. Every command received is in `commands`.
    """

    _GREETING = b"* OK ready\r\n"
    _USUAL = {  # noqa: RUF012
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\n{tag} OK done\r\n",
        "LIST": b'* LIST () "/" INBOX\r\n{tag} OK done\r\n',
        "EXAMINE": b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 30] x\r\n{tag} OK [READ-ONLY] done\r\n",
        "SELECT": b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 30] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n"
        b"{tag} OK [READ-WRITE] done\r\n",
        "IDLE": b"+ idling\r\n",
        "LOGOUT": b"* BYE good-bye\r\n{tag} OK done\r\n",
    }

    def __init__(self, answers: dict[str, bytes | Callable[[bytes], bytes]] | None = None, greeting: bytes = _GREETING) -> None:
        self.answers = {**self._USUAL, **(answers or {})}
        self.greeting = greeting
        self.commands: list[bytes] = []
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        if self.connection:
            self.connection.close()

    def account(self, timeout: float = 3.0) -> Account:
        return Account("support", "help@council.example", "127.0.0.1", self.port, "none", "help", PASSWORD, timeout=timeout)

    def send(self, octets: bytes) -> None:
        assert self.connection
        self.connection.sendall(octets)

    def _serve(self) -> None:
        try:
            self.connection, _ = self._listener.accept()
            self.send(self.greeting)
            with self.connection.makefile("rb") as lines:
                tag = b""
                for line in lines:
                    self.received += line
                    if line.strip().upper() == b"DONE":
                        self.send(tag + b" OK done\r\n")
                        continue
                    tag, _, command = line.strip().partition(b" ")
                    self.commands.append(command)
                    self._answer(tag, command)
        except (OSError, ValueError):
            pass  # the client went away, as tests do

    def _answer(self, tag: bytes, command: bytes) -> None:
        keys = [key for key in self.answers if command.upper().startswith(key.encode())]
        answer = self.answers[max(keys, key=len)] if keys else b"{tag} OK done\r\n"
        octets = answer(command) if callable(answer) else answer
        self.send(octets.replace(b"{tag}", tag))
        if octets.endswith(b"{close}"):
            assert self.connection
            self.connection.shutdown(socket.SHUT_RDWR)


def trusting(server: Server) -> ssl.SSLContext:
    """A context that trusts this server's own certificate."""
    return ssl.create_default_context(cafile=str(server.cert))
