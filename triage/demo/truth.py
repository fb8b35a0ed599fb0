"""Whether the pass concluded what is known of the sample: no more, no less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from triage.demo.sample import Person, Sample

Exported = Mapping[str, Any]
"""What `triage export` prints."""

SURE = 0.5
"""Findings below it are unsure, shown to people and counted for nothing."""


def differences(chosen: Sample, exported: Exported) -> list[str]:
    """What was concluded otherwise than mails.toml says, a sentence each."""
    return [*_findings(chosen, exported), *_contacts(chosen, exported), *_held(chosen, exported)]


def _findings(chosen: Sample, exported: Exported) -> Iterator[str]:
    found: dict[str, set[str]] = {}
    for row in exported["findings"]:
        if row["strength"] >= SURE:
            found.setdefault(row["message"], set()).add(row["kind"])
    for mail in chosen.mails:
        kinds = found.pop(mail.message_id, set())
        if missed := mail.finds - kinds:
            yield f"{mail.id}: {', '.join(sorted(missed))} should have been found and was not"
        if wrong := kinds - mail.finds - mail.may:
            yield f"{mail.id}: {', '.join(sorted(wrong))} was found and should not have been"
    for message_id in sorted(found):
        yield f"{message_id}: something was found on a mail that is not of the sample"


def _contacts(chosen: Sample, exported: Exported) -> Iterator[str]:
    rows = {address: row for row in exported["contacts"] for address in row["addresses"]}
    for address, person in chosen.people.items():
        row = rows.get(address)
        if row is None:
            yield f"{person.name}: is not known as a contact"
            continue
        if row["addresses"] != [address]:
            yield f"{person.name}: was taken to be one person with {', '.join(one for one in row['addresses'] if one != address)}"
        if row["stage"] not in person.stages:
            yield f"{person.name}: stage {row['stage']}, should be {' or '.join(sorted(person.stages))}"
        late = any(matter["overdue"] for matter in exported["matters"] if row["id"] in matter["contacts"])
        if person.overdue and not late:
            yield f"{person.name}: waits for an answer, and the matter is not shown as overdue"


def _held(chosen: Sample, exported: Exported) -> Iterator[str]:
    people: list[Person] = list(chosen.people.values())
    should = {one for person in people for one in person.held}
    held = {chosen.ids.get(message_id, message_id) for message_id in exported["held"]}
    for one in sorted(should - held):
        yield f"{one}: should be held and is not"
    for one in sorted(held - should):
        yield f"{one}: is held and should not be"
