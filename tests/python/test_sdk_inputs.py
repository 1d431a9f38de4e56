import enum
import pathlib
import sys

import pytest
from sdk_model import PRELUDE, bind, function, model

import cog
from cog._inputs import Binder, InputError

HEAD = """
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2
class Point(TypedDict):
    x: int
Name = NewType("Name", str)
Blob = type("Blob", (), {})
"""


@pytest.mark.parametrize(
    "signature, value, expected",
    [
        ("x: str", "a", "a"),
        ("x: str", "https://h/x.png", "https://h/x.png"),
        ("x: int", 3, 3),
        ("x: int", 3.0, 3),
        ("x: int", 2**70, 2**70),
        ("x: float", 2, 2.0),
        ("x: float", 2.5, 2.5),
        ("x: bool", True, True),
        ("x: Path", "/a/b", cog.Path("/a/b")),
        ("x: pathlib.Path", "/a/b", cog.Path("/a/b")),
        ("x: 'Path'", "/a/b", cog.Path("/a/b")),
        ("x: Path", "https://h/x", "https://h/x"),
        ("x: Secret", "s", cog.Secret("s")),
        ("x: List[Secret]", ["s"], [cog.Secret("s")]),
        ("x: list[Path]", ["/a"], [cog.Path("/a")]),
        ("x: list[int]", [1.0, 2], [1, 2]),
        ("x: list[list[float]]", [[1]], [[1.0]]),
        ("x: dict", {"a": 1}, {"a": 1}),
        ("x: Dict[str, int]", {"a": "b"}, {"a": "b"}),
        ("x: Point", {"x": 1}, {"x": 1}),
        ("x: Any", {"a": 1}, {"a": 1}),
        ("x: Annotated[Blob, Opaque]", {"a": 1}, {"a": 1}),
        ("x: list[Annotated[Blob, Opaque]]", [{"a": 1}], [{"a": 1}]),
        ("x: Optional[int]", None, None),
        ("x: Optional[int]", 1.0, 1),
        ("x: Optional[list[Path]]", ["/a"], [cog.Path("/a")]),
        ("x: Union[int, str]", "a", "a"),
        ("x: Union[int, float]", 1.0, 1.0),
        ("x: Union[str, float, None]", 1, 1),
        ("x: Union[str, float, None]", 2**70, 2**70),
        ("x: Union[str, float]", 1.0, 1.0),
        ("x: Union[str, int]", 1.0, 1.0),
        ("x: Union[str, list[float]]", [1, 1.0], [1, 1.0]),
        ("x: Union[bool, float]", 1, 1),
        ("x: Optional[float]", 1, 1.0),
        ("x: Union[float, None]", 1, 1.0),
        ("x: Optional[list[float]]", [1], [1.0]),
        ("x: int = None", None, None),
        ("x: float = None", 2, 2.0),
        ("x: str = Input(default=None, min_length=1)", None, None),
        ("x: Path = Input(default=None)", None, None),
        ("x: File = Input(default=None)", None, None),
        ("x: list[Path] = Input(default=None)", None, None),
        ("x: str = Input(default=None, choices=['a'])", None, None),
        ("x: Color = None", None, None),
        ("x: Any = None", None, None),
        ("x: Union[int, str] = None", None, None),
        ("x: Union[int, str, None]", None, None),
        ("x: Secret = None", None, None),
        ("x: Name", "n", "n"),
        ("x: Literal['a', 1]", 1.0, 1),
        ("x: Optional[Literal['a']]", None, None),
        ("x: str = Input(choices=['a', 'b'])", "b", "b"),
        ("x: float = Input(choices=[1, 2])", 1, 1.0),
        ("x: list[str] = Input(choices=['a', 'b'])", ["b", "a"], ["b", "a"]),
        ("x: int = Input(ge=1, le=3)", 3.0, 3),
        ("x: str = Input(min_length=1, max_length=2)", "\U0001f600é", "\U0001f600é"),
        ("x: str = Input(regex='b+')", "abbc", "abbc"),
        ("x: str = Input(regex=r'\\p{L}')", "1", "1"),
        ("x: Annotated[int, Input(ge=1)]", 2, 2),
        ("x: MissingType", [1], [1]),
    ],
)
def test_values_reach_the_model(tmp_path, signature, value, expected):
    future = "from __future__ import annotations\n" if "MissingType" in signature else ""
    path = tmp_path / "model.py"
    loaded = function(tmp_path, signature, head=HEAD) if not future else _with_future(path, signature)
    found = bind(loaded, x=value)["x"]
    assert found == expected
    assert type(found) is type(expected)


