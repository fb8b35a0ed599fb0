"""Messages about the same thing, and why they were joined: content carries the link, not only headers.

A story is decided in order of time: each message joins the matter it fits best, or begins one. A reply stays in the matter it
replies to unless it says or shows that it is about something else. Any other message is compared with the contact's latest
matters, with those that hold the same reference number or subject, and in a file of many people with those that share a rare
word or the writer's name. Whether the best of them is good enough is judged by a trained model (`triage.pair_model`) or, where
there is none, by the rules below. Joining wrongly can restrict somebody for what he never repeated: when in doubt, it is new.

What is decided for a message depends on earlier messages only. Every link keeps its reasons.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from triage import comparison, pair_model, terms
from triage.comparison import Matter, Traits
from triage.message import Message

_REPLY_PREFIX = re.compile(r"^\s*(?:(?:re|aw|antw|sv|vs|rif|res|odp|fwd?|wg|tr|rv|enc|i)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_TAG = re.compile(r"\[[^\]]{1,40}\]")
_NEW_MATTER = re.compile(
    r"\b(?:(?:new|different|separate|another|unrelated|fresh|other)\s+(?:matter|question|issue|problem|request|subject|topic|query|enquiry|order|booking)"
    r"|(?:new|different|separate|another|unrelated|one other|the other|an other)\s+thing\b|(?:(?<=[.!?\n]\s)|(?<=\n))(?:and )?(?:a )?(?:different|separate|new|another) (?:one|thing)(?: (?:now|for you|today|this time))?\s*[:;,.-]"
    r"|(?:on|about) (?:a|another) (?:different |separate |new |unrelated )?(?:note|matter|subject|topic|thing)|(?:separate|different|unrelated) (?:to|from) (?:this|that|the)"
    r"|nothing to do with (?:work|this|that|the|my)|something (?:else|different) (?:entirely|altogether|now)|(?:(?:write|writing|mail|ask|asking)(?: to you)? about|this is|it is|it's) something (?:else|different)\b|changing the subject|moving on(?: to|,)"
    r"|(?:leave|leaving|forget|never mind) (?:the|that|this|about) [\w ]{2,30}(?:for now|aside|to one side)|(?:only|just) using this (?:e-?mail|thread|address)|using this (?:one|e-?mail|mail|thread|letter|chain) (?:to|because|as)\b|(?:this|it)(?: is|'s|s) (?:not|nothing) (?:about|to do with) (?:the|my|that)|(?:this|it) (?:isn't|isnt) (?:about|to do with) (?:the|my|that)|while i(?:'m| am) (?:here|writing|at it)|by the way, (?:can|could|do|is|are))",
    re.IGNORECASE,
)  # fmt: skip
SAME_SUBJECT_WITHIN = timedelta(days=120)
LATEST = 24
"""How many of a contact's latest matters are compared; older ones are found by reply, reference number or subject."""
_ELSEWHERE = 6
"""How many matters of others are compared, because they share a rare word or the writer's name."""
_ELSEWHERE_WITHIN = timedelta(days=60)
_REMEMBERED = 400
"""Matters a board holds; older ones are still found by reply."""
_RAREST = 12
_WRITERS = 5_000
_INDEX = 60_000
"""Entries of each index; beyond it the one not met for longest goes."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where one message belongs, and why."""

    key: str
    matter: str
    reasons: tuple[str, ...]
    namesakes: tuple[str, ...] = ()
    """Addresses that wrote in the matter before under the sender's name, or so like it that the sureness of the link is needed
    too: most likely the same person."""


_GREETING = re.compile(r"^\s*(?:dear|hi|hello|hey|hiya|good (?:morning|afternoon|evening)|morning|to)\b.{0,40}$", re.IGNORECASE)
_SHORT_LINE = 6


def said(message: Message, usual: Container[str] = frozenset()) -> terms.Terms:
    """What a mail names, without the lines in which it greets and signs: a name, a home address and a client number stand in
    every mail of a person and tie no two matters together. Reference numbers there still count.

    `usual`: lines with which the sender ended earlier mails (see `closing`); those at the end are left out altogether.
    """
    lines = message.own.rstrip().splitlines()
    last = len(lines)
    while last > 1 and (not lines[last - 1].strip() or lines[last - 1].strip() in usual):
        last -= 1
    names = set(terms.fold(message.sender.name).replace(",", " ").split())
    end = last
    for place in range(last - 1, max(last - 7, 0), -1):
        words = terms.fold(lines[place]).replace(",", " ").split()
        if len(words) > _SHORT_LINE:
            break
        if names & set(words):
            end = place
    start = 1 if lines and _GREETING.match(lines[0]) else 0
    body = "\n".join(lines[start:end])
    said = terms.of(message.subject, body if body.strip() else "\n".join(lines[:last]))
    return replace(said, references=said.references | terms.references("\n".join(lines[end:last])))


