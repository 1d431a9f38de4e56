"""The models of examples/: what comes out is what their inputs ask for."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import json
import math
import re
import subprocess
import wave
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cog_tool import tool
from example_servers import EXAMPLES, NAMES, serve_example
from listening import Stream
from model_packages import PYTHON
from package_venv import Unavailable
from server import Server
from tool import environment

Examples = Callable[[str], Server]
MEASURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    """The server of an example, one for all tests."""
    with ExitStack() as servers:

        @cache
        def of(name: str) -> Server:
            try:
                return servers.enter_context(serve_example(tmp_path_factory.mktemp(name), name))
            except Unavailable as missing:
                pytest.skip(str(missing))

        yield of


def data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def content_of(url: str, kind: str) -> bytes:
    head, _, encoded = url.partition(",")
    assert head == f"data:{kind};base64"
    return base64.b64decode(encoded)


def failed(server: Server, **values: object) -> str:
    prediction = server.predict(**values)
    assert prediction["status"] == "failed", prediction
    return str(prediction["error"])


def refused(server: Server, **values: object) -> list[str]:
    """The inputs that a 422 names, also by one of their items."""
    answer = server.create(values)
    assert answer.status == 422, answer
    return sorted({str(error["loc"][2]).partition("/")[0] for error in answer.json["detail"]})


def choices_of(server: Server, name: str) -> list[str]:
    return list(server.request("GET", "/openapi.json").json["components"]["schemas"][name]["enum"])


@pytest.mark.parametrize("name", NAMES)
def test_doctor_finds_nothing(name: str) -> None:
    without = {"COG_SKIP_DOCKER_CHECK": "1", "COG_SKIP_GPU_CHECK": "1"}
    done = subprocess.run(
        [str(tool()), "doctor"], cwd=EXAMPLES / name, env=environment(without), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (0, ["no issues found"]), done.stdout + done.stderr


def test_every_example_is_listed() -> None:
    listed = re.findall(r"^\| `([\w-]+)`", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == NAMES


def lines_of(name: str) -> str:
    """The commands that the two READMEs have for an example."""
    (row,) = re.findall(rf"^\| `{name}` .*\| (.*) \|$", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    blocks = re.findall(r"^```\n(.*?)^```$", (EXAMPLES / name / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return "\n".join([*re.findall("^`(.*)`$", row), *blocks])


@pytest.mark.parametrize("name", ["image", "streaming-text", "melody", "flowers"])
def test_the_lines_of_the_readme_do_as_they_say(examples: Examples, tmp_path: Path, name: str) -> None:
    server = examples(name)
    (tmp_path / "examples").symlink_to(EXAMPLES)
    (tmp_path / "flowers.csv").write_text(f"{','.join(MEASURES)}\n5,3,1.4,0.2\n")
    lines = (
        lines_of(name).replace("localhost:8393", f"localhost:{server.port}").replace("curl ", "curl --fail-with-body ")
    )
    before = len(server.request("GET", "/predictions").json["results"])
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    made = server.request("GET", "/predictions").json["results"]
    assert len(made) - before == lines.count("curl "), "every line is a prediction"
    assert {one["status"] for one in made[: len(made) - before]} == {"succeeded"}
    kinds = {"output.png": b"\x89PNG", "melody.wav": b"RIFF"}
    written = [path.name for path in tmp_path.iterdir() if path.name in kinds]
    assert len(written) == (name in ("image", "melody"))
    assert all((tmp_path / one).read_bytes().startswith(kinds[one]) for one in written)


# image


@pytest.fixture
def pillow() -> Any:
    return pytest.importorskip("PIL.Image")


def picture(pillow: Any, url: str) -> Any:
    return pillow.open(io.BytesIO(content_of(url, "image/png")))


def pixels(pillow: Any, url: str) -> list[tuple[int, int, int]]:
    return list(picture(pillow, url).getdata())


def encoded(image: Any) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return data_url(file.getvalue(), "image/png")


def test_image_has_a_picture_of_its_own(examples: Examples, pillow: Any) -> None:
    assert picture(pillow, examples("image").output()).size == (480, 360)
    assert picture(pillow, examples("image").output(width=64)).size == (64, 48)


def test_image_takes_a_picture(examples: Examples, pillow: Any) -> None:
    given = pillow.new("RGBA", (2, 1), (255, 0, 0, 255))
    given.putpixel((1, 0), (0, 0, 255, 255))
    assert pixels(pillow, examples("image").output(image=encoded(given), width=2)) == [(255, 0, 0), (0, 0, 255)]
    assert pixels(pillow, examples("image").output(image=encoded(given), width=2, mirror=True))[0] == (0, 0, 255)
    assert "cannot identify image" in failed(examples("image"), image=data_url(b"no picture", "image/png"))


def test_image_filters_do_what_they_say(examples: Examples, pillow: Any) -> None:
    server = examples("image")
    plain = pixels(pillow, server.output(width=48))

    def filtered(*names: str, **more: object) -> list[tuple[int, int, int]]:
        return pixels(pillow, server.output(width=48, filters=list(names), **more))

    def colours(wanted: Sequence[tuple[int, int, int]]) -> int:
        return len(set(wanted))

    negative = [(255 - red, 255 - green, 255 - blue) for red, green, blue in plain]
    assert filtered("negative") == negative
    assert filtered("negative", "negative") == plain
    assert filtered("negative", strength=0) == plain
    assert all(126 <= value <= 128 for one in filtered("negative", strength=0.5) for value in one)
    assert all(red == green == blue for red, green, blue in filtered("grey"))
    assert all(red == green == blue for red, green, blue in filtered("sketch"))
    assert all(red >= green >= blue for red, green, blue in filtered("sepia"))
    assert {value for one in filtered("poster") for value in one} <= {0, 64, 128, 192}
    assert colours(filtered("oil")) < colours(plain) < colours(filtered("blur"))
    assert sum(map(sum, filtered("edges"))) < sum(map(sum, plain)) / 2


def test_every_filter_of_image_changes_the_picture(examples: Examples, pillow: Any) -> None:
    server = examples("image")
    plain = pixels(pillow, server.output(width=40))
    names = choices_of(server, "filters")
    changed = {name for name in names if pixels(pillow, server.output(width=40, filters=[name])) != plain}
    assert changed == set(names) and len(names) == 8


@pytest.mark.parametrize(("degrees", "turn"), [(90, "ROTATE_270"), (180, "ROTATE_180"), (270, "ROTATE_90")])
def test_image_is_turned(examples: Examples, pillow: Any, degrees: int, turn: str) -> None:
    server = examples("image")
    turned = picture(pillow, server.output(width=40, rotate=degrees))
    expected = picture(pillow, server.output(width=40)).transpose(getattr(pillow.Transpose, turn))
    assert (turned.size, list(turned.getdata())) == (expected.size, list(expected.getdata()))


def test_image_is_signed_by_who_has_the_key(examples: Examples, pillow: Any) -> None:
    prediction = examples("image").predict(width=20, filters=["blur", "grey"], signing_key="canary")
    signed = picture(pillow, prediction["output"])
    assert signed.text == {"signature": hmac.new(b"canary", signed.tobytes(), hashlib.sha256).hexdigest()}
    assert picture(pillow, examples("image").output(width=20)).text == {}
    assert "canary" not in prediction["logs"]
    assert prediction["metrics"]["pixels"] == 20 * 15
    assert "Filtering:  50%|##########          | 1/2\r" in prediction["logs"]


def test_image_refuses(examples: Examples) -> None:
    wrong = {"width": 0, "filters": ["glow"], "strength": 1.5, "rotate": 45, "mirror": "left"}
    assert refused(examples("image"), **wrong) == sorted(wrong)


# streaming-text

FAST = {"words_per_second": 200, "words": 60}
TALES = (EXAMPLES / "streaming-text" / "tales.txt").read_text()


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+|[.,;:!?]|\n\n", text)


def written(server: Server, **values: object) -> str:
    return "".join(server.output(**{**FAST, **values}))


def test_text_is_the_same_for_the_same_seed(examples: Examples) -> None:
    server = examples("streaming-text")
    first = written(server, seed=1)
    assert written(server, seed=1) == first
    assert len({written(server, seed=seed) for seed in range(5)}) == 5
    assert first.startswith("Once upon a time") and len(tokens(first)) == 4 + 60


def test_text_says_the_seed_that_it_took(examples: Examples) -> None:
    prediction = examples("streaming-text").predict(**FAST)
    seed = int(re.findall(r"Seed: (\d+)", prediction["logs"])[0])
    assert written(examples("streaming-text"), seed=seed) == "".join(prediction["output"])
    assert prediction["logs"].endswith("\rWriting: 100%|####################| 60/60\n")
    assert prediction["metrics"]["words"] == 60


def test_text_follows_what_it_has_read(examples: Examples) -> None:
    server = examples("streaming-text")
    for memory in (1, 2, 3):
        made = tokens(written(server, prompt="The fox", seed=3, memory=memory, temperature=1))
        read = tokens(TALES)
        known = set(zip(read, read[1:]))
        assert set(zip(made, made[1:])) <= known
    assert written(server, temperature=0) == written(server, temperature=0)


def test_text_ends_before_a_word(examples: Examples) -> None:
    server = examples("streaming-text")
    made = written(server, words=1000, seed=1, stop=[".", "and"])
    assert 4 < len(tokens(made)) < 1000 and not {".", "and"} & set(tokens(made))
    assert len(tokens(written(server, words=7, seed=1))) == 4 + 7


def test_text_begins_as_asked(examples: Examples) -> None:
    server = examples("streaming-text")
    assert written(server, prompt="The fox", title=True, seed=1).startswith("# The fox\n\nThe fox ")


def test_text_learns_from_a_file_for_one_run(examples: Examples) -> None:
    server = examples("streaming-text")
    more = data_url(b"Quokkas adore eucalyptus. " * 5, "text/plain")
    asked: dict[str, Any] = {"prompt": "Quokkas", "memory": 1, "temperature": 0, "words": 2}
    assert written(server, **asked, more_text=more) == "Quokkas adore eucalyptus"
    assert "adore" not in written(server, **asked)


def test_text_comes_in_pieces(examples: Examples) -> None:
    with Stream(examples("streaming-text"), {**FAST, "seed": 5}) as stream:
        events = stream.rest()
    pieces = [data["chunk"] for name, data in events if name == "output"]
    assert len(pieces) == 61 and "".join(pieces) == written(examples("streaming-text"), seed=5)


def test_text_refuses(examples: Examples) -> None:
    wrong = {"prompt": "", "words": 0, "memory": 4, "temperature": -1, "stop": "and", "seed": 1.5}
    assert refused(examples("streaming-text"), **wrong) == sorted(wrong)


# melody


class Heard:
    """A WAV file, its first channel between -1 and 1."""

    def __init__(self, url: str) -> None:
        with wave.open(io.BytesIO(content_of(url, "audio/wav"))) as file:
            self.rate, self.channels, self.frames = file.getframerate(), file.getnchannels(), file.getnframes()
            values = array("h", file.readframes(self.frames))
        self.sides = [[value / 32767 for value in values[side :: self.channels]] for side in range(self.channels)]
        self.samples = self.sides[0]

    def part(self, start: float, end: float) -> list[float]:
        return self.samples[round(start * self.rate) : round(end * self.rate)]

    def pitch(self, start: float = 0, end: float = 1) -> float:
        """Hertz, by how often it goes up through zero; for sounds that do so once a wave."""
        part = self.part(start, end)
        ups = [at + one / (one - two) for at, (one, two) in enumerate(zip(part, part[1:])) if one < 0 <= two]
        return float((len(ups) - 1) * self.rate / (ups[-1] - ups[0]))

    def strength(self, pitch: float, start: float = 0, end: float = 1) -> float:
        """How much of that pitch is in it."""
        turn = 2 * math.pi * pitch / self.rate
        part = self.part(start, end)
        real = sum(value * math.cos(turn * at) for at, value in enumerate(part))
        return math.hypot(real, sum(value * math.sin(turn * at) for at, value in enumerate(part))) / len(part)


def hear(server: Server, **values: object) -> Heard:
    return Heard(server.output(**{"tempo": 60, "instrument": "flute", "sample_rate": 8000, **values}))


def test_melody_has_the_pitch_of_its_notes(examples: Examples) -> None:
    server = examples("melody")
    assert hear(server, notes="A4").pitch() == pytest.approx(440, abs=0.5)
    assert hear(server, notes="A4", transpose=12).pitch() == pytest.approx(880, abs=0.5)
    assert hear(server, notes="C5", transpose=-12).pitch() == pytest.approx(261.63, abs=0.5)
    scale = hear(server, notes="C4 C#4 Eb4:2 -:0.5 A3", tempo=120)
    assert scale.frames == 8000 * (0.5 + 0.5 + 1 + 0.25 + 0.5)
    found = [scale.pitch(start, end) for start, end in ((0.02, 0.48), (0.52, 0.98), (1.02, 1.98), (2.27, 2.73))]
    assert found == pytest.approx([261.63, 277.18, 311.13, 220], abs=1)
    assert set(scale.part(2.01, 2.24)) == {0}, "a rest"


@pytest.mark.parametrize("instrument", ["flute", "organ", "bell", "string"])
def test_melody_is_in_tune(examples: Examples, instrument: str) -> None:
    heard = hear(examples("melody"), notes="A4", instrument=instrument, sample_rate=22050)
    near = {cents: heard.strength(440 * 2 ** (cents / 1200), 0.05, 0.6) for cents in (-100, -50, 0, 50, 100)}
    assert max(near, key=lambda cents: near[cents]) == 0, near


def test_melody_sounds_differ_by_instrument(examples: Examples) -> None:
    server = examples("melody")
    assert (
        len(
            {
                server.output(notes="A4", sample_rate=8000, instrument=one)
                for one in ("flute", "organ", "bell", "string")
            }
        )
        == 4
    )


def test_melody_is_as_loud_as_asked(examples: Examples) -> None:
    server = examples("melody")
    for volume in (0.25, 1):
        assert max(map(abs, hear(server, notes="A4", volume=volume).samples)) == pytest.approx(volume, abs=0.001)
    assert set(hear(server, notes="A4", volume=0).samples) == {0}


def test_melody_wanders_in_stereo(examples: Examples) -> None:
    heard = hear(examples("melody"), notes="A4 A4 A4", stereo=True)
    assert (heard.channels, heard.rate, heard.frames) == (2, 8000, 24000)
    shares = [
        sum(map(abs, heard.sides[1][at : at + 8000])) / sum(map(abs, heard.sides[0][at : at + 8000]))
        for at in (0, 8000, 16000)
    ]
    assert shares[0] == pytest.approx(1, abs=0.01) and min(shares[1:]) > 2


def test_melody_has_echoes(examples: Examples) -> None:
    heard = hear(examples("melody"), notes="A4 -", echoes=[1.0, 1.5])
    assert heard.frames == 8000 * 3.5
    loud = [heard.strength(440, start, start + 0.5) for start in (0.25, 1, 2)]
    assert loud[1] == pytest.approx(loud[0] / 2, rel=0.1) and loud[2] == pytest.approx(loud[0] / 4, rel=0.1)


def test_melody_plays_a_recording(examples: Examples) -> None:
    server = examples("melody")
    tone = server.output(notes="C4:2", tempo=60, instrument="flute", sample_rate=22050)
    assert hear(server, notes="C5", recording=tone).pitch(0.02, 0.9) == pytest.approx(523.25, abs=2)
    assert hear(server, notes="F3", recording=tone).pitch(0.02, 0.9) == pytest.approx(174.61, abs=1)
    assert "file does not start with RIFF id" in failed(server, recording=data_url(b"noise" * 9, "audio/wav"))


def test_melody_tells_how_far_it_is(examples: Examples) -> None:
    prediction = examples("melody").predict(notes="A4 B4", tempo=60)
    assert "Playing:  50%|##########          | 1/2 notes\rPlaying: 100%" in prediction["logs"]
    assert (prediction["metrics"]["notes"], prediction["metrics"]["seconds"]) == (2, 2)


def test_melody_refuses(examples: Examples) -> None:
    server = examples("melody")
    assert "'H4' is no note; notes look like A4, C#5:0.5 or -:2" in failed(server, notes="A4 H4")
    assert "longer than 120 seconds" in failed(server, notes="A4:400")
    wrong = {"notes": "", "tempo": 29, "instrument": "kazoo", "transpose": 25, "volume": 2, "sample_rate": 9000}
    assert refused(server, **wrong) == sorted(wrong)


# flowers

HELD_OUT = """
import json
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
flowers = load_iris()
_, rows, _, species = train_test_split(
    flowers.data, flowers.target, test_size=0.3, random_state=0, stratify=flowers.target)
