"""`Opaque`: the mark of a type that the document does not look into, as in `Annotated[Options, Opaque]`."""

from __future__ import annotations


class _OpaqueMark:
    def __repr__(self) -> str:
        return "cog.Opaque"

    def __reduce__(self) -> str:
        return "Opaque"


Opaque = _OpaqueMark()