_CLOSING = 12


def closing(message: Message) -> list[str]:
    """The last lines of the sender's own words: those that come again in a later mail are how he signs."""
    return [line for line in map(str.strip, message.own.rstrip().splitlines()[-_CLOSING:]) if line]


def plain_subject(subject: str) -> str:
    """A subject without reply prefixes, ticket tags and case (RFC 5256 section 2.1 in spirit)."""
    return " ".join(terms.fold(_bare(subject)).split())


def _bare(subject: str) -> str:
    """A subject without tags and without the reply marks before, between or behind them: "[EXTERNAL] Re: [list] Gate" is "Gate"."""
    return _REPLY_PREFIX.sub("", _TAG.sub(" ", subject)).strip()


def matter_id(first: Message) -> str:
    """The name of a matter: made from its first message, so that it is the same however the mail arrives."""
    return "m-" + hashlib.sha256(first.key.encode()).hexdigest()[:12]


class Known:
    """What the boards of several contacts share: which message is in which matter, where rare words, reference numbers,
    subjects and names were met, and how common each word is."""

    def __init__(
        self,
        judge: pair_model.Judge | None = None,
        table: bytes | None = None,
        opening: Callable[[str], float] | None = None,
    ) -> None:
        """`table`: of everyday mail, that of the model's folder when left out. `opening`: in place of the judge's own reading of
        openings, while a model is trained."""
        self.judge = judge
        self.opening = opening or (judge.goes_on if judge else lambda _text: 0.0)
        """How much a text sounds like going on about something."""
        self.frequencies = comparison.Frequencies(comparison.everyday(pair_model.FOLDER) if table is None else table)
        self.by_message: dict[str, Matter] = {}
        """Also ids of messages that were never seen but are referred to (RFC 5256, "dummy" messages)."""
        self._met: OrderedDict[tuple[str, str], list[Matter]] = OrderedDict()
        self._closings: OrderedDict[str, dict[str, None]] = OrderedDict()

    def note(self, matter: Matter, marks: Iterable[tuple[str, str]]) -> None:
        """Remembers that a matter holds these marks, the latest three matters of each."""
        for mark in marks:
            matters = self._met.setdefault(mark, [])
            if matter in matters:
                matters.remove(matter)
            matters.append(matter)
            del matters[:-3]
            self._met.move_to_end(mark)
        while len(self._met) > _INDEX:
            self._met.popitem(last=False)

    def usual(self, sender: str) -> Container[str]:
        """The lines with which somebody ended earlier mails."""
        return self._closings.get(sender, ())

    def close(self, message: Message) -> None:
        """Remembers how a mail ends."""
        lines = self._closings.setdefault(message.sender.email, {})
        for line in closing(message):
            lines.pop(line, None)
            lines[line] = None
        while len(lines) > 3 * _CLOSING:
            del lines[next(iter(lines))]
        self._closings.move_to_end(message.sender.email)
        while len(self._closings) > _WRITERS:
            self._closings.popitem(last=False)

    def sharing(self, marks: Iterable[tuple[str, str]]) -> Counter[Matter]:
        """The matters that hold some of these marks, with how many."""
        return Counter(matter for mark in marks for matter in self._met.get(mark, ()))


class Hints:
    """What somebody who reads a whole mail knows of it beyond the things it names; by itself nothing. Each is asked only where it
    decides something."""

    def notice_of(self, _message: Message) -> str:
        """What a restriction of ours says it is about; "" when the mail is none, or is about everything."""
        return ""

    def stops(self, _message: Message) -> bool:
        """Whether a mail of ours asks not to be written to about this any more, or restricts it."""
        return False

    def danger(self, _message: Message) -> bool:
        """Whether a mail to us tells of danger or damage now."""
        return False

    def written_for(self, _message: Message) -> frozenset[str]:
        """Full names of people a mail to us may be written for, folded."""
        return frozenset()


NO_HINTS = Hints()


@dataclass(slots=True)
class _Choice:
    matter: Matter | None
    reasons: list[str] = field(default_factory=list)
    chance: float = 1.0


