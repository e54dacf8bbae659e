"""The contract of an index, and of the reference search over it; an adapter that is not listed here does not exist."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from circletake.catalog.base import Hit, Index, Meaning, Row, Space, Wanted
from circletake.catalog.lance import LanceIndex
from circletake.catalog.style import LookWish, Vector
from circletake.domain.look import StyleTarget
from circletake.domain.ports import ReferenceSearch, RightsCheck
from circletake.domain.reference import Filters, Query
from circletake.domain.rights import permits
from circletake.errors import UnknownId, UsageError, WrongSpace
from tests.catalog.synthetic import SUBJECTS, WORLDWIDE, a_clip, any_question, asking, many_clips, opened

SPACE = Space("space/1", 384)


def _on_disk(place: Path) -> Index:
    """Small tables are read into memory, so this one may not be."""
    return LanceIndex(place, space=SPACE, memory=0)


ADAPTERS: dict[str, Callable[[Path], Index]] = {
    "lance, in memory": lambda place: LanceIndex(place, space=SPACE),
    "lance, on disk": _on_disk,
}
STYLE = asking("style_reference")


@pytest.fixture(params=sorted(ADAPTERS))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    return ADAPTERS[request.param](tmp_path / "index")


def _ids(hits: tuple[Hit, ...]) -> set[str]:
    return {hit.clip_id for hit in hits}


def test_an_empty_index_finds_nothing(index: Index):
    assert index.count() == 0
    assert (
        index.search(Wanted(text="harbour", look=LookWish(style=StyleTarget(luma=0.5))), rights=STYLE, limit=10) == ()
    )


def test_every_row_that_passes_is_found_when_there_are_few_whether_a_word_matches_or_not(index: Index):
    clips = many_clips(60)
    index.upsert([Row.of(clip) for clip in clips])
    hits = index.search(Wanted(text="corridor"), rights=STYLE, limit=100)
    assert _ids(hits) == {clip.clip_id for clip in clips if permits(clip.licence, STYLE).allowed}
    matched = {hit.clip_id for hit in hits if hit.words > 0}
    assert matched == _ids(hits) & {clip.clip_id for clip in clips if "corridor" in clip.caption}
    assert matched


def test_the_predicate_decides_as_the_domain_does(index: Index):
    clips = many_clips(160)
    index.upsert([Row.of(clip) for clip in clips])
    rng = random.Random(3)
    for _ in range(100):
        question = any_question(rng)
        hits = index.search(Wanted(), rights=question, limit=len(clips) + 1)
        assert _ids(hits) == {clip.clip_id for clip in clips if permits(clip.licence, question).allowed}


def test_a_row_is_replaced_by_its_clip_id_and_old_words_are_forgotten(index: Index):
    clip = a_clip("one", caption="a whale breaches")
    index.upsert([Row.of(clip)])
    index.upsert([Row.of(clip.model_copy(update={"caption": "a crane lands"}))])
    assert index.count() == 1
    words = {text: index.search(Wanted(text=text), rights=STYLE, limit=5)[0].words for text in ("whale", "crane")}
    assert words["whale"] == 0
    assert words["crane"] > 0


def test_a_revision_travels_with_its_row(index: Index):
    clip = a_clip("one", licence=WORLDWIDE.model_copy(update={"revision": 5}))
    index.upsert([Row.of(clip)])
    assert [hit.revision for hit in index.search(Wanted(), rights=STYLE, limit=5)] == [5]


def test_rows_can_be_removed_singly_and_altogether(index: Index):
    clips = [a_clip(name) for name in ("one", "two", "it's", 'a "third"')]
    index.upsert([Row.of(clip) for clip in clips])
    index.delete([clips[0].clip_id, "not there", "'; --"])
    assert index.count() == 3
    index.clear()
    assert index.count() == 0
    index.upsert([Row.of(clips[0])])
    assert index.count() == 1


def test_words_find_other_forms_of_themselves_in_title_caption_and_tags(index: Index):
    index.upsert(
        [
            Row.of(a_clip("walking", caption="nobody")),
            Row.of(a_clip("b", caption="two boats at dawn")),
            Row.of(a_clip("c", caption="nothing").model_copy(update={"tags": ("café", "night")})),
        ]
    )
    for text, title in (("walks", "walking"), ("boat", "b"), ("cafe", "c"), ("NIGHT", "c")):
        hits = index.search(Wanted(text=text), rights=STYLE, limit=5)
        assert [a_clip(title).clip_id] == [hit.clip_id for hit in hits if hit.words > 0], text


def test_the_look_is_scored_as_the_domain_scores_it(index: Index):
    clips = many_clips(60)
    index.upsert([Row.of(clip) for clip in clips])
    target = StyleTarget(luma=0.2, contrast=0.7, saturation=0.1, warmth=-0.4, motion=0.3)
    looks = {clip.clip_id: clip.look for clip in clips}
    hits = index.search(Wanted(look=LookWish(style=target)), rights=STYLE, limit=100)
    assert hits
    for hit in hits:
        assert hit.look == pytest.approx(target.match(looks[hit.clip_id]), abs=1e-5)


def test_the_same_look_is_the_nearest(index: Index):
    clips = many_clips(60)
    index.upsert([Row.of(clip) for clip in clips])
    wanted = next(clip for clip in clips if permits(clip.licence, STYLE).allowed)
    hits = index.search(
        Wanted(look=LookWish(like=np.asarray(wanted.look.vector(), np.float32))), rights=STYLE, limit=100
    )
    best = max(hits, key=lambda hit: hit.look)
    assert best.clip_id == wanted.clip_id
    assert best.look == pytest.approx(1.0, abs=1e-5)


def _pointing(at: int) -> Vector:
    vector = np.zeros(384, np.float32)
    vector[at] = 1.0
    return vector


def test_the_nearest_in_meaning_have_their_cosine_and_rows_without_a_vector_have_none(index: Index):
    half = (_pointing(3) + _pointing(4)) / np.sqrt(2).astype(np.float32)
    index.upsert(
        [
            Row.of(a_clip("same"), Meaning("space/1", _pointing(3))),
            Row.of(a_clip("half"), Meaning("space/1", half)),
            Row.of(a_clip("none")),
        ]
    )
    hits = index.search(Wanted(meaning=Meaning("space/1", _pointing(3))), rights=STYLE, limit=5)
    cosines = {hit.clip_id: hit.meaning for hit in hits}
    wanted = {a_clip("same").clip_id: 1.0, a_clip("half").clip_id: 0.7071, a_clip("none").clip_id: 0.0}
    assert cosines == pytest.approx(wanted, abs=1e-4)
    assert index.lacking(5) == (a_clip("none").clip_id,)


def test_vectors_of_another_space_are_neither_taken_nor_asked_for(index: Index):
    index.upsert([Row.of(a_clip("here"), Meaning("space/1", _pointing(3)))])
    with pytest.raises(WrongSpace, match="space/2"):
        index.upsert([Row.of(a_clip("there"), Meaning("space/2", _pointing(3)))])
    with pytest.raises(WrongSpace, match="space/2"):
        index.search(Wanted(meaning=Meaning("space/2", _pointing(3))), rights=STYLE, limit=5)
    assert index.count() == 1


@pytest.mark.parametrize("limit", [8, 100])
def test_the_nearest_in_meaning_are_found_among_those_that_are_cleared(index: Index, limit: int):
    """Owners have their own content and their own rights, so what is near is often all refused."""
    clips = many_clips(400)
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((len(SUBJECTS), 384))
    told = {}
    for number, clip in enumerate(clips):
        vector = centres[number % len(SUBJECTS)] + 0.5 * rng.standard_normal(384)
        told[clip.clip_id] = (vector / np.linalg.norm(vector)).astype(np.float32)
    index.upsert([Row.of(clip, Meaning("space/1", told[clip.clip_id])) for clip in clips])
    index.settle()
    for centre in centres:
        asked = (centre / np.linalg.norm(centre)).astype(np.float32)
        for question in (STYLE, asking("derivative", "publish"), asking("train", territories=("FR",))):
            allowed = [clip.clip_id for clip in clips if permits(clip.licence, question).allowed]
            near = {name: float(told[name] @ asked) for name in allowed}
            best = sorted((name for name in near if near[name] > 0), key=lambda name: -near[name])[:limit]
            hits = index.search(Wanted(meaning=Meaning("space/1", asked)), rights=question, limit=limit)
            assert set(best) <= _ids(hits) <= set(allowed)


def test_filters_let_through_what_the_domain_lets_through(index: Index):
    clips = many_clips(200)
    words = ("close-up of", "aerial view of", "")
    clips = [
        clip.model_copy(update={"caption": f"{words[n % 3]} {clip.caption}", "frames": 24 * (1 + n % 9)})
        for n, clip in enumerate(clips)
    ]
    index.upsert([Row.of(clip) for clip in clips])
    asked = [
        Filters(sizes=("CU", "MCU")),
        Filters(moves=("push_in", "static")),
        Filters(seconds=(2, 5)),
        Filters(luma=(None, 0.4)),
        Filters(sizes=("ELS",), moves=("pull_out",), seconds=(3, None), luma=(0.3, 0.9)),
    ]
    for filters in asked:
        hits = index.search(Wanted(text="harbour", filters=filters), rights=STYLE, limit=500)
        allowed = {clip.clip_id for clip in clips if filters.passes(clip) and permits(clip.licence, STYLE).allowed}
        assert _ids(hits) == allowed
        assert allowed


def test_the_best_on_every_part_are_found_when_there_are_many(index: Index):
    clips = many_clips(400)
    index.upsert([Row.of(clip) for clip in clips])
    target = StyleTarget(luma=0.9, saturation=0.9)
    allowed = [clip for clip in clips if permits(clip.licence, STYLE).allowed]
    bright = sorted(allowed, key=lambda clip: -target.match(clip.look))[:10]
    hits = index.search(Wanted(text="glacier", look=LookWish(style=target)), rights=STYLE, limit=10)
    assert {clip.clip_id for clip in bright} <= _ids(hits)
    assert sum(hit.words > 0 for hit in hits) >= min(10, sum(SUBJECTS[-1] in clip.caption for clip in allowed))


@pytest.mark.parametrize(
    "text",
    ['"', "'", "'; drop table clips; --", "(a OR", "a AND NOT", "*", "+harbour -harbour", "caption:harbour", "\\",
     "\x00\x01\x1b[31m", "\ud83d", "🎬", "​", "a" * 1_000_000, "harbour " * 130_000, "日本語", "%s %n {0}"],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_any_text_is_only_words(index: Index, text: str):
    index.upsert([Row.of(clip) for clip in many_clips(40)])
    assert len(index.search(Wanted(text=text), rights=STYLE, limit=100)) == len(
        index.search(Wanted(), rights=STYLE, limit=100)
    )


def test_a_second_opening_sees_what_the_first_writes(tmp_path: Path):
    for name, make in ADAPTERS.items():
        one, two = make(tmp_path / name), make(tmp_path / name)
        one.upsert([Row.of(a_clip("one", caption="a heron"))])
        assert two.search(Wanted(text="heron"), rights=STYLE, limit=5)[0].words > 0


class TestReferenceSearch:
    """What departments rely on, through the ports alone."""

    @pytest.fixture
    def search(self, tmp_path: Path) -> ReferenceSearch:
        clips, search = opened(tmp_path)
        clips.put(many_clips(80))
        search.sync()
        return search

    def test_it_answers_with_as_many_as_asked_for_and_says_what_is_missing(self, search: ReferenceSearch):
        found = search.find(Query(text="harbour"), rights=STYLE, k=8)
        assert len(found.references) == len(found.clips) == 8
        assert found.shortfall == 0
        everything = search.find(Query(text="harbour"), rights=STYLE, k=500)
        assert len(everything.references) + everything.shortfall == 500
        assert 0 < len(everything.references) < 80

    def test_references_and_clips_are_the_same_in_the_same_order(self, search: ReferenceSearch):
        found = search.find(Query(text="stormy market", style=StyleTarget(luma=0.4)), rights=STYLE)
        assert [one.clip_id for one in found.references] == [clip.clip_id for clip in found.clips]
        for reference, clip in zip(found.references, found.clips, strict=True):
            assert reference.licence == clip.licence
            assert reference.predicate_sha256 == STYLE.predicate_sha256()

    def test_a_clip_is_looked_up_by_its_id(self, search: ReferenceSearch):
        clip = many_clips(1)[0]
        assert search.clip(clip.clip_id) == clip
        with pytest.raises(UnknownId, match="nonesuch"):
            search.clip("nonesuch")

    def test_nothing_can_look_like_a_clip_that_is_not_there(self, search: ReferenceSearch):
        with pytest.raises(UnknownId, match="nonesuch"):
            search.find(Query(like="nonesuch"), rights=STYLE)

    def test_asking_for_none_is_a_mistake(self, search: ReferenceSearch):
        with pytest.raises(UsageError, match="at least 1"):
            search.find(Query(text="harbour"), rights=STYLE, k=0)

    def test_rights_are_checked_clip_by_clip_and_the_unknown_is_refused(self, tmp_path: Path):
        clips, search = opened(tmp_path)
        clips.put(many_clips(20))
        check: RightsCheck = search
        verdicts = check.check([*(clip.clip_id for clip in many_clips(20)), "nonesuch"], STYLE)
        assert verdicts.pop("nonesuch").reasons == ("not in the catalogue",)
        assert verdicts == {clip.clip_id: permits(clip.licence, STYLE) for clip in many_clips(20)}
