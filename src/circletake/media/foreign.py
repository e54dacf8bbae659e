"""Quality control of a take that was made elsewhere: the checks of our own takes, and whether it is whole.

The file is opened as one of which nothing is known (`media.source`): run this in a worker that may be killed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from circletake.domain.quality import Finding, QcReport
from circletake.errors import MediaError
from circletake.media.picture import Size, on_one_thread
from circletake.media.quality import Inspector
from circletake.media.source import Heard, open_untrusted

_AS_IT_IS: Size = (8192, 8192)
"""Pictures are looked at in their own size."""


def examine(source: BinaryIO, *, name: str, expected_frames: int, size: Size, fps: Fraction) -> QcReport:
    """Play a file from beginning to end, and report every check that could be made.

    A file that cannot be opened, or is damaged or cut off, is a report like any other: its first finding says where.

    Args:
        source: the file, open for reading; nothing else is opened.
        name: what to call it in a reason.
        expected_frames: how many pictures were ordered.
        size: width and height that were ordered.
        fps: frame rate that was ordered.
    """
    on_one_thread()
    inspector = Inspector(expected_frames=expected_frames, size=size, fps=fps)
    heard: list[NDArray[np.float32]] = []
    rate: Fraction | None = None
    has_sound, fault = False, ""
    try:
        with open_untrusted(source, name=name, within=_AS_IT_IS) as playing:
            rate, has_sound = playing.fps, playing.has_audio
            for part in playing.play():
                if isinstance(part, Heard):
                    heard.append(part.samples)
                else:
                    inspector.see(part)
    except MediaError as error:
        fault = str(error)
    sound = np.concatenate([np.zeros((0, 2), np.float32), *heard]) if has_sound else None
    report = inspector.report(sound=sound, decoded=not fault, measured_fps=rate)
    return QcReport(findings=tuple(_told(found, fault) for found in report.findings))


def _told(found: Finding, fault: str) -> Finding:
    """Return a finding; that it does not decode with what libav said, and where."""
    return found.model_copy(update={"reason": fault}) if found.check == "decodes" and fault else found
