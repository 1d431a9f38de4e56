"""Cancelling predictions, and the moments at which that could hit something else."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest
from worker_client import DONE, LOG, OUTPUT, Worker, of_kind, parse_done, parse_log, run_frame

import cog
from cog._worker.cancel import SIGNAL, Cancellation, shielded

SYNC = """
import asyncio, cog, os, queue, subprocess, sys, threading, time
from typing import Any, Iterator
class Model:
    def run(self, x: int = 0) -> Any:
        {body}
"""
ASYNC = SYNC.replace("    def run", "    async def run")


@pytest.fixture
def cancellation() -> Iterator[Cancellation]:
    before = signal.getsignal(SIGNAL)
    cancellation = Cancellation()
    cancellation.install()
    yield cancellation
    cancellation.armed = 0
    signal.signal(SIGNAL, before)


def test_a_cancel_is_raised_only_while_armed(cancellation: Cancellation) -> None:
    assert cancellation.begin(1)
    assert cancellation.request(1)
    cancellation.armed = 1
    with pytest.raises(cog.CancelationException):
        cancellation.request(1)
    assert not cancellation.end(1)
    assert cancellation.begin(2)
    cancellation.armed = 2
    assert not cancellation.request(1)
    assert cancellation.end(2)


def test_a_cancel_is_not_raised_while_another_is_handled(cancellation: Cancellation) -> None:
    cancellation.begin(1)
    cancellation.armed = 1
    try:
        cancellation.request(1)
    except cog.CancelationException:
        assert cancellation.request(1)
        try:
            raise KeyError
        except KeyError:
            assert cancellation.request(1)
    with pytest.raises(cog.CancelationException):
        cancellation.request(1)


def test_a_cancel_waits_for_what_is_shielded(cancellation: Cancellation) -> None:
    @shielded
    def write(cancel: bool) -> str:
        if cancel:
            cancellation.request(1)
        return "whole"

    cancellation.begin(1)
    cancellation.armed = 1
    assert write(cancel=True) == "whole" and cancellation.deferred
    other = threading.Thread(target=cancellation.catch_up)
    other.start()
    other.join()
    with pytest.raises(cog.CancelationException):
        cancellation.catch_up()
    assert not cancellation.deferred
    cancellation.armed = 0
    write(cancel=True)
    assert not cancellation.deferred


class Interleaved(set[int]):
    """Lets the main thread do something just before or after the control thread has noted a cancel."""

    before: Callable[[], object]
    after: Callable[[], object]

    def __init__(self) -> None:
        super().__init__()
        self.before = self.after = lambda: None

    def add(self, number: int) -> None:
        self.before()
        super().add(number)
        self.after()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cancel_while_the_prediction_begins(cancellation: Cancellation, moment: str) -> None:
    begun: list[bool] = []
    cancellation._wanted = wanted = Interleaved()
    setattr(wanted, moment, lambda: begun.append(cancellation.begin(1)))
    assert cancellation.request(1)
    assert begun == [moment == "before"]
    assert not cancellation.end(1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cancel_while_the_prediction_ends(cancellation: Cancellation, moment: str) -> None:
    ended: list[bool] = []
    cancellation.begin(1)
    cancellation._wanted = wanted = Interleaved()
    setattr(wanted, moment, lambda: ended.append(cancellation.end(1)))
    assert not cancellation.request(1)
    assert ended == [moment == "before"]
    assert not wanted


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(3600)",
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "threading.Event().wait()",
        "queue.Queue().get()",
        "subprocess.run(['sleep', '3600'])",
        "while True: pass",
        "os.read(os.pipe()[0], 1)",
        "asyncio.run(asyncio.sleep(3600))",
        "threading.Thread(target=time.sleep, args=(3600,), daemon=True).start(); threading.Event().wait()",
        "while True: print('busy')",
        "while True: cog.current_scope().record_metric('n', 1, 'incr')",
        "while True: sys.stderr.write('.')",
    ],
)
def test_a_cancel_acts_whatever_the_model_waits_for(tmp_path: Path, body: str) -> None:
    body = f"if x: return x\n        print('running')\n        {body}"
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.until_log("running")
        worker.cancel(number)
        assert worker.result(number).done == (number, "canceled", 0, [], b"")
        assert worker.output(x=1) == 1


def test_clean_up_is_run_and_not_interrupted(tmp_path: Path) -> None:
    body = """
        try:
            print("running")
            time.sleep(3600)
        except cog.CancelationException as error:
            print("caught", repr(str(error)))
            time.sleep(0.35)   # longer than it takes until a cancel is tried again
            print("cleaned up")
            raise
        finally:
            time.sleep(0.15)
            print("finally")
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.until_log("running")
        worker.cancel(number)
        result = worker.result(number)
        assert result.done.status == "canceled"
        assert result.logs == "caught ''\ncleaned up\nfinally\n"


