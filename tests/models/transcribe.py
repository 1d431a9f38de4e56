"""Sound in, structured text out: where it is loud, as segments."""

import struct
import wave
from typing import List, Optional

from cog import BaseModel, BaseRunner, Input, Path


class Segment(BaseModel):
    id: int
    start: float
    end: float
    text: str


class Output(BaseModel):
    segments: List[Segment]
    language: Optional[str]
    duration: float
    subtitles: Optional[Path] = None


class Predictor(BaseRunner):
    def run(
        self,
        audio: Path = Input(description="A file of the format wav, 16 bits"),
        language: Optional[str] = Input(default=None, choices=["en", "de"]),
        threshold: int = Input(description="What counts as loud", default=1000, ge=0, le=32767),
        subtitles: bool = False,
    ) -> Output:
        with wave.open(str(audio)) as source:
            rate, count = source.getframerate(), source.getnframes()
            samples = struct.unpack(f"<{count}h", source.readframes(count))
        segments: List[Segment] = []
        block = max(1, rate // 10)
        for at in range(0, count, block):
            if max(map(abs, samples[at : at + block])) < threshold:
                continue
            start, end = at / rate, min(at + block, count) / rate
            if segments and segments[-1].end == start:
                segments[-1].end = end
            else:
                segments.append(Segment(id=len(segments), start=start, end=end, text="la"))
        output = Output(segments=segments, language=language or "en", duration=count / rate)
        if subtitles:
            output.subtitles = Path("output.srt")
            output.subtitles.write_text(
                "".join(f"{one.id}\n{one.start} --> {one.end}\n{one.text}\n" for one in segments)
            )
        return output
