"""Write docs/settings.md and docs/commands.md from the table and the commands themselves (`make docs`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from circletake.cli.commands import cli
from circletake.settings import FILE, SETTINGS

_NOTE = "<!-- Written by `make docs`; do not edit. -->\n"


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [
        f"| `{one.name}` | {one.shown} | {one.unit} | `{one.variable}` | {one.effect} |"
        for one in sorted(SETTINGS, key=lambda one: one.name)
    ]
    head = [
        _NOTE,
        "# Settings",
        "",
        f"Read in this order, the later one wins: the default, `{FILE}` in the home, the environment, a flag of the",
        "command. An unknown key, in the file or among `CIRCLETAKE_` variables, is an error.",
        "",
        "The home itself is `CIRCLETAKE_HOME`, by default `./studio`.",
        "",
        "| setting | default | unit or values | variable | effect |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _commands(command.commands[name], f"{path} {name}")


def commands_page() -> str:
    """Return docs/commands.md."""
    parts = [
        _NOTE,
        "# Commands",
        "",
        "Exit codes: 0 done, 1 error (one line: what is wrong, where, what to do), 2 usage, 3 waiting for a person,",
        "4 shortfall or refused, 130 stopped with Ctrl-C. With `--json`, an error is an object too.",
    ]
    for path, command in _commands(cli, "circletake"):
        context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
        parts += ["", f"## `{path}`", "", "```text", command.get_help(context).rstrip(), "```"]
    return "\n".join(parts) + "\n"


def main(folder: str) -> None:
    """Write both pages into `folder`."""
    Path(folder, "settings.md").write_text(settings_page(), encoding="utf-8")
    Path(folder, "commands.md").write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
