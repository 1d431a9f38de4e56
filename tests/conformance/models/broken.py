"""A model that cannot be imported."""

import no_such_module_at_all  # type: ignore[import-not-found]  # noqa: F401


class Predictor:
    def run(self) -> str:
        return ""
