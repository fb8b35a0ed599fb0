"""The plots of the demo's year: how each kind of story runs. A plot takes a story and plays it to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from triage.demo import year_clock as clock
from triage.demo.year_story import Story

Plot = Callable[[Story], None]
BURSTS = (14, 6, 10, 4, 12, 8, 5, 15, 7, 9)
"""How many mails one burst after the other has."""
SIXTH = 5
"""The place of the sixth mail of a burst: the one that makes it too many, by the pack."""


def _thanks(story: Story, chance: float) -> None:
    if story.world.rng.random() < chance:
        story.later((0.1, 1.5))
        if not story.over:
            story.theirs("thanks", story.world.say("thanks"), thread=1.0)


def _chases(story: Story, most: int, until_days: tuple[int, int], *, cross: float) -> None:
    """The tenant asks after it, up to so many times."""
    for number in range(story.world.rng.randint(0, most)):
        story.later((until_days[0], until_days[1]))
        if story.over:
            return
        angry = number > 0 and story.world.rng.random() < cross
        text = story.world.say("cross_chase" if angry else "chase")
        text = f"{text} {story.world.say('aside')}".replace("{date}", clock.in_words(story.asked_at.date()))
        story.theirs("cross chase" if angry else "chase", text)


def plain(story: Story) -> None:
    """Asked, answered in time."""
    story.ask()
    story.office((0, 4))
    story.answer()
    _thanks(story, 0.3)


def acknowledged(story: Story) -> None:
    """Asked, acknowledged at once, answered in time."""
    story.ask()
    story.minutes(3, 90)
    story.ours("acknowledgement", story.world.say("acknowledgement"))
    story.office((1, 4))
    story.answer()
    _thanks(story, 0.3)


def late(story: Story) -> None:
    """Asked, asked after while we are silent, answered late."""
    story.ask()
    if story.world.rng.random() < 0.4:
        story.minutes(3, 90)
        story.ours("acknowledgement", story.world.say("acknowledgement"))
    story.later((8, 12))
    _chases(story, 3, (1, 6), cross=0.4)
    story.office((1, 6))
    if not story.over:
        story.answer()
    _thanks(story, 0.15)


def never(story: Story) -> None:
    """Asked, asked after, and never answered."""
    story.ask()
    if story.world.rng.random() < 0.5:
        story.minutes(3, 90)
        story.ours("acknowledgement", story.world.say("acknowledgement"))
    story.later((8, 14))
    _chases(story, 4, (5, 15), cross=0.5)


def repeat(story: Story) -> None:
    """Answered, asked for again, answered again, and pressed on once or twice more."""
    story.ask()
    story.office((0, 3))
    said = story.answer(refuse=True)
    story.later((1, 5))
    story.theirs("again", f"{story.world.say('again')} {story.request()}")
    story.office((0, 3))
    story.ours("answer again", story.world.say("answer_again").replace("{answer}", _core(said.body)))
    for _ in range(story.world.rng.randint(1, 3)):
        story.later((2, 8))
        if not story.over:
            story.theirs("again", f"{story.world.say('again')} {story.request()}", finds=("repeat",), may=("arguing",))


def shopping(story: Story) -> None:
    """Answered by one of us, then taken to a second and a third, each of whom answers."""
    colleagues = [one for team in story.world.people.staff.values() for one in team if one != story.staff]
    story.world.rng.shuffle(colleagues)
    story.ask()
    story.office((0, 3))
    story.answer(refuse=True)
    for number, colleague in enumerate(colleagues[: story.world.rng.randint(2, 4)]):
        story.later((2, 9))
        if story.over:
            return
        text = story.world.say("shop")
        request = story.request()
        text = text.replace("{colleague}", colleague.name.split()[0]).replace("{ask} {wish}", request)
        story.theirs(
            "shop", text, to=colleague, thread=0.0, finds=("staff_shopping", "repeat") if number else (), may=("arguing",)
        )
        story.office((0, 3))
        if not story.over:
            story.answer(refuse=True, by=colleague)


def burst(story: Story) -> None:
    """Answered, and then up to a dozen and more mails within hours."""
    story.ask()
    story.office((0, 2))
    story.answer(refuse=True)
    story.later((1, 4))
    sofar = sum(one["story"] == "burst" for one in story.world.matters)
    for number in range(BURSTS[(sofar - 1) % len(BURSTS)]):
        story.theirs("burst", story.world.say("burst"), finds=("volume",) if number >= SIXTH else ())
        story.minutes(4, 55)
    story.office((0, 2))
    story.answer(refuse=True)


def abuse_stops(story: Story) -> None:
    """Insults, a warning, and then no more of it."""
    _insulting(story)
    story.later((3, 12))
    if not story.over:
        story.theirs("thanks", "I have read your letter. Thank you for the answer, I will leave it at that.", thread=1.0)


def abuse_goes_on(story: Story, *, days: int = 60, outcome: str = "") -> None:
    """Insults, a warning, further insults, a restriction with an end, mail under it, and perhaps an appeal."""
    _insulting(story)
    story.later((2, 6))
    story.theirs("abuse", story.world.say("abuse"), finds=("abuse",))
    story.office((1, 2))
    until = story.at.date() + timedelta(days=days)
    words = {"{until}": clock.in_words(until)}
    notice = story.ours("restriction", _put(story.world.say("restriction"), words))
    story.truth |= {"restricted": story.at.isoformat(), "until": until.isoformat(), "notice": notice.message_id}
    for _ in range(story.world.rng.randint(1, 3)):
        story.later((2, 8))
        if not story.over:
            said = story.world.say("held")
            insults = ("abuse",) if "useless" in said or "idiots" in said else ()
            story.theirs("held", said, thread=0.8, finds=insults, may=("after_stop",))
    if outcome:
        story.later((1, 5))
        story.theirs("appeal", story.world.say("appeal"), finds=("appeal",), thread=1.0)
        story.office((3, 8))
        words_for = "appeal_lifted" if outcome == "lifted" else "appeal_stands"
        story.ours("appeal decided", _put(story.world.say(words_for), words))
        story.truth["appeal"] = outcome


def appealed_and_lifted(story: Story) -> None:
    abuse_goes_on(story, days=90, outcome="lifted")


def appealed_in_vain(story: Story) -> None:
    abuse_goes_on(story, days=60, outcome="stands")


def in_force(story: Story) -> None:
    """A restriction that still holds when the year is looked back on."""
    abuse_goes_on(story, days=120)


def threatening(story: Story) -> None:
    """An answer that is not liked, and a threat to whoever wrote it."""
    story.ask()
    story.office((0, 3))
    story.answer(refuse=True)
    story.later((0.5, 3))
    story.theirs("threat", story.world.say("threat"), finds=("threat",), to=story.staff)


def suffering(story: Story) -> None:
    """A request in which the writer's life is at stake; answered the same day."""
    story.ask(story.world.say("welfare"), finds=("welfare",))
    story.office((0, 0))
    story.answer()


