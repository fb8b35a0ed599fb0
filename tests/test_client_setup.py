"""The names and colours of the labels for mail programs."""

from __future__ import annotations

from pathlib import Path

from office import run

from triage import client_setup, label


def test_every_label_has_a_name_a_colour_and_a_letter_of_its_own() -> None:
    assert set(client_setup.SHOWN) == {*label.FINDINGS, *label.VERDICTS}
    for column in range(3):
        assert len({shown[column] for shown in client_setup.SHOWN.values()}) == len(client_setup.SHOWN)


def test_thunderbird_gets_a_tag_for_each_label_and_keeps_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "prefs.js").write_text("")
    (tmp_path / "user.js").write_text('user_pref("mail.check", true);')
    for _ in range(2):
        assert run("client-setup", "thunderbird", "--profile", str(tmp_path)).status == 0
    text = (tmp_path / "user.js").read_text()
    assert text.startswith('user_pref("mail.check", true);\n')
    for keyword in client_setup.SHOWN:
        assert text.count(f'"mailnews.tags.{keyword}.tag"') == 1


def test_a_folder_that_is_no_profile_is_told_and_left_alone(tmp_path: Path) -> None:
    said = run("client-setup", "thunderbird", "--profile", str(tmp_path))
    assert said.status == 69 and "is no Thunderbird profile" in said.errors
    assert not list(tmp_path.iterdir())


def test_neomutt_s_lines_name_each_label() -> None:
    said = run("client-setup", "neomutt")
    assert said.status == 0 and all(keyword in said.output for keyword in client_setup.SHOWN)