class Board:
    """The matters of one story so far, with the ways to find one; `known` may be shared between the boards of several
    contacts, so that a reply to another person's mail finds its matter."""

    def __init__(self, known: Known | None = None, hints: Hints = NO_HINTS, apart: Container[str] = frozenset()) -> None:
        """`apart`: keys of messages that people have said belong to no earlier matter."""
        self._apart = apart
        self.known = Known(pair_model.loaded()) if known is None else known
        self._hints = hints
        self._stopped: set[str] = set()
        """Ids of the matters that staff have asked not to be written to about."""
        self.matters: dict[str, Matter] = {}
        """By id; the one that was written in last stands last."""
        self.people: set[str] = set()
        self._holding: Counter[str] = Counter()
        """Word → how many matters of this board hold it."""

    def place(self, message: Message, by_staff: bool) -> Link:
        """Decides where the next message (in order of time) belongs, and remembers it."""
        traits = self.traits(message, by_staff)
        if not by_staff:
            self.people.add(traits.sender)
        choice = self.choose(message, traits)
        matter = choice.matter or Matter(matter_id(message))
        namesakes = _namesakes(traits, matter, choice.chance)
        left = self.replied_to(message)
        if left and left is not matter and traits.subject in left.subjects:
            traits = self.traits(replace(message, subject=""), by_staff)  # the subject is that of the thread it leaves
        self.add(matter, message, traits)
        if by_staff and self._hints.stops(message):
            self._stopped.add(matter.id)
        return Link(message.key, matter.id, tuple(choice.reasons or ["nothing earlier is about this"]), namesakes)

    def choose(self, message: Message, traits: Traits) -> _Choice:
        """Where a message belongs; nowhere yet when nothing fits it well enough, or people have said so."""
        if message.key in self._apart:
            return _Choice(None, ["one of us said that it is another matter"])
        replied, why = self._thread(message, traits)
        if replied and not why:
            return _Choice(replied, ["reply"])
        if named := self._named_by_notice(message, traits, replied):
            return _Choice(named, ["the notice names it"])
        if spoken := self._of_whom_it_is_for(message, traits, replied):
            return _Choice(*spoken)
        if known := self._named_with_its_number(traits, replied):
            return _Choice(known, ["names whoever wrote about it, with its number"])
        if replied is None and message.authenticity == "fail":
            return _Choice(None, ["its sender could not be authenticated"])
        if traits.by_staff and message.automatic and replied is None and (only := self._only_one(traits)):
            return _Choice(only, ["a machine of ours wrote it while one matter was under way"])
        if only := self._gone_on_with(message, traits, replied):
            return _Choice(only, ["within days, in words of the one matter under way"])
        if only := self._still_waited_for(message, traits, replied):
            return _Choice(only, ["asks how long it still takes, with one matter under way"])
        candidates = self.open_candidates(message, traits)
        said_so = _announced(message, traits, replied)
        against = [one for one in (why, said_so) if one]
        if not candidates or (said_so and not any(traits.said.references & one.references for one in candidates)):
            return _Choice(None, against)
        scored = self.scored(message, traits, candidates)
        judge = self.known.judge
        chances = judge.chances(self.compared(traits, candidates, [score for score, _ in scored])) if judge else []
        if judge:  # what is plain by the rules needs no model
            plain = [
                one.id in self.matters
                and chance >= _DENIED
                and (score >= _PLAIN or (score >= _PLAIN_TITLED and _shares_title(traits, one)) or _gives_its_number(traits, one))
                for (score, _), one, chance in zip(scored, candidates, chances, strict=True)
            ]
            chances = [max(chance, _SURE) if sure else chance for chance, sure in zip(chances, plain, strict=True)]
        place, fits = self._decided([score for score, _ in scored], chances)
        if not fits or (judge and chances[place] < _SURE and _own_topic(traits, candidates[place])):
            return _Choice(None, against)
        if self._is_copy(traits, candidates[place]):
            return _Choice(None, [*against, "somebody else wrote the same words"])
        sure = not judge or chances[place] >= _SURE
        if self._is_elsewhere(traits, candidates[place], sure=sure):
            return _Choice(None, [*against, "nothing of what was asked before"])
        told = [f"judged {chances[place]:.2f} the same matter"] if judge else []
        return _Choice(candidates[place], [*scored[place][1], *told], chances[place] if judge else 0.0)

    def _is_copy(self, traits: Traits, matter: Matter) -> bool:
        """Whether a mail repeats what a stranger wrote: many who send one text have a matter each, and none has that of the first."""
        strange = matter.id not in self.matters and not traits.by_staff and not traits.who & matter.last_like.keys()
        said = traits.said.words
        return strange and any(
            len(said & one.words) >= _COPIED * max(_OWN_WORDS, len(said | one.words)) for one in matter.profiles
        )

    def _decided(self, scores: Sequence[float], chances: Sequence[float]) -> tuple[int, bool]:
        """Which candidate is the best, and whether it is good enough."""
        judge = self.known.judge
        best = max(range(len(scores)), key=lambda place: (chances[place] if judge else 0.0, scores[place]))
        return best, chances[best] >= judge.threshold if judge else scores[best] >= 1.0

    def absorb(self, other: Board) -> None:
        """Takes over the matters of another board, whose contact has turned out to be the same."""
        both = {**self.matters, **other.matters}
        self.matters = {one.id: one for one in sorted(both.values(), key=lambda one: (one.last, one.id))}
        self.people |= other.people
        self._stopped |= other._stopped
        self._holding += other._holding

    def scored(self, message: Message, traits: Traits, candidates: Sequence[Matter]) -> list[tuple[float, list[str]]]:
        """What the rules say of each candidate."""
        left = self.replied_to(message)  # here only when the message leaves its thread
        latest = None if left or not self.matters else next(reversed(self.matters.values()))
        about = replace(traits.said, references=terms.references(message.own)) if left else traits.said
        held = Counter(
            mark for one in candidates for mark in {*(about.references & one.references), *(about.places & one.places)}
        )
        everywhere = frozenset(mark for mark, count in held.items() if count > 1)
        return [_likeness(traits, about, one, everywhere, latest=one is latest) for one in candidates]

    def _thread(self, message: Message, traits: Traits) -> tuple[Matter | None, str]:
        replied = self.replied_to(message)
        if not replied or traits.by_staff:
            return replied, ""
        away = _breaks_away(message, traits, replied) or self._tells_of_danger(message, traits, replied)
        return replied, away or self._long_after_a_stop(traits, replied)

    def _long_after_a_stop(self, traits: Traits, matter: Matter) -> str:
        """Whoever answers an old notice about something it does not know has only looked for a mail to answer (T8)."""
        old = matter.id in self._stopped and traits.at - matter.last >= _LATELY
        return "long after the notice, and about something else" if old and _is_else(traits, matter) else ""

    def _gone_on_with(self, message: Message, traits: Traits, replied: Matter | None) -> Matter | None:
        """The one matter of a customer with no other, where he writes on within days in few words, most of which it knows."""
        if replied or traits.by_staff or len(self.matters) != 1 or _NEW_MATTER.search(message.own[:600]):
            return None
        (only,) = self.matters.values()
        words = {word for word in traits.said.words | traits.named if not word.isdigit()} - terms.words(
            " ".join(traits.said.places)
        )
        known = words & (only.about | only.named.keys())
        brief = 2 <= len(words) <= _FEW_WORDS and len(known) >= max(2, _MOSTLY_KNOWN * len(words))
        mine = traits.sender in only.last_of and traits.at - only.last <= _SOON
        other = traits.said.references and only.references and not traits.said.references & only.references
        return only if mine and brief and not other else None

    def _still_waited_for(self, message: Message, traits: Traits, replied: Matter | None) -> Matter | None:
        """The one matter of a customer, where he complains of how long he has waited and gives neither number nor house."""
        if (
            replied
            or traits.by_staff
            or traits.said.references
            or traits.said.places
            or not _WAITED.search(f"{message.subject}\n{message.own[:600]}")
        ):
            return None
        mine = [one for one in self.matters.values() if traits.sender in one.last_of]
        if (
            len(mine) != 1
            or len(traits.said.words) > _SHORT
            or traits.at - mine[0].last > _PATIENCE
            or _NEW_MATTER.search(message.own[:600])
        ):
            return None
        return mine[0]

    def _tells_of_danger(self, message: Message, traits: Traits, matter: Matter) -> str:
        """Whoever was asked not to write about a matter and tells in its thread of danger or damage, in words nobody has used there,
        has a new trouble (T8). In any other thread it would be the same trouble grown worse."""
        if matter.id not in self._stopped:
            return ""
        body = terms.words(message.own) - traits.named - terms.words(" ".join(traits.said.places)) - matter.clerks.keys()
        other = body - matter.about
        new = len(other) >= _TROUBLE and len(other) >= _MOSTLY * len(body)
        same = traits.refers_back or terms.references(message.own) & matter.references
        return "it tells of a new trouble" if new and not same and self._hints.danger(message) else ""

    def _is_elsewhere(self, traits: Traits, matter: Matter, *, sure: bool) -> bool:
        """Whether a mail in a thread and under a subject of its own is not plainly about a matter which staff have asked not to be
        written to about: only what is may count as contact after it (T8)."""
        if matter.id not in self._stopped or not traits.named:
            return False
        asked = (traits.named | traits.said.words) & matter.asked
        return not sure or (not asked and not _names_the_same(traits, matter))

    def _of_whom_it_is_for(self, message: Message, traits: Traits, replied: Matter | None) -> tuple[Matter, list[str]] | None:
        """The matter of the person that a mail says it is written for, where it speaks of it, and why; None when there is none."""
        names = self._hints.written_for(message) if replied is None and not traits.by_staff else frozenset()
        found: list[tuple[int, datetime, Matter, str]] = []
        for name in sorted(names):
            spelled = " ".join(sorted(name.split()))
            said = traits.said.words - terms.words(name)
            theirs = [one for one in self.matters.values() if spelled in one.names]
            few = 1 if len(theirs) == 1 else 2
            found += [(len(said & one.about), one.last, one, name) for one in theirs if len(said & one.about) >= few]
        if not found:
            return None
        _, _, matter, name = max(found, key=lambda one: (one[0], one[1], one[2].id))
        return matter, [f"written for {name.title()}, who wrote about it"]

    def _named_with_its_number(self, traits: Traits, replied: Matter | None) -> Matter | None:
        """The one matter of somebody else whose surname a mail gives with its number, or with the house and in words it knows, as an
        MP's office does; a number alone is nothing (T9)."""
        if replied or traits.by_staff:
            return None
        own = set(traits.called.split())
        found = []
        for one in self.matters.values():
            house = traits.said.places & one.places and len(traits.said.words & one.about) >= _OWN_WORDS + 1
            if not (house or traits.said.references & one.references) or traits.sender in one.last_of:
                continue
            names = (name.split() for sender, name in one.called.items() if sender not in one.staff)
            if ({name[-1] for name in names if len(name) > 1} - own) & traits.tokens:
                found.append(one)
        return found[0] if len(found) == 1 else None

    def _only_one(self, traits: Traits) -> Matter | None:
        """The one matter somebody wrote in lately; None when there are several, or none."""
        lately = [one for one in self.matters.values() if traits.at - one.last <= _LATELY]
        return lately[0] if len(lately) == 1 else None

    def _named_by_notice(self, message: Message, traits: Traits, replied: Matter | None) -> Matter | None:
        """The matter that a warning or restriction of ours in a thread of its own names; None unless it is plainly one."""
        wanted = terms.words(self._hints.notice_of(message)) if traits.by_staff and replied is None else frozenset()
        fits = {one: terms.overlap(wanted, one.about) for one in self.matters.values()}
        best = max(fits.values(), default=0.0)
        named = [one for one, fit in fits.items() if fit == best]
        return named[0] if best >= _NAMED and len(named) == 1 else None

    def open_candidates(self, message: Message, traits: Traits) -> list[Matter]:
        """What is left to decide between; nothing where a reply settles it."""
        replied, why = self._thread(message, traits)
        return [] if replied and not why else [one for one in self.candidates(traits) if one is not replied]

    def compared(self, traits: Traits, candidates: Sequence[Matter], scores: Sequence[float]) -> list[list[float]]:
        """The rows of `comparison.NAMES` for the candidates, given what the rules say of them."""
        own = frozenset(self.matters)
        rows = comparison.compared(traits, candidates, frozenset(self.people), len(self.matters), own)
        top = max(scores)
        return [[*row, score, float(score >= top)] for row, score in zip(rows, scores, strict=True)]

    def candidates(self, traits: Traits) -> list[Matter]:
        """The matters a message is compared with, the one written in last first."""
        latest = list(self.matters.values())[: -LATEST - 1 : -1]
        found = dict.fromkeys(latest)
        marked = self.known.sharing(_sure_marks(traits))
        for matter in marked:
            if matter.id in self.matters:
                found[matter] = None
        elsewhere = self.known.sharing(_loose_marks(traits))
        for matter, shared in elsewhere.most_common(_ELSEWHERE):
            if traits.at - matter.last <= _ELSEWHERE_WITHIN and (shared >= 3 or traits.who & matter.last_like.keys()):
                found[matter] = None
        for matter in self.known.sharing(_whole_marks(traits)):
            if traits.at - matter.last <= _ELSEWHERE_WITHIN:
                found[matter] = None
        return sorted(found, key=lambda one: (one.last, one.id), reverse=True)

    def replied_to(self, message: Message) -> Matter | None:
        """The matter of the message this one replies to (RFC 5322 section 3.6.4)."""
        for parent in (message.message_id, message.in_reply_to, *reversed(message.references)):  # its own: a reply came first
            if parent in self.known.by_message:
                return self.known.by_message[parent]
        return None

    def traits(self, message: Message, by_staff: bool) -> Traits:
        """What is compared of a message, its words weighed by all that came before it."""
        shown = said(message, self.known.usual(message.sender.email))
        weights = {}
        for word in shown.words:
            # what one person writes in matter after matter (a job title, a firm's name) tells his matters less apart
            spread = (self._holding[word] - 1) / len(self.matters) if self._holding[word] > 1 else 0.0
            weights[word] = self.known.frequencies.weight(word) * (1 - 0.8 * spread)
        weights = comparison.heavy(weights)
        name = terms.fold(message.sender.name)
        subject = "" if comparison.repeats_opening(message.subject, message.own) else message.subject
        quoted = " ".join(passage.text for passage in (*message.wording.quoted, *message.wording.forwarded))
        return Traits(
            said=shown,
            subject=plain_subject(subject),
            named=terms.words(_bare(subject)),
            weights=weights,
            length=comparison.length_of(weights),
            at=message.sent_at,
            sender=message.sender.email,
            name=" ".join(sorted(name.replace(",", " ").split())) if len(name.split()) > 1 else "",
            called=" ".join(re.findall(r"[^\W\d_]+", name or message.sender.email.partition("@")[0])),
            to=frozenset(address.email for address in (*message.to, *message.cc)),
            by_staff=by_staff,
            announces=bool(_NEW_MATTER.search(message.own[:600])),
            refers_back=comparison.refers_back(message.own),
            afresh=comparison.opens_afresh(message.own),
            question="?" in message.own[:2000],
            who=frozenset() if by_staff else comparison.spellings(message.sender.name, message.sender.email),
            greets=comparison.first_words(message.own),
            tokens=frozenset(re.findall(r"[^\W\d_]+", terms.fold(message.own[:2000]))),
            goes_on=0.0 if by_staff else self.known.opening(message.own),
            reply_form=bool(_REPLY_PREFIX.match(_TAG.sub(" ", message.subject))),
            quoted=terms.words(quoted[:4000]) if quoted and not message.in_reply_to else frozenset(),
        )

    def add(self, matter: Matter, message: Message, traits: Traits) -> None:
        """Takes a message into a matter, which becomes the latest of this board."""
        known_before = matter.about if matter.id in self.matters else frozenset()
        self._holding.update(traits.weights.keys() - known_before)
        if len(self._holding) > _INDEX:
            self._holding = Counter({word: count for word, count in self._holding.items() if count > 1})
        self.matters.pop(matter.id, None)
        self.matters[matter.id] = matter
        while len(self.matters) > _REMEMBERED:
            del self.matters[next(iter(self.matters))]
        matter.add(traits)
        matter.head(plain_subject(message.subject))
        self.known.close(message)
        self.known.by_message[message.message_id] = matter
        for cited in (message.in_reply_to, *message.references):
            if cited:
                self.known.by_message.setdefault(cited, matter)
        self.known.note(matter, (*_sure_marks(traits), *_loose_marks(traits), *_whole_marks(traits)))
        self.known.frequencies.add(traits.said.words)


