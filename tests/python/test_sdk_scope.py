import asyncio
import threading

import pytest

from cog import CancelationException, _scope
from cog._scope import Scope, current_scope


@pytest.fixture
def emitted():
    return []


@pytest.fixture
def scope(emitted):
    return Scope({"user": "u"}, lambda mode, name, value: emitted.append((mode, name, value)))


@pytest.fixture
def running(scope):
    _scope.enter(scope)
    yield scope
    _scope.leave()


@pytest.mark.parametrize(
    "name, text",
    [
        ("", "metric name must not be empty"),
        ("a" * 129, "metric name must be 128 characters or fewer (got 129 characters)"),
        ("é" * 65, "metric name must be 128 characters or fewer (got 130 characters)"),
        ("a.b.c.d.e", "metric name must have at most 4 dot-separated segments (got 5)"),
        (".a", "metric name must not start with a dot"),
        ("a.", "metric name must not end with a dot"),
        ("a..b", "metric name must not contain empty segments (consecutive dots)"),
        ("1a", "metric name segment '1a' must start with a letter"),
        ("é", "metric name segment 'é' must start with a letter"),
        ("a-b", "metric name segment 'a-b' contains invalid character '-'"),
        ("a__b", "metric name segment 'a__b' must not contain consecutive underscores"),
        ("a_", "metric name segment 'a_' must end with a letter or digit"),
        ("predict_time", "'predict_time' is reserved by the runtime"),
        ("cog.x", "the 'cog.' prefix is reserved for system metrics"),
    ],
)
def test_bad_metric_names_are_refused(scope, emitted, name, text):
    with pytest.raises(ValueError) as error:
        scope.record_metric(name, 1)
    assert str(error.value) == text
    assert emitted == []


@pytest.mark.parametrize("value", [None, (1,), {1}, b"x", object()])
def test_values_of_other_types_are_refused(scope, value):
    with pytest.raises(TypeError, match="Expected bool, int, float, str, list, or dict"):
        scope.record_metric("a", value)


@pytest.mark.parametrize("value", [[(1,)], {"a": object()}, {1: 2}])
def test_values_inside_must_be_json(scope, value):
    with pytest.raises(TypeError):
        scope.record_metric("a", value)


@pytest.mark.parametrize(
    "mode, sent",
    [
        (None, "replace"),
        ("replace", "replace"),
        ("incr", "increment"),
        ("increment", "increment"),
        ("append", "append"),
    ],
)
def test_modes(scope, emitted, mode, sent):
    scope.record_metric("a", 1, mode)
    assert emitted == [(sent, "a", 1)]


def test_an_unknown_mode_is_refused_even_outside_a_prediction():
    with pytest.raises(TypeError, match="Invalid metric mode: 'x'. Expected 'replace', 'incr', or 'append'."):
        current_scope().record_metric("a", 1, "x")


def test_the_type_of_a_metric_stays_until_it_is_deleted(scope, emitted):
    scope.record_metric("a", 1)
    with pytest.raises(TypeError, match="Metric 'a' has type int, cannot set to float without deleting first"):
        scope.record_metric("a", 1.5, "incr")
    del scope.metrics["a"]
    scope.metrics["a"] = "text"
    assert emitted == [("replace", "a", 1), ("replace", "a", None), ("replace", "a", "text")]


@pytest.mark.parametrize("value, kind", [("x", "str"), (True, "bool"), ([1], "list")])
def test_only_numbers_are_incremented(scope, value, kind):
    with pytest.raises(TypeError, match=f"Increment mode requires int or float, got {kind}"):
        scope.record_metric("a", value, mode="incr")


def test_numbers_that_json_cannot_say(scope, emitted):
    scope.record_metric("nan", float("nan"))
    scope.record_metric("big", 2**70)
    scope.record_metric("list", [float("inf"), 2**63])
    assert emitted == [("replace", "nan", None), ("replace", "big", float(2**70)), ("replace", "list", [None, 2**63])]


def test_none_deletes(scope, emitted):
    scope.metrics["predict_time"] = None
    assert emitted == [("replace", "predict_time", None)]


@pytest.mark.parametrize("read", [lambda m: m["a"], lambda m: "a" in m, lambda m: list(m)])
def test_metrics_cannot_be_read(scope, read):
    with pytest.raises(TypeError):
        read(scope.metrics)


def test_outside_a_prediction_the_scope_ignores_everything():
    assert current_scope().context == {}
    current_scope().record_metric("", object())
    assert repr(current_scope()) == "Scope(MetricRecorder(inactive))"


def test_a_kept_scope_is_inactive_after_the_end(scope, emitted):
    _scope.enter(scope)
    kept = current_scope()
    _scope.leave()
    kept.record_metric("a", 1)
    assert kept is scope
    assert emitted == []
    assert current_scope() is not scope


def test_repr_counts_metrics(scope):
    scope.record_metric("a", 1)
    assert repr(scope) == "Scope(MetricRecorder(keys=1))"


def test_other_threads_see_the_running_scope(running):
    found = []
    thread = threading.Thread(target=lambda: found.append(current_scope()))
    thread.start()
    thread.join()
    assert found == [running]


def test_tasks_have_scopes_of_their_own(running):
    async def task(scope):
        _scope.scope_var.set(scope)
        await asyncio.sleep(0)
        return current_scope()

    async def main():
        scopes = [Scope({}, None), Scope({}, None)]
        return scopes, await asyncio.gather(*map(task, scopes))

    scopes, found = asyncio.run(main())
    assert found == scopes
    assert current_scope() is running


def test_a_lazy_scope_is_made_once_and_only_when_asked_for(scope):
    made = []

    def factory():
        made.append(1)
        return scope

    _scope.enter_with(factory)
    assert made == []
    assert current_scope() is scope
    assert current_scope() is scope
    _scope.leave()
    assert made == [1]
    assert current_scope() is not scope


def test_cancelation_is_no_exception_and_belongs_to_coglet():
    assert CancelationException.__bases__ == (BaseException,)
    assert CancelationException.__module__ == "coglet"
