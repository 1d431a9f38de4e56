"""GET /predictions/{id}/events: what has happened and what happens, for whoever wants to see it, of any prediction."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import pytest
from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Stream, create_async, ended, kept
from server import Server, eventually
from test_slow_readers import BIG, ask, connections
from watching import Event, Watch, chunks_of, names


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("events"), model(), COG_STREAM_HISTORY_CAPACITY="2") as server:
        yield server


@pytest.fixture(scope="module")
def streaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("streaming"), STREAMING, COG_STREAM_HISTORY_CAPACITY="2") as server:
        yield server


def watched(server: Server, id: str, after: str | None = None) -> list[Event]:
    with Watch(server, id, after=after) as watch:
        assert watch.status == 200
        return watch.rest()


def test_live_logs_of_a_model_that_streams_nothing(server: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"print('one')\n{gate.code}\nprint('two')\nreturn 'done'"}, id="live")
    gate.wait()
    with Watch(server, "live") as watch:
        assert watch.headers["content-type"] == "text/event-stream"
        start, log = watch.take(2)
        assert (start.name, start.data) == ("start", {"id": "live", "status": "processing"})
        assert (log.name, log.data) == ("log", {"data": "one\n", "source": "stdout"})
        gate.open()
        events = watch.rest()
    assert names(events) == ["log", "output", "completed"]
    assert events[0].data["data"] == "two\n"
    assert events[1].data == {"chunk": "done", "index": 0}
    assert events[2].data == kept(server, "live")
    assert [event.id for event in watched(server, "live")] == [event.id for event in (start, log, *events)]


def test_a_replay_is_what_was_told_live_in_the_same_order(streaming: Server) -> None:
    code = """
scope = cog.current_scope()
for i in range(5):
  print(f'line {i}')
  sys.stderr.write('bad\\\\n')
  scope.record_metric('steps.done', 1, mode='increment')
  yield str(i)
