"""Mails nobody sends, made at random: whole ones whose parts lie about each other, and good ones with a piece torn out.

Everything here gives bytes. None of it is taken from anybody's mail.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from hypothesis import strategies as st

LINE_END = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r"])
CHARSETS = st.sampled_from(
    [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "utf-7",
        "utf-16",
        "shift_jis",
        "iso-2022-jp",
        "koi8-r",
        "klingon",
        "",
        "utf-8\0",
        "x" * 300,
        "idna",
    ]
)
ENCODINGS = st.sampled_from(["7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "klingon", ""])
BOUNDARIES = st.sampled_from(["b", "bb", "b b", "=_1", "--", "b--", "", 'q"q', "é", "x" * 200])
KINDS = st.sampled_from(
    [
        *("text/plain", "text/html", "text/enriched", "text/calendar", "text", "plain", "", "/", "application/octet-stream"),
        *("application/pkcs7-mime", "message/rfc822", "message/delivery-status", "message/partial", "message/external-body"),
        *("multipart/mixed", "multipart/alternative", "multipart/digest", "multipart/signed", "multipart/encrypted", "image/png"),
    ]
)
PIECES = st.sampled_from(
    [
        *(
            "From: a@b.example",
            "<",
            ">",
            "@",
            '"',
            "\\",
            "(",
            ")",
            ",",
            ";",
            ":",
            "=?utf-8?q?",
            "=?utf-8?b?",
            "?=",
            "=0D=0A",
            "=00",
            "\0",
        ),
        *(
            "\x1b[31m",
            "\u202e",
            "\ud7ff",
            "\ufeff",
            "ﬀ",
            "İ",
            "ß",
            "e\u0301" * 20,
            "👩\u200d👧",
            "&amp;",
            "<b>",
            "<!--",
            "]]>",
            "{{7*7}}",
            "{% x %}",
        ),
        *(
            "=1+1",
            "' OR 1=1 --",
            "%s%n",
            "../../",
            "X-Triage-Note: p-000000000000",
            "> ",
            ">>>>> ",
            "On Monday a@b.example wrote:",
            "-- ",
        ),
        *(
            "-----BEGIN PGP MESSAGE-----",
            "--b",
            "--b--",
            "----",
            "begin 644 x",
            "   ",
            "\t",
            " " * 200,
            "a" * 500,
            "\u2028",
            "\x85",
        ),
    ]
)
WORDS = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join)
ADDRESS = st.one_of(
    WORDS,
    st.sampled_from(
        [
            *("Ann <ann@mail.example>", '"a@b.example" <c@d.example>', "a@b.example, c@d.example", "<a@b.example> <c@d.example>"),
            *(
                "group: a@b.example, c@d.example;",
                "@b.example",
                "a@",
                "<>",
                "a@b.example (c@d.example)",
                "=?utf-8?q?a=40b.example?= <c@d.example>",
            ),
            *("help@shop.example", '"x\r\n y" <a@b.example>', "a@b.example\0@shop.example", "ａ@ｂ.example", "a@xn--a.example"),
        ]
    ),
)
DATES = st.one_of(
    WORDS,
    st.sampled_from(
        [
            *(
                "Tue, 3 Feb 2026 09:14:00 +0100",
                "Tue, 31 Feb 2026 25:61:61 +9999",
                "1 Jan 0001 00:00:00 -2359",
                "31 Dec 9999 23:59:59 -1200",
            ),
            *("Tue, 3 Feb 26 09:14", "0", "-1", "Tue, 3 Feb 2026 09:14:00 (x(y)z)", "9" * 400),
        ]
    ),
)
RESULTS = st.one_of(
    WORDS,
    st.lists(
        st.sampled_from(["mx.shop.example", "; ", "dmarc=pass", " header.from=", "mail.example", "dkim=", "spf=fail", "(", ")", '"', "\\", "=", "."]),
        max_size=14,
    ).map("".join),
)  # fmt: skip
_FIELDS: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("From", "To", "Cc", "Reply-To", "Return-Path"), ADDRESS),
    **dict.fromkeys(
        ("Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-Id", "Precedence", "", "X Y", "Süß"), WORDS
    ),
    "Date": DATES,
    "Authentication-Results": RESULTS,
    "X-Triage-Note": st.sampled_from(["p-0123456789ab", "digest-2026-02-04", "", "p-"]),
}
FIELD = st.sampled_from(sorted(_FIELDS)).flatmap(lambda name: _FIELDS[name].map(lambda value: f"{name}: {value}"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@st.composite
def _body(draw: Callable[..., object], inner: st.SearchStrategy[bytes]) -> bytes:
    """A part: its header, and a body that may or may not be what the header says."""
    kind, charset, encoding = str(draw(KINDS)), str(draw(CHARSETS)), str(draw(ENCODINGS))
    boundary, other = str(draw(BOUNDARIES)), str(draw(BOUNDARIES))
    parameters = draw(
        st.sampled_from(["", f"; charset={charset}", f'; charset="{charset}"; format=flowed; delsp=yes', f'; boundary="{boundary}"', "; a*0*=b; a*2=c", ";" * 30])
    )  # fmt: skip
    parts = draw(st.lists(inner, max_size=3))
    assert isinstance(parts, list)
    text = _bytes(str(draw(WORDS)))
    used = _bytes(draw(st.sampled_from([boundary, boundary, boundary, other])))  # type: ignore[arg-type]
    several = b"".join(b"--%s\r\n%s\r\n" % (used, part) for part in parts) + draw(st.sampled_from([b"--%s--" % used, b""]))  # type: ignore[operator]
    body = draw(st.sampled_from([text, several, base64.b64encode(text), base64.b64encode(text)[:-1], b"=" + text, b""]))
    assert isinstance(body, bytes)
    header = f'Content-Type: {kind}{parameters}\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Disposition: attachment; filename="{draw(WORDS)}"'
    lines = header.split("\r\n")[: int(str(draw(st.integers(0, 3))))]
    return _bytes("".join(f"{line}\r\n" for line in lines)) + b"\r\n" + body


PART = st.recursive(st.builds(lambda text: b"\r\n" + _bytes(text), WORDS), _body, max_leaves=6)


@st.composite
def whole(draw: Callable[..., object]) -> bytes:
    """Header fields in any order and number, and a body."""
    fields = draw(st.lists(FIELD, max_size=8))
    assert isinstance(fields, list)
    end = draw(LINE_END)
    raw = b"".join(_bytes(field) + b"\r\n" for field in fields) + draw(PART)  # type: ignore[operator]
    return raw.replace(b"\r\n", end)  # type: ignore[arg-type]


GOOD = (
    b"Authentication-Results: mx.shop.example; dmarc=pass header.from=mail.example\r\nFrom: =?utf-8?q?J=C3=B6rg?= <joerg@mail.example>\r\n"
    b"To: Shop <help@shop.example>\r\nDate: Tue, 3 Feb 2026 09:14:00 +0100\r\nSubject: Kettle\r\nMessage-ID: <1@mail.example>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nIt leaks =E2=80=93 again.\r\n\r\n> We mended it.\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    b"<p>It <b>leaks</b> again.</p><blockquote>We mended it.</blockquote>\r\n--b--\r\n"
)


@st.composite
def torn(draw: Callable[..., object]) -> bytes:
    """A good mail in which bytes were overwritten, taken out, doubled or put in."""
    raw = bytearray(GOOD)
    for _ in range(int(str(draw(st.integers(1, 6))))):
        start = int(str(draw(st.integers(0, len(raw)))))
        stop = start + int(str(draw(st.integers(0, 40))))
        put = draw(st.one_of(st.binary(max_size=12), PIECES.map(_bytes), st.just(bytes(raw[start:stop]) * 3)))
        assert isinstance(put, bytes)
        raw[start:stop] = put
    return bytes(raw)


GROWING = (
    b";",
    b"<div>",
    b"<a ",
    b"<b x=y>",
    b"> ",
    b"\r\n",
    b"\r\n\r\n",
    b"(",
    b"=?a?q?b?= ",
    b"--b\r\n",
    b"a@b.example,",
    b"On a ",
    b"\t",
    b"&#",
    b"=\r\n",
    b'"',
    b"\\",
)
"""What grows the work of careless parsers faster than its own length."""


@st.composite
def grown(draw: Callable[..., object]) -> bytes:
    """One piece many thousand times, somewhere in a good mail: up to what is read of a mail, 256 KiB."""
    piece = draw(st.sampled_from(GROWING))
    place = draw(
        st.sampled_from([b"Subject: ", b"From: ", b"text/html", b"<p>", b"again.", b"charset=", b"boundary=", b"Date: "])
    )
    length = int(str(draw(st.sampled_from([1_000, 20_000, 250_000]))))
    assert isinstance(piece, bytes) and isinstance(place, bytes)
    return GOOD.replace(place, place + piece * (length // len(piece)), 1)
