"""The digest: what waits, what we owe, which holds end, how much came, and who of us bore abuse; one mail a day or a week.

It lies in Triage/Review and the next takes its place. Its words are those of the moment it was written; nothing in it is a verdict,
and moving it says nothing. Bars are cells of a table, because mail programs show no other picture without asking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from types import MappingProxyType
from typing import Any, Literal

from triage import sheet
from triage.explanation import TITLES, asked_before_all, counted, day
from triage.finding import SURE
from triage.label import NOTE_HEADER
from triage.note import one_line

Row = Mapping[str, Any]
Every = Literal["daily", "weekly", "never"]

MOST = 10
"""Lines of one list; a digest is read in a minute."""
WEEKS = 8
ABUSIVE = frozenset({"threat", "abuse", "profanity", "harassment", "sexual", "discrimination"})
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what, about whom, since or until when."""

    what: str
    detail: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """What one digest says. Lists are in the order of urgency; `more` counts what each leaves out."""

    until: datetime
    seniors: tuple[Line, ...]
    """What waits for whoever decides, with whom and since when."""
    waiting: tuple[Line, ...]
    owed: tuple[Line, ...]
    unread: tuple[Line, ...]
    """Held mail that nobody has opened although its day is over."""
    holds: tuple[Line, ...]
    weeks: tuple[tuple[str, int], ...]
    """Monday's date → mails of customers that came in that week, the latest last; the last week may not be over."""
    borne: tuple[tuple[str, int], ...]
    """Address of staff (or "the shared mailbox alone") → abusive mails in the last seven days."""
    more: Mapping[str, int]


def period(every: Every, now: datetime, zone: tzinfo) -> str:
    """The day or the ISO week that a digest stands for, in the organisation's time zone: "2026-05-12", "2026-W20"."""
    local = now.astimezone(zone)
    if every == "daily":
        return f"{local:%Y-%m-%d}"
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02}"


def summed_up(
    rows: Any,
    arrivals: Sequence[datetime],
    sent_to: Mapping[str, Sequence[str]],
    *,
    staff: Collection[str],
    now: datetime,
    zone: tzinfo,
    unread: Mapping[str, datetime] = MappingProxyType({}),
    review: timedelta = _SOON,
) -> Digest:
    """A digest of these conclusions (`triage.ledger.ConclusionRows`).

    `arrivals`: when each mail of a customer came, in the last `WEEKS` weeks at least. `sent_to`: message key → its recipients, for
    mails with findings. `now`: aware. `unread`: key of each held mail that nobody has opened in time → the day by which it was due.
    `review`: how long before its end a restriction is looked at again.
    """
    every = [row for row in rows.proposals if not row["verdict"] and row["kind"] != "hold"]  # a hold has its own list
    waiting = [row for row in every if not asked_before_all(row)]
    seniors = [row for row in every if asked_before_all(row)]
    owed = sorted((row for row in rows.matters if row["overdue"]), key=lambda row: row["deadline"])
    holds = sorted((row for row in rows.restrictions if row["in_force"]), key=lambda row: row["until"] or "9999")
    names = {row["id"]: ", ".join(row["addresses"][:2]) for row in rows.contacts}
    abusive = {
        row["message_key"]
        for row in rows.findings
        if row["kind"] in ABUSIVE and not row["by_staff"] and not row["dismissed"] and row["strength"] >= SURE
    }
    return Digest(
        until=now,
        seniors=tuple(
            Line(TITLES[row["kind"]], _for_whom(row, now), late=bool(row.get("late")))
            for row in sorted(seniors, key=lambda row: (not row.get("late"), row.get("since") or row["sent_at"]))[:MOST]
        ),
        waiting=tuple(
            Line(TITLES[row["kind"]], f"{_who(row)}: {row['subject']}, {day(row['sent_at'])}", late=_pressing(row))
            for row in sorted(waiting, key=lambda row: (not _pressing(row), row["sent_at"]))[:MOST]
        ),
        owed=tuple(
            Line(row["title"], f"{names.get(row['contact'], '')}: due {day(row['deadline'])}", late=True) for row in owed[:MOST]
        ),
        unread=tuple(_unread(rows, holds, unread, names))[:MOST],
        holds=tuple(
            Line(names.get(row["contact"], ""), _ends(row, now, review), late=_soon(row, now, review)) for row in holds[:MOST]
        ),
        weeks=_by_week(arrivals, now.astimezone(zone)),
        borne=_borne(abusive, sent_to, staff),
        more={
            "unread": 0,
            "seniors": max(0, len(seniors) - MOST),
            "waiting": max(0, len(waiting) - MOST),
            "owed": max(0, len(owed) - MOST),
            "holds": max(0, len(holds) - MOST),
        },
    )


