import asyncio
import sys
import warnings

import pytest
from sdk_model import bind, inside, model

from cog._loader import load
from cog.predictor import load_predictor_from_ref

KINDS = [
    ("def run(x: int) -> int: return x", "sync"),
    ("def run(x: int) -> Iterator[int]: yield x", "sync"),
    ("async def run(x: int) -> int: return x", "async"),
    ("async def run(x: int) -> AsyncIterator[int]: yield x", "async_generator"),
    ("run = lambda: 1", "sync"),
]


@pytest.mark.parametrize("text, kind", KINDS)
def test_kinds_of_functions(tmp_path, text, kind):
    loaded = model(tmp_path, text)
    assert loaded.kind == kind
    assert loaded.setup() is None
    assert loaded.healthcheck is None


@pytest.mark.parametrize(
    "text",
    [
        "class M(BaseRunner):\n  def run(self, x: int) -> int: return x + 1",
        "class M:\n  def run(self, x: int) -> int: return x + 1",
        "class M(BasePredictor):\n  def predict(self, x: int) -> int: return x + 1",
        "class B(BaseRunner):\n  def run(self, x: int) -> int: return x + 1\nclass M(B): pass",
        "class B:\n  def run(self, x: int) -> int: return x + 1\nclass M(B, BaseRunner): pass",
        "class A(BaseRunner):\n  def run(self, x: int) -> int: return x + 1\nM = A()",
        "class M(BaseRunner):\n  @staticmethod\n  def run(x: int) -> int: return x + 1",
        "class M(BaseRunner):\n  @classmethod\n  def run(cls, x: int) -> int: return x + 1",
        "class F:\n  def __call__(self, x: int) -> int: return x + 1\nclass M(BaseRunner):\n  run = F()",
    ],
)
def test_shapes_of_models(tmp_path, text):
    loaded = model(tmp_path, text, "model.py:M")
    assert loaded.run(**bind(loaded, x=1)) == 2


@pytest.mark.parametrize(
    "text, error, message",
    [
        (
            "class M:\n  def run(self): pass\n  def predict(self): pass",
            ValueError,
            "M must define either run() or predict(), not both",
        ),
        ("class M(BaseRunner): pass", ValueError, "run or predict method not found: M"),
        ("class M:\n  def train(self): pass", ValueError, "run or predict method not found: M only has train()"),
        ("class M(BaseRunner):\n  def __init__(self, x): pass\n  def run(self): pass", TypeError, "__init__"),
        ("class N: pass", AttributeError, "module 'model' has no attribute 'M'"),
        ("M = 3", ValueError, "run or predict method not found"),
        ("M = functools.partial(print)", ValueError, "run or predict method not found"),
        ("def M(x: int, /) -> int: return x", TypeError, "remove the /"),
        ("raise SystemExit(3)", SystemExit, "3"),
        ("import no_such_module", ImportError, "no_such_module"),
    ],
)
def test_errors_say_what_is_wrong(tmp_path, text, error, message):
    with pytest.raises(error) as caught:
        model(tmp_path, text, "model.py:M")
    assert message in str(caught.value)


def test_errors_name_file_and_line(tmp_path):
    with pytest.raises(ValueError, match=r"model\.py, line 7"):
        model(tmp_path, "class M(BaseRunner): pass", "model.py:M")


def test_a_missing_file_is_named_in_full(tmp_path):
    with inside(tmp_path), pytest.raises(FileNotFoundError, match=str(tmp_path / "model.py")):
        load("model.py:M")


def test_a_model_file_must_be_python(tmp_path):
    (tmp_path / "model.txt").write_text("")
    with inside(tmp_path), pytest.raises(ImportError, match="cannot load module from"):
        load("model.txt:M")


def test_a_module_that_fails_is_not_kept(tmp_path):
    with pytest.raises(ZeroDivisionError):
        model(tmp_path, "1 / 0", "failing_model.py:M")
    assert "failing_model" not in sys.modules


def test_the_module_is_named_after_its_file_and_can_be_pickled(tmp_path):
    loaded = model(tmp_path, "class M:\n  def run(self): return __name__", "sub-folder/my_model.py:M")
    assert loaded.run() == "my_model"
    assert sys.modules["my_model"].M is type(loaded.target)


def test_siblings_in_a_sub_folder_import_behind_everything_else(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "sibling_of_model.py").write_text("VALUE = 5")
    loaded = model(tmp_path, "import sibling_of_model\ndef run(): return sibling_of_model.VALUE", "deep/m.py:run")
    assert loaded.run() == 5
    assert sys.path[-1] == str(tmp_path / "deep")
    sys.path.remove(str(tmp_path / "deep"))


