"""settings.ini, read once at the start into frozen, typed `Settings`; every fault is told at once, by section and key.

No secret stands in the file: it names the file (or the variable of the environment) that holds a mailbox's password.
The commented settings.ini that comes with the program explains every key, and a test compares it with the models here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from triage import policy
from triage import setting_value as value
from triage.errors import Misconfigured
from triage.evidence import Directory
from triage.oauth2 import Grant, TokenSource
from triage.service_standard import ServiceStandard
from triage.settings_file import sections

if TYPE_CHECKING:
    from triage.mailbox import Account

Security = Literal["tls", "starttls", "none"]
Every = Literal["daily", "weekly", "never"]
NoReply = Literal["propose", "automatic", "never"]

_MAILBOX_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")

Line = Annotated[str, BeforeValidator(value.line)]
Switch = Annotated[bool, BeforeValidator(value.switch)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True)


class Organisation(_Section):
    """Who we are, and which rules we go by."""

    name: Line = Field(description="write the organisation's name as customers know it, such as name = Keller")
    domains: Annotated[tuple[str, ...], BeforeValidator(value.each(value.domain))] = Field(
        description="write the domains of your own addresses, such as domains = keller.example"
    )
    staff: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address))] = ()
    vendors: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address_or_domain))] = ()
    """Who works for us and is none of us: suppliers, subcontractors."""
    policy: Annotated[str, BeforeValidator(value.policy_pack)] = Field(
        description="name your policy pack, such as policy = jack-keller (k-and-s, aurora-assist, client-expectations, caraway or a path)"
    )
    """The name of a pack that comes with the program, or the full path of another; `policy.load` takes either."""
    service_standard: Annotated[ServiceStandard | None, BeforeValidator(ServiceStandard.read)] = None
    holidays: Annotated[frozenset[date], BeforeValidator(value.holidays)] = frozenset()
    time_zone: Annotated[ZoneInfo, BeforeValidator(value.time_zone)] = ZoneInfo("UTC")
    trusted_authserv_id: Line | None = None
    """The authserv-id (RFC 8601 section 2.5) our receiving server signs its findings with; None: the topmost header is its."""
    incidents: Annotated[str, BeforeValidator(value.address)] = ""
    """An address of ours at which colleagues tell of what happened by another way than mail; "" for none."""
    safeguarding: Line | None = None
    """Who is told at once when somebody may be in danger, with a telephone number; it stands on such notes."""


class Store(_Section):
    """Where the program keeps what it has concluded."""

    key_file: Annotated[Path | None, BeforeValidator(value.key_file)] = None
    """Of an encrypted ledger; its path goes into `url`."""
    url: Annotated[str, BeforeValidator(value.url)] = Field(default="sqlite:///triage.db", repr=False, validate_default=True)


class MailboxSettings(_Section):
    """One mailbox and how to get into it."""

    name: str
    """What follows "mailbox:" in the name of its section; not a key."""
    address: Annotated[str, BeforeValidator(value.address)] = Field(
        description="write the address customers write to, such as address = support@keller.example"
    )
    host: Annotated[str, BeforeValidator(value.host)] = Field(
        description="write the name of the IMAP server, such as host = imap.keller.example"
    )
    security: Annotated[Security, BeforeValidator(value.security)] = "tls"
    port: Annotated[int, BeforeValidator(value.whole_number(1, 65535))]
    username: Line
    password_file: Annotated[Path | None, BeforeValidator(value.password_file)] = None
    password_env: Annotated[str | None, BeforeValidator(value.password_env)] = None
    oauth2_token_url: Annotated[str | None, BeforeValidator(value.token_url)] = None
    oauth2_client_id: Line | None = None
    oauth2_client_secret_file: Annotated[Path | None, BeforeValidator(value.password_file)] = None
    oauth2_refresh_token_file: Annotated[Path | None, BeforeValidator(value.password_file)] = None
    oauth2_scope: Line | None = None
    inbox: Line | None = None
    sent: Line | None = None
    ca_file: Annotated[Path | None, BeforeValidator(value.certificates)] = None
    client_certificate: Annotated[Path | None, BeforeValidator(value.client_certificate)] = None
    client_key: Annotated[Path | None, BeforeValidator(value.client_key)] = None
    """Beside a password, or instead of one (SASL EXTERNAL, RFC 4422 appendix A)."""
    sieve_port: Annotated[int, BeforeValidator(value.whole_number(1, 65535))] = 4190
    timeout: Annotated[timedelta, BeforeValidator(value.time_between("5 seconds", "10 minutes"))] = timedelta(seconds=60)

    def password(self) -> str:
        """The password, read now from where the settings say; "" where there is none, as with a certificate alone or OAuth 2.

        Raises Misconfigured when it is no longer there.
        """
        if self.password_file is None and self.password_env is None:
            return ""
        if self.password_file is not None:
            return value.read_secret(self.password_file)
        password = os.environ.get(self.password_env or "", "")
        if not password:
            raise Misconfigured([f"the variable {self.password_env} is not set; set it where the program is started"])
        return password

    def account(self) -> Account:
        """What the mailbox needs to connect, the password included. Raises Misconfigured when that cannot be read."""
        from triage.mailbox import Account  # here, so that reading settings needs no IMAP library

        return Account(
            name=self.name,
            address=self.address,
            host=self.host,
            port=self.port,
            security=self.security,
            username=self.username,
            password=self.password(),
            token=self._token_source(),
            inbox=self.inbox,
            sent=self.sent,
            ca_file=str(self.ca_file) if self.ca_file else None,
            client_certificate=str(self.client_certificate) if self.client_certificate else None,
            client_key=str(self.client_key) if self.client_key else None,
            sieve_port=self.sieve_port,
            timeout=self.timeout.total_seconds(),
        )

    def _token_source(self) -> Callable[..., str] | None:
        if self.oauth2_token_url is None:
            return None
        grant = Grant(
            token_url=self.oauth2_token_url,
            client_id=self.oauth2_client_id or "",
            scope=self.oauth2_scope or "",
            client_secret_file=self.oauth2_client_secret_file,
            refresh_token_file=self.oauth2_refresh_token_file,
        )
        return _SOURCES.setdefault((self.name, grant), TokenSource(grant, value.read_secret)).token


_SOURCES: Final[dict[tuple[str, Grant], TokenSource]] = {}
"""Kept for the life of the program, so that not every pass asks for a token."""


class Reading(_Section):
    """How much is read."""

    since: Annotated[date | None, BeforeValidator(value.day)] = None
    """The first day whose mail counts, in the organisation's time zone; None: all there is."""
    largest_mail: Annotated[int, BeforeValidator(value.size_between("16 KiB", "32 MiB"))] = 256 * 1024
    """Octets of a mail that are fetched at most; of a larger one only the beginning is read."""


