"""`make check` looks for known holes in packages, and does not pretend to have looked where it could not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "audit"


def audit(folder: Path, code: str, **variables: str) -> tuple[int, str]:
    """Runs it with a pip-audit that does `code`: its status, and what it says."""
    package = folder / "pip_audit"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(code)
    ran = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**{key: value for key, value in os.environ.items() if key != "AUDIT"}, "PYTHONPATH": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ran.returncode, ran.stdout + ran.stderr


def answering(*packages: dict[str, object]) -> str:
    return f"print({json.dumps(json.dumps({'dependencies': packages}))})"


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}
HOLE = {"name": "holed", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"]}]}


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit('Connection to pypi.org failed')",
        answering(UNKNOWN, UNKNOWN),
        "import time; time.sleep(50)",
        "print('{}')",
    ],
    ids=["no network", "a registry without advisories", "a network that swallows", "nonsense"],
)
@pytest.mark.parametrize(("must", "status"), [("", 0), ("must", 1)])
def test_where_the_advisories_cannot_be_asked_it_says_that_it_has_not_looked(
    tmp_path: Path, code: str, must: str, status: int
) -> None:
    found, said = audit(tmp_path, code, AUDIT=must, AUDIT_PATIENCE="4")
    assert found == status
    assert "could not be asked, so known holes in packages were not looked for" in said


def test_a_known_hole_fails_and_names_the_version_that_mends_it(tmp_path: Path) -> None:
    found, said = audit(tmp_path, answering(SOUND, HOLE, UNKNOWN))
    assert found == 1 and "holed 1.0 has a known hole, CVE-2026-1; mended in 1.1" in said


def test_no_hole_anywhere_says_nothing(tmp_path: Path) -> None:
    assert audit(tmp_path, answering(SOUND), AUDIT="must") == (0, "")


@pytest.mark.parametrize(("must", "status"), [("", 0), ("must", 1)])
def test_packages_that_were_not_looked_at_are_named(tmp_path: Path, must: str, status: int) -> None:
    found, said = audit(tmp_path, answering(SOUND, UNKNOWN), AUDIT=must)
    assert found == status and "no known hole in 1 packages; not looked at" in said and "unknown" in said
