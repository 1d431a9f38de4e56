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
    """A text that is not shown: an API key or a password as input.

    Printing or logging it shows asterisks, and answers of the server mask it. It cannot be changed.

        def run(self, api_key: Secret) -> str:
            client = connect(api_key.get_secret_value())
    """

    __slots__ = ("secret_value",)

    secret_value: Optional[str]

    def __init__(self, secret_value: Optional[str] = None) -> None:
        object.__setattr__(self, "secret_value", secret_value)

    def get_secret_value(self) -> Optional[str]:
        """The text in clear, or None if there is none."""
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

    @classmethod
    def validate(cls, value: Any) -> Secret:
        """A secret from one, or from a text. Raises TypeError for anything else."""
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise TypeError(f"a text is needed, not {type(value).__name__}")
        return cls(value)

    def __repr__(self) -> str:
        return f"Secret({self})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from cog._pydantic import core_schema

        return core_schema(cls.validate, str, {"type": "string", "format": "password", "writeOnly": True})

    @classmethod
    def __get_validators__(cls) -> Iterator[Any]:
        """The same for pydantic 1."""
        yield cls.validate


class Path(pathlib.PosixPath):
    """A file as input or output: a `pathlib.Path` to a file on disk.

    As input it is there when `run()` begins: the server has downloaded it or decoded its data URL. As output it is
    taken when it is returned or yielded, so that the same path may be written again.

        def run(self, image: Path) -> Path:
            result = Path("out.png")
            result.write_bytes(convert(image.read_bytes()))
            return result
    """

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

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from cog._pydantic import core_schema

        return core_schema(cls.validate, str, {"type": "string", "format": "uri"})

    @classmethod
    def __get_validators__(cls) -> Iterator[Any]:
        """The same for pydantic 1."""
        yield cls.validate


class URLPath(pathlib.PosixPath):
    """A file at a URL that has not been fetched yet; `convert()` fetches it. `Path.validate` makes one of a URL."""

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
    """An input as an opened binary file. Deprecated: use `Path`.

    def run(self, data: File) -> str:
        return data.read().decode()
    """

    @classmethod
    def validate(cls, value: Any) -> Any:
        """A binary stream from a stream or a URL.

        Raises ValueError for other schemes than data, http and https, TypeError for what is neither stream nor text.
        """
        if isinstance(value, io.IOBase):
            return value
        if not isinstance(value, str):
            raise TypeError(f"a stream or a URL is needed, not {type(value).__name__}")
        scheme = _scheme(value)
        if scheme == "data":
            return io.BytesIO(_read_data_url(value))
        if scheme in ("http", "https"):
            return URLFile(value)
        raise ValueError(f"'{scheme}' is not a valid URL scheme. 'data', 'http', or 'https' is supported.")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from cog._pydantic import core_schema

        return core_schema(cls.validate, lambda file: getattr(file, "name", None), {"type": "string", "format": "uri"})

    @classmethod
    def __get_validators__(cls) -> Iterator[Any]:
        """The same for pydantic 1."""
        yield cls.validate


class URLFile(io.IOBase):
    """A binary stream that connects to its URL when it is first read.

    URLFile("https://example.com/data.bin").read(1024)
    """

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
        """A return annotation: the output is text that is yielded in pieces, to be shown as one text.

        def run(self, prompt: str) -> ConcatenateIterator[str]:
            for word in generate(prompt):
                yield word
        """

        @abstractmethod
        def __next__(self) -> _T_co: ...

    class AsyncConcatenateIterator(AsyncIterator[_T_co]):
        """`ConcatenateIterator` for an `async def` that yields.

        async def run(self, prompt: str) -> AsyncConcatenateIterator[str]:
            async for word in generate(prompt):
                yield word
        """

        @abstractmethod
        async def __anext__(self) -> _T_co: ...


def get_filename(url: str) -> str:
    """The name that a file from this URL gets on disk; may be empty."""
    if _scheme(url) == "data":
        return _name_of_data_url(url)
    from urllib.parse import unquote_plus

    return _usable(unquote_plus(_path_of(url).rpartition("/")[2]))


def _name_of_data_url(url: str) -> str:
    """The name that the URL carries, as in `data:audio/wav;name=dog.wav;base64,...`, else one by its media type."""
    from mimetypes import guess_extension
    from urllib.parse import unquote

    from cog._media_types import extension_of

    media_type, *parameters = url[5:].partition(",")[0].split(";")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        name = _usable(unquote(value))
        if key.strip().lower() == "name" and name not in ("", ".", ".."):
            return name
    media_type = media_type.strip() or "text/plain"
    return "file" + (extension_of(media_type) or guess_extension(media_type) or "")


def _usable(name: str) -> str:
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
