"""Pieces of HTML. Everything that comes from a table or a user is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_LONGEST_TEXT = 120


def text(value: object) -> str:
    """A value as text that cannot be taken for markup; long ones are cut."""
    words = str(value)
    return escape(words if len(words) <= _LONGEST_TEXT else words[: _LONGEST_TEXT - 3] + "...")


def number(value: float | None, digits: int = 4) -> str:
    """A number with a few significant digits; a dash where there is none."""
    if value is None:
        return "&ndash;"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{digits}g}".replace("-", "&minus;", 1) if abs(value) < 1e6 else f"{value:.{digits}g}"


def percent(share: float | None) -> str:
    """A share of one in percent; a dash where there is none."""
    return "&ndash;" if share is None else f"{100 * share:.1f}&nbsp;%"


def section(title: str, *parts: str) -> str:
    """A titled part of the page; nothing if all its parts are empty."""
    body = "\n".join(part for part in parts if part)
    return f"<section><h2>{title}</h2>\n{body}\n</section>" if body else ""


def figure(caption: str, body: str, note: str = "") -> str:
    """A picture or table with what it shows."""
    remark = f'<p class="note">{note}</p>' if note else ""
    return f"<figure><figcaption>{caption}</figcaption>{body}{remark}</figure>" if body else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """A table. Where it is too wide it scrolls, by keyboard as well; its words stay whole.

    Args:
        heads: Titles of the columns.
        rows: Cells, escaped already.
        numeric: Columns that hold numbers.
    """
    kinds = ['class="number"' if index in numeric else "" for index in range(len(heads))]
    head = "".join(f"<th {kind}>{title}</th>" for title, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td {kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def tile(label: str, value: str, note: str = "") -> str:
    """A number that matters, with its name."""
    return f'<div class="tile"><span>{label}</span><strong>{value}</strong><small>{note}</small></div>'


def bars(rows: Sequence[tuple[str, float, float, str]]) -> str:
    """Horizontal bars from zero, with whiskers.

    Args:
        rows: Name, length, half the whisker's length (0 for none), and the figure to write, for each bar.
    """
    most = max((length + whisker for _, length, whisker, _ in rows), default=0.0)
    if not most > 0:
        most = 1.0
    lines = []
    for name, length, whisker, shown in rows:
        width = max(0.0, 100 * length / most)
        low, high = max(0.0, 100 * (length - whisker) / most), max(0.0, 100 * (length + whisker) / most)
        mark = f'<i style="left:{low:.2f}%;width:{high - low:.2f}%"></i>' if whisker else ""
        lines.append(
            f'<li><span class="name" title="{text(name)}">{text(name)}</span>'
            f'<span class="track"><b style="width:{width:.2f}%"></b>{mark}</span>'
            f'<span class="value">{shown}</span></li>'
        )
    return f'<ul class="bars">{"".join(lines)}</ul>' if lines else ""
