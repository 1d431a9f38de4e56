"""A receiver of webhooks on the node's own address, which pods reach."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cluster import Kubernetes
from node import ADDRESS


class Hooks:
    """`with Hooks(kubernetes) as hooks: ... hooks.url`; by the ids of the predictions, what came."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self.bodies: dict[str, list[Any]] = defaultdict(list)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.bodies[body["id"]].append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = kubernetes.in_network(lambda: ThreadingHTTPServer((ADDRESS, 0), Handler))
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self._server.server_port}/hook"

    def __enter__(self) -> Hooks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
