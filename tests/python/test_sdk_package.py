import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cog
import coglet
from cog.coder import Coder
from cog.server import http

SOURCE = Path(__file__).parents[2] / "python"


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE), **environment}, capture_output=True, text=True
    )


@pytest.fixture
def program(tmp_path):
    """A stand-in for the server, which tells how it was started."""
    file = tmp_path / "bin" / "coglet"
    file.parent.mkdir()
    file.write_text('#!/bin/sh\necho "$COG_PYTHON|$PORT|$COG_PREDICT_TYPE_STUB|$COG_TRAIN_TYPE_STUB|$*"\nexit $CODE\n')
    file.chmod(0o755)
    return file


def launch(*flags, **environment):
    command = [sys.executable, "-m", "cog.server.http", *flags]
    return subprocess.run(command, env={"PYTHONPATH": str(SOURCE), **environment}, capture_output=True, text=True)


@pytest.mark.parametrize("name", [n for n in cog.__all__ if n not in ("ExperimentalFeatureWarning", "emit_metric")])
def test_exported_names(name):
    assert getattr(cog, name) is not None


def test_versions():
    assert cog.__version__ == coglet.__version__ == "0.23.1"
    assert cog.__build__ == coglet.__build__.version
    with pytest.raises(AttributeError):
        coglet.__build__.version = "2"


def test_sub_modules_and_identities():
    assert cog.Path is cog.types.Path
    assert cog.Input is cog.input.Input
    assert cog.BaseModel is cog.model.BaseModel
    assert cog.BaseRunner is cog.predictor.BaseRunner
    from cog.exceptions import CancelationException
    from coglet._sdk import MetricRecorder, Scope, current_scope

    assert CancelationException is cog.CancelationException is coglet.CancelationException
    assert isinstance(current_scope(), Scope) and isinstance(current_scope().metrics, MetricRecorder)


def test_modules_for_old_imports():
    from cog.errors import CogError, ConfigDoesNotExist, PredictorNotSet
    from cog.mode import Mode

    assert issubclass(ConfigDoesNotExist, CogError) and issubclass(PredictorNotSet, CogError)
    assert str(Mode.PREDICT) == "predict" and Mode("train") is Mode.TRAIN is http.Mode.TRAIN


def test_unknown_names():
    with pytest.raises(AttributeError, match="module 'cog' has no attribute 'nothing'"):
        _ = cog.nothing


@pytest.mark.parametrize("name, label", [("ExperimentalFeatureWarning",) * 2, ("emit_metric", "emit_metric()")])
def test_deprecated_names_say_so_once(name, label):
    done = python(f"from cog import {name}; from cog import {name}; import cog; print(cog.{name}.__name__)")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"cog: {label} is deprecated and will be removed in a future release. ")
    assert done.stdout == "_" + name + "\n"


def test_emit_metric_records():
    code = """
import cog
from cog._scope import Scope, enter
found = []
enter(Scope({}, lambda *metric: found.append(metric)))
cog.emit_metric("a", 1)
print(found)
"""
    assert python(code).stdout == "[('replace', 'a', 1)]\n"


def test_the_import_is_light():
    heavy = ["asyncio", "dataclasses", "inspect", "json", "tempfile", "urllib.request", "importlib.metadata"]
    done = python(
        f"import sys; before = set(sys.modules); import cog, cog._loader, cog._inputs; "
        f"print([m for m in {heavy} if m in sys.modules and m not in before])"
    )
    assert done.stdout == "[]\n", done.stderr


def test_the_package_is_typed():
    assert (SOURCE / "cog" / "py.typed").exists() and (SOURCE / "coglet" / "py.typed").exists()


@pytest.mark.parametrize("max, error", [(True, TypeError), ("4", TypeError), (1.5, TypeError), (0, ValueError)])
def test_concurrent_checks_its_argument(max, error):
    with pytest.raises(error):
        cog.concurrent(max=max)


def test_concurrent_takes_no_position():
    with pytest.raises(TypeError, match=r"@concurrent or @concurrent\(max=...\)"):
        cog.concurrent(4)


@pytest.mark.parametrize("decorator, count", [(cog.concurrent, 1), (cog.concurrent(), 1), (cog.concurrent(max=4), 4)])
def test_concurrent_returns_the_function(decorator, count):
    def run():
        pass

    assert decorator(run) is run
    assert run.__cog_concurrent_max__ == count


@pytest.mark.parametrize("decorator", [cog.streaming, cog.streaming()])
def test_streaming_returns_the_function(decorator):
    def run():
        pass

    assert decorator(run) is run


