"""Settings: one table, read in the order defaults < circletake.toml < environment < flag. Unknown keys are errors."""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from circletake.errors import SettingsError

PREFIX = "CIRCLETAKE_"
FILE = "circletake.toml"
ALSO_READ = frozenset({"CIRCLETAKE_HOME", "CIRCLETAKE_TEST_DATA"})
"""Variables that are not settings of a studio: where it is, and where the tests find real footage."""
VIDEO_CODECS = ("libx264", "libsvtav1", "libvpx-vp9", "h264_nvenc")


def _cores() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _path(text: object) -> Path:
    return Path(str(text)).expanduser()


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        number = int(str(value))
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return read


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = float(str(value))
        if not low <= number <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return number

    return read


def _database(value: object) -> str:
    url = str(value).strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("it cannot be read as a URL") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("it must begin with postgresql://")
    if not parts.path.strip("/"):
        raise ValueError("it names no database")
    return url


def _collector(value: object) -> str:
    url = str(value).strip()
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("it must begin with http:// or https://")
    return url


def _dollars(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("an amount in US dollars, e.g. 25.00") from error
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.000001")):
        raise ValueError("an amount in US dollars, e.g. 25.00")
    return amount


def _switch(value: object) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if str(value).lower() not in known:
        raise ValueError("true or false")
    return known[str(value).lower()]


def _one_of(*names: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if str(value) not in names:
            raise ValueError("one of " + ", ".join(names))
        return str(value)

    return read


@dataclass(frozen=True)
class Setting:
    """One line of the table."""

    name: str
    read: Callable[[object], Any]
    default: Callable[[], Any]
    shown: str
    """The default, as the documentation shows it."""
    unit: str
    effect: str
    secret: bool = False
    """Whether a value may hold a password, and is never shown."""

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("budget", _dollars, lambda: None, "none", "USD",
            "Most that all productions together may ever spend; --budget caps one production."),
    Setting("cache", _path, lambda: user_cache_path("circletake"), "the user's cache folder", "path",
            "Where drawn starter footage is kept, for every studio on this machine."),
    Setting("database", _database, lambda: "", "SQLite in the home", "`postgresql://user:password@host:5432/name`",
            "Where the record and the checkpoints are; PostgreSQL needs `pip install 'circletake[postgres]'`.",
            secret=True),
    Setting("debug", _switch, lambda: False, "false", "true or false",
            "Show the whole traceback instead of one line."),
    Setting("embedder", str, lambda: "auto", "auto", "auto, none, or name of an embedder",
            "Finds footage by meaning; auto is minilm where its weights are, else words and looks alone are searched."),
    Setting("fallback_generator", str, lambda: "", "none", "name of a generator",
            "Shoots what the production's generator failed at for good; inside the budget, and shown in the receipt."),
    Setting("fallback_planner", str, lambda: "", "none", "name of a planner",
            "Plans what the production's planner failed at for good; shown in the receipt."),
    Setting("font", str, lambda: "", "Pillow's built-in face", "path", "TrueType or OpenType file for titles."),
    Setting("job_deadline_s", _number(1, 604_800), lambda: 1800.0, "1800", "seconds",
            "A provider that has not finished a paid job after so long is asked to cancel it; then it is `unknown`."),
    Setting("loopback_keeps", _one_of("key", "listing", "nothing"), lambda: "key", "key",
            "one of key, listing, nothing", "How the loopback provider can be asked about a doubtful submit."),
    Setting("loopback_url", str, lambda: "", "none", "URL",
            "Where the loopback provider listens: the fake paid provider of the tests."),
    Setting("loudness", _number(-31, -9), lambda: -14.0, "-14", "LUFS", "Integrated loudness of masters."),
    Setting("on_unknown", _one_of("replace", "wait"), lambda: "replace", "replace", "one of replace, wait",
            "Whether takes that may have been paid for, but did not come, are ordered anew inside the budget."),
    Setting("operation_deadline_s", _number(1, 86_400), lambda: 300.0, "300", "seconds",
            "A media worker is killed when one operation takes longer."),
    Setting("otlp_endpoint", _collector, lambda: "", "none", "URL, e.g. `http://localhost:4318`",
            "OpenTelemetry collector that is told of steps and operations; needs `pip install 'circletake[otel]'`."),
    Setting("provider_calls", _whole(1, 256), lambda: 16, "16", "calls",
            "Calls to a provider at a time, per production; no more submits can be in doubt after a crash."),
    Setting("provider_jobs", _whole(1, 10_000), lambda: 256, "256", "jobs",
            "Paid jobs that a production has under way at a time."),
    Setting("provider_patience_s", _number(0, 86_400), lambda: 120.0, "120", "seconds",
            "A step stops when a provider refuses everything, or cannot be reached, for so long; resume goes on."),
    Setting("releases", str, lambda: "", "`releases` in the home", "path",
            "Folder that the folder channel publishes to."),
    Setting("search_memory", _whole(0, 1_000_000), lambda: 1600, "1600", "MB",
            "Memory that a process may use for the rows of the search index; 0 searches them on disk."),
    Setting("step_deadline_s", _number(1, 604_800), lambda: 3600.0, "3600", "seconds",
            "A step is given up when it takes longer; what it writes late is refused."),
    Setting("video_codec", _one_of(*VIDEO_CODECS), lambda: "libx264", "libx264", "one of " + ", ".join(VIDEO_CODECS),
            "Encoder of takes and masters."),
    Setting("who", str, _user, "the login name", "name", "Who is on record for picks and approvals made here."),
    Setting("workers", _whole(1, 256), _cores, "one a core", "processes", "Media workers of one production."),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All settings of a studio, read once."""

    home: Path
    budget: Decimal | None
    cache: Path
    database: str = field(repr=False)
    """URL of a PostgreSQL database; empty for SQLite in the home."""
    debug: bool
    embedder: str
    fallback_generator: str
    fallback_planner: str
    font: str
    job_deadline_s: float
    loopback_keeps: str
    loopback_url: str
    loudness: float
    on_unknown: str
    operation_deadline_s: float
    otlp_endpoint: str
    provider_calls: int
    provider_jobs: int
    provider_patience_s: float
    releases: str
    search_memory: int
    step_deadline_s: float
    video_codec: str
    who: str
    workers: int

    def options(self, adapter: str) -> dict[str, str]:
        """Return the settings whose names begin with an adapter's, without that beginning."""
        named = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        return {n.removeprefix(f"{adapter}_"): value for n, value in named.items() if n.startswith(f"{adapter}_")}

    @property
    def releases_folder(self) -> Path:
        """Where the folder channel publishes to."""
        return _path(self.releases) if self.releases else self.home / "releases"


def home_from(environment: Mapping[str, str]) -> Path:
    """Return the studio's home: CIRCLETAKE_HOME, or `./studio`."""
    return Path(environment.get("CIRCLETAKE_HOME") or "studio").expanduser().absolute()


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment for a process of ours that is to see the same settings, but for `more`."""
    return {**os.environ, **more}


def read_settings(home: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a home.

    Raises:
        SettingsError: an unknown key, a value that cannot be read, or a file that is not TOML; says where.
    """
    variables = os.environ if environment is None else environment
    place = (home or home_from(variables)).expanduser().absolute()
    values: dict[str, Any] = {setting.name: setting.default() for setting in SETTINGS}
    known = {setting.name: setting for setting in SETTINGS}
    for name, value in _file_values(place / FILE).items():
        values[name] = _value(known, name, value, where=f"{place / FILE}: {name}")
    for variable, value in sorted(variables.items()):
        if variable.startswith(PREFIX) and variable not in ALSO_READ:
            name = variable.removeprefix(PREFIX).lower()
            values[name] = _value(known, name, value, where=variable)
    return Settings(
        home=place, **{field.name: values[field.name] for field in fields(Settings) if field.name != "home"}
    )


def _file_values(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def _value(known: Mapping[str, Setting], name: str, value: object, *, where: str) -> object:
    if name not in known:
        raise SettingsError(f"{where} is not a setting; docs/settings.md lists them: {', '.join(known)}")
    try:
        return known[name].read(value)
    except ValueError as error:
        shown = "" if known[name].secret else f"{value!r}, "
        raise SettingsError(f"{where} is {shown}not {known[name].unit} ({error})") from error
