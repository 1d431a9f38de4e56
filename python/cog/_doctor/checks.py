"""The checks of a model's file. Each returns findings; a finding that can be mended has a `fix`."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Optional, Union

from cog._doctor.finding import Finding
from cog._doctor.source import Source, names_in, rewrite_import

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
METHODS = ("run", "predict", "train")


def check_reference(source: Source, name: str, field: str, config: str, line: int) -> list[Finding]:
    """Does the file define what cog.yaml names? A function counts as well as a class."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assigned = {
        target.id
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    imported = {alias.asname or alias.name for node in source.imports() for alias in node.names}
    found = [node.name for node in source.tree.body if isinstance(node, kinds)]
    if name in found or name in assigned or name in imported:
        return []
    listed = ", ".join(one.name for one in source.classes()) or "(none)"
    message = f'class "{name}" not found in {source.name}; found: {listed}'
    return [Finding(config, line, message, f"Update the {field} field in {config}, or define {name}")]


def check_returns(source: Source, name: str) -> list[Finding]:
    """`name` is the class or function that cog.yaml names."""
    found = []
    for top in source.tree.body:
        if isinstance(top, ast.ClassDef) and top.name == name:
            for node in top.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in METHODS:
                    found += _without_return(source, node)
        elif isinstance(top, (ast.FunctionDef, ast.AsyncFunctionDef)) and top.name == name:
            found += _without_return(source, top)
    return found


def _without_return(source: Source, node: Function) -> list[Finding]:
    if node.returns is not None:
        return []
    message = f"{node.name}() is missing a return type annotation"
    return [Finding(source.name, node.lineno, message, f"Add a return type annotation to {node.name}(), as in -> str")]


def _allows_arbitrary_types(statement: ast.stmt) -> bool:
    """`model_config = ConfigDict(arbitrary_types_allowed=True)`, a dict of that, or a class Config."""
    if isinstance(statement, ast.ClassDef) and statement.name == "Config":
        return any(_sets(node, "arbitrary_types_allowed") for node in statement.body)
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(value, ast.Call):
        return any(one.arg == "arbitrary_types_allowed" and _is_true(one.value) for one in value.keywords)
    if isinstance(value, ast.Dict):
        return any(
            isinstance(key, ast.Constant) and key.value == "arbitrary_types_allowed" and _is_true(one)
            for key, one in zip(value.keys, value.values)
        )
    return False


def _sets(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and any(isinstance(one, ast.Name) and one.id == name for one in statement.targets)
        and _is_true(statement.value)
    )


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def check_pydantic(source: Source) -> list[Finding]:
    flagged = []
    for node in source.classes():
        bases = [base for base in node.bases if source.means(base, "pydantic", "BaseModel")]
        settings = [one for one in node.body if _allows_arbitrary_types(one)]
        if bases and settings:
            flagged.append((node, bases[0], settings))

    def fix() -> None:
        taken = {node for node, _, _ in flagged}
        others = any(
            source.means(base, "pydantic", "BaseModel")
            for node in ast.walk(source.tree)
            if isinstance(node, ast.ClassDef) and node not in taken
            for base in node.bases
        )
        name = "CogBaseModel" if others else "BaseModel"
        gone: list[ast.AST] = []
        for _, base, settings in flagged:
            source.replace(source.span(base), name)
            gone.append(base)
            for setting in settings:
                source.remove(setting)
                gone.append(setting)
        _drop_unused(source, gone, ("pydantic",))
        _import_from_cog(source, "BaseModel as CogBaseModel" if others else "BaseModel")

    return [
        Finding(
            source.name,
            node.lineno,
            f"{node.name} inherits pydantic.BaseModel with arbitrary_types_allowed=True; use cog.BaseModel instead",
            "Import BaseModel from cog and remove the configuration",
            fix,
        )
        for node, _, _ in flagged
    ]


def _used_outside(source: Source, gone: list[ast.AST]) -> set[str]:
    """The names that are still used when these nodes are away, imports not counted."""
    inside = {id(one) for node in gone for one in ast.walk(node)}
    return {one.id for one in ast.walk(source.tree) if isinstance(one, ast.Name) and id(one) not in inside}


def _drop_unused(source: Source, gone: list[ast.AST], modules: tuple[str, ...]) -> None:
    """Takes the names of those modules that nothing uses any more out of their imports."""
    used = _used_outside(source, gone)
    lost = set().union(*(names_in(node) for node in gone)) - used
    for node in source.imports():
        module = node.module if isinstance(node, ast.ImportFrom) else None
        if isinstance(node, ast.Import) or module in modules:
            rewrite_import(source, node, lost)


def _import_from_cog(source: Source, name: str) -> None:
    for node in source.imports():
        if isinstance(node, ast.ImportFrom) and node.module == "cog" and node.level == 0:
            if name not in [alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names]:
                rewrite_import(source, node, set(), (name,))
            return
    first = next((node for node in source.imports() if getattr(node, "module", None) != "__future__"), None)
    if first is not None:
        start = source.span(first)[0]
        source.replace((start, start), f"from cog import {name}\n")


