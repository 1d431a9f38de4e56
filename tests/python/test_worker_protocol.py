"""The worker's frames against the vectors that the server's side is tested with, too."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Callable, Iterable

import pytest
import worker_client

from cog._worker import protocol
from cog._worker.devices import Lease

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "wire" / "frames.json").read_text())
MODES = ("replace", "increment", "append")

WRITERS: dict[int, Callable[..., bytes]] = {
    protocol.HELLO: lambda json: protocol.plain(protocol.HELLO, json),
    protocol.DESCRIBED: protocol.described,
    protocol.READY: lambda: protocol.plain(protocol.READY),
    protocol.SETUP_FAILED: lambda json: protocol.plain(protocol.SETUP_FAILED, json),
    protocol.OUTPUT: lambda *fields: b"".join(protocol.output(*fields)),
    protocol.LOG: protocol.log,
    protocol.METRIC: lambda number, mode, name, value: protocol.metric(number, MODES[mode], name.decode(), value),
    protocol.DONE: lambda *fields: b"".join(protocol.done(*fields)),
    protocol.POISONED: lambda text: protocol.plain(protocol.POISONED, text),
    protocol.HEALTH: lambda question, verdict, text: protocol.health(question, verdict == 1, text.decode()),
    protocol.PONG: protocol.pong,
}


def of_kinds(kinds: Iterable[int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [v for v in VECTORS if v["kind"] in kinds], ids=lambda v: v["name"])


def reader_of(data: bytes) -> tuple[protocol.FrameReader, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.sendall(data)
    theirs.close()
    return protocol.FrameReader(ours), ours


def test_there_is_a_vector_for_every_kind() -> None:
    kinds = {
        value
        for name, value in vars(protocol).items()
        if name in vars(worker_client) and name.isupper() and isinstance(value, int)
    }
    assert {vector["kind"] for vector in VECTORS} == kinds


@of_kinds(WRITERS)
def test_frames_to_the_server(vector: dict[str, Any]) -> None:
    fields = [value.encode() if isinstance(value, str) else value for value in vector["fields"].values()]
    assert WRITERS[vector["kind"]](*fields).hex() == vector["hex"]


@of_kinds([protocol.RUN])
def test_run_frames(vector: dict[str, Any]) -> None:
    reader, sock = reader_of(bytes.fromhex(vector["hex"]))
    assert reader.fill()
    frame = reader.next()
    assert frame is not None and frame[0] == protocol.RUN
    assert protocol.parse_run(frame[1]) == tuple(vector["fields"].values())
    fields = vector["fields"]
    assert worker_client.run_frame(fields["number"], fields["input"], fields["meta"]).hex() == vector["hex"]
    sock.close()


@of_kinds([protocol.BATCH])
def test_batch_frames(vector: dict[str, Any]) -> None:
    reader, sock = reader_of(bytes.fromhex(vector["hex"]))
    assert reader.fill()
    frame = reader.next()
    assert frame is not None and frame[0] == protocol.BATCH
    assert protocol.parse_batch(frame[1]) == vector["fields"]["count"]
    sock.close()


@of_kinds([protocol.CANCEL, protocol.HEALTHCHECK, protocol.PING, protocol.END])
def test_frames_of_the_control_socket(vector: dict[str, Any]) -> None:
    reader, sock = reader_of(bytes.fromhex(vector["hex"]))
    assert reader.fill()
    frame = reader.next()
    assert frame is not None and frame[0] == vector["kind"]
    assert (protocol.NUMBER.unpack(frame[1]) if len(frame[1]) else ()) == tuple(vector["fields"].values())
    sock.close()


@of_kinds([protocol.LEASE])
def test_leases(vector: dict[str, Any]) -> None:
    lease = Lease.parse(bytes.fromhex(vector["hex"])[5:].decode())
    environment = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "3"}
    assert lease == (environment, ("GPU 3 (GPU-1d0c)",), "early", True)


@of_kinds([protocol.DONE, protocol.LOG, protocol.METRIC, protocol.OUTPUT])
def test_the_client_of_the_tests_reads_what_the_worker_writes(vector: dict[str, Any]) -> None:
    fields = vector["fields"]
    payload = bytes.fromhex(vector["hex"])[5:]
    if vector["kind"] == protocol.DONE:
        done = worker_client.parse_done(payload)
        assert (done.number, done.shape, done.rest.decode()) == (fields["number"], fields["shape"], fields["rest"])
        assert [file.path for file in done.files] == [entry[2] for entry in json.loads(fields["files"] or "[]")]
    elif vector["kind"] == protocol.LOG:
        assert worker_client.parse_log(payload) == tuple(fields.values())
    elif vector["kind"] == protocol.METRIC:
        metric = worker_client.parse_metric(payload)
        expected = (fields["number"], MODES[fields["mode"]], fields["name"], json.loads(fields["value"]))
        assert metric == expected
    else:
        assert worker_client.parse_output(payload)[2].decode() == fields["chunk"]


def frames_of(reader: protocol.FrameReader) -> list[tuple[int, bytes]]:
    frames = []
    while reader.fill():
        frame = reader.next()
        while frame is not None:
            frames.append((frame[0], bytes(frame[1])))
            frame = reader.next()
    return frames


def test_several_frames_in_one_call() -> None:
    reader, sock = reader_of(b"".join(worker_client.frame(kind, b"x" * kind) for kind in range(1, 6)))
    assert frames_of(reader) == [(kind, b"x" * kind) for kind in range(1, 6)]
    sock.close()


@pytest.mark.parametrize("size", [65530, 65531, 65532, 1 << 20])
def test_frames_longer_than_the_buffer(size: int) -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    reader = protocol.FrameReader(ours)
    pending = worker_client.frame(1, b"small") + worker_client.frame(2, b"y" * size) + worker_client.frame(3, b"after")
    frames: list[tuple[int, bytes]] = []
    while pending or not frames or frames[-1][0] != 3:
        try:
            pending = pending[theirs.send(pending) :] if pending else pending
        except BlockingIOError:
            pass
        reader.fill()
        frame = reader.next()
        while frame is not None:
            frames.append((frame[0], bytes(frame[1])))
            frame = reader.next()
    assert frames == [(1, b"small"), (2, b"y" * size), (3, b"after")]
    ours.close()
    theirs.close()


def test_a_frame_that_comes_byte_by_byte() -> None:
    ours, theirs = socket.socketpair()
    reader = protocol.FrameReader(ours)
    data = worker_client.frame(7, b"abc") + worker_client.frame(8)
    frames = []
    for index in range(len(data)):
        theirs.send(data[index : index + 1])
        assert reader.fill()
        frame = reader.next()
        if frame is not None:
            frames.append((index, frame[0], bytes(frame[1])))
    assert frames == [(7, 7, b"abc"), (12, 8, b"")]
    ours.close()
    theirs.close()


def test_long_payloads_are_not_copied_into_one_piece() -> None:
    assert len(protocol.done(1, 0, 1, b"", b"x" * 65536)) == 1
    head, rest = protocol.done(1, 0, 1, b"[]", b"x" * 65537)
    assert head.endswith(b"[]") and rest == b"x" * 65537
