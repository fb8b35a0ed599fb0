"""What our own receiving server found about who sent a mail: Authentication-Results (RFC 8601), the only owner of authres.

Anybody may write such a field into their mail. Only the one our own server put on top counts, or those that name it (RFC 8601 section 5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import authres

from triage.message import Authenticity

LONGEST = 4000
"""Characters in a field that are looked at; servers write a few hundred, and authres is slow on hostile ones."""
MOST = 20
_AUTHSERV = re.compile(r"\s*([^\s;()/=]{1,255})")
_SHOWN = ("dmarc", "dkim", "spf")


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    result: str
    domain: str
    """The domain it is about, lower case: header.from, header.d or smtp.mailfrom."""
    about: str
    """The name of that property."""

    @property
    def words(self) -> str:
        return f"{self.method}={self.result}" + (f" ({self.about}={self.domain})" if self.domain else "")


def judge(results_headers: Sequence[str], from_domain: str, trusted: str | None) -> tuple[Authenticity, str]:
    """Whether our server could authenticate the domain in From, and its words for it ("dmarc=fail (header.from=mail.example), spf=fail").

    `results_headers`: the values of Authentication-Results, topmost first. `trusted`: the authserv-id of our own server; None takes the
    topmost field, which our server has added last, if it adds one. If it does not, the sender may have written it: so without a
    trusted id nothing is ever a "pass". No field, or one that cannot be read, is "unknown", never "fail".
    DMARC decides where it was tried, and passes only for the very domain in From. Else a passing method that is strictly aligned
    with From (RFC 7489 sections 3.1.1 and 3.1.2: the same domain) is a pass, and a failing one without such a pass is a fail;
    softfail, neutral, none and errors decide nothing, nor does a pass for a domain above or below the one in From. Relaxed
    alignment needs a list of the suffixes under which strangers register (co.uk, github.io), which would be out of date one day
    and then prove the wrong person; strictness costs a proof at times, and without proof nobody is restricted.
    """
    for value in results_headers[:MOST]:
        if trusted is not None and _authserv(value) != trusted.strip().lower():
            continue
        results = _read(value)
        note = ", ".join(result.words for method in _SHOWN for result in results if result.method == method)
        found = _decide(results, from_domain.lower())
        return "unknown" if found == "pass" and trusted is None else found, note[:300]
    return "unknown", ""


def _decide(results: Sequence[_Result], from_domain: str) -> Authenticity:
    dmarc = [result for result in results if result.method == "dmarc"]
    if any(result.result == "fail" for result in dmarc):
        return "fail"
    passed = {result.domain for result in dmarc if result.result == "pass"}
    if passed:
        return "pass" if passed == {from_domain} else "unknown"
    others = [result for result in results if result.method in ("dkim", "spf")]
    passed = {result.domain for result in others if result.result == "pass"}
    if from_domain and from_domain in passed:
        return "pass"
    if any(_related(domain, from_domain) for domain in passed):
        return "unknown"
    return "fail" if any(result.result in ("fail", "hardfail") for result in others) else "unknown"


def _related(domain: str, from_domain: str) -> bool:
    """Whether one lies below the other (never a bare top level): mostly one house, so no forgery, yet no proof either."""
    if "." not in domain or "." not in from_domain:
        return False
    return domain.endswith(f".{from_domain}") or from_domain.endswith(f".{domain}")


def _authserv(value: str) -> str:
    clauses = _clauses(value)
    found = _AUTHSERV.match(clauses[0]) if clauses else None
    return found[1].lower() if found else ""


def _clauses(value: str) -> list[str]:
    """The field's parts between semicolons, without comments (RFC 5322 section 3.2.2); [] where a comment or a quoted string never ends.

    A semicolon inside quotes or a comment parts nothing: the sender writes some of what stands there, such as the envelope address.
    """
    clauses: list[str] = []
    piece: list[str] = []
    depth, quoted, escaped = 0, False, False
    for sign in value[:LONGEST]:
        if escaped or sign == "\\":
            escaped = not escaped
        elif quoted or (sign == '"' and not depth):
            quoted ^= sign == '"'
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            sign = " "
        elif sign == ";" and not depth:
            clauses.append("".join(piece))
            piece = []
            continue
        if depth == 0:
            piece.append(sign if sign != ";" else " ")
        if depth < 0:
            return []
    return [] if depth or quoted or len(value) > LONGEST else [*clauses, "".join(piece)]


def _read(value: str) -> tuple[_Result, ...]:
    """The results in one field; () where it breaks the grammar. Results are read one by one, so that an odd one does not hide the rest."""
    results: list[_Result] = []
    for clause in _clauses(" ".join(value.split()))[1:31]:
        if clause.strip().lower().startswith(_SHOWN):
            results += _read_one(f"server; {clause.strip()}")
    return tuple(results)


@lru_cache(maxsize=2048)  # a server writes few different ones, and authres is slow
def _read_one(field: str) -> tuple[_Result, ...]:
    try:
        parsed = authres.all_features().parse_value(field)
    except Exception:  # noqa: BLE001  authres raises whatever it stumbles over; an unreadable result is no result
        return ()
    return tuple(_result(found) for found in parsed.results)


def _result(found: authres.AuthenticationResult) -> _Result:
    named = {(item.type.lower(), item.name.lower()): str(item.value or "") for item in found.properties}
    for key in (("header", "from"), ("header", "d"), ("header", "i"), ("smtp", "mailfrom"), ("smtp", "helo")):
        if named.get(key):
            domain = named[key].rpartition("@")[2].strip("<>\"' .").lower()
            return _Result(str(found.method).lower(), str(found.result).lower(), domain, ".".join(key))
    return _Result(str(found.method).lower(), str(found.result).lower(), "", "")
