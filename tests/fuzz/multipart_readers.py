"""How two packages from PyPI read multipart bodies: `multipart_readers.py multipart|python_multipart`, in an
environment that has it. Bodies come and answers go as in multipart_parts.cpp; the boundary is `b`."""

from __future__ import annotations

import logging
import sys
from typing import Any

Part = tuple[bytes, bytes, bytes, bytes]


def read_with_multipart(body: bytes) -> list[Part]:
    from multipart import MultipartSegment, PushMultipartParser  # type: ignore[import-not-found,unused-ignore]

    parts: list[list[bytes]] = []
    with PushMultipartParser("b", max_header_size=16384, max_header_count=100) as parser:
        events = [*parser.parse(body)] + ([] if parser.closed else [*parser.parse(b"")])
    for event in events:
        if isinstance(event, MultipartSegment):
            kind = event.header("Content-Type") or ""
            parts.append([event.name.encode(), (event.filename or "").encode(), kind.strip().encode(), b""])
        elif event:
            parts[-1][3] += event
    return [(part[0], part[1], part[2], part[3]) for part in parts]


def read_with_python_multipart(body: bytes) -> list[Part]:
    from python_multipart import MultipartParser  # type: ignore[import-not-found,unused-ignore]
    from python_multipart.multipart import parse_options_header  # type: ignore[import-not-found,unused-ignore]

    parts: list[tuple[dict[bytes, bytes], list[bytes]]] = []
    ends: list[int] = []
    field = [b"", b""]

    def on_name(data: bytes, start: int, end: int) -> None:
        field[0] += data[start:end]

    def on_value(data: bytes, start: int, end: int) -> None:
        field[1] += data[start:end]

    def on_header_end() -> None:
        parts[-1][0][field[0].lower()] = field[1]
        field[:] = [b"", b""]

    callbacks: Any = {
        "on_part_begin": lambda: parts.append(({}, [])),
        "on_header_field": on_name,
        "on_header_value": on_value,
        "on_header_end": on_header_end,
        "on_part_data": lambda data, start, end: parts[-1][1].append(data[start:end]),
        "on_end": lambda: ends.append(1),
    }
    parser = MultipartParser("b", callbacks, max_header_size=16384, max_header_count=100)
    parser.write(body)
    parser.finalize()
    if not ends:
        raise ValueError("no final boundary")
    found = []
    for head, content in parts:
        word, options = parse_options_header(head[b"content-disposition"])
        if word != b"form-data":
            raise ValueError("no form")
        kind = head.get(b"content-type", b"").strip()
        found.append((options[b"name"], options.get(b"filename", b""), kind, b"".join(content)))
    return found


def main() -> None:
    logging.disable()
    read = read_with_multipart if sys.argv[1] == "multipart" else read_with_python_multipart
    source = sys.stdin.buffer
    while line := source.readline():
        body = source.read(int(line))
        try:
            print("".join(",".join(piece.hex() for piece in part) + ";" for part in read(body)))
        except Exception:
            print("bad")


if __name__ == "__main__":
    main()
