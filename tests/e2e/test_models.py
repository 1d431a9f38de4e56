"""The models of tests/models, each in a server of its own: what clients of such models send and what they get."""

from __future__ import annotations

import base64
import io
import json
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from listening import Stream
from model_packages import PYTHON, SAVE_FLOWERS, SAVE_MATRIX, VENV, run_in
from package_venv import Unavailable
from server import REPOSITORY, Background, Server

MODELS = REPOSITORY / "tests" / "models"
AT_ONCE = 3
"""Servers that are being started at the same time."""

WITH_PACKAGES = {"batch", "embeddings", "flowers", "matrix", "order", "statistics_of", "stubborn", "thumbnail"}
MADE_BY = {"flowers": SAVE_FLOWERS, "matrix": SAVE_MATRIX}
"""Code that makes a file the model needs."""
OPTIONS: dict[str, dict[str, Any]] = {
    "chat": {"COG_MAX_CONCURRENCY": "4"},
    "function": {"reference": "function.py:run"},
    "stubborn": {"COG_CANCEL_TIMEOUT": "2"},
    "training": {"arguments": ("--x-mode", "train"), "COG_TRAIN_TYPE_STUB": "finetune.py:train"},
    "trained": {"COG_WEIGHTS": "weights.json", "files": {"weights.json": '{"slope": 2.5}'}},
}
FILES = {"training": "finetune", "trained": "finetune"}
NAMES = sorted(
    {path.stem for path in MODELS.glob("*.py")} - {"finetune"} | set(FILES), key=lambda name: name not in MADE_BY
)
"""Those that take long to start come first."""

Models = Callable[[str], Server]


def begin(folder: Path, name: str) -> Server:
    file = FILES.get(name, name)
    options = {"reference": f"{file}.py:Predictor", **OPTIONS.get(name, {})}
    if name in WITH_PACKAGES:
        options["COG_PYTHON"] = str(PYTHON)
    server = Server(folder, MODELS / f"{file}.py", **options)
    if name in MADE_BY:
        run_in(server.project, MADE_BY[name])
    return server.start()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """Gives the server of a model; all are started at once, some in parallel."""
    folder = tmp_path_factory.mktemp("models")
    missing = ""
    try:
        VENV.install()
    except Unavailable as reason:
        missing = str(reason)
    with ThreadPoolExecutor(AT_ONCE) as starting:
        servers: dict[str, Future[Server]] = {
            name: starting.submit(begin, folder, name) for name in NAMES if not (missing and name in WITH_PACKAGES)
        }

        def of(name: str) -> Server:
            if name not in servers:
                pytest.skip(missing)
            return servers[name].result()

        try:
            yield of
        finally:
            started = [future.result() for future in servers.values() if not future.exception()]
            problems = [task.exception() for task in [starting.submit(server.stop) for server in started]]
            for server in started:
                server.kill()
    assert not any(problems), problems


def data_url(content: bytes, kind: str = "application/octet-stream") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def content_of(url: str, kind: str) -> bytes:
    head, _, encoded = url.partition(",")
    assert head == f"data:{kind};base64"
    return base64.b64decode(encoded)


def png(width: int, height: int, colour: bytes = b"\xff\x00\x00") -> str:
    """A picture of one colour as a data URL."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + colour * width) * height)
    return data_url(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""), "image/png"
    )


def png_size(url: str) -> tuple[int, int]:
    width, height = struct.unpack(">II", content_of(url, "image/png")[16:24])
    return width, height


def sound(*blocks: tuple[float, int]) -> str:
    """Seconds and loudness, one after the other, as a data URL of a wav file."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((1, 2, 1000, 0, "NONE", ""))
        for seconds, loudness in blocks:
            file.writeframes(struct.pack("<h", loudness) * int(seconds * 1000))
    return data_url(written.getvalue(), "audio/wav")


def document(server: Server) -> Any:
    return server.request("GET", "/openapi.json").json


