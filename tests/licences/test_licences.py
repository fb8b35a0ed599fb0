"""The page of licences tells of every package that is installed, and of no licence that nobody has looked at."""

from __future__ import annotations

from tests.licences.page import PAGE, known, licence, page, pinned


def test_the_page_is_what_the_packages_say_of_themselves() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make licences writes it anew"


def test_every_package_names_a_licence_that_lets_everybody_use_it() -> None:
    assert len(pinned()) > 40
    assert {name: licence(name) for name in pinned() if not known(licence(name))} == {}
    assert not known("Business Source License 1.1") and not known("")
