"""Connecting: TLS verified unless the server is this very machine, then the log-in."""

from __future__ import annotations

import base64
import imaplib
import ipaddress
import ssl
from collections.abc import Callable
from typing import NoReturn

from triage.errors import LogInRefused, Permanent, Temporary
from triage.mailbox.account import Account
from triage.mailbox.refusal import AGAIN, Refused, code_of, passes, plain, printable, refusal
from triage.mailbox.wire import Client, Wire, quoted


def connected(account: Account) -> Wire:
    """A logged-in connection.

    Raises Temporary when the server is away or asks for patience, Permanent when somebody must act: a certificate that does
    not verify, a refused password, a server without encryption.
    """
    if account.security == "none" and not is_loopback(account.host):
        raise Permanent(
            f"{account.name}: security = none would send the password of {account.username} to {account.host} in the clear; "
            "it is allowed only to this machine itself (127.0.0.1). Use tls or starttls."
        )
    client = _reach(account)
    wire = Wire(client, account.name)
    wire.secrets = _secret_forms(account.username, account.password)
    try:
        if account.security == "starttls":
            _encrypt(wire, account)
        _log_in(wire, account)
        wire.ask_capabilities()
        # With QRESYNC on, the server names mails by UID in every report of its own accord (RFC 7162 section 3.2.3).
        if {"ENABLE", "QRESYNC"} <= wire.capabilities:
            wire.command("ENABLE QRESYNC")
    except BaseException:
        wire.imap.shutdown()
        raise
    return wire


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls(account: Account) -> ssl.SSLContext:
    """How to encrypt: whom to trust, and the certificate we show. Raises Permanent when a file it needs cannot be used."""
    try:
        context = ssl.create_default_context(cafile=account.ca_file)
    except (OSError, ssl.SSLError) as fault:
        raise Permanent(
            f"{account.name}: ca_file {account.ca_file} cannot be used: {printable(str(fault))}; it must be a readable PEM file"
        ) from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if account.client_certificate:
        try:  # an empty passphrase: OpenSSL would ask for one on the terminal, and wait
            context.load_cert_chain(account.client_certificate, account.client_key, password="")
        except (OSError, ssl.SSLError, ValueError) as fault:
            raise Permanent(
                f"{account.name}: client_certificate {account.client_certificate} and client_key {account.client_key} cannot be used: "
                f"{printable(str(fault))}; they must be PEM files that belong together, the key without a passphrase"
            ) from None
    return context


def _reach(account: Account) -> Client:
    context = tls(account) if account.security == "tls" else None
    try:
        return Client(account.host, account.port, context, account.timeout)
    except (OSError, imaplib.IMAP4.error) as fault:
        _unreachable(account, fault)


def _unreachable(account: Account, fault: Exception) -> NoReturn:
    where = f"{account.host}, port {account.port}"
    if isinstance(fault, ssl.SSLCertVerificationError):
        raise Permanent(
            f"{account.name}: the certificate of {where} does not verify: {fault.verify_message}. Nothing was sent. The host in "
            "the settings must be the name in the certificate, and ca_file must name its authority if it is a private one."
        ) from fault
    if _refuses_certificate(fault):
        raise Permanent(_unknown_here(account, fault)) from fault
    if isinstance(fault, ssl.SSLError) and fault.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL"):
        raise Permanent(
            f"{account.name}: {where} does not speak TLS 1.2 or later from the start; "
            "security = tls wants the server's TLS port (993 as a rule), security = starttls its plain port (143)."
        ) from fault
    doubt = (
        ", or it does not trust client_certificate"
        if account.client_certificate and isinstance(fault, imaplib.IMAP4.abort)
        else ""
    )
    raise Temporary(f"{account.name}: the mail server {where} cannot be reached: {plain(str(fault))}{doubt}. {AGAIN}.") from fault


def _refuses_certificate(fault: Exception) -> bool:
    """Whether the server ended the encryption for want of a certificate that it trusts (alerts of RFC 8446 section 6.2)."""
    reason = (fault.reason or "") if isinstance(fault, ssl.SSLError) else ""
    return "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason)


def _unknown_here(account: Account, fault: Exception) -> str:
    where = f"{account.host}, port {account.port}"
    said = str(getattr(fault, "reason", "")).lower().replace("_", " ")
    if not account.client_certificate:
        return f"{account.name}: {where} wants to see a certificate: {said}. Name the one issued to this program: client_certificate."
    return (
        f"{account.name}: {where} does not accept client_certificate {account.client_certificate}: {said}. It may have run out, or be "
        "issued by an authority that this server does not trust."
    )


def _encrypt(wire: Wire, account: Account) -> None:
    if wire.imap.state != "NONAUTH" or "STARTTLS" not in wire.imap.capabilities:
        raise Permanent(
            f"{account.name}: {account.host} does not offer STARTTLS on port {account.port}, so no password was sent; "
            "use security = tls with the server's TLS port, or ask why encryption is missing."
        )
    try:
        with wire.faults():
            wire.client.starttls(tls(account))
    except Temporary as fault:
        if isinstance(fault.__cause__, ssl.SSLError):
            _unreachable(account, fault.__cause__)
        raise


