"""Whose words a stretch is: the writer's own, or reported, quoted, denied, or taken back.

Somebody who tells us what was shouted at her, or is sorry for what he called us, is not abusing anybody (practice, traps
T6 and T7). All functions work on folded text (see `triage.detect.folding`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SPEECH = (
    r"(?:said|says|saying|shouted|shouts|shouting|yelled|yelling|screamed|screaming|wrote|writes|writing|texted|messaged|told|tells|"
    r"telling|threatened|threatens|threatening|warned|swore|muttered|replied|emailed|posted|sent me|spat|hissed|joked|"
    r"boasted|bragged|vowed|promised|claimed|keeps on about|reckons|suggested|implied|kept (?:on )?(?:saying|calling|shouting))"
)
_CALLED = (
    r"(?:called|calls|calling|labelled|labels|described|referred to|refers to|addressed|branded)\s+"
    r"(?:me|us|him|her|them|my|our|your|the|a|an|one|people|somebody|someone|[a-z]+)\b(?!\s+(?:back|today|yesterday|twice|again|at|on|to say))"
)
_FRAME = re.compile(rf"\b(?:{_SPEECH}|{_CALLED})\b")
_OWN_SUBJECT = re.compile(
    r"\b(?:i|we|i've|i'd|i'll|ive|i'm)\s*(?:'ve|'d|'m|have|had|am|was|just|even|also|then|actually|only|already|will|would)?\s*"
    r"(?:just|even|also|been)?\s*$"
)
_STAFF_SUBJECT = re.compile(r"\b(?:you|u)\s*(?:'ve|'d|have|had|just|even|also|then|actually|clearly)?\s*$")
_SUFFERED = re.compile(
    r"\b(?:(?:was|were|been|being|got|get|getting|is|are)\s+(?:also\s+|then\s+|even\s+|just\s+|repeatedly\s+)?(?:told|called|threatened|sworn|shouted|asked|"
    r"described|labelled|referred|addressed|subjected)|(?:over)?heard|hear (?:him|her|them|the \w+)|"
    r"(?:children|kids|they|people|neighbou?rs|boys|girls|lads|others|everyone|some)\s+(?:\w+\s+){0,2}?say|(?:word|words|phrase|phrases|comment|comments|remark|remarks|graffiti|note|sign|"
    r"insult|insults|slur|slurs|abuse|threats?|message|messages|text|texts)\s+(?:like|such as|saying|reading|that (?:read|said|says)|including|of|about|from|i (?:got|received)))\b"
)
_CLAUSE_END = re.compile(
    r"[;!?]|\.\s|,?\s+(?:but|so)\s+(?:i|you|your)\b|,\s+(?:and\s+)?(?:i'll|i\s+(?:will|am|want|hope)|you(?:'re)?|your)\b"
)
_APOLOGY = re.compile(
    r"\b(?:apologi[sz]e|apologies|apology|(?:i am|i'm|im|so|very|truly|really|deeply|say|was)\s+sorry|sorry\s+(?:for|about|that i|i|if)|"
    r"ashamed of|regret\s+(?:what|calling|saying|my)|out of (?:order|line)|(?:shouldn'?t|should not|should never|ought not to|had no right to|no right to)\s+"
    r"(?:have\s+)?(?:called|call|said|say|written|write|sworn|swear|used|use|shouted|spoken)|take (?:it|that|them|this|what i said) back|what i (?:said|wrote|called|put)\b[^.!?]{0,40}\b(?:was|were) (?:\w+ )?(?:ugly|wrong|uncalled|unfair|nasty|unkind|stupid|cruel|horrible|unforgivable|harsh|not right|out of)|withdraw (?:what|my|that|the))"
)
_OWN_PAST = re.compile(
    r"\b(?:i|i'd|i've|we)\s+(?:\w+\s+){0,2}?(?:called|said|wrote|used|swore|shouted|told|described|referred|named|put)\b|"
    r"\b(?:for|about|of|my)\s+(?:calling|saying|writing|using|swearing|shouting|telling|describing)\b|\b(?:have|i)\s+(?:called|said|written|sworn|used)\b"
)
_DENIED = re.compile(
    r"(?:\b(?:not|never|isn't|aren't|wasn't|hardly)\s+(?:(?:a|an|the|some|such a|any|being|that|all)\s+)?$)|"
    r"(?:(?:\bnot|n't|\bnever|\bdont|\bwithout|\bno one is|\bnobody is)\s+(?:\w+\s+)?(?:saying|suggesting|calling|implying|accusing|accuse|think|believe|mean|meant|say|said|call|called|"
    r"threatening|claiming|wish|want|insinuating)\b(?:(?!\bbut\b).){0,60}$)|(?:\bif\s+(?:i|someone|somebody|anyone|a man|he|she|they|you)\s+(?:had\s+)?(?:called|said|told|wrote|were)\b.{0,60}$)"
)
_QUOTATION = re.compile(
    r'(?:(?<=^)|(?<=[\s(:,>-]))"(?:[^"]){1,1500}?"(?=[\s.,;:!?)\]-]|$)|(?:(?<=^)|(?<=[\s(:,]))\'(?:[^\'\n]|\'(?=\w)){3,400}?\'(?=[\s.,;:!?)]|$)'
)
_PUBLISHED = re.compile(
    r"\b(?:i|i've|ive|i'll|i'm|me and the lads|we|we've|my)\s+(?:have\s+|just\s+|also\s+|already\s+|only\s+|will\s+|going to\s+|gonna\s+)*"
    r"(?:put|posted|post|wrote|written|write|say|said|stuck|shared|commented|tweeted|put up|told|tell|review says|told them|call|calls|caption\w*)\b[^.!?]{0,60}$"
)
_ANNOUNCES = re.compile(
    rf"(?:\b(?:{_SPEECH}|below|following|what (?:he|she|they|the man|the woman)|(?:his|her|their) (?:message|messages|email|text|texts|words|note|letter|voicemail|reply)|"
    r"it (?:read|reads|said|says)|here is what|this is what|message from|copied)\b[^.!?]{0,80}):\s*$"
)


def apologises(folded: str) -> bool:
    """Whether the writer takes something back somewhere in the mail."""
    return _APOLOGY.search(folded) is not None


def quotations(text: str, folded: str, sorry: bool) -> list[tuple[int, int]]:
    """Stretches in quotation marks that are not the writer's own: not what he says he has published himself, unless he is sorry."""
    found = []
    for quotation in _QUOTATION.finditer(folded):
        inside = quotation.group()
        if len(inside.split()) <= 1 and not _FRAME.search(folded[max(0, quotation.start() - 40) : quotation.start()]):
            continue  # "engineer" in mockery, a nickname: the writer's own use of a word
        before = folded[max(0, quotation.start() - 120) : quotation.start()]
        if not sorry and _PUBLISHED.search(before):
            continue
        found.append((quotation.start(), quotation.end()))
    return found


