"""The register, the evidence about one contact, and the journal: what they hold, and what they keep out."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from office import Office, run
from sample import NOW as LARCHMERE_NOW
from sample import restriction
from servers import Server

from tests.rulings.registry import AGAIN, ASKED, BERT, IDA, NOOR, SAM, THREAT, WELFARE, Registry, override
from triage import doctor, explanation, our_side, pdf, register, ruling
from triage.chronology import chronology
from triage.cycle import conclude
from triage.deciding import report
from triage.dossier import write
from triage.errors import Misconfigured, Permanent
from triage.explanation import ACTS, MEASURES
from triage.privacy import erase, everything_about, person
from triage.record import incidents, lost_papers, rulings
from triage.settings import load


def book(baths: Registry) -> list[register.Row]:
    baths.conclude()
    return register.rows(baths.ledger, baths.settings.pack(), baths.now)


def test_an_entry_names_who_what_since_when_until_when_told_when_by_whom_and_why(due: Registry) -> None:
    due.restrict(reason="the insults went on after the warning")
    (row,) = book(due)
    assert (
        row["entry"] == "restriction, in force"
        and row["addresses"] == BERT
        and row["measure"] == "mail on these matters is read and not answered"
    )
    assert row["scope"] == "Key for locker 88" and row["by"] == IDA and row["reasons"] == "the insults went on after the warning"
    assert row["start"] and row["end"] and row["told"] and row["review"] and row["policy"] == "004 1"
    assert "004/UB1c" in row["clauses"] and "insults" in row["conduct"] and row["missing"] == ""
    assert set(row) == set(register.COLUMNS)


def test_the_circumstances_and_what_it_means_stand_in_it(due: Registry) -> None:
    due.restrict(circumstances="he was just widowed; we were late once")
    (row,) = book(due)
    assert row["circumstances"] == "he was just widowed; we were late once"
    assert row["impact"] == "Key for locker 88 (dealt with)"
    assert not {"circumstances", "impact", "reasons", "conduct"} & set(register.departments([row])[0])


def test_only_the_conduct_before_it_began_is_its_conduct(due: Registry) -> None:
    due.restrict()
    before = book(due)[0]["conduct"]
    due.later(days=1)
    due.wrote(AGAIN)
    due.wrote(THREAT)
    after = book(due)[0]
    assert after["conduct"] == before == "insults at a person" and after["clauses"] == "004/UB1c"


def test_an_incident_it_rests_on_is_its_conduct_too(due: Registry) -> None:
    told = due.incident("threat", "He said that he would wait for Noor at her car.")
    due.restrict(grounds=(told.id[:12],))
    row = book(due)[0]
    assert row["conduct"] == "insults at a person; a threat" and row["clauses"] == "004/UB1c, 004/UB1a"


def test_why_somebody_was_not_told_first_stands_in_it(due: Registry) -> None:
    due.wrote(THREAT)
    due.restrict(safety_reason="he says that he comes tonight")
    assert book(due)[0]["told"] == "not told first: he says that he comes tonight"


def test_a_renewal_stands_in_it_with_its_reasons_its_decider_and_its_end(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=30))
    due.later(days=25)
    until = due.now + timedelta(days=40)
    due.rule("renew", by=SAM, reason="he wrote the same every day", until=until, notice="file again.pdf sha256:00", told=due.now)
    _, row = book(due)
    assert (row["entry"], row["by"], row["reasons"]) == ("the restriction was renewed", SAM, "he wrote the same every day")
    assert row["end"] == f"{until:%Y-%m-%d}" and row["told"]


def test_every_version_of_the_policy_is_kept_and_named_by_what_was_decided_under_it(due: Registry) -> None:
    former = (Path(__file__).parents[2] / "rules" / "jack-keller.toml").read_text()
    due.restrict()
    (due.folder / "ours.toml").write_text(former.replace('version = "1"', 'version = "2"'))
    path = due.folder / "settings.ini"
    path.write_text(path.read_text().replace("policy = jack-keller", "policy = ./ours.toml"))
    due.settings = load(path)
    due.later(days=1)
    due.rule("no-action", by=NOOR)
    entries = book(due)
    assert [row["policy"] for row in entries] == ["004 1", "004 2"]
    said = run("policy", "versions", "--settings", str(path)).output.splitlines()
    assert ["004 1" in said[0], "004 2" in said[1], len(said)] == [True, True, 2]
    assert run("policy", "versions", "--settings", str(path), "--text", "1").output == former
    assert run("policy", "versions", "--settings", str(path), "--text", "3").status == 78


def test_a_policy_changed_without_its_version_is_noticed_said_once_and_told_apart(due: Registry) -> None:
    former = (Path(__file__).parents[2] / "rules" / "jack-keller.toml").read_text()
    due.restrict()
    ours, path = due.folder / "ours.toml", due.folder / "settings.ini"
    ours.write_text(former.replace('title = "No swearing"', 'title = "No coarse words"'))
    path.write_text(path.read_text().replace("policy = jack-keller", "policy = ./ours.toml"))
    due.settings = load(path)
    due.later(days=1)
    due.rule("no-action", by=NOOR)
    first, second = (conclude(due.settings, due.ledger, due.now)[1] for _ in range(2))
    assert len(first) == 1 and "its version was not" in first[0] and "ours.toml" in first[0] and second == []
    assert [row["policy"] for row in book(due)] == ["004 1 (text 1)", "004 1 (text 2)"]
    said = run("policy", "versions", "--settings", str(path)).output
    assert said.count("raise `version`") == 1
    assert run("policy", "versions", "--settings", str(path), "--text", "1").output == former
    assert [one.state for one in _policy_checks(due)] == ["note"]
    ours.write_text(ours.read_text().replace('version = "1"', 'version = "2"'))
    due.settings = load(path)
    due.conclude()
    assert _policy_checks(due) == []


def _policy_checks(of: Registry) -> list[doctor.Check]:
    """What the doctor says of the policy besides the settings."""
    return [one for one in doctor.examine(of.settings, now=of.now, look_only=True) if one.area == "policy"]


def test_a_restriction_stays_on_it_when_it_is_over(due: Registry) -> None:
    due.restrict()
    due.rule("lift", by=SAM)
    entries = book(due)
    assert [row["entry"] for row in entries] == ["restriction, over", "the restriction was ended"] and entries[0]["ended"]


def test_a_restriction_told_by_post_begins_with_its_record_and_not_with_the_day_of_the_letter(due: Registry) -> None:
    between = due.wrote(AGAIN)
    due.restrict(notice="file letter.pdf sha256:00", told=due.now - timedelta(days=1))
    after = due.wrote(AGAIN + " Now.")
    assert due.held() == [after] and between not in due.held()
    (row,) = book(due)
    assert row["told"] < row["start"]


def test_what_was_set_aside_stands_in_it_with_the_reason(due: Registry) -> None:
    due.wrote(WELFARE)
    due.restrict(overrides=override("welfare", "agreed with the social services"))
    assert book(due)[0]["set aside"] == "welfare: agreed with the social services"


def test_appeals_decisions_to_do_nothing_and_referrals_stand_in_it_too(due: Registry) -> None:
    due.restrict()
    due.rule("appeal", by=NOOR, received=due.now, reason="he says it is unfair")
    due.rule("appeal-decided", by=SAM, outcome="refused", reason="it is fair")
    due.rule("no-action", by=NOOR, reason="difficult, no more")
    due.rule("refer", to="police", reason="the words on the telephone")
    entries = book(due)
    assert [row["entry"] for row in entries] == [
        "restriction, in force", "it was taken to another body", "it was decided to do nothing", "the appeal was decided",
        "an appeal was recorded",
    ]  # fmt: skip
    assert "refused" in entries[0]["appeal"] and entries[1]["measure"] == "police"


def test_every_act_and_kind_stands_in_it_in_words() -> None:
    assert set(ACTS) == set(ruling.ACTS) and set(MEASURES) == set(ruling.KINDS)
    assert not {words for words in (*ACTS.values(), *MEASURES.values()) if words in {*ruling.ACTS, *ruling.KINDS}}


def test_a_number_of_mails_in_a_period_is_told_with_its_numbers(due: Registry) -> None:
    due.restrict(kind="number-per-period", number=2, days=7)
    assert book(due)[0]["measure"].startswith("2 mails in 7 days are answered")


def test_a_correction_stands_in_the_chronology_in_words(due: Registry) -> None:
    keys = tuple(due.ledger.keys_by_message_id(due.last))
    due.rule("close", by=NOOR, reason="told him on the telephone that the key is gone", mails=keys)
    (event,) = [one for one in chronology(BERT, due.ledger, due.settings, due.now) if "said to be dealt with" in one.what]
    assert event.words == "told him on the telephone that the key is gone"


def test_a_review_that_is_due_is_said_to_be(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=30))
    assert "(due now)" not in book(due)[0]["review"]
    due.later(days=20)
    assert "(due now)" in book(due)[0]["review"]


@pytest.mark.parametrize("words", ['=HYPERLINK("http://x.example")', "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1+1", "\r=1"])
def test_no_spreadsheet_takes_a_reason_for_a_formula(due: Registry, words: str) -> None:
    due.restrict(reason=f"{words} he wrote" if words.strip() else words)
    ((_, *values),) = list(csv.reader(io.StringIO(register.as_csv(book(due)))))[1:]
    assert not any(value.lstrip().startswith(("=", "+", "-", "@")) for value in values)


def test_it_is_one_table_in_every_form(due: Registry) -> None:
    due.restrict(reason="<b>rude</b> & loud")
    entries = book(due)
    assert json.loads(register.as_json(entries)) == entries
    assert "&lt;b&gt;rude" in register.as_html(entries, "Register", due.now) and "<b>rude" not in register.as_html(
        entries, "R", due.now
    )
    assert "reasons     <b>rude</b> & loud" in register.as_text(entries)
    assert register.as_text([]) == "nobody is restricted, and nothing else was decided\n"


def test_other_departments_are_told_who_which_measure_and_until_when_and_no_more(due: Registry) -> None:
    due.restrict()
    due.rule("no-action", by=NOOR)
    (row,) = register.departments(book(due))
    assert set(row) == {"who", "addresses", "measure", "scope", "end", "reader"}


def test_the_chronology_has_both_sides_incidents_and_decisions_up_to_the_cut_off(due: Registry) -> None:
    due.incident(words="He shouted at Noor.")
    due.restrict()
    due.later(days=2)
    due.wrote("You useless morons, the key for locker 88.")
    cut = due.now - timedelta(days=1)
    events = chronology(BERT, due.ledger, due.settings, due.now, cut)
    assert {one.side for one in events} == {"them", "us", "other"}
    assert max(one.at for one in events) <= cut
    assert any("telephone" in one.what for one in events) and any("a restriction was decided" in one.what for one in events)
    assert any("answer" in one.what for one in events) and any("insults" in one.what and "idiots" in one.words for one in events)
    assert len(chronology(BERT, due.ledger, due.settings, due.now)) == len(events) + 1


def test_without_the_mailbox_the_evidence_says_which_mails_it_lacks(due: Registry, tmp_path: Path) -> None:
    missing = write(BERT, tmp_path / "out", due.ledger, due.settings, due.now)
    assert sum("could not be fetched, because a mailbox could not be reached; its SHA-256 was" in words for words in missing) == 6
    assert "you need to" in (tmp_path / "out" / "chronology.html").read_text()
    with pytest.raises(Permanent, match="is not empty"):
        write(BERT, tmp_path / "out", due.ledger, due.settings, due.now)


def test_our_own_words_are_for_the_manager_and_in_no_note_register_or_evidence(due: Registry) -> None:
    rude = "Dear Mr Quill,\n\nYou are a stupid, worthless idiot. Leave us alone.\n\nNoor Amin"
    due.answered(rude)
    due.wrote("Where is my answer about the towel I left at the desk in January?", subject="A towel")
    due.later(days=40)
    due.restrict()
    told = "\n".join(our_side.lines(due.ledger, due.settings.pack()))
    assert told.startswith("Confidential") and NOOR in told and "insults at a person" in told
    assert "waiting since" in told and "Key for locker 88" in told
    assert "worthless idiot. Leave" not in register.as_text(book(due))
    events = chronology(BERT, due.ledger, due.settings, due.now)
    assert not any("insults" in one.what or "worthless idiot. Leave" in one.words for one in events if one.side == "us")
    assert not any(NOOR in str(row["findings"]) for row in due.ledger.proposals())


def test_what_an_earlier_version_wrote_down_is_read_all_the_same(due: Registry) -> None:
    due.restrict()
    due.conclude()
    rows = due.ledger.conclusions()
    new = {"left_open", "disagreements", "handler", "departments", "due", "late"}
    for row in (*rows.matters, *rows.proposals, *(row["our_part"] for row in rows.proposals if row["our_part"])):
        for name in new & row.keys():
            del row[name]
    due.ledger.replace_conclusions([row["id"] for row in rows.contacts], rows)
    assert "1 mail: a warning" in "\n".join(our_side.lines(due.ledger, due.settings.pack()))
    for row in due.ledger.proposals():
        assert "handler" not in row and explanation.note(row, due.settings.pack())


def test_an_incident_can_be_told_with_what_it_did_and_where_a_copy_is(due: Registry) -> None:
    told = due.incident("harassment", "He posted her name.", effect="I am afraid to walk home", link="https://post.example/7")
    assert (told.effect, told.link, told.clause) == ("I am afraid to walk home", "https://post.example/7", "004/UB1e")
    assert callable(report)


@pytest.fixture
def larchmere(dovecot_server: Server, user: str, tmp_path: Path) -> Office:
    extra = "[deciders]\nrestrict = sunita.bose@larchmere.example\n"
    office = Office(dovecot_server, tmp_path / user, user, extra=extra).open()
    office.receive(*restriction())
    office.once()
    return office


def test_the_evidence_holds_the_mails_as_they_arrived_and_their_hashes_agree(larchmere: Office, tmp_path: Path) -> None:
    out = tmp_path / "evidence"
    said = larchmere.run("evidence", "vance.kettle@inlook.example", "--folder", str(out), "--now", LARCHMERE_NOW.isoformat())
    assert said.status == 0 and said.errors == "", said
    raws = {mail.raw for mail in restriction()}
    assert {path.read_bytes() for path in (out / "mails").iterdir()} == raws
    assert subprocess.run(["/usr/bin/sha256sum", "--check", "--quiet", "hashes.txt"], cwd=out, check=False).returncode == 0
    assert (out / "chronology.csv").read_text().count("mails/") == len(raws)


def test_on_paper_offensive_words_stand_at_the_end_under_a_number(
    due: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[pdf.Block] = []
    real = pdf.document
    monkeypatch.setattr(pdf, "document", lambda title, blocks, **rest: told.extend(blocks) or real(title, blocks, **rest))
    write(BERT, tmp_path / "out", due.ledger, due.settings, due.now, paper=True)
    tables = [one for one in told if isinstance(one, pdf.Table)]
    last = next(place for place, one in enumerate(told) if isinstance(one, pdf.Heading) and one.new_page)
    assert told[-1] is tables[-1] and last == len(told) - 3
    assert "offensive words, no. 1 at the end" in str(tables[0].rows) and "idiots" not in str(tables[0].rows)
    assert "idiots" in str(tables[-1].rows) and "handed to the next member" in str(tables[0].rows)  # both sides


def test_the_paper_is_a_pdf_whose_hash_is_told_and_the_same_each_time(larchmere: Office, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        out = tmp_path / name
        order = ("evidence", "vance.kettle@inlook.example", "--folder", str(out), "--pdf", "--now", LARCHMERE_NOW.isoformat())
        assert larchmere.run(*order).status == 0
        made.append((out / "chronology.pdf").read_bytes())
        assert subprocess.run(["/usr/bin/sha256sum", "--check", "--quiet", "hashes.txt"], cwd=out, check=False).returncode == 0
        assert "chronology.pdf" in (out / "hashes.txt").read_text()
    assert made[0] == made[1] and made[0].startswith(b"%PDF-") and b"DejaVuSans" in made[0]


def test_what_paper_cannot_show_is_said_to_be_missing() -> None:
    assert pdf.showable("Łucja ŵrote “żółw”, Ελένη and Алла too") == "Łucja ŵrote “żółw”, Ελένη and Алла too"
    assert pdf.showable("see 中文 字 there, \u05e9\u05dc\u05d5\u05dd") == f"see {pdf.NOT_SHOWN}there, {pdf.NOT_SHOWN}"


def test_without_the_package_for_it_a_pdf_is_refused_before_anything_is_written(
    due: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "reportlab.platypus", None)
    with pytest.raises(Misconfigured, match=r"triage\[pdf\]"):
        write(BERT, tmp_path / "out", due.ledger, due.settings, due.now, paper=True)
    assert not (tmp_path / "out").exists()


def test_a_cell_longer_than_a_page_is_printed_whole() -> None:
    pages = pdf.document("Long", [pdf.Table(("what", "words"), [("a", "word " * 3_000)], (1, 3))]).count(b"/Type /Page\n")
    assert pages > 2


def test_the_commands_record_a_decision_and_show_it(larchmere: Office) -> None:
    now = ("--now", LARCHMERE_NOW.isoformat())
    notice = next(mail for mail in restriction() if b"decided to restrict" in mail.raw).message_id
    start = (
        "hold",
        "start",
        "--settings",
        str(larchmere.folder / "settings.ini"),
        "vance.kettle@inlook.example",
        *now,
        "--notice",
        notice,
    )
    who = ("--by", "sunita.bose@larchmere.example", "--reason", "insults after a warning")
    refused = run(*start, *who, "--circumstances", " ")
    assert refused.status == 69 and "the circumstances are missing" in refused.errors
    dry = run(*start, *who, "--circumstances", "two insults, one warning", "--dry-run")
    assert dry.status == 0 and dry.output.startswith("would be recorded: a restriction was decided, by sunita"), dry
    done = run(*start, *who, "--circumstances", "two insults, one warning")
    assert done.status == 0 and "covers: Service charge" in done.output, done
    shown = larchmere.run("register", *now).output
    assert "insults after a warning" in shown and "missing" not in shown
    assert '"insults after a warning"' in larchmere.run("register", "--form", "csv", *now).output
    assert "the journal is whole" in larchmere.run("journal").output
    head = larchmere.run("journal", "head").output.strip()
    assert larchmere.run("journal", "verify", "--anchor", head).status == 0
    assert larchmere.run("journal", "verify", "--anchor", head[:-4] + "0000").status == 1
    assert "1 changes made" in larchmere.once(now=LARCHMERE_NOW).output  # the note no longer says that something is missing
    assert "0 changes made" in larchmere.once(now=LARCHMERE_NOW).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("hold", "start", "a@b.example", "--by", "x", "--reason", "r", "--circumstances", "c", "--kind", "ban"),
            "there is no kind",
        ),
        (
            ("hold", "start", "a@b.example", "--by", "x", "--reason", "r", "--circumstances", "c", "--until", "soon"),
            "'soon' is no day",
        ),
        (
            ("hold", "start", "a@b.example", "--by", "x", "--reason", "r", "--circumstances", "c", "--mailbox", "dsk"),
            "--mailbox: there is no mailbox dsk; write one of",
        ),
        (("warn", "a@b.example", "--by", "x", "--reason", "r", "--notice-file", "/none.pdf"), "cannot be read"),
        (
            ("appeal", "decide", "a@b.example", "--by", "x", "--reason", "r", "--outcome", "won"),
            "write allowed, varied or refused",
        ),
        (
            ("terminate", "a@b.example", "--by", "x", "--reason", "r", "--circumstances", "c", "--why", "rude"),
            "write conduct, non-payment",
        ),
        (("letter", "angry", "a@b.example"), "there is no letter 'angry'"),
        (("letter", "warning", "a@b.example"), "nothing is known of a@b.example"),
        (("register", "--form", "pdf"), "there is no form 'pdf'"),
        (("journal", "burn"), "there is nothing to burn"),
        (("incident", "a@b.example", "--by", "x", "--on", "2026-13-01", "--channel", "visit", "--words", "w"), "is no day"),
    ],
)
def test_a_wrong_option_is_told_in_words(baths: Registry, arguments: tuple[str, ...], said: str) -> None:
    told = run(*arguments, "--settings", str(baths.folder / "settings.ini"))
    assert told.status in (69, 78) and said in told.errors and "Traceback" not in told.errors, told


def test_whoever_is_forgotten_leaves_no_words_behind_and_the_journal_stays_whole(due: Registry) -> None:
    due.incident(words="He shouted at Noor.")
    due.rule("no-action", by=NOOR, reason="he has calmed down")
    due.conclude()
    one = person(due.ledger, due.settings, BERT)
    told = everything_about(due.ledger, one)
    assert told["decisions"][0]["reason"] == "he has calmed down" and told["incidents"][0]["words"] == "He shouted at Noor."
    erase(due.ledger, one, reason="asked for", now=due.now)
    assert rulings(due.ledger) == () and incidents(due.ledger) == ()
    assert due.ledger.verify_journal() is None and [e.kind for e in due.ledger.entries() if e.kind != "policy"][:2] == [
        "incident",
        "ruling",
    ]


def test_a_decision_that_somebody_took_out_of_the_database_is_missed_and_one_that_was_erased_is_not(due: Registry) -> None:
    due.rule("no-action", by=NOOR, reason="he has calmed down")
    verify = ("journal", "verify", "--settings", str(due.folder / "settings.ini"))
    assert run(*verify).status == 0
    erase(due.ledger, person(due.ledger, due.settings, BERT), reason="asked for", now=due.now)
    assert run(*verify).status == 0 and lost_papers(due.ledger) == ()
    due.wrote(ASKED)
    kept = due.rule("no-action", by=NOOR, reason="difficult, no more")
    due.ledger.erase_papers([kept.id])  # as whoever can write the database could
    assert [one.subject["paper"] for one in lost_papers(due.ledger)] == [kept.id]
    said = run(*verify)
    checks = doctor.examine(due.settings, now=due.now, look_only=True)
    assert any(one.area == "database" and one.state == "wrong" and "no erasure took" in one.words for one in checks)
    assert said.status == 1 and "its paper is gone" in said.errors and NOOR in said.errors and "is whole" not in said.output
