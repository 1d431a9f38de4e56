"""Compares how the server reads multipart bodies with two independent parsers from PyPI."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "conformance"))
from package_venv import PackageVenv, Unavailable  # noqa: E402

OURS = ROOT / os.environ.get("COG_BUILD_DIR", "build") / "tests" / "fuzz" / "multipart_parts"
READERS = {
    "multipart": PackageVenv("multipart", "multipart==2.0.1"),
    "python_multipart": PackageVenv("python-multipart", "python-multipart==0.0.34"),
}

NAMES = ["a", "image", "two words", "ä€", "semi;colon", "equals=", "a.b[0]", "x" * 200]
FILES = [None, None, "f", "photo 1.png", "bild ä.png", "", "a;b.txt"]
TYPES = [None, None, "image/png", "text/plain; charset=utf-8", "application/octet-stream"]
LINES = [b"\r\n", b"--", b"--b", b"\r\n--b"]
PIECES = [*LINES, b"", b"x", b"\r", b"\n", b"-", b"\r\n--", b"\r\n-", b"\r\n\r\n--b", b"b", b"\0\xff", b"content" * 30]
HEADS = [b"Content-Type: x/y", b"Content-Transfer-Encoding: base64", b"filename=", b'name="', b"multipart/mixed"]
DAMAGE = [*(bytes([c]) for c in b'\r\n-b:;="\\ \t\0\xff'), *LINES, b"\r\n--b--", *HEADS]


@pytest.fixture(scope="module", params=sorted(READERS))
def reader(request: pytest.FixtureRequest) -> list[str]:
    venv = READERS[request.param]
    try:
        venv.install()
    except Unavailable as reason:
        pytest.skip(f"{request.param}: {reason}")
    return [str(venv.python), str(ROOT / "tests" / "fuzz" / "multipart_readers.py"), request.param]


def content(source: random.Random) -> bytes:
    made = b"".join(source.choice(PIECES) for _ in range(source.randrange(8)))
    return made.replace(b"\r\n--b", b"\r\n-b") if not made.startswith(b"--b") else b"x"


def body(source: random.Random) -> bytes:
    made = b""
    for _ in range(source.randrange(5)):
        head = f'Content-Disposition: form-data; name="{source.choice(NAMES)}"'
        if (file := source.choice(FILES)) is not None:
            head += f'; filename="{file}"'
        if (kind := source.choice(TYPES)) is not None:
            head += f"\r\nContent-Type: {kind}"
        made += b"--b\r\n" + head.encode() + b"\r\n\r\n" + content(source) + b"\r\n"
    return made + b"--b--" + source.choice([b"", b"\r\n"])


def damaged(source: random.Random) -> bytes:
    text = body(source)
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(text) + 1)
        end = min(len(text), at + source.choice([0, 0, 1, 1, 2, 8]))
        text = text[:at] + source.choice([b"", *DAMAGE]) + text[end:]
    return text


def answers(command: list[str], bodies: list[bytes]) -> list[str]:
    given = b"".join(b"%d\n%s" % (len(one), one) for one in bodies)
    told = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    assert len(told) == len(bodies)
    return told


def test_sound_bodies_have_the_same_parts(reader: list[str]) -> None:
    source = random.Random(1)
    bodies = [body(source) for _ in range(3000)]
    ours = answers([str(OURS)], bodies)
    theirs = answers(reader, bodies)
    wrong = [pair for pair in zip(bodies, ours, theirs) if pair[1] != pair[2]]
    assert not wrong, wrong[:3]


def test_damaged_bodies_that_both_take_have_the_same_parts(reader: list[str]) -> None:
    source = random.Random(2)
    bodies = [damaged(source) for _ in range(10000)]
    ours = answers([str(OURS)], bodies)
    theirs = answers(reader, bodies)
    taken = [pair for pair in zip(bodies, ours, theirs) if "bad" not in pair[1:]]
    assert len(taken) > len(bodies) / 20
    wrong = [pair for pair in taken if pair[1] != pair[2] and not decided_by_rfc(pair[0])]
    assert not wrong, wrong[:3]


def decided_by_rfc(body: bytes) -> bool:
    """Bodies that the two packages take in two ways, of which RFC 7578 and what it stands on choose ours.

    A boundary right behind a head: a part may be its head alone (RFC 2046), python-multipart takes it for content. A
    tab is a blank as a space is (RFC 5322), `multipart` takes it for a letter. A boundary begins a line, which a lone
    CR or LF does not end (RFC 2046), python-multipart skips that one at the body's start.
    """
    return b"\r\n\r\n--b" in body or b"\t" in body or body[:1] in (b"\r", b"\n")