def test_coders_are_found_by_type():
    class Text(Coder):
        @staticmethod
        def factory(tpe):
            return Text() if tpe is str else None

        def encode(self, value):
            return {"text": value}

        def decode(self, value):
            return value["text"]

    Coder.register(Text)
    try:
        assert isinstance(Coder.lookup(str), Text)
        assert Coder.lookup(int) is None
    finally:
        Coder._coders.discard(Text)


def test_the_launcher_becomes_the_server(program):
    done = launch("--host", "127.0.0.1", "--x-mode", "train", COG_COGLET=str(program), CODE="7")
    assert done.returncode == 7
    assert done.stdout == f"{sys.executable}||||--host 127.0.0.1 --x-mode train\n"


def test_the_launcher_keeps_a_chosen_python(program):
    assert launch(COG_COGLET=str(program), COG_PYTHON="/p", CODE="0").stdout.startswith("/p|")


def test_the_launcher_says_what_it_looked_for(tmp_path):
    done = launch(COG_COGLET=str(tmp_path / "gone"))
    assert done.returncode == 1
    assert done.stderr == f"ERROR: cannot start {tmp_path}/gone: No such file or directory\n"


def test_places_of_the_server(program, tmp_path, monkeypatch):
    monkeypatch.delenv("COG_COGLET", raising=False)
    monkeypatch.setattr(http, "_PACKAGE", str(tmp_path / "cog"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", "")
    assert http.find_server() is None
    for place in (program.parent, tmp_path / "venv", tmp_path / "cog" / "_bin"):
        target = place / "coglet"
        if place != program.parent:
            place.mkdir(parents=True)
            target.write_bytes(program.read_bytes())
            target.chmod(0o755)
        else:
            monkeypatch.setenv("PATH", str(place))
        assert http.find_server() == str(target)
    monkeypatch.setenv("COG_COGLET", "/elsewhere")
    assert http.find_server() == "/elsewhere"


@pytest.mark.parametrize(
    "entries, found",
    [
        (["cog_cpp-0.1.0.dist-info", "cogs-1.dist-info", "cog"], []),
        (["cog-0.23.1.dist-info", "cog_cpp-0.1.0.dist-info"], ["cog 0.23.1"]),
        (["coglet-0.23.1.dist-info", "cog-0.9.0-py3.9.egg-info"], ["cog 0.9.0", "coglet 0.23.1"]),
    ],
)
def test_packages_of_the_same_name_are_noticed(tmp_path, entries, found):
    for entry in entries:
        (tmp_path / entry).mkdir()
    assert http.conflicts(str(tmp_path)) == found


def test_the_launcher_refuses_to_start_beside_them(tmp_path, monkeypatch):
    (tmp_path / "coglet-0.23.1.dist-info").mkdir()
    monkeypatch.setattr(http, "_PACKAGE", str(tmp_path / "cog"))
    with pytest.raises(SystemExit) as error:
        http.main([])
    assert "coglet 0.23.1 installed beside cog-cpp" in str(error.value)
    assert "-m pip uninstall coglet" in str(error.value)


def test_serve_runs_the_server(program, monkeypatch, capfd):
    for name, value in {"COG_COGLET": str(program), "CODE": "0", "COG_PYTHON": "/p"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("COG_TRAIN_TYPE_STUB", raising=False)
    monkeypatch.delenv("COG_PREDICT_TYPE_STUB", raising=False)
    coglet.server.serve("m.py:M", port=1, host="::1", await_explicit_shutdown=True, upload_url="http://u")
    coglet.server.serve("m.py:t", is_train=True)
    first, second = capfd.readouterr().out.splitlines()
    assert first == "/p|1|m.py:M||--host ::1 --await-explicit-shutdown true --upload-url http://u"
    assert second == "/p|5000||m.py:t|--host 0.0.0.0 --x-mode train"


def test_serve_fails_with_the_server(program, monkeypatch):
    monkeypatch.setenv("COG_COGLET", str(program))
    monkeypatch.setenv("CODE", "3")
    with pytest.raises(subprocess.CalledProcessError):
        coglet.server.serve("m.py:M")


def test_active_is_true_only_in_a_worker():
    code = "import coglet.server; print(coglet.server.active); import cog._worker; print(coglet.server.active)"
    assert python(code).stdout == "False\nTrue\n"


def imports_of(file):
    """The modules of the package that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_modules_of_the_static_reader_import_each_other_in_a_circle():
    folder = SOURCE / "cog" / "_static"
    names = {f"cog._static.{file.stem}": file for file in folder.glob("*.py") if file.stem != "__init__"}
    graph = {name: {one for one in imports_of(file) if one in names} for name, file in names.items()}
    assert "cog._static.expressions" in graph["cog._static.modules"]
    while graph:
        leaves = {name for name, imported in graph.items() if not imported & graph.keys()}
        assert leaves, f"a circle among {sorted(graph)}"
        graph = {name: imported for name, imported in graph.items() if name not in leaves}