print(json.dumps([[*map(float, row), str(flowers.target_names[one])] for row, one in zip(rows, species)]))
"""


@pytest.fixture(scope="module")
def held_out(examples: Examples) -> list[list[Any]]:
    """The flowers that the model has not learned from, each with its species."""
    examples("flowers")
    printed = subprocess.run([str(PYTHON), "-c", HELD_OUT], capture_output=True, check=True).stdout
    return list(json.loads(printed))


def table_of(rows: Sequence[Sequence[Any]]) -> str:
    lines = [",".join([*MEASURES, "note"]), *(",".join([*map(str, row[:4]), '"a, b"']) for row in rows)]
    return data_url("\n".join(lines).encode(), "text/csv")


@pytest.mark.parametrize("method", ["logistic regression", "neighbours", "forest"])
def test_flowers_are_told_apart(examples: Examples, held_out: list[list[Any]], method: str) -> None:
    prediction = examples("flowers").predict(table=table_of(held_out), method=method)
    output = prediction["output"]
    named = list(csv.DictReader(io.StringIO(content_of(output["table"], "text/csv").decode())))
    right = sum(one["species"] == row[4] for one, row in zip(named, held_out))
    assert len(named) == len(held_out) == 45 and right / 45 > 0.9
    assert output["accuracy"] == pytest.approx(right / 45, abs=0.001) == prediction["metrics"]["accuracy"]
    assert all(one["note"] == "a, b" and 1 / 3 <= float(one["probability"]) <= 1 for one in named)
    assert output["species"] is None and output["weights"] is None


def test_a_flower_is_told_by_its_measures(examples: Examples, held_out: list[list[Any]]) -> None:
    server = examples("flowers")
    for row in held_out[:6]:
        flower = server.output(**dict(zip(MEASURES, row)), method="neighbours")
        assert flower["species"] == row[4]
        assert sum(flower["probabilities"].values()) == pytest.approx(1, abs=0.001)
    assert server.output(petal_length=1.4, petal_width=0.2, sepal_length=5)["species"] == "setosa"
    assert server.output(petal_length=6.5, petal_width=2.4)["species"] == "virginica"


def test_flowers_need_some_measures_more_than_others(examples: Examples) -> None:
    server = examples("flowers")
    petals = server.output(measures=["petal_length", "petal_width"])["accuracy"]
    assert petals > 0.9 > server.output(measures=["sepal_width"])["accuracy"]
    weights = server.output(explain=True)["weights"]
    assert sorted(weights) == sorted(MEASURES)
    assert max(weights["petal_length"], weights["petal_width"]) > 0.2 > weights["sepal_width"]
    assert "At least one measure" in failed(server, measures=[])


def test_a_forest_grows(examples: Examples) -> None:
    prediction = examples("flowers").predict(method="forest", trees=25, seed=3)
    assert "\rTraining:  40%|########            | 10/25\r" in prediction["logs"]
    assert prediction["logs"].count("\r") == 3
    assert examples("flowers").output(method="forest", trees=25, seed=3) == prediction["output"]


def test_flowers_refuse(examples: Examples) -> None:
    wrong = {"petal_width": 3, "method": "guess", "measures": ["colour"], "trees": 0, "seed": -1}
    assert refused(examples("flowers"), **wrong) == sorted(wrong)
    assert "has no column 'sepal_length'" in failed(examples("flowers"), table=data_url(b"a,b\n1,2\n", "text/csv"))


# batch


def test_digits_share_a_call_and_each_gets_its_own(examples: Examples) -> None:
    server = examples("batch")
    alone = [server.output(number=number) for number in range(12)]
    runs = [server.begin(number=number) for number in range(12)]
    ends = [run.result() for run in runs]
    assert [end["output"] for end in ends] == alone
    assert all(1 <= end["metrics"]["batch_size"] <= 16 for end in ends)
    named = [end["logs"].endswith(f"as a {end['output']['digit']}\n") for end in ends]
    assert sum(named) > 9


def test_a_shifted_digit_gets_fewer_votes(examples: Examples) -> None:
    server = examples("batch")
    votes = [sum(server.output(number=number, shift=shift)["votes"] for number in range(10)) for shift in (0, 3)]
    assert votes[0] > votes[1]