class Acting(_Section):
    """What is written to the mailbox; with all three off the program only looks, and writes down what it would do."""

    labels: Switch = True
    notes: Switch = True
    hold: Switch = True
    sieve: Switch = False
    """Whether the mail server itself files mail under a restriction, by a script of ours, where it offers that."""
    no_reply: Annotated[NoReply, BeforeValidator(value.one_of("propose", "automatic", "never"))] = "propose"
    """What is done with one severely abusive mail: a note, or at once the hold folder."""
    learning: Switch = True
    digest: Annotated[Every, BeforeValidator(value.one_of("daily", "weekly", "never"))] = "never"


class Deciders(_Section):
    """Who has the roles that the policy names: addresses of ours. Without any, nobody can record such a decision."""

    warn: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address))] = ()
    """Empty: every member of staff may."""
    restrict: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address))] = ()
    appeal: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address))] = ()
    terminate: Annotated[tuple[str, ...], BeforeValidator(value.each(value.address))] = ()


class Models(_Section):
    """What may be asked beside the models that come with the program."""

    semantic: Annotated[Path | None, BeforeValidator(value.model_folder)] = None
    """The directory that `triage semantic make` wrote; None: the fast tier alone."""


class Daemon(_Section):
    """When `triage run` looks."""

    interval: Annotated[timedelta, BeforeValidator(value.time_between("30 seconds", "1 day"))] = timedelta(minutes=5)
    idle: Switch = True
    health_file: Annotated[Path | None, BeforeValidator(value.file_to_write)] = None
    metrics: Annotated[tuple[str, int] | None, BeforeValidator(value.listening_on)] = None
    """Host and port at which Prometheus may ask; None: nowhere."""


