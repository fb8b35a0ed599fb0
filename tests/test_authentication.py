"""Authentication-Results, as our own server wrote them and as strangers forge them."""

from __future__ import annotations

import time

import pytest

from triage.authentication import judge

HOME = "mail.example"


@pytest.mark.parametrize(
    ("field", "verdict"),
    [
        ("mx.shop.example; dmarc=pass header.from=mail.example; spf=fail smtp.mailfrom=x.example", "pass"),
        ("mx.shop.example; dmarc=fail (p=none dis=none) header.from=mail.example; spf=pass smtp.mailfrom=bulk.example", "fail"),
        ("mx.shop.example; dkim=fail header.d=mail.example; spf=pass smtp.mailfrom=ann@mail.example", "pass"),
        ("mx.shop.example; dkim=pass header.d=bulk.example; spf=fail smtp.mailfrom=mail.example", "fail"),
        ("mx.shop.example; dkim=pass header.d=news.mail.example; spf=fail smtp.mailfrom=bulk.example", "unknown"),
        ("mx.shop.example; dkim=pass header.d=MAIL.example; spf=fail smtp.mailfrom=bulk.example", "pass"),
        ("mx.shop.example; dmarc=pass header.from=bulk.example", "unknown"),
        ("mx.shop.example; dmarc=pass header.from=bulk.example; dmarc=pass header.from=mail.example", "unknown"),
        ("mx.shop.example; dmarc=pass; dkim=pass header.d=mail.example", "unknown"),
        ("mx.shop.example; dmarc=pass header.from=notmail.example", "unknown"),
        ("mx.shop.example; dmarc=pass (p=reject) header.from=mail.example action=none", "pass"),
        ("mx.shop.example; spf=fail smtp.mailfrom=bulk.example", "fail"),
        ("mx.shop.example; spf=softfail smtp.mailfrom=bulk.example", "unknown"),
        ("mx.shop.example; dkim=none; spf=neutral", "unknown"),
        ("mx.shop.example; dmarc=temperror; spf=temperror", "unknown"),
        ("mx.shop.example 1; none", "unknown"),
        ("", "unknown"),
        ("dmarc=fail", "unknown"),
        ('mx.shop.example; spf=pass smtp.mailfrom="a; dmarc=fail"@mail.example', "pass"),
        ("mx.shop.example (; dmarc=fail); dkim=pass header.d=mail.example", "pass"),
    ],
)
def test_dmarc_decides_and_without_it_an_aligned_pass_outweighs_a_failure(field: str, verdict: str) -> None:
    assert judge([field], HOME, "mx.shop.example")[0] == verdict


@pytest.mark.parametrize("from_domain", ["", "ple", "shop.co.example", "co.example"])
def test_what_is_proved_for_another_domain_proves_nobody_here(from_domain: str) -> None:
    for field in ("dmarc=pass header.from=mail.example", "dkim=pass header.d=evil.co.example", "spf=pass smtp.mailfrom=example"):
        assert judge([f"mx.shop.example; {field}"], from_domain, "mx.shop.example")[0] == "unknown"


def test_the_note_holds_the_servers_own_words() -> None:
    field = "mx.shop.example; spf=fail smtp.mailfrom=b.bulk.example; dmarc=fail (p=none) header.from=mail.example"
    assert judge([field], HOME, None) == (
        "fail",
        "dmarc=fail (header.from=mail.example), spf=fail (smtp.mailfrom=b.bulk.example)",
    )


def test_only_the_field_on_top_counts_because_those_below_came_with_the_mail() -> None:
    own, forged = "mx.shop.example; dmarc=fail header.from=mail.example", "mx.shop.example; dmarc=pass header.from=mail.example"
    assert judge([own, forged], HOME, None)[0] == "fail"


def test_with_a_trusted_server_named_the_fields_of_others_say_nothing() -> None:
    theirs, ours = "MX.other.example; dmarc=fail", "mx.shop.example; dmarc=pass header.from=mail.example"
    assert judge([theirs, ours], HOME, "MX.Shop.example")[0] == "pass"
    assert judge([theirs], HOME, "mx.shop.example") == ("unknown", "")


@pytest.mark.parametrize(
    "field",
    [
        "mx; dmarc=fail " + "(" * 20_000,
        "(" * 20_000 + ")" * 20_000,
        '"' * 20_001,
        "mx" + "; spf=" * 5_000,
        "mx; dmarc=fail " + "a.b=c " * 3_000,
        "\\" * 20_000,
    ],
)
def test_a_hostile_field_is_unknown_and_takes_no_time(field: str) -> None:
    before = time.process_time()
    assert judge([field] * 20, HOME, None) == ("unknown", "")
    assert time.process_time() - before < 1.0


def test_without_a_trusted_server_nothing_is_a_pass_because_the_sender_may_have_written_the_field() -> None:
    assert judge(["whatever.example; dmarc=pass header.from=mail.example"], HOME, None)[0] == "unknown"
    assert judge(["whatever.example; dmarc=fail header.from=mail.example"], HOME, None)[0] == "fail"
