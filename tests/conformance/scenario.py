"""The scenario files: what is asked of both servers, in which setting.

A file is one JSON object:

    why          the rule that is shown, with the section of the contract
    model        file of models/ without .py; `model:Name` for another name than Predictor
    environment, arguments, schema, training, state, own
                 the setting, see Setting; scenarios with one setting share their servers, unless `own`
    steps        what is done, in order; see replay.py
    mask         regular expressions; what they match counts as equal
    difference   a row of differences.md; then `ours` holds the whole transcript that our server must give, and the
                 reference's must be another one
    reference    "skip: REASON" where the reference cannot be asked; `ours` as above
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

FOLDER = Path(__file__).resolve().parent / "scenarios"
MODELS = Path(__file__).resolve().parent / "models"


@dataclass(frozen=True)
class Setting:
    """What the servers are started with."""

    model: str
    environment: tuple[tuple[str, str], ...] = ()
    arguments: tuple[str, ...] = ()
    schema: str = ""
    """A hand-made OpenAPI document of models/ in place of the model's; "none": the reference has no document."""
    training: str = ""
    """Name of the training in the model's file."""
    state: str = "READY"
    """The state to wait for before the first step; empty: only for the port."""
    own: str = ""
    """The scenario's name if it wants servers of its own."""

    @property
    def reference(self) -> str:
        """The model as file.py:Name."""
        file, _, name = self.model.partition(":")
        return f"{file}.py:{name or 'Predictor'}"


@dataclass(frozen=True)
class Scenario:
    name: str
    why: str
    setting: Setting
    steps: list[dict[str, Any]]
    mask: tuple[str, ...]
    difference: str
    skip: str
    ours: Optional[list[Any]]


def read(path: Path) -> Scenario:
    fields = json.loads(path.read_text())
    name = str(path.relative_to(FOLDER).with_suffix(""))
    setting = Setting(
        model=fields.pop("model"),
        environment=tuple(sorted(fields.pop("environment", {}).items())),
        arguments=tuple(fields.pop("arguments", ())),
        schema=fields.pop("schema", ""),
        training=fields.pop("training", ""),
        state=fields.pop("state", "READY"),
        own=name if fields.pop("own", False) else "",
    )
    scenario = Scenario(
        name=name,
        why=fields.pop("why"),
        setting=setting,
        steps=fields.pop("steps"),
        mask=tuple(fields.pop("mask", ())),
        difference=fields.pop("difference", ""),
        skip=fields.pop("reference", "").partition("skip: ")[2],
        ours=fields.pop("ours", None),
    )
    if fields:
        raise ValueError(f"{path}: unknown fields {sorted(fields)}")
    return scenario


def read_all() -> list[Scenario]:
    """All scenarios, those of one setting together."""
    found = [read(path) for path in sorted(FOLDER.rglob("*.json"))]
    order = {scenario.setting: place for place, scenario in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda scenario: order[scenario.setting])


def write(path: Path, fields: dict[str, Any]) -> None:
    """One line a field, a step, an entry of the transcript."""
    lines = []
    for name, value in fields.items():
        if name in ("steps", "ours"):
            shown = "[\n" + ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in value) + "\n  ]"
        else:
            shown = json.dumps(value, ensure_ascii=False)
        lines.append(f"  {json.dumps(name)}: {shown}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
