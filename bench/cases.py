"""What is measured, and on which servers."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Optional

OURS, REFERENCE, MOSEC, FLOOR = "ours", "reference", "mosec", "floor"
SERVERS = (OURS, REFERENCE, MOSEC, FLOOR)
COG_SERVERS = (OURS, REFERENCE)

RATE, P50, P99, SECONDS, MEMORY = "answers/s", "p50 us", "p99 us", "s", "MiB"
FIRST_CHUNK, CHUNK_RATE = "first chunk us", "chunks/s"
MORE_IS_BETTER = {
    RATE: True,
    P50: False,
    P99: False,
    SECONDS: False,
    MEMORY: False,
    FIRST_CHUNK: False,
    CHUNK_RATE: True,
}

MIB = 1024 * 1024
CHUNKS = 500
"""Of one stream; the reference cuts off who is more than 1024 events behind."""

Kind = Literal["load", "stream", "ready", "cold", "memory", "webhooks", "upload", "download", "answer"]


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    model: str
    input: dict[str, Any]
    output_is_right: Callable[[Any], bool]
    kind: Kind = "load"
    metrics: tuple[str, ...] = (RATE,)
    servers: tuple[str, ...] = SERVERS
    clients: int = 1
    slots: int = 1
    path: str = "/predictions"
    settings: dict[str, str] = field(default_factory=dict)
    """Environment that only our server is given."""
    gpus: int = 0
    """Pretended ones, which our server alone can divide among workers."""
    times: Optional[tuple[float, str]] = None
    """How many times the first figure of that earlier case ours must at least be."""


WAITING_LINE = {"COG_MAX_QUEUE": "64"}
NAME: dict[str, Any] = {"name": "world"}
TEXT: dict[str, Any] = {"text": "The quick brown fox. " * (MIB // 21)}
FILE: dict[str, Any] = {
    "file": "data:application/octet-stream;base64," + base64.b64encode(bytes(range(256)) * (4 * MIB // 256)).decode()
}


def greets(output: Any) -> bool:
    return bool(output == "hello world")


def is_file_of_16_mib(output: Any) -> bool:
    return isinstance(output, str) and len(output.partition(",")[2]) == 4 * -(-16 * MIB // 3)


def is_all_chunks(output: Any) -> bool:
    return isinstance(output, list) and len(output) == CHUNKS


CASES = (
    Case("hello", "hello-world, 1 client", "hello", NAME, greets, metrics=(RATE, P50)),
    Case("hello16", "hello-world, 16 clients, waiting line", "hello", NAME, greets, clients=16, settings=WAITING_LINE),
    Case(
        "async", "async, 16 slots, 16 clients", "hello_async", NAME, greets, servers=COG_SERVERS, clients=16, slots=16
    ),
    Case(
        "async-wait",
        "async 20 ms wait, 64 slots, 64 clients (ideal 3200)",
        "wait_async",
        NAME,
        greets,
        servers=(OURS, REFERENCE, FLOOR),
        clients=64,
        slots=64,
    ),
    Case(
        "sync-wait",
        "synchronous 20 ms wait, 2 workers, 8 clients (ideal 100)",
        "wait_sync",
        NAME,
        greets,
        servers=(OURS, MOSEC),
        clients=8,
        slots=2,
        settings=WAITING_LINE,
    ),
    Case("text-in", "1 MiB text in", "text_in", TEXT, lambda output: output == len(TEXT["text"])),
    Case("file-in", "4 MiB data URL in", "file_in", FILE, lambda output: output == 4 * MIB, servers=COG_SERVERS),
    Case("file-out", "16 MiB file out", "file_out", {}, is_file_of_16_mib, servers=COG_SERVERS),
    Case(
        "chunks",
        "1000 chunks, whole answer",
        "chunks",
        {"count": 1000},
        lambda output: isinstance(output, list) and len(output) == 1000,
        servers=COG_SERVERS,
    ),
    Case(
        "stream",
        "500 chunks by server-sent events",
        "stream",
        {"count": CHUNKS},
        is_all_chunks,
        "stream",
        (FIRST_CHUNK, CHUNK_RATE),
        COG_SERVERS,
    ),
    Case(
        "health",
        "/health-check, 16 clients",
        "hello",
        NAME,
        greets,
        servers=(OURS, REFERENCE, FLOOR),
        clients=16,
        path="/health-check",
    ),
    Case(
        "gpu20ms-1",
        "a device held for 20 ms, 8 GPUs, 1 worker (ideal 50)",
        "gpu_hold",
        {},
        lambda output: bool(output == "held"),
        servers=(OURS,),
        clients=16,
        settings={**WAITING_LINE, "COG_CUDA_CONTEXT": "early"},
        gpus=8,
    ),
    Case(
        "gpu20ms",
        "a device held for 20 ms, 8 GPUs, 8 workers (ideal 400)",
        "gpu_hold",
        {},
        lambda output: bool(output == "held"),
        servers=(OURS,),
        clients=16,
        slots=8,
        settings=WAITING_LINE,
        gpus=8,
        times=(7.5, "gpu20ms-1"),
    ),
    Case(
        "batch-off",
        "20 ms whatever the size, 16 clients, one at a time (ideal 50)",
        "wait_batch",
        NAME,
        greets,
        servers=(OURS, MOSEC),
        clients=16,
        settings={**WAITING_LINE, "COG_BATCH_SIZE": "1"},
    ),
    Case(
        "batch16",
        "20 ms whatever the size, 16 clients, up to 8 in one call (ideal 400)",
        "wait_batch",
        NAME,
        greets,
        servers=(OURS, MOSEC),
        clients=16,
        settings=WAITING_LINE,
        times=(7.76, "batch-off"),
    ),
    Case(
        "batch8",
        "the same, 8 clients",
        "wait_batch",
        NAME,
        greets,
        metrics=(RATE, P50),
        servers=(OURS, MOSEC),
        clients=8,
        settings=WAITING_LINE,
        times=(7.44, "batch-off"),
    ),
    Case(
        "batch1",
        "the same, a lone client",
        "wait_batch",
        NAME,
        greets,
        metrics=(RATE, P50),
        servers=(OURS, MOSEC),
    ),
    Case(
        "batch-hello",
        "hello-world in batches, 16 clients",
        "batch_hello",
        NAME,
        greets,
        servers=(OURS,),
        clients=16,
        settings=WAITING_LINE,
    ),
    Case("ready", "exec to READY", "hello", NAME, greets, "ready", (SECONDS,), COG_SERVERS),
    Case("cold", "exec to first answer", "hello", NAME, greets, "cold", (SECONDS,)),
    Case(
        "webhooks",
        "webhooks of asynchronous predictions to good, slow, failing and dead hosts, beside other predictions",
        "hello_async",
        NAME,
        greets,
        "webhooks",
        (SECONDS, MEMORY, P50, P99),
        (OURS,),
        slots=16,
        settings={"COG_MAX_QUEUE": "64"},
    ),
    Case("big-upload", "large file to --upload-url", "big_file", {}, bool, "upload", (MEMORY, SECONDS), (OURS,)),
    Case("big-download", "large file by URL", "file_in", {}, bool, "download", (MEMORY, SECONDS), (OURS,)),
    Case("memory", "memory of the process tree after load", "hello", NAME, greets, "memory", (MEMORY,)),
)