_LATELY = timedelta(days=30)
_SOON = timedelta(days=4)
_PATIENCE = timedelta(days=120)
_SHORT = 30
"""Words of a mail that complains of having waited and tells of nothing else."""
_NUMBER_WORD = r"(?:\d{1,3}|an?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|some)"
_WAITED = re.compile(
    rf"\b{_NUMBER_WORD} (?:whole |long |full |more )?(?:days?|weeks?|months?|years?)(?: now| on| later| gone| past| this week| today| tomorrow| yesterday| already| and (?:still|no|not|nothing|counting))\b"
    rf"|\b(?:over|nearly|almost|going on|been) {_NUMBER_WORD} (?:days|weeks|months|years)\b|\bhow (?:much )?long(?:er)? (?:must|do|does|will|is|am|are|have)\b"
    r"|\bstill (?:waiting|nothing|no (?:answer|reply|word|news|sign|one|body))\b|\bwaited long enough\b",
    re.IGNORECASE,
)
_FEW_WORDS = 14
_MOSTLY_KNOWN = 0.5
_TROUBLE = 5
"""New words of a mail that tells of a new trouble in an old thread."""
_MOSTLY = 0.7
_NAMED = 0.6
"""Share of the words of a notice's subject that the matter it is about must know."""
_LIKELY = 0.8
_SURE = 0.88
"""The probability that a mail with a topic of its own needs, where others need the model's threshold."""
_PLAIN = 2.5
"""A likeness by rule that settles it within a contact's own matters: the same subject and house, say, in much the same words."""
_COPIED = 0.85
"""Share of the words of two mails that both hold from which one is a copy of the other."""
_DENIED = 0.2
"""Below this probability nothing is plain by rule."""
_PLAIN_TITLED = 1.9
"""The same where the subject names what the matter's subjects name, in other words or with more beside it."""
_RESTED = timedelta(days=7)
_HARDLY = 0.2
"""Share of a mail's words that a matter knows, up to which it is about something else."""
_OWN_WORDS = 3
_BRIEF = 8
"""Different words of text below which a mail names no topic, however many words its subject has: "receipt 4", "the second photo"."""


