"""The OpenAPI document of a model, by looking at the loaded model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Union

from cog._schema.inputs import input_component
from cog._schema.merge import completed, merge
from cog._schema.outputs import is_iterator, output_component
from cog._schema.skeleton import skeleton
from cog._signature import EMPTY
from cog._version import __version__
from cog.errors import SchemaError

if TYPE_CHECKING:
    from cog._loader import Model
    from cog._static import StaticModel

__all__ = ["completed", "document", "dumps", "merge"]


def document(
    model: Union[Model, StaticModel], version: str = __version__, problems: Optional[list[str]] = None
) -> dict[str, Any]:
    """The document of a model, keys in the order of the reference. Raises SchemaError, naming file and line.

    With a list for `problems`, an output that cannot be described is told there and left open: such a model serves.
    """
    signature = model.signature
    try:
        inputs, choices = input_component(signature.parameters)
        try:
            output = _output(model)
        except SchemaError as error:
            if problems is None:
                raise
            problems.append(f"{signature.qualname}: {error} ({signature.place})")
            output = {}
    except SchemaError as error:
        raise SchemaError(f"{signature.qualname}: {error} ({signature.place})") from None
    return skeleton(model.mode, version, inputs, output, choices, model.streaming)


def _output(model: Union[Model, StaticModel]) -> dict[str, Any]:
    returns = model.signature.returns
    if returns is EMPTY:
        raise SchemaError("no return annotation: say what it returns, as in `-> str`")
    output = output_component(returns)
    if model.streaming and model.mode == "predict" and not is_iterator(returns):
        raise SchemaError(
            "@streaming requires Iterator[...], AsyncIterator[...], ConcatenateIterator[...] or "
            "AsyncConcatenateIterator[...] as return type"
        )
    return output


def dumps(document: Any, sort_keys: bool = False) -> str:
    """Compact JSON with other characters than ASCII written raw; `<`, `>` and `&` escaped and whole floats written
    without point, as the reference does."""
    import json

    text = json.dumps(_whole(document), ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
