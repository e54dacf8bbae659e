"""One table of figures: printed as it is measured, and kept in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """Figures of one kind."""

    title: str
    told: str
    """What was measured, and how to read it."""
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def text(self) -> str:
        """Return it for a terminal."""
        lines = [self.head, *self.rows]
        wide = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        shown = [
            "  ".join(cell.ljust(wide[at]) if at == 0 else cell.rjust(wide[at]) for at, cell in enumerate(line))
            for line in lines
        ]
        return "\n".join([self.title, *(f"  {line}" for line in shown), ""])

    def markdown(self) -> str:
        """Return it for a page."""
        lines = [self.head, ("---", *("---:" for _ in self.head[1:])), *self.rows]
        return "\n".join([f"## {self.title}", "", self.told, "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` on a page."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