def _for_whom(row: Row, now: datetime) -> str:
    """Whom it is about, who is to decide, and for how long it has waited."""
    since = row.get("since") or row["sent_at"]
    since = since if isinstance(since, str) else row["sent_at"]
    age = (now - datetime.fromisoformat(since)).days
    return f"{_who(row)}: for {asked_before_all(row)}, waiting {counted(age, 'day')}, since {day(since)}"


def _pressing(row: Row) -> bool:
    return row["kind"] == "urgent" or bool(row.get("late"))


def _who(row: Row) -> str:
    return str(row["sender"]["name"] or row["sender"]["email"] or "an unknown sender")


def _unread(rows: Any, holds: Sequence[Row], unread: Mapping[str, datetime], names: Mapping[str, str]) -> Iterator[Line]:
    """A line for each contact whose held mail waits for its reader, the longest waiting first."""
    of = {row["message_key"]: row["contact"] for row in rows.wanted if row["held"]}
    readers = {row["contact"]: row.get("reader") for row in holds}
    late: dict[str, list[datetime]] = {}
    for key, due in unread.items():
        if key in of:
            late.setdefault(of[key], []).append(due)
    for contact, days in sorted(late.items(), key=lambda one: min(one[1])):
        who = names.get(contact, "")
        yield Line(
            f"{readers.get(contact) or 'Somebody'} has not read {counted(len(days), 'held mail')}",
            f"{who}: due {day(min(days))}",
            late=True,
        )


def _soon(row: Row, now: datetime, review: timedelta) -> bool:
    return not row["until"] or datetime.fromisoformat(row["until"]) - now <= review


def _ends(row: Row, now: datetime, review: timedelta) -> str:
    if not row["until"]:
        return "no end date in the notice: please add one"
    left = (datetime.fromisoformat(row["until"]) - now).days
    more = f"until {day(row['until'])}, {counted(left, 'day')} more"
    return more + ("; time to review it: unless somebody renews it with reasons, it ends" if _soon(row, now, review) else "")


def _by_week(arrivals: Sequence[datetime], local: datetime) -> tuple[tuple[str, int], ...]:
    monday = (local - timedelta(days=local.weekday())).date()
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    counts = Counter((one - timedelta(days=one.weekday())).date() for one in (each.astimezone(local.tzinfo) for each in arrivals))
    return tuple((day(f"{one}T00:00").rpartition(" ")[0], counts[one]) for one in mondays)


def _borne(abusive: Collection[str], sent_to: Mapping[str, Sequence[str]], staff: Collection[str]) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for key in abusive:
        if key in sent_to:
            counts.update({one for one in sent_to[key] if one in staff} or {"the shared mailbox alone"})
    return tuple(counts.most_common(MOST))


_PAGE = """{% if title %}<h1 style="margin:0 0 4px;font-size:20px;font-weight:600">{{ title }}</h1>
{% endif %}{% for heading, lines, more, empty in lists %}<h2 style="margin:18px 0 4px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">{{ heading }}</h2>
{% for line in lines %}<p style="margin:6px 0;padding-left:10px;border-left:3px solid {{ '#c62828' if line.late else '#c9c9c2' }}"><span style="font-weight:600">{{ line.what }}</span><br><span style="color:#555">{{ line.detail }}</span></p>
{% else %}<p style="margin:4px 0;color:#555">{{ empty }}</p>
{% endfor %}{% if more %}<p style="margin:4px 0;color:#555">… and {{ more }} more.</p>
{% endif %}{% endfor %}<h2 style="margin:18px 0 4px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">Mails from customers, by week</h2>
<table role="presentation" cellspacing="0" cellpadding="0" style="width:100%;border-collapse:collapse;font-size:14px">
{% for week, count in weeks %}<tr><td style="width:4.5em;padding:2px 8px 2px 0;color:#555;white-space:nowrap">{{ week }}</td><td style="padding:2px 0"><table role="presentation" cellspacing="0" cellpadding="0" style="width:100%;border-collapse:collapse"><tr>{% if count %}<td style="width:{{ [100 * count // most, 1] | max }}%;background:#5b7f95;font-size:12px;line-height:14px">&nbsp;</td>{% endif %}<td style="padding-left:6px;font-size:13px;line-height:14px">{{ count }}</td></tr></table></td></tr>
{% endfor %}</table>
<h2 style="margin:18px 0 4px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:#595959">Abusive mails borne in the last seven days</h2>
{% for who, count in borne %}<p style="margin:4px 0">{{ who }}: {{ count }}</p>
{% else %}<p style="margin:4px 0;color:#555">None.</p>
{% endfor %}<p style="margin:18px 0 0;font-size:13px;color:#777">Written by triage; moving or deleting this mail says nothing. The next one takes its place.</p>
"""