def _shares_title(traits: Traits, matter: Matter) -> bool:
    """Whether the subject names what the matter's subjects name; where somebody lives is no topic."""
    where = terms.words(" ".join((*traits.said.places, *matter.places)))
    mine, theirs = traits.named - where, matter.named.keys() - where
    shared = mine & theirs
    return len(shared) >= 2 and 2 * len(shared) >= min(len(mine), len(theirs))


def _own_topic(traits: Traits, matter: Matter) -> bool:
    """Whether a mail has a subject of its own and mostly words of its own: that it comes soon after, from the same person, is then
    not enough (two matters of one person on one day)."""
    if (
        len(traits.tokens) < _BRIEF
        or not comparison.subject_is_other(traits, matter)
        or _names_the_same(traits, matter)
        or _answers_back(traits, matter)
    ):
        return False
    own = [weight for word, weight in traits.weights.items() if word not in matter.about]
    return len(own) >= _OWN_WORDS and sum(own) >= 0.65 * sum(traits.weights.values())


def _gives_its_number(traits: Traits, matter: Matter) -> bool:
    """Whether somebody who wrote about it before speaks of what was before and gives the matter's own number and no other."""
    mine = traits.sender in matter.last_of and traits.refers_back
    return mine and bool(traits.said.references) and traits.said.references <= set(matter.references)


