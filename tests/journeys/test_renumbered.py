"""Mails that get new numbers: a folder made anew, or mail copied to and fro, is the same mail to us."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from mailstate import flags, mails, move, notes, uid_of
from office import Office
from sample import DOREEN, address, letter, story
from servers import must

about_gas = next(mail for mail in story() if b"useless cretin" in mail.raw)


def renumber(one: Office, folder: str = "") -> None:
    """Has Dovecot give every mail of a folder (the inbox) a new UID and the folder a new UIDVALIDITY."""
    place = one.server.directory / "home" / one.user / "Maildir" / folder
    for path in [place / "dovecot-uidlist", *place.glob("dovecot.index*"), *place.parent.glob("Maildir/dovecot.list.index*")]:
        path.unlink(missing_ok=True)


def validity(one: Office, folder: str = "INBOX") -> int:
    with one.server.client(one.user, folder) as client:
        return int(client.response("UIDVALIDITY")[1][0] or 0)


def test_an_inbox_with_new_numbers_brings_no_mail_twice(worked: Office) -> None:
    before, labels, old = worked.export(), flags(worked.server, worked.user), validity(worked)
    renumber(worked)
    assert validity(worked) != old
    said = worked.once()
    assert said.output.startswith("0 new mails read") and "0 changes made" in said.output
    assert worked.export() == before
    assert flags(worked.server, worked.user) == labels
    assert len(notes(worked.server, worked.user)) == 4


def test_after_new_numbers_labels_are_still_found_and_taken_off(worked: Office) -> None:
    renumber(worked)
    worked.once()
    assert worked.run("undo").status == 0
    assert not [names for names in flags(worked.server, worked.user).values() if names]


def test_new_numbers_met_by_undo_itself_are_no_hindrance(worked: Office) -> None:
    renumber(worked)
    assert worked.run("undo").status == 0
    assert not [names for names in flags(worked.server, worked.user).values() if names]


def test_new_numbers_and_new_mail_at_once(worked: Office) -> None:
    renumber(worked)
    more = letter(
        "Hello,\n\nI still wish to rent garage 14 behind Tern Court for my late husband's car.\n\nDoreen Pike",
        sender=DOREEN, subject="Garage 14 at Tern Court", at="2026-05-12 08:00",
    )  # fmt: skip
    worked.receive(more)
    assert worked.once().output.startswith("1 new mails read")
    assert "triage-repeat" in flags(worked.server, worked.user)[more.message_id]
    (contact,) = [row for row in worked.export()["contacts"] if address(DOREEN) in row["addresses"]]
    assert contact["messages"] == 5


def test_mail_moved_out_and_back_is_the_same_mail(worked: Office) -> None:
    before = worked.export()
    with worked.server.client(worked.user) as client:
        client.create("Archive")
    move(worked.server, worked.user, about_gas.message_id, "INBOX", "Archive")
    worked.once()
    move(worked.server, worked.user, about_gas.message_id, "Archive", "INBOX")
    said = worked.once()
    assert said.output.startswith("0 new mails read") and "0 changes made" in said.output
    assert worked.export() == before
    assert worked.run("undo").status == 0
    assert not flags(worked.server, worked.user)[about_gas.message_id]


def test_new_numbers_when_one_mail_is_gone_and_another_bears_a_strangers_message_id(worked: Office) -> None:
    same = letter(
        "Hello,\n\nis the swimming pool open on Sunday?\n\nOdo Marsh", sender="Odo Marsh <odo@marsh.example>", subject="Pool",
        at="2026-05-12 07:00",
    )  # fmt: skip
    raw = same.raw.replace(same.message_id.encode(), about_gas.message_id.encode())
    worked.receive(replace(same, raw=raw))
    worked.once()
    gone = next(mail for mail in story() if b"garage 14" in mail.raw)

    def lying() -> dict[str, tuple[str, ...]]:
        return {one.digest: one.flags for one in mails(worked.server, worked.user, "INBOX") if one.message_id != gone.message_id}

    before = lying()
    twins = [found for digest, found in before.items() if digest in map(digest_of, (about_gas.raw, raw))]
    assert len(twins) == 2 and sorted(map(bool, twins)) == [False, True], twins
    with worked.server.client(worked.user, "INBOX") as client:
        must(client.uid("STORE", uid_of(client, gone.message_id), "+FLAGS", "(\\Deleted)"))
        must(client.expunge())
    renumber(worked)
    assert worked.once().output.startswith("0 new mails read")
    assert lying() == before


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
