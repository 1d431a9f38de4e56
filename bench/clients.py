"""Clients that ask so many times exactly, and look at every answer."""

import json
import re
import select
import socket
from typing import Any

from load import START_SECONDS, WrongAnswer

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
REQUEST = "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
POST = "Content-Type: application/json\r\nContent-Length: {length}\r\n"


def get(path: str) -> bytes:
    return REQUEST.format(method="GET", path=path, headers="").encode()


def post(values: dict[str, Any], *headers: str) -> bytes:
    """A prediction's request."""
    body = json.dumps({"input": values})
    lines = POST.format(length=len(body)) + "".join(header + "\r\n" for header in headers)
    return REQUEST.format(method="POST", path="/predictions", headers=lines).encode() + body.encode()


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    client = socket.socket()
    client.settimeout(START_SECONDS)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.bind((source, 0))
    client.connect(("127.0.0.1", port))
    return client


def ask(port: int, request: bytes, status: int, times: int = 1) -> bytes:
    """One after the other on a connection of their own; the last answer. Raises WrongAnswer at another status."""
    answer = b""
    with connect(port) as client:
        for _ in range(times):
            client.sendall(request)
            answer = receive(client)
            check(answer, status)
    return answer


def receive(client: socket.socket) -> bytes:
    """One answer: as long as it says, or else until the end of the connection."""
    answer = b""
    while not is_whole(answer):
        piece = client.recv(65536)
        if not piece:
            break
        answer += piece
    return answer


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head) if end else None
    return length is not None and len(body) == int(length[1])


def check(answer: bytes, status: int, part: bytes = b"") -> None:
    if not answer.startswith(b"HTTP/1.1 %d " % status) or part not in answer:
        raise WrongAnswer(f"wanted {status} {part.decode()}, got {answer[:300].decode(errors='replace')}")


def load(port: int, clients: int, count: int, request: bytes, part: bytes) -> None:
    """So many requests in all by so many clients at once; every answer is a 200 that holds `part`."""
    sockets = {}
    poll = select.epoll()
    try:
        for _ in range(clients):
            client = connect(port)
            sockets[client.fileno()] = client
            poll.register(client.fileno(), select.EPOLLIN)
        got = dict.fromkeys(sockets, b"")
        for client in sockets.values():
            client.sendall(request)
        asked, answered = clients, 0
        while answered < max(count, clients):
            events = poll.poll(START_SECONDS)
            if not events:
                raise WrongAnswer(f"no answer for {START_SECONDS} s after {answered}")
            for number, _ in events:
                piece = sockets[number].recv(65536)
                answer = got[number] + piece
                if piece and not is_whole(answer):
                    got[number] = answer
                    continue
                check(answer, 200, part)
                got[number] = b""
                answered += 1
                if asked < count:
                    asked += 1
                    sockets[number].sendall(request)
    finally:
        poll.close()
        for client in sockets.values():
            client.close()
