"""Provenance: what a master says about itself, and how a file's provenance is read back.

A manifest (C2PA 2.x) names the generator, the honest digital source type, every catalogue clip that was cut in or
looked at, the licences they rest on, and whether a person picked. Nothing here reaches for the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from mimetypes import guess_type
from pathlib import Path
from typing import Literal

import c2pa
from pydantic import JsonValue

from circletake.assemble.base import Manifest
from circletake.domain.clip import Clip
from circletake.domain.plan import Plan
from circletake.domain.rights import RightsContext
from circletake.domain.take import CircledTake, DigitalSourceType, PickedBy, Take
from circletake.errors import ProvenanceError

State = Literal["trusted", "valid", "invalid", "unsigned"]
"""`trusted`: whole, signed under a root that we know. `valid`: whole, signed by somebody unknown. `invalid`: changed
since, or the manifest is damaged. `unsigned`: carries no provenance."""
RIGHTS = "org.circletake.rights"
PRODUCTION = "org.circletake.production"
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_MODEL_MADE: frozenset[DigitalSourceType] = frozenset(
    {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"}
)
_LEAST_HUMAN_FIRST: tuple[PickedBy, ...] = ("provisional", "agent", "person")
"""A film is called picked by a person only if a person picked every take."""
_NO_MANIFEST: type[Exception] = c2pa.C2paError.ManifestNotFound  # pyright: ignore[reportAttributeAccessIssue] # set late
_OFFLINE: dict[str, object] = {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False}


@dataclass(frozen=True)
class Ingredient:
    """Something the film was made from, as its manifest names it."""

    id: str
    title: str
    relationship: str
    """`componentOf`: cut in. `inputTo`: looked at only."""
    sha256: str
    """Of the original file; empty when the manifest does not say."""

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.title} ({self.id}): {'looked at' if self.relationship == 'inputTo' else 'cut in'}"


@dataclass(frozen=True)
class Verification:
    """What the provenance of a file says, and whether it holds."""

    state: State
    title: str = ""
    generator: str = ""
    """Program and version that made the claim."""
    signer: str = ""
    """Common name of the signing certificate."""
    source_type: str = ""
    """IPTC digital source type of the whole, e.g. `composite`."""
    picked_by: str = ""
    """`person`, or `provisional`: not by a person."""
    actions: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    problems: tuple[str, ...] = ()
    """Why it is not trusted, one line each; empty when it is."""


def source_type(takes: Iterable[Take]) -> DigitalSourceType:
    """Return the digital source type of a film cut from `takes` (IPTC NewsCodes; the takes say what they are).

    One kind throughout keeps its name, but several captured shots are a composite; anything that a trained model
    made among other things makes the whole a composite with trained algorithmic media.
    """
    takes = tuple(takes)
    kinds: set[DigitalSourceType] = {take.source_type for take in takes}
    if kinds == {"digitalCapture"}:
        return "digitalCapture" if len(takes) == 1 else "composite"
    if len(kinds) == 1:
        return next(iter(kinds))
    return "compositeWithTrainedAlgorithmicMedia" if kinds & _MODEL_MADE else "composite"


def manifest(
    plan: Plan,
    *,
    production: str,
    cut_version: int,
    takes: tuple[Take, ...],
    circles: Mapping[str, CircledTake],
    clips: Mapping[str, Clip],
    rights: RightsContext,
    at: datetime,
) -> Manifest:
    """Return the manifest of a master.

    Args:
        plan: the plan that was shot.
        production: id of the production.
        cut_version: which of its cuts this is.
        takes: the takes in the cut, in story order.
        circles: who circled them, by slate; names of people stay at home, only `person` or `provisional` is told.
        clips: the catalogue clips behind the takes, by id.
        rights: the question the clips that are cut in were checked against.
        at: when the film was made.
    """
    cut_in = tuple(dict.fromkeys(clip for take in takes for clip in take.clips))
    looked_at = tuple(
        clip for clip in dict.fromkeys(c for take in takes for c in take.style_clips) if clip not in cut_in
    )
    actions = _actions(source_type(takes), cut_in=cut_in, looked_at=looked_at, at=at)
    picks: list[JsonValue] = [
        {"slate": take.slate, "take": take.number, "sha256": take.sha256, "by": circles[take.slate].by}
        for take in takes
    ]
    pickers = {circles[take.slate].by for take in takes}
    made: dict[str, JsonValue] = {
        "production": production,
        "cut_version": cut_version,
        "picked_by": next((by for by in _LEAST_HUMAN_FIRST if by in pickers), "provisional"),
        "picks": picks,
        "generators": list(dict.fromkeys(take.generator for take in takes)),
    }
    return {
        "claim_generator_info": [{"name": "circletake", "version": version("circletake")}],
        "title": plan.title,
        "format": "video/mp4",
        "ingredients": [
            *(_ingredient(name, clips.get(name), relationship="componentOf") for name in cut_in),
            *(_ingredient(name, clips.get(name), relationship="inputTo") for name in looked_at),
        ],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": RIGHTS, "data": _rights(rights, [clips[name] for name in cut_in if name in clips])},
            {"label": PRODUCTION, "data": made},
        ],
    }


def _actions(
    kind: DigitalSourceType, *, cut_in: tuple[str, ...], looked_at: tuple[str, ...], at: datetime
) -> list[JsonValue]:
    created: JsonValue = {
        "action": "c2pa.created",
        "digitalSourceType": _IPTC + kind,
        "when": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    actions: list[JsonValue] = [created]
    if cut_in:
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": list(cut_in)}})
    if looked_at:
        actions.append({"action": "c2pa.color_adjustments", "parameters": {"ingredientIds": list(looked_at)}})
    return actions


def _ingredient(clip_id: str, clip: Clip | None, *, relationship: str) -> JsonValue:
    """Return an ingredient by name and hash; its bytes stay in the catalogue."""
    if clip is None:
        return {"title": clip_id, "format": "video/mp4", "relationship": relationship, "instance_id": clip_id}
    return {
        "title": clip.title or clip.file,
        "format": guess_type(clip.file)[0] or "application/octet-stream",
        "relationship": relationship,
        "instance_id": clip_id,
        "description": f"sha256:{clip.sha256}",
    }


def _rights(rights: RightsContext, clips: list[Clip]) -> dict[str, JsonValue]:
    return {
        "predicate_sha256": rights.predicate_sha256(),
        "asked": rights.model_dump(mode="json"),
        "clips": [
            {
                "clip_id": clip.clip_id,
                "file": clip.file,
                "sha256": clip.sha256,
                "licence": clip.licence.model_dump(mode="json"),
            }
            for clip in clips
        ],
    }


def verify(path: Path, *, anchors_pem: str = "") -> Verification:
    """Read the provenance of a file back and check every byte that it covers.

    Args:
        path: the file.
        anchors_pem: root certificates that are trusted, PEM; none are known beside these.

    Raises:
        ProvenanceError: there is no such file, or it cannot be opened.
    """
    settings: dict[str, object] = {"verify": _OFFLINE}
    if anchors_pem:
        settings["trust"] = {"user_anchors": anchors_pem}
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
        with path.open("rb") as film, c2pa.Reader("video/mp4", film, context=context) as reader:
            state = reader.get_validation_state() or ""
            document = json.loads(reader.json())
    except _NO_MANIFEST:
        return Verification(state="unsigned", problems=("the file carries no provenance",))
    except c2pa.C2paError as error:
        return Verification(
            state="invalid", problems=(f"the provenance cannot be read: {' '.join(str(error).split())}",)
        )
    except OSError as error:
        raise ProvenanceError(f"{path} cannot be opened: {error.strerror or error}") from error
    return _verification(state, document)


def _verification(state: str, document: dict[str, JsonValue]) -> Verification:
    states: dict[str, State] = {"Trusted": "trusted", "Valid": "valid"}
    active = _at(document, "manifests", str(document.get("active_manifest")))
    assertions = {str(_at(item, "label")): _at(item, "data") for item in _list(_at(active, "assertions"))}
    actions = _list(_at(assertions.get("c2pa.actions.v2", assertions.get("c2pa.actions")), "actions"))
    kinds = [
        str(_at(action, "digitalSourceType") or "") for action in actions if _at(action, "action") == "c2pa.created"
    ]
    made_by = (_list(_at(active, "claim_generator_info")) or [None])[0]
    return Verification(
        state=states.get(state, "invalid"),
        title=_text(_at(active, "title")),
        generator=f"{_text(_at(made_by, 'name'))} {_text(_at(made_by, 'version'))}".strip(),
        signer=_text(_at(active, "signature_info", "common_name")),
        source_type=kinds[0].removeprefix(_IPTC) if kinds else "",
        picked_by=_text(_at(assertions.get(PRODUCTION), "picked_by")),
        actions=tuple(_text(_at(action, "action")) for action in actions),
        ingredients=tuple(_read_ingredient(item) for item in _list(_at(active, "ingredients"))),
        problems=tuple(
            f"{_text(_at(failure, 'explanation'))} ({_text(_at(failure, 'code'))})"
            for failure in _list(_at(document, "validation_results", "activeManifest", "failure"))
        ),
    )


def _read_ingredient(item: JsonValue) -> Ingredient:
    return Ingredient(
        id=_text(_at(item, "instance_id")),
        title=_text(_at(item, "title")),
        relationship=_text(_at(item, "relationship")),
        sha256=_text(_at(item, "description")).removeprefix("sha256:"),
    )


def _at(value: JsonValue, *path: str) -> JsonValue:
    """Return what lies under `path`, or `None`: a foreign manifest may lack anything."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
