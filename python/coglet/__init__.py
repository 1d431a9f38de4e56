"""The small package beside `cog` that models may import."""

from __future__ import annotations

from typing import NamedTuple

from cog._scope import CancelationException
from cog._version import __build__ as _product
from cog._version import __version__ as __version__
from coglet import _sdk as _sdk
from coglet import server as server

__all__ = ["CancelationException", "__build__", "__version__", "server"]


class BuildInfo(NamedTuple):
    version: str
    git_sha: str
    dirty: bool
    build_time: str
    rustc_version: str


__build__ = BuildInfo(_product, "unknown", False, "unknown", "none")
