"""Clients of many kinds who note all they are told, and the check that each prediction had exactly one end, its own."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Optional

from listening import ENDS, Receiver, Stream, create_async
from server import Answer, Server, eventually

SEED = int(os.environ.get("COG_CHAOS_SEED", "12"))

_BODY = """
import time, asyncio, cog
from typing import {iterator}
from cog import BasePredictor

class Predictor(BasePredictor):
    @cog.streaming
    {kind} predict(self, name: str, fails: bool = False) -> {iterator}[str]:
        print("log of " + name)
        for step in range(4):
            yield f"{{name}}:{{step}}"
            {sleep}(0.01)
        if fails:
            raise ValueError(name)
"""
SYNC_MODEL = _BODY.format(iterator="Iterator", kind="def", sleep="time.sleep")
ASYNC_MODEL = _BODY.format(iterator="AsyncIterator", kind="async def", sleep="await asyncio.sleep")


@dataclass
class Told:
    """What a client heard of one prediction: `accepted` is None when it cannot know."""

    fails: bool = False
    cancelled: bool = False
    accepted: Optional[bool] = None
    end: Optional[dict[str, Any]] = None


@dataclass
class History:
    """All that was told of all predictions, by id."""

    server: Server
    receiver: Receiver
    told: dict[str, Told] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def run_client(self, name: str, count: int, more: Callable[[], bool]) -> None:
        """Asks so often, and then as long as there shall be more."""
        dice = random.Random(f"{SEED} {name}")
        for number in itertools.count():
            if number >= count and not more():
                break
            id = f"{name}-{number}"
            told = self.told[id] = Told(fails=dice.random() < 0.2)
            ask = dice.choice([self._post, self._post, self._put, self._put_and_cancel, self._stream, self._leave])
            try:
                ask(id, told)
            except (OSError, http.client.HTTPException):
                continue  # no answer: the server is ending, or has hung up
            except Exception as error:
                self.wrong.append(f"{id} {ask.__name__}: {error!r}")
            if told.accepted is False:
                time.sleep(dice.uniform(0, 0.1))

    def _request(self, id: str, told: Told) -> tuple[dict[str, Any], dict[str, Any]]:
        fields = {"webhook": self.receiver.url(f"/{id}"), "webhook_events_filter": ["completed"]}
        return {"name": id, "fails": told.fails}, fields

    def _note(self, told: Told, answer: Answer) -> None:
        assert answer.status in (200, 202, 409, 503), answer
        told.accepted = answer.status in (200, 202)
        if answer.status == 200:
            told.end = answer.json

    def _post(self, id: str, told: Told) -> None:
        values, fields = self._request(id, told)
        self._note(told, self.server.request("POST", "/predictions", {"id": id, "input": values, **fields}))

    def _put(self, id: str, told: Told) -> None:
        values, fields = self._request(id, told)
        self._note(told, create_async(self.server, values, id=id, **fields))

    def _put_and_cancel(self, id: str, told: Told) -> None:
        told.cancelled = True
        self._put(id, told)
        assert self.server.cancel(id).status in (200, 404)

    def _stream(self, id: str, told: Told) -> None:
        values, fields = self._request(id, told)
        with Stream(self.server, values, id=id, **fields) as stream:
            if stream.status != 200:
                assert stream.status in (409, 503), stream.status
                told.accepted = False
                return
            told.accepted = True
            events = stream.rest()
        assert events and [name for name, _ in events].count("completed") == 1 and events[-1][0] == "completed", events
        end = told.end = events[-1][1]
        chunks = [data["chunk"] for name, data in events if name == "output"]
        assert chunks == end.get("output", chunks), events

    def _leave(self, id: str, told: Told) -> None:
        """Asks, and hangs up without having read anything."""
        told.cancelled = True
        values, fields = self._request(id, told)
        body = json.dumps({"input": values, **fields})
        connection = self.server.connect()
        try:
            connection.request("PUT", f"/predictions/{id}", body, {"Content-Type": "application/json"})
        finally:
            connection.close()

    def check(self) -> dict[str, int]:
        """Fails unless each accepted prediction has had its one end and no other was heard of; counts the ends.

        All webhooks must have been delivered.
        """
        ends = dict.fromkeys(ENDS, 0)
        for id, told in self.told.items():
            with self._blamed(id):
                hooks = [hook.body for hook in self.receiver.received(f"/{id}")]
                if told.accepted is None and not told.cancelled:
                    assert hooks == [], "ended, and its client was not told"
                if told.accepted is None or not told.accepted:
                    assert len(hooks) <= (told.accepted is None), f"refused, and yet {hooks}"
                else:
                    assert len(hooks) == 1, f"accepted, and {hooks}"
                for end in hooks:
                    self._check_end(id, told, end)
                    ends[end["status"]] += 1
                if told.end is not None:
                    assert {**hooks[0], **told.end} == hooks[0], (hooks[0], told.end)
        assert self.wrong == []
        return ends

    @contextmanager
    def _blamed(self, id: str) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:
            self.wrong.append(f"{id} {self.told[id]}: {error}")

    def _check_end(self, id: str, told: Told, end: dict[str, Any]) -> None:
        whole = [f"{id}:{step}" for step in range(4)]
        output = end.get("output") or []
        assert end["id"] == id and end["status"] in ENDS, end
        assert output == whole[: len(output)], end
        assert f"log of {id}\n".startswith(end["logs"]) or told.fails, end
        if end["status"] == "succeeded":
            assert output == whole and not told.fails, end
        elif end["status"] == "failed":
            crashed = end["error"] == "Worker crashed: signal 9 (SIGKILL)"
            assert crashed or (told.fails and end["error"].endswith(id)), end
        else:
            assert told.cancelled or self.server.process.poll() is not None, end


class Killer:
    """Kills workers at random moments until it is told to stop."""

    def __init__(self, server: Server, workers: int) -> None:
        self.deaths = 0
        self._server = server
        self._dice = random.Random(SEED)
        self._pause = 2.0 / workers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._dice.uniform(0.02, self._pause)):
            workers = self._server.workers()
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(self._dice.choice(workers), 9)
                    self.deaths += 1


def metric(server: Server, name: str) -> int:
    """The sum of the values of this name, whatever their labels."""
    lines = server.request("GET", "/metrics").text.splitlines()
    values = [line.rsplit(" ", 1)[1] for line in lines if line.startswith((name + " ", name + "{"))]
    assert values, name
    return sum(map(int, values))


def wait_until_idle(server: Server, workers: int) -> None:
    """Until nothing runs or waits and everything is free again."""
    eventually(lambda: len(server.workers()) == workers, "all workers")
    server.wait_until("READY")
    for name in ("cog_webhook_couriers", "cog_predictions_waiting"):
        eventually(lambda name=name: metric(server, name) == 0, f"{name} to be 0")  # type: ignore[misc]
    eventually(lambda: metric(server, "cog_slots_free") == metric(server, "cog_slots"), "all slots")
    eventually(lambda: metric(server, "cog_http_connections") == 1, "only the connection that asks")
    eventually(lambda: metric(server, "cog_body_memory_bytes") == 0, "no body in memory")
