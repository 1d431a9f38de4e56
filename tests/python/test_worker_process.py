"""The life of a worker process: start, setup, health, end."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import sys
from pathlib import Path

import pytest
from worker_client import (
    CANCEL,
    DESCRIBED,
    END,
    HEALTHCHECK,
    HELLO,
    LOG,
    PATIENCE,
    PING,
    PONG,
    Worker,
    frame,
    parse_log,
)

import cog

ECHO = "class Model:\n    def run(self, x: str) -> str:\n        return x\n"


def test_the_first_frames(tmp_path: Path) -> None:
    source = """
    import cog
    class Model(cog.BaseRunner):
        def setup(self):
            print("loading")
            print("tail", end="")
        @cog.streaming
        async def run(self, x: int) -> cog.AsyncConcatenateIterator[str]:
            yield "a"
        def healthcheck(self):
            return True
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        frames = worker.setup_frames
        assert [frame.kind for frame in frames] == [HELLO, DESCRIBED, LOG, LOG, 18]
        python = ".".join(map(str, sys.version_info[:3]))
        hello = {"protocol": 3, "pid": worker.process.pid, "python": python, "sdk": cog.__version__}
        assert json.loads(frames[0].payload) == hello
        (size,) = struct.unpack_from("<I", frames[1].payload)
        info, document = frames[1].payload[4 : 4 + size], frames[1].payload[4 + size :]
        expected = {"async": True, "concurrency": None, "healthcheck": True, "streaming": True, "training": False}
        assert json.loads(info) == expected
        text = document.decode()
        again = json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert text.startswith('{"components":') and json.loads(again) == json.loads(text)
        assert [parse_log(frame.payload).text for frame in frames[2:4]] == ["loading\n", "tail"]
        assert frames[4].payload == b""


@pytest.mark.parametrize(
    "source, error",
    [
        ("def broken(:", "failed to load predictor: SyntaxError: "),
        ("import no_such_module", "failed to load predictor: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1", "failed to load predictor: AttributeError: "),
        ("import sys; sys.exit(3)", "failed to load predictor: SystemExit: 3"),
        (f"{ECHO}    def setup(self): raise RuntimeError('no weights')", "setup failed: RuntimeError: no weights"),
        (f"{ECHO}    def setup(self): raise SystemExit(4)", "setup failed: SystemExit: 4"),
        (f"{ECHO}    def setup(self): raise KeyboardInterrupt", "setup failed: KeyboardInterrupt: "),
        (f"{ECHO}    async def setup(self): raise SystemExit(5)", "setup failed: SystemExit: 5"),
        (f"{ECHO}    async def setup(self): raise ValueError('async')", "setup failed: ValueError: async"),
    ],
)
def test_setup_failures(tmp_path: Path, source: str, error: str) -> None:
    with Worker(tmp_path, source) as worker:
        report = worker.setup_failure()
        assert report["error"].startswith(error)
        assert "cog/_worker" not in report["traceback"] and "<frozen" not in report["traceback"]
        assert error.split(": ", 1)[1].split(":")[0] in report["traceback"].splitlines()[-1]
        assert worker.data.frame() is None
        assert worker.process.wait(PATIENCE) == 1


@pytest.mark.parametrize(
    "source, line",
    [
        ("import numpyy", "model.py:1: ModuleNotFoundError: numpyy (add it to requirements.txt)"),
        ("\nimport numpyy.linalg as l", "model.py:2: ModuleNotFoundError: numpyy (add it to requirements.txt)"),
        ("import json.nothing", "model.py:1: ModuleNotFoundError: No module named 'json.nothing'"),
        ("x = 1\ndef broken(:", "model.py:2: SyntaxError: invalid syntax"),
        ("import json\n\njson.loads('{')", "model.py:3: JSONDecodeError: Expecting property name"),
        ("raise ValueError('one\\ntwo')", "model.py:1: ValueError: one"),
        (f"{ECHO}    def setup(self): raise RuntimeError('no weights')", "RuntimeError: no weights"),
    ],
)
def test_a_failed_setup_is_told_in_one_line(tmp_path: Path, source: str, line: str) -> None:
    with Worker(tmp_path, source) as worker:
        got = worker.setup_failure()["line"]
        assert line in got and got.startswith("model.py:") and "\n" not in got


