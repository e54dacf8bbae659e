"""Quality control: what was checked on a take or master, what was measured, and what an editor should know."""

from __future__ import annotations

from typing import Literal

from circletake.domain.schema import Stored, Value

Check = Literal[
    "decodes",
    "length",
    "size",
    "fps",
    "black",
    "frozen",
    "silence",
    "clipping",
    "loudness",
    "flashes",
    "near_duplicate",
]


class Finding(Value):
    """One check and its outcome."""

    check: Check
    passed: bool
    measured: str
    """What was measured, with its unit."""
    reason: str = ""
    """Why it failed, as one would tell an editor; empty when it passed."""


class QcReport(Stored):
    """All checks of one file. A take is shown as good only if every finding passed."""

    SCHEMA = "qc_report"

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it failed; empty when it passed."""
        return tuple(finding.reason for finding in self.findings if not finding.passed)

    def with_finding(self, finding: Finding) -> QcReport:
        """Return the report with one more finding."""
        return QcReport(findings=(*self.findings, finding))
