"""Compares what the server takes for JSON with what Python's json module does, over many damaged texts."""

from __future__ import annotations

import json
import math
import os
import random
import re
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERDICT = ROOT / os.environ.get("COG_BUILD_DIR", "build") / "tests" / "fuzz" / "json_verdict"
MAX_DEPTH = 128

SEEDS = [
    b'{"input":{"prompt":"a red bicycle","steps":20,"scale":-1.5e3},"context":{"k":"v"}}',
    b'{"id":"j","webhook":null,"webhook_events_filter":["start","completed"],"x":[true,false,null]}',
    b'{"a":[1,[2,[3,{"b":{"c":[]}}]]],"":"","\\u0061\\n":"\\ud83d\\ude00\\u00e9\\/\\\\\\""}',
    '{"é€😀":"é€😀","n":[0,-0,0.5,10,1E5,1e-5,123456789012345678901234567890,1e-400]}'.encode(),
    b' { "a" : [ 1 , 2 ] ,\r\n\t"b" : { } } ',
    b'["top",1,{"a":2}]',
    b"-12.5e+3",
    b'"text"',
    b"null",
]
PIECES = [
    *(bytes([c]) for c in b'{}[]:,"\\/ \t\n\r-+.eE019ubtfnx\x00\x1f\x7f\x80\xc3\xff'),
    b"true",
    b"false",
    b"null",
    b"tru",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-1e999",
    b"\\u",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"\\u0000",
    b'""',
    b"{}",
    b"[]",
    b",,",
    b'":"',
    b'","',
    b"01",
    b"1.",
    b".5",
    "é".encode(),
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b'"id":1,',
    b'"input":2,',
]


class Refused(Exception):
    """Python accepts the text and the server must not."""


def refuse_constant(name: str) -> object:
    raise Refused(f"{name} is no JSON")


def finite_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Refused(f"{text} is out of range")
    return value


def finite_int(text: str) -> object:
    # Python has no limit for integers (but one for their digits); the server reads those beyond 64 bits as floats.
    return finite_float(text) if len(text) > 18 else int(text)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def accepts(text: bytes) -> bool:
    """Python's verdict with the intended differences: NaN and infinities, floats too big, lone surrogates, depth."""
    pairs: list[object] = []

    def keep_all(members: list[tuple[str, object]]) -> dict[str, object]:
        pairs.append(members)  # of repeated keys too, a value that is dropped must be sound
        return {str(number): member for number, (_, member) in enumerate(members)}

    try:
        value = json.loads(
            text.decode("utf-8"),
            parse_constant=refuse_constant,
            parse_float=finite_float,
            parse_int=finite_int,
            object_pairs_hook=keep_all,
        )
        json.dumps([value, pairs], ensure_ascii=False).encode("utf-8")
    except (ValueError, Refused, RecursionError):  # ValueError: also bad UTF-8 and lone surrogates
        return False
    return depth_of(value) <= MAX_DEPTH


def mutate(random_source: random.Random, text: bytes) -> bytes:
    for _ in range(random_source.randint(1, 3)):
        at = random_source.randrange(len(text) + 1)
        end = min(len(text), at + random_source.choice([0, 0, 1, 1, 2, 8]))
        text = text[:at] + random_source.choice([b"", *PIECES]) + text[end:]
    return text


def verdicts(texts: list[bytes]) -> list[str]:
    stdin = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    done = subprocess.run([VERDICT], input=stdin, stdout=subprocess.PIPE, check=True, timeout=120)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(texts)
    return lines


def compare(texts: list[bytes]) -> None:
    def name(accepted: bool) -> str:
        return "accept" if accepted else "refuse"

    expected = [name(accepts(text)) for text in texts]
    found = verdicts(texts)
    wrong = [
        (text, f"Python: {wanted}, parse_request and parse_json: {line}")
        for text, wanted, line in zip(texts, expected, found)
        if line != f"{wanted} {wanted}"
    ]
    assert not wrong, wrong[:10]


@pytest.mark.parametrize("seed", range(8))
def test_damaged_texts_are_judged_as_python_judges_them(seed: int) -> None:
    random_source = random.Random(seed)
    texts = [mutate(random_source, random_source.choice(SEEDS)) for _ in range(4000)]
    assert 0.02 < sum(map(accepts, texts)) / len(texts) < 0.9
    compare(texts)


def test_every_cut_and_every_single_byte_is_judged_as_python_judges_it() -> None:
    seed = SEEDS[2]
    cuts = [seed[:length] for length in range(len(seed))]
    changes = [seed[:at] + piece + seed[at + 1 :] for at in range(len(seed)) for piece in PIECES]
    compare(SEEDS + cuts + changes)


def test_values_are_judged_alike_at_every_place() -> None:
    places = ["%s", '{"x":%s}', '{"x":[%s]}', '{"x":{"y":%s}}', '{"input":%s}', '{"input":{"y":[1,%s,2]}}', "[%s]"]
    numbers = [
        "0",
        "-0",
        "00",
        "01",
        "-",
        "--1",
        "1.",
        ".1",
        "1.0",
        "1e",
        "1e+",
        "1e5",
        "1E-5",
        "0x1",
        "1_0",
        "1e308",
        "1e309",
        "-1e309",
        "1" * 308,
        "9" * 309,
        "1" * 400,
        "0." + "0" * 400 + "1",
        "1e-99999",
        "1e99999",
    ]
    strings = [
        '"' + text + '"'
        for text in (
            "",
            "\\u",
            "\\u1",
            "\\u12345",
            "\\uD800\\uDC00",
            "\\uD800",
            "\\uDC00\\uD800",
            "\\a",
            "\\'",
            "\t",
            "\x7f",
            "\u2028",
        )
    ]
    words = ["true", "TRUE", "truee", "nul", "null", "nan", "NaN", "Infinity", "-Infinity", "undefined", "'a'", ""]
    compare([(place % value).encode() for place in places for value in numbers + strings + words])


def test_depth_is_limited_alike_in_arrays_and_objects() -> None:
    texts = []
    for levels in range(MAX_DEPTH - 2, MAX_DEPTH + 3):
        texts += ["[" * levels + "]" * levels, '{"a":' * levels + "1" + "}" * levels]
        texts.append('{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}")
    compare([text.encode() for text in texts])
    assert re.fullmatch(r"accept accept", verdicts([b"[" * MAX_DEPTH + b"]" * MAX_DEPTH])[0])