_LISTS = (
    ("waiting", "Waits for one of you", "Nothing waits."),
    ("seniors", "Waits for a senior", "Nothing waits."),
    ("owed", "We owe an answer, and it is late", "No answer is late."),
    ("unread", "Held mail that its reader has not read in time", "None."),
    ("holds", "Restrictions in force", "None."),
)


def title(digest: Digest) -> str:
    count = len(digest.waiting) + len(digest.seniors) + digest.more["waiting"] + digest.more["seniors"]
    waits = f"{count or 'no'} {'note waits' if count == 1 else 'notes wait'}"
    return f"Digest: {waits}, {_counted(digest, 'owed', 'answer late', 'answers late')}, {_counted(digest, 'holds', 'hold', 'holds')}"


def _counted(digest: Digest, name: str, one: str, several: str) -> str:
    count = len(getattr(digest, name)) + digest.more[name]
    return f"{count or 'no'} {one if count == 1 else several}"


def plain(digest: Digest) -> str:
    """The digest as plain text."""
    blocks = []
    for name, heading, none in _LISTS:
        lines = [f"{'! ' if line.late else '  '}{line.what}: {line.detail}" for line in getattr(digest, name)] or [none]
        more = [f"… and {digest.more[name]} more."] if digest.more[name] else []
        blocks.append("\n".join([heading.upper(), *map(one_line, [*lines, *more])]))
    most = max((count for _, count in digest.weeks), default=0) or 1
    bars = [f"{week:<7}{'#' * round(30 * count / most)} {count}" for week, count in digest.weeks]
    blocks.append("\n".join(["MAILS FROM CUSTOMERS, BY WEEK", *bars]))
    borne = [f"{who}: {count}" for who, count in digest.borne] or ["None."]
    blocks.append("\n".join(["ABUSIVE MAILS BORNE IN THE LAST SEVEN DAYS", *borne]))
    blocks.append("Written by triage; moving or deleting this mail says nothing. The next one takes its place.")
    return "\n\n".join(blocks) + "\n"


def page(digest: Digest, *, titled: bool = True) -> str:
    """The digest as an HTML page without any outside resource; what came from mail is escaped. `titled`: with its title, which a mail
    program shows by itself."""
    lists = [
        (heading, [Line(one_line(x.what), one_line(x.detail), x.late) for x in getattr(digest, name)], digest.more[name], none)
        for name, heading, none in _LISTS
    ]
    most = max((count for _, count in digest.weeks), default=0) or 1
    return sheet.mail(
        _PAGE, title=title(digest) if titled else "", lists=lists, weeks=digest.weeks, most=most, borne=digest.borne
    )


def compose(digest: Digest, *, name: str, message_id: str, mailbox: str) -> bytes:
    """The digest as RFC 5322 bytes with CRLF line ends. `name`: its id among our notes; `mailbox`: the address it goes into."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = HeaderAddress("Triage", addr_spec=mailbox)
    mail["To"] = HeaderAddress(addr_spec=mailbox)
    mail["Subject"] = title(digest)
    mail["Date"] = digest.until
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail[NOTE_HEADER] = name
    mail.set_content(plain(digest), cte="quoted-printable")
    mail.add_alternative(page(digest, titled=False), subtype="html", cte="quoted-printable")
    return bytes(mail)
