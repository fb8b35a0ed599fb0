"""Every clause has a test that shows what is done about it, and the page that says so is up to date."""

from __future__ import annotations

import pytest

from tests.clauses.page import PAGE, named, page, shown_by, where
from triage import policy

CLAUSES = [clause for name in policy.pack_names() for clause in policy.load(name).clauses]
PEOPLE_ALONE = {"001/3-3", "001/4-3", "002/B-err", "003/6-b"}
"""What no software has a part in: paying, training, a slip of the pen."""


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.ref)
def test_every_clause_has_a_test_that_shows_what_is_done_about_it(clause: policy.Clause) -> None:
    name = shown_by(clause)
    if clause.ref in PEOPLE_ALONE:
        assert clause.duty == "record" and not name
    else:
        assert name in where(), f"{clause.ref} has no test; name one in tests/clauses/clauses.toml"


def test_no_test_is_named_for_a_clause_that_does_not_exist() -> None:
    refs = {clause.ref for clause in CLAUSES}
    assert named()["tests"].keys() | named()["lacks"].keys() <= refs


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make clauses"


def test_all_190_clauses_of_the_five_policies_are_on_it() -> None:
    assert len(CLAUSES) == 190
    assert all(f"| {clause.ref} |" in page() for clause in CLAUSES)
