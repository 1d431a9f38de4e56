"""Does the steps of a scenario on one server and writes down what it answered.

Steps, by the key that is there:

    send       "POST /predictions", with `headers`, one of `json`, `text`, `base64`, and `chunked`; `as: NAME` leaves it
               running; `until: TEXT` asks again until the answer holds it; `full: true` where 409 is the answer wanted
               (else it is asked again: the reference frees its slot some milliseconds after its answer); `brief: true`
               leaves the body out of the transcript
    answer     the answer of what was left running
    leave      that connection is closed
    seen       wait until TEXT (`text`) has come on that connection
    arrived    wait until the model stands at the gate NAME; models wait there for
    open       the gate NAME
    received   what the receiver got under NAME, once `count` requests or `until: TEXT` have come; `method` and path are
               part of it
    signal     sent to the server
    exit       wait for the server's end; its exit code is part of the transcript

Placeholders in texts: $GATE/NAME, $HOOK/NAME (an address of the receiver for this scenario alone), $RECEIVER.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import signal
import socket
import threading
import time
from typing import Any, Optional

from masks import mask
from pair import PATIENCE, Running, eventually
from receiver import Received
from scenario import Scenario

HEADERS = ("content-type", "allow", "cache-control", "location")
HOOK_HEADERS = ("content-type", "authorization", "traceparent", "tracestate")
TERMINAL = re.compile(rb'"status":"(succeeded|failed|canceled)"')


class Exchange:
    """A request in a thread of its own."""

    def __init__(self, server: Running, line: str, headers: dict[str, str], body: Optional[bytes], chunked: bool):
        self._connection = server.connect()
        self._method, _, self._path = line.partition(" ")
        self._headers = headers
        self._body = body
        self._chunked = chunked
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._error: Optional[Exception] = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._connection.putrequest(self._method, self._path, skip_accept_encoding=True)
            for name, value in self._headers.items():
                self._connection.putheader(name, value)
            if self._chunked:
                self._connection.putheader("Transfer-Encoding", "chunked")
            elif self._body is not None:
                self._connection.putheader("Content-Length", str(len(self._body)))
            body = iter([self._body]) if self._chunked and self._body is not None else self._body
            self._connection.endheaders(body, encode_chunked=self._chunked)
            answer = self._connection.getresponse()
            self.status = answer.status
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
            while piece := answer.read1(65536):
                self.body += piece
        except (OSError, http.client.HTTPException) as error:
            self._error = error
        finally:
            self._connection.close()

    def finish(self) -> Exchange:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"no answer to {self._method} {self._path} within {PATIENCE} s"
        if self._error:
            raise self._error
        return self

    def leave(self) -> None:
        if self._connection.sock:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)


class Replay:
    def __init__(self, scenario: Scenario, server: Running) -> None:
        self._scenario = scenario
        self._server = server
        self._gates = server.folder / "gates" / scenario.name.replace("/", "-")
        self._gates.mkdir(exist_ok=True)
        self._path = "/" + scenario.name.replace("/", "-")
        self._names = {
            "$GATE": str(self._gates),
            "$HOOK": server.receiver.address + self._path,
            "$RECEIVER": server.receiver.address,
            "$TMP": str(server.folder / "tmp"),
            "$PROJECT": str(server.project),
        }
        self._background: dict[str, Exchange] = {}
        self._transcript: list[Any] = []

    def run(self) -> list[Any]:
        """The transcript: one entry for each answer and each `received`, of JSON values, in the order of the steps."""
        try:
            for step in self._scenario.steps:
                self._do(step)
        finally:
            for left in self._background.values():
                left.leave()
        return self._transcript

    def _do(self, step: dict[str, Any]) -> None:
        if "send" in step:
            if "as" in step:
                self._background[step["as"]] = self._start(step)
            else:
                shown = self._shown(self._ask(step))
                self._transcript.append({"status": shown["status"]} if step.get("brief") else shown)
        elif "answer" in step:
            self._transcript.append(self._shown(self._background.pop(step["answer"]).finish()))
        elif "leave" in step:
            self._background.pop(step["leave"]).leave()
        elif "seen" in step:
            exchange = self._background[step["seen"]]
            eventually(lambda: step["text"].encode() in exchange.body, f"{step['text']} in the answer")
        elif "arrived" in step:
            eventually((self._gates / f"{step['arrived']}.here").exists, f"the model at the gate {step['arrived']}")
        elif "open" in step:
            (self._gates / step["open"]).touch()
        elif "received" in step:
            self._transcript.append(self._received(step))
        elif "signal" in step:
            self._server.process.send_signal(signal.Signals[step["signal"]])
        elif "exit" in step:
            self._transcript.append({"exit": self._server.process.wait(PATIENCE)})
        else:
            raise ValueError(f"{self._scenario.name}: no such step: {step}")

    def _start(self, step: dict[str, Any]) -> Exchange:
        headers = {name: self._filled(value) for name, value in step.get("headers", {}).items()}
        body: Optional[bytes] = None
        if "json" in step:
            body = self._filled(json.dumps(step["json"], ensure_ascii=False)).encode()
            headers.setdefault("Content-Type", "application/json")
        elif "text" in step:
            body = self._filled(step["text"]).encode()
        elif "base64" in step:
            body = base64.b64decode(step["base64"])
        return Exchange(self._server, self._filled(step["send"]), headers, body, bool(step.get("chunked")))

    def _ask(self, step: dict[str, Any]) -> Exchange:
        deadline = time.monotonic() + PATIENCE
        while True:
            exchange = self._start(step).finish()
            is_full = exchange.status == 409 and not step.get("full") and not self._server.ours
            if (not is_full and self._filled(step.get("until", "")).encode() in exchange.body) or (
                time.monotonic() > deadline
            ):
                return exchange
            time.sleep(0.005)

    def _filled(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(name, value)
        return text

    def _masked(self, text: str) -> str:
        return mask(text, self._names, self._scenario.mask, self._server.setup_said)

    def _shown(self, exchange: Exchange) -> dict[str, Any]:
        shown: dict[str, Any] = {"status": exchange.status}
        shown.update({name: exchange.headers[name] for name in HEADERS if name in exchange.headers})
        kind = exchange.headers.get("content-type", "")
        shown["body"] = self._events(exchange.body) if kind == "text/event-stream" else self._value(exchange.body)
        return shown

    def _value(self, body: bytes) -> Any:
        """JSON in the contract's form as what it means, with its keys in order; all else as text."""
        text = self._masked(body.decode(errors="backslashreplace"))
        try:
            value = json.loads(text)
        except ValueError:
            return text
        is_plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
        return value if is_plain and not isinstance(value, str) else text

    def _events(self, body: bytes) -> list[Any]:
        events: list[Any] = []
        for block in body.decode().split("\n\n"):
            name, _, data = block.partition("\n")
            if name.startswith("event: ") and data.startswith("data: "):
                events.append([name[7:], self._value(data[6:].encode())])
            elif block and not block.startswith(":"):
                events.append(block)
        return events

    def _received(self, step: dict[str, Any]) -> list[Any]:
        text = self._filled(step.get("until", "")).encode()
        count = step.get("count", 1)

        def is_enough(received: list[Received]) -> bool:
            return len(received) >= count and any(text in one.body for one in received)

        under = step["received"].replace("$RECEIVER", "") if "$RECEIVER" in step["received"] else ""
        path = under or f"{self._path}/{step['received']}"
        found = self._server.receiver.wait(path, is_enough, PATIENCE)
        # Deliveries of the reference may overtake each other.
        ordered = sorted(found, key=lambda one: (bool(TERMINAL.search(one.body)), len(one.body)))
        return [self._received_shown(one) for one in ordered]

    def _received_shown(self, one: Received) -> dict[str, Any]:
        headers = {name: one.headers[name] for name in HOOK_HEADERS if name in one.headers}
        return {"request": f"{one.method} {self._masked(one.path)}", **headers, "body": self._value(one.body)}