@pytest.mark.parametrize(
    "declaration, reason",
    [
        ('x: str = cog.Input(default="", regex="^(a+)+$")', "parameter 'x': Model schema is invalid: invalid default"),
        ("x: int = cog.Input(default=7, le=5)", "parameter 'x': Model schema is invalid: invalid default"),
        ("x: int = cog.Input(default=7, choices=[1, 2])", "parameter 'x': "),
        ("x: cog.Path = cog.Input(default=5)", "parameter 'x': "),
    ],
)
def test_a_model_whose_inputs_cannot_be_described_does_not_start(tmp_path: Path, declaration: str, reason: str) -> None:
    source = f"import cog\nclass Model:\n    def run(self, {declaration}) -> str: return ''\n"
    with Worker(tmp_path, source) as worker:
        report = worker.setup_failure()
        assert reason in report["error"] and "model.py" in report["line"]
        assert DESCRIBED not in [frame.kind for frame in worker.setup_frames]


def test_a_failed_setup_does_not_wait_for_threads(tmp_path: Path) -> None:
    source = f"""
import threading
{ECHO}
    def setup(self):
        threading.Thread(target=threading.Event().wait).start()
        raise RuntimeError("cause") from KeyError("first")
"""
    with Worker(tmp_path, source) as worker:
        assert "KeyError: 'first'" in worker.setup_failure()["traceback"]
        assert worker.process.wait(PATIENCE) == 1


def test_a_missing_file(tmp_path: Path) -> None:
    with Worker(tmp_path, ECHO, name="Other") as worker:
        assert "has no attribute 'Other'" in worker.setup_failure()["error"]


