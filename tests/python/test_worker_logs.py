"""What models print, and to whose log it goes."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Iterator, cast

import pytest
from worker_client import DONE, LOG, Worker, evaluator, of_kind, parse_log

from cog._worker.cancel import Cancellation
from cog._worker.channel import Channel

MODEL = """
import asyncio, contextlib, io, logging, os, subprocess, sys, threading, warnings
from typing import Any, AsyncIterator, Iterator
class Model:
    {keyword} run(self, x: int = 0) -> Any:
        {body}
"""


def worker_of(tmp_path: Path, body: str, keyword: str = "def") -> Worker:
    return Worker(tmp_path, MODEL.format(keyword=keyword, body=body))


def logged(tmp_path: Path, body: str, keyword: str = "def") -> list[tuple[int, str]]:
    with worker_of(tmp_path, body, keyword) as worker:
        result = worker.ready().predict()
        assert result.done.status == "succeeded", result.done
        return [(log.source, log.text) for log in result.log_frames]


LINES = [
    ("print('one'); print('two')", [(1, "one\n"), (1, "two\n")]),
    ("print('out'); print('err', file=sys.stderr)", [(1, "out\n"), (2, "err\n")]),
    ("print('a', end=''); print('b')", [(1, "ab\n")]),
    ("print('tail', end='')", [(1, "tail")]),
    ("print('tail', end='', flush=True); print('rest')", [(1, "tail"), (1, "rest\n")]),
    ("print('o', end=''); print('e', end='', file=sys.stderr); print('p')", [(1, "o"), (2, "e"), (1, "p\n")]),
    ("sys.stdout.write('a\\nb\\nc')", [(1, "a\nb\n"), (1, "c")]),
    ("sys.stdout.writelines(['a\\n', 'b\\n'])", [(1, "a\n"), (1, "b\n")]),
    ("sys.stdout.buffer.write(b'raw\\n')", [(1, "raw\n")]),
    ("sys.stdout.buffer.write(bytearray(b'\\xff\\n'))", [(1, "\ufffd\n")]),
    ("print('Zo\\xeb \\U0001f642')", [(1, "Zo\xeb \U0001f642\n")]),
    ("print('\\ud800')", [(1, "\\ud800\n")]),
    ("print('')", [(1, "\n")]),
    ("print('10%', end='\\r'); print('20%', end='\\r'); print()", [(1, "10%\r20%\r\n")]),
    ("logging.warning('logged')", [(2, "WARNING:root:logged\n")]),
    ("threading.Thread(target=print, args=('thread',)).run()", [(1, "thread\n")]),
]


@pytest.fixture(scope="module", params=["def", "async def"])
def eager(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker for many predictions: `predict(code=...)`."""
    with Worker(tmp_path_factory.mktemp("eager"), evaluator(request.param)) as worker:
        yield worker.ready()


@pytest.mark.parametrize("code, expected", LINES)
def test_prints(eager: Worker, code: str, expected: list[tuple[int, str]]) -> None:
    result = eager.predict(code=code)
    assert result.done.status == "succeeded", result.done
    assert [(log.source, log.text) for log in result.log_frames] == expected


def test_warnings(eager: Worker) -> None:
    logs = eager.predict(code="warnings.warn('careful')").log_frames
    assert logs[0].source == 2 and "UserWarning: careful" in logs[0].text


def test_streams_are_whole_text_streams(tmp_path: Path) -> None:
    body = """
        stream = sys.stdout
        assert isinstance(stream, io.TextIOWrapper) and isinstance(stream.buffer, io.BufferedIOBase)
        assert (stream.name, stream.mode, stream.encoding) == ("<stdout>", "w", "utf-8"), stream
        assert (sys.stderr.name, sys.stderr.errors) == ("<stderr>", "backslashreplace")
        assert stream.fileno() == 1 and sys.stderr.fileno() == 2
        assert stream.writable() and not stream.readable() and not stream.seekable() and not stream.isatty()
        stream.reconfigure(line_buffering=True, errors="replace")
        assert stream.line_buffering
        with contextlib.redirect_stdout(io.StringIO()) as elsewhere:
            print("elsewhere")
        assert elsewhere.getvalue() == "elsewhere\\n"
        with stream:
            print("still open", end="")
        print("!")
    """
    assert logged(tmp_path, body) == [(1, "still open"), (1, "!\n")]


def test_an_unfinished_line_never_leaks(tmp_path: Path) -> None:
    with worker_of(tmp_path, "print(f'tail of {x}', end='')") as worker:
        worker.ready()
        for x in range(1, 5):
            result = worker.predict(x=x)
            assert result.logs == f"tail of {x}"
            assert [frame.kind for frame in result.frames] == [LOG, DONE]


def test_a_long_line_without_end_is_sent_in_parts(tmp_path: Path) -> None:
    lines = logged(tmp_path, "for _ in range(300): sys.stdout.write('\\xe9' * 500)")
    assert "".join(text for _, text in lines) == "\xe9" * 150000
    assert 1 < len(lines) < 10


def test_characters_are_not_cut_apart(tmp_path: Path) -> None:
    text = "x" * 65535 + "\U0001f642"
    body = f"""
        data = {text!r}.encode()
        sys.stdout.buffer.write(data[:65537])
        sys.stdout.buffer.write(data[65537:])
    """
    assert "".join(part for _, part in logged(tmp_path, body)) == text


def test_threads_of_a_synchronous_prediction_print_into_its_log(tmp_path: Path) -> None:
    body = """
        threads = [threading.Thread(target=print, args=("thread",)) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """
    lines = logged(tmp_path, body)
    assert "".join(sorted(text for _, text in lines)).count("thread") == 8


