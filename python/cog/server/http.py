"""`python -m cog.server.http [flags]` becomes the server: it replaces itself by the program `coglet`."""

from __future__ import annotations

import os
import sys
from typing import Optional

from cog.mode import Mode

__all__ = ["Mode", "conflicts", "find_server", "main"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find_server() -> Optional[str]:
    """The program: COG_COGLET, else the one of the installed package, beside the interpreter, or on PATH."""
    given = os.environ.get("COG_COGLET")
    if given:
        return given
    places = [os.path.join(_PACKAGE, "_bin"), os.path.dirname(sys.executable)]
    places += os.environ.get("PATH", os.defpath).split(os.pathsep)
    for place in places:
        program = os.path.join(place or ".", "coglet")
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


def conflicts(folder: str) -> list[str]:
    """Distributions in this folder that share files with ours, as `name version`."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = []
    for entry in names:
        stem, suffix = os.path.splitext(entry)
        name, _, rest = stem.partition("-")
        if suffix in (".dist-info", ".egg-info") and name.lower() in ("cog", "coglet"):
            found.append(f"{name.lower()} {rest.partition('-')[0]}".strip())
    return found


def main(arguments: list[str]) -> None:
    """Does not return. Ends with status 1 when there is no server, or PyPI's `cog` or `coglet` lies beside ours."""
    foreign = conflicts(os.path.dirname(_PACKAGE))
    if foreign:
        names = " ".join(sorted({text.split()[0] for text in foreign}))
        sys.exit(
            f"ERROR: {' and '.join(foreign)} installed beside cog-cpp in {os.path.dirname(_PACKAGE)}: the same files. "
            f"Run `{sys.executable} -m pip uninstall {names}`, then install its wheel once more (--force-reinstall)."
        )
    program = find_server()
    if program is None:
        sys.exit(
            "ERROR: the program coglet was not found: not in COG_COGLET, not in the package cog, "
            f"not beside {sys.executable} and not on PATH. Install its wheel again, or set COG_COGLET."
        )
    os.environ.setdefault("COG_PYTHON", sys.executable)
    try:
        os.execv(program, [program, *arguments])
    except OSError as error:
        sys.exit(f"ERROR: cannot start {program}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