def refused(server: Server, **values: object) -> list[str]:
    """What a 422 says."""
    answer = server.create(values)
    assert answer.status == 422, answer
    return [error["msg"] for error in answer.json["detail"]]


def failed(server: Server, **values: object) -> str:
    prediction = server.predict(**values)
    assert prediction["status"] == "failed", prediction
    return str(prediction["error"])


@pytest.mark.parametrize("name", NAMES)
def test_every_model_is_described(models: Models, name: str) -> None:
    schemas = document(models(name))["components"]["schemas"]
    assert "TrainingInput" in schemas if name == "training" else "Input" in schemas


def test_thumbnail(models: Models) -> None:
    server = models("thumbnail")
    assert png_size(server.output(image=png(40, 20), size=10)) == (10, 5)
    assert content_of(server.output(image=png(4, 4), format="jpg", grey=True), "image/jpeg")[:2] == b"\xff\xd8"
    assert "cannot identify image file" in failed(server, image=data_url(b"no picture"))
    assert refused(server, image=png(1, 1), size=0, filter="sharp") == [
        '"sharp" is not one of ["nearest","bilinear"]',
        "0 is less than the minimum of 1",
    ]


def test_batch(models: Models) -> None:
    outputs = models("batch").output(images=[png(1, 1), png(2, 3)], scale=3)
    assert [png_size(one) for one in outputs] == [(3, 3), (6, 9)]
    assert models("batch").output(images=[]) == []


def test_language(models: Models) -> None:
    server = models("language")
    first = server.predict(prompt="the", max_tokens=3, seed=1)
    assert first["status"] == "succeeded" and len(first["output"]) == 3
    assert first["metrics"]["output_token_count"] == 3 and first["metrics"]["input_token_count"] == 5
    assert server.output(prompt="the", max_tokens=3, seed=1) == first["output"]
    assert server.output(prompt="the", temperature=0, stop_sequences="mat") == [" cat", " sat", " on", " a"]
    with Stream(server, {"prompt": "the", "temperature": 0, "max_tokens": 2}) as stream:
        told = stream.text()
    assert '{"chunk":" cat","index":0}' in told and '{"chunk":" sat","index":1}' in told
    assert document(server)["paths"]["/predictions"]["post"]["x-cog-streaming"] is True


def test_chat(models: Models) -> None:
    server = models("chat")
    together = [server.begin(prompt=f"to {number}", wait_for=3) for number in range(3)]
    assert [one.result()["output"] for one in together] == [["to", f" {number}"] for number in range(3)]
    assert server.output() == ["hello", " there"]


def test_transcribe(models: Models) -> None:
    server = models("transcribe")
    audio = sound((0.2, 0), (0.3, 9000), (0.1, 10), (0.1, -9000))
    output = server.output(audio=audio, subtitles=True)
    assert [(one["start"], one["end"]) for one in output["segments"]] == [(0.2, 0.5), (0.6, 0.7)]
    assert (output["language"], output["duration"]) == ("en", 0.7)
    assert content_of(output["subtitles"], "application/x-subrip").startswith(b"0\n0.2 --> 0.5\nla\n")
    assert server.output(audio=audio, threshold=20000, language="de") == {
        "segments": [],
        "language": "de",
        "duration": 0.7,
        "subtitles": None,
    }
    assert "file does not start with RIFF id" in failed(server, audio=data_url(b"noise" * 9))


def test_speech(models: Models) -> None:
    server = models("speech")
    with wave.open(io.BytesIO(content_of(server.output(text="hey", voice="high", speed=2), "audio/wav"))) as heard:
        assert (heard.getframerate(), heard.getnframes()) == (8000, 3 * 200)
    assert refused(server, text="", voice="middle") == [
        '"" is shorter than 1 character',
        '"middle" is not one of ["low","high"]',
    ]


def test_flowers(models: Models) -> None:
    server = models("flowers")
    output = server.output(measures=[5.1, 3.5, 1.4, 0.2], top=2)
    assert output["label"] == "setosa" and output["confidence"] > 0.9 and len(output["probabilities"]) == 2
    assert "X has 2 features, but LogisticRegression is expecting 4" in failed(server, measures=[1, 2])


