"""The search: the index proposes, the database of record decides."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.catalog import Search
from circletake.catalog.base import Modality, space_of
from circletake.catalog.lance import LanceIndex
from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.reference import Query
from circletake.domain.rights import CUT_IN, permits
from circletake.errors import HomeError
from circletake.runtime.database.clips import Clips
from tests.catalog.synthetic import (
    MOODS,
    SUBJECTS,
    WORLDWIDE,
    a_clip,
    any_question,
    asking,
    many_clips,
    opened,
)

STYLE = asking("style_reference")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Clip], Search]:
    """A catalogue that the tests only read."""
    held = many_clips(320)
    clips, search = opened(tmp_path_factory.mktemp("stocked"))
    clips.put(held)
    search.sync()
    return held, search


@pytest.fixture
def empty(tmp_path: Path) -> tuple[Clips, Search]:
    return opened(tmp_path)


def _put(opened_home: tuple[Clips, Search], *held: Clip) -> None:
    clips, search = opened_home
    clips.put(held)
    search.sync()


def _revoked(clip: Clip) -> Clip:
    licence = clip.licence.model_copy(update={"revoked": True, "revision": clip.licence.revision + 1})
    return clip.model_copy(update={"licence": licence})


def test_a_thousand_random_rights_questions_are_answered_without_a_violation_or_an_omission(
    stocked: tuple[list[Clip], Search],
):
    held, search = stocked
    by_id = {clip.clip_id: clip for clip in held}
    rng = random.Random(11)
    answered = Counter[int]()
    for _ in range(1000):
        question, k = any_question(rng), rng.choice([1, 8, 20])
        query = Query(
            text=rng.choice(["", rng.choice(SUBJECTS), f"{rng.choice(MOODS)} {rng.choice(SUBJECTS)}"]),
            style=rng.choice([None, StyleTarget(luma=rng.random(), warmth=rng.uniform(-1, 1))]),
            max_per_owner=rng.choice([None, 2]),
        )
        found = search.find(query, rights=question, k=k)
        allowed = {clip.clip_id for clip in held if permits(clip.licence, question).allowed}
        names = [one.clip_id for one in found.references]
        assert set(names) <= allowed
        assert len(set(names)) == len(names) == min(k, len(allowed))
        assert found.shortfall == k - len(names)
        for one in found.references:
            assert one.may_cut_in == permits(by_id[one.clip_id].licence, question.for_uses(*CUT_IN)).allowed
        answered[min(len(names), 8)] += 1
    assert answered[8] > 200
    assert answered[0] > 20


def test_a_revocation_is_seen_by_the_next_query(empty: tuple[Clips, Search]):
    clips, search = empty
    held = [a_clip(f"owner-{n % 2}-{n}", licence=WORLDWIDE.model_copy(update={"owner": str(n % 2)})) for n in range(20)]
    _put(empty, *held)
    assert search.find(Query(), rights=STYLE, k=20).shortfall == 0
    clips.put([_revoked(clip) for clip in held if clip.licence.owner == "1"])
    found = search.find(Query(), rights=STYLE, k=20)
    assert {one.licence.owner for one in found.references} == {"0"}
    assert found.shortfall == 10


def test_a_stale_index_row_is_caught_and_its_place_is_refilled(empty: tuple[Clips, Search]):
    clips, search = empty
    held = [a_clip(f"heron {n}", caption="a heron " * (n + 1)) for n in range(12)]
    _put(empty, *held)
    first = search.find(Query(text="heron"), rights=STYLE, k=8)
    clips.put([_revoked(clip) for clip in first.clips[:3]])
    again = search.find(Query(text="heron"), rights=STYLE, k=8)
    names = {one.clip_id for one in again.references}
    assert names.isdisjoint(clip.clip_id for clip in first.clips[:3])
    assert len(names) == 8
    assert again.shortfall == 0


def test_stale_rows_cannot_crowd_out_what_may_be_used_further_down(empty: tuple[Clips, Search]):
    clips, search = empty
    best = [a_clip(f"heron {n}", caption="heron heron heron") for n in range(150)]
    rest = [a_clip(f"crane {n}", caption="a heron behind a very long row of many other cranes") for n in range(5)]
    _put(empty, *best, *rest)
    clips.put([_revoked(clip) for clip in best])
    found = search.find(Query(text="heron", diversity=1), rights=STYLE, k=8)
    assert {one.clip_id for one in found.references} == {clip.clip_id for clip in rest}
    assert found.shortfall == 3


def test_the_licence_that_travels_with_a_hit_is_that_of_the_database(empty: tuple[Clips, Search]):
    clips, search = empty
    clip = a_clip("heron")
    _put(empty, clip)
    licence = clip.licence.model_copy(update={"revision": 2, "expires": date(2030, 1, 1), "uses": ("style_reference",)})
    clips.put([clip.model_copy(update={"licence": licence})])
    (reference,) = search.find(Query(text="heron"), rights=STYLE, k=1).references
    assert reference.licence == licence
    assert not reference.may_cut_in


def test_a_row_of_a_clip_that_is_not_in_the_database_is_no_hit(tmp_path: Path):
    clips, search = opened(tmp_path / "one")
    other, _ = opened(tmp_path / "other")
    _put((clips, search), a_clip("heron"))
    stray = Search(other, LanceIndex(tmp_path / "one" / "index"))
    assert stray.find(Query(text="heron"), rights=STYLE, k=1).shortfall == 1


def test_what_may_not_be_cut_in_is_found_and_flagged(empty: tuple[Clips, Search]):
    _put(
        empty,
        a_clip("free"),
        a_clip("look only", licence=WORLDWIDE.model_copy(update={"uses": ("style_reference",)})),
        a_clip("faces", licence=WORLDWIDE.model_copy(update={"people_release": "missing"})),
    )
    found = empty[1].find(Query(), rights=STYLE, k=3)
    assert {one.title: one.may_cut_in for one in found.references} == {"free": True, "look only": False, "faces": False}


def test_words_come_before_looks_and_looks_fill_the_list(empty: tuple[Clips, Search]):
    rng = random.Random(1)
    held = [
        a_clip(f"clip {n}", caption="nothing", look=many_clips(1, seed=rng.randint(0, 99))[0].look) for n in range(6)
    ]
    _put(empty, *held, a_clip("heron", caption="a grey heron"))
    target = StyleTarget(luma=0.1)
    found = empty[1].find(Query(text="heron", style=target, diversity=1), rights=STYLE, k=7)
    assert found.references[0].title == "heron"
    matches = [target.match(clip.look) for clip in found.clips[1:]]
    assert matches == sorted(matches, reverse=True)
    assert [one.score for one in found.references] == sorted((one.score for one in found.references), reverse=True)
    assert all(0 <= one.score <= 1 for one in found.references)


def test_clips_alike_make_way_for_others_unless_only_relevance_counts(empty: tuple[Clips, Search]):
    twin = many_clips(1)[0].look
    other = many_clips(8)[7].look
    _put(
        empty,
        *[a_clip(f"heron {n}", caption="a grey heron in the reeds", look=twin) for n in range(5)],
        a_clip("lighthouse", caption="a heron far off beneath the white lighthouse at noon", look=other),
    )
    search = empty[1]
    varied = search.find(Query(text="heron", diversity=0.5), rights=STYLE, k=2)
    strict = search.find(Query(text="heron", diversity=1), rights=STYLE, k=2)
    assert "lighthouse" in {one.title for one in varied.references}
    assert "lighthouse" not in {one.title for one in strict.references}


def test_no_owner_takes_more_than_asked_for_while_others_fill_the_list(empty: tuple[Clips, Search]):
    mine = [a_clip(f"heron {n}", caption="heron heron") for n in range(8)]
    theirs = [a_clip(f"crane {n}", licence=WORLDWIDE.model_copy(update={"owner": f"o{n}"})) for n in range(4)]
    _put(empty, *mine, *theirs)
    capped = Query(text="heron", max_per_owner=2)
    owners = [one.licence.owner for one in empty[1].find(capped, rights=STYLE, k=6).references]
    assert Counter(owners)["North"] == 2
    everything = empty[1].find(capped, rights=STYLE, k=12)
    assert everything.shortfall == 0


def test_a_clip_is_never_like_itself(empty: tuple[Clips, Search]):
    held = many_clips(40)
    _put(empty, *held)
    wanted = next(clip for clip in held if permits(clip.licence, STYLE).allowed)
    found = empty[1].find(Query(like=wanted.clip_id, diversity=1), rights=STYLE, k=5)
    assert wanted.clip_id not in {one.clip_id for one in found.references}
    others = [clip for clip in held if permits(clip.licence, STYLE).allowed and clip != wanted]
    apart = {clip.clip_id: abs(clip.look.luma - wanted.look.luma) for clip in others}
    assert sum(apart[clip.clip_id] for clip in found.clips) / 5 < sum(apart.values()) / len(apart)


def test_the_same_question_has_the_same_answer_in_every_home(tmp_path: Path):
    held = many_clips(120)
    answers = []
    for number in range(2):
        clips, search = opened(tmp_path / str(number))
        order = held if number else held[::-1]
        for start in range(0, len(order), 50):
            _put((clips, search), *order[start : start + 50])
        query = Query(text="foggy glacier", style=StyleTarget(luma=0.3))
        answers.append([one.clip_id for one in search.find(query, rights=STYLE, k=20).references])
    assert answers[0] == answers[1]


def test_equals_are_ordered_by_clip_id(empty: tuple[Clips, Search]):
    look = many_clips(1)[0].look
    held = [a_clip(f"same {n}", caption="same", look=look).model_copy(update={"title": "same"}) for n in range(9)]
    _put(empty, *held)
    found = empty[1].find(Query(text="same", diversity=1), rights=STYLE, k=9)
    assert [one.clip_id for one in found.references] == sorted(clip.clip_id for clip in held)


def test_sync_pushes_what_changed_and_nothing_twice(empty: tuple[Clips, Search]):
    clips, search = empty
    held = many_clips(30)
    clips.put(held)
    assert search.find(Query(), rights=STYLE, k=5).shortfall == 5
    assert search.sync() == 30
    assert search.sync() == 0
    clips.put(held[:2])
    assert search.sync() == 2


def test_a_lost_index_is_filled_again(tmp_path: Path):
    clips, search = opened(tmp_path)
    _put((clips, search), *many_clips(30))
    shutil.rmtree(tmp_path / "index")
    clips, search = opened(tmp_path)
    assert search.sync() == 30
    assert search.find(Query(), rights=STYLE, k=5).shortfall == 0


def test_reindex_forgets_rows_that_the_database_does_not_have(tmp_path: Path):
    clips, search = opened(tmp_path / "one")
    _put((clips, search), *many_clips(10))
    other, _ = opened(tmp_path / "other")
    other.put(many_clips(4))
    index = LanceIndex(tmp_path / "one" / "index")
    moved = Search(other, index)
    assert moved.reindex() == 4
    assert index.count() == 4


def test_an_index_of_another_layout_is_made_anew(tmp_path: Path):
    clips, search = opened(tmp_path)
    _put((clips, search), *many_clips(10))
    script = (
        "import sys, lancedb, pyarrow as pa\n"
        "home = lancedb.connect(sys.argv[1])\n"
        "home.drop_table('clips')\n"
        "home.create_table('clips', pa.table({'clip_id': ['old']}))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "index")], check=True)
    clips, search = opened(tmp_path)
    assert search.sync() == 10
    assert search.find(Query(), rights=STYLE, k=1).shortfall == 0


def test_several_processes_may_sync_one_catalogue_at_once(tmp_path: Path):
    held = many_clips(200)
    clips, search = opened(tmp_path)
    clips.put(held)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.catalog.synthetic import many_clips, opened\n"
        "clips, search = opened(Path(sys.argv[1]))\n"
        "for start in range(0, 200, 40):\n"
        "    clips.put(many_clips(200)[start:start + 40])\n"
        "    search.sync()\n"
    )
    root = Path(__file__).parents[2]
    crowd = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=root) for _ in range(3)]
    assert [one.wait(timeout=120) for one in crowd] == [0, 0, 0]
    search.sync()
    assert LanceIndex(tmp_path / "index").count() == 200
    allowed = sum(permits(clip.licence, STYLE).allowed for clip in held)
    assert search.find(Query(), rights=STYLE, k=200).shortfall == 200 - allowed


def test_an_index_that_cannot_be_used_is_said_in_one_line(tmp_path: Path):
    (tmp_path / "index").write_text("not a folder", encoding="utf-8")
    with pytest.raises(HomeError) as caught:
        LanceIndex(tmp_path / "index")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "index") in str(caught.value)


class Letters:
    """An embedder whose space is how often each letter occurs."""

    id, dim, sha256 = "letters", 384, "1" * 64
    modalities: frozenset[Modality] = frozenset({"text"})

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Count letters."""
        counts = np.zeros((len(texts), 384), np.float32)
        for at, text in enumerate(texts):
            for letter in text.lower():
                counts[at, ord(letter) % 384] += 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def embed_pictures(self, pictures: Sequence[Path]) -> NDArray[np.float32]:
        """Pictures have no letters."""
        raise NotImplementedError


def test_with_an_embedder_meaning_outweighs_the_words(tmp_path: Path):
    clips, _ = opened(tmp_path)
    search = Search(clips, LanceIndex(tmp_path / "index", space=space_of(Letters())), embedder=Letters())
    _put((clips, search), a_clip("tone", caption="zzzz zzzz zzzz zzzz"), a_clip("note", caption="eton eton"))
    found = search.find(Query(text="tone", diversity=1), rights=STYLE, k=2)
    assert [one.title for one in found.references] == ["note", "tone"]
