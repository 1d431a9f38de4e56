"""Output files: taken away from the model before it can overwrite them."""

from __future__ import annotations

import errno
import fcntl
import mimetypes
import os
import stat
from typing import IO, Any, Union

from cog._media_types import media_type_of

_FICLONE = 0x40049409
_CHUNK = 1 << 30  # bytes copied by one call to the kernel
_READ = 1 << 20  # bytes of one read from a file object
_LONGEST_NAME = 255  # bytes, of a file
_DEFAULT_MIME = "application/octet-stream"

mimetypes.init()  # reads its tables now, while nothing of the project can be in the way


class OutputFiles:
    """The files of one prediction, in `folder/<index>/`, in the order they were taken."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._count = 0
        self._names: dict[str, int] = {}  # and how often each was asked for

    def take(self, source: Union[str, bytes]) -> str:
        """Moves the file here if it lies in this folder, else copies it; returns where it is now.

        Raises OSError naming the path when there is no such file or it is none.
        """
        path = os.fsdecode(source)
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file", path)
        target = self._place(os.path.basename(path))
        if os.path.realpath(path).startswith(os.path.realpath(self._folder) + "/"):
            os.rename(os.path.realpath(path), target)
        else:
            copy(path, target)
        return target

    def write(self, stream: IO[Any]) -> str:
        """Writes the whole content of a file object into a file; returns its path."""
        name = getattr(stream, "name", None)
        extension = os.path.splitext(name)[1] if isinstance(name, str) else ""
        target = self._place(f"{self._count}{extension or '.bin'}")
        if stream.seekable():
            stream.seek(0)
        with open(target, "wb") as file:
            while True:
                data = stream.read(_READ)
                if not data:
                    return target
                file.write(data.encode() if isinstance(data, str) else data)

    @property
    def count(self) -> int:
        """How many were taken or begun."""
        return self._count

    def discard(self, first: int) -> None:
        """Removes those from the index `first` on: nobody is told of them."""
        for index in range(first, self._count):
            _remove(f"{self._folder}/{index}")

    def _place(self, name: str) -> str:
        folder = f"{self._folder}/{self._count}"
        self._count += 1
        os.makedirs(folder, mode=0o700)
        return f"{folder}/{self._unique(name)}"

    def _unique(self, name: str) -> str:
        """The name, with a number if there is such a file already: uploads of one prediction must not meet."""
        stem, extension = os.path.splitext(name)
        unique = name
        while unique in self._names:
            number = f"-{self._names[name]}"
            self._names[name] += 1
            unique = _cut(stem, _LONGEST_NAME - len(os.fsencode(number + extension))) + number + extension
        self._names[unique] = 1
        return unique


def _cut(text: str, size: int) -> str:
    """As many characters as fit."""
    encoded = os.fsencode(text)
    return text if len(encoded) <= size else encoded[:size].decode(errors="ignore")


def _remove(folder: str) -> None:
    """With the one file that may be in it."""
    try:
        for name in os.listdir(folder):
            os.unlink(f"{folder}/{name}")
        os.rmdir(folder)
    except OSError:
        pass  # the server sweeps what is left


def copy(source: str, target: str) -> None:
    """Shares the blocks where the file system can, else lets the kernel copy, else copies."""
    with open(source, "rb", buffering=0) as reader, open(target, "xb", buffering=0) as writer:
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            return
        except OSError:
            pass
        try:
            while os.copy_file_range(reader.fileno(), writer.fileno(), _CHUNK):
                pass
        except (OSError, AttributeError):
            pass
        while True:
            # Whatever the kernel left, also of files in /proc, which it takes for empty.
            data = reader.read(_READ)
            if not data:
                return
            _write_all(writer, data)


def _write_all(writer: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[writer.write(view) :]


def mime_at_top(path: str) -> str:
    return media_type_of(path) or _DEFAULT_MIME


def mime_nested(path: str) -> str:
    return media_type_of(path) or mimetypes.guess_type(path)[0] or _DEFAULT_MIME