def _answers_back(traits: Traits, matter: Matter) -> bool:
    """Whether a mail greets the colleague who wrote last in the matter and speaks of what was written in it."""
    greeted = traits.greets & matter.clerks.keys()
    return bool(greeted) and matter.last_by_staff and len((traits.said.words - greeted) & matter.about) >= _OWN_WORDS


def _names_the_same(traits: Traits, matter: Matter) -> bool:
    said = traits.said
    return bool(said.references & matter.references or said.places & matter.places or said.amounts & matter.amounts)


def _namesakes(traits: Traits, matter: Matter, chance: float) -> tuple[str, ...]:
    if traits.by_staff or traits.sender in matter.count_of:
        return ()
    found = []
    for sender, called in matter.called.items():
        if sender in matter.staff:
            continue
        shared = traits.who & comparison.spellings(called, sender)
        if any(" " in spelling for spelling in shared) or (shared and chance >= _LIKELY):
            found.append(sender)
    return tuple(found)


def _sure_marks(traits: Traits) -> list[tuple[str, str]]:
    marks = [("reference", value) for value in traits.said.references]
    return [*marks, ("subject", traits.subject)] if traits.named else marks


def _loose_marks(traits: Traits) -> list[tuple[str, str]]:
    rarest = sorted(traits.weights, key=lambda word: (-traits.weights[word], word))[:_RAREST]
    return [("word", word) for word in rarest if traits.weights[word] >= comparison.RARE]


