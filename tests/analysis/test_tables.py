"""The tables for analysts: true to the mails, true to their dictionary, and nobody's name in them."""

from __future__ import annotations

import re
import stat
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from yearmade import Year

from triage import analysis
from triage.analysis import pseudonym
from triage.analysis.pseudonym import Pseudonyms
from triage.analysis.tables import NAMES_SHOWN
from triage.errors import Misconfigured, Permanent
from triage.ledger import Ledger

DATA = Path(__file__).parents[2] / "docs" / "data.md"
DTYPES = {"text": "str", "whole": "int64", "number": "float64", "yes/no": "bool", "time": "datetime64[us, UTC]"}


@pytest.fixture(scope="module")
def tables(small_year: Year) -> analysis.Tables:
    return analysis.read(small_year.settings)


def texts(tables: analysis.Tables) -> str:
    """Every cell of text there is."""
    return "\n".join(
        text for _, frame in tables for column in frame for text in frame[column].astype(str) if frame[column].dtype == "str"
    )


# the dictionary


def test_the_page_is_what_the_dictionary_says() -> None:
    assert DATA.read_text(encoding="utf-8") == analysis.dictionary(), (
        "docs/data.md is old: python -c 'from triage.analysis import dictionary; print(dictionary(), end=\"\")' > docs/data.md"
    )


def test_every_word_of_the_tables_is_explained(tables: analysis.Tables) -> None:
    words = analysis.dictionary().partition("## What the words mean")[2]
    used = {
        *tables.findings["kind"],
        *tables.contacts["stage"],
        *tables.decisions.loc[tables.decisions["on"] == "contact", "choice"],
    }
    used |= {one for text in tables.contacts["safeguards"] for one in str(text).split(", ") if one}
    assert len(used) > 15
    assert not [word for word in used if f"| `{word}` |" not in words]


def test_each_table_has_the_columns_and_types_of_the_dictionary(tables: analysis.Tables) -> None:
    for name, frame in tables:
        promised = {column.name: DTYPES[column.type] for column in analysis.TABLES[name].columns}
        assert {column: str(frame[column].dtype) for column in frame} == promised, name


def test_a_table_without_a_row_has_the_same_columns_and_types() -> None:
    for name, table in analysis.TABLES.items():
        promised = {column.name: DTYPES[column.type] for column in table.columns}
        frame = table.frame([])
        assert {column: str(frame[column].dtype) for column in frame} == promised, name


def test_a_column_that_the_dictionary_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="shoe_size"):
        analysis.TABLES["contacts"].frame([{"contact": "c", "shoe_size": 42}])


# pseudonyms


def test_no_name_address_or_word_of_anybody_stands_in_the_tables(small_year: Year, tables: analysis.Tables) -> None:
    cells = texts(tables)
    assert "@" not in cells
    for person in small_year.truth["people"]:
        for word in re.findall(r"[a-z]{4,}", person["address"].partition("@")[0]):
            assert not re.search(rf"\b{word}\b", cells, re.IGNORECASE), word
    for personal in (column for table in analysis.TABLES.values() for column in table.columns if column.personal):
        for _, frame in tables:
            if personal.name in frame:
                assert set(frame[personal.name]) <= {""}


def test_the_same_thing_bears_the_same_pseudonym_every_time(small_year: Year, tables: analysis.Tables) -> None:
    pd.testing.assert_frame_equal(analysis.read(small_year.settings).findings, tables.findings)


def test_another_key_gives_other_pseudonyms_and_a_kind_of_thing_has_its_own() -> None:
    one, other = Pseudonyms(b"a" * 32), Pseudonyms(b"b" * 32)
    assert one.of("contact", "c-1") == one.of("contact", "c-1")
    made = (one.of("contact", "c-1"), other.of("contact", "c-1"), one.of("matter", "c-1"))
    assert len({name.partition("-")[2] for name in made}) == 3
    assert one.of("contact", "") == ""


def test_the_key_lies_beside_the_ledger_and_is_its_owners_alone(small_year: Year, tables: analysis.Tables) -> None:
    file = small_year.settings.with_name("triage.db.pseudonyms")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made = pseudonym.key(file)
    assert pseudonym.key(file) == made
    file.chmod(0o640)
    with pytest.raises(Misconfigured, match="others can read"):
        pseudonym.key(file)


