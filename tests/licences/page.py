"""The licences of everything that is installed with the program, as docs/licences.md (`make licences`)."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "licences.md"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
_KNOWN = re.compile(
    r"\b(MIT|Apache|BSD|PSF|Python Software Foundation|MPL|LGPL|ISC|Zlib|Unlicense|CC0|HPND|Artistic|GPL|EPL)\b", re.IGNORECASE
)
_SAID_IN_ITS_FILES = {
    "imapclient": "BSD-3-Clause",
    "skops": "MIT",
    "sqlcipher3": "Zlib (SQLCipher in it BSD-3-Clause, OpenSSL Apache-2.0)",
}
"""Of those whose metadata name none."""


def pinned(file: str = "requirements.txt") -> dict[str, str]:
    """Distribution → the version that is installed."""
    return {name.lower(): version for name, version in _PIN.findall((ROOT / file).read_text())}


def licence(name: str) -> str:
    """As the distribution's own metadata say it: the expression (PEP 639), else its classifiers, else the first line of the field."""
    said = metadata.metadata(name)
    if expression := said.get("License-Expression"):
        return str(expression)
    classifiers = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    classifiers = [one for one in classifiers if one != "OSI Approved"]
    first = str(said.get("License") or "").strip().splitlines()[:1]
    return ", ".join(classifiers) or (first[0][:60] if first else "") or _SAID_IN_ITS_FILES.get(name, "")


def known(licence_: str) -> bool:
    """Whether it is a licence that lets everybody use the program as they wish; one that we do not know is looked at by a person."""
    return bool(_KNOWN.search(licence_))


def page() -> str:
    lines = [f"| {name} | {licence(name)} |" for name in sorted(pinned())]
    head = "# Licences\n\nWhat is installed with the program (requirements.txt), each under its own licence. Made by `make licences`.\n"
    return head + "\n| Package | Licence |\n|---|---|\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
