"""What the tests of wheel and image need: the wheel, root file systems made once, and servers run from them."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from server import REPOSITORY, Server

BUILD = REPOSITORY / os.environ.get("COG_BUILD_DIR", "build")
NOT_NEEDED = ("./dev/*", "./usr/share/doc/*", "./usr/share/locale/*", "./var/cache/*", "./var/lib/apt/lists/*")
ENTER = """
set -e
mount --make-rprivate /
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
exec /usr/sbin/chroot "$0" "$@"
"""


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root file systems and namespaces need root")
needs_plain_build = pytest.mark.skipif(
    "COG_TEST_SANITIZED" in os.environ, reason="a wheel is made of a build without sanitizers"
)


@contextmanager
def _lock(name: str) -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pack(dist: Path) -> Path:
    """Packs the program of the build folder, so that the tests need no second build."""
    made = subprocess.run([REPOSITORY / "script/wheel", BUILD, dist], stdout=subprocess.PIPE, text=True, check=True)
    return REPOSITORY / made.stdout.splitlines()[-1]


@functools.cache
def wheel() -> Path:
    with _lock("test-dist"):
        return pack(BUILD / "test-dist")


@functools.cache
def debian(suite: str, *packages: str) -> Path:
    """The root file system of a Debian suite as a tar file; made on first use, kept for later runs."""
    tar = BUILD / f"debian-{suite}.tar"
    with _lock(tar.stem):
        if not tar.exists():
            folder = BUILD / f"debian-{suite}"
            shutil.rmtree(folder, ignore_errors=True)
            include = f"--include={','.join(packages)}"
            subprocess.run(["debootstrap", "--variant=minbase", include, suite, folder], check=True)
            partial = tar.with_suffix(".partial")
            left_out = [f"--exclude={name}" for name in NOT_NEEDED]
            subprocess.run(["tar", "-C", folder, *left_out, "-cf", partial, "."], check=True)
            partial.rename(tar)
            shutil.rmtree(folder)
    return tar


def in_root(root: Path, *command: str) -> list[str]:
    """A command line that becomes the command in a root file system, with its /dev and /proc."""
    return ["unshare", "--mount", "sh", "-c", ENTER, str(root), *command]


class InstalledServer(Server):
    """A server started by a command of its own, as users do: nothing of the source tree is in its environment."""

    def __init__(self, folder: Path, command: list[str], model: str, **variables: str) -> None:
        super().__init__(folder, model, PATH="/usr/bin:/bin", PYTHONPATH=None, COG_PYTHON=None)
        self._environment.update(variables)
        self._command = command
