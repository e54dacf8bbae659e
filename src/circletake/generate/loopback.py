"""The generator of the tests: a real client of the loopback provider, which charges nothing real.

It speaks to its provider over HTTP as any vendor's adapter does: one POST a submit, a handle that is stored before the
first poll, downloads that are taken up again, and no trust in what comes.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast

import httpx
from pydantic import Field, JsonValue, ValidationError

from circletake.domain.money import Quote, Usd
from circletake.domain.operation import Operation, Outcome, Output, Resolution
from circletake.domain.plan import Plan
from circletake.domain.ports import Clock, Files
from circletake.domain.schema import Value, first_problem
from circletake.domain.timing import Rational, seconds_of
from circletake.errors import (
    Cancelled,
    Fatal,
    Incomplete,
    InvalidRequest,
    QuotaExhausted,
    RateLimited,
    RejectedByPolicy,
    Retryable,
    SettingsError,
    SubmitUnknown,
    Unreachable,
)
from circletake.generate.arrival import take_in
from circletake.generate.base import Capabilities, FinalOrder, Request, ShotOrder
from circletake.generate.prices import price_of
from circletake.runtime.clock import SystemClock

Keeps = Literal["key", "listing", "nothing"]
"""How the provider can be asked about a doubtful submit."""
_DOWNLOADS = 6
"""Connections that one clip is fetched over at most; each goes on where the last one broke off."""
_LANDS_S = 5.0
"""How long a request that is not listed may still be on its way."""
_CHUNK = 1 << 16


class _Ask(Value):
    """One operation, as it is journalled: what is sent, and what the clips are brought to."""

    prompt: str
    negative_prompt: str
    seconds: int = Field(ge=1)
    width: int
    height: int
    seed: int
    count: int = Field(ge=1)
    frames: int
    fps: Rational
    codec: str


class _Clip(Value):
    url: str
    bytes: int
    sha256: str


class _Error(Value):
    code: str
    reason: str


class _Job(Value):
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    poll_after_s: float = 1.0
    outputs: tuple[_Clip, ...] = ()
    charged: Usd = Decimal(0)
    error: _Error | None = None


class Loopback:
    """Implements `generate.base.Generator`.

    Args:
        files: the studio's files.
        options: `url` of the provider; `keeps`: `key`, `listing` or `nothing`.
        clock: time.
    """

    name = "loopback"

    def __init__(self, files: Files, options: Mapping[str, str] | None = None, *, clock: Clock | None = None) -> None:
        self._files = files
        self._options = dict(options or {})
        self._clock: Clock = clock or SystemClock()
        self._keeps = cast(Keeps, self._options.get("keeps") or "key")
        self._http: httpx.Client | None = None

    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return Capabilities(
            aspects=("16:9", "9:16", "1:1", "4:5"),
            max_frames=24 * 60,
            outputs=4,
            source_type="algorithmicMedia",
            mode="remote",
            needs_footage=False,
            model="loopback-1",
        )

    def ask(self, order: ShotOrder) -> tuple[Request, ...]:
        """Return operations of two clips each, every one with a seed of its own."""
        asked: list[Request] = []
        left = order.takes
        while left > 0:
            count = min(2, left)
            rng = random.Random(f"{order.seed}/{order.round}/{order.shot.slate}/{order.skip + len(asked)}")
            ask = _Ask(
                prompt=order.shot.prompt,
                negative_prompt=order.shot.negative_prompt,
                seconds=_seconds(order.shot.frames, order.fps),
                width=order.size[0],
                height=order.size[1],
                seed=rng.randrange(2**31),
                count=count,
                frames=order.shot.frames,
                fps=order.fps,
                codec=order.format.codec,
            )
            asked.append(Request(payload=ask.model_dump(mode="json"), outputs=count))
            left -= count
        return tuple(asked)

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        """Return the price of all seconds that are asked for."""
        ask = _Ask.model_validate(request)
        return price_of(self.name).quote(ask.seconds * ask.count)

    def estimate(self, plan: Plan, takes: Mapping[str, int]) -> Quote:
        """Return the price of all takes of a plan."""
        seconds = sum(_seconds(shot.frames, plan.fps) * takes.get(shot.slate, 0) for shot in plan.shots)
        return price_of(self.name).quote(seconds)

    def finish(self, order: FinalOrder) -> Request | None:
        """Return nothing: takes come at the size of the film."""
        return None

    def submit(self, operation: Operation) -> dict[str, JsonValue]:
        """Send the request once."""
        ask = _Ask.model_validate(operation.request)
        sent = ask.model_dump(mode="json", exclude={"frames", "fps", "codec"}) | {"label": operation.key}
        headers = {"Idempotency-Key": operation.key} if self._keeps == "key" else {}
        try:
            reply = self._client().post("/v1/jobs", json=sent, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"no connection to the provider at {self._url()}: {error}", delay_s=2.0) from error
        except httpx.TransportError as error:
            raise SubmitUnknown(f"the provider did not answer: {_told(error)}") from error
        if reply.status_code == 202:
            try:
                return {"job": str(reply.json()["id"])}
            except (ValueError, KeyError, TypeError) as error:
                raise SubmitUnknown("the provider accepted, but its answer cannot be read") from error
        raise _refusal(reply)

    def poll(self, handle: dict[str, JsonValue]) -> float | None:
        """Return how long to wait, or `None` when the job has ended in whatever way."""
        job = self._job(handle)
        return job.poll_after_s if job.status in ("queued", "running") else None

    def cancel(self, handle: dict[str, JsonValue]) -> bool:
        """Ask the provider to stop."""
        reply = self._asked("POST", f"/v1/jobs/{handle['job']}/cancel")
        return reply.status_code == 200

    def reconcile(self, operation: Operation) -> Resolution:
        """Find a doubtful submit by its key or its label."""
        if self._keeps == "nothing":
            return Resolution(verdict="unknown")
        if self._keeps == "key":
            try:
                return Resolution(verdict="accepted", handle=self.submit(operation))
            except SubmitUnknown as error:
                raise Retryable(str(error)) from error
            except (RejectedByPolicy, InvalidRequest):
                return Resolution(verdict="not_accepted")
        reply = self._asked("GET", "/v1/jobs", params={"label": operation.key})
        found = _read(reply).get("jobs")
        if not isinstance(found, list):
            raise Retryable("the provider's list cannot be read")
        if found:
            return Resolution(verdict="accepted", handle={"job": str(found[0]["id"])})
        lands = float(self._options.get("lands_s") or _LANDS_S)
        still = (operation.submitted_at or self._clock.now()) + lands - self._clock.now()
        return Resolution(verdict="not_yet", wait_s=still) if still > 0 else Resolution(verdict="not_accepted")

    def fetch(self, operation: Operation) -> Outcome:
        """Download what a job made, and bring each clip to the house format; runs in a media worker."""
        began, cpu = time.monotonic(), time.process_time()
        job = self._job(operation.handle or {})
        if job.status in ("failed", "cancelled") and not job.outputs:
            error = job.error or _Error(code=job.status, reason="the provider cancelled it")
            kinds = {"policy": RejectedByPolicy, "cancelled": Cancelled}
            return Outcome(
                key=operation.key,
                state="refused" if error.code == "policy" else "failed",
                spent=job.charged,
                error_class=kinds.get(error.code, Incomplete).__name__,
                error=f"the provider says: {error.reason}",
            )
        ask = _Ask.model_validate(operation.request)
        clips = {clip.sha256: clip for clip in job.outputs}
        outputs = [self._arrived(operation, ask, clip, index) for index, clip in enumerate(clips.values())]
        missing = ask.count - len(outputs)
        if missing > 0:
            reason = job.error.reason if job.error else "the provider made fewer clips than were ordered"
            outputs += [Output(index=len(clips) + at, outcome="rejected", reasons=(reason,)) for at in range(missing)]
        return Outcome(
            key=operation.key,
            state="done",
            outputs=tuple(outputs),
            spent=job.charged,
            seconds=time.monotonic() - began,
            cpu_seconds=time.process_time() - cpu,
        )

    def _arrived(self, operation: Operation, ask: _Ask, clip: _Clip, index: int) -> Output:
        scratch = self._files.scratch("mp4")
        try:
            fault = self._download(clip, scratch)
            if fault:
                return Output(index=index, outcome="rejected", reasons=(fault,))
            original = self._files.adopt(scratch, ending="mp4")
        finally:
            scratch.unlink(missing_ok=True)
        return take_in(
            self._files.path(original),
            index=index,
            name=f"clip {index + 1} of {operation.slate}-{operation.number}",
            frames=ask.frames,
            fps=Fraction(ask.fps),
            size=(ask.width, ask.height),
            codec=ask.codec,
            recipe={"original": original, "sha256": clip.sha256, "seed": ask.seed, "prompt": ask.prompt},
            files=self._files,
        )

    def _download(self, clip: _Clip, path: Path) -> str:
        """Fetch a clip, going on where a connection broke; returns why it is not the clip, in words.

        Raises:
            Retryable: it could not be fetched over several connections.
        """
        digest, have = hashlib.sha256(), 0
        with path.open("wb") as out:
            for attempt in range(_DOWNLOADS):
                if attempt:
                    self._clock.sleep(min(2.0, 0.1 * 2**attempt))
                try:
                    headers = {"Range": f"bytes={have}-"} if have else {}
                    with self._client().stream("GET", clip.url, headers=headers) as reply:
                        if reply.status_code not in (200, 206):
                            continue
                        if reply.status_code == 200 and have:
                            out.seek(0)
                            out.truncate()
                            digest, have = hashlib.sha256(), 0
                        for chunk in reply.iter_bytes(_CHUNK):
                            out.write(chunk)
                            digest.update(chunk)
                            have += len(chunk)
                            if have > clip.bytes:
                                return f"the file is longer than the {clip.bytes:,} bytes that were announced"
                except httpx.TransportError:
                    continue
                break
            else:
                raise Retryable(f"a clip could not be downloaded over {_DOWNLOADS} connections")
        if have != clip.bytes:
            return f"the file is cut off: {have:,} of {clip.bytes:,} bytes came"
        return "" if digest.hexdigest() == clip.sha256 else "the file is not the one that the provider announced"

    def _job(self, handle: Mapping[str, JsonValue]) -> _Job:
        try:
            return _Job.model_validate(_read(self._asked("GET", f"/v1/jobs/{handle['job']}")))
        except ValidationError as error:
            raise Retryable(f"the provider's answer cannot be read: {first_problem(error)}") from error

    def _asked(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Make a call that is safe to repeat."""
        try:
            reply = self._client().request(method, path, **more)
        except httpx.TransportError as error:
            raise Retryable(f"the provider did not answer: {_told(error)}") from error
        if reply.status_code >= 500:
            raise Retryable(f"the provider answered {reply.status_code}")
        if reply.status_code >= 400 and reply.status_code != 409:
            raise _refusal(reply)
        return reply

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _url(self) -> str:
        url = self._options.get("url", "")
        if not url:
            raise SettingsError(
                "the loopback generator needs the address of its provider: set loopback_url (CIRCLETAKE_LOOPBACK_URL), "
                "or make the film without it: --generator ripomatic"
            )
        return url

    def _client(self) -> httpx.Client:
        if self._http is None:
            timeout = httpx.Timeout(float(self._options.get("timeout_s") or 30.0), connect=5.0)
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
            self._http = httpx.Client(base_url=self._url(), timeout=timeout, limits=limits, trust_env=False)
        return self._http


