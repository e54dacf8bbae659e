"""minilm: the published model, from weights that are checked, beside a forward pass written out by hand."""

from __future__ import annotations

import csv
import json
import math
import shutil
import struct
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.catalog import Search
from circletake.catalog.base import space_of
from circletake.catalog.lance import LanceIndex
from circletake.catalog.minilm import WEIGHTS_SHA256, MiniLm, missing, weights_folder
from circletake.domain.reference import Query
from circletake.domain.rights import PERPETUAL, RightsContext, Window
from circletake.errors import SettingsError, UsageError
from tests.catalog.synthetic import opened

NOWHERE = Path("/nonexistent")
pytestmark = pytest.mark.skipif(bool(missing(NOWHERE)), reason=f"minilm: {missing(NOWHERE)}")
TEXTS = [
    "a dog runs along the beach",
    "a puppy on the sand by the sea",
    "rush hour in a tunnel, seen from above",
    "",
    "Ünïcödé 日本語 🎬",
    "word " * 400,
]


@pytest.fixture(scope="module")
def minilm() -> MiniLm:
    return MiniLm(NOWHERE)


class ByHand:
    """BERT's forward pass in numpy, one text at a time: an independent reading of the same weights."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        data = (folder / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        self._data, self._at = data, 8 + length
        self._header: Mapping[str, dict] = json.loads(data[8 : 8 + length])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(256)

    def _of(self, name: str) -> NDArray[np.float64]:
        told = self._header[name]
        first, last = told["data_offsets"]
        values = np.frombuffer(self._data[self._at + first : self._at + last], "<f4")
        return values.reshape(told["shape"]).astype(np.float64)

    def _linear(self, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return x @ self._of(f"{name}.weight").T + self._of(f"{name}.bias")

    def _norm(self, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self._of(f"{name}.weight") + self._of(f"{name}.bias")

    def embed(self, text: str) -> NDArray[np.float64]:
        ids = self._tokenizer.encode(text).ids
        x = self._of("embeddings.word_embeddings.weight")[ids]
        x = x + self._of("embeddings.position_embeddings.weight")[: len(ids)]
        x = self._norm(x + self._of("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
        erf = np.vectorize(math.erf)
        for layer in range(6):
            name = f"encoder.layer.{layer}."
            parts = [self._linear(x, f"{name}attention.self.{part}") for part in ("query", "key", "value")]
            q, k, v = (part.reshape(len(ids), 12, 32).transpose(1, 0, 2) for part in parts)
            near = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(32))
            heard = ((near / near.sum(-1, keepdims=True)) @ v).transpose(1, 0, 2).reshape(len(ids), 384)
            x = self._norm(
                x + self._linear(heard, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm"
            )
            wide = self._linear(x, f"{name}intermediate.dense")
            wide = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
            x = self._norm(x + self._linear(wide, f"{name}output.dense"), f"{name}output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def test_vectors_are_those_of_the_published_model(minilm: MiniLm):
    folder = weights_folder(NOWHERE)
    assert folder is not None
    by_hand = ByHand(folder)
    vectors = minilm.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.abs(vector - by_hand.embed(text)).max() < 1e-5, text


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(minilm: MiniLm):
    together = MiniLm(NOWHERE, threads=3).embed([f"{text} {number}" for number in range(20) for text in TEXTS])
    alone = np.concatenate([minilm.embed([f"{text} 7"]) for text in TEXTS])
    assert together[7 * len(TEXTS) : 8 * len(TEXTS)] == pytest.approx(alone, abs=1e-5)
    assert minilm.embed([]).shape == (0, 384)


@pytest.mark.parametrize("text", ["\ud83d", "\x00\x1b[31m", "a" * 1_000_000, "'; drop table clips; --"])
def test_any_text_has_a_vector(minilm: MiniLm, text: str):
    assert np.isfinite(minilm.embed([text])).all()


def test_pictures_are_refused(minilm: MiniLm):
    with pytest.raises(UsageError, match="not pictures"):
        minilm.embed_pictures([Path("poster.jpg")])


def _copied(cache: Path) -> Path:
    folder = weights_folder(NOWHERE)
    assert folder is not None
    ours = cache / "models" / "minilm"
    ours.mkdir(parents=True)
    for name in ("model.safetensors", "tokenizer.json"):
        shutil.copy(folder / name, ours / name)
    return ours


def test_weights_that_are_not_this_models_are_refused_in_one_line(tmp_path: Path):
    weights = _copied(tmp_path) / "model.safetensors"
    with weights.open("r+b") as out:
        out.seek(40_000_000)
        out.write(b"\xff")
    with pytest.raises(SettingsError) as caught:
        MiniLm(tmp_path).embed(["a"])
    told = str(caught.value)
    assert str(weights) in told
    assert WEIGHTS_SHA256[:12] in told
    assert "embedder = none" in told
    assert "\n" not in told


def test_another_tokenizer_is_refused(tmp_path: Path):
    (_copied(tmp_path) / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SettingsError, match="tokenizer"):
        MiniLm(tmp_path).embed(["a"])


def test_the_starter_catalogue_is_found_by_what_it_means(starter_cache: Path, tmp_path: Path, minilm: MiniLm):
    """Questions that share hardly a word with the captions; four of five find their file among the first three."""
    from tests.catalog.starting import starter_home_in

    made = starter_home_in(tmp_path, starter_cache)
    cleared = {
        "territories": ("WORLD",), "uses": ("style_reference",), "media": ("all",), "licence": "TEST-ONLY",
        "valid_from": date(2000, 1, 1), "expires": PERPETUAL, "people_release": "none_needed", "revision": 2,
    }  # fmt: skip
    held = made.clips.all()
    made.clips.put([one.model_copy(update={"licence": one.licence.model_copy(update=cleared)}) for one in held])
    search = Search(made.clips, LanceIndex(tmp_path / "meant", space=space_of(minilm)), embedder=minilm)
    made.clips.mark_all_unindexed()
    search.sync()
    rights = RightsContext(
        territories=("WORLD",), uses=("style_reference",), media=("all",),
        window=Window(first=date(2026, 1, 1), last=date(2027, 1, 1)),
    )  # fmt: skip
    with Path(__file__).with_name("known_items.csv").open(encoding="utf-8") as table:
        asked = list(csv.DictReader(table))
    found = [one.file for row in asked for one in search.find(Query(text=row["query"]), rights=rights, k=3).references]
    hits = sum(row["file"] in found[at * 3 : at * 3 + 3] for at, row in enumerate(asked))
    assert len(found) == 3 * len(asked)
    assert hits >= 0.8 * len(asked), hits


def test_a_catalogue_that_was_searched_by_words_is_embedded_when_there_is_a_model(tmp_path: Path, minilm: MiniLm):
    from tests.catalog.synthetic import a_clip, asking

    clips, search = opened(tmp_path)
    clips.put([a_clip("one", caption="a puppy on the sand"), a_clip("two", caption="rush hour in a tunnel")])
    search.sync()
    meant = Search(clips, LanceIndex(tmp_path / "index", space=space_of(minilm)), embedder=minilm)
    meant.sync()
    found = meant.find(Query(text="young dog at the beach"), rights=asking("style_reference"), k=2)
    assert [one.title for one in found.references] == ["one", "two"]
    assert meant.reembed() == 0
