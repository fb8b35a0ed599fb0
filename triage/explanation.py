"""The sentences people read about a decision: in the note in their mailbox, in `triage explain`, in the demo.

Written to be read in twenty seconds: what is proposed, our own part first, what was seen in quoted words, what speaks against
it, what happens next. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage import language
from triage.finding import KINDS, READ_IN, SAFEGUARDS
from triage.message import Unreadable
from triage.policy import Pack
from triage.reply import WORDS, Reply
from triage.ruling import Incident, Ruling
from triage.verdict import Verdict

Row = Mapping[str, Any]

NAMES = {
    "threat": "a threat", "abuse": "insults at a person", "profanity": "swearing at a person", "harassment": "intimidation or goading",
    "sexual": "sexual remarks", "discrimination": "discriminatory remarks", "hostile_tone": "a hostile tone (advisory)",
    "allegation": "an accusation against staff", "falsehood": "statements that do not agree (to be checked)", "illegal": "an illegal act or a danger to the public",
    "off_topic": "nothing to do with the service", "urgent_demand": "a reply demanded at once", "unreasonable_demand": "a demand that cannot be met",
    "named_staff": "insists on one member of staff", "process_refusal": "refuses the complaints process", "repeat": "the same matter again after it was dealt with",
    "after_stop": "wrote again after being asked not to", "volume": "a high number of mails", "staff_shopping": "the same request to a further colleague after an answer",
    "arguing": "contests an explained decision again", "mingled": "requests mixed with accusations", "welfare": "a risk to life or welfare",
    "rights": "a legal right is invoked", "appeal": "an appeal", "adjustment": "an adjustment is asked for", "campaign": "one of many letters with the same words",
    "unauthenticated": "the sender could not be authenticated",
}  # fmt: skip

SAFEGUARD_NAMES = {
    "not_dealt_with": "the matter was not dealt with", "not_warned": "no warning was given", "welfare": "welfare",
    "rights": "a legal right", "appeal_pending": "an open appeal", "adjustment": "an adjustment", "unauthenticated": "a sender not proved",
    "campaign": "a campaign", "no_effort": "nothing done to help", "policy_not_given": "the policy was not given",
}  # fmt: skip
"""The safeguards in words, for whoever reads what was set aside."""

ACTS: Mapping[str, str] = {
    "warn": "a warning was recorded", "restrict": "a restriction was decided", "renew": "the restriction was renewed",
    "lift": "the restriction was ended", "shorten": "the restriction was shortened", "intend": "an end was agreed for the letter",
    "appeal": "an appeal was recorded", "appeal-decided": "the appeal was decided", "no-action": "it was decided to do nothing",
    "terminate": "the end of the service was decided", "withdraw": "an incident was taken back",
    "inquire": "an inquiry was opened", "inquiry-closed": "the inquiry was closed", "senior": "a senior was asked to look",
    "hand-over": "a colleague took over", "department": "a department was told", "refer": "it was taken to another body", "less": "a milder step was chosen",
    "close": "the matter was said to be dealt with", "reopen": "the matter was opened again",
    "split": "a mail was said to be about another matter", "rejoin": "a mail was put back to its matter",
    "same-person": "two addresses were said to be one person", "not-same-person": "two addresses were said to be two people",
    "undo": "an earlier correction was taken back",
}  # fmt: skip
"""What was decided, in words."""

MEASURES: Mapping[str, str] = {
    "no-reply": "mail on these matters is read and not answered",
    "limited-subjects": "mail on the subjects named is read and not answered",
    "number-per-period": "what goes beyond an agreed number of mails is read and not answered",
    "one-reader": "one named person answers",
    "written-only": "in writing only, no calls or visits",
    "representative-only": "through a representative only",
}
"""What a restriction of each kind means, in words."""

TITLES = {
    "urgent": "Please read this mail now",
    "warn": "A warning may be due",
    "restrict": "A restriction may be considered",
    "hold": "A no-reply hold is in force",
    "review": "A restriction ends soon: please look at it again",
    "appeal": "An appeal waits for its decision",
    "no-reply": "One mail that may go without a reply",
    "unreadable": "A mail that could not be read",
    "fallen": "Settled by you",
    "reported": "A colleague reported this mail",
    "incident": "An incident you told of",
    "inquiry": "An inquiry is open",
    "senior": "For a senior: please look",
    "judged": "Your verdict on a mail",
    "lost": "A report that found no mail",
}


def title(proposal: Row) -> str:
    """What a note is called."""
    return TITLES[proposal.get("title", proposal["kind"])]


MAILS_SHOWN = 4
"""Mails of which a note tells; a note is read in twenty seconds."""
_AT_ONCE = 2
"""Those of them that stand on the first screen of a telephone."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines; a line that begins with a quotation mark is a quotation."""

    heading: str
    lines: tuple[str, ...]
    folded: frozenset[int] = frozenset()
    """The lines (by place) that a page shows only to whoever opens them: nobody has to meet abuse unprepared (000/3-f)."""
    more: tuple[str, ...] = ()
    """What belongs to it and is not needed to decide: it stands below all sections, folded where that can be."""


def day(moment: str | datetime) -> str:
    """A date as people write it, day first and month in letters, so that it reads the same everywhere: "3 Sep 2026"."""
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{when.day} {when:%b %Y}"


def clause_words(reference: str, pack: Pack | None, kind: str = "") -> str:
    """ "004/UD7, taking the same request to further staff"; says so when the policy has no clause for it."""
    if not reference:
        protective = KINDS.get(kind) == "protective"
        return (
            "protects the sender, whatever the policy says" if protective else "no clause of this policy; shown for information"
        )
    clause = pack.clause(reference) if pack else None
    return f"{reference}, {clause.title}" if clause else reference


