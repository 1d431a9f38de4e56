"""Examples that are for the clients of other protocols, called by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_packages import Client
from example_servers import EXAMPLES, serve_example
from package_venv import Unavailable
from server import Server

OPENAI = Client("openai", "openai==3.57.0")
START = """
import openai
client = openai.OpenAI(base_url=base + "/v1", api_key="any")
"""


def example(folder: Path, name: str) -> Server:
    try:
        return serve_example(folder, name)
    except Unavailable as missing:
        pytest.skip(str(missing))


def test_chat(tmp_path: Path) -> None:
    code = """
def ask(text, **options):
    return client.chat.completions.create(model="any", messages=[{"role": "user", "content": text}], **options)
pieces = list(ask("My name is Ada.", stream=True, extra_body={"words_per_second": 1000}))
short = ask("I feel tired of my work", max_tokens=3)
plain = client.completions.create(model="any", prompt="Why?")
tell(said="".join(piece.choices[0].delta.content or "" for piece in pieces), pieces=len(pieces) > 5,
     short=[short.choices[0].message.content, short.choices[0].finish_reason, short.usage.completion_tokens],
     plain=plain.choices[0].text)
"""
    with example(tmp_path, "chat") as server:
        told = OPENAI.run(START + code, server.port)
    assert told == {
        "said": "Good to meet you, Ada. What brings you here?",
        "pieces": True,
        "short": ["What makes you ", "length", 3],
        "plain": "What do you think yourself?",
    }


def test_embeddings(tmp_path: Path) -> None:
    code = """
made = client.embeddings.create(model="any", input=["a red fox", "red foxes", "quarterly report"])
fox, foxes, report = (one.embedding for one in made.data)
near = lambda left, right: sum(x * y for x, y in zip(left, right))
tell(length=len(fox), size=near(fox, fox), sense=near(fox, foxes) > near(fox, report))
"""
    with example(tmp_path, "embeddings") as server:
        told = OPENAI.run(START + code, server.port)
    assert told["length"] == 64
    assert abs(told["size"] - 1) < 1e-5
    assert told["sense"]


def test_image(tmp_path: Path) -> None:
    picture = str(EXAMPLES / "image" / "input.png")
    code = f"""
import base64
made = client.images.edit(model="any", prompt="", image=open({picture!r}, "rb"), extra_body={{"width": 32}})
tell(start=base64.b64decode(made.data[0].b64_json)[1:4].decode())
"""
    with example(tmp_path, "image") as server:
        assert OPENAI.run(START + code, server.port) == {"start": "PNG"}