def stretches(folded: str, sorry: bool) -> list[tuple[int, int]]:
    """What one sentence reports: from the verb of saying to the end of the clause; all of it when it is being taken back."""
    if folded.startswith(">") or (sorry and _OWN_PAST.search(folded)):
        return [(0, len(folded))]
    found = [(match.end(), _clause_end(folded, match.end())) for match in _SUFFERED.finditer(folded)]
    for frame in _FRAME.finditer(folded):
        before = folded[max(0, frame.start() - 40) : frame.start()]
        if _OWN_SUBJECT.search(before):
            continue
        if _STAFF_SUBJECT.search(before) and not re.match(r"call|label|describ|refer", frame.group()):
            continue  # "you told me Monday, you …": what follows is said to us
        if before.strip():
            found.append((frame.start(), _clause_end(folded, frame.end())))
    return found


def _clause_end(folded: str, start: int) -> int:
    end = _CLAUSE_END.search(folded, start)
    return end.start() if end else len(folded)


def announces(folded: str) -> bool:
    """Whether the next paragraph is somebody else's words: "This is what he wrote to me:"."""
    return _ANNOUNCES.search(folded) is not None


def announces_before(text: str, start: int) -> bool:
    """Whether what stands before this place, across blank lines, ends with a colon, so that what was announced begins here."""
    while start > 0 and text[start - 1].isspace():
        start -= 1
    return text[start - 1 : start] == ":"


def denied(folded: str, start: int) -> bool:
    """Whether what begins here is denied: "you are not an idiot", "I am not saying that you are stupid"."""
    return _DENIED.search(folded[max(0, start - 90) : start]) is not None


def reported(folded: str) -> Iterator[tuple[int, int]]:
    """The reported stretches of a sentence on its own; for tests and for people trying a phrase."""
    yield from stretches(folded, False)


_TITLES_TOGETHER = 3
_LONGEST_TITLE = 70
_OWN_REMARK = re.compile(r"\s*[(\[–—-].*$")
_LETTERS = re.compile(r"[^\W\d_][\w*'’]*")


def titles(own: str) -> Iterator[tuple[int, int]]:
    """Where three and more lines together read like the titles of books, films or songs ("How to Kill Your Family"): what they say
    is not the writer's."""
    run: list[tuple[int, int]] = []
    start = 0
    for line in (*own.split("\n"), ""):
        if _is_title(line):
            run.append((start, start + len(line)))
        else:
            if len(run) >= _TITLES_TOGETHER:
                yield run[0][0], run[-1][1]
            run = []
        start += len(line) + 1


def _is_title(line: str) -> bool:
    """Whether most longer words of a line are capitalised, and it neither shouts nor ends like a sentence."""
    bare = _OWN_REMARK.sub("", line.strip())
    words: list[str] = _LETTERS.findall(bare)
    longer: list[str] = [word for word in words if len(word) > 3]
    if not longer or len(bare) > _LONGEST_TITLE or bare[-1] in ".!,;:" or not words[0][0].isupper() or bare.isupper():
        return False
    return sum(word[0].isupper() for word in longer) >= 0.75 * len(longer)
