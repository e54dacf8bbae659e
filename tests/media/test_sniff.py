"""What a file is, told by its first bytes."""

from __future__ import annotations

import pytest

from circletake.media.sniff import demuxer_of


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"\0\0\0\x18ftypisom", "mov"),
        (b"\0\0\0\x08wide\0\0", "mov"),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"GIF89a", "gif"),
        (b"OggS\0", "ogg"),
        (b"\0\0\x01\xba", "mpeg"),
        ((b"G" + b"\0" * 187) * 6, "mpegts"),
        (b"G" + b"\0" * 2_000, None),
        (b"ffconcat version 1.0", None),
        (b"#EXTM3U", None),
        (b"<?xml", None),
        (b"v=0\n", None),
        (b"\x89PNG\r\n", None),
        (b"", None),
    ],
)
def test_the_one_demuxer_that_may_read_it(head: bytes, demuxer: str | None):
    assert demuxer_of(head) == demuxer
