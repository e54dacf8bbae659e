"""Pages to read are filled in here: self-contained HTML, escaped, and an error where a name is misspelt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(package: str, name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of a package's `templates` folder.

    Args:
        package: e.g. `circletake.publish`.
        name: e.g. `receipt.html`.
        filters: what a template may call, by name.
    """
    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(filters)
    return environment.get_template(name)
