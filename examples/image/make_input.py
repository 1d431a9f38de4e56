"""Draws input.png, the picture that the README's curl line sends."""

from pathlib import Path

from PIL import Image, ImageDraw

SIZE = (320, 240)


def draw() -> Image.Image:
    width, height = SIZE
    picture = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(picture)
    for y in range(height):
        pen.line([(0, y), (width, y)], fill=(40 + y // 2, 90 + y // 3, 200 - y // 4))
    pen.ellipse([220, 30, 280, 90], fill=(255, 214, 90))
    for left, top, shade in ((-60, 120, 70), (90, 90, 90), (190, 140, 60)):
        pen.polygon([(left, height), (left + 110, top), (left + 220, height)], fill=(shade, shade + 20, shade + 40))
    return picture


if __name__ == "__main__":
    draw().save(Path(__file__).with_name("input.png"), optimize=True)
