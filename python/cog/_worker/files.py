"""Output files: taken away from the model before it can overwrite them."""

from __future__ import annotations

import errno
import fcntl
import mimetypes
import os
import stat
from typing import IO, Any, Union

_FICLONE = 0x40049409
_CHUNK = 1 << 30  # bytes copied by one call to the kernel
_READ = 1 << 20  # bytes of one read from a file object
_DEFAULT_MIME = "application/octet-stream"
_MIMES = {
    "aac": "audio/aac", "avi": "video/x-msvideo", "avif": "image/avif", "bmp": "image/bmp",
    "bz2": "application/x-bzip2", "css": "text/css", "csv": "text/csv", "flac": "audio/flac", "gif": "image/gif",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json", "gz": "application/gzip", "htm": "text/html", "html": "text/html",
    "ico": "image/x-icon", "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript",
    "json": "application/json", "m4a": "audio/mp4", "md": "text/markdown", "mid": "audio/midi",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "mpeg": "video/mpeg", "mpg": "video/mpeg",
    "obj": "model/obj", "ogg": "audio/ogg", "ogv": "video/ogg", "opus": "audio/opus", "pdf": "application/pdf",
    "png": "image/png", "stl": "model/stl", "svg": "image/svg+xml", "tar": "application/x-tar", "tif": "image/tiff",
    "tiff": "image/tiff", "txt": "text/plain", "wav": "audio/wav", "weba": "audio/webm", "webm": "video/webm",
    "webp": "image/webp", "xml": "application/xml", "yaml": "application/yaml", "yml": "application/yaml",
    "zip": "application/zip",
}  # fmt: skip

mimetypes.init()  # reads its tables now, while nothing of the project can be in the way


class OutputFiles:
    """The files of one prediction, in `folder/<index>/`, in the order they were taken."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._count = 0

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

    def _place(self, name: str) -> str:
        folder = f"{self._folder}/{self._count}"
        os.makedirs(folder, mode=0o700)
        self._count += 1
        return f"{folder}/{name}"


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
    extension = os.path.splitext(path)[1][1:].lower()
    return _MIMES.get(extension, _DEFAULT_MIME)


def mime_nested(path: str) -> str:
    return mimetypes.guess_type(path)[0] or _DEFAULT_MIME
