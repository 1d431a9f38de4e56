"""A function is a model, too."""

from cog import Input


def run(
    text: str = Input(description="Text to turn round"),
    times: int = Input(description="How often", default=1, ge=1, le=9),
) -> str:
    return text[::-1] * times
