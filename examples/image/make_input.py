"""Draws input.png, the picture that the README's curl line sends, and that the model takes when it is given none."""

from math import sin
from pathlib import Path
from typing import Tuple

from PIL import Image, ImageDraw

SIZE = (640, 480)
FINER = 3  # drawn larger, so that slopes are smooth in the end

Colour = Tuple[int, int, int]
SKY: Tuple[Colour, Colour] = ((58, 92, 160), (255, 190, 140))
HILLS: Tuple[Tuple[float, float, float, Colour], ...] = (  # height above the ground, waves, where they begin, colour
    (0.56, 2.1, 0.4, (134, 120, 168)),
    (0.47, 3.2, 2.0, (92, 90, 142)),
    (0.36, 2.6, 4.1, (52, 74, 108)),
    (0.22, 4.0, 1.1, (28, 56, 74)),
)


def between(first: Colour, second: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second))
    return red, green, blue


def draw() -> Image.Image:
    width, height = SIZE[0] * FINER, SIZE[1] * FINER
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    for y in range(height):
        pen.line([(0, y), (width, y)], fill=between(*SKY, min(1, y / height / 0.6)))
    pen.ellipse([width * 0.62, height * 0.2, width * 0.62 + height * 0.19, height * 0.39], fill=(255, 236, 190))
    for top, waves, start, colour in HILLS:
        ridge = [
            (
                x,
                height
                * (1 - top - 0.05 * sin(start + waves * 6.28 * x / width) - 0.025 * sin(start * 3 + 41 * x / width)),
            )
            for x in range(0, width + FINER, FINER)
        ]
        pen.polygon([(0, height), *ridge, (width, height)], fill=colour)
    for at in range(26):
        x, size = width * (0.01 + at / 26), height * (0.07 + 0.035 * sin(at * 2.7))
        foot = height * (0.97 - 0.05 * sin(at * 1.3))
        for step in range(3):
            top, half = foot - size * (0.45 + step * 0.35), size * (0.34 - step * 0.08)
            pen.polygon(
                [(x, top - size * 0.2), (x - half, top + size * 0.45), (x + half, top + size * 0.45)], fill=(14, 34, 44)
            )
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(Path(__file__).with_name("input.png"), optimize=True)
