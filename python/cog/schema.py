"""`python -m cog.schema REF [--static] [--mode train] [--train REF]` prints the OpenAPI document of a model."""

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


def _describe(ref: str, mode: str, options: argparse.Namespace) -> dict[str, Any]:
    if options.static:
        from cog._static import describe

        return document(describe(ref, mode), options.version)
    return document(load(ref, mode), options.version)


def _place_of(error: BaseException) -> str:
    """File and line of the author's code that raised an error; nothing where the message tells them itself."""
    own = os.path.dirname(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith((own, "<"))]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m cog.schema", description="Print the OpenAPI document of a model.")
    parser.add_argument("ref", metavar="REF", help="the model, as file.py:Name")
    parser.add_argument("--mode", choices=("predict", "train"), default="predict")
    parser.add_argument("--train", metavar="REF", help="also describe this training, in one document, keys ascending")
    parser.add_argument("--static", action="store_true", help="read the source only: imports and runs nothing of it")
    parser.add_argument("--version", default=__version__, help="what the document gives as its version")
    options = parser.parse_args(arguments)
    if "" not in sys.path:
        sys.path.insert(0, "")
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"  # `cog build` shows it as its own
    try:
        found = _describe(options.ref, options.mode, options)
        training = _describe(options.train, "train", options) if options.train else None
    except Exception as error:
        print(f"{type(error).__name__}: {error}{_place_of(error)}", file=sys.stderr)
        return 1
    if training is None:
        print(dumps(found))
    else:
        print(json.dumps(json.loads(dumps(merge(found, training), sort_keys=True)), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
