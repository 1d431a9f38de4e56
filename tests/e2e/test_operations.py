"""The alerts, the dashboard and the runbooks: that they are sound, and speak of metrics that a server has."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Serve
from listening import Receiver
from server import REPOSITORY, eventually

FOLDER = REPOSITORY / "docs" / "operations"
RULES = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "grafana.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
OTHERS = {"up"}  # that Prometheus makes itself
GPUS = re.compile("cog_gpu_")

# An alert, the series on which it fires within 30 minutes, and those on which it does not; a step is 30 s.
CASES: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("CogDown", {"up{job='cog'}": "0x60"}, {"up{job='cog'}": "1x60", "up{job='node'}": "0x60"}),
    (
        "CogNotReady",
        {"cog_status{job='cog',status='READY'}": "0x60", "cog_status{job='cog',status='BUSY'}": "0x60"},
        {"cog_status{job='cog',status='READY'}": "0x60", "cog_status{job='cog',status='BUSY'}": "1x60"},
    ),
    ("CogSetupFailed", {"cog_status{status='SETUP_FAILED'}": "1x60"}, {"cog_status{status='SETUP_FAILED'}": "0x60"}),
    ("CogDefunct", {"cog_status{status='DEFUNCT'}": "1x60"}, {"cog_status{status='DEFUNCT'}": "0x60"}),
    ("CogWorkerGivenUp", {"cog_workers{state='given_up'}": "1x60"}, {"cog_workers{state='given_up'}": "0x60"}),
    (
        "CogRestartLoop",
        {"cog_worker_restarts_total{cause='crash'}": "0+1x60"},
        {"cog_worker_restarts_total{cause='cancel'}": "0+1x60", "cog_worker_restarts_total{cause='crash'}": "1x60"},
    ),
    (
        "CogOutOfMemory",
        {"cog_worker_restarts_total{cause='oom'}": "0x50 1x10"},
        {"cog_worker_restarts_total{cause='oom'}": "1x60"},
    ),
    (
        "CogFailureRatio",
        {"cog_predictions_total{status='failed'}": "0+2x60", "cog_predictions_total{status='succeeded'}": "0+20x60"},
        {"cog_predictions_total{status='failed'}": "0+1x60", "cog_predictions_total{status='succeeded'}": "0+50x60"},
    ),
    (
        "CogRefusing",
        {"cog_predictions_refused_total{reason='capacity'}": "0+5x60", "cog_predictions_total": "0+20x60"},
        {"cog_predictions_refused_total{reason='not_ready'}": "0+5x60", "cog_predictions_total": "0+20x60"},
    ),
    (
        "CogQueueSlow",
        {
            "cog_queue_seconds_bucket{le='30.0'}": "0+1x60",
            "cog_queue_seconds_bucket{le='60.0'}": "0+9x60",
            "cog_queue_seconds_bucket{le='+Inf'}": "0+9x60",
        },
        {"cog_queue_seconds_bucket{le='30.0'}": "0+9x60", "cog_queue_seconds_bucket{le='+Inf'}": "0+9x60"},
    ),
    ("CogGpuLost", {"cog_gpu_up{uuid='a'}": "0x60"}, {"cog_gpu_up{uuid='a'}": "1x60"}),
    (
        "CogGpuMemoryFull",
        {"cog_gpu_memory_used_bytes": "98x60", "cog_gpu_memory_bytes": "100x60"},
        {"cog_gpu_memory_used_bytes": "90x60", "cog_gpu_memory_bytes": "100x60"},
    ),
    ("CogWebhooksStuck", {"cog_webhooks_waiting": "101x60"}, {"cog_webhooks_waiting": "100x60"}),
    (
        "CogDescriptors",
        {"process_open_fds{job='cog'}": "90x60", "process_max_fds{job='cog'}": "100x60"},
        {"process_open_fds{job='cog'}": "70x60", "process_max_fds{job='cog'}": "100x60"},
    ),
]

MODEL = """
import os
from collections.abc import Iterator
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, how: str = "") -> Iterator[str]:
        yield "one"
        if how == "die":
            os._exit(3)
        if how == "fail":
            raise ValueError(how)
"""


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian's, unpacked where nothing else sees it: its package would start a daemon."""
    if found := shutil.which("promtool"):
        return found
    folder = tmp_path_factory.mktemp("prometheus")
    got = subprocess.run(["apt-get", "download", "-q", "prometheus"], cwd=folder, capture_output=True, text=True)
    packages = list(folder.glob("prometheus_*.deb"))
    if got.returncode != 0 or not packages:
        pytest.skip("promtool is not here, and the package prometheus cannot be fetched")
    subprocess.run(["dpkg", "-x", str(packages[0]), str(folder)], check=True)
    return str(folder / "usr/bin/promtool")


