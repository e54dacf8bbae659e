"""The graph's state: ids, counters and the round. Takes, votes and costs live in the database, media in files."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["running", "waiting", "failed", "cancelled", "done"]


class Production(BaseModel):
    """What a step is given. Plain JSON types only: a checkpoint turns tuples into lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    production: str
    """Id of the production."""
    plan_version: int = Field(default=0, ge=0)
    """Plan that the next step works from; 0 before there is one."""
    referenced_version: int = Field(default=0, ge=0)
    """Plan whose shots have their references."""
    round: int = Field(default=1, ge=1)
    """Pass of takes before the editors."""
    first_round: int = Field(default=1, ge=1)
    """Round in which the production began, or was last taken back to shoot or choose anew."""
    plans_before: int = Field(default=0, ge=0)
    """Plan versions up to this one are not taken up: the plan is made anew."""
    reshoot: list[str] = Field(default_factory=list)
    """Slates that need more takes; empty when every shot has a circled take."""
    cut_version: int = Field(default=0, ge=0)
    master: str = ""
    """URI of the signed master."""
    release: str = ""
    """Address of the first release."""


class Update(TypedDict, total=False):
    """What a step returns: the fields that changed."""

    plan_version: int
    referenced_version: int
    round: int
    reshoot: list[str]
    cut_version: int
    master: str
    release: str
