"""The demo from its mails to its screen, on a real IMAP server."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage import demo, settings
from triage.acting import undo
from triage.actor import Actor
from triage.demo import embedded, play, truth
from triage.demo.sample import Sample, sample
from triage.demo.scene import Scene
from triage.errors import Permanent
from triage.ledger import Ledger
from triage.mailbox import connect

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
"""A Wednesday; the sample counts its days back from it."""


class Demo:
    """A demo that was played once, with its server still running."""

    def __init__(self, folder: Path, port: int) -> None:
        self.sample: Sample = sample(NOW)
        self.port = port
        play.deliver(port, self.sample)
        self.before = self.mails()
        self.settings = settings.load(play.write_settings(folder, port, self.sample))
        self.scene: Scene
        self.exported: truth.Exported
        self.scene, self.exported = play.play(self.sample, self.settings, port, NOW)

    def mails(self) -> dict[str, set[tuple[str, frozenset[str]]]]:
        """Folder → Message-ID and flags of each mail in it, as another mail program sees them."""
        found = {}
        with imaplib.IMAP4(embedded.HOST, self.port, timeout=20) as client:
            client.login(embedded.USER, embedded.PASSWORD)
            for folder in [one.name for one in play.folders(self.port)]:
                _, count = client.select(f'"{folder}"', readonly=True)
                _, lines = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])") if count != [b"0"] else ("", [])
                found[folder] = {_described(line) for line in lines if isinstance(line, tuple)}
        return found


def _described(line: tuple[bytes, bytes]) -> tuple[str, frozenset[str]]:
    flags = re.search(r"FLAGS \(([^)]*)\)", line[0].decode())
    message_id = re.search(r"<[^>]+>", line[1].decode())
    assert flags and message_id
    return message_id[0], frozenset(flags[1].split()) - {"\\Recent"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with embedded.serving(folder / "mail") as server:
        yield Demo(folder, server.port)


def test_the_pass_concludes_exactly_what_is_known_of_the_sample(played: Demo) -> None:
    assert truth.differences(played.sample, played.exported) == []


def test_a_second_pass_reads_nothing_and_changes_nothing(played: Demo) -> None:
    assert (played.scene.again.messages, played.scene.again.changes) == (0, 0)


def test_a_missed_finding_a_wrong_one_a_wrong_stage_and_a_wrong_hold_are_each_told(played: Demo) -> None:
    exported = dict(played.exported)
    exported["findings"] = [row for row in exported["findings"] if row["kind"] != "welfare"]
    exported["findings"].append({"message": "<lomax-1@inbox.example>", "kind": "threat", "strength": 0.9})
    exported["contacts"] = [
        {**row, "stage": "restrict"} if "maryam.quill@inbox.example" in row["addresses"] else row for row in exported["contacts"]
    ]
    exported["held"] = ["<voss-4@post.example>"]
    assert sorted(truth.differences(played.sample, exported)) == [
        "Maryam Quill: stage restrict, should be clear",
        "farrow-1: welfare should have been found and was not",
        "lomax-1: threat was found and should not have been",
        "voss-3: should be held and is not",
        "voss-4: is held and should not be",
    ]


def test_the_screen_names_who_was_flagged_with_words_and_clause_and_who_was_left_alone_with_the_reason(
    played: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from triage.demo import screen

    screen.show(Console(width=100, highlight=False), played.scene, played.settings.path)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Ellis Farrow Please read this mail now" in shown
    assert "Colin Abbey A warning may be due" in shown
    assert "004/UD7" in shown
    assert re.search(r"not held \d+ \w+ 2026 My data a legal right is invoked", shown)
    assert re.search(r"Maryam Quill Four angry mails.{1,60}overdue on OUR", shown)
    assert "0 changes" in shown


def test_nothing_is_read_or_changed_but_labels_and_the_place_of_the_held_mail(played: Demo) -> None:
    after = played.mails()
    moved = {one for one, _ in played.before["INBOX"]} - {one for one, _ in after["INBOX"]}
    assert moved == {one for one, _ in after["Triage/Held"]} == {"<voss-3@post.example>"}
    assert all(flag.startswith("triage-") for folder in ("INBOX", "Sent") for _, flags in after[folder] for flag in flags)
    assert after["Sent"] == played.before["Sent"]


def test_undo_makes_the_mailbox_as_it_was(played: Demo) -> None:
    with Ledger.open(played.settings.store.url) as ledger, connect(played.settings.mailboxes[0].account()) as box:
        undo(Actor(box, ledger, played.settings, NOW))
    after = {name: mails for name, mails in played.mails().items() if not name.startswith("Triage")}
    assert after == {name: mails for name, mails in played.before.items() if not name.startswith("Triage")}
    assert not [name for name in played.mails() if name.startswith("Triage/")]
    assert {one.name: one.mails for one in play.folders(played.port)}["INBOX"] == len(
        played.before["INBOX"]
    )  # none is listed twice


def test_the_sample_is_as_good_on_any_day_of_the_week() -> None:
    for day in range(1, 8):
        mails = sample(NOW.replace(day=day)).mails
        assert len(mails) == 28
        assert all(mail.at < NOW.replace(day=day) for mail in mails)


def test_a_folder_with_other_files_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Permanent, match="holds other files"):
        demo.show(folder=tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_settings_somebody_else_wrote_are_not_taken_for_the_demos_own(tmp_path: Path) -> None:
    (tmp_path / "settings.ini").write_text("[organisation]\n")
    with pytest.raises(Permanent, match="holds other files"):
        demo.show(folder=tmp_path)
    assert (tmp_path / "settings.ini").exists()


def test_people_are_told_apart_in_the_truth_as_in_the_sample() -> None:
    chosen = sample(NOW)
    assert len(chosen.people) == 13
    assert {one.sender for one in chosen.mails if one.folder == "INBOX"} == set(chosen.people)
