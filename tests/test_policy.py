"""The five packs that come with the program, and what is said about faulty ones."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pytest

from triage import policy
from triage.errors import Misconfigured, Permanent
from triage.evidence import Thresholds
from triage.finding import KINDS
from triage.pack import Clause, Deciders, Letters, Pack, Part, Periods, Step

PACKS = ["aurora-assist", "caraway", "client-expectations", "jack-keller", "k-and-s"]

SMALL = """\
id = "our"
title = "House Rules"
organisation = "Fernhill Lettings"
version = "1"
binds_both_sides = false
highest_stage = "warn"
appeal = false
warn_first = true
serious = ["threat"]

[thresholds]
volume_messages = 9
volume_window = "2 days"

[periods]
restriction_days = 60

[[ladder]]
stage = "warn"
name = "A letter"
decided_by = "the manager"
means = "Says what was wrong."

[[clause]]
ref = "our/1"
title = "Be civil"
nature = "conduct"
duty = "detect"
kinds = ["threat", "abuse"]
secondary = true
note = "Everything uncivil."

[[clause]]
ref = "our/2"
title = "No threats"
nature = "conduct"
duty = "detect"
kinds = ["threat"]
note = "The sentence."
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "house.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, old: str, new: str) -> list[str]:
    assert old in SMALL
    return policy.check(written(folder, SMALL.replace(old, new, 1)))


def test_the_five_packs_come_with_the_program_and_are_sound() -> None:
    assert policy.pack_names() == PACKS
    assert {name: policy.check(name) for name in PACKS} == {name: [] for name in PACKS}


@pytest.mark.parametrize(
    ("name", "number"),
    [("k-and-s", 24), ("aurora-assist", 48), ("client-expectations", 39), ("caraway", 22), ("jack-keller", 57)],
)
def test_a_pack_lists_every_clause_of_its_policy(name: str, number: int) -> None:
    assert len(policy.load(name).clauses) == number


def test_the_packs_together_say_of_each_clause_what_it_is_and_what_a_program_can_do() -> None:
    clauses = [clause for name in PACKS for clause in policy.load(name).clauses]
    assert Counter(clause.nature for clause in clauses) == {
        "conduct": 82,
        "safeguard": 25,
        "procedure": 25,
        "obligation": 26,
        "scope": 22,
        "record": 10,
    }
    assert Counter(clause.duty for clause in clauses) == {"detect": 57, "assist": 96, "record": 37}


@pytest.mark.parametrize(
    ("name", "kind", "ref"),
    [
        ("k-and-s", "abuse", "000/1-d"),
        ("k-and-s", "threat", "000/1-c"),
        ("k-and-s", "harassment", "000/1-e"),
        ("k-and-s", "after_stop", "000/4-d"),
        ("aurora-assist", "hostile_tone", "001/1-5"),
        ("aurora-assist", "harassment", "001/1-2a"),
        ("aurora-assist", "urgent_demand", "001/1-10a"),
        ("aurora-assist", "unreasonable_demand", "001/1-8a"),
        ("client-expectations", "threat", "002/A1a"),
        ("client-expectations", "discrimination", "002/A6"),
        ("client-expectations", "named_staff", "002/B8"),
        ("caraway", "rights", "003/7-b"),
        ("caraway", "falsehood", "003/2-a"),
        ("jack-keller", "staff_shopping", "004/UD7"),
        ("jack-keller", "harassment", "004/UB1e"),
        ("jack-keller", "illegal", "004/UB4"),
        ("jack-keller", "appeal", "004/APP"),
    ],
)
def test_the_clause_cited_for_a_kind_is_the_one_that_speaks_of_it(name: str, kind: str, ref: str) -> None:
    clause = policy.load(name).clause_for(kind)
    assert clause is not None
    assert clause.ref == ref


def test_a_secondary_clause_is_cited_only_where_no_other_covers_the_kind(tmp_path: Path) -> None:
    pack = policy.load(written(tmp_path, SMALL))
    assert [clause.ref for clause in pack.clauses_for("threat")] == ["our/2", "our/1"]
    assert [clause.ref for clause in pack.clauses_for("abuse")] == ["our/1"]


def test_what_a_policy_does_not_name_is_only_shown() -> None:
    pack = policy.load("k-and-s")
    assert not pack.names("staff_shopping")
    assert pack.clause_for("staff_shopping") is None
    assert pack.severity("staff_shopping", "ordinary") == "advisory"
    assert re.search(r"staff_shopping +no clause of this policy; shown for information\n", policy.show(pack))


def test_persistence_has_its_safeguard_in_the_policy_that_grants_it() -> None:
    clause = policy.load("client-expectations").clause("002/B5")
    assert clause is not None
    assert clause.nature == "safeguard"
    assert "never leads to any step" in clause.note


def test_no_pack_lets_tone_count_or_turns_what_protects_people_against_them() -> None:
    for name in PACKS:
        pack = policy.load(name)
        assert pack.severity("hostile_tone", "serious") == "advisory"
        assert pack.severity("welfare", "grave") == "grave"
        assert all(KINDS[kind] != "protective" for kind in (*pack.serious, *pack.single_incident))