def _with_future(path, signature):
    from sdk_model import inside

    from cog._loader import load

    path.write_text(f"from __future__ import annotations\n{PRELUDE}{HEAD}\ndef run({signature}) -> Any: pass\n")
    with inside(path.parent):
        return load("model.py:run")


@pytest.mark.parametrize(
    "signature, value, message",
    [
        ("x: str", 3, '3 is not of type "string"'),
        ("x: str", None, 'null is not of type "string"'),
        ("x: int", True, 'true is not of type "integer"'),
        ("x: int", 3.5, '3.5 is not of type "integer"'),
        ("x: int", "lots", '"lots" is not of type "integer"'),
        ("x: float", True, 'true is not of type "number"'),
        ("x: float", 10**400, 'is not of type "number"'),
        ("x: bool", 1, '1 is not of type "boolean"'),
        ("x: Path", 1, '1 is not of type "string"'),
        ("x: File", 1, '1 is not of type "string"'),
        ("x: dict", [], '[] is not of type "object"'),
        ("x: list[int]", "a", '"a" is not of type "array"'),
        ("x: list[int]", [1, "a"], '"a" is not of type "integer"'),
        ("x: Union[int, str]", True, "true is not valid under any of the schemas listed in the 'anyOf' keyword"),
        ("x: int = Input(ge=1)", 0, "0 is less than the minimum of 1"),
        ("x: int = Input(le=10)", 99, "99 is greater than the maximum of 10"),
        ("x: float = Input(le=1.5)", 2, "2 is greater than the maximum of 1.5"),
        ("x: str = Input(min_length=1)", "", '"" is shorter than 1 character'),
        ("x: str = Input(max_length=5)", "toolong", '"toolong" is longer than 5 characters'),
        ("x: str = Input(regex='^[a-z]+$')", "BAD", '"BAD" does not match "^[a-z]+$"'),
        ("x: str = Input(choices=['s', 'm'])", "h", '"h" is not one of ["s","m"]'),
        ("x: int = Input(choices=[1, 2])", True, "true is not one of [1,2]"),
        ("x: list[str] = Input(choices=['a'])", ["b"], '"b" is not one of ["a"]'),
        ("x: Literal['a', 2]", "b", '"b" is not one of ["a",2]'),
        ("x: Color", "green", '"green" is not one of ["red","blue"]'),
        ("x: Optional[int] = Input(ge=1)", 0, "0 is less than the minimum of 1"),
        ("x: Secret = Input(min_length=3)", "ab", '"**********" is shorter than 3 characters'),
    ],
)
def test_values_that_are_refused(tmp_path, signature, value, message):
    loaded = function(tmp_path, signature, head=HEAD)
    with pytest.raises(InputError) as error:
        bind(loaded, x=value)
    assert str(error.value).startswith("x: ")
    assert message in str(error.value)


def test_enums_become_members(tmp_path):
    loaded = function(tmp_path, "a: Color, b: Level, c: list[Color], d: Optional[Color] = None", head=HEAD)
    module = sys.modules["model"]
    found = bind(loaded, a="red", b=2.0, c=["blue"], d="blue")
    assert found == {"a": module.Color.RED, "b": module.Level.HIGH, "c": [module.Color.BLUE], "d": module.Color.BLUE}
    assert isinstance(found["b"], enum.IntEnum)


@pytest.mark.parametrize(
    "signature, expected",
    [
        ("x: int = 1", {}),
        ("x: int = Input(default=1)", {"x": 1}),
        ("x: int = Input(2)", {"x": 2}),
        ("x: float = Input(default=2)", {"x": 2.0}),
        ("x: int = Input()", {"x": None}),
        ("x: Optional[int]", {"x": None}),
        ("x: Optional[int] = None", {}),
        ("x: Optional[int] = Input(default=None)", {"x": None}),
        ("x: int = None", {}),
        ("x: int = Input(default=None, ge=1)", {"x": None}),
        ("x: str = Input(None)", {"x": None}),
        ("x: Path = Input(default=None)", {"x": None}),
        ("x: list[str] = Input(default=None)", {"x": None}),
        ("x: Any = Input(default=None)", {"x": None}),
        ("x: Path = 'a.png'", {"x": cog.Path("a.png")}),
        ("x: Path = Input(default='https://h/a.png')", {"x": "https://h/a.png"}),
        ("x: Secret = Input(default='s')", {"x": cog.Secret("s")}),
        ("x: Secret = Input(default=None)", {"x": None}),
        ("x: list[int] = Input(default=[1])", {"x": [1]}),
        ("x: dict = {}", {"x": {}}),
        ("*, x: int = Input(default=4)", {"x": 4}),
        ("x: int", {}),
    ],
)
def test_defaults(tmp_path, signature, expected):
    found = bind(function(tmp_path, signature))
    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


