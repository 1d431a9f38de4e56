import random
import re
import sys
import wave
from array import array
from math import exp, pi, sin
from typing import Callable, Dict, List, NamedTuple, Optional

from cog import BaseRunner, Input, Path

NOTE = re.compile(r"(?:([A-G])([#b]?)(-?\d)|-)(?::(\d+(?:\.\d+)?))?")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ODE = "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4:1.5 D4:0.5 D4:2"
MIDDLE_C = 60
MOST_SECONDS = 120
Sound = List[float]
"""Samples between -1 and 1."""


class Note(NamedTuple):
    key: Optional[int]
    """Counted as in MIDI: 69 is the A of 440 Hz. None: a rest."""
    beats: float


def read(notes: str) -> List[Note]:
    melody: List[Note] = []
    for word in notes.split():
        found = NOTE.fullmatch(word)
        if not found:
            raise ValueError(f"{word!r} is no note; notes look like A4, C#5:0.5 or -:2")
        name, accidental, octave, beats = found.groups()
        key = 12 * (int(octave) + 1) + STEPS[name] + {"#": 1, "b": -1, "": 0}[accidental] if name else None
        melody.append(Note(key, float(beats or 1)))
    return melody


def report(done: int, total: int) -> None:
    """Writes a line over the last one, as tqdm does: the page makes a bar of it."""
    bar = "#" * (20 * done // total)
    end = "\n" if done == total else ""
    print(f"\rPlaying: {100 * done // total:3}%|{bar:20}| {done}/{total} notes", end=end, file=sys.stderr, flush=True)


def flute(pitch: float, count: int, rate: int) -> Sound:
    step = 2 * pi * pitch / rate
    return [sin(step * at) for at in range(count)]


def organ(pitch: float, count: int, rate: int) -> Sound:
    step = 2 * pi * pitch / rate
    return [(sin(step * at) + sin(2 * step * at) / 2 + sin(3 * step * at) / 3) / 1.6 for at in range(count)]


def bell(pitch: float, count: int, rate: int) -> Sound:
    step = 2 * pi * pitch / rate
    return [sin(step * at + 2 * exp(-6 * at / rate) * sin(2 * step * at)) * exp(-2 * at / rate) for at in range(count)]


def string(pitch: float, count: int, rate: int) -> Sound:
    """A string after Karplus and Strong: noise that goes round, and loses its edges on the way."""
    source = random.Random(0)
    length = max(2, int(rate / pitch) + 1)
    rest = length - rate / pitch  # a string between two lengths: what goes round is mixed of two neighbours
    around = [source.uniform(-1, 1) for _ in range(length)]
    sound: Sound = []
    for at in range(count):
        here = at % len(around)
        sound.append(around[here])
        around[here] = 0.996 * ((1 - rest) * around[here] + rest * around[(here + 1) % len(around)])
    return sound


INSTRUMENTS: Dict[str, Callable[[float, int, int], Sound]] = {
    "flute": flute, "organ": organ, "bell": bell, "string": string,
}  # fmt: skip


def recorded(file: Path) -> Callable[[float, int, int], Sound]:
    """An instrument of one tone that was recorded: 16 bits, taken for the C in the middle."""
    with wave.open(str(file)) as opened:
        if opened.getsampwidth() != 2:
            raise ValueError(f"The recording has samples of {opened.getsampwidth() * 8} bits; it must have 16")
        channels, own_rate = opened.getnchannels(), opened.getframerate()
        values = array("h", opened.readframes(opened.getnframes()))[::channels]
    if not values:
        raise ValueError("The recording is empty")

    def play(pitch: float, count: int, rate: int) -> Sound:
        step = pitch / pitch_of(MIDDLE_C) * own_rate / rate
        return [values[at] / 32768 for at in (int(step * one) for one in range(count)) if at < len(values)]

    return play


def pitch_of(key: int) -> float:
    """Hertz."""
    return float(440 * 2 ** ((key - 69) / 12))


class Predictor(BaseRunner):
    def run(
        self,
        notes: str = Input(
            description="Notes as in 'A4 C#5:0.5 -': name, octave and, after a colon, beats; '-' is a rest",
            default=ODE,
            min_length=1,
            max_length=2000,
        ),
        tempo: int = Input(description="Beats a minute", default=144, ge=30, le=300),
        instrument: str = Input(description="Who plays", default="string", choices=list(INSTRUMENTS)),
        recording: Optional[Path] = Input(
            description="A tone of your own as a WAV file, played in place of the instrument",
            default=None,
            accept="audio/wav",
        ),
        transpose: int = Input(description="Half tones up, or down", default=0, ge=-24, le=24),
        echoes: List[float] = Input(description="Seconds after which everything is heard again, softer", default=[]),
        stereo: bool = Input(description="Let the notes wander from left to right", default=False),
        volume: float = Input(description="Of the loudest moment", default=0.8, ge=0, le=1),
        sample_rate: int = Input(description="Samples a second", default=22050, choices=[8000, 22050, 44100]),
    ) -> Path:
        melody = read(notes)
        if sum(note.beats for note in melody) * 60 / tempo + max(echoes, default=0) > MOST_SECONDS:
            raise ValueError(f"That would last longer than {MOST_SECONDS} seconds")
        play = recorded(recording) if recording else INSTRUMENTS[instrument]
        sides: List[Sound] = [[], []] if stereo else [[]]
        for done, note in enumerate(melody):
            count = round(note.beats * 60 / tempo * sample_rate)
            tone = [] if note.key is None else play(pitch_of(note.key + transpose), count, sample_rate)
            fade, last = sample_rate // 100, len(tone) - 1
            shaped = [value * min(1, at / fade, (last - at) / fade) for at, value in enumerate(tone)]
            shaped += [0.0] * (count - len(tone))
            right = (1 + sin(done)) / 2
            for side, part in zip(sides, (1 - right, right) if stereo else (1.0,)):
                side += [value * part for value in shaped]
            report(done + 1, len(melody))
        sides = [with_echoes(side, echoes, sample_rate) for side in sides]
        seconds = len(sides[0]) / sample_rate
        print(f"{len(melody)} notes, {seconds:.2f} s")
        self.record_metric("notes", len(melody))
        self.record_metric("seconds", round(seconds, 3))
        output = Path("/tmp/melody.wav")
        write(output, sides, volume, sample_rate)
        return output


def with_echoes(sound: Sound, echoes: List[float], rate: int) -> Sound:
    """The sound and what comes back of it: each echo is half as loud as the one before."""
    delays = [round(max(0, seconds) * rate) for seconds in echoes]
    heard = sound + [0.0] * max(delays, default=0)
    for number, delay in enumerate(delays, 1):
        for at, value in enumerate(sound, delay):
            heard[at] += value / 2**number
    return heard


def write(file: Path, sides: List[Sound], volume: float, rate: int) -> None:
    loudest = max((abs(value) for side in sides for value in side), default=0) or 1
    scale = 32767 * volume / loudest
    with wave.open(str(file), "wb") as opened:
        opened.setparams((len(sides), 2, rate, 0, "NONE", ""))
        opened.writeframes(array("h", (round(value * scale) for moment in zip(*sides) for value in moment)).tobytes())
