"""The types of inputs and outputs that are more than JSON: files, secrets and streams of text."""

from __future__ import annotations

import io
import os
import pathlib
import sys
from abc import abstractmethod
from typing import IO, TYPE_CHECKING, Any, AsyncIterator, Iterator, NoReturn, Optional, TypeVar, Union

__all__ = [
    "FILENAME_ILLEGAL_CHARS",
    "FILENAME_MAX_LENGTH",
    "AsyncConcatenateIterator",
    "ConcatenateIterator",
    "File",
    "Path",
    "Secret",
    "URLFile",
    "URLPath",
    "get_filename",
]

FILENAME_ILLEGAL_CHARS = {"\0", "/"}
FILENAME_MAX_LENGTH = 200

_T_co = TypeVar("_T_co", covariant=True)
_TIMEOUT = 10  # seconds, to connect and between bytes


class Secret:
    """A text that does not show itself. Frozen."""

    __slots__ = ("secret_value",)

    secret_value: Optional[str]

    def __init__(self, secret_value: Optional[str] = None) -> None:
        object.__setattr__(self, "secret_value", secret_value)

    def get_secret_value(self) -> Optional[str]:
        """The text in clear; None if there is none."""
        return self.secret_value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete field '{name}'")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.secret_value == other.secret_value

    def __hash__(self) -> int:
        return hash((self.secret_value,))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.secret_value,)

    def __str__(self) -> str:
        return "" if self.secret_value is None else "**********"

    def __repr__(self) -> str:
        return f"Secret({self})"


class Path(pathlib.PosixPath):
    """A file going in or out."""

    @classmethod
    def validate(cls, value: Any) -> pathlib.Path:
        """A path from a path, a text or a URL; a URL is fetched by `URLPath.convert`.

        Raises ValueError for a malformed data URL, TypeError for what is neither path nor text.
        """
        if isinstance(value, pathlib.Path):
            return value
        if not isinstance(value, str):
            raise TypeError(f"a path or text is needed, not {type(value).__name__}")
        if _scheme(value) in ("http", "https", "data"):
            return URLPath(source=value, filename=get_filename(value), fileobj=File.validate(value))
        return cls(value)


class URLPath(pathlib.PosixPath):
    """A file at a URL that has not been fetched yet."""

    source: str
    filename: str
    fileobj: IO[bytes]
    _path: Optional[Path]

    def __new__(cls, *, source: str, filename: str, fileobj: Any) -> URLPath:
        return super().__new__(cls, _shorten(filename))

    def __init__(self, *, source: str, filename: str, fileobj: Any) -> None:
        if sys.version_info >= (3, 12):
            super().__init__(_shorten(filename))
        self.source = source
        self.filename = _shorten(filename)
        self.fileobj = fileobj
        self._path = None

    def with_segments(self, *segments: Any) -> Any:
        """What 3.12 and later derive from this path is an ordinary one."""
        return pathlib.PosixPath(*segments)

    def convert(self) -> Path:
        """Fetches the file into a temporary one, once."""
        if self._path is None:
            import shutil
            import tempfile

            with tempfile.NamedTemporaryFile(suffix=self.filename, delete=False) as file:
                shutil.copyfileobj(self.fileobj, file)
            self._path = Path(file.name)
        return self._path

    def unlink(self, missing_ok: bool = False) -> None:
        """Removes the fetched file, if there is one."""
        if self._path is not None:
            self._path.unlink(missing_ok=missing_ok)

    def __str__(self) -> str:
        return self.source

    def __fspath__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"URLPath({self.source!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a URLPath that is not fetched cannot be pickled: pickle the result of convert()")


class File(io.IOBase):
    """A file-like input. Deprecated: use Path."""

    @classmethod
    def validate(cls, value: Any) -> Any:
        """A binary stream from a stream or a URL. Raises ValueError for other schemes than data, http and https."""
        if isinstance(value, io.IOBase):
            return value
        scheme = _scheme(value)
        if scheme == "data":
            return io.BytesIO(_read_data_url(value))
        if scheme in ("http", "https"):
            return URLFile(value)
        raise ValueError(f"'{scheme}' is not a valid URL scheme. 'data', 'http', or 'https' is supported.")


