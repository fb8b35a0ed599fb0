"""Every picture of every notebook is drawn on the demo's mailbox and on stores that hold next to nothing, too: a month that is not whole,
nobody flagged, one mail. Here matplotlib really draws; in the ordinary checks it is not there (tests/docs/test_notebooks_on_small_stores.py)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from tests.docs.test_notebooks_on_small_stores import FILES, one_mail, small
from triage import parsing, settings
from triage.cycle import conclude
from triage.demo.play import write_settings
from triage.demo.sample import sample
from triage.intake import recorded
from triage.ledger import Ledger, Location
from triage.message import Role

__all__ = ["one_mail", "small"]
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` shows, without its mail server."""
    told = sample(NOW)
    file = write_settings(tmp_path_factory.mktemp("demo"), 1, told)
    chosen = settings.load(file, connecting=False)
    rows = []
    for number, mail in enumerate(told.mails, 1):
        role: Role = "sent" if mail.folder == "Sent" else "inbox"
        read = parsing.read(
            mail.raw, mailbox="support", role=role, received_at=mail.at, truncated=False, size=len(mail.raw),
            trusted_authserv=chosen.organisation.trusted_authserv_id or "",
        )  # fmt: skip
        rows.append(recorded(read, Location("support", mail.folder, 1, number)))
    with Ledger.open(chosen.store.url) as ledger:
        ledger.record_many(rows)
        conclude(chosen, ledger, NOW)
    return file


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("store", ["demo", "small", "one_mail"])
def test_its_pictures_are_drawn(path: Path, store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    plt.switch_backend("Agg")
    monkeypatch.setenv("TRIAGE_SETTINGS", str(request.getfixturevalue(store)))
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert names["figures"] is not None
