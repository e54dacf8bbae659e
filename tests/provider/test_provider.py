"""The fake provider is strict, and its ledger is what it charged."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from circletake.media.probe import probe
from tests.provider.running import Provider, running

REQUEST = {
    "label": "p/generate/1A/1/1", "prompt": "a door", "negative_prompt": "", "seconds": 2, "width": 320, "height": 180,
    "seed": 5, "count": 1,
}  # fmt: skip


def call(provider: Provider, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(provider.url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


KEY = {"Idempotency-Key": "k1"}


def test_a_key_is_one_job_and_one_charge_and_another_request_under_it_is_refused(tmp_path: Path):
    with running(tmp_path) as provider:
        first = call(provider, "POST", "/v1/jobs", REQUEST, **KEY)
        assert call(provider, "POST", "/v1/jobs", REQUEST, **KEY) == first
        assert call(provider, "POST", "/v1/jobs", {**REQUEST, "seed": 6}, **KEY)[0] == 422
        assert [row["amount"] for row in provider.charges] == ["0.10"]
        assert provider.submits == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/jobs", 404),
        ("DELETE", "/v1/jobs", 501),
        ("POST", "/v1/jobs/job-000001", 405),
        ("GET", "/v1/jobs/job-000009", 404),
        ("GET", "/v1/files/job-000001/0/", 404),
    ],
)
def test_routes_are_strict(tmp_path: Path, method: str, path: str, status: int):
    with running(tmp_path) as provider:
        try:
            found = call(provider, method, path, {} if method == "POST" else None)[0]
        except json.JSONDecodeError:
            found = 501
        assert found == status


@pytest.mark.parametrize("change", [{"more": 1}, {"seconds": "2"}, {"seconds": 61}, {"count": 0}, {"label": ""}])
def test_requests_are_strict(tmp_path: Path, change: dict[str, Any]):
    with running(tmp_path) as provider:
        assert call(provider, "POST", "/v1/jobs", {**REQUEST, **change}, **KEY)[0] == 400
        assert call(provider, "POST", "/v1/jobs", REQUEST)[0] == 400
        assert provider.charges == []


def test_a_provider_that_is_started_again_knows_its_jobs_and_keys(tmp_path: Path):
    with running(tmp_path) as provider:
        _, job = call(provider, "POST", "/v1/jobs", REQUEST, **KEY)
    with running(tmp_path) as provider:
        assert call(provider, "POST", "/v1/jobs", REQUEST, **KEY)[1] == job
        assert call(provider, "GET", f"/v1/jobs/{job['id']}")[1]["charged"] == "0.10"
        assert len(provider.charges) == 1


def test_its_clips_are_films_of_the_size_and_length_that_was_asked_for(tmp_path: Path):
    with running(tmp_path, job_seconds=0) as provider:
        _, job = call(provider, "POST", "/v1/jobs", REQUEST, **KEY)
        (output,) = call(provider, "GET", f"/v1/jobs/{job['id']}")[1]["outputs"]
        with urllib.request.urlopen(output["url"], timeout=20) as reply:
            clip = tmp_path / "clip.mp4"
            clip.write_bytes(reply.read())
    film = probe(clip)
    assert (film.frames, film.width, film.height) == (48, 320, 180)
