"""A paid generator over HTTP: what each answer means for the money. Real client, fake server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from circletake.domain.operation import Operation, Outcome
from circletake.errors import (
    CircletakeError,
    InvalidRequest,
    QuotaExhausted,
    RateLimited,
    RejectedByPolicy,
    Retryable,
    SettingsError,
    SubmitUnknown,
    Unreachable,
)
from circletake.generate.loopback import Loopback
from circletake.generate.prices import price_of
from circletake.media.probe import probe
from circletake.runtime.files import FileStore
from tests.contracts.test_generator import operation
from tests.generate.footage import order
from tests.provider.running import Keeps, Provider, running

Start = Callable[..., tuple[Loopback, Provider]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Run a provider with faults, and make a client of it."""
    with ExitStack() as held:

        def begun(*faults: dict[str, Any], keeps: Keeps = "key", **options: str) -> tuple[Loopback, Provider]:
            provider = held.enter_context(running(tmp_path / "provider", keeps=keeps, faults=faults, job_seconds=0))
            client = Loopback(FileStore(tmp_path / "studio"), provider.options() | options)
            held.callback(client.close)
            return client, provider

        yield begun


def asked(client: Loopback, tmp_path: Path, *, takes: int = 1) -> Operation:
    (request, *_) = client.ask(order(FileStore(tmp_path / "studio"), (), takes=takes))
    return operation(client, request.payload)


def delivered(client: Loopback, one: Operation) -> Outcome:
    handle = client.submit(one)
    while client.poll(handle) is not None:
        time.sleep(0.01)
    return client.fetch(one.model_copy(update={"handle": handle}))


def test_a_submit_is_one_request_and_is_charged_once(start: Start, tmp_path: Path):
    client, provider = start()
    one = asked(client, tmp_path)
    client.submit(one)
    assert provider.submits == 1
    assert provider.charged == one.quote
    assert provider.charges[0]["label"] == one.key


@pytest.mark.parametrize(
    ("what", "error", "charged"),
    [
        ("429", RateLimited, False),
        ("503", SubmitUnknown, False),
        ("drop_before_accept", SubmitUnknown, False),
        ("drop_after_accept", SubmitUnknown, True),
        ("malformed_json", SubmitUnknown, True),
        ("policy_refusal", RejectedByPolicy, False),
        ("quota", QuotaExhausted, False),
    ],
)
def test_what_an_answer_to_a_submit_means(
    start: Start, tmp_path: Path, what: str, error: type[CircletakeError], charged: bool
):
    client, provider = start({"on": "submit", "what": what, "retry_after": 7})
    with pytest.raises(error) as raised:
        client.submit(asked(client, tmp_path))
    assert type(raised.value) is error
    assert (len(provider.charges), provider.submits) == (int(charged), 1)
    if isinstance(raised.value, RateLimited):
        assert raised.value.delay_s == 7


def test_a_provider_that_is_slow_to_answer_may_have_accepted(start: Start, tmp_path: Path):
    client, provider = start({"on": "submit", "what": "slow", "seconds": 2}, timeout_s="0.3")
    with pytest.raises(SubmitUnknown, match="ReadTimeout"):
        client.submit(asked(client, tmp_path))
    time.sleep(2.2)
    assert len(provider.charges) == 1


def test_a_provider_that_is_not_there_has_accepted_nothing(tmp_path: Path):
    client = Loopback(FileStore(tmp_path / "studio"), {"url": "http://127.0.0.1:9"})
    with closing(client), pytest.raises(Unreachable, match="no connection"):
        client.submit(asked(client, tmp_path))


def test_a_request_that_the_provider_calls_wrong_is_not_sent_again(start: Start, tmp_path: Path):
    client, _ = start()
    one = asked(client, tmp_path)
    wrong = one.model_copy(update={"request": {**one.request, "seconds": 61}})
    with pytest.raises(InvalidRequest, match="seconds from 1 to 60"):
        client.submit(wrong)


def test_without_an_address_it_says_which_setting_and_how_to_do_without(tmp_path: Path):
    client = Loopback(FileStore(tmp_path / "studio"), {})
    with pytest.raises(SettingsError, match=r"loopback_url.*--generator ripomatic"):
        client.submit(asked(client, tmp_path))


def test_a_doubtful_submit_is_found_by_its_key_and_never_charged_twice(start: Start, tmp_path: Path):
    client, provider = start({"on": "submit", "what": "drop_after_accept", "nth": [1]})
    one = asked(client, tmp_path)
    with pytest.raises(SubmitUnknown):
        client.submit(one)
    assert client.reconcile(one).verdict == "accepted"
    assert len(provider.charges) == 1


def test_a_doubtful_submit_is_found_in_the_list(start: Start, tmp_path: Path):
    client, provider = start({"on": "submit", "what": "drop_after_accept", "nth": [1]}, keeps="listing")
    one = asked(client, tmp_path)
    with pytest.raises(SubmitUnknown):
        client.submit(one)
    found = client.reconcile(one)
    assert (found.verdict, found.handle) == ("accepted", {"job": provider.charges[0]["id"]})
    assert provider.submits == 1


