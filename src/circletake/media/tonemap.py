"""Bring high dynamic range to the house: highlights are rolled off, not cut off, and colours stay what they are.

libswscale's own conversion of PQ and HLG to BT.709 cuts everything above 203 cd/m2 to white; this keeps the clouds. The
whole way from coded light to BT.709 is baked once into a table of 33 x 33 x 33 colours, which libavfilter applies
between its points (lut3d, tetrahedral): 10 ms a picture of 960x540, measured; libswscale takes 21 to 115.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from circletake.media.picture import Size

Curve = Literal["PQ", "HLG"]
Light = NDArray[np.float64]
"""Colours, (..., 3): R, G, B."""

WHITE_NITS = 203.0
"""cd/m2 of a white sheet in HDR (ITU-R BT.2408-7, table 1), and of the brightest white after tone-mapping."""
PEAK_NITS = 1000.0
"""cd/m2 of the brightest highlight that is still told from white: what nearly all HDR is mastered or filmed for."""
_POINTS = 33
_WORK = "gbrp16le"
"""The only format that libavfilter applies a table to quickly."""
_DISPLAY_GAMMA = 2.4
"""Of an SDR display (ITU-R BT.1886)."""
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593])
"""Of BT.2020 (ITU-R BT.2020-2, table 4)."""
_LUMINANCE_709 = np.array([0.2126, 0.7152, 0.0722])
_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
"""Linear BT.2020 to linear BT.709 (ITU-R BT.2407-0, 2.2)."""
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
"""Constants of PQ (SMPTE ST 2084; ITU-R BT.2100-2, table 4)."""
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
"""Constants of HLG (ITU-R BT.2100-2, table 5)."""


class ToneMap:
    """Turns the HDR pictures of one file into BT.709 pictures of one size."""

    def __init__(self, curve: Curve, *, size: Size, primaries: int) -> None:
        """Prepare the table: some 50 ms, once a process for each kind.

        Args:
            curve: transfer characteristic of the pictures.
            size: of what is returned, before it is turned upright; both even.
            primaries: as libav counts them; anything but BT.709 is taken for BT.2020.
        """
        self._size = size
        self._in, self._out = VideoReformatter(), VideoReformatter()
        self._graph = _graph(_table(curve, wide=primaries != ColorPrimaries.BT709), size)

    def __call__(self, picture: VideoFrame, *, space: int, full: bool) -> VideoFrame:
        """Return the picture in yuv420p, BT.709, limited range.

        Args:
            picture: as decoded.
            space: its Y'CbCr matrix, as libav counts them.
            full: whether it uses the full range.
        """
        range_ = ColorRange.JPEG if full else ColorRange.MPEG
        wide = self._in.reformat(
            picture,
            self._size[0],
            self._size[1],
            _WORK,
            src_colorspace=space,
            src_color_range=range_,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        self._graph.vpush(wide)
        return self._out.reformat(
            self._graph.vpull(),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )


def to_709(coded: Light, curve: Curve, *, wide: bool = True) -> Light:
    """Return what an SDR display should be sent, (..., 3) in 0..1, for coded HDR colours, R'G'B' in 0..1.

    The brightest component of a colour is rolled off as ITU-R BT.2390-11, 5.4.1, describes for PQ light, the others in
    proportion. What BT.709 cannot show is made paler, or darker, until it can; its hue stays.

    Args:
        coded: the colours.
        curve: their transfer characteristic.
        wide: whether their primaries are those of BT.2020.
    """
    nits = _light_of_pq(coded) if curve == "PQ" else _light_of_hlg(coded)
    brightest = nits.max(axis=-1, keepdims=True)
    light = nits * rolled_off(brightest) / np.maximum(brightest, 1e-9) / WHITE_NITS
    if wide:
        light = light @ _TO_709.T
    return np.clip(_shown(light), 0.0, 1.0) ** (1 / _DISPLAY_GAMMA)


def rolled_off(nits: Light) -> Light:
    """Return light of 0 to `PEAK_NITS` cd/m2 as it is shown within `WHITE_NITS`; up to 87 cd/m2 it stays."""
    peak, white = float(_pq_of(np.array(PEAK_NITS))), float(_pq_of(np.array(WHITE_NITS)))
    most = white / peak
    knee = 1.5 * most - 0.5
    at = np.minimum(_pq_of(nits) / peak, 1.0)
    t = np.maximum(at - knee, 0.0) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return _light_of_pq(np.where(at < knee, at, bent) * peak)


def _shown(light: Light) -> Light:
    """Draw colours towards the grey of their luminance until no component is below 0, then darken what is above 1."""
    grey = np.maximum((light * _LUMINANCE_709).sum(axis=-1, keepdims=True), 0.0)
    lowest = light.min(axis=-1, keepdims=True)
    share = np.where(lowest < 0, grey / np.maximum(grey - lowest, 1e-9), 1.0)
    paler = grey + (light - grey) * share
    return paler / np.maximum(paler.max(axis=-1, keepdims=True), 1.0)


def _light_of_pq(coded: Light) -> Light:
    root = np.clip(coded, 0.0, 1.0) ** (1 / _M2)
    return 10_000 * (np.maximum(root - _C1, 0.0) / (_C2 - _C3 * root)) ** (1 / _M1)


def _pq_of(nits: Light) -> Light:
    power = (np.maximum(nits, 0.0) / 10_000) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _light_of_hlg(coded: Light) -> Light:
    """Return the light of a display of 1000 cd/m2, whose system gamma is 1.2 (ITU-R BT.2100-2, table 5)."""
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - _C) / _A) + _B) / 12)
    luminance = (scene * _LUMINANCE).sum(axis=-1, keepdims=True)
    return 1000 * scene * np.maximum(luminance, 1e-9) ** 0.2


@lru_cache(maxsize=4)
def _table(curve: Curve, *, wide: bool) -> str:
    """Return the table as the text of a .cube file: red changes fastest."""
    steps = np.linspace(0.0, 1.0, _POINTS)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    colours = to_709(np.stack([red, green, blue], axis=-1).reshape(-1, 3), curve, wide=wide)
    lines = [f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in colours.tolist()]
    return "\n".join([f"LUT_3D_SIZE {_POINTS}", *lines, ""])


def _graph(table: str, size: Size) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=size[0], height=size[1], format=VideoFormat(_WORK), time_base=Fraction(1))
    with TemporaryDirectory() as folder:  # libavfilter reads the table while it makes the filter, and never again
        path = Path(folder) / "table.cube"
        path.write_text(table, encoding="ascii")
        mapped = graph.add("lut3d", file=str(path), interp="tetrahedral")
    sink = graph.add("buffersink")
    source.link_to(mapped)
    mapped.link_to(sink)
    graph.configure()
    return graph
