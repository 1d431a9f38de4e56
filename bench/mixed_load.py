"""Rounds of different requests: `mixed_round` for models/mixed.py with SLOTS slots and no waiting line, `sizes_round`
for models/hello.py with one."""

import contextlib
import random

import load
from clients import ask, check, connect, post, receive

SLOTS = 4
EACH = 10
"""Requests of a kind in a round."""

SIZES = [int(2 ** (number * 20 / 99)) for number in range(100)]
"""Bytes, to 1 MiB. So many that the server's ring of finished predictions always holds one of each."""

WHOLE = post({"count": 5, "pause": 0})
STREAM = post({"count": 5, "pause": 0}, "Accept: text/event-stream", "Connection: close")
ASYNCHRONOUS = post({"count": 5, "pause": 0}, "Prefer: respond-async")
ENDLESS = post({"count": 2, "pause": 60}, "Accept: text/event-stream")
WRONG = post({"count": "many"})


def mixed_round(port: int) -> None:
    """Whole answers, streams, asynchronous predictions, refusals, wrong inputs, and clients that leave. Raises
    WrongAnswer."""
    ask(port, WHOLE, 200, EACH)
    for _ in range(EACH):
        with connect(port) as client:
            client.sendall(STREAM)
            check(receive(client), 200, b"event: completed")
    for _ in range(EACH):
        load.wait_until(lambda: _is_taken(port, ASYNCHRONOUS, 202))
    _fill_and_leave(port)
    ask(port, WRONG, 422, EACH)
    load.wait_until(lambda: _is_taken(port, WHOLE, 200))


def sizes_round(port: int, order: random.Random) -> int:
    """SIZES predictions that take and give a text of each size, a few at a time; how many."""
    sizes = SIZES.copy()
    order.shuffle(sizes)
    with contextlib.ExitStack() as stack:
        together = [stack.enter_context(connect(port)) for _ in range(SLOTS)]
        for begin in range(0, len(sizes), SLOTS):
            some = list(zip(together, sizes[begin : begin + SLOTS]))
            for client, size in some:
                client.sendall(post({"name": "x" * size}))
            for client, _ in some:
                check(receive(client), 200)
    return len(sizes)


def _is_taken(port: int, request: bytes, status: int) -> bool:
    with connect(port) as client:
        client.sendall(request)
        answer = receive(client)
    if answer.startswith(b"HTTP/1.1 409 "):
        return False
    check(answer, status)
    return True


def _fill_and_leave(port: int) -> None:
    """Clients who take every slot, others who are refused meanwhile; then the first leave without an answer."""
    with contextlib.ExitStack() as held:
        for _ in range(SLOTS):
            load.wait_until(lambda: _holds_slot(port, held))
        ask(port, WHOLE, 409, EACH)


def _holds_slot(port: int, held: contextlib.ExitStack) -> bool:
    """Whether one more client has a stream that does not end; it stays until `held` is left."""
    client = held.enter_context(connect(port))
    client.sendall(ENDLESS)
    return client.recv(65536).startswith(b"HTTP/1.1 200 ")
