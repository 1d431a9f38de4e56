"""The far end of webhooks, uploads and downloads: HTTP servers on the loopback interface that keep no bodies."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = bytes(1 << 20)
TERMINAL = ("succeeded", "failed", "canceled")


@dataclass
class FarEnd:
    """What it does and what it has got. `errors`: 503s before the first 200 of each path; `dead`: it never answers."""

    address: str = ""
    pause: float = 0
    errors: int = 0
    dead: bool = False
    serves: int = 0
    """Bytes of what GET answers."""

    taken: Counter[str] = field(default_factory=Counter)
    """Terminal webhooks answered 200, by path."""
    asked: Counter[str] = field(default_factory=Counter)
    uploaded: int = 0
    """Bytes."""
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    far_end: FarEnd

    def do_POST(self) -> None:
        far_end = self.far_end
        hook = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if far_end.dead:
            far_end.stopping.wait()
            self.close_connection = True
            return
        time.sleep(far_end.pause)
        with far_end.lock:
            far_end.asked[self.path] += 1
            status = 503 if far_end.asked[self.path] <= far_end.errors else 200
            if status == 200 and hook["status"] in TERMINAL:
                far_end.taken[self.path] += 1
        self._answer(status)

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left and (piece := self.rfile.read1(min(left, len(PIECE)))):
            left -= len(piece)
            self.far_end.uploaded += len(piece)
        self._answer(200)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(self.far_end.serves))
        self.end_headers()
        for begin in range(0, self.far_end.serves, len(PIECE)):
            self.wfile.write(PIECE[: self.far_end.serves - begin])

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        pass  # the server under test was ended while it was answered


@contextlib.contextmanager
def serving(far_end: FarEnd) -> Iterator[FarEnd]:
    server = _Quiet(("127.0.0.1", 0), type("Handler", (_Handler,), {"far_end": far_end}))
    far_end.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield far_end
    finally:
        far_end.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
