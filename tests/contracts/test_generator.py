"""What every generator promises. A new adapter is added to ADAPTERS, or it does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from circletake.domain.operation import Operation, Outcome, operation_key
from circletake.domain.take import Take
from circletake.generate import Generator, Ripomatic
from circletake.generate.base import FinalOrder
from circletake.generate.loopback import Loopback
from circletake.media.probe import probe
from circletake.runtime.files import FileStore
from tests.domain.examples import EXAMPLES
from tests.generate.footage import clip, order
from tests.provider.running import running

ADAPTERS: dict[str, Callable[[FileStore, dict[str, str]], Generator]] = {"loopback": Loopback, "ripomatic": Ripomatic}


@pytest.fixture(params=sorted(ADAPTERS))
def generator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Generator]:
    if request.param == "loopback":
        with (
            running(tmp_path / "provider", job_seconds=0) as provider,
            closing(ADAPTERS[request.param](FileStore(tmp_path), provider.options())) as made,
        ):
            yield made
    else:
        yield ADAPTERS[request.param](FileStore(tmp_path), {})


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def operation(generator: Generator, payload: dict, number: int = 1) -> Operation:
    return Operation(
        key=operation_key("p", "generate", "1A", number, 1),
        production="p",
        step="generate",
        slate="1A",
        number=number,
        round=1,
        generator=generator.name,
        request=payload,
        quote=generator.quote(payload).amount,
    )


def driven(generator: Generator, one: Operation) -> Outcome:
    handle = json.loads(json.dumps(generator.submit(one)))
    while generator.poll(handle) is not None:
        pass
    return generator.fetch(one.model_copy(update={"handle": handle}))


def test_every_registered_generator_is_in_this_suite():
    assert {point.name for point in entry_points(group="circletake.generators")} == set(ADAPTERS)


def test_it_says_what_it_can_do_and_what_it_costs(generator: Generator, files: FileStore):
    can = generator.capabilities()
    (first, *_) = generator.ask(order(files, (clip(files, "a"),)))
    quote = generator.quote(first.payload)
    assert can.outputs >= 1
    assert can.max_frames > 0
    assert quote.amount >= Decimal(0)
    assert quote.price


def test_a_plan_is_estimated_as_its_operations_are_quoted(generator: Generator, files: FileStore):
    asked = order(files, (clip(files, "a"),), takes=5)
    quotes = [generator.quote(one.payload).amount for one in generator.ask(asked)]
    estimate = generator.estimate(asked.plan, {asked.shot.slate: 5})
    assert estimate.amount == sum(quotes)
    assert estimate.is_free == (generator.capabilities().mode == "local")


def test_what_it_asks_for_yields_the_wanted_takes_within_its_limits(generator: Generator, files: FileStore):
    clips = (clip(files, "a"), clip(files, "b", seed=2))
    requests = generator.ask(order(files, clips, takes=5))
    assert sum(request.outputs for request in requests) == 5
    assert all(1 <= request.outputs <= generator.capabilities().outputs for request in requests)


def test_requests_are_json_and_the_same_order_gives_the_same_requests(generator: Generator, files: FileStore):
    asked = order(files, (clip(files, "a"), clip(files, "b", seed=2)))
    first, second = generator.ask(asked), generator.ask(asked)
    assert [json.dumps(one.payload, sort_keys=True) for one in first] == [
        json.dumps(one.payload, sort_keys=True) for one in second
    ]


def test_only_footage_that_was_offered_is_used(generator: Generator, files: FileStore):
    clips = (clip(files, "a"), clip(files, "b", seed=2))
    offered = {one.clip_id for one in clips}
    for request in generator.ask(order(files, clips, takes=6)):
        assert set(request.clips) <= offered
        assert set(request.style_clips) <= offered


def test_a_submitted_operation_yields_takes_that_are_what_was_ordered(generator: Generator, files: FileStore):
    asked = order(files, (clip(files, "a"),), takes=2)
    outcomes = [
        driven(generator, operation(generator, one.payload, n)) for n, one in enumerate(generator.ask(asked), 1)
    ]
    outputs = [output for outcome in outcomes for output in outcome.outputs]
    assert [outcome.state for outcome in outcomes] == ["done"] * len(outcomes)
    assert len(outputs) == 2
    for output in outputs:
        film = probe(files.path(output.uri))
        assert film.frames == asked.shot.frames
        assert (film.width, film.height) in (asked.size, asked.preview_size)
        assert output.qc is not None
        assert output.qc.passed, output.qc.reasons
        assert output.look is not None
        assert files.path(output.poster).exists()


def test_a_circled_take_comes_to_the_size_of_the_film(generator: Generator, files: FileStore):
    footage = clip(files, "a")
    asked = order(files, (footage,), takes=2)
    (request, *_) = generator.ask(asked)
    take = EXAMPLES["take"]
    assert isinstance(take, Take)
    for output in driven(generator, operation(generator, request.payload)).outputs:
        final = generator.finish(
            FinalOrder(
                take=take.model_copy(update={"uri": output.uri, "clips": (footage.clip_id,)}),
                request=request.payload,
                index=output.index,
                size=asked.size,
                clips={footage.clip_id: footage},
            )
        )
        made = output if final is None else driven(generator, operation(generator, final.payload)).outputs[0]
        film = probe(files.path(made.uri))
        assert (film.frames, film.width, film.height) == (asked.shot.frames, *asked.size)


def test_fetching_again_gives_the_same_takes(generator: Generator, files: FileStore):
    (request, *_) = generator.ask(order(files, (clip(files, "a"),), takes=2))
    one = operation(generator, request.payload)
    first, again = driven(generator, one), driven(generator, one)
    assert [output.sha256 for output in first.outputs] == [output.sha256 for output in again.outputs]


def test_an_operation_that_may_have_been_accepted_can_be_asked_about(generator: Generator, files: FileStore):
    (request, *_) = generator.ask(order(files, (clip(files, "a"),), takes=1))
    one = operation(generator, request.payload)
    found = generator.reconcile(one)
    assert (found.handle is not None) == (found.verdict == "accepted")
    assert json.dumps(found.handle)
