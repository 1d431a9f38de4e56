"""Every name that models may import, with what kind of thing it is and how it is called, as the contract lists them."""

import asyncio
import dataclasses
import enum
import importlib
import inspect
import io
import pathlib
import typing
import warnings

import pytest
from sdk_model import inside

import cog
import coglet
from cog._loader import load

FIELDS = ["default", "description", "ge", "le", "min_length", "max_length", "regex", "choices", "deprecated", "accept"]
INPUT = ["default", "*", "default_factory", "description", "ge", "le", "min_length", "max_length", "regex", "choices"]
EXPORTED = {
    "__version__": str,
    "AsyncConcatenateIterator": typing.AsyncIterator,
    "BaseModel": object,
    "BasePredictor": cog.BaseRunner,
    "BaseRunner": object,
    "CancelationException": BaseException,
    "ConcatenateIterator": typing.Iterator,
    "ExperimentalFeatureWarning": FutureWarning,
    "FieldInfo": FIELDS,
    "File": io.IOBase,
    "Input": [*INPUT, "deprecated", "accept"],
    "Inputs": object,
    "Opaque": "cog.Opaque",
    "Path": pathlib.PosixPath,
    "Secret": ["secret_value"],
    "URLFile": io.IOBase,
    "URLPath": ["*", "source", "filename", "fileobj"],
    "batch": ["*", "max_size", "max_wait_ms", "key", "isolate"],
    "concurrent": ["function", "*", "max"],
    "current_scope": [],
    "emit_metric": ["name", "value"],
    "run_one": ["method", "inputs"],
    "scope_of": ["item"],
    "streaming": ["function"],
}
MODULES = {
    "cog.types": "Path URLPath File URLFile Secret ConcatenateIterator AsyncConcatenateIterator get_filename "
    "FILENAME_MAX_LENGTH FILENAME_ILLEGAL_CHARS",
    "cog.input": "Input FieldInfo",
    "cog.predictor": "BaseRunner BasePredictor load_predictor_from_ref has_setup_weights extract_setup_weights",
    "cog.model": "BaseModel",
    "cog.server.http": "Mode",
    "cog.errors": "CogError ConfigDoesNotExist PredictorNotSet",
    "cog.mode": "Mode",
    "cog.coder": "Coder",
    "cog.suppress_output": "suppress_output",
    "cog.exceptions": "CancelationException",
    "coglet": "__version__ __build__ CancelationException server",
    "coglet.server": "serve active",
    "coglet._sdk": "Scope MetricRecorder current_scope",
}


def parameters(function):
    """The names of a signature, a star where keywords begin."""
    names = []
    found = list(inspect.signature(function).parameters.values())
    for before, parameter in zip([None, *found], found):
        if parameter.kind is parameter.KEYWORD_ONLY and (before is None or before.kind is not parameter.KEYWORD_ONLY):
            names.append("*")
        names.append(parameter.name)
    return names


def test_the_list_is_whole():
    assert set(cog.__all__) == {*EXPORTED, "__build__"}


@pytest.mark.parametrize("name, expected", EXPORTED.items(), ids=EXPORTED.keys())
def test_each_name_is_what_it_is_said_to_be(name, expected, capfd):
    value = getattr(cog, name)
    if expected is str:
        assert isinstance(value, str)
    elif isinstance(expected, str):
        assert repr(value) == expected
    elif isinstance(expected, list):
        assert parameters(value) == expected
    elif not isinstance(expected, type):
        assert issubclass(value, typing.get_origin(expected))
    else:
        assert issubclass(value, expected)


@pytest.mark.parametrize("module, names", MODULES.items(), ids=MODULES.keys())
def test_each_module_has_its_names(module, names):
    loaded = importlib.import_module(module)
    assert all(hasattr(loaded, name) for name in names.split())


def test_identities_that_code_relies_on():
    from cog import types

    for name in ("Path", "URLPath", "File", "URLFile", "Secret", "ConcatenateIterator", "AsyncConcatenateIterator"):
        assert getattr(cog, name) is getattr(types, name)
    assert cog.CancelationException.__module__ == "coglet"
    assert cog.CancelationException.__mro__[1] is BaseException
    assert types.FILENAME_MAX_LENGTH == 200 and set(types.FILENAME_ILLEGAL_CHARS) == {"\0", "/"}


