"""The digest: what it counts, in which order, and that nothing of a sender's becomes markup."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from triage import digest
from triage.ledger import ConclusionRows

NOW = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def proposal(kind: str, subject: str, day: int, *, answered: bool = False) -> dict[str, object]:
    return {
        "kind": kind,
        "subject": subject,
        "sender": {"name": "Perry Sloane", "email": "perry@sloane.example"},
        "sent_at": f"2026-05-{day:02}T10:00:00+00:00",
        "verdict": {"choice": "agree"} if answered else None,
    }


def matter(title: str, due: int, *, overdue: bool = True) -> dict[str, object]:
    return {"title": title, "contact": "c-1", "overdue": overdue, "deadline": f"2026-05-{due:02}T17:00:00+00:00"}


def hold(until: str | None, *, in_force: bool = True) -> dict[str, object]:
    return {"contact": "c-1", "in_force": in_force, "until": until}


def finding(key: str, kind: str, *, dismissed: str = "") -> dict[str, object]:
    return {"message_key": key, "kind": kind, "by_staff": False, "dismissed": dismissed, "strength": 0.9, "severity": "serious"}


def rows(**given: list[dict[str, object]]) -> ConclusionRows:
    contacts = [{"id": "c-1", "addresses": ["perry@sloane.example"]}]
    return ConclusionRows(**{"contacts": contacts, **given})  # type: ignore[arg-type]


def of(**given: list[dict[str, object]]) -> digest.Digest:
    return digest.summed_up(rows(**given), [], {}, staff=(), now=NOW, zone=LONDON)


def test_what_must_be_read_now_comes_first_and_what_was_answered_is_left_out() -> None:
    found = of(proposals=[proposal("warn", "Rent", 4), proposal("urgent", "Help", 9), proposal("warn", "Old", 1, answered=True)])
    assert [line.detail for line in found.waiting] == ["Perry Sloane: Help, 9 May 2026", "Perry Sloane: Rent, 4 May 2026"]
    assert found.waiting[0].late and not found.waiting[1].late


def test_a_mail_of_nobody_known_is_said_to_be_so() -> None:
    nobody = {**proposal("unreadable", "(none)", 10), "sender": {"name": "", "email": ""}}
    assert [line.detail for line in of(proposals=[nobody]).waiting] == ["an unknown sender: (none), 10 May 2026"]


def test_late_answers_are_in_the_order_in_which_they_were_due() -> None:
    found = of(matters=[matter("Tap", 8), matter("Roof", 2), matter("Door", 1, overdue=False)])
    assert [line.what for line in found.owed] == ["Roof", "Tap"]
    assert "due 2 May 2026" in found.owed[0].detail and "perry@sloane.example" in found.owed[0].detail


def test_a_hold_tells_how_long_it_lasts_and_one_without_end_asks_for_one() -> None:
    found = of(
        restrictions=[
            hold("2026-06-30T00:00:00+00:00"),
            hold("2026-05-15T00:00:00+00:00"),
            hold(None),
            hold(None, in_force=False),
        ]
    )
    assert [line.late for line in found.holds] == [True, False, True]
    assert "time to review it" in found.holds[0].detail and "47 days more" in found.holds[1].detail
    assert "please add one" in found.holds[2].detail


def test_held_mail_that_nobody_read_in_time_names_who_should_have() -> None:
    wanted = [{"message_key": key, "contact": "c-1", "held": key != "c"} for key in "abc"]
    due = {"a": NOW - timedelta(days=2), "b": NOW - timedelta(days=1), "c": NOW - timedelta(days=9)}
    found = digest.summed_up(
        rows(restrictions=[hold("2026-06-30T00:00:00+00:00") | {"reader": "ines@larchmere.example"}], wanted=wanted),
        [], {}, staff=(), now=NOW, zone=LONDON, unread=due,
    )  # fmt: skip
    assert [line.what for line in found.unread] == ["ines@larchmere.example has not read 2 held mails"]
    assert "due 11 May 2026" in found.unread[0].detail and found.unread[0].late
    assert "HELD MAIL THAT ITS READER HAS NOT READ IN TIME" in digest.plain(found)


def test_a_restriction_is_shown_for_review_as_early_as_the_policy_says() -> None:
    given = rows(restrictions=[hold("2026-06-01T00:00:00+00:00")])
    early = digest.summed_up(given, [], {}, staff=(), now=NOW, zone=LONDON, review=timedelta(days=21))
    assert "time to review it: unless somebody renews it with reasons, it ends" in early.holds[0].detail


def test_a_list_without_end_is_cut_and_says_how_much_is_left_out() -> None:
    found = of(matters=[matter(f"Tap {n}", 2) for n in range(25)])
    assert len(found.owed) == digest.MOST and found.more["owed"] == 15
    assert "25 answers late" in digest.title(found) and "… and 15 more." in digest.plain(found)


def test_weeks_begin_on_monday_in_our_time_zone() -> None:
    sunday_late = datetime(2026, 5, 10, 23, 30, tzinfo=UTC)  # half past midnight on Monday in London
    found = digest.summed_up(rows(), [sunday_late, NOW, NOW - timedelta(weeks=30)], {}, staff=(), now=NOW, zone=LONDON)
    assert len(found.weeks) == digest.WEEKS
    assert found.weeks[-1] == ("11 May", 2) and found.weeks[-2] == ("4 May", 0)


def test_abuse_counts_for_those_of_us_it_was_sent_to() -> None:
    seen = [
        finding("a", "abuse"),
        finding("a", "threat"),
        finding("b", "abuse"),
        finding("c", "abuse", dismissed="yes"),
        finding("d", "repeat"),
    ]
    sent_to = {
        "a": ["ines@larchmere.example", "desk@larchmere.example"],
        "b": ["desk@larchmere.example"],
        "c": ["ines@larchmere.example"],
    }
    found = digest.summed_up(rows(findings=seen), [], sent_to, staff={"ines@larchmere.example"}, now=NOW, zone=LONDON)
    assert dict(found.borne) == {"ines@larchmere.example": 1, "the shared mailbox alone": 1}


def test_a_day_and_a_week_are_those_of_our_time_zone() -> None:
    assert digest.period("weekly", NOW, LONDON) == "2026-W20"
    assert digest.period("daily", datetime(2026, 5, 12, 23, 30, tzinfo=UTC), LONDON) == "2026-05-13"


def test_nothing_of_a_sender_s_becomes_markup_or_a_header() -> None:
    hostile = "<img src=http://x.example onerror=alert(1)>\r\nBcc: all@larchmere.example"
    found = of(proposals=[proposal("warn", hostile, 4)], matters=[matter(hostile, 2)])
    raw = digest.compose(
        found, name="digest-2026-W20", message_id="<digest-2026-W20@triage.larchmere.example>", mailbox="desk@larchmere.example"
    )
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    html = mail.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert mail["Bcc"] is None and "<img" not in html and "&lt;img" in html
    assert "http" not in html.replace("http://x.example onerror", "")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert not any(line.startswith("Bcc:") for line in text.splitlines())
