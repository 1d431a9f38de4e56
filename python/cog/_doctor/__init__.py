"""What `cog doctor` checks and mends in a model's source, of which nothing is run."""

from __future__ import annotations

from cog._doctor.checks import check_imports, check_names, check_pydantic, check_reference, check_returns
from cog._doctor.finding import Finding
from cog._doctor.old_api import check_old_api
from cog._doctor.source import Source, SourceError

__all__ = [
    "Finding",
    "Source",
    "SourceError",
    "check_imports",
    "check_names",
    "check_old_api",
    "check_pydantic",
    "check_reference",
    "check_returns",
]
