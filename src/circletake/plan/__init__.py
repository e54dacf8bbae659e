"""Plan: brief -> scenes and shots. `run` is the step, `Storyboard` the offline planner, `check_plan` the handoff."""

from circletake.plan.base import check_plan
from circletake.plan.editing import edit_plan
from circletake.plan.step import run
from circletake.plan.storyboard import Storyboard

__all__ = ["Storyboard", "check_plan", "edit_plan", "run"]
