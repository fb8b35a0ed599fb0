"""From the text of one key of settings.ini to its value.

Each function here raises ValueError in words for the operator: what is wrong; what would be right.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypedDict, cast
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationInfo

from triage import policy
from triage.errors import Misconfigured
from triage.nearest import nearest
from triage.quantity import duration, size

PORTS: Final = {"tls": "993", "starttls": "143", "none": "143"}
"""The port an IMAP server listens on for each kind of security (RFC 8314 section 3.2, RFC 3501 section 2.1)."""

_YES_OR_NO: Final = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")
_LOCAL_PART = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class Surroundings(TypedDict):
    """What a value is read against."""

    folder: Path
    """The settings file's folder: relative paths start there, wherever the program is started."""
    connecting: bool
    """Whether a mailbox will be entered, so that its password must be there."""


def _surroundings(info: ValidationInfo) -> Surroundings:
    return cast("Surroundings", info.context)


@cache
def _public_providers() -> frozenset[str]:
    text = (policy.packs_folder() / "phrases" / "public-mail-providers.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def line(text: str) -> str:
    if "\n" in text:
        raise ValueError("runs on over the next line, which is set in; begin every key at the margin")
    if any(ord(character) < ord(" ") for character in text):
        raise ValueError("holds a control character; retype the line")
    return text


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in re.split(r"[,\n]", text) if entry.strip())


def domain(text: str) -> str:
    domain = text.strip().lower().removeprefix("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"“{text}” is no domain; write what follows the @ in your addresses, such as keller.example")
    if domain in _public_providers():
        raise ValueError(
            f"at {domain} anybody can have an address, so customers would count as staff; list your people under staff"
        )
    return domain


def address(text: str) -> str:
    address = line(text).strip().lower()
    local, _, domain = address.rpartition("@")
    if not (_LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise ValueError(f"“{text}” is no e-mail address; write just the address, such as alice@keller.example")
    return address


def address_or_domain(text: str) -> str:
    return address(text) if "@" in text else domain(text)


def each(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    return lambda text: tuple(dict.fromkeys(read(entry) for entry in _entries(text)))


def policy_pack(text: str, info: ValidationInfo) -> str:
    """The name of a pack that comes with the program as it stands; the path of another one in full."""
    folder = _surroundings(info)["folder"]
    path = policy.find(line(text), folder)
    return text if path.parent == policy.packs_folder() and path.stem == text else str(path.resolve())


def day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text}” is no date; write year-month-day, such as 2026-12-25") from None


def holidays(text: str) -> frozenset[date]:
    return frozenset(day(entry) for entry in _entries(text))


def time_zone(text: str) -> ZoneInfo:
    if text not in available_timezones():
        advice = nearest(text, available_timezones()) or "write a name such as Europe/London or America/New_York"
        raise ValueError(f"“{text}” is no time zone; {advice}")
    return ZoneInfo(text)


def url(text: str, info: ValidationInfo) -> str:
    """A SQLite file is meant relative to the settings file, wherever the program is started. The words never repeat the URL:
    it may hold a password."""
    scheme, separator, rest = line(text).partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest.strip("/") and not rest.startswith("/:memory:"):
        folder = _surroundings(info)["folder"]
        key = info.data.get("key_file")
        return f"sqlite:///{(folder / rest[1:]).absolute()}" + (f"?key_file={quote(str(key), safe='/')}" if key else "")
    if scheme == "postgresql+psycopg" and rest:
        if info.data.get("key_file"):
            raise ValueError("key_file encrypts an SQLite file; PostgreSQL's folder wants an encrypted disk: take key_file out")
        return text
    if scheme in {"postgres", "postgresql"} and separator:
        raise ValueError(f"{scheme}:// is not known here; write postgresql+psycopg://user@host/database")
    raise ValueError("names no place that keeps anything; write sqlite:///triage.db or postgresql+psycopg://user@host/database")


def key_file(text: str, info: ValidationInfo) -> Path:
    """What stands in it is looked at when the ledger is opened."""
    return (_surroundings(info)["folder"] / line(text)).absolute()


def host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,253}", text) or "://" in text:
        raise ValueError(f"“{text}” is no host; write just its name, such as imap.keller.example, and the number under port")
    return text


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"“{text}” does not fit; write a whole number from {low} to {high}")
        return int(text)

    return read


def time_between(low: str, high: str) -> Callable[[str], timedelta]:
    def read(text: str) -> timedelta:
        length = duration(text)
        if not duration(low) <= length <= duration(high):
            raise ValueError(f"“{text}” does not fit; write a time from {low} to {high}")
        return length

    return read


