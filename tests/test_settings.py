"""Settings: one table, four sources, unknown keys are errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from circletake.errors import SettingsError
from circletake.settings import SETTINGS, read_settings


def test_defaults_then_file_then_environment(tmp_path: Path):
    (tmp_path / "circletake.toml").write_text('workers = 3\nloudness = -23\nwho = "Ada"\n', encoding="utf-8")
    settings = read_settings(tmp_path, environment={"CIRCLETAKE_WORKERS": "2"})
    assert (settings.workers, settings.loudness, settings.who, settings.video_codec) == (2, -23.0, "Ada", "libx264")


def test_the_home_comes_from_the_environment_or_is_studio_here(tmp_path: Path):
    assert read_settings(environment={"CIRCLETAKE_HOME": str(tmp_path / "x")}).home == tmp_path / "x"
    assert read_settings(environment={}).home == Path.cwd() / "studio"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wrokers = 3", "wrokers is not a setting"),
        ("workers = 0", "workers is 0, not processes"),
        ('video_codec = "h263"', "video_codec is 'h263'"),
        ("workers = ", "is not TOML"),
    ],
)
def test_a_bad_file_is_one_line_that_says_where(tmp_path: Path, text: str, told: str):
    (tmp_path / "circletake.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told) as caught:
        read_settings(tmp_path, environment={})
    assert "circletake.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_is_an_error(tmp_path: Path):
    with pytest.raises(SettingsError, match="CIRCLETAKE_WORKRES is not a setting"):
        read_settings(tmp_path, environment={"CIRCLETAKE_WORKRES": "2"})


def test_the_table_is_sorted_and_every_line_says_what_it_does():
    assert [setting.name for setting in SETTINGS] == sorted(setting.name for setting in SETTINGS)
    assert all(setting.effect.endswith(".") and setting.unit and setting.shown for setting in SETTINGS)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://ada:s3cret@host/films", "it must begin with postgresql://"),
        ("postgresql://ada:s3cret@host", "it names no database"),
        ("postgresql://ada:s3cret@[::1/films", "it cannot be read as a URL"),
    ],
)
def test_a_wrong_database_is_one_line_that_says_where_and_shows_no_password(tmp_path: Path, url: str, told: str):
    with pytest.raises(SettingsError, match=told) as caught:
        read_settings(tmp_path, environment={"CIRCLETAKE_DATABASE": url})
    assert "CIRCLETAKE_DATABASE" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_right_one_is_not_shown_either(tmp_path: Path):
    url = "postgresql://ada:s3cret@host:5432/films"
    settings = read_settings(tmp_path, environment={"CIRCLETAKE_DATABASE": url})
    assert settings.database == url
    assert "s3cret" not in repr(settings)
