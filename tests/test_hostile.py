"""Attacks that have no part of the program to themselves: each is tried here and fails. The others stand beside what they attack
(docs/trust.md lists them all)."""

from __future__ import annotations

import ast
import html
import json
import re
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from imapclient import imap_utf7
from jinja2 import TemplateNotFound, UndefinedError
from jinja2.sandbox import SecurityError

from triage import letter, pdf, policy, wording
from triage.analysis.markdown import literal
from triage.daemon import set_up_logging
from triage.detect import phrases
from triage.label import FINDINGS
from triage.mailbox.refusal import printable
from triage.mailbox.wire import folder_name

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "triage").rglob("*.py"))


@cache
def nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


@cache
def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@given(
    st.text(max_size=60) | st.sampled_from(['a"\r\nX1 DELETE INBOX', "&-&", "&AA0ACg-", "Ü&A", "a{5}", "\\", "\u2028", "\ud800"])
)
def test_no_name_of_a_folder_leaves_its_quotes(name: str) -> None:
    try:
        sent = folder_name(name)
    except (ValueError, UnicodeError):
        return  # refused before anything is sent
    assert sent.isascii() and sent.isprintable() and sent[0] == sent[-1] == '"'
    inside = sent[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inside and "\\" not in inside
    assert imap_utf7.decode(sent[1:-1].replace('\\"', '"').replace("\\\\", "\\").encode("ascii")) == name


def test_no_name_of_a_folder_is_made_from_mail() -> None:
    makers = [file.relative_to(ROOT).as_posix() for file in SOURCES if "folder_name(" in file.read_text(encoding="utf-8")]
    assert all(maker.startswith("triage/mailbox/") for maker in makers)
    assert all(label.isascii() and label.replace("-", "").isalpha() for label in FINDINGS)


@pytest.mark.parametrize("words", ['x\n{"event": "pass", "level": "info"}', "\x1b[2J\x1b[31mred", "a\r\nb\x00\u2028c", '"}, {"'])
def test_what_a_stranger_wrote_stays_inside_one_line_of_the_log(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        set_up_logging()
        structlog.get_logger("triage").error("pass failed", reason=words)
        lines = capsys.readouterr().err.split("\n")
    finally:
        structlog.configure(**before)
    assert len(lines) == 2 and lines[1] == "" and "\x1b" not in lines[0] and "\r" not in lines[0]
    assert json.loads(lines[0])["reason"] == words
    assert printable(words).isprintable()


def test_nothing_is_ever_sent_so_no_two_programs_can_answer_each_other_for_ever() -> None:
    senders = {"smtplib", "smtpd", "aiosmtplib"}
    assert not [file.name for file in SOURCES if imported(file) & senders]
    words = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    assert "sendmail" not in words


def test_nothing_that_runs_what_it_reads_is_used() -> None:
    running = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle", "yaml", "jsonpickle"}
    assert not {file.name: imported(file) & running for file in SOURCES if imported(file) & running}
    for file in SOURCES:
        for node in nodes(file):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "")
                assert name not in ("eval", "exec", "__import__"), file
                for keyword in node.keywords:
                    trusting = keyword.arg in ("allow_pickle", "trusted", "shell") and isinstance(keyword.value, ast.Constant)
                    assert not (trusting and keyword.value.value is True), file  # type: ignore[attr-defined]


LEARNERS = (
    *("training", "corpus", "pairing", "invented", "answer_training", "answer_data", "semantic_training", "semantic_making"),
    *("conduct_model", "model_file"),
)


def test_no_mail_that_arrives_and_no_verdict_ever_trains_a_model() -> None:
    learners = [ROOT / "triage" / f"{name}.py" for name in LEARNERS]
    assert all(file.is_file() for file in learners)
    for file in learners:
        assert not [name for name in imported(file) if name.startswith(("triage.ledger", "triage.mailbox", "triage.hearing"))], (
            file
        )


@pytest.mark.parametrize(
    "piece", ["a", "you ", "never ", "!?", "I'll kill ", "no. ", "\n\n", "é", "-- ", "> ", "On a wrote:\n", "not ", "(", "1/1/"]
)
def test_no_text_keeps_the_phrases_of_the_packs_busy(piece: str) -> None:
    text = (piece * 40_000)[:40_000]
    before = time.process_time()
    said = wording.separate(text, "", subject="x")
    assert time.process_time() - before < 1.0
    assert len(said.own) <= len(text) + 1


def test_a_pack_cannot_bring_a_regular_expression(tmp_path: Path) -> None:
    text = (ROOT / "rules" / "jack-keller.toml").read_text(encoding="utf-8")
    keys = {line.partition("=")[0].strip() for line in text.splitlines() if "=" in line}
    assert not {key for key in keys if "regex" in key or "pattern" in key}
    pack = tmp_path / "evil.toml"
    pack.write_text(text + '\n[patterns]\nevil = "(a+)+$"\n', encoding="utf-8")
    assert any("patterns" in fault for fault in policy.check(str(pack)))
    assert "re.compile" not in (ROOT / "triage" / "policy.py").read_text(encoding="utf-8").replace("_re.compile", "")
    assert phrases


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ facts.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% include '../../settings.ini' %}",
        "{% set _ = facts.append(1) %}",
    ],
)
def test_the_words_of_a_letter_cannot_reach_into_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "warning.j2").write_text(template)
    monkeypatch.setattr(letter, "packs_folder", lambda: tmp_path)
    letter._environment.cache_clear()
    try:
        with pytest.raises((SecurityError, UndefinedError, TemplateNotFound)):
            letter.body("warning", {"facts": []})
    finally:
        letter._environment.cache_clear()


