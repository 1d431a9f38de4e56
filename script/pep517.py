"""The build backend of `pip install .` and `python -m build` (PEP 517): script/wheel for wheels, git for sources.

A wheel is built on Debian 12 with script/bootstrap's packages, which script/wheel installs; it runs on any Linux.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parent.parent


def version() -> str:
    values: dict[str, str] = {}
    exec((ROOT / "python/cog/_version.py").read_text(encoding="utf-8"), values)
    return values["__build__"]


def build_wheel(
    wheel_directory: str, config_settings: Optional[dict[str, Any]] = None, metadata_directory: Optional[str] = None
) -> str:
    """Writes the wheel; returns its name. `config_settings={"build-folder": ...}` names a Meson build folder to use."""
    folder = (config_settings or {}).get("build-folder", "build-wheel")
    made = subprocess.run(
        [str(ROOT / "script/wheel"), folder, wheel_directory], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if made.returncode != 0:
        sys.exit("script/wheel failed (see above). It builds on Debian 12, as root or with sudo for missing packages.")
    return Path(made.stdout.splitlines()[-1]).name


def build_sdist(sdist_directory: str, config_settings: Optional[dict[str, Any]] = None) -> str:
    """Writes the files that git knows; returns the name of the archive."""
    sys.path.insert(0, str(ROOT / "script"))
    from pack_wheel import describe

    stem = f"cog_cpp-{version()}"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    with tarfile.open(Path(sdist_directory, f"{stem}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(filter(None, listed.split("\0"))):
            if os.path.lexists(ROOT / name):
                archive.add(ROOT / name, f"{stem}/{name}", recursive=False)
        text = describe(version()).encode()
        entry = tarfile.TarInfo(f"{stem}/PKG-INFO")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return f"{stem}.tar.gz"
