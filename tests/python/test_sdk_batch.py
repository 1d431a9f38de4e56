"""`@cog.batch` and what goes with it, without a server."""

from __future__ import annotations

import pickle
import re

import pytest
from sdk_model import inside

import cog
from cog._batch import BatchResultError, check_results
from cog._loader import load
from cog._schema import document, dumps

RUN = "  def run(self, text: str, width: int = 64) -> str: return cog.run_one(self.run_batch, text=text)\n"
BATCH = "  {mark}\n  def run_batch(self, inputs): return [item.text.upper() for item in inputs]\n"


def model(tmp_path, text, mode="predict"):
    (tmp_path / "model.py").write_text("import cog, functools\n" + text)
    with inside(tmp_path):
        return load("model.py:M", mode)


def batched(mark: str = "@cog.batch(max_size=8)", run: str = RUN, more: str = "") -> str:
    return f"class M:\n{run}{BATCH.format(mark=mark)}{more}"


@pytest.mark.parametrize(
    "options",
    [
        {"max_size": 0},
        {"max_size": 1025},
        {"max_size": True},
        {"max_size": "8"},
        {"max_size": 8, "max_wait_ms": -1},
        {"max_size": 8, "max_wait_ms": 1001},
        {"max_size": 8, "max_wait_ms": True},
        {"max_size": 8, "key": "width"},
        {"max_size": 8, "key": (1,)},
        {"max_size": 8, "isolate": 1},
    ],
)
def test_the_mark_checks_what_it_is_given(options):
    with pytest.raises(TypeError, match=f"@batch: {list(options)[-1]} must be"):
        cog.batch(**options)


def test_the_mark_returns_the_function(tmp_path):
    def run_batch(self, inputs):
        return []

    assert cog.batch(max_size=1)(run_batch) is run_batch
    loaded = model(tmp_path, batched("@cog.batch(max_size=8, max_wait_ms=2, key=['width'], isolate=True)"))
    assert loaded.batch.rules == {"max_size": 8, "max_wait_ms": 2.0, "key": ["width"], "isolate": True}
    assert loaded.batch.name == "run_batch"


def test_the_document_is_that_of_one_item(tmp_path):
    with_batch = document(model(tmp_path, batched()))
    assert dumps(with_batch) == dumps(document(model(tmp_path, f"class M:\n{RUN}")))


def test_a_training_and_a_model_without_the_mark_have_none(tmp_path):
    train = "  def train(self, n: int) -> str: return ''\n"
    assert model(tmp_path, batched(more=train), "train").batch is None
    assert model(tmp_path, batched(mark="# none")).batch is None


def test_a_method_is_found_in_a_base_class_and_through_decorators(tmp_path):
    base = batched().replace("class M", "class Base")
    assert model(tmp_path, f"{base}\nclass M(Base): pass").batch.rules["max_size"] == 8
    wrapped = "def kept(f):\n  @functools.wraps(f)\n  def call(*a, **k): return f(*a, **k)\n  return call\n"
    assert model(tmp_path, wrapped + batched("@kept\n  @cog.batch(max_size=3)")).batch.rules["max_size"] == 3


@pytest.mark.parametrize(
    "text, message",
    [
        (batched(run=""), r"M has a method marked @cog.batch and no run\(\)"),
        (
            batched(more="  @cog.batch(max_size=2)\n  def more(self, inputs): return inputs\n"),
            r"only one method may be marked @cog.batch, not run_batch\(\) and more\(\)",
        ),
        (batched().replace("def run_batch", "async def run_batch"), r"M.run_batch\(\) is marked @cog.batch: write it"),
        (batched().replace("return [item", "yield [item"), r"M.run_batch\(\) is marked @cog.batch: write it"),
        (batched().replace("def run(", "async def run("), r"M.run\(\) has a batch method beside it"),
        (batched(run="  def run(self) -> cog.ConcatenateIterator[str]: yield ''\n"), r"M.run\(\) streams its output"),
        (batched(run=RUN.replace("  def", "  @cog.streaming\n  def")), r"M.run\(\) streams its output"),
        (batched("@cog.batch(max_size=2, key=['height'])"), r"'height' of key is no input of M.run\(\)"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message + r".*\(\S*model\.py, line \d+\)$"):
        model(tmp_path, text)


def test_inputs_are_attributes():
    item = cog.Inputs(text="a", width=3)
    assert (item.text, item.width) == ("a", 3)
    assert repr(item) == "Inputs(text='a', width=3)"
    assert pickle.loads(pickle.dumps(item)).text == "a"
    with pytest.raises(AttributeError, match="there is no input 'height': the inputs are text, width"):
        _ = item.height


def test_run_one_calls_with_one_item():
    assert cog.run_one(lambda items: [item.x + 1 for item in items], x=1) == 2
    with pytest.raises(KeyError, match="bad"):
        cog.run_one(lambda items: [KeyError("bad")], x=1)
    with pytest.raises(BatchResultError, match=re.escape("two() returned 2 results for 1 input")):

        def two(items):
            return [1, 2]

        cog.run_one(two, x=1)


@pytest.mark.parametrize(
    "results, message",
    [
        (None, "f() returned None for 2 inputs"),
        ([1], "f() returned 1 result for 2 inputs"),
        ("ab", "f() returned no sequence but str for 2 inputs"),
        ({1: 2, 3: 4}, "f() returned no sequence but dict for 2 inputs"),
        ({1, 2}, "f() returned no sequence but set for 2 inputs"),
        ((one for one in "ab"), "f() returned no sequence but generator for 2 inputs"),
        (7, "f() returned no sequence but int for 2 inputs"),
    ],
)
def test_results_are_one_for_each_input(results, message):
    with pytest.raises(BatchResultError, match=f"^{re.escape(message)}$"):
        check_results(results, 2, "f")


def test_a_scope_without_a_server_ignores_everything():
    with cog.scope_of(cog.Inputs(x=1)) as scope:
        assert cog.current_scope() is scope
        scope.record_metric("n", 1)
        with cog.scope_of(object()) as inner:
            assert cog.current_scope() is inner
        assert cog.current_scope() is scope
        assert (scope.canceled, scope.context, scope.traceparent) == (False, {}, None)
    assert cog.current_scope() is not scope