def _seconds(frames: int, fps: Fraction) -> int:
    """Return the whole seconds that a clip must last; providers sell no parts."""
    return max(1, math.ceil(seconds_of(frames, fps)))


def _told(error: httpx.TransportError) -> str:
    return f"{type(error).__name__} {error}".strip()


def _read(reply: httpx.Response) -> dict[str, Any]:
    try:
        found = reply.json()
    except ValueError as error:
        raise Retryable("the provider's answer is not JSON") from error
    if not isinstance(found, dict):
        raise Retryable("the provider's answer is not a JSON object")
    return found


def _refusal(reply: httpx.Response) -> Exception:
    """Return the error of a status: by its number, never by its words."""
    status = reply.status_code
    try:
        said = reply.json().get("error", {})
        reason, more = str(said.get("reason", "")), tuple(str(one) for one in said.get("reasons", ()))
    except (ValueError, AttributeError):
        reason, more = "", ()
    told = f"the provider answered {status}" + (f": {reason}" if reason else "")
    if status == 429:
        return RateLimited(told, delay_s=_delay(reply.headers.get("Retry-After")))
    kinds = {400: InvalidRequest, 401: Fatal, 402: QuotaExhausted, 404: Fatal, 422: InvalidRequest}
    if status == 403:
        return RejectedByPolicy(told, reasons=more or (reason,))
    if status in kinds:
        return kinds[status](told)
    return SubmitUnknown(told)


def _delay(said: str | None) -> float:
    try:
        return min(600.0, max(0.0, float(Decimal(said or "1"))))
    except (InvalidOperation, ValueError):
        return 1.0
