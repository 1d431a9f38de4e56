"""What may differ between two runs, made equal; done on the text, so the order and form of all else still counts."""

from __future__ import annotations

import json
import re
from typing import Optional

_MASKS = [
    (re.compile(r"\bpred_[0-9a-f]+"), "pred_*"),
    (re.compile(r'"predict_time":[-+0-9.eE]+'), '"predict_time":0.0'),
    (re.compile(r'"(started_at|completed_at|created_at)":"\d{4}-\d\d-\d\dT[0-9:.]+(\+00:00|Z)"'), r'"\1":"*"'),
    (re.compile(r'"(coglet|git_sha|build_time|python_sdk|python|cog_version)":"[^"]*"'), r'"\1":"*"'),
    (re.compile(r"slot [0-9a-f]{8}-[0-9a-f-]{27}"), "slot *"),
    (re.compile(r"\btmp[a-z0-9_]{8}"), "tmp*"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x*"),
    # `index-members` in differences.md
    (re.compile(r',"operations":\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}|,"status":"alive"'), ""),
    # `failed-traceback` in differences.md
    (re.compile(r'(?<!\] )Traceback \(most recent call last\):(?:[^"\\]|\\.)*(?=")'), ""),
]
_SETUP_LOGS = re.compile(r'("status":"(?:starting|succeeded|failed)","logs":)("(?:[^"\\]|\\.)*")')
_KEPT_LINE = re.compile(r"\[coglet::setup\] (?! |Traceback)|\[coglet\] worker |worker ")


def mask(text: str, names: dict[str, str], extra: tuple[str, ...] = (), setup_said: Optional[list[str]] = None) -> str:
    """`names` are what a run put in for the placeholders of its scenario; `setup_said` stands for all setup logs."""
    for name, value in sorted(names.items(), key=lambda item: -len(item[1])):
        text = text.replace(value, name)
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    said = None if setup_said is None else "".join(f"{line}\n" for line in setup_said)
    text = _SETUP_LOGS.sub(lambda found: found[1] + json.dumps(said or setup_lines(json.loads(found[2]))), text)
    for more in extra:
        text = re.sub(more, "*", text)
    return text


def setup_lines(logs: str) -> str:
    """The model's own lines and the cause of a failure: the rest names the inner workings of a server."""
    return "".join(f"{line}\n" for line in logs.splitlines() if _KEPT_LINE.match(line))
