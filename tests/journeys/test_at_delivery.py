"""A restriction that the mail server enforces itself: filed as it comes in, never lost, and what must reach a person is put back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mailstate import mails
from office import Office, Said
from sample import DESK, INES, OTTILIE, SUNITA, VANCE, Mail, address, letter, reply
from servers import Server, dovecot

from triage import at_delivery
from triage.ledger import Ledger
from triage.mailbox import sieve

DAY = timedelta(days=1)
TODAY = datetime.now(UTC).replace(microsecond=0)
"""The mail server looks at its own clock, so this story ends today."""
END = TODAY + 60 * DAY
ON = "\n[acting]\nsieve = yes\n"
OWN = 'require ["fileinto"];\r\nif header :contains "subject" "newsletter" { fileinto "Junk"; stop; }\r\n'


@pytest.fixture(scope="module")
def delivering() -> Iterator[Server]:
    with dovecot(sieve=True) as server:
        yield server


def told_to_stop() -> list[Mail]:
    """Vance insults, is warned, insults again, and is told of a restriction."""
    first = letter(
        "Your bill for the service charge of 340 pounds at 9 Heron Wharf is wrong. Correct it.\n\nVance Kettle",
        sender=VANCE, subject="Service charge for 9 Heron Wharf", at=TODAY - 40 * DAY,
    )  # fmt: skip
    answer = reply(
        first, "Dear Mr Kettle,\n\nThe service charge of 340 pounds for 9 Heron Wharf is right: it is a twelfth of the lift's repair, "
        "which the lease lets us share out. The bill stands.\n\nInes Wold",
        sender=INES, at=str(TODAY - 39 * DAY)[:19], recipient=VANCE,
    )  # fmt: skip
    abuse = reply(
        answer, "You stupid, worthless bitch. You are a pathetic idiot about this service charge.\n\nVance Kettle",
        sender=VANCE, at=str(TODAY - 38 * DAY)[:19], recipient=DESK,
    )  # fmt: skip
    warning = reply(
        abuse, "Dear Mr Kettle,\n\nThis is a formal warning. The insults in your email are not acceptable under our conduct policy. "
        "If you insult our staff again, we will restrict your contact with us.\n\nSunita Bose\nManager",
        sender=SUNITA, at=str(TODAY - 37 * DAY)[:19], recipient=VANCE,
    )  # fmt: skip
    after = reply(
        warning, "You pathetic, stupid cow. You are all worthless idiots about this service charge.\n\nVance Kettle",
        sender=VANCE, at=str(TODAY - 30 * DAY)[:19], recipient=DESK,
    )  # fmt: skip
    notice = reply(
        after, "Dear Mr Kettle,\n\nFollowing our warning you have again sent insults to our staff. We have therefore decided to restrict "
        f"your contact with us: until {END:%-d %B %Y} we will not reply to emails about the service charge for 9 Heron Wharf. "
        "You may appeal against this decision within 14 days by writing to our director.\n\nSunita Bose\nManager",
        sender=SUNITA, at=str(TODAY - 20 * DAY)[:19], recipient=VANCE,
    )  # fmt: skip
    return [first, answer, abuse, warning, after, notice]


def again(words: str, *, subject: str = "Re: Service charge for 9 Heron Wharf", sender: str = VANCE, **headers: str) -> Mail:
    """A further mail of today."""
    before = told_to_stop()[1].message_id
    threaded = {"In-Reply-To": before, "References": before} if subject.startswith("Re:") else {}
    return letter(f"{words}\n\nVance Kettle", sender=sender, subject=subject, at=TODAY, headers={**threaded, **headers})


MORE = "The service charge of 340 pounds for 9 Heron Wharf is still wrong. Correct the bill."


@pytest.fixture
def office(delivering: Server, tmp_path: Path, user: str) -> Office:
    one = Office(delivering, tmp_path / "office", user, extra=ON).open()
    one.receive(*told_to_stop())
    return one


def once(office: Office, *rest: str, now: datetime | None = None) -> Said:
    return office.once(*rest, now=now or datetime.now(UTC))


def lying(office: Office, folder: str) -> set[str]:
    return {one.message_id for one in mails(office.server, office.user, folder)}


def active(office: Office) -> tuple[str, set[str]]:
    with sieve.scripts(office.server.account(office.user)) as kept:
        name, names = kept.active()
    return name, set(names)


def put(office: Office, name: str, text: str) -> None:
    """Somebody keeps a script of their own, as webmail does it."""
    from sievelib.managesieve import Client

    client = Client("127.0.0.1", office.server.sieve_port)
    with pytest.warns(UserWarning, match="unencrypted"):
        assert client.connect(office.user, "correct-horse", authmech="PLAIN")
    assert client.putscript(name, text) and client.setactive(name)
    client.logout()


def test_mail_under_the_restriction_is_filed_as_it_comes_in_and_others_mail_is_not(office: Office) -> None:
    said = once(office)
    assert "have the mail server file what 1 restrictions cover (Sieve)" in said.output
    assert active(office) == ("triage", {"triage"})
    assert " 0 changes made" in once(office).output
    held, other = again(MORE), letter("Hello, when is the bin day?", sender=OTTILIE, subject="Bins", at=TODAY)
    office.server.deliver(office.user, held.raw)
    office.server.deliver(office.user, other.raw)
    assert lying(office, "Triage/Held") == {held.message_id} and other.message_id in lying(office, "INBOX")
    (lies,) = mails(office.server, office.user, "Triage/Held")
    assert "\\Seen" not in lies.flags  # its reader sees that it is new
    said = once(office)
    assert "released" not in said.output and "held:" not in said.output
    assert office.export(datetime.now(UTC))["held"] == [held.message_id]
    assert "1 mail so far" in next(
        one.text for one in mails(office.server, office.user, "Triage/Review") if "hold is in force" in one.subject
    )
    assert " 0 changes made" in once(office).output


@pytest.mark.parametrize(
    "words",
    [
        "I cannot go on. I want to end my life over this service charge.",
        "I appeal against your decision to restrict my contact about the service charge.",
        "Under the UK GDPR I make a subject access request: send me all personal data about the service charge.",
        "There is a gas leak at 9 Heron Wharf, come at once.",
    ],
)
def test_what_speaks_of_danger_or_of_a_right_never_touches_the_hold_folder(office: Office, words: str) -> None:
    once(office)
    office.server.deliver(office.user, again(words).raw)
    assert lying(office, "Triage/Held") == set()
    once(office)
    assert again(words).message_id in lying(office, "INBOX")


@pytest.mark.parametrize(
    ("what", "mail"),
    [
        ("welfare in words that no list of words holds", again("There is no point in anything now. By Monday I shall not be here any more, and nobody will miss me.")),
        ("a new matter", again("The bins in the yard of Heron Wharf were not emptied on Tuesday, rats run about between the sacks, and neighbours throw bottles over the wall. When does the lorry come?", subject="Bins in the yard")),
        ("a forged sender", again(MORE, **{"Authentication-Results": "mx.larchmere.example; dmarc=fail header.from=inlook.example"})),
        ("no text at all", again("").__class__("INBOX", TODAY, again("x").raw.replace(b"x\r\n\r\nVance Kettle", b""))),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_what_the_script_filed_and_no_restriction_covers_is_put_back_at_the_next_pass(
    office: Office, what: str, mail: Mail
) -> None:
    once(office)
    office.server.deliver(office.user, mail.raw)
    assert lying(office, "Triage/Held") == {mail.message_id}, what
    said = once(office)
    assert "released: 1 mails from Triage/Held to INBOX" in said.output
    assert lying(office, "Triage/Held") == set() and mail.message_id in lying(office, "INBOX")
    assert " 0 changes made" in once(office).output


def test_the_script_ends_by_itself_on_the_day_and_is_taken_away_with_the_restriction(office: Office) -> None:
    once(office)
    with sieve.scripts(office.server.account(office.user)) as kept:
        text = kept.ours()
    assert f'"lt" "iso8601" "{END:%Y-%m-%dT}' in text
    past = text.replace(f"{END:%Y-}", "2020-")
    put(office, "triage", past)
    office.server.deliver(office.user, again(MORE).raw)
    assert again(MORE).message_id in lying(office, "INBOX")  # although the program has not run
    said = once(office, now=END + 2 * DAY)
    assert "take the Sieve script away" in said.output
    assert active(office) == ("", set())


def test_a_lifted_restriction_takes_it_away_and_what_it_filed_meanwhile_comes_back(office: Office) -> None:
    once(office)
    office.server.deliver(office.user, again(MORE).raw)
    once(office)
    lifted = letter(
        "Dear Mr Kettle,\n\nwe have lifted the restriction on your contact with us with immediate effect.\n\nSunita Bose\nManager",
        sender=SUNITA, to=VANCE, subject="Re: Service charge for 9 Heron Wharf", at=str(TODAY - DAY)[:19],
        headers={"In-Reply-To": told_to_stop()[-1].message_id},
    )  # fmt: skip
    office.receive(lifted)
    late = again(f"{MORE} Today.")
    office.server.deliver(office.user, late.raw)
    said = once(office)
    assert "take the Sieve script away" in said.output and active(office) == ("", set())
    assert lying(office, "Triage/Held") == set()
    assert {late.message_id, again(MORE).message_id} <= lying(office, "INBOX")


def test_a_script_of_ones_own_goes_on_working_and_is_the_active_one_again_afterwards(office: Office) -> None:
    put(office, "mine", OWN)
    once(office)
    assert active(office) == ("triage", {"triage", "mine"})
    news = letter("News of the week.", sender=OTTILIE, subject="Our newsletter", at=TODAY)
    office.server.deliver(office.user, news.raw)
    office.server.deliver(office.user, again(MORE).raw)
    assert lying(office, "Junk") == {news.message_id} and lying(office, "Triage/Held") == {again(MORE).message_id}
    once(office)
    assert office.run("undo").status == 0
    assert active(office) == ("mine", {"mine"})
    assert again(MORE).message_id in lying(office, "INBOX")
    assert "Triage/Held" not in office.state()


def test_somebody_who_makes_another_script_active_is_not_fought_with(office: Office) -> None:
    once(office)
    put(office, "mine", OWN)
    for _ in range(2):
        said = once(office)
        assert (
            "somebody has made another Sieve script active, so ours stays off" in said.output and " 0 changes made" in said.output
        )
        assert active(office) == ("mine", {"mine", "triage"})
    office.server.deliver(office.user, again(MORE).raw)
    assert "held: 1 mails from INBOX to Triage/Held" in once(office).output  # as without a script
    office.run("undo")
    assert active(office) == ("mine", {"mine"})


def test_a_script_that_bears_our_name_and_is_not_ours_is_left_alone(office: Office) -> None:
    put(office, "triage", OWN)
    said = once(office)
    assert "a Sieve script named triage is there that is not ours, and is left alone" in said.output
    with sieve.scripts(office.server.account(office.user)) as kept:
        assert kept.ours().split() == OWN.split()


def test_on_trial_it_is_told_and_nothing_is_put(office: Office) -> None:
    said = once(office, "--dry-run")
    assert "have the mail server file what 1 restrictions cover (Sieve)" in said.output
    assert active(office) == ("", set())
    once(office)
    replace(office, extra="").open()  # the setting is off again
    assert "take the Sieve script away" in once(office, "--dry-run").output
    assert active(office)[0] == "triage"
    once(office)
    assert active(office) == ("", set())


def test_without_the_setting_no_script_is_put(office: Office) -> None:
    replace(office, extra="").open()
    once(office)
    assert active(office) == ("", set())


def test_a_server_without_managesieve_is_told_and_the_pass_files_as_ever(
    dovecot_server: Server, tmp_path: Path, user: str
) -> None:
    nowhere = replace(dovecot_server, sieve_port=1)
    office = Office(nowhere, tmp_path / "office", user, extra=ON).open()
    office.receive(*told_to_stop(), again(MORE))
    said = once(office)
    assert "no Sieve scripts can be kept at 127.0.0.1, port 1" in said.output
    assert lying(office, "Triage/Held") == {again(MORE).message_id}


def test_the_ledger_keeps_no_address_for_it_and_the_journal_what_was_done(office: Office) -> None:
    once(office)
    with office.ledger() as ledger:
        kept = str(ledger.meta("sieve desk"))
        kinds = [entry.kind for entry in ledger.entries()]
    assert json.loads(kept)["script"] and address(VANCE) not in kept and "kettle" not in kept
    assert "sieve" in kinds


@pytest.mark.parametrize(
    "stranger", ['a"; discard; #@post.example', 'a\\"]) { discard; }@post.example', "a\r\nstop;@post.example"]
)
def test_no_address_of_a_stranger_s_becomes_a_command(office: Office, stranger: str) -> None:
    row = {"id": "r-1", "until": END.isoformat(), "addresses": [stranger]}
    text = at_delivery.script([row], "Triage/Held", "")
    with sieve.scripts(office.server.account(office.user)) as kept:
        kept.put(text)  # the server finds no fault in it
    from sievelib.parser import Parser

    parser = Parser()
    assert parser.parse(text), parser.error
    said = text.splitlines()
    assert not [line for line in said if line.strip().startswith(("discard", "stop"))]
    assert "discard" not in "".join(
        part for number, part in enumerate(text.replace("\\\\", "").replace('\\"', "").split('"')) if number % 2 == 0
    )


class Killed(BaseException):
    """What nobody catches: the power is gone."""


@contextmanager
def killed_before(step: int) -> Iterator[list[str]]:
    """The program dies before the `step`th thing it does to scripts or writes of them; says what it had done until then."""
    done: list[str] = []

    def dying(owner: type, name: str, patch: pytest.MonkeyPatch) -> None:
        was = getattr(owner, name)

        def does(self: object, *words: Any, **named: Any) -> Any:
            about_it = owner is not Ledger or str(words[0]).startswith("sieve")
            if about_it and len(done) + 1 >= step:
                raise Killed
            done.extend([name] if about_it else [])
            return was(self, *words, **named)

        patch.setattr(owner, name, does)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("putscript", "setactive", "deletescript"):
            dying(sieve._Line, name, patch)
        for name in ("journal", "set_meta"):
            dying(Ledger, name, patch)
        yield done


def scripts_now(office: Office) -> tuple[str, set[str], str]:
    with sieve.scripts(office.server.account(office.user)) as kept:
        name, names = kept.active()
        return name, set(names), kept.ours() if "triage" in names else ""


def test_killed_between_any_two_of_its_steps_it_ends_the_same_and_a_mail_filed_meanwhile_is_known(office: Office) -> None:
    put(office, "own", OWN)
    started, gone = datetime.now(UTC), END + 2 * DAY
    seen = set()
    for now, end in ((started, ("triage", {"own", "triage"})), (gone, ("own", {"own"}))):
        for step in itertools.count(1):
            with killed_before(step) as done:
                try:
                    once(office, now=now)
                except Killed:
                    seen.add((now, *done))
                else:
                    break  # whatever was begun is done by now
            assert active(office)[0] in {"own", "triage"}  # the user's own rules never rest
            if now == started and active(office)[0] == "triage":
                with office.ledger() as ledger:
                    assert at_delivery.filed_by_it(ledger, "desk", address(VANCE), now)
        assert scripts_now(office)[:2] == end
        before = scripts_now(office)
        assert " 0 changes made" in once(office, now=now).output and scripts_now(office) == before
    assert len(seen) >= 6


def test_doctor_says_whether_the_server_could_file_by_itself(delivering: Server, office: Office, tmp_path: Path) -> None:
    assert "knows what ours needs" in office.run("doctor").output
    put(office, "triage", "keep;\r\n")
    assert (
        "that is not ours, and is left alone; mail under a restriction is filed at each pass instead"
        in office.run("doctor").output
    )
    nowhere = Office(replace(delivering, sieve_port=1), tmp_path / "nowhere", office.user, extra=ON).open()
    said = nowhere.run("doctor")
    assert said.status == 0 and "[acting] sieve: no Sieve scripts can be kept at 127.0.0.1, port 1" in said.output