def test_matrix(models: Models) -> None:
    server = models("matrix")
    assert server.output(rows=[[1, 0], [1, 1]]) == [[1.0, 2.0, 3.0], [11.0, 22.0, 33.0]]
    assert server.output(rows=[[0, 2]], flat=True) == [20.0, 40.0, 60.0]
    assert "INVALID_ARGUMENT" in failed(server, rows=[[1, 2, 3]])
    assert refused(server, rows=[[1, "a"]]) == ['"a" is not of type "number"']


def test_embeddings(models: Models) -> None:
    first, second = models("embeddings").output(texts=["one two", "One  two"])
    assert first == second and sum(value * value for value in first) == pytest.approx(1)
    assert sum(models("embeddings").output(texts=["a b c"], normalize=False)[0]) == 3.0


def test_statistics(models: Models) -> None:
    output = models("statistics_of").output(numbers=[1.0, 2.0, -3.0])
    assert output == {
        "any_negative": True,
        "histogram": [1, 2],
        "largest": 1,
        "mean": 0.0,
        "outer": [[1.0, 2.0, -3.0], [2.0, 4.0, -6.0], [-3.0, -6.0, 9.0]],
        "shape": [3],
    }
    assert "nan is not valid JSON at $.mean" in failed(models("statistics_of"), numbers=[1e39, -1e39])


def test_diffusion(models: Models) -> None:
    server = models("diffusion")
    prediction = server.predict(num_outputs=3, width=16, height=64, seed=3, num_inference_steps=50)
    assert [png_size(one) for one in prediction["output"]] == [(16, 64)] * 3
    assert len(set(prediction["output"])) == 3, "the same path, written again, is another output"
    assert prediction["logs"] == "Using seed: 3\n" + "0%\n50%\n" * 3
    assert failed(server, prompt="nsfw").endswith("ValueError: NSFW content detected. Try another prompt.")
    assert refused(server, width=17, scheduler="x", num_outputs=5) == [
        "5 is greater than the maximum of 4",
        '"x" is not one of ["DDIM","K_EULER","PNDM"]',
        "17 is not one of [16,32,64]",
    ]


def test_segmentation(models: Models) -> None:
    server = models("segmentation")
    output = server.output(image=data_url(b"..A\nB.A\n"), scores=True)
    assert output["boxes"][0] == {"left": 2, "top": 0, "label": "A", "score": 0.5}
    assert {name: content_of(url, "text/plain") for name, url in output["masks"].items()} == {
        "A": b"2,0 2,1",
        "B": b"0,1",
    }
    assert json.loads(content_of(output["report"], "application/json")) == {"count": 3}
    assert output["preview"] is None


def test_frames(models: Models) -> None:
    server = models("frames")
    prediction = server.predict(count=2)
    with zipfile.ZipFile(io.BytesIO(content_of(prediction["output"], "application/zip"))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"frame-1.txt": b"#", "frame-2.txt": b"##"}
    assert prediction["logs"] == "frame 1\nframe 2\n", "what other programs print"
    assert "CalledProcessError" in failed(server, fail=True)


def test_optional(models: Models) -> None:
    server = models("optional")
    everything = {
        "text": "t", "count": 0, "ratio": 1.5, "flag": False, "choice": "b", "items": ["i"], "options": {"o": [1]},
        "either": "e", "bare": 3,
    }  # fmt: skip
    assert server.output() == {}
    assert server.output(**everything) == everything
    assert server.output(**dict.fromkeys(everything), image=None, key=None) == {}
    assert server.output(image=data_url(b"content"), key="k") == {"image": "content", "key": "k"}
    assert refused(server, count=-1, choice="c") == [
        '"c" is not one of ["a","b"]',
        "-1 is less than the minimum of 0",
    ]


