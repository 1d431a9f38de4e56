"""Batches in a worker process: one call, and an end, a log and files for each of its items."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Optional

from worker_client import (
    BATCH,
    DESCRIBED,
    DONE,
    LOG,
    Done,
    Frame,
    Worker,
    frame,
    of_kind,
    parse_done,
    parse_log,
    run_frame,
)

MODEL = """
import cog, os, sys, threading, time
from typing import Any
class Model:
    def run(self, code: str = "", x: int = 0) -> Any:
        return cog.run_one(self.run_batch, code=code, x=x)

    @cog.batch(max_size=8, isolate={isolate})
    def run_batch(self, inputs):
        names = dict(globals(), inputs=inputs, result=[item.x for item in inputs])
        exec(inputs[0].code, names)
        return names["result"]
"""


class Batches(Worker):
    def __init__(self, folder: Path, isolate: bool = False) -> None:
        super().__init__(folder, MODEL.replace("{isolate}", str(isolate)))
        self.ready()

    def __enter__(self) -> Batches:
        return self

    def send(self, *inputs: dict[str, Any], metas: Optional[list[str]] = None) -> list[int]:
        first = self.numbers + 1
        self.numbers += len(inputs)
        data = frame(BATCH, struct.pack("<I", len(inputs)))
        for place, one in enumerate(inputs):
            data += run_frame(first + place, json.dumps(one), metas[place] if metas else "")
        self.data.sock.sendall(data)
        return list(range(first, self.numbers + 1))

    def ends(self, numbers: list[int]) -> tuple[dict[int, Done], list[Frame]]:
        """Reads up to the last end."""
        ended: dict[int, Done] = {}
        frames: list[Frame] = []
        while len(ended) < len(numbers):
            got = self.data.frame()
            assert got is not None, (frames, self.native())
            frames.append(got)
            if got.kind == DONE:
                done = parse_done(got.payload)
                assert done.number in numbers and done.number not in ended
                ended[done.number] = done
        return ended, frames

    def run(self, *inputs: dict[str, Any]) -> list[Done]:
        numbers = self.send(*inputs)
        ended, _ = self.ends(numbers)
        return [ended[number] for number in numbers]


def code(text: str, count: int = 3) -> list[dict[str, Any]]:
    return [{"code": text, "x": x} for x in range(count)]


def errors(dones: list[Done]) -> list[str]:
    return [done.error if done.status == "failed" else done.status for done in dones]


def logs(frames: list[Frame]) -> list[tuple[int, str]]:
    return [(log.number, log.text) for log in map(parse_log, of_kind(frames, LOG))]


def test_one_call_answers_all_in_order(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        info = of_kind(worker.setup_frames, DESCRIBED)[0][4:]
        rules = {"max_size": 8, "max_wait_ms": 5.0, "key": [], "isolate": False}
        assert json.dumps(rules, separators=(",", ":")).encode() in info
        assert [done.output for done in worker.run(*code("", 8))] == list(range(8))
        assert [done.output for done in worker.run(*code("result = [len(inputs)]", 1))] == [1]
        assert [done.rest for done in worker.run(*code("result = [[1], 'a', None]"))] == [b"[1]", b'"a"', b"null"]


def test_an_exception_in_the_place_of_a_result_fails_its_item_only(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        got = errors(worker.run(*code("result[1] = ValueError('bad')")))
        assert got == ["succeeded", "Prediction failed: Prediction failed: ValueError: bad", "succeeded"]


def test_raising_fails_all_with_the_traceback_in_each_log(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        numbers = worker.send(*code("raise KeyError('all')"))
        ended, frames = worker.ends(numbers)
        assert {done.error for done in ended.values()} == {"Prediction failed: Prediction failed: KeyError: 'all'"}
        for number in numbers:
            (text,) = [text for owner, text in logs(frames) if owner == number]
            assert "model.py" in text and "KeyError" in text


def test_a_wrong_number_of_results_fails_all(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        for text, message in [
            ("result.pop()", "run_batch() returned 2 results for 3 inputs"),
            ("result = None", "run_batch() returned None for 3 inputs"),
            ("result = (x for x in 'abc')", "run_batch() returned no sequence but generator for 3 inputs"),
        ]:
            assert errors(worker.run(*code(text))) == [f"Prediction failed: {message}"] * 3


def test_an_input_that_cannot_be_bound_is_left_out(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        bad = {"x": "text"}
        first, second, third = worker.run({"code": "result = [len(inputs)] * len(inputs)"}, bad, {"x": 2})
        assert (first.output, third.output) == (2, 2)
        assert second.error.startswith("Input validation error: x: ")
        assert all(text.startswith("Input validation error: ") for text in errors(worker.run(bad, bad)))


def test_an_output_that_cannot_be_encoded_fails_its_item_only(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        got = errors(worker.run(*code("result[0] = object()")))
        assert got[1:] == ["succeeded", "succeeded"]
        assert "Object of type object is not JSON serializable" in got[0]


def test_files_are_of_their_items(tmp_path: Path) -> None:
    text = """
