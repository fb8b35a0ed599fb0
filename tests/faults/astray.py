"""Leading an office's line astray, and what its pass came to in the end."""

from __future__ import annotations

import re

from ending import End, end_of
from office import Office, Said
from sample import NOW


def end(office: Office) -> End:
    return end_of(office.server, office.user, office.folder, NOW.isoformat())


def through(office: Office, port: int, **lines: str) -> None:
    """Leads the office's way to its server through this port. `lines`: further settings of the mailbox."""
    settings = office.folder / "settings.ini"
    text = re.sub(r"(?m)^port = \d+$", f"port = {port}", settings.read_text())
    text = re.sub(r"(?m)^timeout = .*$", "timeout = 5 seconds", text)
    for key, value in lines.items():
        text = re.sub(rf"(?m)^{key} = .*$\n", "", text)
        text = re.sub(r"(?m)^(port = \d+)$", rf"\1\n{key} = {value}", text)
    settings.write_text(text)


def a_pass(office: Office) -> Said:
    return office.run("once", "--now", NOW.isoformat())


def assert_told(said: Said, words: str) -> None:
    """Whoever reads what went wrong is told in words, and what comes next."""
    assert said.status in (0, 69, 75), (words, said.errors)
    assert (said.status == 0) == (not said.errors), (words, said)
    if said.errors:
        assert "Traceback" not in said.errors and "Error(" not in said.errors, (words, said.errors)
        assert re.search(
            r"tries again|tried again|make room|Free some|Check username|has run out|starttls its plain port|who runs the mail server|connect again|must name its authority",
            said.errors,
        ), (
            words,
            said.errors,
        )


def assert_ends_the_same(office: Office, wanted: End, said: Said, words: str) -> None:
    """The next pass ends as if nothing had happened, and the one after finds nothing to do."""
    again = a_pass(office)
    assert again.status == 0, (words, again.errors)
    other = end(office).unlike(wanted)
    assert not other, "\n".join([words, said.errors, *other])
    idle = a_pass(office)
    assert " 0 changes made" in idle.output, (words, idle.output)