def check_imports(source: Source) -> list[Finding]:
    """`ExperimentalFeatureWarning`, which the SDK no longer has."""
    name = source.imported("cog.types", "ExperimentalFeatureWarning")
    if name is None:
        return []
    node = next(
        one
        for one in source.imports()
        if isinstance(one, ast.ImportFrom) and one.module == "cog.types" and name in _bound(one)
    )

    def fix() -> None:
        imports = (ast.Import, ast.ImportFrom)
        statements = [one for one in source.tree.body if not isinstance(one, imports) and name in names_in(one)]
        for statement in statements:
            source.remove(statement)
        gone: list[ast.AST] = [*statements]
        used = _used_outside(source, gone)
        lost = set().union(*(names_in(one) for one in gone)) - used if gone else set()
        for one in source.imports():
            if one is node:
                rewrite_import(source, one, {name})
            elif isinstance(one, ast.Import):
                rewrite_import(source, one, lost)

    message = "ExperimentalFeatureWarning is imported from cog.types; it was removed in cog 0.17"
    return [Finding(source.name, node.lineno, message, "Remove the import and what uses it", fix)]


def _bound(node: ast.ImportFrom) -> list[str]:
    return [alias.asname or alias.name for alias in node.names]


MANUAL = "Manual migration required: rename Predictor to Runner, BasePredictor to BaseRunner and predict() to run()"


def check_names(
    source: Optional[Source], reference: str, config: Path, shown: str, line: int, has_run: bool
) -> list[Finding]:
    """The interface's old names: the key `predict` at `line` of cog.yaml (0: not there), and in the model's file."""
    found: list[Finding] = []
    why = _why_by_hand(source, reference, config, line, has_run)

    def fix() -> None:
        assert source is not None
        _rename(source)
        _rewrite_config(config, line)
        source.save()
        source.path.rename(source.path.with_name("run.py"))

    mend = fix if not why else None
    if line:
        message = f"predict in {shown} is deprecated; use run with run.py:Runner"
        found.append(Finding(shown, line, message, why or "", mend))
    if source is not None and _uses_old_names(source):
        message = f"{source.name} uses deprecated Predictor/BasePredictor/predict() names"
        found.append(Finding(source.name, _line_of_old_names(source), message, why or "", None if line else mend))
    return found


def _old_classes(source: Source) -> list[ast.ClassDef]:
    return [node for node in source.classes() if any(source.means(base, "cog", "BasePredictor") for base in node.bases)]


def _predict_methods(node: ast.ClassDef) -> list[Function]:
    return [
        one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == "predict"
    ]


def _uses_old_names(source: Source) -> bool:
    return bool(
        source.imported("cog", "BasePredictor")
        or _old_classes(source)
        or any(node.name == "Predictor" and _predict_methods(node) for node in source.classes())
    )


def _line_of_old_names(source: Source) -> int:
    nodes = [*_old_classes(source), *(node for node in source.classes() if node.name == "Predictor")]
    return min([node.lineno for node in nodes] or [1])


def _why_by_hand(source: Optional[Source], reference: str, config: Path, line: int, has_run: bool) -> str:
    """Why a program cannot do the migration; empty when it can."""
    if line == 0 or has_run or reference != "predict.py:Predictor" or source is None:
        return MANUAL
    if (config.parent / "run.py").exists():
        return "cannot migrate predict.py to run.py because run.py already exists"
    classes = [node for node in source.classes() if node.name == "Predictor"]
    if len(classes) != 1 or len(_predict_methods(classes[0])) != 1:
        return MANUAL
    if source.imported("cog", "BasePredictor") != "BasePredictor" or classes[0] not in _old_classes(source):
        return MANUAL
    if any(node.name == "Runner" for node in source.classes()):
        return MANUAL
    return ""


def _rename(source: Source) -> None:
    node = next(node for node in source.classes() if node.name == "Predictor")
    method = _predict_methods(node)[0]
    _rename_header(source, node, "class", "Predictor", "Runner")
    _rename_header(source, method, "def", "predict", "run")
    others = {id(one) for other in _old_classes(source) if other is not node for one in ast.walk(other)}
    still_used = False
    for one in ast.walk(source.tree):
        if isinstance(one, ast.Name) and one.id in ("BasePredictor", "Predictor"):
            if id(one) in others:
                still_used = still_used or one.id == "BasePredictor"
            else:
                source.replace(source.span(one), {"BasePredictor": "BaseRunner", "Predictor": "Runner"}[one.id])
        elif (
            isinstance(one, ast.Attribute)
            and one.attr == "predict"
            and isinstance(one.value, ast.Name)
            and one.value.id == "self"
            and any(one is inner for inner in ast.walk(node))
        ):
            source.replace(source.span(one), "self.run")
    for statement in source.imports():
        if isinstance(statement, ast.ImportFrom) and statement.module == "cog":
            for alias in statement.names:
                if alias.name == "BasePredictor":
                    _rename_in_import(source, statement, "BaseRunner, BasePredictor" if still_used else "BaseRunner")


def _rename_in_import(source: Source, statement: ast.ImportFrom, new: str) -> None:
    start, end = source.span(statement)
    text = source.text[start:end].decode()
    source.replace((start, end), text.replace("BasePredictor", new, 1))


def _rename_header(source: Source, node: Union[ast.ClassDef, Function], word: str, old: str, new: str) -> None:
    start, end = source.span(node)
    at = source.text.index(old.encode(), source.text.index(word.encode(), start, end), end)
    source.replace((at, at + len(old)), new)


def _rewrite_config(config: Path, line: int) -> None:
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    old = lines[line - 1]
    comment = old.partition(" #")[2].rstrip("\r\n")
    lines[line - 1] = 'run: "run.py:Runner"' + (f" #{comment}" if comment else "") + "\n"
    config.write_text("".join(lines), encoding="utf-8")
