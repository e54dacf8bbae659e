"""A composer for temp music: instruments made of numbers, a score that fits the film, and one piece for each tone."""

from circletake.media.music.pieces import TONES, compose

__all__ = ["TONES", "compose"]
