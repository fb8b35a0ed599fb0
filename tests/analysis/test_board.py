"""The quarterly report: right numbers, our own part first, nothing from outside, and nothing of a mail that a browser would run."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from office import run
from yearmade import Year

from triage import analysis, pdf
from triage.analysis import page
from triage.analysis.board import Board, Grid, Part, Quarter, board, lines
from triage.errors import Misconfigured

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(small_year: Year) -> analysis.Tables:
    return analysis.read(small_year.settings)


@pytest.mark.parametrize(
    ("now", "name"), [("2026-01-05", "2025 Q4"), ("2026-03-31", "2025 Q4"), ("2026-04-01", "2026 Q1"), ("2026-12-31", "2026 Q3")]
)
def test_without_a_quarter_it_is_the_last_whole_one(now: str, name: str) -> None:
    assert Quarter.before(datetime.fromisoformat(now).replace(tzinfo=UTC)).name == name


def test_a_quarter_is_three_months_and_the_one_before_ends_where_it_starts() -> None:
    quarter = Quarter.read("2025-Q4")
    assert (quarter.start, quarter.end) == (datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert quarter.previous.end == quarter.start


@pytest.mark.parametrize("text", ["2025-Q5", "Q1", "2025", "2025-13"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="2026-Q1"):
        Quarter.read(text)


def test_the_mails_of_a_quarter_are_those_of_the_truth(small_year: Year, tables: analysis.Tables) -> None:
    said = "\n".join(lines(board(tables, Quarter.read("2025-Q2"), "Larkfield Homes", NOW).parts))
    truth = sum(
        not mail["by_staff"] and mail["act"] != "automatic" and "2025-04" <= mail["at"] < "2025-07"
        for mail in small_year.truth["mails"]
    )
    assert f"People wrote {truth} mails" in said


def test_our_own_failings_come_first(tables: analysis.Tables) -> None:
    assert board(tables, Quarter.read("2025-Q1"), "Larkfield Homes", NOW).parts[0].heading == "Demand caused by our own failings"


def test_verdicts_are_counted_as_such_and_the_mails_they_are_on_once(small_year: Year, tables: analysis.Tables) -> None:
    quarter = Quarter.read("2025-Q2")
    given = [one for one in small_year.truth["reviews"] if "2025-04-01" <= one["at"] < "2025-07-01"]
    said = "\n".join(lines(board(tables, quarter, "Larkfield Homes", NOW).parts))
    mails = {one["id"] for one in given}
    assert len(given) > len(mails)
    assert f"People gave {len(given)} verdicts on {len(mails)} mails" in said


def test_every_restriction_of_the_quarter_stands_in_it_with_its_end_and_appeal(small_year: Year, tables: analysis.Tables) -> None:
    for number in (1, 2, 3, 4):
        quarter = Quarter.read(f"2025-Q{number}")
        said = "\n".join(lines(board(tables, quarter, "Larkfield Homes", NOW).parts))
        for row in small_year.truth["matters"]:
            if row.get("restricted") and quarter.start.isoformat() <= row["restricted"] < quarter.end.isoformat():
                assert re.search(rf"{row['restricted'][:10]} \| {row['until']} .*\| {row.get('appeal', 'no appeal')}", said)


def test_a_quarter_without_any_mail_makes_a_page_too(tables: analysis.Tables) -> None:
    empty = board(tables, Quarter.read("1999-Q1"), "Larkfield Homes", NOW)
    assert "People wrote 0 mails" in page.html(empty)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_nothing_is_fetched_from_outside_and_no_script_runs(tables: analysis.Tables) -> None:
    text = page.html(board(tables, Quarter.read("2025-Q2"), "Larkfield Homes", NOW))
    tags = Tags()
    tags.feed(text)
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "object", "embed", "form"}
    links = [attributes.get("href") for tag, attributes in tags.seen if tag == "a"]
    assert links and all(str(value).startswith("#part-") for value in links)  # within the page
    assert not [
        name
        for tag, attributes in tags.seen
        for name in attributes
        if name == "src" or (name == "href" and tag != "a") or name.startswith("on")
    ]
    assert "url(" not in text and "://" not in text


def test_markup_from_mail_is_shown_and_not_obeyed() -> None:
    evil = '<img src=x onerror="alert(1)">\u202e'
    grid = Grid(evil, (evil,), ((evil,),), evil)
    made = page.html(Board(evil, evil, NOW, (Part(evil, (evil,), (grid,)),)))
    tags = Tags()
    tags.feed(made)
    assert "img" not in {tag for tag, _ in tags.seen}
    assert "&lt;img" in made


def test_no_name_or_address_stands_in_it(small_year: Year, tables: analysis.Tables) -> None:
    text = page.html(board(tables, Quarter.read("2025-Q2"), "Larkfield Homes", NOW))
    assert "@" not in text.replace("@page", "").replace("@media", "")
    for person in small_year.truth["people"]:
        first, last = re.findall(r"[a-z]+", person["address"])[:2]
        assert not re.search(rf"\b{first}\b.{{0,3}}\b{last}\b", text, re.IGNORECASE)


def test_the_command_writes_the_page_for_its_owner_alone(small_year: Year, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    said = run("report", "--settings", str(small_year.settings), "--html", str(file), "--quarter", "2025-Q3")
    assert said.status == 0, said.errors
    assert "2025 Q3" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_on_paper_stands_what_stands_on_the_page(tables: analysis.Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    made = board(tables, Quarter.read("2025-Q2"), "Larkfield Homes", NOW)
    assert page.paper(made) == page.paper(made)
    told: list[pdf.Block] = []
    monkeypatch.setattr(pdf, "document", lambda _, blocks, **__: told.extend(blocks))
    page.paper(made)
    said = {one.text for one in told if not isinstance(one, pdf.Table)}
    drawn = [one for one in told if isinstance(one, pdf.Table)]
    for part in made.parts:
        assert {part.heading, *part.sentences} <= said
        for grid in part.grids:
            assert not grid.rows or any((one.title, one.rows, one.bars) == (grid.title, grid.rows, grid.bars) for one in drawn)
    assert any(one.bars for one in drawn)


def test_a_long_report_in_many_letters_is_paper_too() -> None:
    rows = tuple((f"Łódź {number}", "x" * 90, "two words") for number in range(300))
    made = Board(
        "Ŵyn & <b>Sons</b>", "2025 Q1", NOW, (Part("A", ("B",), (Grid("C", ("One", "Two", "Three"), rows, bars=(0.5,) * 300),)),)
    )
    assert page.paper(made).startswith(b"%PDF-")
    assert page.paper(Board("A", "2025 Q1", NOW, ())).startswith(b"%PDF-")


def test_the_command_writes_the_paper_beside_the_page(small_year: Year, tmp_path: Path) -> None:
    html, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    said = run("report", "--settings", str(small_year.settings), "--html", str(html), "--pdf", str(paper), "--quarter", "2025-Q3")
    assert said.status == 0, said.errors
    assert paper.read_bytes().startswith(b"%PDF-") and "2025 Q3" in html.read_text(encoding="utf-8")
    assert paper.stat().st_mode & 0o777 == 0o600


def test_without_the_package_for_paper_it_says_what_to_install_and_writes_nothing(
    small_year: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "reportlab"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "reportlab", None)
    html, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    said = run("report", "--settings", str(small_year.settings), "--html", str(html), "--pdf", str(paper))
    assert said.status != 0 and "triage[pdf]" in said.errors
    assert not list(tmp_path.iterdir())


def test_a_report_without_a_file_to_write_is_refused(small_year: Year) -> None:
    said = run("report", "--settings", str(small_year.settings))
    assert said.status != 0 and "--html report.html" in said.errors


def test_where_nobody_wrote_in_the_last_quarter_it_is_the_newest_with_mail_and_says_so(small_year: Year, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    said = run("report", "--settings", str(small_year.settings), "--html", str(file), "--now", "2031-02-03T10:00:00+00:00")
    assert said.status == 0, said.errors
    newest = max(analysis.read(small_year.settings).messages["sent_at"])
    name = f"{newest.year} Q{(newest.month + 2) // 3}"
    assert said.output.strip().endswith(f"{name}, the newest with any mail; in 2030 Q4 nobody wrote")
    assert name in file.read_text(encoding="utf-8")


def test_a_board_can_be_made_anew_with_another_name() -> None:
    made = Board("A", "2025 Q1", NOW, ())
    assert "<h1>B &amp; C</h1>" in page.html(replace(made, organisation="B & C"))
