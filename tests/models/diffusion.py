"""The shape of most image generators: a scheduler, a seed, several outputs, each shown when it is there."""

import random
import struct
import zlib
from typing import Iterator, Optional

from cog import BaseRunner, Input, Path, streaming

SCHEDULERS = {"DDIM": 1, "K_EULER": 2, "PNDM": 3}
MAX_PIXELS = 64 * 64


def picture(width: int, height: int, colour: "tuple[int, int, int]") -> bytes:
    """A png of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Predictor(BaseRunner):
    @streaming
    def run(
        self,
        prompt: str = Input(description="What to draw", default="a photo of an astronaut"),
        negative_prompt: Optional[str] = Input(description="What not to draw", default=None),
        width: int = Input(default=32, choices=[16, 32, 64]),
        height: int = Input(default=32, choices=[16, 32, 64]),
        num_outputs: int = Input(description="How many pictures", default=1, ge=1, le=4),
        num_inference_steps: int = Input(default=50, ge=1, le=500),
        guidance_scale: float = Input(default=7.5, ge=1, le=20),
        scheduler: str = Input(default="DDIM", choices=list(SCHEDULERS.keys())),
        seed: Optional[int] = Input(description="Leave it out for a random one", default=None),
    ) -> Iterator[Path]:
        if "nsfw" in prompt:
            raise ValueError("NSFW content detected. Try another prompt.")
        if width * height > MAX_PIXELS:
            raise ValueError("too many pixels")
        if seed is None:
            seed = 7
        print(f"Using seed: {seed}")
        chooser = random.Random(f"{prompt}{negative_prompt}{seed}{guidance_scale}{SCHEDULERS[scheduler]}")
        for number in range(num_outputs):
            for step in range(0, num_inference_steps, 25):
                print(f"{100 * step // num_inference_steps}%")
            output = Path("out.png")  # the same path every time
            colour = (chooser.randrange(256), chooser.randrange(256), number)
            output.write_bytes(picture(width, height, colour))
            yield output