def _log_in(wire: Wire, account: Account) -> None:
    offered = {word.upper() for word in wire.imap.capabilities}
    try:
        if wire.imap.state == "AUTH":
            raise Permanent(f"{account.name}: {account.host} claims that we are logged in already; that is not to be trusted.")
        if account.token is not None:
            _log_in_by_token(wire, account, account.token, offered)
            return
        if account.client_certificate and not account.password:
            _log_in_by_certificate(wire, account, offered)
            return
        if "AUTH=PLAIN" in offered:  # takes any character (RFC 4616)
            with wire.faults():
                wire.imap.begin()
                wire.client.plain_login(account.username, account.password)
            return
        if "LOGINDISABLED" in offered:
            raise Permanent(
                f"{account.name}: {account.host} takes no password on this connection; use security = tls or starttls."
            )
        wire.command("LOGIN", _plain(account, account.username), _plain(account, account.password))
        wire.imap.state = "AUTH"
    except Refused as fault:
        what = f"{account.name}: {account.host} refused the log-in of {account.username}"
        if passes(fault.said):
            raise refusal(what, fault.said) from None
        raise LogInRefused(f"{what}: {plain(fault.said)}. {_to_check(account, fault)}") from None


def _to_check(account: Account, fault: Refused) -> str:
    """What the operator should look at after a refused log-in."""
    if "certificate" in fault.said.lower() or (account.client_certificate and not account.password and not account.token):
        shown = account.client_certificate
        return (_CHECK["a certificate"] if shown else _CHECK["no certificate"]).format(shown=shown, username=account.username)
    return _CHECK.get(code_of(fault.said), _CHECK[""])


_CHECK = {
    "a certificate": f"client_certificate {{shown}} must be one that this server trusts, and be issued to {{username}}. {AGAIN}.",
    "no certificate": f"It wants to see a certificate: name the one that was issued to this program (client_certificate). {AGAIN}.",
    "EXPIRED": f"The password has run out: set a new one, and write it where the settings say. {AGAIN}.",
    "": f"Check username and password; some providers want a password made for programs. {AGAIN}.",
}


def _secret_forms(username: str, *secrets: str) -> tuple[str, ...]:
    """A secret as it is sent, plain and in the wrappings of SASL: some servers repeat a line that they do not understand."""
    found: list[str] = []
    for secret in filter(None, secrets):
        wrapped = (
            f"\0{username}\0{secret}",
            f"user={username}\1auth=Bearer {secret}\1\1",
            f"n,a={username},\1auth=Bearer {secret}\1\1",
        )
        found += [base64.b64encode(each.encode()).decode() for each in wrapped] + [secret]
    return tuple(found)


def _log_in_by_certificate(wire: Wire, account: Account, offered: set[str]) -> None:
    """SASL EXTERNAL (RFC 4422 appendix A): who we are, the server has seen in the encryption."""
    if "AUTH=EXTERNAL" not in offered:
        raise Permanent(
            f"{account.name}: {account.host} takes no certificate instead of a password; name the password too (password_file), "
            "or ask its administrator to allow the log-in by certificate (SASL EXTERNAL)."
        )
    with wire.faults():
        wire.imap.begin()
        wire.imap.authenticate("EXTERNAL", lambda _: account.username.encode())


def _log_in_by_token(wire: Wire, account: Account, token: Callable[..., str], offered: set[str]) -> None:
    """OAUTHBEARER (RFC 7628) or XOAUTH2, as Google and Microsoft call their own; a refused token is fetched anew once."""
    if not {"AUTH=OAUTHBEARER", "AUTH=XOAUTH2"} & offered:
        raise Permanent(
            f"{account.name}: {account.host} takes no OAuth 2 token; use password_file, or ask its administrator to allow OAuth 2."
        )
    for anew in (False, True):
        secret = token(anew=anew)
        wire.secrets += _secret_forms(account.username, secret)
        try:
            with wire.faults():
                wire.imap.begin()
                if "AUTH=OAUTHBEARER" in offered:
                    wire.client.oauthbearer_login(account.username, secret)
                else:
                    wire.client.oauth2_login(account.username, secret)
        except Refused as fault:
            what = f"{account.name}: {account.host} refused the token of {account.username}"
            if passes(fault.said):
                raise refusal(what, fault.said) from None
            if anew:
                raise LogInRefused(
                    f"{what}: {plain(fault.said)}. The program must have been granted access to this very mailbox, "
                    f"and oauth2_scope must be the one for IMAP. {AGAIN}."
                ) from None
        else:
            return


def _plain(account: Account, text: str) -> str:
    try:
        return quoted(text)
    except ValueError:
        raise Permanent(
            f"{account.name}: {account.host} offers no way to send a user name or password with characters beyond ASCII."
        ) from None