@pytest.mark.parametrize(
    "text, used, warning",
    [
        ("class Runner: pass", "Runner", None),
        ("class Predictor: pass", "Predictor", DeprecationWarning),
        ("class Runner: pass\nclass Predictor: pass", "Runner", UserWarning),
    ],
)
def test_a_reference_without_name_finds_the_usual_ones(tmp_path, text, used, warning):
    (tmp_path / "plain.py").write_text(text)
    with inside(tmp_path), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert type(load_predictor_from_ref("plain.py")).__name__ == used
    assert [w.category for w in caught] == ([warning] if warning else [])


@pytest.mark.parametrize("text, error", [("", AttributeError), ("Runner = 3", TypeError)])
def test_a_reference_without_name_needs_one_of_them(tmp_path, text, error):
    (tmp_path / "plain.py").write_text(text)
    with inside(tmp_path), pytest.raises(error, match="Runner"):
        load_predictor_from_ref("plain.py")


def test_predict_warns(tmp_path):
    with pytest.warns(DeprecationWarning) as caught:
        model(tmp_path, "class M(BasePredictor):\n  def predict(self): pass", "model.py:M")
    texts = [str(w.message) for w in caught]
    assert "M.predict() is deprecated; use run() instead" in texts
    assert "BasePredictor is deprecated; use BaseRunner instead" in texts


@pytest.mark.parametrize("value, seen", [("here", "here"), ("", None), (None, None)])
@pytest.mark.parametrize("signature", ["self, weights=1", "self, *, weights", "self, other='o', weights: Path = None"])
def test_setup_gets_weights_by_name(tmp_path, monkeypatch, signature, value, seen):
    if value is None:
        monkeypatch.delenv("COG_WEIGHTS", raising=False)
    else:
        monkeypatch.setenv("COG_WEIGHTS", value)
    text = f"class M(BaseRunner):\n  def setup({signature}): self.seen = weights\n  def run(self): return self.seen"
    loaded = model(tmp_path, text, "model.py:M")
    assert loaded.setup() is None
    assert loaded.run() == seen


def test_setup_may_be_async(tmp_path):
    text = "class M:\n  async def setup(self): self.seen = 1\n  async def run(self): return self.seen"
    loaded = model(tmp_path, text, "model.py:M")
    asyncio.run(loaded.setup())
    assert asyncio.run(loaded.run()) == 1


def test_healthcheck_is_found_on_classes(tmp_path):
    loaded = model(tmp_path, "class M:\n  def healthcheck(self): return 7\n  def run(self): pass", "model.py:M")
    assert loaded.healthcheck() == 7


def test_marks_are_seen_through_decorators(tmp_path):
    text = """
    def quiet(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            return f(*args, **kwargs)
        return wrapper
    @quiet
    @streaming
    @concurrent(max=3)
    def run() -> Iterator[str]:
        yield ""
    """
    loaded = model(tmp_path, text)
    assert loaded.streaming
    assert loaded.concurrency == 3


def test_without_marks(tmp_path):
    loaded = model(tmp_path, "def run(): pass")
    assert not loaded.streaming
    assert loaded.concurrency is None


@pytest.mark.parametrize(
    "text", ["def T(n: int) -> int: return n", "class T:\n  def train(self, n: int) -> int: return n"]
)
def test_training(tmp_path, text):
    loaded = model(tmp_path, text, "model.py:T", "train")
    assert loaded.mode == "train"
    assert loaded.run(**bind(loaded, n=2)) == 2


def test_a_class_without_train_cannot_train(tmp_path):
    with pytest.raises(ValueError, match="Training not supported by this predictor"):
        model(tmp_path, "class T:\n  def run(self): pass", "model.py:T", "train")


def test_base_runner_bridges_old_and_new_names(tmp_path):
    new = model(tmp_path, "class M(BaseRunner):\n  def run(self, x): return x", "model.py:M").target
    with pytest.warns(DeprecationWarning):
        assert new.predict(x=3) == 3
    old = model(tmp_path, "class M(BasePredictor):\n  def predict(self, x): return x", "model.py:M").target
    assert old.run(x=4) == 4
    neither = model(tmp_path, "class M:\n  def run(self): return BaseRunner()", "model.py:M").run()
    for name in ("run", "predict"):
        with pytest.raises(NotImplementedError, match="run has not been implemented by parent class"):
            getattr(neither, name)()
