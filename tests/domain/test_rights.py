"""What a licence allows: conjunctive, closed on the unknown, deny wins."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from circletake.domain.rights import (
    MEDIA,
    PERPETUAL,
    USES,
    Licence,
    RightsContext,
    Window,
    permits,
)

PLACES = ("WORLD", "DE", "FR", "US", "JP")
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))

LICENCES = st.builds(
    Licence,
    owner=st.just("an owner"),
    licence=st.sampled_from(["CC0-1.0", "HOUSE-7", "", "  ", "unknown", " Unknown "]),
    territories=st.lists(st.sampled_from(PLACES), unique=True).map(tuple),
    uses=st.lists(st.sampled_from(USES), unique=True).map(tuple),
    valid_from=st.none() | DAYS,
    expires=st.none() | DAYS | st.just(PERPETUAL),
    media=st.lists(st.sampled_from(MEDIA), unique=True).map(tuple),
    people_release=st.sampled_from(["none_needed", "signed", "missing", "unknown"]),
    revoked=st.booleans(),
)
WINDOWS = st.tuples(DAYS, st.integers(0, 400)).map(
    lambda drawn: Window(first=drawn[0], last=drawn[0] + timedelta(drawn[1]))
)
CONTEXTS = st.builds(
    RightsContext,
    territories=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True).map(tuple),
    uses=st.lists(st.sampled_from(USES), min_size=1, unique=True).map(tuple),
    media=st.lists(st.sampled_from(MEDIA), min_size=1, max_size=3, unique=True).map(tuple),
    window=WINDOWS,
)
GENEROUS = Licence(
    owner="an owner",
    licence="CC0-1.0",
    territories=("WORLD",),
    uses=USES,
    valid_from=date(2000, 1, 1),
    expires=PERPETUAL,
    media=("all",),
    people_release="signed",
)


def may(licence: Licence, place: str, use: str, medium: str, day: date) -> bool:
    """One place, one use, one medium, one day: the rule as a lawyer would say it."""
    if licence.revoked or licence.licence.strip().lower() in {"", "unknown"}:
        return False
    if licence.valid_from is None or licence.expires is None:
        return False
    if use == "publish" and licence.people_release in {"missing", "unknown"}:
        return False
    return (
        (place in licence.territories or "WORLD" in licence.territories)
        and use in licence.uses
        and (medium in licence.media or "all" in licence.media)
        and licence.valid_from <= day <= licence.expires
    )


@settings(deadline=None)
@given(LICENCES, CONTEXTS)
def test_a_use_is_allowed_exactly_when_every_place_use_medium_and_day_of_it_is(
    licence: Licence, context: RightsContext
):
    days = [context.window.first + timedelta(n) for n in range((context.window.last - context.window.first).days + 1)]
    everything = all(
        may(licence, place, use, medium, day)
        for place in context.territories
        for use in context.uses
        for medium in context.media
        for day in days
    )
    assert permits(licence, context).allowed == everything


@given(LICENCES, CONTEXTS)
def test_a_refusal_always_says_why_and_a_clearance_never_does(licence: Licence, context: RightsContext):
    verdict = permits(licence, context)
    assert verdict.allowed == (not verdict.reasons)


@given(CONTEXTS)
def test_a_licence_that_allows_everything_allows_it(context: RightsContext):
    assert permits(GENEROUS, context).allowed


@given(LICENCES, CONTEXTS, CONTEXTS)
def test_asking_for_more_never_allows_what_less_did_not(licence: Licence, one: RightsContext, other: RightsContext):
    both = RightsContext(
        territories=tuple(dict.fromkeys(one.territories + other.territories)),
        uses=tuple(dict.fromkeys(one.uses + other.uses)),
        media=tuple(dict.fromkeys(one.media + other.media)),
        window=Window(
            first=min(one.window.first, other.window.first),
            last=max(one.window.last, other.window.last),
        ),
    )
    assert not permits(licence, both).allowed or permits(licence, one).allowed


@pytest.mark.parametrize(
    "gap",
    [
        {"licence": ""},
        {"licence": "unknown"},
        {"territories": ()},
        {"uses": ()},
        {"valid_from": None},
        {"expires": None},
        {"media": ()},
        {"revoked": True},
    ],
    ids=str,
)
@given(context=CONTEXTS)
def test_one_unknown_or_a_revocation_denies_whatever_else_is_granted(gap: dict[str, object], context: RightsContext):
    verdict = permits(GENEROUS.model_copy(update=gap), context)
    assert not verdict.allowed
    assert len(verdict.reasons) == 1


@pytest.mark.parametrize("release", ["missing", "unknown"])
@given(context=CONTEXTS)
def test_recognisable_people_without_a_signed_release_are_never_published(release: str, context: RightsContext):
    licence = GENEROUS.model_copy(update={"people_release": release})
    assert permits(licence, context).allowed == ("publish" not in context.uses)


@given(CONTEXTS)
def test_the_last_day_is_included_and_the_day_after_is_not(context: RightsContext):
    window = context.window
    exact = GENEROUS.model_copy(update={"valid_from": window.first, "expires": window.last})
    assert permits(exact, context).allowed
    late = Window(first=window.first, last=window.last + timedelta(1))
    early = Window(first=window.first - timedelta(1), last=window.last)
    for longer in (late, early):
        assert not permits(exact, context.model_copy(update={"window": longer})).allowed


def test_a_country_list_is_not_the_world():
    context = RightsContext(
        territories=("WORLD",), uses=("publish",), media=("web",), window=Window(first=PERPETUAL, last=PERPETUAL)
    )
    listed = GENEROUS.model_copy(update={"territories": ("DE", "FR")})
    assert permits(listed, context).reasons == ("not cleared for WORLD (cleared for DE|FR)",)


@given(CONTEXTS)
def test_the_hash_of_a_question_does_not_depend_on_the_order_of_its_parts(context: RightsContext):
    turned = RightsContext(
        territories=context.territories[::-1],
        uses=context.uses[::-1],
        media=context.media[::-1],
        window=context.window,
    )
    assert turned.predicate_sha256() == context.predicate_sha256()


@given(CONTEXTS, CONTEXTS)
def test_different_questions_have_different_hashes(one: RightsContext, other: RightsContext):
    parts = [(set(c.territories), set(c.uses), set(c.media), c.window) for c in (one, other)]
    assume(parts[0] != parts[1])
    assert one.predicate_sha256() != other.predicate_sha256()


def test_a_context_names_known_places_and_a_window_that_does_not_run_backwards():
    day = date(2026, 1, 1)
    with pytest.raises(ValidationError, match="unknown territory 'UK'"):
        RightsContext(territories=("UK",), uses=("publish",), media=("web",), window=Window(first=day, last=day))
    with pytest.raises(ValidationError, match="before it begins"):
        Window(first=day, last=day - timedelta(1))
    for missing in ("territories", "uses", "media"):
        parts: dict[str, object] = {
            "territories": ("DE",),
            "uses": ("publish",),
            "media": ("web",),
            "window": Window(first=day, last=day),
            missing: (),
        }
        with pytest.raises(ValidationError, match=missing):
            RightsContext.model_validate(parts)