def test_training(models: Models) -> None:
    server = models("training")
    answer = server.request("POST", "/trainings", {"input": {"data": data_url(b"1 2\n2 4\n"), "trigger_word": "CAT"}})
    assert answer.status == 200 and answer.json["status"] == "succeeded", answer
    assert answer.json["logs"] == "trained CAT\n"
    assert answer.json["output"]["loss"] == 0.0
    weights = content_of(answer.json["output"]["weights"], "application/json")
    assert json.loads(weights) == {"slope": 2.0, "trigger": "CAT"}
    bad = server.request("POST", "/trainings", {"input": {"data": "x", "trigger_word": "cat"}})
    assert bad.status == 422 and bad.json["detail"][0]["msg"] == '"cat" does not match "^[A-Z]+$"'


def test_trained(models: Models) -> None:
    assert models("trained").output(x=4) == 10.0


def test_legacy(models: Models) -> None:
    server = models("legacy")
    prediction = server.predict(text="hi", num_outputs=4)
    assert prediction["output"]["text"] == ">HI"
    assert content_of(prediction["output"]["file"], "text/plain") == b">HI" * 4
    assert prediction["metrics"]["shouted"] == 2
    assert "cog: ExperimentalFeatureWarning is deprecated" in server.log


def test_weather(models: Models) -> None:
    output = models("weather").output(city="Oslo", words=True)
    assert output["days"] == [{"high": 20.0, "low": 10.5, "words": "sunny"}, {"high": 21.0, "low": 10.5}]
    assert output["by_name"]["today"] == output["days"][0]
    schema = document(models("weather"))["components"]["schemas"]["Output"]
    assert schema["required"] == ["city", "days", "by_name"]
    assert "required" not in schema["properties"]["days"]["items"]


def test_route(models: Models) -> None:
    server = models("route")
    output = server.output(start={"x": 3, "y": 4}, mode="ride")
    assert output == {
        "points": [{"x": 3.0, "y": 4.0, "name": None}, {"x": 0.0, "y": 0.0, "name": "home"}],
        "length": 5.0,
        "mode": "ride",
        "day": "2024-02-29",
        "warnings": [],
    }
    assert server.output(start={"x": 0, "y": 0}, stops=[{"x": 100, "y": 0, "name": "far"}])["warnings"] == ["far"]
    assert refused(server, start={"x": 1}, stops=[{"x": "a", "y": 0}]) == [
        "Field required",
        '"a" is not of type "number"',
    ]


def test_order(models: Models) -> None:
    server = models("order")
    assert server.output(item={"name": "tea", "price": 2.5, "tags": ["hot"]}, count=2) == {
        "items": [{"name": "tea", "price": 2.5, "tags": ["hot"]}] * 2,
        "total": 5.0,
        "note": None,
        "counts": {"tea": 2},
    }
    assert "Input should be greater than 0" in failed(server, item={"name": "tea", "price": -1})
    assert refused(server, item={"name": 1}) == ['1 is not of type "string"', "Field required"]


def test_moderation(models: Models) -> None:
    server = models("moderation")
    assert server.output(text="buy buy now") == "spam"
    assert server.output(text="buy buy fool", categories=["rude"]) == "rude"
    assert server.output(text="buy buy", level=3) == "fine"
    assert refused(server, text="a", level=4, categories=["odd"]) == [
        '"odd" is not one of ["spam","rude","fine"]',
        "4 is not one of [1,2,3]",
    ]


def test_gateway(models: Models) -> None:
    server = models("gateway")
    prediction = server.create({"token": "abc"}, context={"tenant": "Ada"}).json
    assert prediction["output"] == "small for Ada, key of 3 letters"
    assert prediction["logs"] == "calling with **********\n"
    metrics = {name: value for name, value in prediction["metrics"].items() if name != "predict_time"}
    assert metrics == {"calls": 2, "models": ["small"], "billing": {"seconds": 1.5}}
    assert refused(server) == ["Field required"]


def test_pipeline(models: Models) -> None:
    prediction = models("pipeline").predict(texts=["a", "b"], parallel=1)
    assert prediction["output"] == {"a": "ca978112", "b": "3e23e816"}
    assert prediction["metrics"]["digests"] == 2 and prediction["logs"] == "hashed 2\n"


