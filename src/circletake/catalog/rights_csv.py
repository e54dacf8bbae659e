"""Read the rights CSV: one row a file, in the vocabulary of IPTC, PLUS and ODRL (docs/glossary.md).

An empty cell in `licence`, `territories`, `uses`, `valid_from`, `expires`, `media` or `people_release` is unknown, and
what is unknown is not allowed. An empty `revoked` means that nobody withdrew the licence. Anything else that cannot be
read refuses the whole file: rights are applied completely or not at all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar, get_args

from circletake.domain.rights import MEDIA, USES, Licence, PeopleRelease
from circletake.domain.schema import Stored
from circletake.domain.territories import TERRITORIES
from circletake.errors import UsageError

COLUMNS: tuple[str, ...] = (
    "file",
    "title",
    "caption",
    "tags",
    "owner",
    "licence",
    "licence_url",
    "source",
    "territories",
    "uses",
    "valid_from",
    "expires",
    "media",
    "people_release",
    "revoked",
    "credit",
)
_REVOKED: Mapping[str, bool] = {"yes": True, "no": False, "": False}
_RELEASES: tuple[PeopleRelease, ...] = get_args(PeopleRelease)

_Word = TypeVar("_Word", bound=str)


class RightsRow(Stored):
    """What the CSV says of one file: how it is described and what its licence allows."""

    SCHEMA = "rights_row"

    line: int = 0
    """Where it stands in the CSV."""
    file: str
    title: str
    caption: str
    tags: tuple[str, ...]
    licence: Licence


@dataclass(frozen=True)
class _Line:
    """One row, and where it stands, so that every complaint names line and column."""

    where: str
    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        return self.cells[column].strip()

    def error(self, column: str, problem: str) -> UsageError:
        return UsageError(f"{self.where}, line {self.number}, column {column}: {problem}; nothing was applied")

    def items(self, column: str) -> tuple[str, ...]:
        text = self.text(column)
        return tuple(item.strip() for item in text.split("|")) if text else ()

    def words(self, column: str, known: tuple[_Word, ...]) -> tuple[_Word, ...]:
        return tuple(self._word(column, item, known) for item in dict.fromkeys(self.items(column)))

    def _word(self, column: str, item: str, known: tuple[_Word, ...]) -> _Word:
        for word in known:
            if word == item:
                return word
        raise self.error(column, f"unknown {column} {item!r}: use {', '.join(known)}, separated by |")

    def territories(self) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(self.items("territories")))
        for code in codes:
            if code not in TERRITORIES:
                raise self.error(
                    "territories", f"unknown territory {code!r}: use ISO 3166-1 alpha-2 codes or WORLD, separated by |"
                )
        return codes

    def day(self, column: Literal["valid_from", "expires"]) -> date | None:
        text = self.text(column)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise self.error(column, f"{text!r} is not a date: write YYYY-MM-DD, for ever is 9999-12-31") from error
        if day.isoformat() != text:
            raise self.error(column, f"{text!r} is not written as YYYY-MM-DD")
        return day

    def people_release(self) -> PeopleRelease:
        text = self.text("people_release")
        return self._word("people_release", text, _RELEASES) if text else "unknown"

    def revoked(self) -> bool:
        text = self.text("revoked")
        if text not in _REVOKED:
            raise self.error("revoked", f"{text!r} is not an answer: write yes or no")
        return _REVOKED[text]

    def row(self) -> RightsRow:
        if not self.text("file"):
            raise self.error("file", "the name of the file is missing")
        valid_from, expires = self.day("valid_from"), self.day("expires")
        if valid_from and expires and expires < valid_from:
            raise self.error("expires", f"{expires} is before valid_from ({valid_from})")
        return RightsRow(
            line=self.number,
            file=self.text("file"),
            title=self.text("title"),
            caption=self.text("caption"),
            tags=tuple(tag for tag in self.items("tags") if tag),
            licence=Licence(
                owner=self.text("owner"),
                licence=self.text("licence"),
                licence_url=self.text("licence_url"),
                source=self.text("source"),
                territories=self.territories(),
                uses=self.words("uses", USES),
                valid_from=valid_from,
                expires=expires,
                media=self.words("media", MEDIA),
                people_release=self.people_release(),
                revoked=self.revoked(),
                credit=self.text("credit"),
            ),
        )


def read_rights(path: Path) -> dict[str, RightsRow]:
    """Return what a rights CSV (UTF-8) says of each file, in the order of the file.

    Raises:
        UsageError: the file cannot be read, a column is missing, strange or named twice, or a cell cannot be
            understood; the message names line and column.
    """
    rows: dict[str, RightsRow] = {}
    lines: dict[str, int] = {}
    for line in _lines(path):
        row = line.row()
        if row.file in rows:
            raise line.error("file", f"{row.file!r} has a row already, in line {lines[row.file]}")
        rows[row.file], lines[row.file] = row, line.number
    return rows


def _lines(path: Path) -> Iterator[_Line]:
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(path.name, header)
            number = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield _line(path.name, number, header, cells)
                number = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name}, after line {number}: not UTF-8 text; nothing was applied") from error
    except csv.Error as error:
        raise UsageError(f"{path.name}, line {number}: {error}; nothing was applied") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _check_header(where: str, header: list[str]) -> None:
    missing = next((name for name in COLUMNS if name not in header), None)
    if missing:
        raise UsageError(f"{where}, line 1: column {missing} is missing; nothing was applied")
    strange = next((name for name in header if name not in COLUMNS), None)
    if strange is not None:
        raise UsageError(
            f"{where}, line 1: unknown column {strange!r}: a rule that is not understood cannot be kept; "
            "nothing was applied"
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice:
        raise UsageError(f"{where}, line 1: column {twice} is named twice; nothing was applied")


def _line(where: str, number: int, header: list[str], cells: list[str]) -> _Line:
    if len(cells) != len(header):
        column = header[len(cells)] if len(cells) < len(header) else header[-1]
        raise UsageError(
            f"{where}, line {number}, column {column}: {len(cells)} cells where the header has {len(header)}; "
            "nothing was applied"
        )
    return _Line(where, number, dict(zip(header, cells, strict=True)))
