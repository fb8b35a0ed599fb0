"""A mail that merely thanks waits for nobody; one that ends politely does."""

from __future__ import annotations

import pytest
from turns import mail

from triage.detect.pressing import accepts


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nFollowing up on my earlier e-mail about the mould, as I have heard nothing so far.\n\nMany thanks,\nIda Vale",
        "Hi,\n\nThe boiler has stopped and it is very cold here tonight.\n\nThank you,\n\nIda Vale\nSent from my phone",
        "The lift is out of order and my mother cannot leave the house.\n\nWith many thanks in advance,\nIda Vale",
    ],
)
def test_a_mail_that_asks_and_ends_with_thanks_accepts_nothing(text: str) -> None:
    assert not accepts(mail(text, 0))


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, that is very helpful.\n\nBest wishes,\nIda Vale",
        "Hello,\n\nThanks for sorting this out so quickly.\n\nMany thanks,\nIda Vale",
        "Hi,\n\nAll fine now.\n\nThanks,\nIda",
        "Many thanks,\nIda Vale",
    ],
)
def test_a_mail_that_only_thanks_accepts(text: str) -> None:
    assert accepts(mail(text, 0))