def test_function(models: Models) -> None:
    assert models("function").output(text="abc", times=2) == "cbacba"
    assert refused(models("function"), times=0) == ["0 is less than the minimum of 1", "Field required"]


def test_translate(models: Models) -> None:
    server = models("translate")
    messages = [{"role": "user", "content": "hello big world", "n": 1.0}]
    settings = {"dictionary": {"big": "große"}}
    assert server.output(messages=messages, settings=settings) == [
        {"role": "user", "content": "hallo große Welt", "n": 1.0}
    ]
    assert refused(server, messages=["hello"]) == ['"hello" is not of type "object"']


def test_archive(models: Models) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "A")
        archive.writestr("deep/b.txt", "B")
        archive.writestr("c.json", "{}")
    output = models("archive").output(archive=data_url(packed.getvalue(), "application/zip"))
    assert [content_of(one, "text/plain") for one in output["txt"]] == [b"A", b"B"]
    assert content_of(output["json"][0], "application/json") == b"{}"
    flat = models("archive").output(archive=data_url(packed.getvalue(), "application/zip"), flat=True)
    assert len(flat["all"]) == 3


def test_guarded(models: Models) -> None:
    server = models("guarded")
    assert server.output() == 321.0
    assert server.output(values=[1, 1], break_it=True) == 11.0
    server.wait_until("UNHEALTHY")
    assert server.output() == 321.0
    server.wait_until("READY")


def test_lines(models: Models) -> None:
    server = models("lines")
    assert server.output(text=data_url(b"one\ntwo\n")) == ["1: one", "2: two"]
    held: Background[Any] = server.begin(id="held", text=data_url(b"one\ntwo\n"), hold=True)
    server.wait_for_file("holding")
    assert (server.project / "in-use").exists()
    server.cancel("held")
    ended = held.result()
    assert (ended["status"], ended["logs"]) == ("canceled", "stopped early\n")
    assert not (server.project / "in-use").exists()
    assert server.output(text=data_url(b"again")) == ["1: again"]


def test_counters(models: Models) -> None:
    server = models("counters")
    assert server.output(name="a", by=2) == {"count": 2, "total": 2, "registry": ["Predictor"]}
    assert server.output(name="b") == {"count": 1, "total": 3, "registry": ["Predictor"]}
    assert refused(server, name="a", by=4) == ["4 is greater than the maximum of 3"]


def canceled(server: Server, **values: object) -> Any:
    """Cancels a prediction once it runs; its answer."""
    running = server.project / "running"
    running.unlink(missing_ok=True)
    prediction: Background[Any] = server.begin(id="stubborn", **values)
    server.wait_for_file("running")
    server.cancel("stubborn")
    ended = prediction.result()
    assert ended["status"] == "canceled" and "output" not in ended and "error" not in ended, ended
    return ended


@pytest.mark.parametrize("how", ["products", "sleep", "program"])
def test_a_cancel_stops_the_work(models: Models, how: str) -> None:
    server = models("stubborn")
    (worker,) = server.workers()
    canceled(server, how=how)
    assert server.output() == "done"
    assert server.workers() == [worker]


def test_a_cancel_waits_for_the_clean_up(models: Models) -> None:
    assert canceled(models("stubborn"), how="sleep", reaction="clean up")["logs"] == "cleaned up\n"
    assert models("stubborn").output() == "done"


@pytest.mark.parametrize("reaction", ["swallow", "raise"])
def test_a_cancel_counts_whatever_the_model_makes_of_it(models: Models, reaction: str) -> None:
    canceled(models("stubborn"), how="products", reaction=reaction)
    assert models("stubborn").output() == "done"


def test_a_native_call_that_goes_on_is_ended_with_its_process(models: Models) -> None:
    server = models("stubborn")
    (worker,) = server.workers()
    canceled(server, how="one call")
    server.wait_until("READY")
    assert server.output() == "done"
    assert worker not in server.workers()


def test_there_are_enough_models() -> None:
    assert len(NAMES) >= 25
