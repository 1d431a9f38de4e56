"""What a model may return, by name."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import io
import uuid
from collections import OrderedDict, defaultdict, deque, namedtuple
from pathlib import Path as FilePath
from typing import Any, Callable, Dict, List

from cog import BaseModel, BaseRunner, Path, Secret


class Colour(enum.Enum):
    RED = "red"
    PAIR = (1, 2)
    MAP = {"k": 1}


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


class Shape(BaseModel):
    name: str
    points: List[Any] = dataclasses.field(default_factory=list)


class Dumped:
    def model_dump(self) -> Dict[str, Any]:
        return {"dumped": Colour.RED}


class Old:
    def dict(self) -> Dict[str, Any]:
        return {"old": [1]}


class Text(str):
    pass


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Outer:
    class Inner(Exception):
        pass


Pair = namedtuple("Pair", "left right")


def numbers(count: int) -> Any:
    yield from range(count)


def failing_numbers() -> Any:
    yield 1
    raise RuntimeError("stopped")


async def coroutine() -> int:
    return 1


def written(name: str, data: bytes = b"bytes") -> Path:
    path = FilePath(name)
    path.write_bytes(data)
    return Path(path)


def opened(name: str) -> Any:
    return open(written(name), "rb")


def thrown(error: BaseException) -> Any:
    raise error


MAKERS: Dict[str, Callable[[], Any]] = {
    "int": lambda: 3,
    "big_int": lambda: 2**64 - 1,
    "least_int": lambda: -(2**63),
    "huge_int": lambda: 2**70,
    "float": lambda: 0.1,
    "whole_float": lambda: 2.0,
    "small_float": lambda: 1e-7,
    "large_float": lambda: 1e22,
    "exponent_float": lambda: 1.5e300,
    "minus_zero": lambda: -0.0,
    "true": lambda: True,
    "none": lambda: None,
    "empty_text": lambda: "",
    "unicode": lambda: "gr\u00fc\u00df \u4f60 \U0001f600",
    "control": lambda: 'a"b\\c\n\t\u0001/\u007f\u2028<>&',
    "surrogate": lambda: "\ud800",
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "nested_nan": lambda: {"a": [1, float("nan")]},
    "list": lambda: [1, "a", None],
    "empty_list": list,
    "single_list": lambda: [7],
    "nested_list": lambda: [[1], [[2]]],
    "tuple": lambda: (1, 2),
    "named_tuple": lambda: Pair(1, 2),
    "set": lambda: {5},
    "frozenset": lambda: frozenset(["f"]),
    "dict": lambda: {"b": 1, "a": {"d": 1, "c": None}},
    "empty_dict": dict,
    "dict_int_keys": lambda: {2: "b", 10: "a"},
    "dict_other_keys": lambda: {1.5: 1, True: 2, None: 3},
    "dict_tuple_key": lambda: {(1, 2): 3},
    "dict_enum_key": lambda: {Colour.RED: 3},
    "dict_unicode_keys": lambda: {"\u00e9": 1, "z": 2, "A": 3, "a": 4},
    "ordered_dict": lambda: OrderedDict(b=1, a=2),
    "default_dict": lambda: defaultdict(int, {"k": 1}),
    "ordered_dict_enum": lambda: OrderedDict(e=Colour.RED),
    "generator": lambda: numbers(3),
    "empty_generator": lambda: numbers(0),
    "nested_generator": lambda: {"g": numbers(2)},
    "generator_list": lambda: [numbers(2), numbers(1)],
    "failing_generator": failing_numbers,
    "range": lambda: range(3),
    "map": lambda: map(str, [1]),
    "iterator": lambda: iter([1]),
    "dict_keys": lambda: {"a": 1}.keys(),
    "deque": lambda: deque([1]),
    "enum": lambda: Colour.RED,
    "enum_tuple": lambda: Colour.PAIR,
    "enum_dict": lambda: Colour.MAP,
    "int_enum": lambda: Level.LOW,
    "datetime": lambda: datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone.utc),
    "naive_datetime": lambda: datetime.datetime(2026, 3, 1, 9, 30, 0, 5),
    "date": lambda: datetime.date(2026, 3, 1),
    "time": lambda: datetime.time(9, 30),
    "timedelta": lambda: datetime.timedelta(1),
    "decimal": lambda: decimal.Decimal("1.5"),
    "uuid": lambda: uuid.UUID(int=1),
    "fraction": lambda: fractions.Fraction(1, 2),
    "complex": lambda: 1j,
    "bytes": lambda: b"b",
    "bytearray": lambda: bytearray(b"b"),
    "memoryview": lambda: memoryview(b"b"),
    "class": lambda: Colour,
    "exception": lambda: ValueError("v"),
    "object": lambda: object(),
    "function": lambda: numbers,
    "base_model": lambda: Shape("s", [Point(1), 2]),
    "dataclass": lambda: Point(1, Colour.RED),
    "dataclass_with_none": lambda: Point(1),
    "model_dump": Dumped,
    "dict_method": Old,
    "str_subclass": lambda: Text("sub"),
    "secret": lambda: Secret("hidden"),
    "coroutine": coroutine,
    "list_of_bad": lambda: [1, object()],
    "list_of_nan": lambda: [1, float("nan")],
    "bad_in_dict": lambda: {"a": {"b": object()}},
    "path": lambda: written("out.png"),
    "path_txt": lambda: written("out.txt", b"hello"),
    "path_unknown": lambda: written("out.safetensors"),
    "path_upper": lambda: written("OUT.PNG"),
    "path_no_suffix": lambda: written("out"),
    "path_empty": lambda: written("empty.json", b""),
    "path_wav": lambda: written("out.wav"),
    "pathlib": lambda: FilePath(written("plain.csv")),
    "path_list": lambda: [written("a.txt", b"a"), "between", written("b.txt", b"b")],
    "path_in_dict": lambda: {"file": written("in.txt", b"in")},
    "path_in_dict_wav": lambda: {"file": written("in.wav")},
    "path_in_list_in_list": lambda: [[written("deep.txt", b"deep")]],
    "path_missing": lambda: Path("missing.txt"),
    "path_missing_in_list": lambda: [1, Path("missing.txt"), 3],
    "path_missing_in_dict": lambda: {"file": Path("missing.txt")},
    "path_folder": lambda: Path("."),
    "stream": lambda: opened("s.png"),
    "stream_list": lambda: [opened("s.txt"), opened("t.bin")],
    "bytes_io": lambda: io.BytesIO(b"io"),
    "bytes_io_in_dict": lambda: {"io": io.BytesIO(b"io")},
    "string_io": lambda: io.StringIO("io"),
    "string_io_in_dict": lambda: {"io": io.StringIO("io")},
    "value_error": lambda: thrown(ValueError("bad seed")),
    "empty_error": lambda: thrown(RuntimeError()),
    "key_error": lambda: thrown(KeyError("k")),
    "inner_error": lambda: thrown(Outer.Inner("inner")),
    "unprintable_error": lambda: thrown(Unprintable()),
    "many_lines_error": lambda: thrown(ValueError("one\ntwo \u00fc")),
    "exit": lambda: thrown(SystemExit(1)),
    "keyboard": lambda: thrown(KeyboardInterrupt()),
    "generator_exit": lambda: thrown(GeneratorExit()),
    "zero": lambda: 1 // 0,
}


class Predictor(BaseRunner):
    def run(self, make: str) -> Any:
        return MAKERS[make]()


class Listed(BaseRunner):
    def run(self, make: str) -> List[str]:
        made: List[str] = MAKERS[make]()
        return made
