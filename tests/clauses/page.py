"""Makes docs/clauses.md: every clause of every policy, what is done about it, and the test that shows it. `make clauses` writes it."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

from triage import policy
from triage.policy import Clause

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clauses.md"
BY_KIND = "test_what_a_clause_names_is_found_and_shown_with_its_words"
DUTIES = {"detect": "found in mail", "assist": "a person is helped", "record": "kept on record by people"}
HEAD = """# Every clause, what is done about it, and the test that shows it

Made by `make clauses` from the packs in `rules/` and the tests; do not edit. *Found in mail* means that the program looks for it by
itself. *A person is helped*: it prepares, counts, quotes, reminds or bars, and a person decides. *Kept on record by people*: mail does
not show it; `triage incident` and the register take it down where somebody writes it down. Titles are in our words.
"""


@cache
def where() -> dict[str, str]:
    """Every test function → the file it is in, from the root."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, path.relative_to(ROOT).as_posix())
    return found


@cache
def named() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "clauses.toml").read_text(encoding="utf-8"))


def shown_by(clause: Clause) -> str:
    """The test that shows what is done about a clause; "" when there is none."""
    return named()["tests"].get(clause.ref) or (BY_KIND if clause.kinds else "")


def page() -> str:
    lines = [HEAD]
    total = 0
    for name in policy.pack_names():
        pack = policy.load(name)
        total += len(pack.clauses)
        lines += [
            f"## {pack.id} {pack.title} ({pack.organisation}): {len(pack.clauses)} clauses",
            "",
            "| Clause | Title | What is done | Shown by |",
            "|---|---|---|---|",
        ]
        for clause in pack.clauses:
            test = shown_by(clause)
            shown = f"`{where()[test]}::{test}`" if test else "nothing: it is for people alone"
            lack = named()["lacks"].get(clause.ref)
            kinds = f" ({', '.join(clause.kinds)})" if clause.kinds else ""
            note = f"{DUTIES[clause.duty]}{kinds}: {clause.note}" + (f" **Not yet:** {lack}." if lack else "")
            lines.append(f"| {clause.ref} | {clause.title} | {note} | {shown} |")
        lines.append("")
    lines.append(f"{total} clauses in all.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
