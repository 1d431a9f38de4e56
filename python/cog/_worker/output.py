"""Results of models as JSON bytes."""

from __future__ import annotations

import json
import json.encoder
import os
import re
from typing import Any, Callable, NamedTuple, NoReturn, Optional

from cog._worker import convert
from cog._worker.errors import PredictionError, describe
from cog._worker.files import OutputFiles


class Encoded(NamedTuple):
    files: bytes  # the list of a frame; empty if there are none
    rest: bytes  # the JSON, with a placeholder for each file


class _NotPlainError(Exception):
    """There is something in the value that the C encoder does not know."""


def _refuse(value: Any) -> NoReturn:
    raise _NotPlainError


def _encoder() -> Callable[[Any], str]:
    """An encoder of plain values; the one in C, without building it anew each time as `json.dumps` does."""
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(
            ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_refuse
        ).encode
    encode = make(None, _refuse, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    join = "".join
    return lambda value: join(encode(value, 0))


_encode = _encoder()
_encode_text = json.encoder.encode_basestring

_TOKEN = "cog-file-" + os.urandom(8).hex() + "-"  # of this process, so that no text of a model can be one
_PLACEHOLDER = re.compile(b'"%s([0-9]+)"' % _TOKEN.encode())


def encode_plain(value: Any) -> Optional[bytes]:
    """The JSON of a value made of JSON's own types; None if it is not, or cannot be sent."""
    try:
        if type(value) is str:
            return _encode_text(value).encode()
        return _encode(value).encode()
    except (_NotPlainError, TypeError, ValueError, RecursionError):
        return None


def encode(value: Any, output_files: OutputFiles, item: bool = False) -> Encoded:
    """The JSON of any result; `item`: it is one of many.

    Raises PredictionError. What interrupts the conversion (a cancel, an exit) passes through. Either way the files that
    it has taken by then are removed.
    """
    before = output_files.count
    try:
        return _encode_with_files(value, output_files, item)
    except BaseException:
        output_files.discard(before)
        raise


def _encode_with_files(value: Any, output_files: OutputFiles, item: bool) -> Encoded:
    taken: list[tuple[str, str]] = []

    def mark(path: str, mime: str) -> str:
        taken.append((path, mime))
        return f"{_TOKEN}{len(taken) - 1}"

    what = "output item" if item else "output"
    try:
        plain = convert.Converter(output_files, mark).convert(value)
    except convert.UnsuitableError as error:
        raise _output_error(f"Failed to serialize {what}", error.__cause__ or error) from error
    except PredictionError:
        raise
    except Exception as error:
        raise _output_error(f"Failed to process {what}", error) from error
    rest = encode_plain(plain)
    if rest is None:
        detail = convert.find_unencodable(plain)
        if detail is not None:
            raise PredictionError(f"Prediction failed: Failed to parse output JSON: {detail}")
        raise PredictionError(f"Prediction failed: Failed to serialize {what}: ValueError: no JSON can be made of it")
    return Encoded(_places(rest, taken) if taken else b"", rest)


def _output_error(prefix: str, error: BaseException) -> PredictionError:
    return PredictionError(f"Prediction failed: {prefix}: {describe(error)}")


def _places(rest: bytes, taken: list[tuple[str, str]]) -> bytes:
    places = []
    for match in _PLACEHOLDER.finditer(rest):
        path, mime = taken[int(match.group(1))]
        places.append([match.start(), match.end() - match.start(), path, mime])
    return json.dumps(places, ensure_ascii=False, separators=(",", ":")).encode()
