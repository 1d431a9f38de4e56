"""Every kind of output; `kind` says which."""

import base64
import json
import os
import struct
import sys
import time
import wave
import zlib
from typing import Any

from cog import BaseRunner, Input, Path

SCRIPT = "document.title='taken over'; window.takenOver = true; fetch('/taken-over')"


def png(path: Path, red: int, side: int = 64) -> Path:
    rows = b"".join(b"\0" + bytes(v for x in range(side) for v in (red, x * 4 % 256, y * 4 % 256)) for y in range(side))

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    )
    return path


def tone(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(128 + (i // 10 % 2) * 60 for i in range(8000)))
    return path


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def progress() -> str:
    for i in range(1, 51):
        sys.stderr.write(f"\rdenoise:  {i * 2}%|{'#' * (i // 5)}| {i}/50 [00:0{i // 10}<00:04, 9.8it/s]")
        sys.stderr.flush()
        time.sleep(0.05)
    sys.stderr.write("\n\x1b[32mgreen\x1b[0m plain\n")
    return "done"


class Predictor(BaseRunner):
    def run(
        self,
        kind: str = Input(
            default="text",
            choices="text markdown number bool null object image images audio csv json html svg error"
            " progress nested slow big noise zip".split(),
        ),
    ) -> Any:
        if kind == "text":
            return "plain text\n<b>not bold</b>"
        if kind == "markdown":
            return (
                "# A title\n\nSome **bold** and `code`, a [link](https://example.com) and a"
                " [bad one](javascript:alert(1)).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
                "```python\nprint(1)\n```\n\n<img src=x onerror=\"document.title='taken over'\">\n"
            )
        if kind in ("number", "bool", "null"):
            return {"number": 42.5, "bool": True, "null": None}[kind]
        if kind == "object":
            return {
                "label": "cat", "scores": [0.9, 0.1], "deep": {"a": {"b": {"c": [1, 2, 3]}}},
                "picture": png(Path("cat.png"), 200),
            }  # fmt: skip
        if kind == "image":
            return png(Path("one.png"), 90, 256)
        if kind == "images":
            return [png(Path(f"picture-{i}.png"), 40 * i) for i in range(5)]
        if kind == "audio":
            return tone(Path("tone.wav"))
        if kind == "csv":
            return written("table.csv", 'name,value\n"b, quoted",2\na,10\nc,1\n')
        if kind == "json":
            return written("data.json", json.dumps({"x": [1, 2, {"y": "z"}]}))
        if kind == "html":
            return written("page.html", f"<script>{SCRIPT}</script><h1>HTML</h1>")
        if kind == "svg":
            return written(
                "drawing.svg",
                f'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80" onload="{SCRIPT}">'
                f'<script>{SCRIPT}</script><circle r="40" cx="40" cy="40" fill="teal"/></svg>',
            )
        if kind == "zip":
            return Path(written("files.zip", "PK" + base64.b64encode(bytes(60)).decode()))
        if kind == "error":
            for i in range(30):
                print(f"line {i}")
            raise ValueError("the model could not do it")
        if kind == "progress":
            return progress()
        if kind == "nested":
            for i in range(1, 4):
                print(f"Step {i}/3", flush=True)
                time.sleep(0.3)
            return "nested"
        if kind == "big":
            return "x" * 1_000_000
        if kind == "noise":
            return base64.b64encode(os.urandom(750_000)).decode()
        for i in range(600):
            print(f"second {i / 10}", flush=True)
            time.sleep(0.1)
        return "late"