def _whole_marks(traits: Traits) -> list[tuple[str, str]]:
    """What is looked up among everybody by itself: how the sender may be called, and a subject of several words."""
    marks = [("called", spelling) for spelling in sorted(traits.who)]
    return [*marks, ("title", traits.subject)] if len(traits.named) >= 2 else marks


def _prior(traits: Traits, matter: Matter) -> float:
    """What speaks for a follow-up to the matter under way: little time, and few words of its own that the matter does not know."""
    gap = traits.at - matter.last
    if gap > timedelta(days=21):
        return 0.0
    # where somebody lives stands in all his mails
    said, about = traits.said.words - terms.words(" ".join(traits.said.places)), matter.about
    known = len(said & about) / len(said) if said else 1.0
    prior = 1.1 if gap <= timedelta(days=3) else 1.0 if gap <= timedelta(days=10) else 0.8
    return max(0.0, prior - max(0.0, 0.25 * (len(said - about) - 4)) * (1 - min(1.0, 3 * known)))


def _likeness(
    traits: Traits, said: terms.Terms, matter: Matter, everywhere: frozenset[str] = frozenset(), *, latest: bool = False
) -> tuple[float, list[str]]:
    """How well a message fits a matter it does not reply to, by rule, with the reasons; below 1 it does not belong.

    `everywhere`: references and places that several matters hold, as those below a name do: they tell none of them from the others.
    """
    score, reasons = 0.0, list[str]()
    if latest and (prior := _prior(traits, matter)):
        score += prior
        reasons.append("follows soon on the matter under way")
    if shared := said.references & matter.references:
        score += 1.2 if shared - everywhere else 0.3
        reasons.append(f"same reference {min(shared).upper()}")
    elif said.references and matter.references:
        score -= 0.6
    if shared := said.places & matter.places:
        score += 0.5 if shared - everywhere else 0.0
        reasons.append(f"same place {min(shared)}")
    if shared := said.amounts & matter.amounts:
        score += 0.35
        reasons.append(f"same amount {min(shared)}")
    recent = traits.at - matter.last <= SAME_SUBJECT_WITHIN
    if traits.named and traits.subject in matter.subjects and recent:
        score += 1.0
        reasons.append("same subject")
    elif recent and any(traits.subject.startswith(f"{one} ") and len(terms.words(one)) >= 2 for one in matter.subjects):
        score += 1.0
        reasons.append("the same subject, and more")
    elif recent and traits.named and traits.named <= matter.named.keys():
        score += 0.6
        reasons.append(f"the subject names {', '.join(sorted(traits.named))}")
    more, why = _content(said.words, matter)
    return score + more, reasons + why


