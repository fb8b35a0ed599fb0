"""settings.ini: what is read from it, what is said about faulty ones, and that the commented example is complete."""

from __future__ import annotations

import configparser
import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from triage.errors import Misconfigured
from triage.mailbox import Account
from triage.service_standard import ServiceStandard
from triage.settings import SECTIONS, MailboxSettings, Settings, keys, load

ROOT = Path(__file__).resolve().parent.parent
BAD = sorted(folder.name for folder in (ROOT / "tests" / "bad_settings").iterdir())

PLAIN = """\
[organisation]
name = Fernhill Lettings
domains = fernhill.example
policy = jack-keller

[mailbox:desk]
address = desk@fernhill.example
host = imap.fernhill.example
password_file = password
"""


def secret(folder: Path, name: str, words: str, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(words, encoding="utf-8")
    path.chmod(mode)
    return path


def settings(folder: Path, text: str = PLAIN) -> Settings:
    secret(folder, "password", "s3cret words\n")
    path = folder / "settings.ini"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("fault", BAD)
def test_a_faulty_file_is_answered_with_what_is_wrong_and_what_would_be_right(fault: str, tmp_path: Path) -> None:
    folder = tmp_path / fault
    shutil.copytree(ROOT / "tests" / "bad_settings" / fault, folder)
    secret(folder, "password", "s3cret words\n")
    secret(folder, "open-password", "s3cret words\n", 0o640)
    secret(folder, "empty-password", "\n")
    with pytest.raises(Misconfigured) as caught:
        load(folder / "settings.ini")
    expected = (folder / "expected-error").read_text(encoding="utf-8").replace("FOLDER", str(folder))
    assert "\n".join(caught.value.faults) + "\n" == expected


def test_no_fault_repeats_what_may_be_a_password(tmp_path: Path) -> None:
    for fault in BAD:
        with pytest.raises(Misconfigured) as caught:
            load(ROOT / "tests" / "bad_settings" / fault / "settings.ini")
        assert not any(words in str(caught.value) for words in ("correct horse", "battery staple", "hunter2"))


def test_a_missing_settings_file_is_a_fault_in_words(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read \\(No such file or directory\\); give the path of a settings file"):
        load(tmp_path / "settings.ini")


def test_a_file_in_another_encoding_is_a_fault_in_words(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_bytes("[organisation]\nname = Café\n".encode("latin-1"))
    with pytest.raises(Misconfigured, match="is not text in UTF-8; save it again in that encoding"):
        load(path)


def test_the_few_required_keys_are_enough(tmp_path: Path) -> None:
    read = settings(tmp_path)
    assert read.organisation.staff == ()
    assert read.organisation.service_standard is None
    assert read.organisation.time_zone == ZoneInfo("UTC")
    assert read.store.url == f"sqlite:///{tmp_path}/triage.db"
    assert (read.acting.labels, read.acting.notes, read.acting.hold) == (True, True, True)
    assert (read.daemon.interval, read.daemon.idle) == (timedelta(minutes=5), True)
    assert (read.reading.largest_mail, read.since()) == (262144, None)
    assert read.pack().id == "004"


def test_a_mailbox_becomes_an_account_with_what_most_servers_want(tmp_path: Path) -> None:
    assert settings(tmp_path).mailboxes[0].account() == Account(
        name="desk",
        address="desk@fernhill.example",
        host="imap.fernhill.example",
        port=993,
        security="tls",
        username="desk@fernhill.example",
        password="s3cret words",
        timeout=60.0,
    )


def test_a_certificate_may_stand_beside_the_password_or_instead_of_it(tmp_path: Path) -> None:
    certificate, key = secret(tmp_path, "client.pem", "-----BEGIN CERTIFICATE-----"), secret(tmp_path, "key.pem", "-----BEGIN")
    shown = PLAIN + "client_certificate = client.pem\nclient_key = key.pem\n"
    for text, password in ((shown, "s3cret words"), (shown.replace("password_file = password\n", ""), "")):
        account = settings(tmp_path, text).mailboxes[0].account()
        assert (account.client_certificate, account.client_key, account.password) == (str(certificate), str(key), password)


def test_everything_can_be_said_and_remarks_after_a_semicolon_are_no_part_of_it(tmp_path: Path) -> None:
    secret(tmp_path, "ca.pem", "-----BEGIN CERTIFICATE-----")
    read = settings(
        tmp_path,
        """
        # set in as a whole, as when copied from a page
        [organisation]
        name = Fernhill 100% Lettings            ; their name
        domains = Fernhill.example, fernhill-repairs.example
        staff = Ann@fernhill.example, bo@contractor.example, ann@fernhill.example
        policy = caraway
        service_standard = 5 working days        ; promised on the website
        holidays = 2026-12-25, 2026-12-28
        time_zone = Europe/London
        trusted_authserv_id = mx.fernhill.example
        [store]
        url = postgresql+psycopg://triage@db.fernhill.example/triage
        [mailbox:desk]
        address = Desk@fernhill.example
        host = 127.0.0.1
        port = 10143
        security = starttls
        username = desk
        password_file = password
        inbox = INBOX
        sent = Sent Items
        ca_file = ca.pem
        timeout = 2 minutes
        [reading]
        since = 2026-07-01
        largest_mail = 1 MiB
        [acting]
        labels = no
        notes = off
        hold = false
        [daemon]
        interval = 1 hour
        idle = no
        """,
    )
    ours, box = read.organisation, read.mailboxes[0]
    assert ours.name == "Fernhill 100% Lettings"
    assert ours.domains == ("fernhill.example", "fernhill-repairs.example")
    assert ours.staff == ("ann@fernhill.example", "bo@contractor.example")
    assert ours.service_standard == ServiceStandard(working_days=5, holidays=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
    assert ours.trusted_authserv_id == "mx.fernhill.example"
    assert read.store.url == "postgresql+psycopg://triage@db.fernhill.example/triage"
    assert (box.port, box.security, box.inbox, box.sent, box.timeout.total_seconds()) == (
        10143,
        "starttls",
        "INBOX",
        "Sent Items",
        120,
    )
    assert box.account().ca_file == str(tmp_path / "ca.pem")
    assert read.since() == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert (read.acting.labels, read.acting.notes, read.acting.hold, read.daemon.idle) == (False, False, False, False)


def test_the_store_stands_where_an_absolute_path_says(tmp_path: Path) -> None:
    read = settings(tmp_path, PLAIN + "[store]\nurl = sqlite:////var/lib/triage/triage.db\n")
    assert read.store.url == "sqlite:////var/lib/triage/triage.db"


def test_a_policy_of_ones_own_is_meant_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "our.toml").write_bytes((ROOT / "rules" / "caraway.toml").read_bytes())
    read = settings(tmp_path, PLAIN.replace("jack-keller", "./our.toml"))
    assert read.organisation.policy == str(tmp_path / "our.toml")
    assert read.pack().title == "Code of Conduct"


def test_the_password_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "from outside")
    read = settings(tmp_path, PLAIN.replace("password_file = password", "password_env = DESK_PASSWORD"))
    assert read.mailboxes[0].password() == "from outside"
    monkeypatch.delenv("DESK_PASSWORD")
    with pytest.raises(Misconfigured, match="DESK_PASSWORD is not set"):
        read.mailboxes[0].password()


def test_a_credential_that_systemd_hands_over_may_show_a_group_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    secret(credentials, "imap", "s3cret words", 0o440)
    text = PLAIN.replace("= password", f"= {credentials}/imap")
    with pytest.raises(Misconfigured, match="other people of this machine can read"):
        settings(tmp_path, text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert settings(tmp_path, text).mailboxes[0].password() == "s3cret words"


def test_no_secret_shows_when_settings_are_printed(tmp_path: Path) -> None:
    read = settings(tmp_path, PLAIN + "[store]\nurl = postgresql+psycopg://triage:hunter2@db/triage\n")
    shown = repr(read) + str(read) + repr(read.mailboxes[0].account())
    assert "s3cret" not in shown
    assert "hunter2" not in shown


def test_commands_that_do_not_enter_the_mailbox_need_no_password(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(PLAIN, encoding="utf-8")
    assert load(path, connecting=False).mailboxes[0].host == "imap.fernhill.example"
    with pytest.raises(Misconfigured, match="there is no file"):
        load(path)


def test_a_server_on_this_machine_needs_no_encryption(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        read = settings(tmp_path, PLAIN.replace("imap.fernhill.example", host) + "security = none\n")
        assert (read.mailboxes[0].host, read.mailboxes[0].port) == (host, 143)


def uncommented() -> str:
    """The example with its optional keys switched on."""
    lines = (ROOT / "settings.ini").read_text(encoding="utf-8").splitlines()
    return "\n".join(line[1:] if line.startswith(";") and line[1:2].isalpha() else line for line in lines)


def example(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read_string(text)
    return {name: dict(parser.items(name)) for name in parser.sections()}


def test_the_example_explains_exactly_the_keys_the_program_knows() -> None:
    known = {name: sorted(keys(model)) for name, model in SECTIONS.items()} | {"mailbox:support": sorted(keys(MailboxSettings))}
    assert {name: sorted(values) for name, values in example(uncommented()).items()} == known


def test_every_key_of_the_example_has_a_sentence_above_it() -> None:
    lines = (ROOT / "settings.ini").read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        if "=" in line and not line.startswith("; "):
            assert above.startswith("; "), line


def test_the_example_needs_only_its_password_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "settings.ini", tmp_path)
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path / "settings.ini")
    assert [fault.split(": ")[1] for fault in caught.value.faults] == ["[mailbox:support] password_file"]
    secret(tmp_path, "password", "s3cret words")
    assert load(tmp_path / "settings.ini").organisation.name == "Keller"


def test_what_the_example_shows_for_an_optional_key_is_what_holds_without_it(tmp_path: Path) -> None:
    with_all = (
        uncommented()
        .replace("password_env", ";password_env")
        .replace("ca_file", ";ca_file")
        .replace("\nclient_", "\n;client_")
        .replace("sent =", ";sent =")
        .replace("oauth2_", ";oauth2_")
        .replace("health_file", ";health_file")
        .replace("metrics", ";metrics")
        .replace("semantic =", ";semantic =")
        .replace("key_file =", ";key_file =")
        .replace("incidents =", ";incidents =")
        .replace("vendors =", ";vendors =")
    )
    said = settings(tmp_path, with_all)
    silent = settings(tmp_path, (ROOT / "settings.ini").read_text(encoding="utf-8"))
    assert said.acting == silent.acting
    assert said.daemon == silent.daemon
    assert said.store == silent.store
    assert said.organisation.time_zone == silent.organisation.time_zone
    assert said.reading.model_copy(update={"since": None}) == silent.reading
    assert said.mailboxes[0].model_copy(update={"inbox": None}) == silent.mailboxes[0]
