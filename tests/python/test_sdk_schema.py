import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sdk_model import PRELUDE, fragment, function, inputs, inside, model

from cog._loader import load
from cog._schema import completed, document, dumps, merge
from cog.errors import SchemaError

STUDIO = """
class Frame(BaseModel):
    image: Path
    caption: Optional[str] = None
    scores: list[float]

PALETTES = {"warm": 1, "cold": 2}

class Studio(BaseRunner):
    @streaming
    def run(
        self,
        prompt: str = Input(description="What to draw", min_length=1, max_length=200),
        frames: int = Input(default=2, ge=1, le=8),
        strength: float = Input(default=1.0, ge=0, le=1.5),
        palette: str = Input(default="warm", choices=list(PALETTES.keys())),
        seed: int | None = None,
        mask: Optional[Path] = Input(default=None, accept="image/png"),
        tags: list[str] = Input(default=["draft"], deprecated=True),
        scale: int | float = Input(default=1),
        extra: dict = {},
        token: Secret = Input(default=None, description="Optional key"),
    ) -> Iterator[Frame]:
        yield Frame(image=Path("a.png"), scores=[strength])

def train(data: Path, epochs: int = Input(default=3, ge=1), palette: str = Input(choices=["a", "b"])) -> Path:
    return data
"""
FUTURE = "from __future__ import annotations\n"
EVALUATED = pytest.mark.skipif(sys.version_info < (3, 10), reason="X | Y needs 3.10 when it is evaluated")
EXPECTED = (Path(__file__).parent / "studio.json").read_text().strip()


def studio(folder, head=FUTURE, ref="studio.py:Studio", mode="predict"):
    (folder / "studio.py").write_text(head + PRELUDE + STUDIO)
    with inside(folder):
        return load(ref, mode)


@pytest.mark.parametrize("head", [FUTURE, pytest.param("", marks=EVALUATED)])
def test_the_document_is_the_one_of_the_reference_byte_for_byte(tmp_path, head):
    assert dumps(document(studio(tmp_path, head), "dev")) == EXPECTED


def test_the_example_runs(tmp_path):
    (frame,) = studio(tmp_path).run(prompt="p", strength=1.5)
    assert frame.scores == [1.5] and frame.caption is None


def test_keys_can_be_sorted(tmp_path):
    text = dumps(document(studio(tmp_path), "dev"), sort_keys=True)
    assert text == json.dumps(json.loads(EXPECTED), sort_keys=True, separators=(",", ":"))


def test_the_training_document(tmp_path):
    found = document(studio(tmp_path, ref="studio.py:train", mode="train"), "dev")
    schemas = found["components"]["schemas"]
    assert list(schemas)[:5] == ["TrainingInput", "TrainingOutput", "palette", "TrainingRequest", "TrainingResponse"]
    assert dumps(schemas["TrainingInput"]) == (
        '{"properties":{"data":{"format":"uri","title":"Data","type":"string","x-order":0},'
        '"epochs":{"default":3,"minimum":1,"title":"Epochs","type":"integer","x-order":1},'
        '"palette":{"allOf":[{"$ref":"#/components/schemas/palette"}],"x-order":2}},'
        '"required":["data","palette"],"title":"TrainingInput","type":"object"}'
    )
    assert dumps(schemas["TrainingOutput"]) == '{"format":"uri","title":"Output","type":"string"}'
    assert list(found["paths"]) == ["/", "/health-check", "/trainings", "/trainings/{training_id}/cancel"]
    create = found["paths"]["/trainings"]["post"]
    assert create["operationId"] == "train_trainings_post"
    assert create["description"] == "Run a single training on the model"
    cancel = found["paths"]["/trainings/{training_id}/cancel"]["post"]
    assert cancel["operationId"] == "cancel_trainings__training_id__cancel_post"
    assert cancel["parameters"][0]["schema"] == {"title": "Training Id", "type": "string"}