def evidence(finding: Row, dates: Mapping[str, str]) -> str:
    """The evidence of one finding in a line or several: what was seen, the words, the earlier mails with their dates.

    `dates`: Message-ID → ISO date of the mails that may be named.
    """
    lines = [finding["reason"]]
    for quote in finding["quotes"]:
        own = quote["message_id"] == finding["message_id"]
        lines.append(f'"{quote["text"]}"' + ("" if own else f" ({_named(quote['message_id'], dates)})"))
    if finding["earlier"]:
        lines.append("Rests on: " + ", ".join(_named(one, dates) for one in finding["earlier"]))
    return "\n".join(lines)


def _named(message_id: str, dates: Mapping[str, str]) -> str:
    return f"{dates[message_id][:10]} {message_id}" if message_id in dates else message_id


def not_looked_at(text: str) -> str:
    """What was not looked for in a mail because of its language, in a sentence; "" for one in English, or that cannot be told."""
    spoken = language.of(text)
    if not spoken.foreign:
        return ""
    looked_for = [NAMES[kind] for kind, codes in READ_IN.items() if spoken.code in codes]
    where = f"Partly written in {spoken.name}: in those parts" if spoken.beside_english else f"Written in {spoken.name}:"
    only = f"only {', '.join(looked_for[:-1])} and {looked_for[-1]} were looked for" if looked_for else (
        "nothing was looked for but the plainest words for a risk to life"
    )  # fmt: skip
    return f"{where} {only}, not its other words, nor a legal right or an appeal; please have somebody read it who knows the language."


def our_part(matter: Row | None, pack: Pack | None = None, *, ask: bool = True) -> Section:
    """What we did and did not do about the matter, before anything is said about the customer (principle 2).

    `ask`: whether to ask for the answer that is owed.
    """
    if matter is None:
        return Section("Our part first", ("No matter of theirs is known.",))
    lines, more = list[str](), list[str]()
    settled = matter.get("settled")
    if settled and settled["act"] == "close":
        lines.append(f"{settled['by']} said on {day(settled['at'])} that it is dealt with; no mail of ours says so:")
        lines.append(f'"{_short(settled["reason"], _QUOTED)}"')
    elif settled:
        lines.append(f"{settled['by']} reopened it on {day(settled['at'])}: {_short(settled['reason'])}")
    elif matter["answer_words"]:
        often = len(matter["answers"])
        lines.append("We answered once:" if often == 1 else f"We answered {often} times; the last says:")
        lines.append(f'"{_short(matter["answer_words"], _QUOTED)}"')
    else:
        lines.append("This matter was never really answered by us.")
    others = list(dict.fromkeys(matter["no_answer"].values()))
    if others:
        lines.append(f"Our other mails were no answer: {'; '.join(others[:3])}.")
    if matter.get("left_open"):  # a ledger that an earlier version of the program filled holds less
        asked = [f'"{_short(one["text"], _QUOTED)}"' for one in matter["left_open"][:MAILS_SHOWN]]
        lines += ["They asked, and as far as words show it no answer of ours speaks of it:", *asked[:_AT_ONCE]]
        more += ["They asked this too, and no answer of ours speaks of it:", *asked[_AT_ONCE:]] if asked[_AT_ONCE:] else []
    for one in matter.get("disagreements", ())[:2]:
        lines.append(
            f"Two mails of ours do not agree: {one['differ'][0]} in one, {one['differ'][1]} in the other. Please look which is right."
        )
        lines += [f'"{_short(each["text"], _QUOTED)}" ({day(each["at"])})' for each in one["statements"]]
    if matter["waiting_since"]:
        late = f"; it was due on {day(matter['deadline'])}: we are late" if matter["overdue"] else ""
        lines.append(
            f"Not answered yet: what they wrote on {day(matter['waiting_since'])}{late}.{' Please answer it in any case.' if ask else ''}"
        )
        if late and pack and matter.get("number"):
            more.append(number_words(matter["number"], pack))
    return Section("Our part first", tuple(lines), more=tuple(more))


_QUOTED = 160
"""Characters of a quotation on the first screen of a telephone."""


def _short(text: str, most: int = 280) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rsplit(" ", 1)[0] + " …"


FOLDED = frozenset({"abuse", "profanity", "sexual", "discrimination", "harassment"})
"""Kinds whose words are folded on a page."""


def seen(findings: Sequence[Row], pack: Pack | None, sent: Mapping[str, str], *, fold: bool = True) -> Section:
    """What was seen, mail by mail, the latest first: the date, what it is with its clause, and the words that show it.

    With `fold` abusive words are shown on a page only to whoever opens them.
    """
    folded: set[int] = set()
    by_mail: dict[str, list[Row]] = {}
    for finding in sorted(findings, key=lambda one: sent.get(one["message_id"], ""), reverse=True):
        by_mail.setdefault(finding["message_id"], []).append(finding)
    lines, more = list[str](), list[str]()
    shown: list[tuple[str, list[str]]] = []  # day and kinds
    for place, (message_id, found) in enumerate(list(by_mail.items())[:MAILS_SHOWN]):
        when = day(sent[message_id]) if message_id in sent else "undated"
        kinds = list(dict.fromkeys(NAMES[one["kind"]] for one in found))
        under = list(dict.fromkeys(NAMES[one["kind"]] + _under(one, pack) for one in found))
        head = [f"{when}: {'the same' if shown and shown[-1][1] == kinds else '; '.join(under)}"]
        head = [] if shown and shown[-1] == (when, kinds) else head  # several on one day stand together
        shown.append((when, kinds))
        own = list(dict.fromkeys(q["text"] for one in found for q in one["quotes"] if q["message_id"] == message_id))[:3]
        abusive = {q["text"] for one in found if one["kind"] in FOLDED for q in one["quotes"]} if fold else set()
        words = [f'"{_short(text, _QUOTED)}"' for text in own] or [_short(one["reason"]) for one in found[:2]]
        if place < _AT_ONCE or abusive:
            folded |= {len(lines) + len(head) + number for number, text in enumerate(own) if text in abusive}
            lines += [*head, *words]
        else:
            more += [*(head or [f"{when}: the same"]), *words]
    if len(by_mail) > MAILS_SHOWN:
        more.append(f"… and {len(by_mail) - MAILS_SHOWN} earlier mails; `triage explain` tells of each.")
    named = dict.fromkeys(one["clause"] for one in findings if one["clause"])
    clauses = [clause for reference in named if pack and (clause := pack.clause(reference))]
    more += [f"Clause {clause.ref} of your policy: {clause.title}." for clause in clauses]
    more += [number_words(key, pack) for key in dict.fromkeys(one.get("number", "") for one in findings) if key and pack]
    return Section("What was seen", tuple(lines) or ("Nothing further.",), frozenset(folded), tuple(more))


