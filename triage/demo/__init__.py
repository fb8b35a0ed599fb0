"""`triage demo`: a sample mailbox of invented people on a mail server of its own, one pass, what was found, where to look.

    mails.toml     the mails, and what must be concluded from them
    sample.py      mails.toml → mails with dates counted back from now
    embedded.py    the mail server: pymap, on a free port of this machine
    play.py        loads the mails, runs the same pass as `triage once`, twice
    scene.py       what came of it, as values
    screen.py      prints it; judged.py prints the part about people
    picture.py     the same as an SVG
    truth.py       compares it with what is known of the sample

The last of these is why the demo cannot claim what is not so: it fails when the pass concludes anything else.
"""

from triage.demo.play import show

__all__ = ["show"]
