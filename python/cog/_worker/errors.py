"""How errors are told to the server."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
import traceback
from typing import Callable, Iterator, Optional

from cog._scope import CancelationException

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PROJECT = os.getcwd() + os.sep  # the model may go elsewhere
_LONGEST_LINE = 1000  # characters
_SHORTAGES = {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC}


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


def own_trace(error: BaseException) -> str:
    """The traceback through the model's own files; empty if it has passed through none."""
    try:
        report = traceback.TracebackException(type(error), error, error.__traceback__)
        _keep(report, _is_own)
        return "".join(report.format()) if any(part.stack for part in _parts(report)) else ""
    except Exception:
        return ""


def outer_trace(error: BaseException) -> str:
    """The traceback without frames of ours and of the import system."""
    try:
        report = traceback.TracebackException(type(error), error, error.__traceback__)
        _keep(report, lambda file: not file.startswith((_OURS, "<frozen importlib")))
        return "".join(report.format() if report.stack else report.format_exception_only())
    except Exception:
        return trace(error)


def setup_line(error: BaseException) -> str:
    """In one line what has gone wrong, and where in the model's own files."""
    text = describe(error)
    if isinstance(error, SyntaxError):
        text = f"{type(error).__name__}: {error.msg}"
    text = text.split("\n", 1)[0][:_LONGEST_LINE]
    package = (getattr(error, "name", None) or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package and not _is_there(package):
        text = f"ModuleNotFoundError: {package} (add it to requirements.txt)"
    place = _place_of(error)
    return f"{place}: {text}" if place else text


def _place_of(error: BaseException) -> Optional[str]:
    if isinstance(error, SyntaxError) and error.filename and _is_own(error.filename):
        return f"{_shown(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_own(frame.filename):
            return f"{_shown(frame.filename)}:{frame.lineno}"
    return None


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _is_own(file: str) -> bool:
    """Whether it is a file of the project, not of a package installed below it."""
    if file.startswith(("<", _OURS)):
        return False
    path = os.path.join(_PROJECT, file)
    parts = path[len(_PROJECT) :].split(os.sep)
    return path.startswith(_PROJECT) and not {"site-packages", "dist-packages"}.intersection(parts)


def _shown(file: str) -> str:
    return os.path.join(_PROJECT, file)[len(_PROJECT) :]


def _keep(report: traceback.TracebackException, wanted: Callable[[str], bool]) -> None:
    for part in _parts(report):
        part.stack[:] = [frame for frame in part.stack if wanted(frame.filename)]


def _parts(report: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """The report with those of its causes, and of what a group holds."""
    rest = [report]
    while rest:
        part = rest.pop()
        yield part
        rest += [other for other in (part.__cause__, part.__context__) if other is not None]
        rest += getattr(part, "exceptions", None) or []


def is_shortage(error: Optional[BaseException]) -> bool:
    """Whether the machine lacked something that may be there again later, as far as the error and its causes tell."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SHORTAGES):
            return True
        if isinstance(error, ImportError) and any(os.strerror(code) in str(error) for code in _SHORTAGES):
            return True  # what the dynamic linker says of a library
        if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


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