def test_what_a_customer_wrote_is_no_template_in_a_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "warning.j2").write_text("You wrote: {{ words }}")
    monkeypatch.setattr(letter, "packs_folder", lambda: tmp_path)
    letter._environment.cache_clear()
    try:
        assert letter.body("warning", {"words": "{{ 7*7 }} {% raw %}"}) == "You wrote: {{ 7*7 }} {% raw %}\n"
    finally:
        letter._environment.cache_clear()


@pytest.mark.parametrize(
    "words",
    [
        "Rent\r\nBcc: all@pond.example",
        "=?utf-8?Q?Rent=0D=0ABcc:_all@pond.example?=",
        "Rent\u2028Bcc: all@pond.example\x00",
        "a\n\nb",
    ],
)
def test_what_a_customer_wrote_adds_no_header_to_a_letter_to_them(words: str) -> None:
    ids = (f"<{words}@pond.example>", "<good@pond.example>")
    draft = letter.Letter("warning", "vance@pond.example", words, f"Dear you,\n\n{words}\n", in_reply_to=ids[0], references=ids)
    raw = letter.compose(draft, mailbox="desk@larchmere.example", now=datetime(2026, 5, 12, tzinfo=UTC))
    written = message_from_bytes(raw, policy=default)
    assert set(written) == {
        *("From", "To", "Subject", "Date", "In-Reply-To", "References"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    assert written["Bcc"] is None and written["To"] == "vance@pond.example" and written["References"] == "<good@pond.example>"
    assert str(written["Subject"]).isprintable()


def test_markup_in_what_a_customer_wrote_is_text_on_paper() -> None:
    words = 'You <b>idiot</b> <font color="white">x</font> <img src="file:///etc/passwd"/> &lt;para&gt; <a href="http://t.example">y</a>'
    pdf._letters()
    assert pdf._paragraph(words, "text").getPlainText() == words  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_notebook_shows_mail_as_markup(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for word in ("HTML(", "Javascript(", "escape=False", "_repr_html_", "IFrame", "to_html", ".style."):
        assert word not in code
    for shown in re.findall(r"Markdown\((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*\)", code):
        for word in re.findall(r"\{([^{}]*(?:names|title|subject|quotes)[^{}]*)\}", shown):
            assert word.startswith("literal("), word


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", "![x](http://tracker.example/a.png)", "**x** [y](javascript:z)", "a\n# b", "&lt;b&gt;"],
)
def test_a_name_in_a_notebook_is_only_a_name(name: str) -> None:
    shown = literal(name)
    assert not set(shown) & set("<>[]()*!`_\n/:")
    assert html.unescape(html.unescape(shown)).split() == html.unescape(name).split()
