"""Tell by its content what a file is, so that libav is only ever asked to read it as that."""

from __future__ import annotations

HEAD = 65_536
"""Bytes that are looked at."""
_MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_TS_PACKETS = (188, 192, 204)
_SYNC = 0x47


def demuxer_of(head: bytes) -> str | None:
    """Return the name of the one libav demuxer that may read a file which begins so, or `None` for anything else.

    No text is ever a match: what a script points to is another file.
    """
    if head[4:8] in _MOV_BOXES and int.from_bytes(head[:4], "big") != 0x23455854:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return "avi"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"):
        return "mxf"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "mpeg"
    if any(_is_transport_stream(head, size) for size in _TS_PACKETS):
        return "mpegts"
    return None


def _is_transport_stream(head: bytes, size: int) -> bool:
    """Return whether five packets of `size` bytes begin where they should (192: four bytes of time stamp first)."""
    first = 4 if size == 192 else 0
    places = range(first, first + 5 * size, size)
    return len(head) > places[-1] and all(head[place] == _SYNC for place in places)