def number_words(key: str, pack: Pack) -> str:
    """The number of the pack that something rests on, with its reason."""
    return f"The policy names no number; your organisation's is {pack.number(key)}"


def _under(finding: Row, pack: Pack | None) -> str:
    """The clause of what was seen, in brackets; what protects the sender needs none."""
    if finding["clause"]:
        return f" ({finding['clause']})"
    return "" if KINDS.get(finding["kind"]) == "protective" else f" ({clause_words('', pack, finding['kind'])})"


def against(proposal: Row, heading: str = "What speaks against it") -> Section:
    """What stands in the way, or speaks against it: the open safeguards, and what the program does not know."""
    unmet = set(proposal["unmet"]) - ({"not_warned"} if proposal["kind"] in ("warn", "no-reply") else set())
    open_gates = [check["words"] for check in proposal["checks"] if check["name"] in unmet]
    lines = [f"{words[0].upper()}{words[1:]}." for words in open_gates]
    if not lines and proposal["kind"] in ("warn", "restrict"):
        lines.append("Of what would stop it (a danger, a legal right, an appeal, an illness and the like) nothing was found.")
    lines.append("The program knows nothing of intent, illness or what was said on the telephone.")
    return Section(heading, tuple(lines))


def _next(proposal: Row) -> tuple[str, ...]:
    kind, who = proposal["kind"], proposal["decided_by"]
    if kind == "urgent":
        return (
            "Open the mail; it is in the inbox. If a life may be in danger, call the emergency services.",
            "The program has told nobody else and has answered nothing; this note lies here until somebody answers it.",
        )
    if kind == "warn":
        return (
            f"Agreeing sends nothing and tells nobody. Tell {who}, who decides and writes the warning as an ordinary email.",
            "If you do not agree, what is listed here no longer counts against them.",
        )
    if kind == "restrict":
        return (
            (
                f"If you agree, {who} decides and tells the customer in a letter, with an end date and a way to appeal. "
                "It begins only when that letter lies in Sent."
            ),
        )
    if kind == "no-reply":
        return _without_reply(proposal)
    if kind == "review":
        return (
            "If nobody does anything it ends on that day, and held mail comes back to the inbox.",
            (
                f"To renew it, {who} tells the customer the new end in a letter; once that lies in Sent, it is renewed. "
                "It takes reasons, and no open safeguard."
            ),
        )
    restriction = proposal["restriction"] or {}
    until = f"Until {day(restriction['until'])}" if restriction else "Until its end"
    return (
        f"{until} their mail on this matter goes to Triage/Held; no reply is expected of you. Then it ends by itself.",
        "Mail on another matter, a legal right, an appeal, an emergency or anybody's welfare stays in the inbox: please answer it.",
    )


def _later(kind: str) -> tuple[str, ...]:
    """What else follows, for whoever wants to know."""
    return {
        "warn": ("Once the warning lies in Sent, the program knows of it.",),
        "restrict": ("The program cannot start a restriction.",),
        "no-reply": (
            "It says nothing about the person, and their next mail is read like any other.",
            "If it tells of a danger or of a right, answer it.",
        ),
    }.get(kind, ())


def _without_reply(proposal: Row) -> tuple[str, ...]:
    until = day(proposal["until"])
    lies = (
        f"The mail lies in Triage/Held until {until}"
        if proposal["filed"]
        else f"If you agree, the mail lies in Triage/Held until {until}"
    )
    return (
        f"{lies}, and somebody still reads it. The matter stays open, and what they asked is still owed an answer.",
        "If you do not agree, it is in the inbox like any other; what was found stays as it is.",
    )


def _reviewed(proposal: Row) -> tuple[Section, ...]:
    """What whoever looks at a restriction before its end needs: when it ends, why it was made, what has come since."""
    one = proposal["restriction"]
    said = ", ".join(NAMES[kind] for kind in proposal["since"]) or "nothing that counts"
    return (
        Section(
            "What ends", (f"The restriction of {proposal['customer']} since {day(one['start'])} ends on {day(one['until'])}.",)
        ),
        Section("Why it was made", (f'"{_short(one["reason"], _QUOTED)}"',)),
        Section(
            "What has come since",
            (
                f"{counted(len(proposal['held']), 'held mail') if proposal['held'] else 'No mail was held'}; seen in what they wrote since: {said}.",
            ),
        ),
        *_gates_of_renewal(proposal),
        Section("What happens next", _next(proposal)),
    )


