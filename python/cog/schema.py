"""`python -m cog.schema REF [--static] [--mode train] [--train REF]` prints the OpenAPI document of a model.

With `--facts` it prints `{"document": "...", "concurrency": 4, "asynchronous": true}`: the document as text,
`max` of @cog.concurrent or null, and whether the function is async.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
import warnings
from typing import Any

from cog._loader import load
from cog._schema import document, dumps, merge
from cog._version import __version__


def _read(ref: str, mode: str, options: argparse.Namespace) -> Any:
    if options.static:
        from cog._static import describe
        from cog._static.known import ENVIRONMENT

        ENVIRONMENT.update(entry.partition("=")[::2] for entry in options.environment)
        return describe(ref, mode)
    return load(ref, mode)


def _text(model: Any, training: Any, options: argparse.Namespace) -> str:
    found = document(model, options.version)
    if training is None:
        return dumps(found)
    both = merge(found, document(training, options.version))
    return json.dumps(json.loads(dumps(both, sort_keys=True)), ensure_ascii=False, indent=2)


def _place_of(error: BaseException) -> str:
    """File and line of the author's code that raised an error; nothing where the message tells them itself."""
    if isinstance(error, SyntaxError):
        return ""
    own = os.path.dirname(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith((own, "<"))]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m cog.schema", description="Print the OpenAPI document of a model.")
    parser.add_argument("ref", metavar="REF", help="the model, as file.py:Name")
    parser.add_argument("--mode", choices=("predict", "train"), default="predict")
    parser.add_argument("--train", metavar="REF", help="also describe this training, in one document, keys ascending")
    parser.add_argument("--static", action="store_true", help="read the source only: imports and runs nothing of it")
    parser.add_argument(
        "--environment", metavar="NAME=VALUE", action="append", default=[], help="of cog.yaml, for --static"
    )
    parser.add_argument("--facts", action="store_true", help="print the document in an object with what else is known")
    parser.add_argument("--version", default=__version__, help="what the document gives as its version")
    options = parser.parse_args(arguments)
    if "" not in sys.path:
        sys.path.insert(0, "")
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"  # `cog build` shows it as its own
    try:
        model = _read(options.ref, options.mode, options)
        training = _read(options.train, "train", options) if options.train else None
        text = _text(model, training, options)
    except Exception as error:
        print(f"{type(error).__name__}: {error}{_place_of(error)}", file=sys.stderr)
        return 1
    if options.facts:
        facts = {"document": text, "concurrency": model.concurrency, "asynchronous": model.asynchronous}
        text = json.dumps(facts, ensure_ascii=False)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