class Settings(_Section):
    """Everything settings.ini says. `path` is where it stands."""

    organisation: Organisation
    store: Store
    mailboxes: tuple[MailboxSettings, ...]
    reading: Reading
    acting: Acting
    deciders: Deciders = Deciders()
    models: Models = Models()
    daemon: Daemon
    path: Path

    def since(self) -> datetime | None:
        """The moment from which mail counts, in UTC: the start of [reading] since in the organisation's time zone."""
        if self.reading.since is None:
            return None
        return datetime.combine(self.reading.since, time(), tzinfo=self.organisation.time_zone).astimezone(UTC)

    def directory(self) -> Directory:
        """Who we are, from the settings alone."""
        ours = self.organisation
        words = {
            word for address in ours.staff for word in address.partition("@")[0].replace("_", ".").split(".") if len(word) > 2
        }
        return Directory(
            domains=frozenset(ours.domains),
            staff=tuple(ours.staff),
            mailboxes=frozenset(
                [*(mailbox.address for mailbox in self.mailboxes), *([ours.incidents] if ours.incidents else [])]
            ),
            names=frozenset(words),
            vendors=frozenset(ours.vendors),
        )

    def pack(self) -> policy.Pack:
        """The organisation's policy pack; it was found sound when the settings were read."""
        return policy.load(self.organisation.policy)


SECTIONS: Final[Mapping[str, type[_Section]]] = {
    "organisation": Organisation,
    "store": Store,
    "reading": Reading,
    "acting": Acting,
    "deciders": Deciders,
    "models": Models,
    "daemon": Daemon,
}
"""The sections that stand once; beside them one [mailbox:NAME] for each mailbox."""


def keys(model: type[_Section]) -> list[str]:
    """The keys a section may hold."""
    return [key for key in model.model_fields if not (model is MailboxSettings and key == "name")]


def load(path: Path, *, connecting: bool = True) -> Settings:
    """The settings in this file. Raises Misconfigured with every fault: "settings.ini: [section] key: wrong; right".

    connecting: whether the mailbox will be entered, so that its password must be there; commands that only read what was
    concluded do without.
    """
    path = path.absolute()
    faults: list[str] = []
    known = {name: keys(model) for name, model in SECTIONS.items()}
    found = sections(path, {**known, "mailbox:": keys(MailboxSettings)}, faults)
    context = value.Surroundings(folder=path.parent, connecting=connecting)
    read = {name: _read(model, name, found.get(name, {}), context, faults) for name, model in SECTIONS.items()}
    mailboxes = [_mailbox(name, values, context, faults) for name, values in found.items() if name.startswith("mailbox:")]
    if not mailboxes:
        faults.append("[mailbox:…]: is missing; add a section such as [mailbox:support] with address, host and password_file")
    faults += _twice_the_same(mailboxes)
    organisation = read["organisation"]
    faults += _strange_address(organisation, mailboxes)
    pack = policy.check(organisation.policy) if isinstance(organisation, Organisation) else []
    if faults or pack:
        raise Misconfigured([f"{path.name}: {fault}" for fault in faults] + pack)
    settings = Settings.model_validate({**read, "mailboxes": tuple(mailboxes), "path": path})
    return _with_holidays(settings)


def _with_holidays(settings: Settings) -> Settings:
    ours = settings.organisation
    if ours.service_standard is None:
        return settings
    standard = replace(ours.service_standard, holidays=ours.holidays)
    return settings.model_copy(update={"organisation": ours.model_copy(update={"service_standard": standard})})


