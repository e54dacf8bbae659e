"""Make a film of every brief of a CSV, one after the other, and set all contact sheets into one HTML page.

    python -m tests.bench.briefs BRIEFS.csv PAGE.html [--only d01,d02] [-- further options of `circletake make`]

Works in the home that CIRCLETAKE_HOME names, with the footage that its catalogue holds. The CSV needs the columns `id`
and `brief`. Every brief ends in a film or in one clear line; what it ended in, and in which exit code, is on the page.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

_PAGE = """<!doctype html><meta charset="utf-8"><title>Briefs</title>
<style>
body {{ background: #111112; color: #e4dfd4; font: 16px/1.5 system-ui, sans-serif }}
body {{ margin: 3rem auto; max-width: 1500px }}
h2 {{ margin: 4rem 0 .5rem }} img {{ width: 100% }} p {{ color: #96918a; margin: .2rem 0 1rem }}
.line {{ color: #be845c }} video {{ max-width: 100%; max-height: 540px; display: block; margin: 1rem 0 }}
</style>
<h1>{count} briefs, {films} films</h1>
{parts}
"""


@dataclass(frozen=True)
class Ending:
    """How one brief ended."""

    name: str
    brief: str
    code: int
    seconds: float
    line: str
    film: str
    contact_sheet: str

    def html(self, folder: Path) -> str:
        """Return its part of the page."""
        head = f"<h2>{escape(self.name)}</h2><p>{escape(self.brief)}</p>"
        if not self.film:
            return f'{head}<p class="line">exit {self.code} after {self.seconds:.0f} s: {escape(self.line)}</p>'
        film, sheet = (escape(_relative(Path(path), folder)) for path in (self.film, self.contact_sheet))
        made = f"<p>made in {self.seconds:.0f} s</p>"
        return f'{head}{made}<video controls preload="none" src="{film}"></video><img src="{sheet}" loading="lazy">'


def _relative(path: Path, folder: Path) -> str:
    resolved = path.resolve()
    return str(resolved.relative_to(folder)) if resolved.is_relative_to(folder) else resolved.as_uri()


def made(name: str, brief: str, options: list[str]) -> Ending:
    """Run `circletake make` for one brief."""
    began = time.monotonic()
    command = [sys.executable, "-m", "circletake", "make", brief, "--pick", "provisional", "--json", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    said = json.loads(run.stdout) if run.stdout.strip() else {}
    last = (run.stderr.strip().splitlines() or [""])[-1]
    return Ending(
        name=name,
        brief=brief,
        code=run.returncode,
        seconds=time.monotonic() - began,
        line=str(said.get("error") or last),
        film=str(said.get("film") or ""),
        contact_sheet=str(said.get("contact_sheet") or ""),
    )


def main() -> None:
    """Make the films and write the page after each of them."""
    parser = argparse.ArgumentParser(description="Make a film of every brief.")
    parser.add_argument("briefs", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--only", default="", help="ids, separated by commas")
    asked, options = parser.parse_known_args()
    only = set(filter(None, asked.only.split(",")))
    with asked.briefs.open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if not only or row["id"] in only]
    endings: list[Ending] = []
    for row in rows:
        ending = made(row["id"], row["brief"], [option for option in options if option != "--"])
        endings.append(ending)
        print(f"{ending.name}  exit {ending.code}  {ending.seconds:5.1f} s  {ending.film or ending.line}", flush=True)
        folder = asked.page.resolve().parent
        films = sum(bool(one.film) for one in endings)
        parts = "\n".join(one.html(folder) for one in endings)
        asked.page.write_text(_PAGE.format(count=len(endings), films=films, parts=parts), encoding="utf-8")


if __name__ == "__main__":
    main()
