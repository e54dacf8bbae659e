"""Reliability: rates per step with intervals, multiplied out."""

from circletake.reliability.intervals import Interval, Rate
from circletake.reliability.report import LEVELS, Report, StepLine, report, turns

__all__ = ["LEVELS", "Interval", "Rate", "Report", "StepLine", "report", "turns"]
