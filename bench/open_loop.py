"""Load by `cog bench`: a closed loop, which finds what a server can answer, and open ones, which do not wait for it."""

import json
import subprocess
from pathlib import Path
from typing import Any

from load import WrongAnswer

WARM_UP_SECONDS = 1


def measured(tool: Path, port: int, seconds: float, values: dict[str, Any], *load: str) -> dict[str, float]:
    """Answers a second, and latencies in microseconds by percent. `load`: --clients N or --rate N.

    Raises WrongAnswer when a request failed.
    """
    command = [str(tool), "bench", f"http://127.0.0.1:{port}", *load, "--duration", f"{seconds:g}"]
    command += ["--warmup", str(WARM_UP_SECONDS), "--json", json.dumps(values), "--output-json", "-"]
    done = subprocess.run(command, capture_output=True, timeout=seconds + 60, text=True)
    if done.returncode:
        raise WrongAnswer(f"{' '.join(command)}: {done.stderr[-300:]}")
    (step,) = json.loads(done.stdout)["steps"]
    if step["errors"]:
        raise WrongAnswer(f"{step['errors']} of {step['requests']} requests failed: {step['errors_by_kind']}")
    latencies = {f"p{percent} us": value * 1000 for percent, value in step["latency_ms"]["percentiles"].items()}
    return {"answers/s": step["answers_per_second"], **latencies}