"""
    gate = Gate(streaming)
    create_async(streaming, {"code": f"{gate.code}\n{code}"}, id="order")
    gate.wait()
    with Watch(streaming, "order") as watch:
        gate.open()
        live = watch.rest()
    assert names(live)[0] == "start" and names(live)[-1] == "completed"
    assert {"log", "metric", "output"} < set(names(live))
    assert [event.data["source"] for event in live if event.name == "log"].count("stderr") >= 1
    assert watched(streaming, "order") == live
    for at, event in enumerate(live[:-1]):
        assert watched(streaming, "order", event.id) == live[at + 1 :]
    with Watch(streaming, "order", after=live[-1].id) as watch:
        assert watch.status == 204


def test_ten_thousand_chunks_over_lost_connections(streaming: Server) -> None:
    create_async(streaming, {"code": "for i in range(10000): yield str(i)"}, id="many")
    events: list[Event] = []
    while not events or events[-1].name != "completed":
        with Watch(streaming, "many", after=events[-1].id if events else None) as watch:
            events += islice(iter(watch.read, None), 1999)
            if events[-1].name != "completed":
                watch.leave()
    assert chunks_of(events) == [str(i) for i in range(10000)]
    assert len({event.id for event in events}) == len(events)
    assert events[-1].data["status"] == "succeeded"
    assert chunks_of(watched(streaming, "many")) == chunks_of(events)


def test_another_run_of_the_id_is_told_from_its_start(server: Server) -> None:
    server.create({"code": "return 1"}, id="twice")
    first = watched(server, "twice")
    server.create({"code": "return 2"}, id="twice")
    assert names(watched(server, "twice", first[1].id)) == ["start", "output", "completed"]


def test_who_leaves_cancels_nothing(server: Server, streaming: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"{gate.code}; return 'done'"}, id="left")
    gate.wait()
    with Watch(server, "left") as watch:
        watch.take(1)
        watch.leave()
    gate.open()
    assert ended(server, "left")["output"] == "done"

    gate = Gate(streaming)
    with Stream(streaming, {"code": f"yield 'a'; {gate.code}; yield 'b'"}, id="made") as stream:
        stream.expect("start")
        gate.wait()
        with Watch(streaming, "made") as watch:
            watch.take(2)
            watch.leave()
        gate.open()
        assert stream.rest()[-1][1]["status"] == "succeeded"


def test_who_watches_does_not_hold_what_nobody_follows(streaming: Server) -> None:
    gate = Gate(streaming)
    with Stream(streaming, {"code": f"yield 'a'; {gate.code}"}, id="held") as stream:
        gate.wait()
        with Watch(streaming, "held") as watch:
            watch.take(2)
            stream.leave()
            assert watch.rest()[-1].data["status"] == "canceled"


def test_a_failure_a_cancel_and_a_death(server: Server) -> None:
    gate = Gate(server)
    ends = {
        "failed": "raise ValueError('no')",
        "canceled": "time.sleep(600)",
        "died": "os.kill(os.getpid(), signal.SIGKILL)",
    }
    for id, act in ends.items():
        gate = Gate(server)
        create_async(server, {"code": f"print('begun'); {gate.code}\n{act}"}, id=id)
        gate.wait()
        with Watch(server, id) as watch:
            assert names(watch.take(2)) == ["start", "log"]
            gate.open()
            if id == "canceled":
                server.cancel(id)
            events = watch.rest()
        assert names(events)[-1] == "completed"
        end = events[-1].data
        assert end["status"] == ("canceled" if id == "canceled" else "failed")
        assert end == kept(server, id)
        assert watched(server, id)[-1].data == end
    assert "no" in kept(server, "failed")["error"]
    server.wait_until("READY")


def test_a_worker_that_is_killed(server: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"print('begun'); {gate.code}"}, id="killed")
    os.kill(gate.wait(), signal.SIGKILL)
    with Watch(server, "killed") as watch:
        assert watch.rest()[-1].data["status"] == "failed"
    server.wait_until("READY")


def test_one_that_waits_in_line(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="1", COG_MAX_QUEUE="2")
    gate = Gate(server)
    create_async(server, {"code": gate.async_code}, id="first")
    gate.wait()
    create_async(server, {"code": "print('x'); return 1"}, id="second")
    create_async(server, {"code": "return 1"}, id="third")
    with Watch(server, "second") as second, Watch(server, "third") as third:
        for watch, position in ((second, 1), (third, 2)):
            (place,) = watch.take(1)
            assert (place.name, place.data["position"]) == ("queued", position)
        server.cancel("third")
        assert [event for event in third.rest() if event.name != "queued"][0].data["status"] == "canceled"
        gate.open()
        events = [event for event in second.rest() if event.name != "queued"]
    assert names(events) == ["start", "log", "output", "completed"]
    assert names(watched(server, "third")) == ["completed"]


def test_unknown_ids_and_a_server_that_keeps_nothing(server: Server, serve: Serve) -> None:
    answer = server.request("GET", "/predictions/nobody/events")
    assert (answer.status, answer.json) == (404, {"error": "Prediction not found"})
    forgetful = serve(model(), COG_KEEP_RESULTS="0")
    gate = Gate(forgetful)
    create_async(forgetful, {"code": f"print('x'); {gate.code}; return 1"}, id="a")
    gate.wait()
    with Watch(forgetful, "a") as watch:
        gate.open()
        assert names(watch.rest()) == ["start", "log", "output", "completed"]
    assert forgetful.request("GET", "/predictions/a/events").status == 404


def test_a_silent_watcher_is_let_go_once_the_prediction_has_ended(serve: Serve) -> None:
    server = serve(STREAMING, COG_WRITE_TIMEOUT="0.5", COG_STREAM_HISTORY_CAPACITY="2")
    gate = Gate(server)
    create_async(server, {"code": f"{BIG}; {gate.code}"}, id="big")
    gate.wait()
    with closing(ask(server, "/predictions/big/events")):
        with closing(ask(server, "/predictions/big")):
            eventually(lambda: connections(server) == 1, "the silent reader of an answer to be let go")
        assert kept(server, "big")["status"] == "processing"
        gate.open()
        eventually(lambda: connections(server) == 0, "the silent watcher to be let go")
    with closing(ask(server, "/predictions/big/events")):
        eventually(lambda: connections(server) == 0, "the silent watcher of what is kept to be let go")