def _gates_of_renewal(proposal: Row) -> tuple[Section, ...]:
    """The safeguards that stand open, and so against a renewal; that they were warned is told by its letter."""
    open_ = [check["words"] for check in proposal["checks"] if check["name"] in set(proposal["unmet"]) - {"not_warned"}]
    lines = tuple(f"{words[0].upper()}{words[1:]}." for words in open_)
    return (Section("What stands against renewing it", lines),) if lines else ()


def _appealed(proposal: Row) -> tuple[Section, ...]:
    """What whoever decides an appeal needs: by when, who must not decide it, and how it is told."""
    who = proposal["sender"]["name"] or proposal["sender"]["email"]
    quotes = dict.fromkeys(quote["text"] for finding in proposal["findings"] for quote in finding["quotes"])
    said = tuple(f'"{_short(text)}"' for text in list(quotes)[:3])
    late = "THIS IS LATE: it was to be decided by" if proposal["late"] else "To be decided by"
    barred = ", ".join(proposal["barred"])
    other = f" {barred} had a part in what it is about and cannot decide it." if barred else ""
    return (
        Section("What waits", (f"{who} appeals. {late} {day(proposal['due'])}.", *said)),
        Section("Who decides", (f"{proposal['decider'][0].upper()}{proposal['decider'][1:]}.{other}",)),
        Section(
            "What happens next",
            (
                "Tell the customer the outcome in a letter: it is read from there once it lies in Sent.",
                "It can only end a restriction, shorten it or leave it. Until then no further one can be recorded.",
            ),
            more=(
                "Whoever runs triage can draft that letter (`triage letter appeal-outcome`), or record the outcome (`triage appeal decide`).",
            ),
        ),
    )


def note(proposal: Row, pack: Pack | None, *, safeguarding: str = "") -> tuple[Section, ...]:
    """The sections of the note about one proposal. `safeguarding`: who is to be told when somebody may be in danger."""
    if proposal["kind"] == "unreadable":
        return _unreadable_note(proposal)
    if proposal["kind"] == "review":
        return _reviewed(proposal)
    if proposal["kind"] == "appeal":
        return _appealed(proposal)
    if proposal["kind"] == "reported":
        return _report_note(proposal, pack)
    if proposal["kind"] in ("inquiry", "senior"):
        return _inquired(proposal) if proposal["kind"] == "inquiry" else _for_a_senior(proposal)
    sent = {proposal["about"]: proposal["sent_at"], **proposal["dates"]}
    kind = proposal["kind"]
    who = proposal["sender"]["name"] or proposal["sender"]["email"]
    address = f" ({proposal['sender']['email']})" if proposal["sender"]["name"] else ""
    proposed = {
        "urgent": f"{who}{address} wrote a mail that somebody should read at once, on {day(proposal['sent_at'])} under this subject:",
        "warn": f"A warning to {who} under the {proposal['policy']}. Nothing was sent or moved.",
        "restrict": f"To consider restricting contact with {who} under the {proposal['policy']}. Nothing was sent or moved.",
        "hold": _in_force(proposal.get("customer") or who, proposal["restriction"]) if kind == "hold" else "",
        "no-reply": f"This one mail from {who} was filed without a reply, because of its words: {proposal.get('filed')}."
        if proposal.get("filed")
        else f"To leave this one mail from {who} without a reply, because of its words. Nothing was moved; you decide.",
    }[kind]
    heading = {"hold": "What is in force", "urgent": "Read this now"}.get(kind, "What is proposed")
    sections = [Section(heading, (proposed, *([f'"{_short(proposal["subject"], 100)}"'] if kind == "urgent" else [])))]
    sections += _about_the_hold(proposal, pack) if kind == "hold" else _about_the_mail(proposal, pack, sent)
    if proposal.get("not_looked_at"):
        sections.append(Section("What was not looked at", tuple(proposal["not_looked_at"])))
    first = ("Your policy offers talking it over first.",) if _mediated(kind, pack) else ()
    drafts = ("`triage letter mediation` drafts that offer.",) if first else ()
    following = _next(proposal)
    if kind == "urgent":
        tell = (f"Ring or tell now, yourself: {safeguarding}.",) if safeguarding else ()
        sections.append(Section("What to do now", (*following[:1], *tell, *_handler(proposal), *following[1:])))
    else:
        later = (*drafts, *_later(kind))
        sections.append(Section("What happens next", (*first, *_handler(proposal), *following), more=later))
    return tuple(sections)


def _about_the_hold(proposal: Row, pack: Pack | None) -> list[Section]:
    """What a restriction in force rests on, and what came of it so far."""
    held, restriction = proposal.get("held", []), proposal["restriction"]
    by_mail = restriction["notice"].startswith("<")
    sections = [
        Section("What your notice says" if by_mail else "Why it was decided", (f'"{_short(restriction["words"], _QUOTED)}"',))
    ]
    within = f" within {counted(pack.periods.read_days, 'day')}" if pack else ""
    reads = f"{restriction['reader']} reads what comes{within}."
    so_far = counted(len(held), "mail") if held else "Nothing"
    sections.append(Section("What is held", (f"{so_far} so far; {reads}", *_unread(proposal))))
    if aside := restriction.get("overrides"):
        lines = tuple(f"{SAFEGUARD_NAMES[one['gate']]}, by {restriction['decided_by']}: {one['reason']}" for one in aside)
        sections.append(Section("What was set aside", lines))
    sections += (*_tied(proposal), *_told_departments(proposal.get("departments", ())))
    if restriction["gaps"]:
        sections.append(Section("What is missing", tuple(f"{gap[0].upper()}{gap[1:]}." for gap in restriction["gaps"])))
    return sections


