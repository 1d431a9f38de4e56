"""Clients in the cluster's network who ask again and again, and note what they were not answered as they should be.

with Traffic(kubernetes, "10.96.1.2:80", clients=16) as traffic:
    ...
assert traffic.failures == []
"""

from __future__ import annotations

import http.client
import json
import threading
from typing import Optional

from cluster import PATIENCE, Kubernetes


class Traffic:
    """Each client keeps its connection until the server closes it, and asks on until the end of the block."""

    def __init__(
        self, kubernetes: Kubernetes, address: str, clients: int, *, pause: float = 0, **values: object
    ) -> None:
        """`pause`: seconds from an answer to the next request."""
        self.answered = 0
        self.failures: list[str] = []
        self._kubernetes = kubernetes
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._pause = pause
        self._body = json.dumps({"input": values})
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """No client asks again; what was asked is answered by the return."""
        self._ending.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a request was not answered"

    def wait_for(self, count: int) -> None:
        self._kubernetes.eventually(lambda: self.answered >= count or self.failures, f"{count} answers")

    def _ask_on(self) -> None:
        self._kubernetes.enter_network()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        while not self._ending.wait(self._pause):
            failure = self._ask(connection)
            with self._lock:
                self.answered += 1
                if failure:
                    self.failures.append(failure)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> Optional[str]:
        kept = connection.sock is not None
        try:
            connection.request("POST", "/predictions", self._body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"{error!r} on a {'kept' if kept else 'new'} connection"
        if answer.status != 200 or json.loads(body)["status"] != "succeeded":
            return f"{answer.status} {body[:300]!r}"
        return None