def test_modules_of_the_project_break_nothing(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("queue", "json", "socket", "struct", "typing", "select", "signal", "selectors", "asyncio", "inspect"):
        (project / f"{name}.py").write_text(f"mine = '{name}'\n")
    source = """
    import queue, sys
    import helper
    class Model:
        async def run(self) -> str:
            return f"{helper.value} {sys.path[0]!r} {sys.argv}"
    """
    (project / "helper.py").write_text("value = 'helped'\n")
    with Worker(tmp_path, source) as worker:
        worker.ready()
        assert worker.output() == "helped '' ['-c']"


def test_setup_may_run_a_loop_of_its_own(tmp_path: Path) -> None:
    source = """
    import asyncio
    class Model:
        def setup(self):
            async def load():
                return 42
            self.value = asyncio.run(load())
        async def run(self) -> int:
            return self.value
    """
    with Worker(tmp_path, source) as worker:
        assert worker.ready().output() == 42


def test_asynchronous_setup_shares_the_loop_of_predictions(tmp_path: Path) -> None:
    source = """
    import asyncio
    class Model:
        async def setup(self):
            self.loop = asyncio.get_running_loop()
            self.queue = asyncio.Queue()
            self.task = asyncio.ensure_future(self.work())
        async def work(self):
            while True:
                future, value = await self.queue.get()
                future.set_result(value * 2)
        async def run(self, x: int) -> int:
            assert asyncio.get_running_loop() is self.loop
            future = self.loop.create_future()
            await self.queue.put((future, x))
            return await future
    """
    with Worker(tmp_path, source) as worker:
        assert worker.ready().output(x=21) == 42
        assert worker.end() == 0


def test_asynchronous_setup_of_a_synchronous_model(tmp_path: Path) -> None:
    source = """
    import asyncio
    class Model:
        async def setup(self):
            await asyncio.sleep(0)
            self.value = "set up"
        def run(self) -> str:
            async def nested():
                return self.value
            return asyncio.run(nested())
    """
    with Worker(tmp_path, source) as worker:
        assert worker.ready().output() == "set up"


def test_weights(tmp_path: Path) -> None:
    source = """
    class Model:
        def setup(self, weights):
            self.weights = weights
        def run(self) -> str:
            return repr(self.weights)
    """
    with Worker(tmp_path, source, env={"COG_WEIGHTS": "https://example.com/w"}) as worker:
        assert worker.ready().output() == "'https://example.com/w'"


@pytest.mark.parametrize("keyword", ["def", "async def"])
def test_end_lets_the_running_prediction_finish(tmp_path: Path, keyword: str) -> None:
    (tmp_path / "gate").mkdir()
    source = f"""
    import asyncio, atexit, os
    class Model:
        def setup(self):
            atexit.register(print, "exit handler")
        {keyword} run(self) -> str:
            print("running")
            while not os.path.exists("{tmp_path}/go"):
                {"await asyncio.sleep(0.001)" if keyword != "def" else "pass"}
            return "finished"
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        number = worker.start()
        worker.until_log("running")
        worker.control.sock.sendall(frame(END))
        worker.ping()
        (tmp_path / "go").touch()
        assert worker.result(number).done.output == "finished"
        assert parse_log(worker.data.expect(LOG)).text == "exit handler\n"
        assert worker.data.frame() is None
        assert worker.process.wait(PATIENCE) == 0


def test_end_before_setup_is_done(tmp_path: Path) -> None:
    source = f"""
import os
{ECHO}
    def setup(self):
        while not os.path.exists("{tmp_path}/go"):
            pass
"""
    with Worker(tmp_path, source) as worker:
        worker.control.sock.sendall(frame(END))
        worker.ping()
        (tmp_path / "go").touch()
        worker.ready()
        assert worker.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "body", ["while True: pass", "time.sleep(3600)", "subprocess.run(['sleep', '3600'])", "threading.Lock()"]
)
def test_the_end_of_the_control_socket_kills_the_group(tmp_path: Path, body: str) -> None:
    source = f"""
    import subprocess, threading, time
    class Model:
        def run(self) -> str:
            subprocess.Popen(["sleep", "3600"])
            print("running")
            {body}
            time.sleep(3600)
            return ""
    """
    with Worker(tmp_path, source) as worker:
        worker.ready().start()
        worker.until_log("running")
        worker.control.sock.close()
        assert worker.process.wait(PATIENCE) == -signal.SIGKILL
        # The pipe ends when the child has gone, too.
        worker.native()


def test_the_end_of_the_control_socket_during_setup(tmp_path: Path) -> None:
    with Worker(tmp_path, f"import time\n{ECHO}    def setup(self):\n        time.sleep(3600)") as worker:
        worker.data.expect(HELLO)
        worker.control.sock.close()
        assert worker.process.wait(PATIENCE) == -signal.SIGKILL


def test_the_end_of_the_data_socket_alone(tmp_path: Path) -> None:
    with Worker(tmp_path, ECHO) as worker:
        worker.ready()
        worker.data.sock.close()
        assert worker.process.wait(PATIENCE) == -signal.SIGKILL


def test_signals_for_the_group_do_not_end_it(tmp_path: Path) -> None:
    with Worker(tmp_path, ECHO) as worker:
        worker.ready()
        for name in (signal.SIGINT, signal.SIGTERM):
            os.kill(worker.process.pid, name)
        assert worker.output(x="still here") == "still here"


def test_programs_and_children_of_the_model_have_the_usual_signals(tmp_path: Path) -> None:
    source = """
    import multiprocessing, os, signal, subprocess, sys, time
    def sleep():
        time.sleep(3600)
    class Model:
        def run(self) -> list[int]:
            program = subprocess.Popen(["sleep", "3600"])
            program.terminate()
            child = multiprocessing.get_context("fork").Process(target=sleep)
            child.start()
            child.terminate()
            child.join()
            shell = subprocess.run(["sh", "-c", "kill -INT $$"])
            return [program.wait(), child.exitcode, shell.returncode]
    """
    with Worker(tmp_path, source) as worker:
        assert worker.ready().output() == [-signal.SIGTERM, -signal.SIGTERM, -signal.SIGINT]


def test_descriptors_are_not_passed_on(tmp_path: Path) -> None:
    source = """
    import os, subprocess
    class Model:
        def run(self) -> list[str]:
            return subprocess.run(["ls", "-l", "/proc/self/fd"], stdout=-1, text=True, close_fds=False).stdout.split()
    """
    with Worker(tmp_path, source) as worker:
        assert not [word for word in worker.ready().output() if word.startswith("socket:")]


def test_forked_children_write_into_the_pipes_and_do_no_harm(tmp_path: Path) -> None:
    source = """
    import os, sys, cog
    class Model:
        def run(self, way: str) -> str:
            print("before ", end="")
            child = os.fork()
            if child == 0:
                print("from the child")
                cog.current_scope().record_metric("child", 1)
                if way == "exit":
                    sys.exit(3)
                if way == "return":
                    return "child"
                raise RuntimeError("child")
            print("after", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            return "parent"
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        for way, code in (("exit", 3), ("raise", 1)):
            result = worker.predict(way=way)
            assert result.done.output == "parent"
            assert result.logs == f"before after {code}\n" and result.metrics == []
        assert worker.predict(way="return").done.output == "parent"
        assert worker.end() == 0
        assert worker.native()[0].count(b"from the child\n") == 3


@pytest.mark.parametrize("keyword", ["def", "async def"])
def test_pings(tmp_path: Path, keyword: str) -> None:
    with Worker(tmp_path, ECHO.replace("def", keyword)) as worker:
        worker.ping(7)
        worker.ready().ping(8)


def test_an_asynchronous_worker_answers_pings_from_its_loop(tmp_path: Path) -> None:
    source = f"""
    import os
    class Model:
        async def run(self) -> str:
            print("blocking")
            while not os.path.exists("{tmp_path}/go"):
                pass
            return ""
    """
    with Worker(tmp_path, source) as worker:
        number = worker.ready().start()
        worker.until_log("blocking")
        worker.ask(PING, 5)
        worker.ask(CANCEL, 0)
        assert not select.select([worker.control.sock], [], [], 0)[0]
        (tmp_path / "go").touch()
        assert worker.control.expect(PONG) == struct.pack("<Q", 5)
        worker.result(number)


HEALTH = [
    ("return True", ""),
    ("return None", ""),
    ("return 0", ""),
    ("return False", "Healthcheck failed: user-defined healthcheck returned False"),
    ("raise RuntimeError('gpu lost')", "Healthcheck failed: RuntimeError: gpu lost"),
    ("raise SystemExit(1)", "Healthcheck failed: SystemExit: 1"),
    ("raise TimeoutError()", "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds"),
]


@pytest.mark.parametrize("run", ["def", "async def"])
@pytest.mark.parametrize("check", ["def", "async def"])
def test_healthcheck(tmp_path: Path, run: str, check: str) -> None:
    source = f"""
    import os
    class Model:
        {run} run(self, body: str) -> str:
            global todo
            todo = body
            return "alive"
        {check} healthcheck(self):
            print("checking")
            names: dict = {{}}
            exec("def f():\\n " + todo, names)
            return names["f"]()
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        for question, (body, text) in enumerate(HEALTH):
            assert worker.predict(body=body).done.output == "alive"
            assert worker.health(question) == text
            assert parse_log(worker.data.expect(LOG)) == (0, 1, "checking\n")


def test_healthcheck_of_numpy(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    source = f"import numpy\n{ECHO}    def healthcheck(self):\n        return numpy.bool_(False)"
    with Worker(tmp_path, source) as worker:
        assert worker.ready().health() == "Healthcheck failed: user-defined healthcheck returned False"


def test_a_model_without_a_check_is_healthy(tmp_path: Path) -> None:
    with Worker(tmp_path, ECHO) as worker:
        assert worker.ready().health() == ""


def test_a_check_does_not_wait_for_the_prediction_nor_print_into_its_log(tmp_path: Path) -> None:
    source = f"""
    import os
    class Model:
        def run(self) -> str:
            print("running")
            while not os.path.exists("{tmp_path}/go"):
                pass
            return ""
        def healthcheck(self):
            print("checking")
            return False
    """
    with Worker(tmp_path, source) as worker:
        number = worker.ready().start()
        worker.until_log("running")
        assert "returned False" in worker.health()
        (tmp_path / "go").touch()
        assert worker.until_log("checking").number == 0
        assert worker.result(number).logs == ""


@pytest.mark.parametrize("run", ["def", "async def"])
@pytest.mark.parametrize("check", ["def", "async def"])
def test_a_check_that_takes_too_long(tmp_path: Path, run: str, check: str) -> None:
    source = f"""
    import asyncio, time
    from cog._worker import async_loop, health
    health.LIMIT = async_loop.LIMIT = 0.01
    class Model:
        {run} run(self) -> str:
            return "alive"
        {check} healthcheck(self):
            {"await asyncio.sleep(3600)" if check != "def" else "time.sleep(3600)"}
    """
    source = source.replace("health.LIMIT =", "health.HealthChecks.note.__defaults__ = (0.01,)\n    health.LIMIT =")
    with Worker(tmp_path, source) as worker:
        assert worker.ready().health() == "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds"
        assert worker.output() == "alive"


def test_a_check_is_answered_although_the_loop_is_blocked(tmp_path: Path) -> None:
    source = f"""
    import os
    from cog._worker import async_loop
    async_loop.LOOP_LIMIT = 0.01
    class Model:
        async def run(self) -> str:
            print("blocking")
            while not os.path.exists("{tmp_path}/go"):
                pass
            return "freed"
        async def healthcheck(self):
            return True
    """
    with Worker(tmp_path, source) as worker:
        number = worker.ready().start()
        worker.until_log("blocking")
        assert "timed out" in worker.health()
        (tmp_path / "go").touch()
        assert worker.result(number).done.output == "freed"
        worker.ping()
        assert not select.select([worker.control.sock], [], [], 0)[0]


def test_a_check_before_setup_is_done_is_not_run(tmp_path: Path) -> None:
    source = f"""
import os
{ECHO}
    def setup(self):
        while not os.path.exists("{tmp_path}/go"):
            pass
    def healthcheck(self):
        return False
"""
    with Worker(tmp_path, source) as worker:
        worker.ask(HEALTHCHECK, 9)
        assert worker.control.frame() == (80, struct.pack("<QB", 9, 1))
        (tmp_path / "go").touch()
        worker.ready()
        assert worker.health(10) != ""