def test_one_grave_incident_stays_grave_only_for_the_kinds_the_pack_says() -> None:
    pack = policy.load("jack-keller")
    assert pack.severity("threat", "grave") == "grave"
    assert pack.severity("harassment", "grave") == "serious"
    assert pack.severity("discrimination", "ordinary") == "serious"
    assert pack.severity("abuse", "ordinary") == "ordinary"
    assert pack.severity("profanity", "advisory") == "advisory"


def test_a_code_without_sanctions_goes_no_further_than_a_word() -> None:
    caraway, keller = policy.load("caraway"), policy.load("jack-keller")
    assert caraway.highest_stage == "warn"
    assert not caraway.allows("restrict")
    assert caraway.decider("restrict") == ""
    assert keller.allows("restrict")
    assert keller.decider("restrict") == "a director"


def test_the_packs_know_who_is_bound_since_when_and_who_may_appeal() -> None:
    packs = {name: policy.load(name) for name in PACKS}
    assert [name for name in PACKS if packs[name].binds_both_sides] == ["caraway", "jack-keller"]
    assert [name for name in PACKS if packs[name].appeal] == ["jack-keller"]
    assert packs["aurora-assist"].effective == date(2023, 11, 29)
    assert packs["jack-keller"].effective is None


def test_a_pack_of_ones_own_is_found_by_its_path_and_read_with_its_numbers(tmp_path: Path) -> None:
    pack = policy.load(str(written(tmp_path, SMALL)))
    assert pack.thresholds == Thresholds(volume_messages=9, volume_window=timedelta(days=2))
    assert pack.periods == Periods(restriction_days=60)
    assert pack.path == tmp_path / "house.toml"


def test_the_fingerprint_changes_with_the_rules(tmp_path: Path) -> None:
    before = policy.load(written(tmp_path, SMALL)).fingerprint
    after = policy.load(written(tmp_path, SMALL.replace("= 9", "= 8"))).fingerprint
    assert before != after


