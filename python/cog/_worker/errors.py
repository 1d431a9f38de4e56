"""How errors are told to the server."""

from __future__ import annotations

import sys
import traceback

from cog._scope import CancelationException


def describe(error: BaseException) -> str:
    """`<Type>: <message>`, the type with its qualified name."""
    name = type(error).__qualname__
    try:
        return f"{name}: {error}"
    except Exception:
        return f"{name}: <exception str() failed>"


def trace(error: BaseException) -> str:
    """The traceback with causes and notes."""
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:
        return describe(error) + "\n"


def cancel_types() -> tuple[type[BaseException], ...]:
    """What a cancelled run raises. asyncio's class is there only if something has imported it, which takes long."""
    loaded = sys.modules.get("asyncio.exceptions")
    return (CancelationException, loaded.CancelledError) if loaded else (CancelationException,)


def tells_of_cancellation(error: BaseException) -> bool:
    """Whether an asynchronous model that raised this counts as cancelled."""
    import asyncio
    import concurrent.futures

    if isinstance(error, (asyncio.CancelledError, concurrent.futures.CancelledError)):
        return True
    text = describe(error)
    return "cancelled" in text or "CancelledError" in text


class PredictionError(Exception):
    """Why a prediction failed; the text is all that its client reads."""