def _about_the_mail(proposal: Row, pack: Pack | None, sent: Mapping[str, str]) -> list[Section]:
    """What speaks for a step and what against it, our own part first. `sent`: Message-ID → when, ISO."""
    kind = proposal["kind"]
    if kind == "urgent":
        return [seen(proposal["findings"], pack, sent, fold=False)]
    sections = [our_part(proposal["our_part"], pack, ask=kind != "no-reply")]
    if kind in ("warn", "restrict"):
        sections += _circumstances(proposal)
    if kind == "restrict":
        sections.append(_warned(proposal))
    sections.append(seen(proposal["findings"], pack, sent, fold=True))
    shown = _CIRCUMSTANCES if kind in ("warn", "restrict") else ()
    return [*sections, against({**proposal, "unmet": [one for one in proposal["unmet"] if one not in shown]})]


_CIRCUMSTANCES = ("welfare", "adjustment", "rights")
"""The safeguards that tell of somebody's situation."""


def _circumstances(proposal: Row) -> tuple[Section, ...]:
    """What their mails show of their situation, before what they did (003/5-a, 004/PR3)."""
    known = [check["words"] for check in proposal["checks"] if check["name"] in _CIRCUMSTANCES and not check["met"]]
    if not known:
        return ()
    lines = [f"{words[0].upper()}{words[1:]}." for words in known]
    return (Section("What is known of them", (*lines, "No restriction may follow while that is open.")),)


def _warned(proposal: Row) -> Section:
    """The warning beside what came after it (000/4-b), or that there was none."""
    if not proposal.get("warned_on"):
        return Section("The warning", ("None was given: one grave incident needs none first. The decision has to say why.",))
    words = (f'"{_short(proposal["warning"])}"',) if proposal.get("warning") else ()
    before = "They were warned by mail" if words else "They were warned another way than by mail"
    return Section("The warning", (f"{before} on {day(proposal['warned_on'])}; what follows came after that.", *words))


def _in_force(who: str, restriction: Row) -> str:
    """What a restriction means, so that whoever never heard of one understands."""
    dates = f"From {day(restriction['start'])} until {day(restriction['until'])}"
    told = "We told them so in an email" if restriction["notice"].startswith("<") else "They were told"
    return f"{dates}, for the customer {who}: {MEASURES[restriction['kind']]}. {told}."


def _handler(proposal: Row) -> tuple[str, ...]:
    """That a colleague has taken over, so that whoever was hurt need not act upon the note (002/W3)."""
    one = proposal.get("handler")
    return (f"{one['to']} has dealt with them since {day(one['at'])}, in place of {one['from']}.",) if one else ()


def _tied(proposal: Row) -> tuple[Section, ...]:
    """That a restriction reaches an address which nobody of us has said to be the same person's, why, and how to undo that (F08)."""
    lines = []
    for one in proposal.get("tied", ()):
        lines += [
            f"{one['one']} and {one['other']} are read as one person: {'; '.join(one['reasons'])}. None of you has confirmed it.",
            f"If they are two people, answer with NOT SAME PERSON {one['one']} (or {one['other']}) on the first line; then it covers only whom your letter went to.",
        ]
    return (Section("Whose mail it covers", tuple(lines)),) if lines else ()


def _told_departments(told: Sequence[Row]) -> tuple[Section, ...]:
    """Which departments know of a restriction, and which of them have said that they read it (004/RS3b)."""
    lines = tuple(
        f"{one['name']}: told on {day(one['told'])}, "
        + (f"read on {day(one['read'])}." if one["read"] else "and nobody there has said yet that they read it.")
        for one in told
    )
    return (Section("Which departments know", lines),) if lines else ()


def _inquired(proposal: Row) -> tuple[Section, ...]:
    """Who inquires, since when, and by when they are to say what they found (001/2-2, 001/1-R2a)."""
    due = "THIS IS LATE: what was found was to be said by" if proposal["late"] else "What is found is to be said by"
    who = proposal["sender"]["name"] or proposal["sender"]["email"]
    since = f"{proposal['who']} has been looking into it since {day(proposal['since'])}. {due} {day(proposal['due'])}."
    return (
        Section("What is open", (f"An inquiry about {who}.", since, f'"{_short(proposal["reason"])}"')),
        Section("Our part first", tuple(proposal["ours"])),
        Section(
            "What happens next",
            (
                "Hear both sides, and tell whoever runs triage what was found; it is put on record.",
                "What follows from it is a decision of its own, also to do nothing.",
            ),
            more=(
                "`triage evidence` gives the mails and a chronology of both sides; `triage inquiry close` records what was found.",
            ),
        ),
    )


def standing_of(matter: Row) -> str:
    """A matter in a line: what about, answered by us or not, and since when they wait."""
    if matter["overdue"]:
        state = f"OVERDUE on our side; they have been waiting since {day(matter['waiting_since'])}"
    elif matter["waiting_since"]:
        state = f"they have been waiting since {day(matter['waiting_since'])}"
    else:
        state = "answered" if matter["answer_words"] else "never really answered by us"
    return f"{matter['title']}: {state}."


def _for_a_senior(proposal: Row) -> tuple[Section, ...]:
    """What a colleague puts before a senior (002/R3, P05)."""
    who = proposal["sender"]["name"] or proposal["sender"]["email"]
    asked = proposal["who"] or proposal["decided_by"]
    return (
        Section(
            "What is asked",
            (
                f"For {asked}: {proposal['asked_by']} asked on {day(proposal['since'])} that you look at what {who} writes.",
                f'"{_short(proposal["reason"])}"',
            ),
        ),
        our_part(proposal["our_part"]),
        against(proposal, _BEFORE),
        Section(
            "What happens next",
            (
                *_handler(proposal),
                "It waits until one of you decides, also to do nothing, or moves this note.",
            ),
            more=("Whoever runs triage records what was decided, such as `triage no-action`.",),
        ),
    )


