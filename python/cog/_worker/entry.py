"""The life of a worker process: start, load, describe, set up, predict, end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from typing import Any, NoReturn, Optional, Sequence

from cog import _schema, _version
from cog._loader import Model, load
from cog._worker import logs, protocol, signals
from cog._worker.async_loop import AsyncLoop
from cog._worker.cancel import Cancellation
from cog._worker.channel import Channel
from cog._worker.control import Backend, Control
from cog._worker.errors import describe, trace
from cog._worker.runtime import Runtime
from cog._worker.sync_loop import SyncLoop


def main(argv: Sequence[str]) -> None:
    """Runs a worker process. `argv`: `--data FD --control FD --ref REF --mode MODE --worker INDEX --folder DIR`."""
    options = dict(zip(argv[::2], argv[1::2]))
    data = _adopt(options["--data"])
    cancellation = Cancellation()
    channel = Channel(data, cancellation)
    control = Control(_adopt(options["--control"]))

    def in_forked_child() -> None:
        channel.after_fork()
        control.after_fork()

    signals.install(in_forked_child)
    logs.install(channel)
    channel.send(protocol.plain(protocol.HELLO, _json(_hello())))
    control.start()
    sys.argv = ["-c"]
    sys.path.insert(0, "")
    try:
        model = load(options["--ref"], options["--mode"])
        channel.send(_described(model))
    except BaseException as error:
        _give_up(channel, "failed to load predictor", error)
    loop: Optional[asyncio.AbstractEventLoop] = None
    try:
        starting = model.setup()
        if starting is not None or model.kind != "sync":
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
        if starting is not None and loop is not None:
            loop.run_until_complete(starting)
        runtime = Runtime(model, data, channel, control, options["--folder"], options["--mode"])
    except BaseException as error:
        _give_up(channel, "setup failed", error)
    backend: Any
    if loop is not None and model.kind != "sync":
        backend = AsyncLoop(runtime, loop)
    else:
        backend = SyncLoop(runtime, cancellation)
    _serve(backend, channel, control)


def _serve(backend: Any, channel: Channel, control: Control) -> None:
    listening: Backend = backend
    control.attach(listening)
    channel.send(protocol.plain(protocol.READY))
    backend.run()
    if not control.ended:
        os.killpg(0, signal.SIGKILL)  # the server has gone


def _adopt(fd: str) -> socket.socket:
    sock = socket.socket(fileno=int(fd))
    sock.set_inheritable(False)
    return sock


def _hello() -> dict[str, Any]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"protocol": protocol.VERSION, "pid": os.getpid(), "python": python, "sdk": _version.__version__}


def _described(model: Model) -> bytes:
    document = _schema.document(model)
    info = {
        "async": model.kind != "sync",
        "concurrency": model.concurrency,
        "healthcheck": model.healthcheck is not None,
        "streaming": model.streaming,
        "training": "TrainingInput" in document["components"]["schemas"],
    }
    return protocol.described(_json(info), _schema.dumps(document, sort_keys=True).encode())


def _give_up(channel: Channel, what: str, error: BaseException) -> NoReturn:
    """Tells the server and ends at once, whatever threads the model has started."""
    report = {"error": f"{what}: {describe(error)}", "traceback": trace(error)}
    channel.send(protocol.plain(protocol.SETUP_FAILED, _json(report)))
    os._exit(1)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
