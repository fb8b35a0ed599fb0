"""Pictures for the notebooks, all in one plain style: every axis has its unit, colours can be told apart by the colour-blind, and
where there is a share there is its interval. The only file that knows matplotlib (extra "notebooks").

Every function draws on the axes it is given, or on new ones, and gives the axes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from triage.analysis.rates import FEWEST

INK, QUIET = "#222222", "#8c8c84"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
"""Okabe and Ito 2008: apart for every kind of colour-blindness."""


def style() -> None:
    """Sets what all pictures share; call it once."""
    plt.rcParams.update(
        {
            "figure.dpi": 110, "figure.figsize": (9, 4), "figure.constrained_layout.use": True, "font.size": 10,
            "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 11,
            "axes.titleweight": "bold", "axes.labelcolor": INK, "axes.edgecolor": QUIET, "xtick.color": INK, "ytick.color": INK,
            "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#e4e4de", "axes.axisbelow": True,
            "axes.prop_cycle": plt.cycler(color=COLOURS), "legend.frameon": False,
        }
    )  # fmt: skip


def new(*, wide: float = 9, high: float = 4) -> Any:
    """Empty axes of so many inches."""
    return plt.subplots(figsize=(wide, high))[1]


def beside(number: int, *, wide: float = 11, high: float = 4) -> list[Any]:
    """So many axes side by side."""
    return list(plt.subplots(1, number, figsize=(wide, high))[1])


def listed(frame: pd.DataFrame, *, precision: int = 1) -> Any:
    """A table as it is read on the page, without the numbers of its rows; numbers with so many digits. What stands in a cell or above
    a column is text and never markup: subjects and names are written by strangers."""
    return frame.style.hide(axis="index").format(precision=precision, escape="html").format_index(axis=1, escape="html")


def bars(
    values: pd.Series[Any],
    title: str,
    unit: str,
    *,
    below: str = "",
    ax: Any = None,
    colour: str = COLOURS[0],
    numbers: bool = True,
) -> Any:
    """A bar for each value, named by the index, with its number above; `below` says what the names are."""
    ax = ax or new()
    names = [str(one) for one in values.index]
    drawn = ax.bar(names, values.to_numpy(), color=colour, width=0.75)
    if numbers and len(values) <= 24:
        ax.bar_label(drawn, fmt="{:g}", padding=2, fontsize=8, color=INK)
        ax.margins(y=0.08)
    ax.set_xlabel(below)
    return _counted(_named(ax, title, unit), list(values))


def stacked(
    frame: pd.DataFrame, title: str, unit: str, *, below: str = "", ax: Any = None, colours: Mapping[str, str] | None = None
) -> Any:
    """A bar for each row, put together from the columns; `below` says what the rows are."""
    ax = ax or new()
    names, bottom = [str(one) for one in frame.index], [0.0] * len(frame)
    for place, column in enumerate(frame.columns):
        colour = (colours or {}).get(str(column), COLOURS[place % len(COLOURS)])
        ax.bar(names, frame[column].to_numpy(), bottom=bottom, color=colour, label=str(column), width=0.75)
        bottom = [low + float(value) for low, value in zip(bottom, frame[column], strict=True)]
    if len(frame.columns):
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)
    ax.set_ylim(0, 1.08 * max(bottom, default=0.0) or 1.0)
    ax.set_xlabel(below)
    return _counted(_named(ax, title, unit), bottom)


def shares(table: pd.DataFrame, name: str, title: str, *, ax: Any = None, unit: str = "share, %, with 95 % interval") -> Any:
    """A point with its interval for each row of `rates`, named by the column `name`; groups that are too small are only named."""
    ax = ax or new(high=0.5 * len(table) + 1.4)
    places = range(len(table), 0, -1)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        if row["shown"]:
            ax.plot([100 * row["low"], 100 * row["high"]], [place, place], color=COLOURS[0], linewidth=3, alpha=0.45)
            ax.plot(100 * row["rate"], place, "o", color=COLOURS[0])
            ax.annotate(
                f"{100 * row['rate']:.1f} %",
                (100 * row["rate"], place),
                (0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        else:
            why = "too few to show" if row["of"] < FEWEST else "left out, or the small group could be worked out"
            ax.annotate(why, (0, place), (4, -3), textcoords="offset points", color=QUIET, fontsize=9)
    sizes = [f"n = {row['of']}" if row["of"] >= FEWEST else f"n under {FEWEST}" for row in table.to_dict("records")]
    ax.set_yticks(list(places), [f"{group}  ({size})" for group, size in zip(table[name], sizes, strict=True)])
    ax.set_ylim(0.4, len(table) + 0.8)
    widest = max((100 * row["high"] for row in table.to_dict("records") if row["shown"]), default=100.0)
    ax.set_xlim(-0.05 * widest, 1.08 * widest)
    ax.grid(axis="x", color="#e4e4de")
    ax.grid(axis="y", visible=False)
    ax.set_title(title)
    ax.set_xlabel(unit)
    if table.empty:
        _nothing(ax)
    return ax


def line(
    values: pd.Series[Any], title: str, unit: str, *, below: str = "", ax: Any = None, colour: str = COLOURS[0], name: str = ""
) -> Any:
    """A line through the values, with a dot at each."""
    ax = ax or new()
    ax.plot(list(values.index), values.to_numpy(), "o-", color=colour, markersize=4, label=name or None)
    highest = pd.Series([height for drawn in ax.get_lines() for height in drawn.get_ydata()], dtype=float).max()
    ax.set_ylim(0, 1.08 * highest if highest > 0 else 1.0)  # of nothing, or of what is not known, there is no highest
    ax.set_xlabel(below)
    return _counted(_named(ax, title, unit), list(values.dropna()))


def grid(frame: pd.DataFrame, title: str, below: str, beside_it: str, unit: str, *, ax: Any = None) -> Any:
    """Numbers as shades: a row for each row, a column for each column."""
    ax = ax or new(high=0.35 * len(frame) + 1.6)
    shown = ax.imshow(frame.to_numpy(), aspect="auto", cmap="Blues")
    ax.set_yticks(range(len(frame)), [str(one) for one in frame.index])
    ax.set_xticks(range(len(frame.columns)), [str(one) for one in frame.columns])
    ax.grid(visible=False)
    ax.set_title(title)
    ax.set_xlabel(below)
    ax.set_ylabel(beside_it)
    ax.figure.colorbar(shown, ax=ax, label=unit, shrink=0.9)
    return ax


def between(pairs: pd.DataFrame, left: str, right: str, title: str, *, marked: str, ax: Any = None) -> Any:
    """Who was asked by whom: a line for each row of `pairs` from its value in `left` to that in `right`; as thick as `mails`, and
    in another colour where `marked` is true."""
    lefts, rights = list(dict.fromkeys(pairs[left])), sorted(set(pairs[right]))
    ax = ax or new(wide=9, high=0.36 * max(len(lefts), len(rights)) + 1.4)
    low = dict(zip(lefts, _spread(len(lefts)), strict=True))
    high = dict(zip(rights, _spread(len(rights)), strict=True))
    for row in pairs.to_dict("records"):
        colour = COLOURS[1] if row[marked] else QUIET
        ax.plot(
            [0, 1],
            [low[row[left]], high[row[right]]],
            color=colour,
            linewidth=1 + row["mails"],
            alpha=0.75,
            solid_capstyle="round",
        )
    for side, places, align, shift in ((0, low, "right", -0.02), (1, high, "left", 0.02)):
        for name, place in places.items():
            ax.plot(side, place, "o", color=INK, markersize=6)
            ax.text(side + shift, place, name, ha=align, va="center", fontsize=9)
    ax.set_xlim(-0.45, 1.45)
    ax.set_ylim(-0.06, 1.06)
    ax.axis("off")
    ax.set_title(title)
    return ax


def against(gaps: pd.DataFrame, title: str, unit: str, *, ax: Any = None) -> Any:
    """For each row (name, of, difference, low, high, alarm; shares, 0 to 1) how far it lies from nought, with its interval; in another
    colour where the interval leaves nought out."""
    ax = ax or new(high=0.42 * len(gaps) + 1.4)
    for place, row in enumerate(gaps.to_dict("records")):
        colour = COLOURS[1] if row["alarm"] else COLOURS[0]
        ax.plot([100 * row["low"], 100 * row["high"]], [-place, -place], color=colour, linewidth=3, alpha=0.5)
        ax.plot(100 * row["difference"], -place, "o", color=colour)
    ax.axvline(0, color=QUIET, linewidth=1)
    ax.set_yticks(
        [-place for place in range(len(gaps))], [f"{row['name']}  (n = {row['of']})" for row in gaps.to_dict("records")]
    )
    ax.grid(axis="x", color="#e4e4de")
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(unit)
    ax.set_title(title)
    if gaps.empty:
        _nothing(ax)
    return ax


def chronology(
    rows: pd.DataFrame,
    title: str,
    *,
    holds: Sequence[tuple[Any, Any]] = (),
    besides: Sequence[tuple[Any, str]] = (),
    ax: Any = None,
) -> Any:
    """One contact's mails as dots in time: theirs above, ours below, coloured by `what`; `holds` as shaded stretches of time, and what
    happened `besides` (time, channel) as crosses between."""
    ax = ax or new(wide=11, high=3.6)
    for start, end in holds:
        ax.axvspan(start, end, color="#f0e4d4", label="restriction in force")
    for place, (what, group) in enumerate(rows.groupby("what", sort=False)):
        height = [1 if by == "contact" else -1 for by in group["by"]]
        ax.plot(
            list(group["sent_at"]), height, "o", color=COLOURS[place % len(COLOURS)], label=str(what), markersize=9, alpha=0.85
        )
    if besides:
        ax.plot([at for at, _ in besides], [0] * len(besides), "X", color=INK, markersize=9, label="not by e-mail")
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.set_yticks([1, -1], ["the contact", "we"])
    ax.set_ylim(-1.8, 1.8)
    ax.grid(axis="y", visible=False)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)
    ax.set_title(title)
    ax.set_xlabel("date (UTC)")
    ax.figure.autofmt_xdate(rotation=30)
    return ax


def _spread(number: int) -> list[float]:
    return [1 - (place + 0.5) / number for place in range(number)]


def _counted(ax: Any, heights: Sequence[float]) -> Any:
    """Whole numbers beside what is counted in whole numbers; and where there is nothing, a word that says so in place of an empty scale."""
    if not len(heights):
        _nothing(ax)
    elif all(float(height).is_integer() for height in heights):
        ax.yaxis.set_major_locator(plt.MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    return ax


def _nothing(ax: Any) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.annotate("nothing to show yet", (0.5, 0.5), xycoords="axes fraction", ha="center", color=QUIET)


def _named(ax: Any, title: str, unit: str) -> Any:
    ax.set_title(title)
    ax.set_ylabel(unit)
    if any(len(label.get_text()) > 6 for label in ax.get_xticklabels()) and len(ax.get_xticklabels()) > 6:
        ax.tick_params(axis="x", rotation=35)
    return ax