def test_merged_documents_keep_both_choices(tmp_path):
    prediction = document(studio(tmp_path), "dev")
    merged = merge(prediction, document(studio(tmp_path, ref="studio.py:train", mode="train"), "dev"))
    schemas = merged["components"]["schemas"]
    assert schemas["palette"]["enum"] == ["warm", "cold"]
    assert schemas["training_palette"]["enum"] == ["a", "b"]
    reference = schemas["TrainingInput"]["properties"]["palette"]["allOf"]
    assert reference == [{"$ref": "#/components/schemas/training_palette"}]
    assert set(prediction["paths"]) < set(merged["paths"])


def test_a_bundled_document_completes_that_of_one_mode(tmp_path):
    prediction = document(studio(tmp_path), "dev")
    training = document(studio(tmp_path, ref="studio.py:train", mode="train"), "dev")
    both = merge(prediction, training)
    assert completed(prediction, "predict", both) == both
    of_training = completed(training, "train", both)
    schemas = of_training["components"]["schemas"]
    assert schemas["TrainingInput"] == training["components"]["schemas"]["TrainingInput"]
    assert set(schemas["Input"]["properties"]) == set(both["components"]["schemas"]["Input"]["properties"])
    (choices,) = schemas["Input"]["properties"]["palette"]["allOf"]
    assert schemas[choices["$ref"].rpartition("/")[2]]["enum"] == ["warm", "cold"]
    assert set(of_training["paths"]) == set(both["paths"])


@pytest.mark.parametrize("bundled", [None, [], {"components": {}}, {"components": {"schemas": {"TrainingInput": 1}}}])
def test_a_bundled_document_that_is_none_changes_nothing(tmp_path, bundled):
    prediction = document(studio(tmp_path), "dev")
    assert completed(prediction, "predict", bundled) == prediction


def test_a_bundled_document_of_an_older_source_changes_nothing(tmp_path):
    prediction = document(studio(tmp_path), "dev")
    training = document(studio(tmp_path, ref="studio.py:train", mode="train"), "dev")
    for mode, own in (("predict", prediction), ("train", training)):
        assert completed(own, mode, merge(prediction, training)) != own
        older = copy.deepcopy(merge(prediction, training))
        older["components"]["schemas"]["TrainingInput" if mode == "train" else "Input"]["properties"].popitem()
        assert completed(own, mode, older) == own
        older = copy.deepcopy(merge(prediction, training))
        older["components"]["schemas"]["TrainingOutput" if mode == "train" else "Output"]["type"] = "boolean"
        assert completed(own, mode, older) == own


HEAD = """
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"
class Point(TypedDict):
    x: int
Blob = type("Blob", (), {})
LOW = 2
"""