@pytest.mark.parametrize("then", ["return 'value'", "raise ValueError('other')", "yield 'item'"])
def test_a_swallowed_cancel_still_ends_as_canceled(tmp_path: Path, then: str) -> None:
    body = f"""
        try:
            print("running")
            time.sleep(3600)
        except BaseException:
            pass
        {then}
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.until_log("running")
        worker.cancel(number)
        result = worker.result(number)
        assert result.done.status == "canceled" and result.done.rest == b""
        assert not [log for log in map(parse_log, of_kind(result.frames, LOG)) if log.number == 0]


def test_a_cancel_that_was_lost_is_tried_again(tmp_path: Path) -> None:
    body = """
        class Holder:
            def __del__(self):
                print("in the finaliser")
                time.sleep(3600)
        Holder()
        print("it was lost")
        time.sleep(3600)
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.until_log("in the finaliser")
        worker.cancel(number)
        result = worker.result(number)
        assert result.done.status == "canceled" and "it was lost\n" in result.logs


def test_a_generator_is_cancelled_in_the_middle(tmp_path: Path) -> None:
    body = """
        try:
            while True:
                yield x
        finally:
            print("closed")
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.data.expect(OUTPUT)
        worker.cancel(number)
        result = worker.result(number)
        assert result.done == (number, "canceled", 0, [], b"")
        assert result.logs == "closed\n"


@pytest.mark.parametrize("source", [SYNC, ASYNC])
@pytest.mark.parametrize("error", ["cog.CancelationException", "asyncio.CancelledError"])
def test_models_that_cancel_themselves(tmp_path: Path, source: str, error: str) -> None:
    with Worker(tmp_path, source.format(body=f"if x: return x\n        raise {error}")) as worker:
        assert worker.ready().predict().done == (1, "canceled", 0, [], b"")
        assert worker.output(x=1) == 1


def test_an_asynchronous_error_that_tells_of_a_cancellation(tmp_path: Path) -> None:
    with Worker(tmp_path, ASYNC.format(body="raise RuntimeError('request was cancelled')")) as worker:
        assert worker.ready().predict().done.status == "canceled"


@pytest.mark.parametrize("source", [SYNC, ASYNC])
def test_an_early_cancel_is_remembered(tmp_path: Path, source: str) -> None:
    with Worker(
        tmp_path, source.format(body="print('must not run' if x == 2 else 'runs')\n        return x")
    ) as worker:
        worker.ready()
        worker.cancel(2)
        if source is SYNC:  # which may be long in coming to it
            assert parse_done(worker.control.expect(DONE)) == (2, "canceled", 0, [], b"")
        worker.ping()
        assert worker.output(x=1) == 1
        result = worker.predict(x=2)
        assert result.done == (2, "canceled", 0, [], b"") and result.frames[1:] == []
        assert worker.output(x=3) == 3


@pytest.mark.parametrize("source", [SYNC, ASYNC])
def test_a_late_cancel_is_ignored(tmp_path: Path, source: str) -> None:
    with Worker(tmp_path, source.format(body="return x")) as worker:
        assert worker.ready().output(x=1) == 1
        worker.cancel(1)
        worker.ping()
        for x in range(2, 50):
            assert worker.output(x=x) == x
            worker.cancel(x - 1)


def test_cancels_at_random_moments_hit_only_their_own(tmp_path: Path) -> None:
    """The cancel of each prediction falls before, into, or after a run of some microseconds."""
    body = """
        print("x", end="")
        cog.current_scope().record_metric("m", x)
        return [x] * (x % 50)
    """
    rounds = 3000
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        worker.ready()
        statuses = {"succeeded": 0, "canceled": 0}
        dice = random.Random(3)
        for x in range(1, rounds + 1):
            first = dice.random() < 0.2
            if first:
                worker.cancel(x)
            number = worker.start(x=x)
            for _ in range(dice.randrange(1500)):
                pass
            if not first:
                worker.cancel(x)
            result = worker.result(number)
            assert result.done.number == x
            if first:
                worker.ping()
            statuses[result.done.status] += 1
            if result.done.status == "succeeded":
                assert result.done.output == [x] * (x % 50) and result.logs == "x"
                assert [metric.value for metric in result.metrics] == [x]
        assert statuses["succeeded"] > 0 and statuses["canceled"] > 0, statuses


def test_cancels_of_others_never_hit_a_prediction(tmp_path: Path) -> None:
    """Every prediction is followed by a cancel of the one before, while frames large and small are written."""
    body = """
        for index in range(x % 7):
            print("line", index)
        return "y" * (1 << (x % 18))
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        worker.ready()
        for x in range(1, 2000):
            number = worker.start(x=x)
            worker.cancel(number - 1)
            result = worker.result(number)
            assert result.done.status == "succeeded" and len(result.done.output) == 1 << (x % 18)
            assert result.logs == "".join(f"line {index}\n" for index in range(x % 7))


