"""The far end of webhooks, uploads and downloads: one HTTP server on the loopback interface for each server under test.

What a path's words ask for: `status/503-503-200/NAME` answers one status after the other, the last for good;
`redirect/307/NAME` sends to NAME; `located/` answers with a Location; `file/NAME` serves the bytes of NAME's own name.
Everything else is answered 200.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._counts: Counter[str] = Counter()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, under: str, enough: Any, patience: float) -> list[Received]:
        """What has come to paths that start with `under`, once `enough(list)` is true of it, or patience has ended."""
        with self._changed:
            self._changed.wait_for(lambda: enough(self._under(under)), patience)
            return self._under(under)

    def _under(self, prefix: str) -> list[Received]:
        return [one for one in self._received if one.path == prefix or one.path.startswith(prefix + "/")]

    def _take(self, received: Received) -> tuple[int, dict[str, str], bytes]:
        """Keeps a request; returns status, headers and body of the answer."""
        with self._changed:
            self._received.append(received)
            self._counts[received.path] += 1
            count = self._counts[received.path]
            self._changed.notify_all()
        words = received.path.strip("/").split("/")
        if "status" in words:
            statuses = words[words.index("status") + 1].split("-")
            return int(statuses[min(count, len(statuses)) - 1]), {}, b""
        if "redirect" in words:
            place = words.index("redirect")
            target = "/" + "/".join(words[:place] + words[place + 2 :])
            return int(words[place + 1]), {"Location": self.address + target}, b""
        if "located" in words and received.method == "PUT":
            return 201, {"Location": f"{self.address}/stored/{words[-1]}?signature=1"}, b""
        if "file" in words:
            return 200, {"Content-Type": "text/plain"}, words[-1].encode()
        return 200, {}, b""

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = self._read_chunks()
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.command, self.path.partition("?")[0], headers, body)
                status, given, content = receiver._take(received)
                self.send_response(status)
                for name, value in given.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = answer

            def _read_chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
