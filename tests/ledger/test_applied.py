"""What of ours stands in a mailbox is known, and only that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from triage.ledger import ConclusionRows, Ledger, Location


def test_a_label_is_ours_until_it_is_taken_off(ledger: Ledger, monday: datetime) -> None:
    ledger.remember_applied("main", "repeat", ["k1", "k2", "k2"], monday)
    ledger.remember_applied("main", "repeat", ["k1"], monday)
    ledger.remember_applied("main", "held", ["k1"], monday)
    ledger.remember_applied("second", "repeat", ["k9"], monday)
    ledger.forget_applied("main", "repeat", ["k2", "unknown"])
    assert ledger.applied("main") == {"repeat": {"k1"}, "held": {"k1"}}
    assert ledger.applied("second") == {"repeat": {"k9"}}


def test_no_labels_are_no_trouble(ledger: Ledger, monday: datetime) -> None:
    ledger.remember_applied("main", "repeat", [], monday)
    ledger.forget_applied("main", "repeat", [])
    assert ledger.applied("main") == {}


LABELS = ("triage-repeat", "triage-urgent")


def want(ledger: Ledger, labels: dict[str, Iterable[str]], held: Iterable[str] = ()) -> None:
    contact = {"id": "c-1", "stage": "watch", "addresses": ["kit@mail.example"]}
    rows = [{"message_key": key, "contact": "c-1", "labels": list(names), "held": key in held} for key, names in labels.items()]
    ledger.replace_conclusions([], ConclusionRows(contacts=[contact], wanted=rows))


def test_only_mails_whose_labels_differ_from_what_is_wanted_are_to_be_labelled(ledger: Ledger, monday: datetime) -> None:
    for place, key in enumerate(("right", "missing", "surplus", "elsewhere"), start=1):
        ledger.place(key, Location("main" if key != "elsewhere" else "second", "INBOX", 7, place))
    want(ledger, {"right": LABELS, "missing": LABELS, "surplus": (), "elsewhere": LABELS, "nowhere": LABELS})
    for key, name in (("right", LABELS[0]), ("right", LABELS[1]), ("missing", LABELS[0]), ("surplus", LABELS[1])):
        ledger.remember_applied("main", name, [key], monday)
    ledger.remember_applied("main", "held", ["right"], monday)
    assert ledger.mislabelled("main", LABELS) == {"missing", "surplus"}
    assert ledger.mislabelled("second", LABELS) == {"elsewhere"}
    assert ledger.applied("main", ["missing", "surplus"]) == {LABELS[0]: {"missing"}, LABELS[1]: {"surplus"}}


def test_what_is_no_longer_wanted_is_to_be_taken_off(ledger: Ledger, monday: datetime) -> None:
    ledger.place("k1", Location("main", "INBOX", 7, 1))
    want(ledger, {"k1": LABELS})
    for name in LABELS:
        ledger.remember_applied("main", name, ["k1"], monday)
    assert ledger.mislabelled("main", LABELS) == set()
    want(ledger, {"k1": LABELS[:1]})
    assert ledger.mislabelled("main", LABELS) == {"k1"}
    ledger.replace_conclusions(["c-1"], ConclusionRows())
    ledger.forget_applied("main", LABELS[1], ["k1"])
    assert ledger.mislabelled("main", LABELS) == {"k1"}


def test_mail_to_be_held_is_known_by_itself(ledger: Ledger) -> None:
    want(ledger, {"k1": (), "k2": LABELS, "k3": ()}, held=("k1", "k3"))
    assert ledger.held() == {"k1", "k3"}
    want(ledger, {"k1": ()})
    assert ledger.held() == set()
