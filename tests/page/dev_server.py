"""Serves src/page in front of a coglet, with the headers the server itself would send: for work on the page.

    python3 tests/page/dev_server.py http://127.0.0.1:5000 --port 8080

A change of a file is there with the next reload. All that is not of the page is handed on, unbuffered.
"""

from __future__ import annotations

import argparse
import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parents[2] / "src" / "page"
MARKED = Path("/usr/share/javascript/marked/marked.umd.min.js")
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
SECURITY = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Content-Security-Policy": POLICY,
}
HOP = {"connection", "transfer-encoding", "keep-alive"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = ""
    prefix = ""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if not self.path.startswith(self.prefix):
            self.answer(404, {}, b"")
            return
        path = urlsplit(self.path).path[len(self.prefix) :]
        if path == "/docs" or (path in ("/", "/status") and "text/html" in self.headers.get("Accept", "")):
            document = (FOLDER / "index.html").read_bytes().replace(b"HASH", b"000000000000")
            self.answer(200, {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept", **SECURITY}, document)
        elif path.startswith("/page/"):
            name = path.split("/", 3)[3]
            file = MARKED if name == "marked.js" else FOLDER / name
            if ".." in name or not file.is_file():
                self.answer(404, {}, b"")
            else:
                kind = TYPES.get(file.suffix, "application/octet-stream")
                self.answer(200, {"Content-Type": kind, "Cache-Control": "no-store"}, file.read_bytes())
        else:
            self.hand_on()

    def hand_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        where = urlsplit(self.target)
        upstream = http.client.HTTPConnection(where.hostname or "", where.port or 80)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        try:
            upstream.request(self.command, self.path[len(self.prefix) :], self.rfile.read(length), headers)
            response = upstream.getresponse()
        except OSError:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        try:
            while data := response.read1(65536):
                self.wfile.write(data)
        except OSError:
            pass
        finally:
            upstream.close()

    do_POST = do_PUT = do_DELETE = hand_on
    do_HEAD = do_GET

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # a browser that leaves


def proxy(target: str, port: int = 0, prefix: str = "") -> Proxy:
    return Proxy(("127.0.0.1", port), type("Of", (Handler,), {"target": target, "prefix": prefix}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="where coglet is")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--prefix", default="", help="a path in front of all others")
    given = parser.parse_args()
    server = proxy(given.target, given.port, given.prefix)
    print(f"http://127.0.0.1:{server.server_address[1]}{given.prefix}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