def adjusting(story: Story) -> None:
    """A request with a reasonable adjustment; half of them are answered late."""
    story.who.adjustment = story.truth["adjustment"] = True
    story.ask(story.world.say("adjustment"), finds=("adjustment",))
    if story.world.rng.random() < 0.5:
        story.later((8, 11))
        _chases(story, 2, (1, 5), cross=0.3)
    story.office((1, 4))
    story.answer(first=story.world.say("adjustment_agreed"))


def entitled(story: Story) -> None:
    """A legal right is invoked, and met."""
    story.theirs("rights", story.world.say("rights"), finds=("rights",), subject="Request for information")
    story.office((2, 5))
    story.truth |= {"answered": True, "late": False, "answered_at": story.at.isoformat(), "topic": "a legal right"}
    story.ours("answer", story.world.say("rights_answer"))


def foreign(story: Story) -> None:
    """Written in another language; a third of them wait too long."""
    of = next(one for one in story.world.texts["foreign"] if one["language"] == story.who.language)
    choose = story.world.rng.choice
    story.subject = choose(of["subject"])
    details = " ".join(story.world.rng.sample(of["detail"], 2))
    story.theirs(
        "ask", f"{of['hello']}\n\n{choose(of['ask'])} {details} {choose(of['wish'])}\n\n{of['bye']}\n{{name}}", bare=True
    )
    if story.world.rng.random() < 0.35:
        story.later((8, 12))
        story.theirs("chase", f"{of['hello']}\n\n{choose(of['chase'])}\n\n{of['bye']}\n{{name}}", bare=True)
    story.office((1, 4))
    story.answer()


def forged(story: Story) -> None:
    """A mail in a tenant's name that its domain does not vouch for."""
    story.theirs("ask", story.request(), finds=("unauthenticated",), forged=True)


def _insulting(story: Story) -> None:
    story.ask()
    story.office((0, 3))
    story.answer(refuse=True)
    for copies in ((), (story.staff,)):  # the second time, whoever said no gets it as well
        story.later((0.5, 4))
        story.theirs("abuse", story.world.say("abuse"), finds=("abuse",), cc=copies)
    story.office((1, 2))
    story.ours("warning", story.world.say("warning"))


def _put(text: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _core(body: str) -> str:
    return body.split("\n\n")[1]


MANY: Mapping[str, tuple[Plot, int]] = {
    "plain": (plain, 54), "acknowledged": (acknowledged, 15), "late": (late, 9), "never": (never, 5), "repeat": (repeat, 5),
    "adjusting": (adjusting, 4), "foreign": (foreign, 4), "entitled": (entitled, 2),
}  # fmt: skip
"""Plots that run all year, with how often of a hundred."""

FEW: Mapping[str, tuple[Plot, int]] = {
    "shopping": (shopping, 12), "burst": (burst, 10), "abuse_stops": (abuse_stops, 6), "abuse_goes_on": (abuse_goes_on, 1), "in_force": (in_force, 1),
    "appealed_and_lifted": (appealed_and_lifted, 1), "appealed_in_vain": (appealed_in_vain, 1), "threatening": (threatening, 2),
    "suffering": (suffering, 6), "forged": (forged, 4),
}  # fmt: skip
"""Plots that are rare, with how many there are in a whole year."""
