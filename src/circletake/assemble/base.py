"""What assemble asks of others: the repositories it reads and writes, and the signer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from circletake.domain.clip import Clip
from circletake.domain.cut import Cut, Master
from circletake.domain.plan import Plan
from circletake.domain.take import CircledTake

Manifest = dict[str, JsonValue]
"""What a signature vouches for: a C2PA manifest definition as JSON (`provenance.manifest` writes it)."""


class Plans(Protocol):
    """Plans by version."""

    def get(self, production: str, version: int) -> Plan:
        """Return one version of a plan."""
        ...


class Circles(Protocol):
    """What is circled now."""

    def current(self, production: str) -> dict[str, CircledTake]:
        """Return the circled take of every slate that has one."""
        ...


class Clips(Protocol):
    """The catalogue's database of record."""

    def many(self, clip_ids: Iterable[str]) -> dict[str, Clip]:
        """Return the clips that exist, by id."""
        ...


class Cuts(Protocol):
    """Cuts and masters; a version that is stored stands."""

    def save(self, cut: Cut) -> None:
        """Store a cut."""
        ...

    def cut(self, production: str, version: int) -> Cut | None:
        """Return a cut, or `None`."""
        ...

    def save_master(self, master: Master) -> None:
        """Store the master of a cut."""
        ...

    def master(self, production: str, cut_version: int) -> Master | None:
        """Return the master of a cut, or `None`."""
        ...


class Signer(Protocol):
    """Who vouches for what leaves: keys in files today, a key service or a bought certificate later."""

    @property
    def common_name(self) -> str:
        """Common name of the signing certificate."""
        ...

    @property
    def root_pem(self) -> str:
        """The root certificate that a verifier has to know, PEM."""
        ...

    def sign(self, source: Path, target: Path, *, manifest: Manifest) -> None:
        """Write a signed copy of `source` to `target`, which must not exist.

        Raises:
            ProvenanceError: the manifest is refused, or the file cannot be signed.
        """
        ...