@pytest.mark.parametrize("content", ["", "no key", "abcd"])
def test_a_file_that_holds_no_key_is_refused_and_not_written_over(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(content)
    with pytest.raises(Misconfigured, match="remove it"):
        pseudonym.key(file)
    assert file.read_text() == content


def test_names_are_shown_for_a_reason_and_that_is_in_the_journal(small_year: Year) -> None:
    shown = analysis.read(small_year.settings, names="a complaint about a warning")
    addresses = {person["address"] for person in small_year.truth["people"]}
    assert all(any(one in names for one in addresses) for names in shown.contacts["names"])
    with Ledger.open(f"sqlite:///{small_year.settings.with_name('triage.db')}") as ledger:
        last = list(ledger.entries(kinds=(NAMES_SHOWN,)))[-1]
        assert last.subject == {"reason": "a complaint about a warning"}
        assert ledger.verify_journal() is None


def test_reading_tables_without_names_changes_nothing_in_the_ledger(small_year: Year) -> None:
    with Ledger.open(f"sqlite:///{small_year.settings.with_name('triage.db')}") as ledger:
        before = (ledger.head(), ledger.conclusions(), ledger.unconcluded())
        analysis.read(small_year.settings)
        assert (ledger.head(), ledger.conclusions(), ledger.unconcluded()) == before


def test_without_a_ledger_it_says_what_to_do_and_makes_none(tmp_path: Path, small_year: Year) -> None:
    (tmp_path / "settings.ini").write_text(small_year.settings.read_text())
    with pytest.raises(Permanent, match="run a pass first"):
        analysis.read(tmp_path / "settings.ini")
    assert not (tmp_path / "triage.db").exists()


# what they say


def test_every_mail_stands_in_the_table_once(small_year: Year, tables: analysis.Tables) -> None:
    assert tables.messages["message"].is_unique
    truth = Counter(
        "machine" if mail["act"] == "automatic" else "staff" if mail["by_staff"] else "contact"
        for mail in small_year.truth["mails"]
    )
    assert Counter(tables.messages["by"]) == truth


def test_the_recipients_are_those_of_us_whom_each_mail_names(small_year: Year) -> None:
    shown = analysis.read(small_year.settings, names="a test")
    ours = {f"{team}@larkfield.example": team for team in {mail["team"] for mail in small_year.truth["mails"]}}
    told = Counter(
        (mail["id"], field, ours.get(email, email))
        for mail in small_year.truth["mails"]
        for field, email in [("to", mail["to"]), *(("cc", one) for one in mail["cc"])]
        if email.endswith("@larkfield.example")
    )
    found = shown.recipients.assign(
        who=shown.recipients["staff"].where(shown.recipients["staff"] != "", shown.recipients["department"])
    )
    assert Counter(found[["message", "field", "who"]].itertuples(index=False, name=None)) == told
    assert {field for _, field, _ in told} == {"to", "cc"}
    wrote = shown.messages.set_index("message")
    assert (found["by"] == found["message"].map(wrote["by"])).all() and (
        found["contact"] == found["message"].map(wrote["contact"])
    ).all()


def test_whoever_a_hard_mail_was_addressed_to_stands_among_its_recipients(tables: analysis.Tables) -> None:
    addressed = tables.exposure[tables.exposure["how"] == "addressed"]
    both = addressed.merge(tables.recipients, on=["message", "staff"], how="left")
    assert len(both) > 0 and list(both["field"]) == list(both["named_in"]) and set(both["recipient"]) == {"colleague"}


def test_every_contact_matter_and_mail_that_a_table_names_has_a_row_of_its_own(tables: analysis.Tables) -> None:
    known = {name: {*getattr(tables, f"{name}s")[name], ""} for name in ("contact", "matter", "message")}
    strange = {
        (table, name): sorted(set(frame[name]) - rows)
        for table, frame in tables
        for name, rows in known.items()
        if name in frame and table != f"{name}s"
    }
    assert len(strange) > 12 and not any(strange.values())


def test_the_tables_can_be_joined(tables: analysis.Tables) -> None:
    mails = set(tables.messages["message"])
    assert set(tables.incidents["contact"]) <= set(tables.contacts["contact"])
    assert set(tables.answers["message"]) | set(tables.findings["message"]) | set(tables.decisions["message"]) <= mails | {""}
    assert set(tables.recipients["message"]) <= mails
    people = set(tables.contacts["contact"])
    assert set(tables.matters["contact"]) | set(tables.findings["contact"]) | set(tables.holds["contact"]) <= people
    assert set(tables.messages.loc[tables.messages["by"] == "contact", "matter"]) == set(tables.matters["matter"])
    assert tables.matters["mails"].sum() == (tables.messages["by"] == "contact").sum()


def test_each_matter_is_opened_once(tables: analysis.Tables) -> None:
    assert (tables.messages["part"] == "opens").sum() == len(tables.matters)


def test_the_restrictions_are_those_that_staff_announced(small_year: Year, tables: analysis.Tables) -> None:
    told = sorted((row["until"], row.get("appeal", "none")) for row in small_year.truth["matters"] if row.get("restricted"))
    assert sorted((f"{row.until:%Y-%m-%d}", row.outcome) for row in tables.holds.itertuples()) == told


def test_a_restriction_names_the_mail_that_told_of_it_and_the_matters_it_covers(tables: analysis.Tables) -> None:
    does = dict(zip(tables.answers["message"], tables.answers["does"], strict=True))
    assert len(tables.holds) > 0
    for hold in tables.holds.itertuples():
        assert "restriction" in str(does[hold.message]).split(", ")
        covered = str(hold.covers).split(", ")
        assert len(covered) == hold.matters and set(covered) <= set(tables.matters["matter"])


def test_our_warnings_are_told_by_the_table_of_our_mails(small_year: Year) -> None:
    shown = analysis.read(small_year.settings, names="a test").answers
    warned = {mail["id"] for mail in small_year.truth["mails"] if mail["act"] == "warning"}
    assert warned and warned == set(shown.loc[shown["does"].str.contains("warning"), "message"])


def test_verdicts_and_findings_agree(small_year: Year, tables: analysis.Tables) -> None:
    last = tables.decisions[tables.decisions["message"] != ""].drop_duplicates(["message", "by"], keep="last")
    said = last.groupby("message")["choice"].agg(set)
    judged = tables.findings[tables.findings["verdict"] != ""]
    assert len(said) > 5
    assert all(("dismiss" in said[row.message]) == (row.verdict == "dismiss") for row in judged.itertuples())
    assert not (tables.findings["counts"] & (tables.findings["verdict"] == "dismiss")).any()
    assert not (tables.findings["counts"] & ~tables.findings["sure"]).any(), "a verdict raises nothing"


def test_where_two_answered_a_note_both_stand_in_the_table_by_their_pseudonyms(small_year: Year, tables: analysis.Tables) -> None:
    voices = Counter(one["id"] for one in small_year.truth["reviews"])
    answered = tables.decisions[tables.decisions["by"].str.startswith("staff-") & (tables.decisions["on"] == "note")]
    assert Counter(answered.groupby("message")["by"].nunique()) == Counter({2: sum(count == 2 for count in voices.values())})


def test_what_happened_by_telephone_is_told_without_its_words(small_year: Year, tables: analysis.Tables) -> None:
    told = small_year.truth["incidents"]
    assert Counter(tables.incidents["channel"]) == Counter(one["channel"] for one in told)
    assert set(tables.incidents["contact"]) <= set(tables.contacts["contact"])
    assert set(tables.incidents["what_happened"]) == {""}
    shown = analysis.read(small_year.settings, names="a test")
    assert all(len(words) > 20 for words in shown.incidents["what_happened"])


def test_whoever_asked_for_an_adjustment_is_known_for_it(small_year: Year) -> None:
    shown = analysis.read(small_year.settings, names="a test")
    asked = {person["address"] for person in small_year.truth["people"] if person["adjustment"]}
    found = {row.names for row in shown.contacts.itertuples() if row.adjustment}
    assert asked and all(any(address in names for names in found) for address in asked)