def _content(words: frozenset[str], matter: Matter) -> tuple[float, list[str]]:
    """The part of shared words in a likeness: with what the contact wrote, else with all of it."""
    asked, about = matter.asked, matter.about
    shared, alike = words & asked, terms.overlap(words, asked)
    if len(shared) >= 3 or alike >= 0.5:
        return min(1.0, 0.2 * len(shared)) * min(1.0, alike / 0.35), [f"{alike:.2f} alike ({', '.join(sorted(shared)[:4])})"]
    told = words & about
    if shared and len(told) >= 3:
        return 0.4, [f"speaks of {', '.join(sorted(told)[:4])}"]
    return 0.0, []


def _breaks_away(message: Message, traits: Traits, matter: Matter) -> str:
    """Why a reply begins a new matter after all; "" when it does not (a thread may hold two matters)."""
    said, about = traits.said, matter.about
    announced = _NEW_MATTER.search(message.own[:600])
    same_reference = bool(terms.references(message.own) & matter.references)
    other_reference = said.references and matter.references and not said.references & matter.references
    new_subject = traits.subject not in matter.subjects and traits.subject not in matter.openings
    if other_reference and (new_subject or announced):
        return "another reference number"
    if announced and not same_reference and _about_other(said.words, about, early=announced.start() <= 200):
        return f'it says "{announced.group(0)}"'
    if new_subject and len(said.words) >= 8 and len(said.words & about) <= 1 and not said.references & matter.references:
        return "another subject and nothing shared"
    return (
        "the matter was over, and it asks about something else"
        if _over(traits, matter) and traits.question and _is_else(traits, matter)
        else ""
    )


def _is_else(traits: Traits, matter: Matter) -> bool:
    """Whether a mail refers to nothing before and hardly says a word that the matter knows; the thread's subject and people's names
    tell nothing."""
    words = traits.said.words - traits.named - matter.clerks.keys() - terms.words(f"{traits.called} {' '.join(matter.names)}")
    fresh = len(words - matter.about) >= _TROUBLE and len(words & matter.about) <= _HARDLY * len(words)
    title = traits.subject.replace("-", " ")
    spoken = {one for one in traits.said.references if one.replace("-", " ") not in title}
    own = replace(traits, said=replace(traits.said, references=frozenset(spoken)))
    return fresh and not traits.refers_back and not _names_the_same(own, matter)


_PLAINLY_NEW = re.compile(
    r"\b(?:(?:different|separate|unrelated) (?:matter|thing|subject|topic)|another (?:matter|subject)|something (?:else|different)|nothing to do with (?:my|the|that|this))\b",
    re.IGNORECASE,
)


def _announced(message: Message, traits: Traits, replied: Matter | None) -> str:
    """What a customer's first mail of a thread says at its beginning, if it says that it is about something else."""
    found = None if replied or traits.by_staff else _PLAINLY_NEW.search(message.own[:200])
    return f'it says "{found.group(0)}"' if found else ""


def _over(traits: Traits, matter: Matter) -> bool:
    """Whether the writer had the last word in the matter some time ago, and asked nothing in it."""
    rested = traits.at - matter.last >= _RESTED
    return rested and not matter.last_by_staff and not matter.last_asks and matter.last_sender == traits.sender


def _about_other(words: frozenset[str], about: frozenset[str], *, early: bool) -> bool:
    """Whether the words of a mail that names another matter bear that out: long mail speaks of "another thing" and goes on."""
    new = len(words - about)
    return new >= (5 if early else 8) and new >= (_OTHER_EARLY if early else _OTHER_LATE) * len(words)


_OTHER_EARLY, _OTHER_LATE = 0.5, 0.65
"""Share of its words that the matter must not know."""


def load_all() -> None:
    """Loads the trained judge and the table of everyday mail, which else wait for the first mail."""
    Known(pair_model.loaded())


def group(
    story: Sequence[tuple[Message, bool]], hints: Hints = NO_HINTS, apart: Container[str] = frozenset()
) -> tuple[Link, ...]:
    """Every message of one contact's story (message, by staff), oldest first, with the matter it belongs to and why. `apart`: keys of
    messages that begin a matter of their own, whatever they look like."""
    board = Board(hints=hints, apart=apart)
    return tuple(board.place(message, by_staff) for message, by_staff in story)
