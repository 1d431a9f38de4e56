"""Copies the Python packages to DESTDIR and the folder given, relative to the prefix: run by `meson install`.

install_package.py FOLDER SITE: the packages go to FOLDER, and a .pth file in SITE makes a Python find them there.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "python"


def staged(path: Path) -> Path:
    """Where DESTDIR has it."""
    root = os.environ.get("DESTDIR", "")
    return Path(root, path.relative_to("/")) if root else path


def main(folder: str, site: str) -> None:
    target = Path(os.environ["MESON_INSTALL_PREFIX"]) / folder
    for package in ("cog", "coglet"):
        shutil.rmtree(staged(target / package), ignore_errors=True)
        shutil.copytree(
            SOURCE / package, staged(target / package), ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    found_by = staged(Path(os.environ["MESON_INSTALL_PREFIX"]) / site / "cog-cpp.pth")
    found_by.parent.mkdir(parents=True, exist_ok=True)
    found_by.write_text(f"{target}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
