"""A client of `GET /predictions/{id}/events`, read event by event."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Optional

from server import Server


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    data: Any


class Watch:
    """An event stream of a prediction that somebody else has made."""

    def __init__(self, server: Server, id: str, *, after: Optional[str] = None, links: bool = False) -> None:
        self.connection = server.connect()
        headers = {"Cog-Files": "links"} if links else {}
        if after is not None:
            headers["Last-Event-ID"] = after
        self.connection.request("GET", f"/predictions/{id}/events", headers=headers)
        self._socket: socket.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.headers = {name.lower(): value for name, value in self.response.getheaders()}

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], _: object, __: Optional[TracebackType]) -> None:
        self.response.close()
        self.connection.close()

    def read(self) -> Optional[Event]:
        """The next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if value and name:
                fields[name] = value
            elif fields:
                return Event(fields["event"], fields["id"], json.loads(fields["data"]))
        return None

    def take(self, count: int) -> list[Event]:
        events: list[Event] = []
        for _ in range(count):
            event = self.read()
            assert event is not None, events
            events.append(event)
        return events

    def rest(self) -> list[Event]:
        events = []
        while event := self.read():
            events.append(event)
        return events

    def leave(self) -> None:
        """Leaves, and waits until the server has seen it."""
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(65536):
            pass


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


def chunks_of(events: list[Event]) -> list[Any]:
    return [event.data["chunk"] for event in events if event.name == "output"]
