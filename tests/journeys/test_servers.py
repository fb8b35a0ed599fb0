"""A whole review, from the proposal to the verdict, its effect and back, on every kind of server: by moving, by label, by answering."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import KINDS, Desk, at_desk, filled
from house import house
from mailstate import differences, mails, move, notes, state
from replying import answer
from sample import NOW, garage, restriction


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, user: str, tmp_path: Path) -> Iterator[Desk]:
    with at_desk(request.param, tmp_path, user, request.getfixturevalue) as one:
        yield one


def test_a_whole_review_by_moving_the_note(desk: Desk) -> None:
    before = desk.office.state()
    desk.office.once()
    assert desk.stage() == "warn"
    assert {"triage-repeat", "triage-staff"} <= desk.labels() or desk.kind == "without-keywords"  # whose copies are not whole
    move(desk.server, desk.user, desk.note().message_id, "Triage/Review", "Triage/Dismiss")
    assert "1 verdicts heard" in desk.office.once().output
    assert desk.stage() == "clear" and "triage-repeat" not in desk.labels()
    assert "Dismissed on" in desk.note("Triage/Dismiss").text
    assert " 0 changes made" in desk.office.once().output
    move(desk.server, desk.user, desk.note("Triage/Dismiss").message_id, "Triage/Dismiss", "Triage/Review")
    assert "1 verdicts heard" in desk.office.once().output
    assert desk.stage() == "warn"
    assert " 0 changes made" in desk.office.once().output
    assert desk.office.run("undo").status == 0
    assert not desk.labels()
    after = state(desk.server, desk.user)
    known = {name for name in before if name in after}
    assert {one.digest for name in known for one in after[name]} == {one.digest for name in before for one in before[name]}
    assert [line for line in differences(after, before) if line.startswith("folder")] == []


def test_a_whole_review_by_a_label_on_the_mail(desk: Desk) -> None:
    desk.office.once()
    last = garage()[-1]
    desk.label(last.message_id, "triage-dismiss")
    assert "1 verdicts heard" in desk.office.once().output
    assert {row["message"] for row in desk.office.export()["dismissed"]} == {last.message_id}
    assert "0 verdicts heard" in desk.office.once().output


def test_a_whole_review_by_answering_the_note(desk: Desk) -> None:
    desk.office.once()
    desk.server.append(desk.user, "INBOX", answer(desk.note(), "REJECT, nobody told her").raw, date=NOW)
    assert "1 verdicts heard" in desk.office.once().output
    assert desk.stage() == "clear"
    told = desk.note("Triage/Dismiss")
    assert "nobody told her" in told.text
    desk.server.append(desk.user, "INBOX", answer(told, "UNDO", at="2026-05-12 11:40").raw, date=NOW)
    assert "1 verdicts heard" in desk.office.once().output
    assert desk.stage() == "warn" and desk.note()
    desk.server.append(desk.user, "INBOX", answer(desk.note(), "LESS. A word will do.", at="2026-05-12 11:50").raw, date=NOW)
    assert "1 verdicts heard" in desk.office.once().output
    assert desk.stage() == "watch"
    assert " 0 changes made" in desk.office.once().output


def test_mail_under_a_restriction_is_held_and_comes_back(desk: Desk) -> None:
    desk.office.once()
    held = mails(desk.server, desk.user, "Triage/Held")
    assert [one.message_id for one in held] == [restriction()[-2].message_id]
    assert desk.office.run("undo").status == 0
    assert restriction()[-2].message_id in [one.message_id for one in mails(desk.server, desk.user, "INBOX")]


def test_throttled_again_and_again_it_comes_to_the_same_end(tmp_path: Path, user: str) -> None:
    with house("exchange", tmp_path) as (server, one):
        desk = filled("exchange", server, user, tmp_path / "office", one)
        said, tries = 1, 0
        while said and tries < 40:
            one.throttle_at = {len(one.commands) + 12 + 5 * tries}
            result = desk.office.run("once", "--now", NOW.isoformat())
            said, tries = result.status, tries + 1
            assert said in (0, 75) and (not said or "throttled" in result.errors)
        one.throttle_at = set()
        assert tries > 3
        assert " 0 changes made" in desk.office.once().output
        assert len(notes(server, user)) == 4 and len(mails(server, user, "Triage/Held")) == 1
