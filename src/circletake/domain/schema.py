"""Frozen values, and how they are stored: JSON with a schema name and a version.

A stored document says what it is (`"schema": "circletake.plan/1"`). Reading an older version runs the upgrades
registered for it, one version at a time; a newer or foreign document is refused, never guessed at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from circletake.errors import HandoffInvalid

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the body of version N into the body of version N+1."""


class Value(BaseModel):
    """A frozen value without identity: equal content means equal value."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", use_attribute_docstrings=True)


class Stored(Value):
    """A value that is stored as JSON under a schema name and version."""

    SCHEMA: ClassVar[str]
    """Name of the schema, e.g. `plan`."""
    VERSION: ClassVar[int] = 1
    """Version of the schema as written today."""
    UPGRADES: ClassVar[dict[int, Upgrade]] = {}
    """From version N: how its body becomes that of N+1."""

    def to_json(self) -> str:
        """Return the canonical JSON text: sorted keys, no spaces, schema and version included."""
        body = {"schema": f"circletake.{self.SCHEMA}/{self.VERSION}", **self.model_dump(mode="json")}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def content_sha256(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a stored document, upgrading older versions.

        Raises:
            HandoffInvalid: not JSON, another schema, a version from the future, or a body that does not validate.
        """
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            raise HandoffInvalid(f"not a stored {cls.SCHEMA}: line {error.lineno} is not JSON") from error
        if not isinstance(body, dict):
            raise HandoffInvalid(f"not a stored {cls.SCHEMA}: a JSON object is needed")
        name, _, version = str(body.pop("schema", "")).partition("/")
        if name != f"circletake.{cls.SCHEMA}" or not version.isdigit():
            raise HandoffInvalid(f"not a stored {cls.SCHEMA}: schema is {name or 'missing'!r}")
        if int(version) > cls.VERSION:
            raise HandoffInvalid(f"{cls.SCHEMA} has version {version}; this circletake reads up to {cls.VERSION}")
        for step in range(int(version), cls.VERSION):
            body = cls.UPGRADES[step](body)
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise HandoffInvalid(f"{cls.SCHEMA}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """Return the first validation problem in one line: where, and what is wrong."""
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "value"
    more = error.error_count() - 1
    return f"{where}: {problem['msg']}" + (f" (and {more} more)" if more else "")
