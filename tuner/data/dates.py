"""Dates and times as people write them, and what one column of them means."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A column may hold a few words such as "unknown" among its dates.
MIN_SHARE_OF_DATES = 0.95

_TIME = (
    r"(?:[T ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})" + _TIME)
# A year of two digits needs marks that codes and versions seldom have.
_YEAR_LAST = re.compile(
    r"(?:(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"|(?P<one_short>\d{1,2})/(?P<two_short>\d{1,2})/(?P<year_short>\d{2})"
    r"|(?P<one_dotted>\d{2})\.(?P<two_dotted>\d{2})\.(?P<year_dotted>\d{2}))" + _TIME
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NAMED = re.compile(
    rf"(?:(?:\w{{3,9}},?\s+)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-\s]{_MONTH}[-\s,]\s*(?P<year>\d{{4}}|\d{{2}})"
    rf"|{_MONTH.replace('name', 'first')}\s+(?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year_second>\d{{4}})))"
    + _TIME,
    re.IGNORECASE,
)
# Months and quarters, of years in which people wrote down series: elsewhere such digits are codes.
_PERIOD = re.compile(
    r"(?P<year>1[89]\d\d|20\d\d)"
    r"(?:[-/](?P<month>0[1-9]|1[0-2])|[- ]?[Qq](?P<quarter>[1-4])|[- ]?[Mm](?P<numbered>0[1-9]|1[0-2]))"
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# Two digits up to here are years of this century.
_LAST_SHORT_YEAR = 68


@dataclass(frozen=True)
class DateColumn:
    """How the dates of one column are read.

    Args:
        day_first: Whether ``03/04/2024`` is the third of April.
        has_time: Whether some tell the time of day.
        reason: What was found, as a phrase for people.
    """

    day_first: bool
    has_time: bool
    reason: str


def date_column(texts: Sequence[str]) -> DateColumn | None:
    """Tell how the dates of a column are written, or None if it holds other text.

    All cells decide together: one ``25/12/2024`` among them makes the day come first everywhere. Where the cells leave
    it open, dots mean day first (as in ``03.04.2024``) and slashes and hyphens month first.

    Args:
        texts: Its distinct cells.
    """
    # Text that is no date shows it at once.
    if all(parse_date(text, order) is None for text in texts[:20] for order in (True, False)):
        return None
    orders = (True, False) if any(map(_YEAR_LAST.fullmatch, texts)) else (False,)
    share = {order: sum(not math.isnan(value) for value in seconds(texts, order)) / len(texts) for order in orders}
    best = [order for order in orders if share[order] == max(share.values())]
    day_first = best[0] if len(best) == 1 else _prefers_day(texts)
    if share[day_first] < MIN_SHARE_OF_DATES:
        return None
    has_time = any(":" in text for text in texts)
    notes = ["dates with times" if has_time else "dates"]
    if len(orders) == 2:
        order = "day" if day_first else "month"
        notes.append(
            f"the {order} comes first, as only then they are dates"
            if len(best) == 1
            else f"whether day or month comes first is open, taken as {order} first"
        )
    others = [text for text in texts if parse_date(text, day_first) is None]
    if others:
        notes.append(f"{len(others)} other texts such as {others[0][:40]!r} are taken as missing")
    return DateColumn(day_first, has_time, "; ".join(notes))


def seconds(texts: Iterable[str | None], day_first: bool) -> list[float]:
    """Seconds since 1970 in UTC, NaN for what is no date. Times without a zone are taken as UTC."""
    parsed = (None if text is None else parse_date(text, day_first) for text in texts)
    return [math.nan if moment is None else (moment - _EPOCH).total_seconds() for moment in parsed]


def parse_date(text: str, day_first: bool) -> datetime.datetime | None:
    """The instant that ``text`` names, or None."""
    try:
        # Most dates by far are written so, and this way takes a tenth of the time.
        if len(text) in (10, 19) and text[4] == text[7] == "-":
            return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        if (found := _YEAR_FIRST.fullmatch(text)) is not None:
            return _moment(found, int(found["year"]), int(found["month"]), int(found["day"]))
        if (found := _PERIOD.fullmatch(text)) is not None:
            month = int(found["month"] or found["numbered"] or 3 * int(found["quarter"] or 0) - 2)
            return datetime.datetime(int(found["year"]), month, 1, tzinfo=datetime.UTC)
        if (found := _YEAR_LAST.fullmatch(text)) is not None:
            one = int(found["one"] or found["one_short"] or found["one_dotted"])
            two = int(found["two"] or found["two_short"] or found["two_dotted"])
            year = _full_year(found["year"] or found["year_short"] or found["year_dotted"])
            return _moment(found, year, *((two, one) if day_first else (one, two)))
        if (found := _NAMED.fullmatch(text)) is not None:
            month = _MONTHS.index((found["name"] or found["first"])[:3].lower()) + 1
            return _moment(
                found,
                _full_year(found["year"] or found["year_second"]),
                month,
                int(found["day"] or found["day_second"]),
            )
    except (ValueError, OverflowError):
        return None
    return None


def _prefers_day(texts: Sequence[str]) -> bool:
    return any(found["mark"] == "." or found["one_dotted"] for found in map(_YEAR_LAST.fullmatch, texts) if found)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year <= _LAST_SHORT_YEAR else 1900)


def _moment(found: re.Match[str], year: int, month: int, day: int) -> datetime.datetime:
    if found["hour"] is None:
        return datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    hour = int(found["hour"])
    if found["half"] is not None:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of twelve")
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    moment = datetime.datetime(
        year, month, day, hour, int(found["minute"]), int(found["second"] or 0), int(fraction), tzinfo=datetime.UTC
    )
    zone = found["zone"]
    if zone is None or zone[0] not in "+-":
        return moment
    offset = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment - offset if zone[0] == "+" else moment + offset
