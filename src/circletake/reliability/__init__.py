"""Reliability: rates per step with intervals, multiplied out."""

from circletake.reliability.intervals import Interval, Rate, product, product_interval, wilson
from circletake.reliability.report import LEVELS, Report, StepLine, report

__all__ = ["LEVELS", "Interval", "Rate", "Report", "StepLine", "product", "product_interval", "report", "wilson"]
