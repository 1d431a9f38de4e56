"""Text in, sound out: one tone a letter."""

import io
import math
import struct
import wave
from enum import Enum

from cog import BaseRunner, Input, Path

RATE = 8000  # samples a second


class Voice(Enum):
    LOW = "low"
    HIGH = "high"


class Predictor(BaseRunner):
    def run(
        self,
        text: str = Input(min_length=1, max_length=100),
        voice: Voice = Input(default=Voice.LOW),
        speed: float = Input(default=1.0, ge=0.5, le=2.0),
    ) -> Path:
        base = {Voice.LOW: 110.0, Voice.HIGH: 440.0}[voice]
        count = int(RATE * 0.05 / speed)
        samples = []
        for letter in text:
            pitch = base * 2 ** ((ord(letter) % 12) / 12)
            samples += [int(8000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(count)]
        written = io.BytesIO()
        with wave.open(written, "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
        output = Path("output.wav")
        output.write_bytes(written.getvalue())
        return output
