"""Results as JSON, and the files in them."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import io
import json
import os
import resource
import signal
import sys
import tempfile
import types
import uuid
from pathlib import Path
from typing import Any, Iterator

import pytest

import cog
from cog._worker.errors import PredictionError
from cog._worker.files import OutputFiles, copy, mime_at_top, mime_nested
from cog._worker.output import Encoded, encode, encode_plain


class Color(enum.Enum):
    RED = "red"
    PAIR = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date
    note: Any = None


class Dumped:
    def model_dump(self) -> dict[str, Any]:
        return {"b": Color.RED, "a": 1}


class Old:
    def dict(self) -> dict[str, Any]:
        return {"old": True}


class Structured(cog.BaseModel):
    name: str
    values: list[Any]


class Text(str):
    pass


def generated() -> Iterator[int]:
    yield 1
    yield 2


PLAIN = [
    ("text", '"text"'),
    ('é "quoted" \\ \n', '"é \\"quoted\\" \\\\ \\n"'),
    (3, "3"),
    (2**64 - 1, "18446744073709551615"),
    (2.0, "2.0"),
    (0.1, "0.1"),
    (True, "true"),
    (None, "null"),
    ([1, "a", None], '[1,"a",null]'),
    ((1, 2), "[1,2]"),
    ({"b": 1, "a": [{"d": 1, "c": 2}]}, '{"a":[{"c":2,"d":1}],"b":1}'),
    ({1: "a"}, '{"1":"a"}'),
    (Text("sub"), '"sub"'),
    (Level.HIGH, "3"),
    (collections.OrderedDict(b=1, a=2), '{"a":2,"b":1}'),
]

CONVERTED = [
    ({"s"}, '["s"]'),
    (frozenset({1}), "[1]"),
    (generated(), "[1,2]"),
    ({"items": generated()}, '{"items":[1,2]}'),
    (range(3), "[0,1,2]"),
    (map(str, [1]), '["1"]'),
    (collections.deque([1]), "[1]"),
    ({"k": {"a": 1}.values()}, '{"k":[1]}'),
    ({1: "a", "2": "b", None: "d", 1.5: "e"}, '{"1":"a","1.5":"e","2":"b","null":"d"}'),
    ({True: 1, "x": 2}, '{"true":1,"x":2}'),
    (Color.RED, '"red"'),
    ({"e": Color.PAIR}, '{"e":[1,2]}'),
    (datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone.utc), '"2026-03-01T09:30:00+00:00"'),
    (datetime.date(2026, 3, 1), '"2026-03-01"'),
    (datetime.time(9, 30), '"09:30:00"'),
    (datetime.timedelta(seconds=90), "90.0"),
    (decimal.Decimal("1.5"), "1.5"),
    (decimal.Decimal("2"), "2"),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (Point(1, datetime.date(2026, 3, 1)), '{"note":null,"when":"2026-03-01","x":1}'),
    (Structured(name="a", values=[Color.RED]), '{"name":"a","values":["red"]}'),
    (Dumped(), '{"a":1,"b":"red"}'),
    (Old(), '{"old":true}'),
    (collections.OrderedDict(b=Color.RED), '{"b":"red"}'),
    (cog.Secret("hidden"), '"**********"'),
    ({"s": cog.Secret("hidden")}, '{"s":"**********"}'),
]

REFUSED = [
    (float("nan"), "Failed to parse output JSON: nan is not valid JSON"),
    ({"a": [1.0, float("inf")]}, "Failed to parse output JSON: inf is not valid JSON at $.a[1]"),
    ("\ud800", "Failed to parse output JSON: lone surrogate \\ud800 is not valid JSON"),
    ({"k": ["a\udfff"]}, "Failed to parse output JSON: lone surrogate \\udfff is not valid JSON at $.k[0]"),
    ({(1, 2): 3}, "Failed to serialize output: TypeError: keys must be str, int, float, bool or None, not tuple"),
    ({"a": {Color.RED: 1}}, "TypeError: keys must be str, int, float, bool or None, not Color at $.a"),
    (b"bytes", "Failed to serialize output: TypeError: Object of type bytes is not JSON serializable"),
    ({"deep": [1, fractions.Fraction(1, 2)]}, "Object of type Fraction is not JSON serializable at $.deep[1]"),
    (object(), "Failed to serialize output: TypeError: Object of type object is not JSON serializable"),
    (Point, "Failed to serialize output: TypeError: Object of type type is not JSON serializable"),
    (1 + 2j, "Object of type complex is not JSON serializable"),
    (decimal.Decimal("NaN"), "Failed to parse output JSON: nan is not valid JSON"),
]


def encoded(tmp_path: Path, value: Any, item: bool = False) -> Encoded:
    return encode(value, OutputFiles(str(tmp_path / "1")), item)


@pytest.mark.parametrize("value, text", PLAIN, ids=repr)
def test_plain_values_take_the_short_way(value: Any, text: str) -> None:
    rest = encode_plain(value)
    assert rest is not None and rest.decode() == text


@pytest.mark.parametrize("value, text", PLAIN + CONVERTED, ids=repr)
def test_conversion(tmp_path: Path, value: Any, text: str) -> None:
    assert encoded(tmp_path, value) == (b"", text.encode())


@pytest.mark.parametrize("value, text", CONVERTED, ids=repr)
def test_the_short_way_refuses_what_it_would_get_wrong(value: Any, text: str) -> None:
    rest = encode_plain(value)
    assert rest is None or json.loads(rest) == json.loads(text)


@pytest.mark.parametrize("value, text", REFUSED, ids=repr)
def test_values_that_json_cannot_say(tmp_path: Path, value: Any, text: str) -> None:
    assert encode_plain(value) is None
    with pytest.raises(PredictionError) as failure:
        encoded(tmp_path, value)
    assert str(failure.value).startswith("Prediction failed: ")
    assert text in str(failure.value)


def test_a_value_within_itself(tmp_path: Path) -> None:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    assert encode_plain(value) is None
    with pytest.raises(PredictionError, match=r"ValueError: Circular reference detected at \$\.a\[0\]"):
        encoded(tmp_path, value)
    twice = [1]
    assert encoded(tmp_path, {"a": twice, "b": [twice], "c": {2}}).rest == b'{"a":[1],"b":[[1]],"c":[2]}'


def test_items_are_called_so_in_errors(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="Failed to serialize output item: TypeError: Object of type bytes"):
        encoded(tmp_path, b"", item=True)


def test_errors_of_the_models_own_code(tmp_path: Path) -> None:
    class Broken:
        def model_dump(self) -> None:
            raise RuntimeError("no dump")

    with pytest.raises(PredictionError, match="Prediction failed: Failed to process output: RuntimeError: no dump"):
        encoded(tmp_path, Broken())


def test_exits_pass_through(tmp_path: Path) -> None:
    class Leaving:
        def model_dump(self) -> None:
            raise cog.CancelationException

    with pytest.raises(cog.CancelationException):
        encoded(tmp_path, Leaving())


def test_numpy(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    value = {
        "array": numpy.array([[1, 2], [3, 4]]),
        "bool": numpy.bool_(True),
        "float": numpy.float32(0.5),
        "int": numpy.int64(7),
        "objects": numpy.array([Color.RED, None], dtype=object),
        "scalar": numpy.array(1.5),
        "text": numpy.str_("t"),
        "wide": numpy.float64(0.25),
    }
    expected = (
        '{"array":[[1,2],[3,4]],"bool":true,"float":0.5,"int":7,"objects":["red",null],'
        '"scalar":1.5,"text":"t","wide":0.25}'
    )
    assert encoded(tmp_path, value).rest.decode() == expected
    with pytest.raises(PredictionError, match=r"nan is not valid JSON at \$\[1\]"):
        encoded(tmp_path, numpy.array([1.0, numpy.nan]))
    with pytest.raises(PredictionError, match="Object of type complex64 is not JSON serializable"):
        encoded(tmp_path, numpy.complex64(1))


def test_keys_of_numpy_are_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Integer:
        def __int__(self) -> int:
            return 7

    class Floating:
        def __float__(self) -> float:
            return 0.5

    class Bool:
        def __bool__(self) -> bool:
            return True

    fake = types.SimpleNamespace(
        integer=Integer, floating=Floating, bool_=Bool, generic=(Integer, Floating, Bool), ndarray=()
    )
    monkeypatch.setitem(sys.modules, "numpy", fake)
    value = {Integer(): "a", Floating(): "b", Bool(): "c"}
    assert encoded(tmp_path, value).rest == b'{"0.5":"b","7":"a","true":"c"}'


def test_keys_that_are_numpys_own(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    value = {numpy.int64(7): 1, numpy.uint8(1): 2, numpy.float32(0.5): 3, numpy.float64(0.25): 4, numpy.bool_(False): 5}
    assert encoded(tmp_path, value).rest == b'{"0.25":4,"0.5":3,"1":2,"7":1,"false":5}'
    with pytest.raises(PredictionError, match="keys must be str, int, float, bool or None, not complex64"):
        encoded(tmp_path, {numpy.complex64(1): 1})


def test_pydantic(tmp_path: Path) -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Out", day=(datetime.date, ...), secret=(pydantic.SecretStr, ...))
    value = model(day=datetime.date(2026, 3, 1), secret="hidden")
    assert encoded(tmp_path, value).rest == b'{"day":"2026-03-01","secret":"**********"}'


def listed(result: Encoded) -> list[list[Any]]:
    files: list[list[Any]] = json.loads(result.files)
    for offset, length, _, _ in files:
        token = result.rest[offset : offset + length]
        assert token.startswith(b'"') and token.endswith(b'"') and json.loads(token)
    return files


def test_a_file_is_copied_out_of_the_models_reach(tmp_path: Path) -> None:
    source = tmp_path / "out.png"
    source.write_bytes(b"first")
    result = encoded(tmp_path, cog.Path(source))
    source.write_bytes(b"second")
    ((offset, length, path, mime),) = listed(result)
    assert (offset, length) == (0, len(result.rest))
    assert path == f"{tmp_path}/1/0/out.png" and mime == "image/png"
    assert Path(path).read_bytes() == b"first"


def test_a_file_of_the_predictions_own_folder_is_moved(tmp_path: Path) -> None:
    own = tmp_path / "1"
    own.mkdir()
    (own / "a.bin").write_bytes(b"content")
    ((_, _, path, mime),) = listed(encoded(tmp_path, own / "a.bin"))
    assert not (own / "a.bin").exists()
    assert Path(path).read_bytes() == b"content" and mime == "application/octet-stream"


def test_places_of_files_ascend_whatever_the_order_of_keys(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.wav").write_text(name)
    value = {"z": tmp_path / "a.wav", "é": [tmp_path / "b.wav"], "a": tmp_path / "c.wav"}
    files = listed(encoded(tmp_path, value))
    assert [Path(path).read_text() for _, _, path, _ in files] == ["c", "a", "b"]
    assert [offset for offset, _, _, _ in files] == sorted(offset for offset, _, _, _ in files)
    assert {mime for _, _, _, mime in files} == {"audio/wav"}


def test_items_of_a_list_get_the_type_of_the_top(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("a")
    assert [file[3] for file in listed(encoded(tmp_path, [tmp_path / "a.wav"]))] == ["audio/wav"]


@pytest.mark.parametrize("name", ["a.JPG", "a.webp", "a.mp4", "a.glb", "a.npy", "a"])
def test_types_by_extension(name: str) -> None:
    expected = {"a.JPG": "image/jpeg", "a.webp": "image/webp", "a.mp4": "video/mp4", "a.glb": "model/gltf-binary"}
    assert mime_at_top(name) == mime_nested(name) == expected.get(name, "application/octet-stream")


@pytest.mark.parametrize("value", ["missing.png", "."])
def test_what_is_no_file_fails_naming_its_path(tmp_path: Path, value: str) -> None:
    path = tmp_path / value
    with pytest.raises(PredictionError, match="Prediction failed: Failed to process output: .*Error: ") as failure:
        encoded(tmp_path, {"a": cog.Path(path)})
    assert str(path) in str(failure.value)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PredictionError, match=f"Not a regular file: '{tmp_path}/pipe'"):
        encoded(tmp_path, tmp_path / "pipe")


def test_file_objects_are_rewound_and_written(tmp_path: Path) -> None:
    binary, text = io.BytesIO(b"bytes"), io.StringIO("tëxt")
    binary.seek(3)
    with tempfile.NamedTemporaryFile(suffix=".txt") as named:
        named.write(b"named")
        files = listed(encoded(tmp_path, [binary, {"deep": text}, named]))
    contents = [(Path(path).read_bytes(), os.path.basename(path), mime) for _, _, path, mime in files]
    assert contents == [
        (b"bytes", "0.bin", "application/octet-stream"),
        ("tëxt".encode(), "1.bin", "application/octet-stream"),
        (b"named", "2.txt", "text/plain"),
    ]


def test_file_objects_that_cannot_be_read(tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(PredictionError, match="Prediction failed: Failed to read IOBase: ValueError: "):
        encoded(tmp_path, closed)
    with pytest.raises(PredictionError, match="Prediction failed: Failed to read IOBase: "):
        encoded(tmp_path, cog.File())


class Interrupting:
    def model_dump(self) -> None:
        raise cog.CancelationException


@pytest.mark.parametrize(
    "last", [cog.Path("missing"), float("nan"), object(), Interrupting(), "\ud800", cog.File()], ids=repr
)
def test_what_was_taken_is_removed_when_the_rest_fails(tmp_path: Path, last: Any) -> None:
    (tmp_path / "a.bin").write_bytes(b"content")
    output_files = OutputFiles(str(tmp_path / "1"))
    first = encode(tmp_path / "a.bin", output_files, item=True)
    with pytest.raises((PredictionError, cog.CancelationException)):
        encode({"a": [tmp_path / "a.bin", io.BytesIO(b"bytes")], "b": last}, output_files)
    ((_, _, path, _),) = listed(first)  # the server has been told of it
    assert [str(entry) for entry in (tmp_path / "1").rglob("*") if entry.is_file()] == [path]
    assert os.listdir(tmp_path / "1") == ["0"]


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    (tmp_path / "a.bin").write_bytes(bytes(1 << 20))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
        with pytest.raises(PredictionError, match="File too large"):
            encode({"a": io.BytesIO(b"small"), "b": tmp_path / "a.bin"}, OutputFiles(str(tmp_path / "1")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert os.listdir(tmp_path / "1") == []


def test_copies_are_whole(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    (tmp_path / "a").write_bytes(data)
    copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == data
    copy("/proc/self/status", str(tmp_path / "c"))
    assert (tmp_path / "c").read_text().startswith("Name:")


def test_a_text_that_looks_like_a_placeholder_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    result = encoded(tmp_path, ["cog-file-0", tmp_path / "a.txt"])
    assert len(listed(result)) == 1 and json.loads(result.rest)[0] == "cog-file-0"


def test_files_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    output_files = OutputFiles(str(tmp_path / "1"))
    names = []
    for name in ("a.png", "a.png", "a.png", "a-1.png", "b", "b", ".hidden", ".hidden", "a.png"):
        (tmp_path / name).write_text(name)
        names.append(os.path.basename(output_files.take(str(tmp_path / name))))
    assert names[:3] == ["a.png", "a-1.png", "a-2.png"]
    assert names[4:8] == ["b", "b-1", ".hidden", ".hidden-1"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "\u00fc" * 125 + ".png", "x" * 255])
def test_a_longest_name_stays_within_what_a_file_system_takes(tmp_path: Path, name: str) -> None:
    output_files = OutputFiles(str(tmp_path / "1"))
    (tmp_path / name).touch()
    first, second = (os.path.basename(output_files.take(str(tmp_path / name))) for _ in range(2))
    assert first == name
    assert second != name
    assert len(os.fsencode(second)) <= 255
    assert os.path.splitext(second)[1] == os.path.splitext(name)[1]
