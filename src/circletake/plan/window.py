"""Read from a brief on which days the film is released: the first and the last."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from circletake.domain.brief import Brief
from circletake.domain.plan import Reading
from circletake.domain.rights import Window
from circletake.errors import BriefError
from circletake.plan.lexicon import LANGUAGES, tongue
from circletake.plan.numerals import number_in, number_pattern
from circletake.plan.text import BriefText, Span

_MONTHS = {name: number for language in LANGUAGES for number, name in enumerate(tongue(language).months, start=1)}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = (
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|er)?\.?\s+(?:of\s+|de\s+)?)?"
    rf"(?P<month>{_MONTH})(?:\s+(?P<day2>\d{{1,2}})(?=\s*,))?(?:,?\s+(?:de\s+|del\s+)?(?P<year>20\d\d))?"
)
_ISO = r"(?P<iso>20\d\d-\d\d-\d\d)"
_FROM = (
    r"(?:from|starting|as of|released? (?:in|on)|out (?:in|on)|launch(?:es|ing)? (?:in|on)|live (?:in|on)"
    r"|goes out (?:in|on)|ab|ab dem|vom|von|start(?:et)? im|erscheint im|a partir (?:de|du|d')|des|des le"
    r"|sortie (?:en|le)|desde|desde el|a partir del|estreno en)"
)
_UNTIL = (
    r"(?:until|till|through|up to|until the end of|bis|bis zum|bis ende|jusqu'(?:a|en|au|a la fin de)"
    r"|hasta|hasta el|hasta finales de)"
)
_EARLY = r"(?:(?:the|early|mid|anfang|mitte|debut|principios de)\s+)?"
_STARTS = re.compile(rf"(?<!\w){_FROM}\s+{_EARLY}(?:{_ISO}|{_DAY})(?!\w)")
_ENDS = re.compile(rf"(?<!\w){_UNTIL}\s+(?:(?:the|end of|ende|fin|finales de)\s+)*(?:{_ISO}|{_DAY})(?!\w)")
_UNIT = (
    r"(?P<unit>days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|ans?|annees?"
    r"|dias?|semanas?|mes(?:es)?|anos?)"
)
_LASTS = (
    re.compile(
        rf"(?<!\w)(?:for|over|fur|uber|pendant|durant|durante|por)\s+(?P<n>{number_pattern()}|an?|einen?|eine)\s+{_UNIT}(?!\w)"
    ),
    re.compile(rf"(?P<n>{number_pattern()})\s+{_UNIT}\s+lang(?!\w)"),
)


@dataclass(frozen=True, slots=True)
class WindowRead:
    """The release window, and where it came from."""

    window: Window
    reading: Reading
    spans: tuple[Span, ...]


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(match: re.Match[str], *, today: date, end: bool) -> date:
    said = match.group(0)
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        month = _MONTHS[match["month"]]
        day = match["day"] or match["day2"]
        year = int(match["year"]) if match["year"] else today.year + (month < today.month)
        return date(year, month, int(day) if day else monthrange(year, month)[1] if end else 1)
    except ValueError as error:
        raise BriefError(f'"{said}" is no day of the calendar: give the release as YYYY-MM-DD') from error


def _span_of_time(match: re.Match[str], first: date) -> date:
    number = 1 if match["n"] in {"a", "an", "ein", "eine", "einen"} else int(number_in(match["n"]))
    unit = match["unit"]
    if unit.startswith(("day", "tag", "jour", "dia")):
        return first + timedelta(days=number - 1)
    if unit.startswith(("week", "woche", "sem")):
        return first + timedelta(days=7 * number - 1)
    months = number * (12 if unit.startswith(("year", "jahr", "an")) else 1)
    return _add_months(first, months) - timedelta(days=1)


def read_window(brief: Brief, text: BriefText, *, today: date) -> WindowRead:
    """Return the release window: from the day named or today, to the day named or one year on.

    Raises:
        BriefError: a day that is not in the calendar, or a window that ends before it begins.
    """
    starts, ends = _STARTS.search(text.folded), _ENDS.search(text.folded)
    lasts = next((found for pattern in _LASTS if (found := pattern.search(text.folded))), None)
    first = brief.release or (_day(starts, today=today, end=False) if starts else today)
    last = brief.until
    if last is None and ends:
        last = _day(ends, today=first, end=True)
    if last is None and lasts:
        last = _span_of_time(lasts, first)
    last = last or _add_months(first, 12)
    if last < first:
        raise BriefError(
            f"the release window ends on {last}, before it begins on {first}: correct --release or --until"
        )
    said = tuple(Span(*match.span()) for match in (starts, ends, lasts) if match)
    origin = "flag" if brief.release or brief.until else "brief" if said else "assumed"
    assumed = ["released today"] if not (brief.release or starts) else []
    assumed += ["for one year"] if not (brief.until or ends or lasts) else []
    notes = [f'"{text.cut(span)}"' for span in said] + ([f"assumed: {', '.join(assumed)}"] if assumed else [])
    reading = Reading(field="window", value=f"{first} to {last}", origin=origin, note="; ".join(notes))
    return WindowRead(Window(first=first, last=last), reading, said)
