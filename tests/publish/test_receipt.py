"""The receipt: everything that went into the film, as JSON and as a page that a person reads."""

from __future__ import annotations

import base64
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from circletake.domain.operation import Operation, request_sha256
from circletake.errors import HandoffInvalid, HomeError, MediaError
from circletake.publish.record import Receipt, credits_for, footage
from tests.catalog.synthetic import WORLDWIDE, a_clip
from tests.publish.film import BRIEF, FOG, PRODUCTION, Desk

VOID = frozenset({"meta", "img", "br", "link", "path"})


class Page(HTMLParser):
    """Reads a page: its words, what it loads, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(desk: Desk) -> Page:
    desk.publish()
    return Page((desk.folder / "receipt.html").read_text(encoding="utf-8"))


def receipt_of(desk: Desk) -> dict[str, Any]:
    desk.publish()
    return json.loads((desk.folder / "receipt.json").read_text(encoding="utf-8"))


def test_the_receipt_is_three_files_and_nothing_half_written(desk: Desk):
    desk.publish()
    assert sorted(path.name for path in desk.folder.iterdir()) == ["contact.png", "receipt.html", "receipt.json"]


def test_the_json_says_what_it_is_and_is_read_back(desk: Desk):
    desk.publish()
    text = (desk.folder / "receipt.json").read_text(encoding="utf-8")
    assert json.loads(text)["schema"] == "circletake.receipt/1"
    receipt = Receipt.from_json(text)
    assert receipt.brief.text == BRIEF
    assert receipt.master == desk.master
    assert receipt.releases == desk.house.releases.of(PRODUCTION)


def test_the_json_holds_every_take_with_its_checks_generator_and_recipe(desk: Desk):
    shots = receipt_of(desk)["shots"]
    assert [shot["slate"] for shot in shots] == ["1A", "1B"]
    takes = [record for shot in shots for record in shot["takes"]]
    assert [record["take"]["number"] for record in takes] == [1, 2, 3, 1, 2, 3]
    assert {record["take"]["generator"] for record in takes} == {"ripomatic"}
    failed = takes[2]["take"]["qc"]["findings"]
    assert failed[0]["reason"] == "the picture stands still"
    assert takes[1]["recipe_sha256"] == request_sha256({"move": "push_in", "number": 2})
    assert len({record["recipe_sha256"] for record in takes}) == 3


def test_the_json_holds_picks_approvals_footage_costs_and_credits(desk: Desk):
    receipt = receipt_of(desk)
    assert [(one["circled"]["number"], one["circled"]["by"], one["circled"]["who"]) for one in receipt["shots"]] == [
        (2, "person", "Ada"),
        (1, "person", "Ada"),
    ]
    assert [(one["point"], one["by"], one["note"]) for one in receipt["approvals"]] == [
        ("plan", "person", "slower start"),
        ("film", "person", "slower start"),
    ]
    assert [one["file"] for one in receipt["shots"][1]["cut_in"]] == ["door.mp4"]
    assert [one["file"] for one in receipt["shots"][1]["style"]] == ["fog.mp4"]
    assert receipt["costs"]["spent"] == "0.150000"
    assert [one["key"] for one in receipt["costs"]["operations"]] == [f"{PRODUCTION}/generate/1A/1/1"]
    assert receipt["credits"] == ["Footage: South (CC-BY-4.0)"]
    assert len(receipt["references"]) == 3


def test_a_reference_keeps_its_licence_as_it_stood(desk: Desk):
    changed = FOG.model_copy(
        update={"licence": FOG.licence.model_copy(update={"owner": "Somebody Else", "revision": 2})}
    )
    desk.house.clips.put([changed])
    shot = receipt_of(desk)["shots"][0]
    kept = next(one for one in shot["references"] if one["clip_id"] == FOG.clip_id)
    assert (kept["licence"]["owner"], kept["licence"]["revision"]) == ("East", 1)
    assert shot["style"][0]["licence"]["owner"] == "Somebody Else", "that is how it stands now"


def test_the_page_tells_a_person_what_the_film_rests_on(desk: Desk):
    text = page_of(desk).text
    for told in (
        "Die Tür: Größe",
        BRIEF,
        "4 s, 96 frames",
        "720 at 24 fps",
        "-14.0 LUFS",
        "circletake studio signer",
        "composite: cut and graded from footage",
        desk.master.sha256,
        desk.master.picture_sha256,
        "slower start",
        "the breath",
        "calm & loud",
        "the picture stands still",
        "0.15 USD",
        "Footage: South (CC-BY-4.0)",
        "for derivative and publish, in DE, AT, in web, from 22 Nov 2026 to 22 Nov 2027",
        "3 references, 2 of them may be cut in",
        "3 takes, 2 passed quality control",
    ):
        assert told in text, told


def test_the_page_shows_which_references_may_be_cut_in_and_which_are_for_style_only(desk: Desk):
    text = page_of(desk).text
    assert text.count("may be cut in CC") == 4
    assert text.count("style only CC0-1.0, East") == 2


def test_the_page_loads_nothing_and_runs_nothing(desk: Desk):
    page = page_of(desk)
    assert page.open == []
    assert "script" not in page.tags
    assert page.loads
    assert all(one.startswith("data:image/jpeg;base64,") for one in page.loads)
    raw = (desk.folder / "receipt.html").read_text(encoding="utf-8")
    assert re.findall(r"url\(|@import|https?://", raw) == []


def test_the_page_shows_the_posters_of_the_circled_takes(desk: Desk):
    page = page_of(desk)
    shown = {base64.b64decode(one.partition(",")[2]) for one in page.loads}
    takes = {take.id: take for take in desk.house.takes.takes(PRODUCTION)}
    assert shown == {desk.house.files.path(takes[name].poster).read_bytes() for name in ("1A-2", "1B-1")}


def test_markup_in_a_brief_is_shown_and_never_obeyed(desk: Desk):
    desk.publish()
    raw = (desk.folder / "receipt.html").read_text(encoding="utf-8")
    assert "<b>" not in raw
    assert "&lt;b&gt;nobody&lt;/b&gt;" in raw


def test_what_nobody_decided_is_marked_wherever_it_stands(nobodys: Desk):
    text = page_of(nobodys).text
    assert text.count("not by a person") == 1 + 4 + 2, "the head, four decisions, two shots"
    assert "Ada" not in text


def test_what_a_person_decided_is_never_called_anything_else(desk: Desk):
    desk.publish()
    assert "not by a person" not in (desk.folder / "receipt.html").read_text(encoding="utf-8").lower()


def test_one_pick_that_nobody_made_marks_the_whole_film(uncut: Desk):
    uncut.circle("1A", 2, "person")
    uncut.circle("1B", 1, "provisional")
    uncut.cut()
    uncut.approve("person")
    text = page_of(uncut).text
    assert text.count("not by a person") == 3, "the head, the decision, the shot"
    assert "by Ada" not in text


def test_a_film_without_footage_says_so(uncut: Desk):
    drawn = [
        take.model_copy(update={"number": 4, "clips": (), "files": (), "style_clips": ()})
        for take in uncut.house.takes.takes(PRODUCTION)
        if take.number == 1
    ]
    uncut.house.takes.add(drawn)
    for slate in ("1A", "1B"):
        uncut.circle(slate, 4, "person")
    uncut.cut()
    uncut.approve("person")
    text = page_of(uncut).text
    assert "No footage of the catalogue is in this film." in text
    assert "No credits are owed." in text
    assert receipt_of(uncut)["credits"] == []


def test_there_is_no_receipt_of_what_was_not_published(desk: Desk):
    with pytest.raises(HandoffInvalid, match="nothing of it has been published"):
        desk.receipts.write(PRODUCTION)
    assert not desk.folder.exists()


def test_a_poster_that_is_gone_is_one_clear_line(desk: Desk):
    take = desk.house.takes.takes(PRODUCTION, "1A")[0]
    desk.house.files.path(take.poster).unlink()
    with pytest.raises(MediaError, match="the poster of take 1A-1 cannot be read"):
        desk.receipts.show(PRODUCTION)


def test_a_folder_that_cannot_be_written_is_one_clear_line(desk: Desk):
    desk.folder.parent.write_text("in the way", encoding="utf-8")
    with pytest.raises(HomeError, match="free space or permit writing"):
        desk.receipts.show(PRODUCTION)


def test_operations_that_may_have_been_charged_are_listed_with_their_money(desk: Desk):
    operations = desk.house.operations
    one = Operation(
        key=f"{PRODUCTION}/generate/1B/9/1",
        production=PRODUCTION,
        step="generate",
        slate="1B",
        number=9,
        round=1,
        generator="loopback",
        request={"prompt": "a door"},
        quote=Decimal("1.50"),
    )
    desk.house.budgets.set_cap(PRODUCTION, Decimal(5))
    operations.plan([one])
    with operations.batch() as batch:
        batch.begin_submit(one)
        batch.mark_unknown(one, error=TimeoutError("no answer after 30 s"))
    text = page_of(desk).text
    assert "1 operation may have been charged" in text
    assert "at most 1.50 USD: no answer after 30 s" in text


def test_credits_are_owed_once_and_where_the_licence_asks_for_them():
    by = WORLDWIDE.model_copy(update={"licence": "CC-BY-4.0", "owner": "Ana"})
    house = WORLDWIDE.model_copy(update={"licence": "HOUSE-7", "credit": "Courtesy of North"})
    public = WORLDWIDE.model_copy(update={"licence": "CC0-1.0"})
    clips = {
        clip.clip_id: clip
        for clip in (
            a_clip("pier", licence=by),
            a_clip("quay", licence=house),
            a_clip("mole", licence=house),
            a_clip("sea", licence=public),
        )
    }
    used = footage([*clips, *clips, "nonesuch"], clips)
    assert [one.title for one in used] == ["pier", "quay", "mole", "sea"]
    assert credits_for(used) == ("pier by Ana (CC-BY-4.0)", "Courtesy of North (HOUSE-7)")