def test_a_mistyped_name_is_answered_with_the_nearest_pack() -> None:
    with pytest.raises(Misconfigured) as caught:
        policy.load("jack-kellar")
    assert caught.value.faults == ("policy: there is no policy pack “jack-kellar”; did you mean “jack-keller”?",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "House', 'titel = "House', "house.toml: title: is missing; rules/README.md says what belongs there"),
        ('title = "House', 'titel = "House', "house.toml line 2: titel: there is no such key; did you mean “title”?"),
        ('kinds = ["threat"]', 'kinds = ["threats"]', "house.toml line 38: clause.2.kinds.1: “threats” is no kind of finding"),
        (
            "volume_messages",
            "volume_mesages",
            "house.toml line 12: thresholds.volume_mesages: there is no such key; did you mean",
        ),
        (
            "= 9",
            '= "9"',
            "house.toml line 12: thresholds.volume_messages: write a number greater than 0, without quotation marks",
        ),
        ('"2 days"', "2", 'house.toml line 13: thresholds.volume_window: write a length of time in quotation marks, such as "24'),
        ('\nstage = "warn"', '\nstage = "ban"', "house.toml line 19: ladder.1.stage: “ban” is not one of 'clear', 'watch'"),
        (
            '\nstage = "warn"',
            '\nstage = "restrict"',
            "house.toml line 19: ladder.1.stage: the step “A letter” is above the highest_stage “warn”",
        ),
        (
            '\nstage = "warn"',
            '\nstage = "watch"',
            "house.toml line 6: highest_stage: the ladder has no step for the highest_stage “warn”; add one",
        ),
        ('"our/2"', '"our/1"', "house.toml line 34: clause.2.ref: clause “our/1” stands here more than once; each"),
        ('"our/2"', '"my/2"', "house.toml line 34: clause.2.ref: clause “my/2” does not begin with the policy's id"),
        ('serious = ["threat"]', 'serious = ["welfare"]', "house.toml line 9: serious: “welfare” protects the writer and can"),
        ('serious = ["threat"]', 'serious = ["volume"]', "house.toml line 9: serious: no clause names “volume”, so it cannot"),
        ("= 60", "= 10", "house.toml line 15: periods.review_days: a restriction would be reviewed before it begins"),
        ("= 60", "= 400", "house.toml line 16: periods.restriction_days: the usual restriction would be longer than the longest"),
        ("= 60", "= 60\nread_day = 3", "house.toml line 17: periods.read_day: there is no such key; did you mean “read_days”?"),
        ("= true", '= "yes"', "house.toml line 8: warn_first: is not right; write true or false, without quotation marks"),
        ('version = "1"', "version = 1", "house.toml line 4: version: is not right; write a text in quotation marks"),
        ('version = "1"', 'version = "1', "house.toml: cannot be read as TOML: "),
        ('version = "1"', 'version = "1"\nfingerprint = "x"', "house.toml line 5: fingerprint: there is no such key"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_would_be_right(tmp_path: Path, old: str, new: str, said: str) -> None:
    told = faults(tmp_path, old, new)
    assert any(fault.startswith(said) for fault in told), told


def test_all_faults_of_a_pack_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("version", "verson").replace("= 9", "= 0").replace('"detect"', '"see"', 1)
    assert [fault.split(": ")[1] for fault in policy.check(written(tmp_path, text))] == [
        "version",
        "thresholds.volume_messages",
        "clause.1.duty",
        "verson",
    ]


def test_advisory_and_serious_exclude_each_other(tmp_path: Path) -> None:
    told = faults(tmp_path, 'serious = ["threat"]', 'serious = ["threat"]\nadvisory = ["threat"]')
    assert told == [
        "house.toml line 9: serious: “threat” never counts, being advisory, and cannot count strongly too; choose one"
    ]


def test_the_page_of_a_pack_names_every_clause_kind_number_and_step() -> None:
    pack = policy.load("jack-keller")
    page = policy.show(pack)
    for words in (*(clause.ref for clause in pack.clauses), *KINDS, *Periods.model_fields, *(step.name for step in pack.ladder)):
        assert words in page
    assert "  volume_window = 1 day. A day is the least in which an office" in page
    assert "welfare              no clause of this policy; it protects the writer, and is always looked for" in page


@pytest.mark.parametrize("name", [*PACKS, "starting/our-policy.toml"])
def test_every_number_of_a_pack_has_its_reason(name: str) -> None:
    pack = policy.load(policy.packs_folder() / name if name.endswith(".toml") else name)
    numbers = [*(entry.name for entry in fields(Thresholds)), *Periods.model_fields]
    assert list(pack.reasons) == numbers and all(len(why.split()) >= 8 for why in pack.reasons.values())
    assert len(set(pack.reasons.values())) == len(numbers)
    assert all(f"  {key} = " in policy.show(pack) and pack.reasons[key] in policy.show(pack) for key in numbers)


def test_a_number_without_a_reason_says_so_and_a_reason_without_a_number_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text(SMALL)
    assert policy.load(path).number("volume_messages") == "volume_messages = 9. The pack gives no reason for it."
    path.write_text(SMALL.replace("[periods]", '[reasons]\nvolume_mesages = "many"\nread_days = 4\n[periods]'))
    assert policy.check(path) == [
        "house.toml line 16: reasons.volume_mesages: there is no such number; did you mean “volume_messages”?",
        "house.toml line 17: reasons.read_days: write the reason as a text in quotation marks",
    ]


def test_the_readme_explains_every_key_and_every_kind() -> None:
    readme = (policy.packs_folder() / "README.md").read_text(encoding="utf-8")
    models: tuple[type[Part], ...] = (Pack, Clause, Step, Periods, Deciders, Letters)
    keys = {entry.alias or name for model in models for name, entry in model.model_fields.items() if not entry.exclude}
    keys |= {entry.name for entry in fields(Thresholds)} | set(KINDS) | set(PACKS)
    assert sorted(key for key in keys if not re.search(rf"`\W*{key}\W*`", readme)) == []


def test_the_readme_gives_the_values_that_hold_when_a_number_is_left_out() -> None:
    readme = (policy.packs_folder() / "README.md").read_text(encoding="utf-8")
    defaults = {entry.name: getattr(Thresholds(), entry.name) for entry in fields(Thresholds)}
    defaults |= {name: getattr(Periods(), name) for name in Periods.model_fields}
    for name, value in defaults.items():
        told = "24 hours" if value == timedelta(hours=24) else f"{value:g}"
        assert re.search(rf"\| `{name}` \|.*\| {told} \|", readme), name


def test_a_pack_to_start_from_is_sound_and_shows_every_key(tmp_path: Path) -> None:
    path = tmp_path / "our-policy.toml"
    policy.begin(path)
    assert policy.check(path) == []
    text = path.read_text(encoding="utf-8")
    for model in (Pack, Step, Periods, Deciders, Letters):
        for name, entry in model.model_fields.items():
            if not entry.exclude:
                assert re.search(rf"^#?\[*{entry.alias or name}\b", text, re.MULTILINE), name
    assert all(f"{entry.name} =" in text for entry in fields(Thresholds))


def test_a_pack_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "our-policy.toml"
    path.write_text("mine")
    with pytest.raises(Permanent, match="left as it is"):
        policy.begin(path)
    assert path.read_text() == "mine"
    with pytest.raises(Permanent, match="cannot be written"):
        policy.begin(tmp_path / "nowhere" / "our-policy.toml")


def test_the_roles_for_appeals_and_for_the_end_are_found_like_those_of_the_steps() -> None:
    pack = policy.load("jack-keller")
    assert pack.decider("appeal") == "a director with no part in the decision"
    assert pack.decider("terminate") == "a director"


def test_the_policy_must_have_been_given_first_only_where_it_says_so() -> None:
    assert [name for name in PACKS if policy.load(name).policy_first] == ["aurora-assist"]
    assert [name for name in PACKS if policy.load(name).mediation] == ["aurora-assist"]