def size_between(low: str, high: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        octets = size(text)
        if not size(low) <= octets <= size(high):
            raise ValueError(f"“{text}” does not fit; write a size from {low} to {high}")
        return octets

    return read


def switch(text: str) -> bool:
    if text.lower() not in _YES_OR_NO:
        raise ValueError(f"“{text}” is neither; write yes or no")
    return _YES_OR_NO[text.lower()]


def one_of(*known: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"“{text}” is not known; write {', '.join(known[:-1])} or {known[-1]}")
        return text

    return read


def security(text: str, info: ValidationInfo) -> str:
    if text not in PORTS:
        raise ValueError(f"“{text}” is not known; write tls, starttls or none")
    host = info.data.get("host", "localhost")
    if text == "none" and not _is_loopback(host):
        raise ValueError(f"the password and all mail would cross the network unencrypted to {host}; write tls or starttls")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def token_url(text: str) -> str:
    parts = urlsplit(line(text))
    if parts.scheme == "https" and parts.hostname:
        return text
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return text
    raise ValueError(
        f"“{text}” is no address that secrets may be sent to; write the provider's token endpoint, beginning with https://"
    )


def file_to_write(text: str, info: ValidationInfo) -> Path:
    path = (_surroundings(info)["folder"] / line(text)).absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: its folder must exist, and it must not be a folder itself")
    return path


def model_folder(text: str, info: ValidationInfo) -> Path:
    path = (_surroundings(info)["folder"] / line(text)).absolute()
    if not (path / "manifest.json").is_file():
        raise ValueError(f"{path} is no directory of a model: it has no manifest.json; `triage semantic make` writes one")
    return path


def listening_on(text: str) -> tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    host = host.strip("[]")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"“{text}” is no address and port; write such as 127.0.0.1:9464")
    if not _is_loopback(host):
        raise ValueError(
            f"the numbers would be open to the network at {host}; write 127.0.0.1:{port} and let a collector there fetch them"
        )
    return host, int(port)


def certificates(text: str, info: ValidationInfo) -> Path:
    path = _surroundings(info)["folder"] / line(text)
    return _pem_file(path, info, "there is no certificate to check", "the authority that signed the server's certificate")


def client_certificate(text: str, info: ValidationInfo) -> Path:
    path = (_surroundings(info)["folder"] / line(text)).absolute()
    return _pem_file(path, info, "no certificate is shown", "the certificate that was issued to this program")


def _pem_file(path: Path, info: ValidationInfo, idle: str, what: str) -> Path:
    """The path of a file for TLS. `idle`: what is not done without TLS; `what`: what the file holds, both in words."""
    if info.data.get("security") == "none":
        raise ValueError(f"{idle} with security = none; take this key out or use tls")
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give the PEM file of {what}")
    return path


def client_key(text: str, info: ValidationInfo) -> Path:
    path = (_surroundings(info)["folder"] / line(text)).absolute()
    if _surroundings(info)["connecting"]:
        _check_private(path, "the private key")
    return path


def password_file(text: str, info: ValidationInfo) -> Path:
    folder = _surroundings(info)["folder"]
    path = (folder / line(text)).absolute()
    if _surroundings(info)["connecting"]:
        _check_secret(path)
    return path


def _check_secret(path: Path) -> None:
    _check_private(path, "the password")
    try:
        read_secret(path)
    except Misconfigured as fault:
        raise ValueError(str(fault)) from None


def _check_private(path: Path, what: str) -> None:
    """That it is a file which nobody else can read. `what`: what it holds, in words."""
    try:
        facts = path.stat()
    except OSError as fault:
        words = "there is no file" if isinstance(fault, FileNotFoundError) else f"cannot be looked at ({fault.strerror}):"
        raise ValueError(f"{words} {path}; put {what} in it, alone, and run chmod 600 {path}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError(f"{path} is not a file; give the path of a file that holds {what}, alone")
    # The credentials systemd hands over lie in a folder only the service can enter, and show a group bit for their ACL.
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not (handed_over and path.parent == Path(handed_over)):
        raise ValueError(f"other people of this machine can read {path}; run chmod 600 {path}")


def read_secret(path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured([f"{path} cannot be read by this user; make it this user's own and run chmod 600 {path}"]) from None
    if not password or "\n" in password or "\0" in password:
        raise Misconfigured([f"{path} does not hold a password alone on one line; write just the password into it"])
    return password


def password_env(text: str, info: ValidationInfo) -> str:
    if not _VARIABLE.fullmatch(text):  # whatever it is, it may be the password itself: not repeated
        raise ValueError(
            "is no name of a variable; write the name of the variable that holds the password, such as IMAP_PASSWORD"
        )
    if _surroundings(info)["connecting"] and not os.environ.get(text):
        raise ValueError(f"the variable {text} is not set; set it where the program is started, or use password_file")
    return text
