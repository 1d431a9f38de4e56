"""Runs a server in a network namespace of its own, with public and private addresses, and says where it went.

Started as `unshare --net --mount python namespace.py FOLDER CASES`; CASES: a JSON object of URLs by name, in which PORT
stands for that of the receiver. Prints a JSON object by name: what the input, the webhook and each hop came to.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))

from history import metric
from listening import create_async, ended
from server import Server, eventually

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1::34"
PRIVATE, PRIVATE_6 = "10.7.7.7", "fd00:7::7"
METADATA = "169.254.169.254"
NAMES = {
    "public.test": [PUBLIC],
    "private.test": [PRIVATE],
    "metadata.test": [METADATA],
    "private-6.test": [PRIVATE_6],
    "loopback.test": ["127.0.0.1"],
}
MODEL = """
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, file: Path) -> str:
        return file.read_text()
"""
SECRET = "the content"


class Handler(BaseHTTPRequestHandler):
    """Answers `/to?URL` with a redirect there, else with the content; `hops` has the address of each request."""

    hops: list[str] = []

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.hops.append(self.connection.getsockname()[0].removeprefix("::ffff:"))
        target = parse_qs(urlsplit(self.path).query).get("to")
        self.send_response(307 if target else 200)
        if target:
            self.send_header("Location", target[0])
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        self.wfile.write(SECRET.encode())

    do_GET = do_POST = _answer

    def log_message(self, *_: object) -> None:
        pass


class DualServer(ThreadingHTTPServer):
    daemon_threads = True
    address_family = 10  # AF_INET6, which takes IPv4 as well


def prepare(folder: Path) -> None:
    for command in (
        "mount --make-rprivate /",
        "ip link set lo up",
        *(f"ip address add {address}/32 dev lo" for address in (PUBLIC, PRIVATE, METADATA)),
        *(f"ip address add {address}/128 dev lo nodad" for address in (PUBLIC_6, PRIVATE_6)),
    ):
        subprocess.run(command.split(), check=True)
    hosts = folder / "hosts"
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, all in NAMES.items() for address in all)]
    hosts.write_text("\n".join(lines) + "\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)


def outcome(server: Server, url: str, id: str) -> dict[str, object]:
    """What comes of the URL as an input, and as a webhook."""
    Handler.hops.clear()
    prediction = server.request("POST", "/predictions", {"input": {"file": url}}).json
    as_input = list(Handler.hops)
    Handler.hops.clear()
    fields = {"webhook": url, "webhook_events_filter": ["completed"]}
    answer = create_async(server, {"file": f"data:,{SECRET}"}, id=id, **fields)
    assert answer.status == 202 and ended(server, id)["output"] == SECRET, answer
    eventually(lambda: metric(server, "cog_webhook_couriers") == 0, "the end of the webhook")
    return {"input": prediction, "input hops": as_input, "webhook hops": list(Handler.hops)}


def main(folder: str, cases: str) -> None:
    place = Path(tempfile.mkdtemp(dir=folder))
    prepare(place)
    receiver = DualServer(("::", 0), Handler)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with Server(place, MODEL, COG_FORBID_PRIVATE_URLS="1", COG_LOG_LEVEL="debug") as server:
        given = json.loads(cases.replace("PORT", str(receiver.server_port)))
        print(json.dumps({name: outcome(server, url, f"case-{k}") for k, (name, url) in enumerate(given.items())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
