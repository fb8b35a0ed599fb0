"""What a mail program must be told once to show the labels: names and colours for Thunderbird, flags for NeoMutt.

Both show an IMAP keyword only when it has been given a name; folders and notes need no set-up anywhere.
"""

from __future__ import annotations

import re
from pathlib import Path

from triage import label, whole_file
from triage.errors import Permanent

SHOWN: dict[str, tuple[str, str, str]] = {
    label.URGENT: ("Triage: read now", "#C62828", "!"),
    label.PROTECTED: ("Triage: protected", "#00695C", "+"),
    label.OVERDUE: ("Triage: we owe an answer", "#EF6C00", "o"),
    label.CONDUCT: ("Triage: conduct", "#6A1B9A", "c"),
    label.REPEAT: ("Triage: repeated matter", "#1565C0", "r"),
    label.VOLUME: ("Triage: many mails", "#455A64", "v"),
    label.STAFF: ("Triage: further colleague asked", "#4E342E", "s"),
    label.HOLD: ("Triage: held", "#757575", "h"),
    label.AGREE: ("Triage: I agree", "#2E7D32", "y"),
    label.DISMISS: ("Triage: I do not agree", "#9E9D24", "n"),
}
"""Label → its name for people, its colour, and one letter; in the order in which a list of mails should show them."""

_BEGIN, _END = "// triage's labels", "// end of triage's labels"


def thunderbird() -> str:
    """Lines for user.js in a Thunderbird profile. The ordinals put our tags behind the person's own."""
    lines = [_BEGIN]
    for place, (keyword, (name, colour, _)) in enumerate(SHOWN.items()):
        lines.append(f'user_pref("mailnews.tags.{keyword}.tag", "{name}");')
        lines.append(f'user_pref("mailnews.tags.{keyword}.color", "{colour}");')
        lines.append(f'user_pref("mailnews.tags.{keyword}.ordinal", "z{place:02}");')
    return "\n".join([*lines, _END]) + "\n"


def neomutt() -> str:
    """Lines for neomuttrc: a letter for each label, shown by %GX or in %g."""
    transforms = " ".join(f'"{keyword}" "{letter}"' for keyword, (_, _, letter) in SHOWN.items())
    colours = [f'color index red default "~Y {label.URGENT}"', f'color index cyan default "~Y {label.PROTECTED}"']
    return "\n".join([f"tag-transforms {transforms}", 'set index_format="%4C %Z %{%d %b} %-20.20L %-8.8g %s"', *colours]) + "\n"


def install(profile: Path) -> Path:
    """Puts Thunderbird's lines into user.js of a profile, in place of those put there before; its other lines stay.

    Raises Permanent when the folder is no profile or cannot be written.
    """
    if not (profile / "prefs.js").is_file():
        raise Permanent(
            f"{profile} is no Thunderbird profile: it holds no prefs.js. Help, Troubleshooting Information names the folder."
        )
    file = profile / "user.js"
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        rest = re.sub(rf"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", "", before, flags=re.DOTALL)
        whole_file.write(file, rest + ("" if not rest or rest.endswith("\n") else "\n") + thunderbird())
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{file} cannot be written: {error}") from error
    return file