def test_frames_stay_whole_when_cancels_fall_into_writing_them(tmp_path: Path) -> None:
    body = """
        while True:
            print("z" * 300000)
            yield "w" * 300000
    """
    with Worker(tmp_path, SYNC.format(body=body)) as worker:
        worker.ready()
        for _ in range(30):
            number = worker.start()
            first = parse_log(worker.data.expect(LOG)).text
            worker.cancel(number)
            result = worker.result(number)
            assert result.done.status == "canceled"
            assert (first + result.logs).replace("z" * 300000 + "\n", "") in ("", "z" * 300000)
            assert set(result.chunks) <= {"w" * 300000}


def test_many_cancels_of_one_prediction_from_several_threads(tmp_path: Path) -> None:
    with Worker(
        tmp_path, SYNC.format(body="if x: return x\n        print('running')\n        time.sleep(3600)")
    ) as worker:
        worker.ready()
        for _ in range(50):
            number = worker.start()
            worker.until_log("running")
            threads = [threading.Thread(target=worker.cancel, args=(number,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert worker.result(number).done.status == "canceled"
            assert worker.output(x=number) == number


def test_the_task_of_an_asynchronous_prediction_is_cancelled(tmp_path: Path) -> None:
    body = """
        if x: return x
        try:
            print("running")
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            print("cleaned up")
            raise
    """
    with Worker(tmp_path, ASYNC.format(body=body)) as worker:
        worker.ready()
        one, two = worker.start(), worker.start()
        worker.until_log("running")
        worker.until_log("running")
        worker.cancel(one)
        result = worker.result(one)
        assert result.done.status == "canceled" and result.logs == "cleaned up\n"
        assert worker.output(x=5) == 5
        worker.cancel(two)
        assert worker.result(two).done.status == "canceled"


@pytest.mark.parametrize("then", ["return 1", "raise ValueError"])
def test_an_asynchronous_model_that_swallows_the_cancel(tmp_path: Path, then: str) -> None:
    body = f"""
        print("running")
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
        {then}
    """
    with Worker(tmp_path, ASYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.until_log("running")
        worker.cancel(number)
        assert worker.result(number).done == (number, "canceled", 0, [], b"")


CLEAN_UP = """
import asyncio
class Model:
    {set_up}
    async def run(self, kill: bool = False) -> str:
        if kill:
            for task in asyncio.all_tasks() - {{asyncio.current_task()}}:
                task.cancel()
            return "killed"
        await asyncio.sleep(0)
        return "ran"
    async def healthcheck(self) -> bool:
        return True
"""


def test_a_task_that_the_model_cancels_before_it_begins_still_ends(tmp_path: Path) -> None:
    with Worker(tmp_path, CLEAN_UP.format(set_up="")) as worker:
        frames = run_frame(1, '{"kill":true}') + b"".join(run_frame(number, "{}") for number in range(2, 7))
        worker.ready().data.sock.sendall(frames)
        dones = [parse_done(worker.data.expect(DONE)) for _ in range(6)]
        assert [(done.number, done.status) for done in dones] == [(1, "succeeded")] + [
            (number, "canceled") for number in range(2, 7)
        ]
        worker.numbers = 6
        assert worker.output() == "ran"
        assert worker.health() == ""
        assert worker.end() == 0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there are no eager tasks yet")
def test_tasks_may_be_eager(tmp_path: Path) -> None:
    eager = "async def setup(self):\n        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)"
    with Worker(tmp_path, CLEAN_UP.format(set_up=eager)) as worker:
        assert worker.ready().output(kill=True) == "killed"
        assert worker.output() == "ran"
        assert worker.end() == 0


def test_an_asynchronous_generator_is_cancelled(tmp_path: Path) -> None:
    body = """
        try:
            while True:
                yield x
                await asyncio.sleep(0)
        finally:
            print("closed")
    """
    with Worker(tmp_path, ASYNC.format(body=body)) as worker:
        number = worker.ready().start()
        worker.data.expect(OUTPUT)
        worker.cancel(number)
        result = worker.result(number)
        assert result.done.status == "canceled" and result.logs == "closed\n"


def test_cancels_of_asynchronous_predictions_at_random_moments(tmp_path: Path) -> None:
    body = "await asyncio.sleep(0)\n        return x"
    with Worker(tmp_path, ASYNC.format(body=body)) as worker:
        worker.ready()
        ended: dict[int, str] = {}
        dice = random.Random(5)
        for x in range(1, 1001):
            worker.start(x=x)
            if dice.random() < 0.5:
                worker.cancel(x - dice.randrange(3))
            while len(ended) < (x - 16 if x < 1000 else 1000):
                done = parse_done(worker.data.expect(DONE))
                assert done.number not in ended
                ended[done.number] = done.status
                if done.status == "succeeded":
                    assert json.loads(done.rest) == done.number
        assert set(ended.values()) <= {"succeeded", "canceled"}
        worker.ping()
        assert worker.is_silent()
