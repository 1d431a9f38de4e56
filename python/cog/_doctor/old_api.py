"""The API of 2021: `cog.Predictor`, and `@cog.input` for each input. What it is now, and the mending of it."""

from __future__ import annotations

import ast
from typing import Optional, Union

from cog._doctor.finding import Finding
from cog._doctor.source import Source, rewrite_import
from cog._removed import SINCE

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
_OPTIONS = {"default": "default", "help": "description", "min": "ge", "max": "le", "options": "choices"}
"""What `@cog.input` calls them, and what `Input` does."""


def check_old_api(source: Source) -> list[Finding]:
    classes = [node for node in source.classes() if _old_bases(source, node)]
    methods = [node for node in ast.walk(source.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    decorated = [(node, calls) for node in methods if (calls := _inputs(source, node))]
    mended = [_mended(source, node, calls) for node, calls in decorated]

    def fix() -> None:
        for node in classes:
            for base in _old_bases(source, node):
                source.replace(source.span(base), _of_cog(source, "BasePredictor"))
        for (method, calls), parameters in zip(decorated, mended):
            _rewrite(source, method, calls, parameters or "")
        for statement in source.imports():
            if isinstance(statement, ast.ImportFrom) and statement.module == "cog" and statement.level == 0:
                old = {alias.asname or alias.name for alias in statement.names if alias.name in ("Predictor", "input")}
                if old:
                    rewrite_import(source, statement, old, ("BasePredictor", "Input"))

    mend = fix if all(parameters is not None for parameters in mended) else None
    found = [
        Finding(
            source.name,
            node.lineno,
            f"{node.name} derives from cog.Predictor, which is {SINCE}",
            f"Write class {node.name}(cog.BaseRunner), and its inputs as parameters of run()",
            mend,
        )
        for node in classes
    ]
    for (method, calls), parameters in zip(decorated, mended):
        line = parameters or "name: type = cog.Input(default=..., description=...)"
        message = f"@cog.input of {method.name}() is {SINCE}"
        found.append(Finding(source.name, calls[0].lineno, message, f"Write def {method.name}(self, {line})", mend))
    return found


def _of_cog(source: Source, name: str) -> str:
    """The name as this file can write it: `cog.` before it where `cog` itself is imported."""
    for statement in source.imports():
        for alias in statement.names:
            if isinstance(statement, ast.Import) and alias.name == "cog":
                return f"{alias.asname or 'cog'}.{name}"
    return name


def _old_bases(source: Source, node: ast.ClassDef) -> list[ast.expr]:
    return [base for base in node.bases if source.means(base, "cog", "Predictor")]


def _inputs(source: Source, node: Function) -> list[ast.Call]:
    return [
        one
        for one in node.decorator_list
        if isinstance(one, ast.Call) and source.means(one.func, "cog", "input") and one.args
    ]


def _mended(source: Source, node: Function, calls: list[ast.Call]) -> Optional[str]:
    """The parameters that the decorators become; None where a program cannot tell."""
    declared = node.args
    names = [argument.arg for argument in declared.args[1:]]
    by_name: dict[str, str] = {}
    for call in calls:
        parameter = _parameter(source, call)
        name = call.args[0]
        if parameter is None or not isinstance(name, ast.Constant):
            return None
        by_name[str(name.value)] = parameter
    if set(names) != set(by_name) or declared.vararg or declared.kwarg or declared.kwonlyargs or declared.defaults:
        return None
    return ", ".join(by_name[name] for name in names)


def _parameter(source: Source, call: ast.Call) -> Optional[str]:
    name, *rest = call.args
    given = {keyword.arg or "": keyword.value for keyword in call.keywords}
    if rest:
        given["type"] = rest[0]
    kind = given.pop("type", None)
    if not isinstance(name, ast.Constant) or kind is None or len(rest) > 1 or not set(given) <= set(_OPTIONS):
        return None
    words = [f"{_OPTIONS[key]}={_text(source, given[key])}" for key in _OPTIONS if key in given]
    return f"{name.value}: {_text(source, kind)} = {_of_cog(source, 'Input')}({', '.join(words)})"


def _text(source: Source, node: ast.expr) -> str:
    start, end = source.span(node)
    return source.text[start:end].decode()


def _rewrite(source: Source, node: Function, calls: list[ast.Call], parameters: str) -> None:
    for call in calls:
        source.remove_decorator(call)
    first = node.args.args[0]
    last = node.args.args[-1]
    source.replace((source.span_of(first)[0], source.span_of(last)[1]), f"{first.arg}, {parameters}")
    kind = _returned(node)
    if node.returns is None and kind:
        end = source.text.index(b")", source.span_of(last)[1]) + 1
        source.replace((end, end), f" -> {kind if kind == 'str' else _of_cog(source, kind)}")


def _returned(node: Function) -> str:
    """The type of what is returned, if each `return` shows it."""
    kinds = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Return) and one.value is not None:
            value = one.value
            name = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
            text = isinstance(value, ast.JoinedStr) or (
                isinstance(value, ast.Constant) and isinstance(value.value, str)
            )
            kinds.add("str" if text or name == "str" else name if name == "Path" else "")
    return kinds.pop() if len(kinds) == 1 else ""
