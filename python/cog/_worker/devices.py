"""The GPUs that the server has given this worker."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional

if TYPE_CHECKING:
    from cog._worker.cuda import Contexts

VISIBLE = "CUDA_VISIBLE_DEVICES"


class Lease(NamedTuple):
    environment: dict[str, str] = {}
    """Which devices CUDA is to show; empty when the worker sees all."""
    devices: tuple[str, ...] = ()
    """How to call them in errors, by CUDA's ordinal."""
    context: str = "off"
    """When contexts are made: early, late, off."""
    required: bool = False
    """Without its contexts the worker is of no use."""

    @classmethod
    def parse(cls, text: str) -> Lease:
        fields = json.loads(text)
        return cls(fields["environment"], tuple(fields["devices"]), fields["context"], fields["required"])


class Devices:
    """What the worker does with its lease from start to end. Nothing is loaded or called where there is no device."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lease = Lease()
        self._visible = os.environ.get(VISIBLE)
        self._contexts: Optional[Contexts] = None

    def take(self, lease: Lease) -> None:
        """After the import of the model, which has been given this lease, or none so far."""
        self._lease = lease
        if not lease.environment:
            return
        found = os.environ.get(VISIBLE)
        if found != self._visible:
            own = lease.environment[VISIBLE]
            print(
                f"cog: the model has set {VISIBLE}={found} when it was imported, but this worker's own part of the "
                f"devices is {own}, and that counts. Leave the variable to the server, or set COG_WORKERS=1 to choose "
                "devices in the model.",
                file=sys.stderr,
            )
        os.environ.update(lease.environment)

    def before_setup(self) -> None:
        if self._lease.context == "early":
            self._open()

    def after_setup(self) -> None:
        if self._lease.context == "late":
            self._open()

    def find_poison(self) -> str:
        """Why the devices cannot be used in this process any more; empty while they can, as far as it is known."""
        return "" if self._contexts is None else self._contexts.find_poison()

    @property
    def in_use(self) -> bool:
        return self._contexts is not None

    def close(self) -> None:
        if self._contexts is not None:
            self._contexts.release()

    def _open(self) -> None:
        if not self._lease.devices:
            return
        from cog._worker.cuda import Contexts, DriverError

        names = self._lease.devices if self._lease.environment else None
        try:
            self._contexts = Contexts(names, self._lease.required, self._tell, self._lease.context)
        except DriverError as error:
            if self._lease.required:
                raise
            print(f"cog: the worker holds no CUDA context: {error}", file=sys.stderr)
