"""The standards of the house, as tests."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import circletake
from circletake import errors
from circletake.cli.reference import commands_page, settings_page

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "circletake"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "versions" not in path.parts)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
VENDORS = ("veo", "sora", "runway", "openai", "gemini", "pinecone", "kling")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_fits_in_a_head(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_function_fits_on_a_screen(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]  # fmt: skip
    assert long == []


def test_the_production_stays_on_one_page():
    assert len((SOURCE / "graph.py").read_text(encoding="utf-8").splitlines()) <= 120


def test_no_room_is_a_drawer():
    drawers = {"utils", "helpers", "common", "core", "manager", "misc", "select"}
    assert [name_of(path) for path in MODULES if drawers & {path.stem, *path.parent.parts[-2:]}] == []


def test_the_error_tree_is_the_one_its_docstring_draws():
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if (found := re.match(r"([│├└─ ]*)([A-Z]\w+)", line)) and hasattr(errors, found[2]):
            drawn.append((len(found[1]) // 4, found[2]))
    parents: dict[str, str | None] = {}
    stack: list[str] = []
    for depth, name in drawn:
        stack = [*stack[:depth], name]
        parents[name] = stack[depth - 1] if depth else None
    real = {
        kind.__name__: None if kind is errors.CircletakeError else kind.__bases__[0].__name__
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.CircletakeError)
    }
    assert parents == real


def test_the_version_is_the_changelogs():
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert newest is not None
    assert newest[1] == declared == circletake.__version__


def test_every_setting_is_documented():
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page(), "run make docs"


def test_every_command_is_documented():
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == commands_page(), "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_in_the_docs_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|tests|docs|scripts|\.ci)/[\w./-]+)`", text)
    linked = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (page.parent / name).exists()]
    assert missing == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_vendor_is_named_outside_its_adapter(path: Path):
    words = set(re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower()))
    assert words & set(VENDORS) == set()


def test_the_requirements_are_hashed_and_name_no_address():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9][\w.\[\]-]*==\S+", text, re.MULTILINE)
        assert len(pinned) > 20
        assert text.count("--hash=sha256:") >= len(pinned)
        assert re.search(r"https?://|--index|--extra-index|--find-links", text) is None


def test_every_registered_adapter_is_in_a_contract_suite():
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    suites = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "contracts").glob("test_*.py"))
    missing = [
        name for group in points.values() for name, target in group.items() if target.split(":")[1] not in suites
    ]
    assert missing == []
