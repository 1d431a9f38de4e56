"""Models that the clients of other protocols call."""

ECHO = """
from cog import BaseRunner, ConcatenateIterator, Input, current_scope

class Predictor(BaseRunner):
    def run(self, prompt: str, fail: bool = False, seed: int = 0) -> ConcatenateIterator[str]:
        with open("runs", "a") as runs:
            runs.write("run\\n")
        if prompt == "raise":
            raise ValueError("this model cannot")
        for at, word in enumerate(prompt.split(" ")):
            if word == "raise-later":
                raise ValueError("this model cannot go on")
            yield word if at == 0 else " " + word
        if seed:
            yield f" {seed}"
        current_scope().record_metric("prompt_tokens", len(prompt.split()))
        current_scope().record_metric("completion_tokens", 2)
"""

PLAIN = """
from cog import BaseRunner

class Predictor(BaseRunner):
    def run(self, text: str) -> str:
        return text.upper()
"""

EMBED = """
from cog import BaseRunner
from typing import List

class Predictor(BaseRunner):
    def run(self, text: str) -> List[float]:
        return [float(len(text)), 0.5, -1.25]
"""

BATCH_EMBED = """
from cog import BaseRunner
from typing import List

class Predictor(BaseRunner):
    def run(self, texts: List[str]) -> List[List[float]]:
        return [[float(len(text)), 0.5] for text in texts]
"""

PICTURE = """
from cog import BaseRunner, Path

class Predictor(BaseRunner):
    def run(self, prompt: str, width: int = 8, height: int = 8, seed: int = 0) -> Path:
        with open("out.png", "wb") as file:
            file.write(b"\\x89PNG" + f"{prompt} {width}x{height} {seed}".encode())
        return Path("out.png")
"""

EDIT = """
from cog import BaseRunner, Input, Path

class Predictor(BaseRunner):
    def run(self, image: Path = Input(accept="image/*"), prompt: str = "") -> Path:
        with open("out.png", "wb") as file:
            file.write(image.read_bytes() + b" " + prompt.encode() + b" " + image.suffix.encode())
        return Path("out.png")
"""

LISTEN = """
from cog import BaseRunner, Input, Path
from typing import Any

class Predictor(BaseRunner):
    def run(self, audio: Path, language: str = "en", temperature: float = 0.0) -> dict[str, Any]:
        heard = f"{audio.read_bytes().decode()} {language} {temperature}"
        return {"text": heard, "segments": [{"start": 0.0, "end": 1.5, "text": " " + heard}]}
"""

LISTEN_LIVE = """
from cog import BaseRunner, ConcatenateIterator, Path

class Predictor(BaseRunner):
    def run(self, audio: Path) -> ConcatenateIterator[str]:
        yield "hel"
        yield "lo"
"""

SPEAK = """
from cog import BaseRunner, Input, Path

class Predictor(BaseRunner):
    def run(self, prompt: str, voice: str = Input(choices=["alba", "nova"], default="alba")) -> Path:
        with open("out.wav", "wb") as file:
            file.write(f"RIFF....WAVE {prompt} {voice}".encode())
        return Path("out.wav")
"""

CHAT = """
from cog import BaseRunner
from typing import Any, Dict, List

class Predictor(BaseRunner):
    def run(
        self, messages: List[Dict[str, Any]], tools: List[Dict[str, Any]] = [], max_tokens: int = 9
    ) -> Dict[str, Any]:
        if tools:
            call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            return {"content": None, "tool_calls": [call]}
        return {"content": f"{messages[-1]['content']} of {len(messages)}, {max_tokens}"}
"""

TENSOR = """
from cog import BaseRunner
from typing import List

class Predictor(BaseRunner):
    def run(self, x: List[float], k: int = 1) -> List[float]:
        return [value * k for value in x]
"""

NUMBER = """
from cog import BaseRunner

class Predictor(BaseRunner):
    def run(self, number: int) -> int:
        return number + 1
"""