def test_lines_of_many_threads_stay_whole(tmp_path: Path) -> None:
    body = """
        def work(name):
            for index in range(200):
                sys.stdout.write(f"{name}:{index}\\n")
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """
    lines = "".join(text for _, text in logged(tmp_path, body)).splitlines()
    for name in "abcd":
        assert [line for line in lines if line.startswith(name)] == [f"{name}:{index}" for index in range(200)]
    assert len(lines) == 800


def test_asynchronous_prints_follow_the_task(tmp_path: Path) -> None:
    body = """
        async def nested():
            print("nested", x)
        await asyncio.gather(nested(), asyncio.to_thread(print, "thread", x))
        thread = threading.Thread(target=print, args=("stranger",))
        thread.start()
        await asyncio.to_thread(thread.join)
    """
    with worker_of(tmp_path, body, "async def") as worker:
        result = worker.ready().predict(x=3)
        assert sorted(log.text for log in result.log_frames) == ["nested 3\n", "thread 3\n"]
        others = [log for log in map(parse_log, of_kind(result.frames, LOG)) if log.number == 0]
        assert others == [(0, 1, "stranger\n")]


def test_background_tasks_print_into_the_servers_log_after_the_end(tmp_path: Path) -> None:
    body = """
        async def later():
            print("during")
            await self.event.wait()
            print("after")
        if x:
            self.event.set()
            await self.task
        else:
            self.event = asyncio.Event()
            self.task = asyncio.ensure_future(later())
            await asyncio.sleep(0)
    """
    with worker_of(tmp_path, body, "async def") as worker:
        assert worker.ready().predict().logs == "during\n"
        frames = worker.predict(x=1).frames
        assert [parse_log(payload) for payload in of_kind(frames, LOG)] == [(0, 1, "after\n")]


def test_nothing_follows_the_end_of_a_prediction(tmp_path: Path) -> None:
    """A thread prints all the time; what it prints between two predictions belongs to none."""
    body = """
        if not x:
            def chatter():
                while True:
                    print("chatter")
            threading.Thread(target=chatter, daemon=True).start()
    """
    with worker_of(tmp_path, body) as worker:
        worker.ready()
        ended = 0
        for x in range(100):
            result = worker.predict(x=x)
            numbers = {parse_log(payload).number for payload in of_kind(result.frames, LOG)}
            assert numbers <= {0, ended + 1}
            ended = result.done.number


class NoisySocket:
    """Stands for a socket during whose `sendall` a finaliser prints."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.noise: list[bytes] = []
        self.channel = Channel(cast(socket.socket, self), Cancellation())

    def sendall(self, data: bytes) -> None:
        while self.noise:
            self.channel.log(1, self.noise.pop())
        self.sent.append(data)

    @property
    def logs(self) -> list[tuple[int, int, str]]:
        return [parse_log(data[5:]) for data in self.sent]


def test_a_print_in_the_middle_of_a_print_comes_after_it() -> None:
    sock = NoisySocket()
    sock.channel.log(2, b"tail")
    sock.noise = [b"second\n", b"first\n"]
    sock.channel.log(2, b" and end\n")
    assert sock.logs == [(0, 2, "tail and end\n"), (0, 1, "first\n"), (0, 1, "second\n")]


def test_a_print_in_the_middle_of_the_done_frame_comes_after_it() -> None:
    sock = NoisySocket()
    sock.channel.begin(1, on_main_thread=True)
    sock.noise = [b"late\n"]
    sock.channel.end(1, b"head", b"rest")
    assert sock.sent[:2] == [b"head", b"rest"]
    assert parse_log(sock.sent[2][5:]) == (0, 1, "late\n")


def test_prints_from_finalisers_and_signal_handlers(tmp_path: Path) -> None:
    body = """
        import gc, signal
        class Loud:
            def __init__(self): self.me = self
            def __del__(self): sys.stdout.write("finaliser\\n")
        signal.signal(signal.SIGALRM, lambda *_: sys.stdout.write("alarm\\n"))
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        gc.set_threshold(5)
        for index in range(3000):
            Loud()
            print("line", index, file=sys.stderr)
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.set_threshold(700)
    """
    lines = logged(tmp_path, body)
    errors = "".join(text for source, text in lines if source == 2)
    assert errors.splitlines() == [f"line {index}" for index in range(3000)]
    printed = "".join(text for source, text in lines if source == 1).split()
    assert set(printed) == {"finaliser", "alarm"}


def test_native_output_goes_through_the_pipes(tmp_path: Path) -> None:
    body = """
        os.write(1, b"native\\n")
        subprocess.run(["sh", "-c", "echo program; echo error >&2"])
        subprocess.run(["echo", "through fileno"], stdout=sys.stdout)
        print("real", file=sys.__stdout__, flush=True)
        return sys.stdin.read()
    """
    with worker_of(tmp_path, body) as worker:
        result = worker.ready().predict()
        assert result.done.output == "" and result.logs == ""
        assert worker.end() == 0
        assert worker.native() == (b"native\nprogram\nthrough fileno\nreal\n", b"error\n")


def test_prints_after_setup_and_between_predictions_belong_to_none(tmp_path: Path) -> None:
    source = """
    import sys
    print("import")
    class Model:
        def setup(self):
            print("setup", file=sys.stderr)
            print("tail", end="")
        def run(self) -> str:
            return "x"
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        logs = [parse_log(payload) for payload in of_kind(worker.setup_frames, LOG)]
        assert logs == [(0, 1, "import\n"), (0, 2, "setup\n"), (0, 1, "tail")]
        assert worker.predict().logs == ""
