"""A whole review, from the proposal to the verdict, its effect and back, on every kind of server: by moving, by label, by answering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import House, house
from mailstate import Lying, differences, mails, move, notes, state, uid_of
from office import Office
from replying import answer
from sample import DOREEN, NOW, address, garage, restriction, story
from servers import Server, add_pymap_user, must

from triage.label import FINDINGS

KINDS = ("dovecot", "without-keywords", "gmail", "exchange")


@dataclass(frozen=True)
class Desk:
    kind: str
    office: Office
    house: House | None = None

    @property
    def server(self) -> Server:
        return self.office.server

    @property
    def user(self) -> str:
        return self.office.user

    def note(self, folder: str = "Triage/Review") -> Lying:
        return next(one for one in notes(self.server, self.user, folder) if one.subject.startswith("A warning may be due"))

    def labels(self) -> set[str]:
        """All of ours that people see on Doreen's mail in the inbox, or as copies of it in folders."""
        hers = {mail.message_id for mail in garage()}
        found = {
            flag
            for one in mails(self.server, self.user, "INBOX")
            if one.message_id in hers
            for flag in one.flags
            if flag in FINDINGS
        }
        if self.kind == "gmail" and self.house:
            lying = self.house.account(self.user)["INBOX"].mails.values()
            found |= {name for mail in lying if b"doreen" in mail.raw for name in mail.labels if name in FINDINGS}
        for name in FINDINGS:
            copies = mails(self.server, self.user, f"Triage/{name.removeprefix('triage-').title()}")
            found |= {name} if name != "triage-hold" and hers & {one.message_id for one in copies} else set()
        return found

    def label(self, message_id: str, name: str) -> None:
        """Staff put a verdict label on a mail; where the server keeps none, they move it into the folder of that name."""
        with self.server.client(self.user, "INBOX") as client:
            uid = uid_of(client, message_id)
            if self.kind == "gmail":
                must(client.uid("STORE", uid, "+X-GM-LABELS", f"({name})"))
            elif self.kind == "dovecot":
                must(client.uid("STORE", uid, "+FLAGS", f"({name})"))
            else:
                must(client.uid("MOVE", uid, f"Triage/{name[7:].title()}"))

    def stage(self) -> str:
        return self.office.stage(address(DOREEN))


def _filled(kind: str, server: Server, user: str, folder: Path, one: House | None = None) -> Desk:
    sent = {"gmail": "[Gmail]/Sent Mail", "exchange": "Sent Items"}.get(kind, "Sent")
    office = Office(server, folder, user)
    office.open()
    with server.client(user) as client:
        client.create("Sent") if kind == "without-keywords" else None
    for mail in story():
        server.append(user, sent if mail.folder == "Sent" else "INBOX", mail.raw, date=mail.at)
    return Desk(kind, office, one)


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, user: str, tmp_path: Path) -> Iterator[Desk]:
    if request.param in ("gmail", "exchange"):
        with house(request.param, tmp_path) as (server, one):
            yield _filled(request.param, server, user, tmp_path / "office", one)
        return
    server = request.getfixturevalue("dovecot_server" if request.param == "dovecot" else "pymap_server")
    if request.param == "without-keywords":
        add_pymap_user(server, user, [])
    yield _filled(request.param, server, user, tmp_path / "office")


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
        desk = _filled("exchange", server, user, tmp_path / "office", one)
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