_BEFORE = "Before you judge"
"""Where nothing is proposed against which anything could speak."""


def asked_before_all(proposal: Row) -> str:
    """For whom a note waits, where it is for a senior; "" where any of us may settle it."""
    if proposal["kind"] == "senior":
        return str(proposal["who"] or proposal["decided_by"])
    if proposal["kind"] == "inquiry":
        return str(proposal["who"])
    return str(proposal["decided_by"]) if proposal["kind"] in ("restrict", "appeal") else ""


def _mediated(kind: str, pack: Pack | None) -> bool:
    return kind in ("warn", "restrict") and pack is not None and pack.mediation


def counted(number: int, thing: str) -> str:
    """ "1 mail", "3 mails"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _unread(proposal: Row) -> Iterable[str]:
    """Which held mail nobody has opened although its day is over: it may tell of a danger or of something new (X01). Before that day
    nothing is said, so that the note is not written anew whenever somebody reads."""
    told = proposal.get("unread")
    if told and told["late"]:
        reader = proposal["restriction"]["reader"]
        yield (
            f"NOT READ IN TIME: {counted(told['late'], 'mail')}, the oldest held since {day(told['since'])}. Held mail is read within "
            f"{counted(told['days'], 'day')}: {reader}, please read it today."
        )


def unreadable(mail: Unreadable) -> dict[str, Any]:
    """The proposal that shows people a mail the program could make no sense of."""
    return {
        "id": "p-" + mail.key[:12],
        "kind": "unreadable",
        "mailbox": mail.mailbox,
        "about": mail.message_id,
        "about_key": mail.key,
        "references": [mail.message_id],
        "subject": mail.subject or "(no subject)",
        "sender": {"name": "", "email": mail.sender},
        "sent_at": mail.received_at.isoformat(),
        "keys": [mail.key],
        "reason": mail.reason,
        "verdict": None,
    }


def incident_note(by: str, incident: Incident | None, faults: Sequence[str], *, day_said: bool = True) -> tuple[Section, ...]:
    """What came of a mail to the address for incidents. `incident`: what was written down; None where nothing was, because of `faults`;
    without any the sender was not proved."""
    if incident is None:
        why = tuple(f"{fault[0].upper()}{fault[1:]}." for fault in faults) or (
            f"Your mail server did not vouch that {by} sent it. Write from your own account, or use `triage incident`.",
        )
        again = "Write it once more, with what was missing, as a new mail to the same address; this one was not taken for anything else."
        return (Section("Nothing was written down", why), Section("What happens next", (again,)))
    who = ", ".join(sorted(incident.addresses))
    day_ = day(incident.on) + ("" if day_said else " (the day of your mail, as it names no other)")
    kind = f"Read as {NAMES[incident.kind]}" if incident.kind in NAMES else "Not put under any kind of conduct"
    clause = f", {incident.clause}" if incident.clause else ""
    seen_by = f"Told by {by}" + (", who saw it happen to somebody else" if incident.witnessed else "")
    effect = (f"What it did to them: {_short(incident.effect)}",) if incident.effect else ()
    return (
        Section(
            "What was written down",
            (f"{day_}, {incident.channel}, with {who}.", f'"{_short(incident.words)}"', f"{kind}{clause}. {seen_by}.", *effect),
        ),
        Section(
            "What it does",
            ("By itself it counts against nobody. It stands in the chronology, and whoever decides may name it as a ground.",),
            more=(f"`triage evidence` prints that chronology; a decision names the ground with --ground {incident.id[:8]}.",),
        ),
        Section(
            "How to take it back",
            (
                "Answer this note with UNDO and a reason on the first line, such as: UNDO, it was somebody else of the same name.",
                "To put something right, take it back and write it again. Moving or deleting this note says nothing.",
            ),
        ),
    )


def lost_report_note(by: str, *, incidents: str = "") -> tuple[Section, ...]:
    """What whoever passed a mail on with REPORT is told when no mail is known that it could mean. `incidents`: the address for what did
    not come by mail; "" where there is none."""
    other = f"write to {incidents} what happened" if incidents else "whoever runs triage can write it down (`triage incident`)"
    return (
        Section(
            "Nothing was reported",
            (
                (
                    f"{by} passed on a mail with REPORT, and no mail is known here that it could be: it never came into this mailbox, or it was "
                    "changed on the way."
                ),
            ),
        ),
        Section(
            "What to do now",
            (
                "If the mail lies here, move the mail itself to Triage/Agree; or pass it on once more, whole and unchanged.",
                f"If it came another way, {other}.",
                "This note asks for nothing else. Delete it, or leave it: in a month it goes by itself.",
            ),
        ),
    )


def _report_note(proposal: Row, pack: Pack | None) -> tuple[Section, ...]:
    """A mail that one of us asks to be looked at, on which the program itself found nothing that counts."""
    who = proposal["sender"]["name"] or proposal["sender"]["email"]
    found = [seen(proposal["findings"], pack, {proposal["about"]: proposal["sent_at"]})] if proposal["findings"] else []
    return (
        Section(
            "What is asked",
            (
                f"Please look at this mail from {who}. Reported by {', '.join(dict.fromkeys(map(_reporter, proposal['reported'])))}.",
                *_looked_at_by(proposal),
            ),
        ),
        our_part(proposal["our_part"]),
        Section(f"What it says ({day(proposal['sent_at'])})", (f'"{_short(proposal["words"])}"',)),
        *found,
        against(proposal, _BEFORE),
        *_often(proposal),
        Section(
            "What happens next",
            (
                f"A report alone counts against nobody, and nothing is sent or moved. If a step is due, {proposal['decided_by']} decides.",
            ),
            more=(
                (
                    "Whoever runs triage can write down what happened besides the mail (`triage incident`), or who is to look into it, and by "
                    "when (`triage inquiry open`)."
                ),
            ),
        ),
    )


def _reporter(told: str) -> str:
    """Who reported a mail and when ("noor@mill.example on 2026-03-02"), in words; of a mail that was moved only the mailbox is known."""
    who, _, when = told.rpartition(" on ")
    return f"{_colleague(who)} on {day(when)}"


def _colleague(by: str) -> str:
    return by if "@" in by else f"somebody in the mailbox {by}"


def _looked_at_by(proposal: Row) -> tuple[str, ...]:
    if "due" not in proposal:
        return ()
    return (
        ("THIS IS LATE: it was to be looked at by" if proposal["late"] else "To be looked at by") + f" {day(proposal['due'])}.",
    )


def _often(proposal: Row) -> tuple[Section, ...]:
    """That the same colleague reports the same person again and again: it may show a person in need of help, on either side."""
    lines = tuple(
        f"Mails of this person were reported {count} times by {_colleague(by)}. Perhaps somebody else should look, or answer them."
        for by, count in proposal["often"].items()
    )
    return (Section("Who reports", lines),) if lines else ()


def _unreadable_note(proposal: Row) -> tuple[Section, ...]:
    who = proposal["sender"]["email"] or "an unknown sender"
    return (
        Section(
            "What is asked",
            (f"Please open this mail from {who}, received on {day(proposal['sent_at'])}: the program could not read it.",),
        ),
        Section("Why", (f"{proposal['reason'][:1].upper()}{proposal['reason'][1:]}.",)),
        Section("What happens next", ("It lies unchanged where it was. It counts neither for nor against anybody.",)),
    )


_USUAL = timedelta(days=60)


def _further(proposal: Row) -> tuple[str, ...]:
    """The further orders that a note of this kind takes, each with what it says."""
    about = datetime.fromisoformat(proposal["sent_at"])
    milder = {
        "warn": ("LESS: no warning now, but what was seen stays on file and may count later.",),
        "restrict": ("LESS: a warning will do.", f"UNTIL {about + _USUAL:%-d %B %Y}: agreed, and that day is to be its end."),
    }.get(proposal["kind"], ())
    return (
        *milder,
        f"NOT SAME MATTER: the mail of {day(about)} is about something else.",
        "CLOSE: the matter was dealt with. REOPEN: it was not.",
        "SAME PERSON other@address, or NOT SAME PERSON other@address: who wrote is, or is not, that person.",
        "UNDO: takes your last answer back.",
    )


IN_DISPUTE = (
    "You are not of one mind, so nothing is settled; until it is, what one of you dismissed is held against nobody. "
    "A further answer, or moving this note, settles it."
)


def moved_words(one: Verdict) -> str:
    """A verdict that somebody gave by moving or labelling a note; the server does not say which of us it was."""
    done = "Agreed to" if one.choice == "agree" else "Dismissed"
    return f"{done} on {day(one.at)}, by moving or labelling this note in the mailbox {one.by}."


def mail_judged(one: Verdict, sent: datetime) -> str:
    """A verdict on one mail by itself, in the note that rests on it."""
    where = f"{day(one.at)}, {'by' if one.by_answer else 'in the mailbox'} {one.by}"
    if one.choice == "agree":
        return f"{where}: the mail of {day(sent)} was marked as one to look at."
    return f"{where}: the mail of {day(sent)} was dismissed. What was found in it is held against nobody; UNDO takes that back."


def judged_note(choice: str) -> tuple[Section, ...]:
    """What a verdict on mails by themselves does. `choice`: what stands; "open" where it was taken back."""
    return (
        Section(
            "What it does",
            {
                "dismiss": ("What protects the writer stays, and so does the answer you owe.",),
                "agree": (
                    "It is on file as one to look at. By itself that counts against nobody, and nothing is sent or moved.",
                ),
            }.get(choice, ("Nothing any more: the mail is read like any other. You may delete this note.",)),
        ),
    )


def taken_back(one: Verdict) -> str:
    """That a verdict on mails was taken back by moving its note; the server does not say who did."""
    return f"{day(one.at)}, in the mailbox {one.by}: taken back."


def answer_words(at: datetime, by: str, reply: Reply | None, came: str, *, unproved: bool = False) -> tuple[str, ...]:
    """One answer to a note as a line or two: who, when, the order, the reason, and what came of it."""
    if reply is None and not unproved:
        write = "Write one of these words in capitals as the first line, and why behind it"
        return (
            f"{day(at)}, {by}: the first line gave no order that is known, so nothing was done. {write}: {', '.join(WORDS)}.",
        )
    if reply is None:
        return (f"{day(at)}, in the name of {by}: {came}.",)
    why = (f'"{_short(reply.reason)}"',) if reply.reason else ()
    return (f"{day(at)}, {by}: {reply.word}; {came}.", *why)


def decided_elsewhere(proposal: Row) -> str:
    """Behind what came of an answer by somebody without the role: that it is an opinion."""
    return (
        f" as what you think; the decision is for {proposal.get('decided_by') or 'somebody with the role'}, whose word goes first"
    )


def fallen() -> tuple[Section, ...]:
    """What the note about a proposal that fell by what was said says besides."""
    return (Section("What happens next", ("Nothing: this is no longer proposed. You may delete this note.",)),)


def how_to_take_back(review: str = "") -> Section:
    """`review`: the folder to move the note back to, where it lies elsewhere."""
    answer = "nswer this note with UNDO on the first line."
    return Section("How to take it back", (f"Move this note back to {review}, or a{answer}" if review else f"A{answer}",))


def how_to_answer(proposal: Row, agree: str, dismiss: str) -> Section:
    """What is a verdict: two moves, or an answer; and that everything else is none."""
    if proposal["kind"] == "review" and proposal["restriction"]:
        ends = datetime.fromisoformat(proposal["restriction"]["until"])
        later, sooner = (f"{ends + by:%-d %B %Y}" for by in (_USUAL, -timedelta(days=1)))
        return Section(
            "How to answer",
            (
                f"To renew it, answer UNTIL {later} (or another day) and why on the first line: the end for the letter.",
                f"To end it sooner, answer UNTIL {sooner}, and tell the customer.",
                f"Moving this note to {agree} or {dismiss} puts it away and decides nothing.",
            ),
        )
    if proposal["kind"] in ("review", "appeal", "inquiry"):
        return Section(
            "How to answer", (f"This is a reminder. Moving it to {agree} or {dismiss} puts it away and decides nothing.",)
        )
    if proposal["kind"] == "hold":
        return Section(
            "How to answer",
            (
                "You need to do nothing: this note tells you what was decided.",
                f"To end it early, tell the customer in an email; or answer with UNTIL and a day{_such_as(proposal['restriction'])}, and tell them.",
            ),
            more=("Once your email that ends it lies in Sent, the program ends it too.",),
        )
    if proposal["kind"] == "urgent":
        return Section(
            "How to answer",
            (
                f"After somebody has acted, and not only read it, move this note to {agree}.",
                f"Move it to {dismiss} only when somebody has checked, and nobody is in danger.",
                "Or answer it: APPROVE (somebody has acted) or REJECT (a false alarm) on the first line, and what was done.",
            ),
        )
    if proposal["kind"] == "reported":
        return Section(
            "How to answer",
            (
                f"When somebody has looked: move this note to {dismiss} if nothing is wrong with the mail; the report counts no more.",
                f"Move it to {agree} if the report is to stay on file. Neither does anything to whoever wrote the mail.",
                "Or answer it: REJECT or APPROVE on the first line, and why. Not yours to judge? REFER and why: a senior is asked.",
            ),
            more=(_NAMES_YOU,),
        )
    if proposal["kind"] == "senior":
        return Section(
            "How to answer",
            (
                f"When one of you has looked, move this note to {agree} or {dismiss}; either puts it away and decides nothing.",
                "Or answer it: APPROVE or REJECT on the first line, and what is to be done.",
            ),
            more=(_NAMES_YOU,),
        )
    if proposal["kind"] == "unreadable":
        return Section(
            "How to answer", (f"When you have opened it, move this note to {agree} or to {dismiss}; either puts it away.",)
        )
    return Section(
        "How to answer",
        (
            f"Move this note to {agree} if you agree, or to {dismiss} if not.",
            "Or answer it: APPROVE or REJECT on the first line, and why.",
            f"Not sure? {_milder(proposal['kind'])}REFER and why: a senior is asked. Until somebody answers, nothing happens.",
        ),
        more=(
            _NAMES_YOU,
            "Deleting or archiving the note is no answer.",
            "If something in it is wrong, your first line may also be one of these:",
            *_further(proposal),
        ),
    )


_NAMES_YOU = "An answer puts your name to it; write it above or below the quoted note."


def _milder(kind: str) -> str:
    """The order that asks for less than is proposed, where there is one."""
    return {"warn": "LESS: no warning now, but it stays on file. Or ", "restrict": "LESS: a warning will do. Or "}.get(
        kind, "Answer "
    )


def _such_as(restriction: Row | None) -> str:
    """A day on which it might end, as it is written in an answer."""
    return f", such as UNTIL {datetime.fromisoformat(restriction['until']) - timedelta(days=1):%-d %B %Y}" if restriction else ""


def came_of(one: Ruling | None, faults: Sequence[str], *, unproved: bool = False) -> str:
    """What came of an answer to a note, in a sentence. `one`: the decision it led to, if any. `faults`: why it led to none."""
    if unproved:
        return "does not count: your mail server did not vouch for the sender. Answer from your own account, or move the note"
    if faults:
        return "not recorded: " + "; ".join(faults)
    if one is None:
        return "recorded"
    here, there = ", ".join(sorted(one.addresses)), ", ".join(sorted(one.others))
    ends = day(one.until) if one.until else ""
    meaning = {
        "less": "no step of this kind is proposed for these mails; they stay on file",
        "split": "this mail is read as a matter of its own",
        "rejoin": "this mail is read with its old matter again",
        "close": "the matter counts as dealt with from now on; the customer was told nothing",
        "reopen": "the matter counts as open, and an answer is owed",
        "same-person": f"{here} and {there} are one person, for a restriction too",
        "not-same-person": f"{here} and {there} are two people",
        "undo": "your last order counts no more",
        "intend": f"agreed until {ends}; it {'is renewed' if one.about else 'begins'} only when the letter to the customer is in Sent",
        "shorten": f"it ends on {ends}; tell the customer",
        "renew": f"renewed until {ends}",
        "withdraw": "the incident counts against nobody any more",
        "senior": "a senior is asked to look; a note says so",
    }
    return f"recorded: {meaning.get(one.act, one.act)}"


def stage_words(contact: Row) -> Iterable[str]:
    """The stage of a contact and what was looked at for it, hits and misses alike, for `triage explain`."""
    yield f"Stage: {contact['stage']}"
    safeguards = [check for check in contact["checks"] if check["name"] in SAFEGUARDS]
    yield "Safeguards (a restriction is barred while one is open):"
    for check in safeguards:
        state = "open" if check["name"] in contact["unmet"] else "met"
        yield f"  {state:<6}{check['words']}"
    yield "What else was looked at:"
    for check in contact["checks"]:
        if check not in safeguards:
            yield f"  {'yes' if check['met'] else 'no':<6}{check['name']}: {check['words']}"