for item in inputs:
    with open(f"{item.x}.txt", "w") as file: file.write(str(item.x) * 3)
result = [cog.Path(f"{item.x}.txt") for item in inputs]
"""
    with Batches(tmp_path) as worker:
        for place, done in enumerate(worker.run(*code(text))):
            (file,) = done.files
            assert file.path.startswith(f"{worker.folder}/{done.number}/")
            assert Path(file.path).read_text() == str(place) * 3


def test_prints_are_of_all_or_of_one(tmp_path: Path) -> None:
    text = """
print("all")
for item in inputs:
    with cog.scope_of(item) as scope:
        print("one", item.x, end="")
        scope.record_metric("x", item.x)
        cog.current_scope().record_metric("context", scope.context)
print("unended", end="")
"""
    with Batches(tmp_path) as worker:
        numbers = worker.send(*code(text, 2), metas=['{"context":{"k":"a"}}', ""])
        _, frames = worker.ends(numbers)
        assert sorted(logs(frames)) == [(0, "all\n"), (0, "unended"), (1, "one 0"), (2, "one 1")]
        kinds = [got.kind for got in frames]
        assert kinds[-2:] == [DONE, DONE] and kinds.count(DONE) == 2


def wait_for_cancel(item: str) -> str:
    return f"""
print("running", flush=True)
while not cog.scope_of({item}).canceled: time.sleep(0.001)
"""


def test_the_cancel_of_one_is_seen_and_its_result_dropped(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        numbers = worker.send(*code(wait_for_cancel("inputs[1]")))
        worker.until_log("running")
        worker.cancel(numbers[1])
        ended, _ = worker.ends(numbers)
        assert [ended[number].status for number in numbers] == ["succeeded", "canceled", "succeeded"]


def test_the_cancel_of_all_is_raised(tmp_path: Path) -> None:
    text = """
try:
    print("running", flush=True)
    while True: time.sleep(0.001)
except cog.CancelationException:
    print("cleaned up")
    raise
"""
    with Batches(tmp_path) as worker:
        numbers = worker.send(*code(text))
        worker.until_log("running")
        for number in numbers:
            worker.cancel(number)
        ended, frames = worker.ends(numbers)
        assert {done.status for done in ended.values()} == {"canceled"}
        assert (0, "cleaned up\n") in logs(frames)
        assert [done.output for done in worker.run(*code("", 2))] == [0, 1]


def test_a_cancel_before_the_batch_leaves_the_item_out(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        worker.cancel(2)
        worker.ping()
        first, second, third = worker.run(*code("result = [len(inputs)] * len(inputs)"))
        assert (first.output, second.status, third.output) == (2, "canceled", 2)
        for number in (4, 5):
            worker.cancel(number)
        worker.ping()
        assert [done.status for done in worker.run(*code("raise KeyError", 2))] == ["canceled", "canceled"]
        worker.cancel(1)  # one that has ended
        worker.ping()
        assert [done.output for done in worker.run(*code("", 2))] == [0, 1]


def test_isolated_batches_that_raise_are_undone_unless_alone(tmp_path: Path) -> None:
    with Batches(tmp_path, isolate=True) as worker:
        numbers = worker.send(*code("raise KeyError"))
        ended, frames = worker.ends(numbers)
        assert [ended[number].status for number in numbers] == ["undone"] * 3
        assert logs(frames) == []
        assert errors(worker.run(*code("raise KeyError", 1))) == ["Prediction failed: Prediction failed: KeyError: "]
        assert (
            errors(worker.run(*code("result.pop()", 2)))
            == ["Prediction failed: run_batch() returned 1 result for 2 inputs"] * 2
        )


def test_an_exit_of_the_model_fails_the_batch_and_a_child_of_it_says_nothing(tmp_path: Path) -> None:
    with Batches(tmp_path) as worker:
        assert (
            errors(worker.run(*code("sys.exit(3)", 2))) == ["Prediction failed: Prediction failed: SystemExit: 3"] * 2
        )
        text = "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)"
        assert [done.output for done in worker.run(*code(text, 2))] == [0, 1]