def check(promtool: str, *arguments: object) -> None:
    done = subprocess.run([promtool, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def metrics_of(text: str) -> set[str]:
    return set(re.findall(r"\b((?:cog|process)_[a-z_]+|up)\b(?=[{ \[),]|$)", text))


def test_every_alert_has_a_case_and_a_runbook() -> None:
    names = [rule["alert"] for rule in RULES]
    assert names == [name for name, _, _ in CASES]
    sections = re.findall(r"^## (\w+)$", (FOLDER / "runbooks.md").read_text(), re.MULTILINE)
    assert sections == names
    for rule in RULES:
        assert rule["annotations"]["runbook_url"] == f"runbooks.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_rules_are_sound(promtool: str) -> None:
    check(promtool, "check", "rules", FOLDER / "alerts.yaml")


@pytest.mark.parametrize(("alert", "fires", "quiet"), CASES, ids=[name for name, _, _ in CASES])
def test_an_alert_fires_and_is_quiet(
    promtool: str, tmp_path: Path, alert: str, fires: dict[str, str], quiet: dict[str, str]
) -> None:
    expression = f"count(ALERTS{{alertname='{alert}',alertstate='firing'}}) or vector(0)"
    tests = [
        {
            "interval": "30s",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [{"expr": expression, "eval_time": "30m", "exp_samples": [{"value": value}]}],
        }
        for series, value in ((fires, 1), (quiet, 0))
    ]
    file = tmp_path / "test.yaml"
    file.write_text(
        json.dumps({"rule_files": [str(FOLDER / "alerts.yaml")], "evaluation_interval": "30s", "tests": tests})
    )
    check(promtool, "test", "rules", file)


def test_the_queries_of_the_dashboard_are_sound(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(QUERIES)
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    check(promtool, "check", "rules", file)


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_a_server_that_was_driven_has_every_metric(serve: Serve, promtool: str, tmp_path: Path) -> None:
    server = serve(MODEL, COG_MAX_QUEUE="1")
    with Receiver() as receiver:
        assert server.create({}).json["status"] == "succeeded"
        assert (
            server.create({"how": "fail"}, webhook=receiver.url("/hook"), webhook_events_filter=["completed"]).status
            == 200
        )
        assert server.create({"how": "die"}).json["status"] == "failed"
        server.wait_until("READY")
        eventually(lambda: receiver.received("/hook"), "the webhook")
    text = server.request("GET", "/metrics").body.decode()
    found = {name.removesuffix("_bucket") for name in metrics_of(text)} | metrics_of(text)
    wanted: set[str] = set()
    for query in [rule["expr"] for rule in RULES] + QUERIES:
        wanted |= metrics_of(query)
    missing = {name for name in wanted - found - OTHERS if not GPUS.match(name)}
    assert not missing
    assert 'cog_worker_restarts_total{cause="exit"} 1' in text
    file = tmp_path / "metrics"
    file.write_text(text)
    with file.open() as metrics:
        done = subprocess.run([promtool, "check", "metrics"], stdin=metrics, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_state_and_what_is_in_flight(serve: Serve) -> None:
    server = serve(MODEL.replace('yield "one"', 'yield "one"\n        while how == "wait": pass'), COG_MAX_QUEUE="1")
    running = server.begin(id="one", how="wait")

    def value(series: str) -> Any:
        lines = server.request("GET", "/metrics").body.decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(series + " ")), None)

    eventually(lambda: value("cog_predictions_in_flight") == 1, "a prediction in flight")
    assert value('cog_status{status="BUSY"}') == 1
    assert value('cog_status{status="READY"}') == 0
    waiting = server.begin(id="two", how="")
    eventually(lambda: value("cog_predictions_in_flight") == 2, "two in flight")
    assert server.create({}).status == 409
    assert value('cog_predictions_refused_total{reason="capacity"}') == 1
    os.kill(server.workers()[0], signal.SIGKILL)
    assert running.result()["status"] == "failed"
    assert waiting.result()["status"] == "succeeded"
    assert value('cog_worker_restarts_total{cause="crash"}') == 1
    assert value('cog_status{status="READY"}') == 1
    assert value("cog_predictions_in_flight") == 0
    assert value("cog_setup_seconds_count") == 2
    assert value("process_open_fds") > 5
    assert value("process_resident_memory_bytes") > 1 << 20