def _mailbox(name: str, values: Mapping[str, str], context: value.Surroundings, faults: list[str]) -> MailboxSettings | None:
    label = name.removeprefix("mailbox:")
    if not _MAILBOX_NAME.fullmatch(label):
        faults.append(
            f"[{name}]: “{label}” is no name for a mailbox; use letters, digits, dots and dashes, as in [mailbox:support]"
        )
    ways = [key for key in ("password_file", "password_env", "oauth2_token_url") if key in values]
    faults += _unfit_for_oauth2(name, values)
    faults += _half_a_certificate(name, values)
    enough = len(ways) == 1 or (not ways and "client_certificate" in values)
    if not enough and "password" not in values:
        wrong = "are both given" if ways else "is missing"
        key = " and ".join(ways) or "password_file"
        faults.append(f"[{name}] {key}: {wrong}; name one place of the password, such as password_file = /etc/triage/password")
    defaults = {"username": values.get("address", "-"), "port": value.PORTS.get(values.get("security", "tls"), "993")}
    read = _read(MailboxSettings, name, {**defaults, **values}, context, faults, name_of_mailbox=label)
    return read if isinstance(read, MailboxSettings) else None


def _unfit_for_oauth2(name: str, values: Mapping[str, str]) -> Iterator[str]:
    given = [key for key in values if key.startswith("oauth2_")]
    if given and "oauth2_token_url" not in given:
        yield f"[{name}] oauth2_token_url: is missing; write the address where tokens are given out, or take out {', '.join(given)}"
    if "oauth2_token_url" not in given:
        return
    if "oauth2_client_id" not in given:
        yield f"[{name}] oauth2_client_id: is missing; write the id under which the program is registered with the provider"
    if not {"oauth2_client_secret_file", "oauth2_refresh_token_file"} & set(given):
        yield (
            f"[{name}] oauth2_client_secret_file: is missing; name the file with the client secret (to log in as the program) "
            "or oauth2_refresh_token_file (to log in as somebody who allowed it)"
        )


def _half_a_certificate(name: str, values: Mapping[str, str]) -> Iterator[str]:
    for one, other in (("client_certificate", "client_key"), ("client_key", "client_certificate")):
        if one in values and other not in values:
            yield f"[{name}] {other}: is missing; {one} needs it: a certificate and its private key go together"


def _strange_address(organisation: _Section | None, mailboxes: list[MailboxSettings | None]) -> Iterator[str]:
    """Mail to an address for incidents must be for us, and not lie in the way of customers."""
    if not isinstance(organisation, Organisation) or not (address := organisation.incidents):
        return
    if address.rpartition("@")[2] not in organisation.domains:
        yield f"[organisation] incidents: {address} is not at a domain of yours; make an address such as incidents@{organisation.domains[0]}"
    if address in organisation.staff or any(one and one.address == address for one in mailboxes):
        yield "[organisation] incidents: customers or colleagues are written to at this address; make one of its own that ends in the mailbox"


def _twice_the_same(mailboxes: list[MailboxSettings | None]) -> Iterator[str]:
    seen: dict[tuple[str, int, str, str | None], str] = {}
    for mailbox in mailboxes:
        if mailbox:
            account = (mailbox.host.lower(), mailbox.port, mailbox.username, mailbox.inbox)
            first = seen.setdefault(account, mailbox.name)
            if first != mailbox.name:
                yield f"[mailbox:{mailbox.name}] username: the same account as [mailbox:{first}]; keep one, or name another inbox"


def _read(
    model: type[_Section],
    name: str,
    values: Mapping[str, str],
    context: value.Surroundings,
    faults: list[str],
    *,
    name_of_mailbox: str | None = None,
) -> _Section | None:
    known = {key: value for key, value in values.items() if key in keys(model)}
    empty = [key for key, value in known.items() if not value]
    faults += [f"[{name}] {key}: is empty; {_advice(model, key)}" for key in empty]
    filled: dict[str, str] = {key: value for key, value in known.items() if value}
    if name_of_mailbox is not None:
        filled["name"] = name_of_mailbox
    try:
        return model.model_validate(filled, context=context)
    except ValidationError as errors:
        for error in errors.errors():
            key = str(error["loc"][0])
            if error["type"] == "missing" and key not in empty:
                faults.append(f"[{name}] {key}: is missing; {_advice(model, key)}")
            elif error["type"] != "missing":
                faults.append(f"[{name}] {key}: {error.get('ctx', {}).get('error', error['msg'])}")
    return None


def _advice(model: type[_Section], key: str) -> str:
    field = model.model_fields[key]
    return field.description or "give it a value, or take the line out"