class URLFile(io.IOBase):
    """A binary stream that connects to its URL when it is first used."""

    name: str

    def __init__(self, url: str, filename: Optional[str] = None) -> None:
        if _scheme(url) not in ("http", "https"):
            raise ValueError(f"URLFile needs an HTTP or HTTPS URL, not {url!r}: the scheme must be HTTP or HTTPS")
        self._url = url
        self._response: Any = None
        self.name = os.path.basename(_path_of(url)) if filename is None else filename

    def _connect(self) -> Any:
        if self._response is None:
            from urllib.request import Request, urlopen

            agent = os.environ.get("COG_USER_AGENT")
            request = Request(self._url, headers={"User-Agent": agent} if agent else {})
            self._response = urlopen(request, timeout=_TIMEOUT)
        return self._response

    def read(self, size: Optional[int] = -1) -> bytes:
        """At most `size` bytes, all without it. Raises OSError when the URL cannot be read."""
        data: bytes = self._connect().read(None if size is None or size < 0 else size)
        return data

    def readable(self) -> bool:
        return True

    def readline(self, size: Optional[int] = -1) -> bytes:
        line: bytes = self._connect().readline(-1 if size is None else size)
        return line

    def __iter__(self) -> Any:
        return iter(self._connect())

    def __next__(self) -> bytes:
        line: bytes = next(iter(self._connect()))
        return line

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._connect(), name)

    def __reduce__(self) -> tuple[Any, ...]:
        return URLFile, (self._url, self.name)

    def __repr__(self) -> str:
        about = f"for {self._url!r}" if self._response is None else f"wrapping {self._response!r}"
        return f"<URLFile at 0x{id(self):x} {about}>"


if TYPE_CHECKING:
    # A generator may be declared to return one, which type checkers allow for its own bases only.
    ConcatenateIterator = Iterator
    AsyncConcatenateIterator = AsyncIterator
else:

    class ConcatenateIterator(Iterator[_T_co]):
        """An output made of pieces of text that belong together; an annotation only."""

        @abstractmethod
        def __next__(self) -> _T_co: ...

    class AsyncConcatenateIterator(AsyncIterator[_T_co]):
        """The same for an async generator."""

        @abstractmethod
        async def __anext__(self) -> _T_co: ...


def get_filename(url: str) -> str:
    """The name that a file from this URL gets on disk; may be empty."""
    if _scheme(url) == "data":
        from mimetypes import guess_extension

        mime = url[5:].partition(",")[0].partition(";")[0] or "text/plain"
        return "file" + (guess_extension(mime) or "")
    from urllib.parse import unquote_plus

    name = unquote_plus(_path_of(url).rpartition("/")[2])
    for character in FILENAME_ILLEGAL_CHARS:
        name = name.replace(character, "_")
    return _shorten(name)


def _shorten(name: str) -> str:
    """At most FILENAME_MAX_LENGTH bytes, with `~` where something is missing before the suffix."""
    if len(os.fsencode(name)) <= FILENAME_MAX_LENGTH:
        return name
    stem, suffix = os.path.splitext(name)
    room = FILENAME_MAX_LENGTH - 1 - len(os.fsencode(suffix))
    if room < 0:
        stem, suffix, room = name, "", FILENAME_MAX_LENGTH - 1
    return os.fsencode(stem)[:room].decode(errors="ignore") + "~" + suffix


def _scheme(url: Union[str, Any]) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).scheme


def _path_of(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).path


def _read_data_url(url: str) -> bytes:
    from base64 import b64decode
    from urllib.parse import unquote_to_bytes

    head, comma, payload = url.partition(",")
    if not comma:
        raise ValueError("a data URL needs a comma before its content")
    content = unquote_to_bytes(payload)
    return b64decode(content) if head.endswith(";base64") else content