@pytest.mark.parametrize(
    "signature, expected",
    [
        ("x: str", {"type": "string"}),
        ("x: int", {"type": "integer"}),
        ("x: float", {"type": "number"}),
        ("x: bool", {"type": "boolean"}),
        ("x: Path", {"format": "uri", "type": "string"}),
        ("x: pathlib.Path", {"format": "uri", "type": "string"}),
        ("x: File", {"format": "uri", "type": "string"}),
        ("x: Secret", {"format": "password", "type": "string", "writeOnly": True, "x-cog-secret": True}),
        ("x: Any", {"type": "object"}),
        ("x: dict[str, int]", {"type": "object"}),
        ("x: Point", {"type": "object"}),
        ("x: Annotated[Blob, Opaque]", {"type": "object"}),
        ("x: Annotated[list[Blob], Opaque]", {"items": {"type": "object"}, "type": "array"}),
        ("x: Optional[Annotated[Blob, Opaque]]", {"nullable": True, "type": "object"}),
        ("x: List[int]", {"items": {"type": "integer"}, "type": "array"}),
        ("x: Optional[int]", {"nullable": True, "type": "integer"}),
        ("x: Optional[int] = Input()", {"nullable": True, "type": "integer"}),
        ("x: Optional[int] = None", {"default": None, "nullable": True, "type": "integer"}),
        ("x: int = None", {"default": None, "nullable": True, "type": "integer"}),
        ("x: int = Input(default=None, ge=1)", {"default": None, "minimum": 1, "nullable": True, "type": "integer"}),
        ("x: str = Input(None)", {"default": None, "nullable": True, "type": "string"}),
        ("x: Path = Input(default=None)", {"default": None, "format": "uri", "nullable": True, "type": "string"}),
        ("x: File = None", {"default": None, "format": "uri", "nullable": True, "type": "string"}),
        (
            "x: list[str] = Input(default=None)",
            {"default": None, "items": {"type": "string"}, "nullable": True, "type": "array"},
        ),
        ("x: dict = None", {"default": None, "nullable": True, "type": "object"}),
        ("x: Any = None", {"default": None, "nullable": True, "type": "object"}),
        ("x: Any = Input(default=None)", {"default": None, "nullable": True, "type": "object"}),
        ("x: Annotated[bool, Input(default=None)]", {"default": None, "nullable": True, "type": "boolean"}),
        (
            "x: Union[int, str] = None",
            {
                "anyOf": [{"nullable": True, "type": "integer"}, {"nullable": True, "type": "string"}],
                "default": None,
                "nullable": True,
            },
        ),
        (
            "x: str = Input(default=None, choices=['a'])",
            {"allOf": [{"$ref": "#/components/schemas/x"}], "default": None, "nullable": True},
        ),
        (
            "x: Color = None",
            {"allOf": [{"$ref": "#/components/schemas/x"}], "default": None, "nullable": True},
        ),
        ("x: int = Input(7)", {"default": 7, "type": "integer"}),
        ("x: int = Input(ge=LOW, le=2**5)", {"maximum": 32, "minimum": 2, "type": "integer"}),
        ("x: Annotated[int, Input(ge=1)] = 3", {"default": 3, "minimum": 1, "type": "integer"}),
        ("x: str = Input(description='a' 'b\\n')", {"description": "ab\n", "type": "string"}),
        ("x: str = Input(regex='^a')", {"pattern": "^a", "type": "string"}),
        ("x: Path = Input(accept='image/*')", {"format": "uri", "type": "string", "x-cog-accept": "image/*"}),
        ("x: str = cog.Input(default='d', deprecated=False)", {"default": "d", "type": "string"}),
        ("x: Union[int, str]", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (
            "x: Union[int, str, None]",
            {
                "anyOf": [{"nullable": True, "type": "integer"}, {"nullable": True, "type": "string"}],
                "nullable": True,
            },
        ),
        ("x: Path = Path('a.png')", {"default": "a.png", "format": "uri", "type": "string"}),
        ("x: Any = Blob()", {"type": "object"}),
    ],
)
def test_properties(tmp_path, signature, expected):
    assert fragment(function(tmp_path, signature, head=HEAD)) == expected


@pytest.mark.parametrize(
    "signature, enum, kind, default",
    [
        ("x: Literal['a', 'b']", ["a", "b"], "string", None),
        ("x: Literal[1, 2] = 2", [1, 2], "integer", 2),
        ("x: Literal['a', 1]", ["a", 1], None, None),
        ("x: Color", ["red", "blue"], "string", None),
        ("x: Color = Color.BLUE", ["red", "blue"], "string", "blue"),
        ("x: float = Input(choices=(1.0, 2.5))", [1.0, 2.5], "number", None),
        ("x: str = Input(choices=sorted({'b': 1, 'a': 2}))", ["a", "b"], "string", None),
        ("x: Color = Input(choices=[Color.RED])", ["red"], "string", None),
    ],
)
def test_choices(tmp_path, signature, enum, kind, default):
    loaded = function(tmp_path, signature, head=HEAD)
    found = document(loaded)["components"]["schemas"]["x"]
    expected = {"description": "An enumeration.", "enum": enum, "title": "x", "type": kind}
    assert found == (expected if kind else {k: v for k, v in expected.items() if k != "type"})
    reference = {"allOf": [{"$ref": "#/components/schemas/x"}], "x-order": 0}
    assert inputs(loaded)["properties"]["x"] == ({**reference, "default": default} if default else reference)


def test_choices_of_a_list_stand_for_its_items(tmp_path):
    loaded = function(tmp_path, "x: list[str] = Input(choices=['a', 'b'], default=['a'])")
    assert fragment(loaded) == {
        "default": ["a"],
        "items": {"allOf": [{"$ref": "#/components/schemas/x"}]},
        "type": "array",
    }


@pytest.mark.parametrize("name", ["Input", "Output", "Status", "PredictionRequest"])
def test_choices_never_replace_a_component_of_ours(tmp_path, name):
    schemas = document(function(tmp_path, f"{name}: Literal['a']"))["components"]["schemas"]
    assert schemas[f"{name}_choices"]["enum"] == ["a"]
    assert schemas[name].get("enum") != ["a"]
    assert schemas["Input"]["properties"][name]["allOf"] == [{"$ref": f"#/components/schemas/{name}_choices"}]


@pytest.mark.parametrize(
    "signature, required",
    [
        ("x: int", True),
        ("x: int = Input()", True),
        ("x: int = None", False),
        ("x: int = Input(default=None)", False),
        ("x: str = Input(None)", False),
        ("x: Path = Input(default=None)", False),
        ("x: list[str] = Input(default=None)", False),
        ("x: Literal['a'] = Input(default=None)", False),
        ("x: Any", True),
        ("x: Any = None", False),
        ("x: int = 0", False),
        ("x: Optional[int]", False),
        ("x: Optional[int] = Input(default=None)", False),
        ("x: Secret = Input()", True),
        ("x: Secret = Input(default=None)", False),
        ("x: Union[int, str, None]", True),
        ("x: Union[int, str, None] = None", False),
        ("x: Any = object()", False),
    ],
)
def test_required(tmp_path, signature, required):
    assert inputs(function(tmp_path, signature)).get("required", []) == (["x"] if required else [])


def test_without_parameters(tmp_path):
    assert dumps(inputs(function(tmp_path, ""))) == '{"properties":{},"title":"Input","type":"object"}'


@pytest.mark.parametrize(
    "name, title", [("max_tokens", "Max Tokens"), ("_p", " P"), ("maxTokens", "MaxTokens"), ("élan", "Élan")]
)
def test_titles(tmp_path, name, title):
    assert inputs(function(tmp_path, f"{name}: int"))["properties"][name]["title"] == title


OUTPUTS = """
class Inner(BaseModel):
    n: int
class Child(Inner):
    label: str = "x"
@dataclasses.dataclass
class Data:
    n: int
    items: list[Inner] = dataclasses.field(default_factory=list)
class Total(TypedDict, total=False):
    n: int
class Nullable(TypedDict):
    n: Optional[int]
class Tree(BaseModel):
    children: "list[Tree]"
class Pair(NamedTuple):
    a: int
    b: int
class Color(enum.Enum):
    RED = "red"
"""
INNER: dict[str, Any] = {"properties": {"n": {"title": "N", "type": "integer"}}, "required": ["n"], "type": "object"}


@pytest.mark.parametrize(
    "annotation, expected",
    [
        ("str", {"type": "string"}),
        ("Path", {"format": "uri", "type": "string"}),
        ("Any", {"type": "object"}),
        ("dict", {"type": "object"}),
        (
            "Dict[str, List[int]]",
            {"additionalProperties": {"items": {"type": "integer"}, "type": "array"}, "type": "object"},
        ),
        ("list", {"items": {"type": "object"}, "type": "array"}),
        ("list[Path]", {"items": {"format": "uri", "type": "string"}, "type": "array"}),
        ("Iterator[str]", {"items": {"type": "string"}, "type": "array", "x-cog-array-type": "iterator"}),
        (
            "Nullable",
            {
                "properties": {"n": {"nullable": True, "title": "N", "type": "integer"}},
                "required": ["n"],
                "type": "object",
            },
        ),
        ("AsyncIterator[Inner]", {"items": INNER, "type": "array", "x-cog-array-type": "iterator"}),
        (
            "ConcatenateIterator[str]",
            {
                "items": {"type": "string"},
                "type": "array",
                "x-cog-array-display": "concatenate",
                "x-cog-array-type": "iterator",
            },
        ),
        ("Inner", INNER),
        (
            "Child",
            {
                "properties": {**INNER["properties"], "label": {"title": "Label", "type": "string"}},
                "required": ["n"],
                "type": "object",
            },
        ),
        (
            "Data",
            {
                "properties": {
                    **INNER["properties"],
                    "items": {"items": INNER, "title": "Items", "type": "array"},
                },
                "required": ["n"],
                "type": "object",
            },
        ),
        ("Total", {"properties": INNER["properties"], "type": "object"}),
        (
            "Tree",
            {
                "properties": {"children": {"items": {"type": "object"}, "title": "Children", "type": "array"}},
                "required": ["children"],
                "type": "object",
            },
        ),
        ("Annotated[Color, Opaque]", {"type": "object"}),
        ("Color", {"enum": ["red"], "type": "string"}),
        ("Literal[1, 2]", {"enum": [1, 2], "type": "integer"}),
        ("Pair", {"items": {"type": "integer"}, "type": "array"}),
        ("Tuple[int, str]", {"items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "type": "array"}),
        ("Optional[str]", {"nullable": True, "type": "string"}),
        ("Union[int, str]", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("None", {"nullable": True, "type": "object"}),
    ],
)
def test_outputs(tmp_path, annotation, expected):
    loaded = model(tmp_path, f"{OUTPUTS}\ndef run() -> {annotation}: pass\n".replace("\n", "\n    "))
    assert document(loaded)["components"]["schemas"]["Output"] == {**expected, "title": "Output"}


def test_pydantic_outputs(tmp_path):
    pytest.importorskip("pydantic", minversion="2")
    text = """
    import pydantic
    class Out(pydantic.BaseModel):
        n: int
        label: Optional[str] = None
        score: float = pydantic.Field(default=1.0)
    def run() -> Out: pass
    """
    assert document(model(tmp_path, text))["components"]["schemas"]["Output"] == {
        "properties": {
            "n": {"title": "N", "type": "integer"},
            "label": {"nullable": True, "title": "Label", "type": "string"},
            "score": {"title": "Score", "type": "number"},
        },
        "required": ["n"],
        "title": "Output",
        "type": "object",
    }


@pytest.mark.parametrize(
    "text, message",
    [
        ("def run(x) -> int: pass", "parameter 'x': it has no type annotation"),
        ("def run(x: int): pass", "no return annotation"),
        ("def run(x: datetime) -> int: pass", "cannot resolve type 'datetime'"),
        ("def run(x: bytes) -> int: pass", "unsupported type: bytes"),
        ("def run(x: list) -> int: pass", "unsupported type: list"),
        ("def run(x: List[Optional[int]]) -> int: pass", "nested generics like List[Optional[X]]"),
        ("def run(x: Union[Path, str]) -> int: pass", "Path is not supported in union inputs"),
        ("def run(x: Union[int, str] = Input(ge=1)) -> int: pass", "constraints and choices are not supported"),
        ("def run(x: str = Input(accept='image/*')) -> int: pass", "accept is only valid on Path or File inputs"),
        (
            "def run(x: int = Input(default=9, le=5)) -> int: pass",
            "Model schema is invalid: invalid default: 9 is greater",
        ),
        ("def run(x: int = Input(default='a')) -> int: pass", 'invalid default: "a" is not of type "integer"'),
        ("def run(x: str = Input(default='c', choices=['a'])) -> int: pass", '"c" is not one of ["a"]'),
        ("def run() -> bytes: pass", "unsupported type: bytes"),
        ("def run() -> ConcatenateIterator[int]: pass", "ConcatenateIterator element type must be str, got int"),
        ("@streaming\ndef run() -> str: pass", "@streaming requires Iterator[...]"),
        ("class O(BaseModel):\n  f: bytes\ndef run() -> O: pass", 'field "f" of O: unsupported type: bytes'),
    ],
)
def test_errors_name_the_place(tmp_path, text, message):
    (tmp_path / "model.py").write_text(FUTURE + PRELUDE + text)
    with inside(tmp_path):
        loaded = load("model.py:run")
    with pytest.raises(SchemaError) as error:
        document(loaded)
    assert message in str(error.value)
    assert "run" in str(error.value) and "model.py, line " in str(error.value)


def test_opaque_hides_a_type_that_is_not_there_at_run_time(tmp_path):
    text = "def run(x: Annotated[np.ndarray, Opaque], y: Annotated[Gone, Opaque] | None = None) -> str: pass"
    (tmp_path / "model.py").write_text(FUTURE + PRELUDE + text)
    with inside(tmp_path):
        loaded = load("model.py:run")
    assert fragment(loaded) == {"type": "object"}
    assert fragment(loaded, "y") == {"default": None, "nullable": True, "type": "object"}


def test_text_is_written_as_the_reference_does():
    assert dumps({"a": "<é&>", "b": [1.0, 0.5, 1e21]}) == '{"a":"\\u003cé\\u0026\\u003e","b":[1,0.5,1e+21]}'


def program(folder, *arguments):
    command = [sys.executable, "-m", "cog.schema", *arguments]
    source = Path(__file__).parents[2] / "python"
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(source)}, capture_output=True, text=True)


def test_the_program_prints_the_document(tmp_path):
    studio(tmp_path)
    assert program(tmp_path, "studio.py:Studio", "--version", "dev").stdout == EXPECTED + "\n"


def test_the_program_prints_both_documents_in_one(tmp_path):
    studio(tmp_path)
    found = program(tmp_path, "studio.py:Studio", "--train", "studio.py:train").stdout
    assert found.startswith('{\n  "components": {\n    "schemas": {\n      "HTTPValidationError": {')
    assert {"/predictions", "/trainings"} < set(json.loads(found)["paths"])


def test_the_program_fails_with_the_reason(tmp_path):
    done = program(tmp_path, "gone.py:M")
    assert done.returncode == 1
    assert done.stderr.startswith("FileNotFoundError: model file ")


@pytest.mark.parametrize(
    "annotation, expected",
    [
        ("Dict[str, bool]", {"additionalProperties": {"type": "boolean"}, "type": "object"}),
        ("datetime.date", {"format": "date", "type": "string"}),
        ("datetime.timedelta", {"type": "number"}),
        ("uuid.UUID", {"format": "uuid", "type": "string"}),
        ("Set[int]", {"items": {"type": "integer"}, "type": "array"}),
        ("Sequence[str]", {"items": {"type": "string"}, "type": "array"}),
        ("Mapping[str, float]", {"additionalProperties": {"type": "number"}, "type": "object"}),
        ("Word", {"type": "string"}),
    ],
)
def test_outputs_that_are_encoded_are_described(tmp_path, annotation, expected):
    text = f"import datetime, uuid\nclass Word(str): ...\ndef run() -> {annotation}: ...\n"
    output = document(model(tmp_path, text))["components"]["schemas"]["Output"]
    assert output == {**expected, "title": "Output"}


def test_an_output_that_cannot_be_described_leaves_the_inputs_checked(tmp_path):
    loaded = model(tmp_path, "def run(x: int = Input(ge=1)) -> bytes: ...\n")
    problems = []
    schemas = document(loaded, problems=problems)["components"]["schemas"]
    assert schemas["Input"]["properties"]["x"]["minimum"] == 1
    assert schemas["Output"] == {"title": "Output"}
    assert len(problems) == 1 and "unsupported type: bytes" in problems[0]