def test_an_enum_default_may_be_a_value_or_a_member(tmp_path):
    loaded = function(tmp_path, "a: Color = Input(default='red'), b: Color = Color.BLUE", head=HEAD)
    assert bind(loaded) == {"a": sys.modules["model"].Color.RED}


@pytest.mark.parametrize("default", ["[]", "Input(default=[])"])
def test_mutable_defaults_are_not_shared(tmp_path, default):
    loaded = function(tmp_path, f"x: list[int] = {default}", body="x.append(1); return x")
    binder = Binder(loaded)
    assert [loaded.run(**binder.bind({}, ())) for _ in range(2)] == [[1], [1]]


DECORATED = """
def wraps(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)
    return wrapper
def bare(f):
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)
    return wrapper
class M(BaseRunner):
    @{0}
    @{1}
    def run(self, p: Path, n: int = Input(default=3, le=5)) -> Any:
        return p, n
"""


@pytest.mark.parametrize("outer", ["wraps", "bare"])
@pytest.mark.parametrize("inner", ["wraps", "bare"])
def test_inputs_are_seen_through_decorators(tmp_path, outer, inner):
    loaded = model(tmp_path, DECORATED.format(outer, inner), "model.py:M")
    assert loaded.run(**bind(loaded, p="/a", unknown=1)) == (cog.Path("/a"), 3)
    with pytest.raises(InputError, match="greater than the maximum of 5"):
        bind(loaded, p="/a", n=6)


def test_a_direct_call_of_the_method_sees_plain_defaults(tmp_path):
    loaded = function(tmp_path, "x: int = Input(default=3)", body="return x")
    assert loaded.run() == 3


def test_an_inherited_method_may_be_loaded_twice(tmp_path):
    (tmp_path / "base_of_models.py").write_text(
        f"{PRELUDE}\nclass Base(BaseRunner):\n  def run(self, x: int = Input(default=3, le=5)) -> int: return x\n"
    )
    text = (
        f"sys.path.insert(0, {str(tmp_path)!r})\nfrom base_of_models import Base\nsys.path.pop(0)\nclass M(Base): pass"
    )
    for _ in range(2):
        loaded = model(tmp_path, text, "model.py:M")
        with pytest.raises(InputError):
            bind(loaded, x=6)


def test_unknown_keys_are_dropped_unless_the_function_takes_any(tmp_path):
    assert bind(function(tmp_path, "x: int"), x=1, y=2) == {"x": 1}
    assert bind(function(tmp_path, "x: int, **rest"), x=1, y=2) == {"x": 1, "y": 2}


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_an_input_that_is_no_object_is_refused(tmp_path, payload):
    with pytest.raises(InputError, match="Input must be a JSON object"):
        Binder(function(tmp_path, "x: int")).bind(payload, ())


def test_files_made_by_the_server(tmp_path):
    file = tmp_path / "in.bin"
    file.write_bytes(b"content")
    name = str(file)
    loaded = function(tmp_path, "a: Path, b: File, c: list[Path], d: list[File], e: Optional[File], s: str")
    pointers = ["/a", "/b", "/c/0", "/d/1", "/e", "/s"]
    found = bind(loaded, *pointers, a=name, b=name, c=[name, "/else"], d=["text", name], e=name, s=name)
    assert found["a"] == file and type(found["a"]) is cog.Path
    assert found["c"] == [file, pathlib.Path("/else")]
    assert found["d"][0] == "text"
    for stream in (found["b"], found["d"][1], found["e"]):
        with stream:
            assert stream.name == name
            assert stream.read() == b"content"
    assert type(found["s"]) is str


def test_pointers_are_unescaped(tmp_path):
    loaded = function(tmp_path, "**rest")
    found = bind(loaded, "/a~1b/c~0d/0", **{"a/b": {"c~d": ["/f"]}})
    assert found == {"a/b": {"c~d": ["/f"]}}


def test_one_unresolvable_annotation_spoils_no_other(tmp_path):
    text = f"from __future__ import annotations\n{PRELUDE}\ndef run(x: Missing, p: Path, q: Path | None) -> Any: pass\n"
    (tmp_path / "model.py").write_text(text)
    from sdk_model import inside

    from cog._loader import load

    with inside(tmp_path):
        loaded = load("model.py:run")
    assert bind(loaded, x=1, p="/a", q=None) == {"x": 1, "p": cog.Path("/a"), "q": None}
