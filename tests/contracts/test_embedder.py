"""The contract of an embedder; an adapter that is not listed here does not exist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from circletake.catalog.base import Embedder, space_of
from circletake.catalog.minilm import MiniLm, missing

NOWHERE = Path("/nonexistent")
ADAPTERS: dict[str, tuple[Callable[[Path], Embedder], str]] = {"MiniLm": (MiniLm, missing(NOWHERE))}


@pytest.fixture(scope="module", params=sorted(ADAPTERS))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    make, lacks = ADAPTERS[request.param]
    if lacks:
        pytest.skip(lacks)
    return make(NOWHERE)


def test_every_text_has_one_vector_of_unit_length(embedder: Embedder):
    texts = ["a harbour at dawn", "", "x" * 50_000, "日本語 🎬 \ud83d"]
    vectors = embedder.embed(texts)
    assert vectors.shape == (len(texts), embedder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert embedder.embed([]).shape == (0, embedder.dim)


def test_the_same_text_has_the_same_vector(embedder: Embedder):
    one, other = embedder.embed(["rain on a window"]), embedder.embed(["rain on a window", "a much longer text " * 30])
    assert other[0] == pytest.approx(one[0], abs=1e-5)


def test_what_means_the_same_is_nearer_than_what_does_not(embedder: Embedder):
    asked, near, far = embedder.embed(["a puppy plays on the sand", "young dog at the beach", "tax return form"])
    assert asked @ near > asked @ far + 0.2


def test_its_space_names_model_and_weights(embedder: Embedder):
    space = space_of(embedder)
    assert space.dim == embedder.dim
    assert embedder.id in space.name
    assert embedder.sha256[:12] in space.name
    assert "text" in embedder.modalities
