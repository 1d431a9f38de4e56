"""The queue: where one stands in it, for how long, who goes first, who gets no place, and what is refused at once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Stream, ended, kept
from server import Answer, Background, Server, eventually

NOTE = "with open('order', 'a') as f: f.write({!r})"


def create(server: Server, values: object, *, id: Optional[str] = None, **headers: str) -> Answer:
    method, path = ("POST", "/predictions") if id is None else ("PUT", f"/predictions/{id}")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, path, {"input": values}, headers=named)


def occupy(server: Server) -> tuple[Gate, Background[Any]]:
    """Takes the only slot."""
    gate = Gate(server)
    run = server.begin(code=gate.code)
    gate.wait()
    return gate, run


def leave(gate: Gate, run: Background[Any]) -> None:
    gate.open()
    run.result()


def wait_async(server: Server, id: str, **headers: str) -> Answer:
    """One that leaves a note when it runs, and that nobody waits for."""
    return create(server, {"code": NOTE.format(id)}, id=id, Prefer="respond-async", **headers)


def waiting(server: Server, id: str) -> Any:
    """Where it stands in the queue, once it does."""

    def probe() -> Any:
        return kept(server, id).get("queue")

    return eventually(probe, f"{id} waits")


def order(server: Server) -> str:
    return (server.project / "order").read_text()


def metric(server: Server, series: str) -> float:
    text = server.request("GET", "/metrics").text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(series + " "))


def test_the_state_tells_the_position_and_once_it_is_known_the_wait(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="5")
    busy = occupy(server)
    for id in "abc":
        assert wait_async(server, id).json == {"id": id, "status": "starting"}
    assert [kept(server, id)["queue"] for id in "abc"] == [{"position": n} for n in (1, 2, 3)]
    assert server.cancel("b").status == 200
    assert kept(server, "c")["queue"] == {"position": 2}
    joined = server.put("c", {"input": {}})
    assert (joined.status, joined.json["queue"]) == (202, {"position": 2})
    leave(*busy)
    assert "queue" not in ended(server, "c")
    busy = occupy(server)
    wait_async(server, "d")
    place = kept(server, "d")["queue"]
    assert place["position"] == 1
    assert place["estimated_wait_ms"] >= 0
    leave(*busy)


def test_one_whose_client_waits_has_a_position_too(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="5")
    busy = occupy(server)
    runs = []
    for place, id in enumerate("abc", start=1):
        runs.append(server.begin(id=id, code="return 1"))
        assert waiting(server, id)["position"] == place
    leave(*busy)
    assert [run.result()["output"] for run in runs] == [1, 1, 1]


def test_without_a_queue_nothing_of_it_is_seen(serve: Serve) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    with Stream(server, {"code": f"{gate.code}; yield 'a'"}, id="alone") as stream:
        gate.wait()
        assert "queue" not in kept(server, "alone")
        refused = server.create({})
        assert (refused.status, refused.headers["retry-after"]) == (409, "1")
        gate.open()
        assert [name for name, _ in stream.rest()] == ["start", "output", "completed"]


def test_a_stream_is_told_its_place_and_when_it_changes(serve: Serve) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="5")
    gate, middle = Gate(server), Gate(server)
    first = server.begin(code=f"{gate.code}; yield 'a'")
    gate.wait()
    second = server.begin(id="second", code=f"{middle.code}; yield 'a'")
    waiting(server, "second")
    with Stream(server, {"code": "yield 'b'"}, id="waits") as stream:
        assert stream.read() == ("queued", {"position": 2})
        gate.open()
        first.result()
        name, place = stream.read() or ("", {})
        assert (name, place["position"]) == ("queued", 1)
        middle.open()
        assert [name for name, _ in stream.rest()] == ["start", "output", "completed"]
    second.result()


def test_low_goes_after_normal(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="10")
    busy = occupy(server)
    wait_async(server, "x", Cog_Priority="low")
    for id in "ab":
        wait_async(server, id, Cog_Priority="normal")
    assert kept(server, "x")["queue"]["position"] == 3
    assert metric(server, 'cog_queue_length{class="low"}') == 1
    leave(*busy)
    ended(server, "x")
    assert order(server) == "abx"
    assert metric(server, 'cog_queue_seconds_count{class="low"}') == 1


def test_what_nobody_waits_for_may_be_low_by_a_setting(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="10", COG_ASYNC_PRIORITY="low")
    busy = occupy(server)
    wait_async(server, "x")
    wait_async(server, "a", Cog_Priority="normal")
    leave(*busy)
    ended(server, "x")
    assert order(server) == "ax"


def test_a_class_that_is_none(serve: Serve) -> None:
    server = serve(model())
    answer = create(server, {}, Cog_Priority="urgent")
    assert (answer.status, answer.text) == (400, "Cog-Priority must be normal or low")


def test_keys_take_turns_and_none_takes_all_places(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="8", COG_FAIR_BY="X-Customer")
    busy = occupy(server)
    answers = [wait_async(server, id, X_Customer="large").status for id in "abcde"]
    assert answers == [202, 202, 202, 202, 409]
    assert wait_async(server, "x", X_Customer="small").status == 202
    assert kept(server, "x")["queue"]["position"] == 2
    assert metric(server, 'cog_shed_total{why="key"}') == 1
    leave(*busy)
    ended(server, "d")
    assert order(server) == "axbcd"


def test_who_has_waited_too_long_leaves(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="5", COG_MAX_QUEUE_TIME="0.3")
    busy = occupy(server)
    wait_async(server, "a")
    waited = server.create({"code": NOTE.format("b")}, id="b")
    assert waited.status == 504
    for prediction in (waited.json, ended(server, "a")):
        assert prediction["status"] == "canceled"
        assert prediction["error"] == "Waited longer than 300 ms in the queue"
    assert server.request("GET", "/status").json["limits"]["COG_MAX_QUEUE_TIME"] == 0.3
    leave(*busy)
    assert not (server.project / "order").exists()
    assert metric(server, 'cog_shed_total{why="queue_time"}') == 2


def test_what_cannot_be_done_in_time_is_refused_at_once(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="5")
    for _ in range(8):
        server.predict(code="time.sleep(0.2)")
    busy = occupy(server)
    answer = create(server, {}, Cancel_After="100ms")
    assert answer.status == 503
    assert answer.json["error"].startswith("Cannot be answered within 100 ms: about ")
    assert list(answer.json) == ["error"]
    assert answer.headers["retry-after"] == "1"
    assert metric(server, 'cog_shed_total{why="forecast"}') == 1
    leave(*busy)


def test_a_full_server_says_when_to_come_again(serve: Serve) -> None:
    server = serve(model())
    server.predict(code="time.sleep(1.2)")
    busy = occupy(server)
    answer = server.create({})
    assert (answer.status, answer.headers["retry-after"]) == (409, "2")
    leave(*busy)


def test_while_workers_come_back_new_predictions_wait(serve: Serve) -> None:
    text = model(
        setup="""
        import time
        while Path("slow").exists():
            time.sleep(0.01)
    """
    )
    server = serve(text, COG_MAX_QUEUE="1")
    (server.project / "slow").touch()
    os.kill(server.workers()[0], signal.SIGKILL)
    server.wait_until("STARTING")
    run = server.begin(id="waits", code="return 'served'")
    assert waiting(server, "waits")["position"] == 1
    assert server.create({}).status == 503
    (server.project / "slow").unlink()
    assert run.result()["output"] == "served"


def test_more_is_asked_than_can_be_done_in_time(serve: Serve) -> None:
    """Every one is answered, nothing stays in the queue, and what was answered 200 was done or cut while it ran."""
    server = serve(model(), COG_WORKERS="4", COG_MAX_QUEUE="64")

    def ask(_: int) -> tuple[int, str]:
        answer = create(server, {"code": "time.sleep(0.05); return 1"}, Cancel_After="250ms")
        return answer.status, answer.json.get("error", "done")

    with ThreadPoolExecutor(32) as clients:
        answers = set(clients.map(ask, range(400)))
    for status, text in answers:
        reasons = {
            200: ("done", "while it ran"),
            504: ("before it ran", "while it ran"),
            503: ("expected",),
            409: ("busy",),
        }
        assert text.endswith(reasons[status]), (status, text)
    assert (200, "done") in answers
    assert metric(server, 'cog_queue_length{class="normal"}') == 0
    assert server.predict(code="return 1")["output"] == 1