def test_what_is_not_in_the_list_may_still_be_on_its_way(start: Start, tmp_path: Path):
    client, provider = start({"on": "submit", "what": "late", "seconds": 0.4}, keeps="listing", lands_s="1.0")
    one = asked(client, tmp_path).model_copy(update={"submitted_at": time.time()})
    with pytest.raises(SubmitUnknown):
        client.submit(one)
    first = client.reconcile(one)
    assert first.verdict == "not_yet"
    assert 0 < first.wait_s <= 1.0
    time.sleep(0.6)
    assert client.reconcile(one).verdict == "accepted"
    never = one.model_copy(update={"key": "p/generate/1A/2/1", "submitted_at": time.time() - 2})
    assert client.reconcile(never).verdict == "not_accepted"
    assert len(provider.charges) == 1


def test_without_key_and_list_nobody_can_tell(start: Start, tmp_path: Path):
    client, provider = start(keeps="nothing")
    assert client.reconcile(asked(client, tmp_path)).verdict == "unknown"
    assert provider.submits == 0


@pytest.mark.parametrize(("what", "error"), [("malformed_json", Retryable), ("503", Retryable), ("429", RateLimited)])
def test_a_fault_of_a_poll_is_passing(start: Start, tmp_path: Path, what: str, error: type[Exception]):
    client, _ = start({"on": "job", "what": what, "nth": [1]})
    handle = client.submit(asked(client, tmp_path))
    with pytest.raises(error):
        client.poll(handle)
    assert client.poll(handle) is None


def test_a_download_that_breaks_off_goes_on_where_it_was(start: Start, tmp_path: Path):
    client, provider = start({"on": "file", "what": "download_reset", "nth": [1, 2]})
    outcome = delivered(client, asked(client, tmp_path))
    assert [output.outcome for output in outcome.outputs] == ["take"]
    assert [row["status"] for row in provider.requests("GET", "/v1/files") if row["status"]] == [200, 206, 206]


def test_a_download_that_never_ends_well_can_be_tried_again_later(start: Start, tmp_path: Path):
    client, _ = start({"on": "file", "what": "503"})
    with pytest.raises(Retryable, match="could not be downloaded"):
        delivered(client, asked(client, tmp_path))


@pytest.mark.parametrize(
    ("what", "told"), [("truncated_file", "cut off"), ("garbage", "not the one that the provider announced")]
)
def test_a_clip_that_is_not_whole_is_paid_for_and_refused_with_the_reason(
    start: Start, tmp_path: Path, what: str, told: str
):
    client, provider = start({"on": "file", "what": what})
    outcome = delivered(client, asked(client, tmp_path))
    assert outcome.state == "done"
    assert outcome.spent == provider.charged
    assert [output.outcome for output in outcome.outputs] == ["rejected"]
    assert told in outcome.outputs[0].reasons[0]


def test_a_partial_result_is_what_there_is_and_why_there_is_no_more(start: Start, tmp_path: Path):
    client, _ = start({"on": "submit", "what": "partial_result"})
    outcome = delivered(client, asked(client, tmp_path, takes=2))
    assert [output.outcome for output in outcome.outputs] == ["take", "rejected"]
    assert "filtered" in outcome.outputs[1].reasons[0]


def test_a_clip_that_is_delivered_twice_is_one_take(start: Start, tmp_path: Path):
    client, _ = start({"on": "submit", "what": "duplicate_delivery"})
    outcome = delivered(client, asked(client, tmp_path, takes=2))
    assert [output.outcome for output in outcome.outputs] == ["take", "take"]
    assert len({output.sha256 for output in outcome.outputs}) == 2


def test_a_job_that_policy_refuses_later_is_refused_and_costs_what_the_provider_says(start: Start, tmp_path: Path):
    client, _ = start({"on": "submit", "what": "refused_later"})
    outcome = delivered(client, asked(client, tmp_path))
    assert (outcome.state, outcome.error_class, outcome.spent) == ("refused", "RejectedByPolicy", 0)
    assert "violence" in str(outcome.error)


def test_a_job_that_never_ends_can_be_cancelled(start: Start, tmp_path: Path):
    client, _ = start({"on": "submit", "what": "never_ends"})
    one = asked(client, tmp_path)
    handle = client.submit(one)
    assert client.poll(handle) is not None
    assert client.cancel(handle)
    assert client.poll(handle) is None
    assert client.fetch(one.model_copy(update={"handle": handle})).state == "failed"


def test_the_original_of_a_clip_is_kept_beside_the_take(start: Start, tmp_path: Path):
    client, _ = start()
    files = FileStore(tmp_path / "studio")
    (output,) = delivered(client, asked(client, tmp_path)).outputs
    original = probe(files.path(str(output.recipe["original"])))
    take = probe(files.path(output.uri))
    assert original.frames >= take.frames
    assert json.dumps(output.recipe)


def test_a_price_that_is_not_in_the_table_is_not_spent():
    with pytest.raises(InvalidRequest, match="the price of something is not known"):
        price_of("something")
    assert price_of("loopback").quote(3).amount == Decimal("0.15")
