"""Shows what both servers answer, as a diff: show.py [--all] [--write] [NAME...]

--all: also where they agree; --write: the transcript of ours goes into the file of a scenario with a difference.

For authors of scenarios: what --write has written is to be read before it is committed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from difflib import unified_diff

from pair import REFERENCE, Pairs
from scenario import FOLDER, read_all, write
from test_conformance import text, transcripts


def _compared(reference: str, ours: str) -> Iterator[str]:
    return unified_diff(reference.splitlines(), ours.splitlines(), "reference", "ours", n=9, lineterm="")


def main(arguments: list[str]) -> None:
    REFERENCE.install()
    is_writing = "--write" in arguments
    wanted = [one for one in arguments if not one.startswith("--")]
    with Pairs() as pairs:
        for scenario in read_all():
            if wanted and not any(word in scenario.name for word in wanted):
                continue
            try:
                got = transcripts(scenario, pairs)
            except Exception as error:
                print(f"== {scenario.name}: {type(error).__name__}: {error}")
                pairs.stop()
                continue
            ours, reference = text(got["ours"]), text(got.get("reference"))
            if ours == reference:
                print(f"== {scenario.name}: same\n{ours if '--all' in arguments else ''}")
                continue
            print(f"== {scenario.name}: different")
            print("\n".join(_compared(reference, ours)))
            if is_writing and (scenario.difference or scenario.skip):
                path = FOLDER / f"{scenario.name}.json"
                fields = {**json.loads(path.read_text()), "ours": got["ours"]}
                write(path, fields)


if __name__ == "__main__":
    main(sys.argv[1:])