def test_the_members_of_a_scope():
    scope = cog.current_scope()
    assert scope.context == {}
    assert parameters(scope.record_metric) == ["key", "value", "mode"]
    assert parameters(scope.metrics.record) == ["key", "value", "mode"]
    assert parameters(scope.metrics.delete) == ["key"]
    assert repr(scope).startswith("Scope(MetricRecorder(")


def test_the_members_of_a_runner():
    assert parameters(cog.BaseRunner.record_metric) == ["self", "key", "value", "mode"]
    assert isinstance(inspect.getattr_static(cog.BaseRunner, "scope"), property)
    assert not hasattr(cog.BaseRunner, "healthcheck")
    with pytest.raises(NotImplementedError, match="run has not been implemented by parent class"):
        cog.BaseRunner().run()


def test_the_bridge_between_old_and_new_names():
    class Old(cog.BasePredictor):
        def predict(self, x):
            return f"old {x}"

    class New(cog.BaseRunner):
        def run(self, x):
            return f"new {x}"

    assert Old().run(1) == "old 1"
    with pytest.warns(DeprecationWarning, match="predict\\(\\) is deprecated; use run\\(\\) instead"):
        assert New().predict(x=2) == "new 2"


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "class M(BasePredictor):\n  def run(self) -> str: ...",
            ["BasePredictor is deprecated; use BaseRunner instead"],
        ),
        ("class M:\n  def predict(self) -> str: ...", ["M.predict() is deprecated; use run() instead"]),
        (
            "class M(BasePredictor):\n  def predict(self) -> str: ...",
            ["M.predict() is deprecated; use run() instead", "BasePredictor is deprecated; use BaseRunner instead"],
        ),
        ("class M(BaseRunner):\n  def run(self) -> str: ...", []),
    ],
)
def test_old_names_are_told_when_a_model_is_loaded(tmp_path, text, expected):
    (tmp_path / "aged.py").write_text(f"from cog import BasePredictor, BaseRunner\n{text}\n")
    with inside(tmp_path), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        load("aged.py:M")
    assert [str(one.message) for one in told] == expected
    assert all(one.category is DeprecationWarning for one in told)


def test_a_field_cannot_be_changed():
    field = cog.Input(default=1, ge=0)
    assert (field.default, field.ge, field.le) == (1, 0, None)
    with pytest.raises(AttributeError):
        field.ge = 2
    assert field == cog.Input(default=1, ge=0) and hash(field) == hash(cog.Input(default=1, ge=0))


def test_structured_outputs_are_dataclasses():
    class Out(cog.BaseModel, frozen=True):
        path: cog.Path
        note: typing.Optional[str]

    out = Out(cog.Path("a"))
    assert dataclasses.is_dataclass(out) and out.note is None
    assert out == Out(path=cog.Path("a"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        out.note = "x"


def test_the_iterators_are_annotations_only():
    for cls in (cog.ConcatenateIterator, cog.AsyncConcatenateIterator):
        assert typing.get_args(cls[str]) == (str,)
        with pytest.raises(TypeError):
            cls()


def test_coroutines_stay_coroutines():
    @cog.concurrent(max=2)
    @cog.streaming
    async def run():
        yield 1

    assert inspect.isasyncgenfunction(run)
    assert asyncio.iscoroutinefunction(cog.concurrent(asyncio.sleep))


def test_modes_are_texts():
    from cog.mode import Mode

    assert issubclass(Mode, enum.Enum) and [str(mode) for mode in Mode] == ["predict", "train"]


def test_the_native_module_says_what_it_is():
    assert {"version", "git_sha", "dirty", "build_time", "rustc_version"} <= set(dir(coglet.__build__))
    assert parameters(coglet.server.serve)[:6] == [
        "predictor_ref",
        "host",
        "port",
        "await_explicit_shutdown",
        "is_train",
        "output_temp_dir_base",
    ]
