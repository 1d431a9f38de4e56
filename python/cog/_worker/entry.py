"""The life of a worker process: start, load, describe, set up, predict, end."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Sequence

from cog import _schema, _version, predictor
from cog._loader import Model, load
from cog._worker import logs, protocol, signals
from cog._worker.cancel import Cancellation
from cog._worker.channel import Channel
from cog._worker.control import Backend, Control
from cog._worker.devices import Devices, Lease
from cog._worker.errors import describe, is_shortage, outer_trace, setup_line
from cog._worker.runtime import Runtime
from cog._worker.sync_loop import SyncLoop

if TYPE_CHECKING:
    import asyncio


def main(argv: Sequence[str]) -> None:
    """Runs a worker process.

    `argv`: `--data FD --control FD --lifeline FD --ref REF --mode MODE --worker INDEX --folder DIR --lease LEASE`, and
    `--sources change` when they may change while the server runs.
    """
    options = dict(zip(argv[::2], argv[1::2]))
    data = _adopt(options["--data"])
    cancellation = Cancellation()
    channel = Channel(data, cancellation)
    control = Control(_adopt(options["--control"]))
    if "--lifeline" in options:
        os.set_inheritable(int(options["--lifeline"]), False)

    def in_forked_child() -> None:
        channel.after_fork()
        control.after_fork()

    signals.install(in_forked_child)
    logs.install(channel)
    control.start()
    channel.send(protocol.plain(protocol.HELLO, _json(_hello())))  # nothing that Python itself needs is lacking
    _keep_freed_memory()
    devices = Devices(channel.tell)
    atexit.register(devices.close)  # the first one runs last: the model's own may still use the devices
    sys.argv = ["-c"]
    _import_asyncio(options["--ref"])
    sys.path.insert(0, "")
    if options.get("--sources") == "change":
        from cog._worker import fresh_sources

        fresh_sources.install(os.getcwd())
        predictor.source_loader = fresh_sources.FreshLoader
    model, runtime = _load(options, data, channel, control, devices)
    lease = options.get("--lease")
    if lease is not None:
        devices.take(Lease.parse(control.wait_for_lease() if lease == "wait" else lease))
    loop = _set_up(model, channel, devices)
    backend: Backend
    if model.batch is not None:
        from cog._worker.batch_loop import BatchLoop

        backend = BatchLoop(runtime, cancellation, model.batch)
    elif model.kind == "sync" or loop is None:
        backend = SyncLoop(runtime, cancellation)
    else:
        from cog._worker.async_loop import AsyncLoop

        backend = AsyncLoop(runtime, loop)
    control.attach(backend)
    channel.send(protocol.plain(protocol.READY))
    backend.run()
    if not control.ended:
        os.killpg(0, signal.SIGKILL)  # the server has gone


def _keep_freed_memory() -> None:
    """Lets glibc's allocator use memory again that large inputs have taken, up to 32 MiB, instead of giving it back.

    Getting fresh pages for each of them takes longer than all else that is done with a long text.

    glibc keeps twice the size of the largest block that was freed, up to 32 MiB each (mallopt(3), M_MMAP_THRESHOLD).
    """
    bytes(16 * 1024 * 1024 - 65536)  # never touched, so it costs two calls to the kernel


def _import_asyncio(ref: str) -> None:
    """Imports it, which takes long, if the model's file has the word; before the project's own modules can be found.

    A model that is asynchronous without it, by inheritance, gets it later.
    """
    try:
        with open(ref.split(":")[0], "rb") as source:
            if b"async" in source.read():
                import asyncio  # noqa: F401
    except OSError:
        pass  # the loader tells it better


def _load(
    options: dict[str, str], data: socket.socket, channel: Channel, control: Control, devices: Devices
) -> tuple[Model, Runtime]:
    try:
        model = load(options["--ref"], options["--mode"])
        runtime = Runtime(model, data, channel, control, devices, options["--folder"], options["--mode"])
        channel.send(_described(model, options["--mode"]))
    except BaseException as error:
        _give_up(channel, "failed to load predictor", error)
    return model, runtime


def _set_up(model: Model, channel: Channel, devices: Devices) -> Optional[asyncio.AbstractEventLoop]:
    """Runs `setup()` and makes the CUDA contexts before or after it.

    Returns the loop that an asynchronous `setup()` has run on, and that asynchronous predictions will.
    """
    loop = None
    try:
        devices.before_setup()
        starting = model.setup()  # there is no loop yet: it may run one of its own
        if starting is not None or model.kind != "sync":
            import asyncio

            from cog._worker.event_loop import new_event_loop

            loop = new_event_loop()
            asyncio.set_event_loop(loop)
            if starting is not None:
                loop.run_until_complete(starting)
        devices.after_setup()
    except BaseException as error:
        _give_up(channel, "setup failed", error)
    return loop


def _adopt(fd: str) -> socket.socket:
    sock = socket.socket(fileno=int(fd))
    sock.set_inheritable(False)
    return sock


def _hello() -> dict[str, Any]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"protocol": protocol.VERSION, "pid": os.getpid(), "python": python, "sdk": _version.__version__}


def _described(model: Model, mode: str) -> bytes:
    problems: list[str] = []
    document = _schema.completed(_schema.document(model, problems=problems), mode, _bundled())
    for problem in problems:
        print(f"cog: the OpenAPI document leaves the output open: {problem}", file=sys.stderr)
    info: dict[str, Any] = {
        "async": model.kind != "sync",
        "concurrency": model.concurrency,
        "healthcheck": model.healthcheck is not None,
        "streaming": model.streaming,
        "training": "TrainingInput" in document.get("components", {}).get("schemas", {}),
    }
    if model.batch is not None:
        info["batch"] = model.batch.rules
    return protocol.described(_json(info), _schema.dumps(document, sort_keys=True).encode() if document else b"")


def _bundled() -> object:
    """The document made when the image was built; None without one."""
    try:
        with open(".cog/openapi_schema.json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _give_up(channel: Channel, what: str, error: BaseException) -> NoReturn:
    """Tells the server and ends at once, whatever threads the model has started."""
    report: dict[str, Any] = {
        "error": f"{what}: {describe(error)}",
        "traceback": outer_trace(error),
        "line": setup_line(error),
    }
    if is_shortage(error):
        report["shortage"] = True
    channel.send(protocol.plain(protocol.SETUP_FAILED, _json(report)))
    os._exit(1)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
