"""Batches: one call of the model for several predictions, each with an end, a log and files of its own."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from acting import Gate
from batching import Held, batch_model, metric
from conftest import Serve
from server import Server, eventually

JOINED = "result = ','.join(one.name for one in inputs)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("batch"), batch_model()) as server:
        yield server


def ends(runs: Any) -> list[Any]:
    return [run.result() for run in runs]


def test_what_gathers_goes_together_and_each_gets_its_own(server: Server) -> None:
    with Held(server) as held:
        runs = held.gather(*(f"together-{i}" for i in range(7)), **{"together-7": JOINED})
    for place, end in enumerate(ends(runs)):
        name = f"together-{place}"
        assert end["status"] == "succeeded"
        assert end["logs"] == f"log of {name}\n"
        assert end["metrics"]["batch_size"] == 8
        assert end["output"] == (name if place < 7 else ",".join(f"together-{i}" for i in range(8)))
    text = server.request("GET", "/metrics").text
    assert 'cog_batches_total{closed="full"} 1\n' in text
    assert 'cog_batch_size_bucket{le="8"}' in text


def test_the_answer_has_the_form_of_any_other(server: Server) -> None:
    answer = server.predict(name="form")
    assert set(answer) <= set(server.predict(name="another"))
    assert set(answer["metrics"]) == {"batch_size", "predict_time"}
    assert "run_batch" not in server.request("GET", "/openapi.json").text
    assert server.create({"name": 3}).status == 422


def test_errors_are_of_one_or_of_all(server: Server) -> None:
    with Held(server) as held:
        runs = held.gather("fine", bad="result = ValueError('only me')")
    fine, bad = ends(runs)
    assert fine["output"] == "fine"
    assert bad["status"] == "failed" and bad["error"].endswith("ValueError: only me")
    with Held(server) as held:
        runs = held.gather("first", raising="raise KeyError('all')")
    for end in ends(runs):
        assert end["status"] == "failed" and end["error"].endswith("KeyError: 'all'")
        assert "Traceback" in end["logs"] and end["logs"].startswith(f"log of {end['id']}\n")


def test_files_in_and_out_are_of_their_own(server: Server) -> None:
    code = "result = cog.Path(item.name + '.txt')\nresult.write_text(item.file.read_text() * 2)"
    with Held(server) as held:
        runs = [held.add(text, code, file=f"data:text/plain,{text}") for text in ("abc", "xyz")]
    outputs = [base64.b64decode(end["output"].partition(",")[2]).decode() for end in ends(runs)]
    assert outputs == ["abcabc", "xyzxyz"]


def test_equal_keys_go_together(server: Server) -> None:
    with Held(server) as held:
        runs = [held.add(f"key-{i}", JOINED, width=i % 2) for i in range(4)]
    assert [end["output"] for end in ends(runs)] == ["key-0,key-2", "key-1,key-3"] * 2


def test_who_is_cancelled_in_the_queue_leaves_it(server: Server) -> None:
    with Held(server) as held:
        gone, stays = held.gather("gone", stays=JOINED)
        assert server.cancel("gone").status == 200
        assert gone.result()["status"] == "canceled"
    assert stays.result()["output"] == "stays"


def test_who_is_cancelled_in_a_batch_ends_at_once_and_the_others_go_on(server: Server) -> None:
    gate = Gate(server)
    code = f"{gate.code}\nresult = [cog.scope_of(one).canceled for one in inputs]"
    with Held(server) as held:
        unwanted, wanted = held.gather("unwanted", wanted=code)
    gate.wait()
    server.cancel("unwanted")
    assert unwanted.result()["status"] == "canceled"
    assert not wanted.is_done()
    gate.open()
    assert wanted.result()["output"] == [True, False]


def test_when_all_are_cancelled_the_model_is_told(server: Server) -> None:
    gate = Gate(server)
    with Held(server) as held:
        runs = held.gather("one", two=gate.code)
    gate.wait()
    for name in ("one", "two"):
        server.cancel(name)
    assert [end["status"] for end in ends(runs)] == ["canceled", "canceled"]
    assert server.output(name="after") == "after"  # the same process: the gate was left by the exception


def test_a_deadline_ends_its_own_prediction(serve: Serve) -> None:
    server = serve(batch_model())
    gate = Gate(server)
    with Held(server) as held:
        (stays,) = held.gather(stays=gate.code)
    gate.wait()
    late = server.request("POST", "/predictions", {"input": {"name": "late"}}, headers={"Cancel-After": "50ms"})
    assert late.status == 504 and late.json["status"] == "canceled"
    gate.open()
    assert stays.result()["output"] == "stays"
    gate = Gate(server)
    body = {"input": {"name": "slow", "code": gate.code}}
    slow = server.request("POST", "/predictions", body, headers={"Cancel-After": "1s"}).json
    assert slow["status"] == "canceled" and slow["error"].startswith("Deadline of 1 s passed ")
    assert server.output(name="after") == "after"


def test_a_death_fails_the_batch_and_those_that_gather_wait(serve: Serve) -> None:
    server = serve(batch_model())
    gate = Gate(server)
    with Held(server) as held:
        runs = held.gather("victim", killer=f"{gate.code}\nos.kill(os.getpid(), signal.SIGKILL)")
    gate.wait()
    later = server.begin(name="later")
    eventually(lambda: metric(server, "cog_queue_length") == 1, "it gathers")
    gate.open()
    for end in ends(runs):
        assert end["status"] == "failed" and end["error"].startswith("Worker crashed: ")
    assert later.result()["output"] == "later"


@pytest.mark.parametrize("poison", ["raise ValueError('poison')", "os._exit(3)"])
def test_with_isolation_only_the_poison_fails(serve: Serve, poison: str) -> None:
    server = serve(batch_model(isolate=True), COG_RESTARTS="1")
    with Held(server) as held:
        runs = [held.add(f"item-{i}", poison if i == 5 else "") for i in range(8)]
    for place, end in enumerate(ends(runs)):
        assert end["status"] == ("failed" if place == 5 else "succeeded"), end
        assert end["output" if place != 5 else "error"].endswith(f"item-{place}" if place != 5 else ("poison", "3"))
    assert server.output(name="after") == "after"


def test_the_settings_change_the_size(serve: Serve) -> None:
    server = serve(batch_model(), COG_BATCH_SIZE="2")
    with Held(server) as held:
        runs = held.gather(a=JOINED, b=JOINED)
        assert server.create({"name": "too much"}).status == 409
    assert [end["output"] for end in ends(runs)] == ["a,b", "a,b"]


def test_more_than_the_model_takes_is_an_error_at_the_start(serve: Serve) -> None:
    server = serve(batch_model(), COG_BATCH_SIZE="9", until="SETUP_FAILED")
    server.wait_for_log("COG_BATCH_SIZE=9 is more than the 8 that the model's @cog.batch allows")


def test_batches_of_one_are_no_batches(serve: Serve) -> None:
    server = serve(batch_model(wait=1000), COG_BATCH_SIZE="1", COG_MAX_QUEUE="5")
    with Held(server) as held:
        runs = held.gather(a=JOINED, b=JOINED)
    assert [end["output"] for end in ends(runs)] == ["a", "b"]


def test_the_predict_timeout_ends_all_that_are_left(serve: Serve) -> None:
    server = serve(batch_model(), COG_PREDICT_TIMEOUT="0.5")
    gate = Gate(server)
    end = server.begin(name="slow", code=gate.code).result()
    assert end["status"] == "failed" and "COG_PREDICT_TIMEOUT" in end["error"]
    assert server.output(name="after") == "after"
