"""`cog deploy`: what it prints is sound for the engine that reads it, and says no when it cannot be."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cog_tool import Project
from manifests import (
    VERSIONS,
    check_references,
    check_restricted,
    container_of,
    environment_of,
    install_validator,
    is_foreign,
    of_kind,
    pod_of,
    read,
)
from package_venv import Unavailable
from pod_container import Container, needs_namespaces
from server import eventually

IMAGE = "registry.example.com/me/model@sha256:" + "0" * 64
YAML = 'build:\n  python_version: "3.11"\nrun: run.py:Runner\n'
KEDA = ("--keda", "2:20", "--prometheus", "http://prometheus.monitoring:9090")
COMBINATIONS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "named": ("--name", "other", "--namespace", "ml", "--replicas", "3"),
    "gpu": ("--gpus", "1", "--no-surge", "--runtime-class", "nvidia"),
    "gpus": ("--gpus", "4", "--gpu-resource", "nvidia.com/mig-1g.10gb", "--memory", "64Gi", "--shm", "16Gi"),
    "cache": ("--cache", "100Gi:fast", "--replicas", "2"),
    "environment": ("--env", "A=$(HOME) \"'\n: #", "--env", "A=1", "--env", "B=", "--env-secret", "tokens"),
    "times": ("--drain", "5m", "--setup-timeout", "1h30m", "--cpu", "500m"),
    "hpa": ("--hpa", "1:8", "--env", "COG_MAX_QUEUE=10"),
    "keda": (*KEDA, "--namespace", "ml"),
    "woken": ("--keda", "0:3", "--prometheus", "https://prometheus.example.com", "--activator"),
    "watched": ("--monitor", "pod", "--network-policy", "--spread", "zone", "--namespace", "ml"),
    "route": ("--route", "model.example.com", "--gateway", "infra/public"),
    "sticky": ("--sticky", "--replicas", "2"),
    "root": ("--root",),
    "kserve": ("--kserve", "--gpus", "1", "--monitor", "pod", "--network-policy"),
    "kserve-keda": ("--kserve", *KEDA, "--cache", "10Gi"),
    "knative": ("--knative", "--hpa", "0:5", "--env", "COG_MAX_QUEUE=3"),
    "everything": (
        *("--namespace", "ml", "--gpus", "2", "--cache", "1Ti", "--monitor", "pod", "--network-policy", "--sticky"),
        *("--route", "*.example.com", "--gateway", "public", "--spread", "zone", "--env-secret", "a", *KEDA),
    ),
}
every_combination = pytest.mark.parametrize("flags", COMBINATIONS.values(), ids=COMBINATIONS.keys())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"cog.yaml": YAML, "run.py": ""})


def kubernetes(project: Project, *flags: str) -> str:
    done = project.run("deploy", "kubernetes", "--image", IMAGE, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


@every_combination
def test_what_is_printed_holds_together(project: Project, flags: tuple[str, ...]) -> None:
    documents = read(kubernetes(project, *flags))
    check_references(documents)
    if "--root" not in flags:
        check_restricted(documents)
    container = container_of(documents)
    assert container["image"] == IMAGE
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert "cpu" not in container["resources"]["limits"]
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


@every_combination
def test_a_pod_has_the_time_to_stop(project: Project, flags: tuple[str, ...]) -> None:
    documents = read(kubernetes(project, *flags))
    environment = environment_of(documents)
    delay, drain = int(environment["COG_DRAIN_DELAY"]), int(environment["COG_SHUTDOWN_TIMEOUT"])
    pod = pod_of(documents)
    grace = pod["timeoutSeconds"] if "--knative" in flags else pod["terminationGracePeriodSeconds"]
    assert delay == 5
    assert grace > delay + drain
    assert "lifecycle" not in container_of(documents)
    for document in documents:
        if document["kind"] == "Deployment":
            assert document["spec"]["progressDeadlineSeconds"] > int(environment["COG_SETUP_TIMEOUT"])


@every_combination
def test_the_same_flags_give_the_same_bytes_at_once(project: Project, flags: tuple[str, ...]) -> None:
    assert kubernetes(project, *flags) == kubernetes(project, *flags)


@every_combination
def test_a_folder_holds_the_same_objects(project: Project, tmp_path: Path, flags: tuple[str, ...]) -> None:
    printed = read(kubernetes(project, *flags))
    folder = tmp_path / "a" / "b"
    assert kubernetes(project, *flags, "-o", str(folder)) == ""
    (base,) = read((folder / "kustomization.yaml").read_text())
    assert [read((folder / name).read_text())[0] for name in base["resources"]] == printed
    assert {path.name for path in folder.iterdir()} == {"kustomization.yaml", *base["resources"]}


@pytest.fixture(scope="module")
def validator() -> Path:
    try:
        return install_validator()
    except Unavailable as error:
        pytest.skip(str(error))


def test_kubernetes_knows_every_field(project: Project, tmp_path: Path, validator: Path) -> None:
    files = []
    for name, flags in COMBINATIONS.items():
        for document in read(kubernetes(project, *flags)):
            if not is_foreign(document):
                files.append(tmp_path / f"{name}-{document['kind']}.json")
                files[-1].write_text(json.dumps(document))
    assert len(files) > 3 * len(COMBINATIONS)
    for version in VERSIONS:
        done = subprocess.run(
            [validator, "--strict", "--version", version, *files], capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_validator_would_notice(tmp_path: Path, validator: Path) -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"sessionAfinity": "None"}}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    assert subprocess.run([validator, "--strict", tmp_path / "wrong.json"], capture_output=True).returncode != 0


# What each flag gives


def test_the_state_of_a_pod_is_told_by_its_probes(project: Project) -> None:
    container = container_of(read(kubernetes(project)))
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert container["startupProbe"]["failureThreshold"] == 30


def test_values_arrive_as_they_are(project: Project) -> None:
    value = "$(HOME) \"'\n: # \\ ü true"
    documents = read(kubernetes(project, "--env", f"A={value}", "--env", "B=true", "--env", "C=010"))
    environment = environment_of(documents)
    assert (environment["A"], environment["B"], environment["C"]) == (value, "true", "010")
    assert environment["COG_SHUTDOWN"] == "off"
    assert environment["COG_READY_FILE"] == ""
    assert environment["COG_IMAGE"] == IMAGE


def test_gpus(project: Project) -> None:
    one = read(kubernetes(project, "--gpus", "1"))
    assert container_of(one)["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod_of(one)["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert "COG_WORKERS" not in environment_of(one)
    assert environment_of(read(kubernetes(project, "--gpus", "2")))["COG_WORKERS"] == "gpu"
    chosen = environment_of(read(kubernetes(project, "--gpus", "2", "--env", "COG_WORKERS=1")))
    assert chosen["COG_WORKERS"] == "1"


def test_a_model_that_needs_a_gpu_gets_one(project: Project) -> None:
    project.write("cog.yaml", 'build:\n  gpu: true\n  python_version: "3.11"\nrun: run.py:Runner\n')
    assert container_of(read(kubernetes(project)))["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in container_of(read(kubernetes(project, "--gpus", "0")))["resources"]["limits"]


def test_a_budget_where_there_may_be_several_pods(project: Project) -> None:
    assert "PodDisruptionBudget" not in kubernetes(project)
    for flags in (("--replicas", "2"), ("--hpa", "1:2"), KEDA):
        assert of_kind(read(kubernetes(project, *flags)), "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_an_autoscaler_owns_the_replicas(project: Project) -> None:
    assert of_kind(read(kubernetes(project)), "Deployment")["spec"]["replicas"] == 1
    for flags in (("--hpa", "1:2"), KEDA):
        assert "replicas" not in of_kind(read(kubernetes(project, *flags)), "Deployment")["spec"]


@pytest.mark.parametrize(
    ("flags", "target"),
    [
        ((), "0.8"),
        (("--env", "COG_MAX_CONCURRENCY=5"), "4"),
        (("--env", "COG_WORKERS=3"), "2.4"),
        (("--gpus", "4"), "3.2"),
    ],
)
def test_the_target_follows_the_slots_of_a_pod(project: Project, flags: tuple[str, ...], target: str) -> None:
    scaler = of_kind(read(kubernetes(project, "--hpa", "1:4", *flags)), "HorizontalPodAutoscaler")
    assert scaler["spec"]["metrics"][0]["pods"]["target"] == {"type": "AverageValue", "averageValue": target}
    trigger = of_kind(read(kubernetes(project, *KEDA, *flags)), "ScaledObject")["spec"]["triggers"][0]
    assert trigger["metadata"]["threshold"] == target


def test_the_query_of_the_offered_concurrency(project: Project) -> None:
    scaled = of_kind(read(kubernetes(project, *KEDA, "--namespace", "ml")), "ScaledObject")["spec"]
    pods = 'namespace="ml",pod=~"model-[a-z0-9]+-[a-z0-9]+"'
    assert scaled["triggers"][0]["metadata"]["query"] == (
        f"sum(cog_predictions_in_flight{{{pods}}}) + "
        f'((sum(rate(cog_predictions_refused_total{{{pods},reason="capacity"}}[1m])) * '
        f"sum(rate(cog_predict_seconds_sum{{{pods}}}[5m])) / "
        f"sum(rate(cog_predict_seconds_count{{{pods}}}[5m]))) > 0 or vector(0))"
    )
    assert scaled["fallback"] == {"failureThreshold": 3, "replicas": 2}
    assert scaled["triggers"][0]["metadata"]["ignoreNullValues"] == "false"


def test_an_hpa_without_a_queue_is_warned_of(project: Project) -> None:
    done = project.run("deploy", "kubernetes", "--image", IMAGE, "--hpa", "1:4")
    assert "COG_MAX_QUEUE" in done.stderr
    done = project.run("deploy", "kubernetes", "--image", IMAGE, "--hpa", "1:4", "--env", "COG_MAX_QUEUE=4")
    assert done.stderr == ""


def test_a_route_leads_to_what_clients_need(project: Project) -> None:
    route = of_kind(read(kubernetes(project, *COMBINATIONS["route"])), "HTTPRoute")["spec"]
    paths = {match["path"]["value"] for match in route["rules"][0]["matches"]}
    assert {"/", "/predictions", "/health-check", "/openapi.json"} <= paths
    assert not {"/shutdown", "/metrics", "/status", "/trainings"} & paths
    assert route["parentRefs"] == [{"name": "public", "namespace": "infra"}]
    assert route["rules"][0]["timeouts"] == {"request": "0s"}


def test_ids_live_in_one_pod(project: Project) -> None:
    assert "# A prediction's id is known to the one pod that runs it" in kubernetes(project)
    service = of_kind(read(kubernetes(project, "--sticky")), "Service")["spec"]
    assert service["sessionAffinity"] == "ClientIP"


def test_a_network_policy_keeps_models_from_private_addresses(project: Project) -> None:
    documents = read(kubernetes(project, "--network-policy"))
    assert environment_of(documents)["COG_FORBID_PRIVATE_URLS"] == "1"
    names, web = of_kind(documents, "NetworkPolicy")["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert "169.254.0.0/16" in web["to"][0]["ipBlock"]["except"]


def test_the_models_own_times_count(project: Project) -> None:
    project.write("cog.yaml", YAML + "environment: [COG_SHUTDOWN_TIMEOUT=120, COG_SETUP_TIMEOUT=60]\n")
    environment = environment_of(read(kubernetes(project)))
    assert (environment["COG_SHUTDOWN_TIMEOUT"], environment["COG_SETUP_TIMEOUT"]) == ("120", "60")
    assert environment_of(read(kubernetes(project, "--drain", "1m")))["COG_SHUTDOWN_TIMEOUT"] == "60"


def test_the_image_says_what_it_needs(project: Project) -> None:
    label = {"build": {"gpu": True}, "train": "t.py:t", "concurrency": {"max": 3}, "environment": ["COG_MAX_QUEUE=7"]}
    project.program("docker", f"#!/bin/sh\necho '{json.dumps(label)}'\n")
    (project.folder / "cog.yaml").unlink()
    done = project.run("deploy", "kubernetes", "--image", IMAGE, "--kserve")
    assert (done.returncode, done.stderr) == (0, "")
    predictor = of_kind(read(done.stdout), "InferenceService")["spec"]["predictor"]
    assert predictor["containerConcurrency"] == 10
    assert predictor["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_without_labels_and_cog_yaml_the_flags_count(project: Project) -> None:
    (project.folder / "cog.yaml").unlink()
    done = project.run("deploy", "kubernetes", "--image", IMAGE)
    assert done.returncode == 0
    assert "neither the labels" in done.stderr


# Errors

UNKNOWN_DIGEST = "registry.example.com/model@sha256:12"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--image", "Me/Model"], "invalid image name"),
        (["--image", UNKNOWN_DIGEST], "sha256"),
        (["--name", "Upper"], "--name Upper"),
        (["--namespace", "a_b"], "--namespace"),
        (["--monitor", "service"], "--monitor"),
        (["--spread", "node"], "--spread"),
        (["--memory", "2 GB"], "--memory"),
        (["--memory", "1Gi", "--shm", "2Gi"], "counts as memory"),
        (["--cpu", "0"], "--cpu"),
        (["--cache", "big"], "--cache"),
        (["--drain", "soon"], "--drain"),
        (["--hpa", "3:1"], "--hpa"),
        (["--hpa", "0:1"], "nothing wakes a model"),
        (["--keda", "0:1", "--prometheus", "http://p"], "nothing wakes a model"),
        (["--keda", "1:2"], "--prometheus"),
        (["--hpa", "1:2", *KEDA], "only one autoscaler"),
        (["--route", "a.example"], "--gateway"),
        (["--kserve", "--knative"], "choose one"),
        (["--kserve", "--sticky"], "--sticky"),
        (["--env", "A"], "NAME=VALUE"),
        (["--env", "COG_SHUTDOWN_TIMEOUT=9"], "--drain"),
        (["--replicas", "many"], "--replicas"),
        (["--helm"], "unknown flag: --helm"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(project: Project, flags: list[str], words: str) -> None:
    named = [] if "--image" in flags else ["--image", IMAGE]
    done = project.run("deploy", "kubernetes", *named, *flags)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_image_is_refused(project: Project) -> None:
    done = project.run("deploy", "kubernetes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no image is named: give --image NAME")
    assert done.stderr.count("\n") == 1


def test_a_cog_yaml_that_does_not_parse_is_refused(project: Project) -> None:
    project.write("cog.yaml", "build: [\n")
    done = project.run("deploy", "kubernetes", "--image", IMAGE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "invalid YAML" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_tag_is_warned_of(project: Project) -> None:
    project.write("cog.yaml", YAML + "image: me/model:2\n")
    done = project.run("deploy", "kubernetes")
    assert done.returncode == 0
    assert "image me/model:2 has no digest" in done.stderr


@pytest.mark.parametrize("engine", ["kubernetes", "compose", "systemd"])
def test_help_of_each_engine(project: Project, engine: str) -> None:
    done = project.run("deploy", engine, "--help")
    assert done.returncode == 0
    assert "--image" in done.stdout and "--name" in done.stdout


def test_an_engine_must_be_named(project: Project) -> None:
    done = project.run("deploy")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


# Projects as people have them

PROJECTS = [
    'build:\n  gpu: true\n  python_version: "3.10"\n  python_packages: [torch==2.0.1]\npredict: predict.py:Predictor\n',
    'build:\n  python_version: "3.10"\n  system_packages: [libgl1, ffmpeg]\npredict: "predict.py:Predictor"\n',
    "image: r8.im/stability/sdxl\nbuild:\n  gpu: true\n  cuda: '11.8'\n  python_version: '3.11'\npredict: p.py:P\n",
    "build:\n  gpu: true\n  python_version: '3.11'\n  run:\n    - curl -o pget x\npredict: p.py:P\ntrain: t.py:t\n",
    "image: me/whisper:1\nrun: run.py:Runner\nconcurrency:\n  max: 32\n",
    "run: run.py:Runner\nenvironment:\n  - HF_HOME=/src/cache\n  - TOKENIZERS_PARALLELISM=false\n",
    'build:\n  gpu: false\n  python_version: 3.12\nrun: "run.py:Runner"\n',
    "build:\n  python_version: '3.11'\n  pre_install: [echo hi]\npredict: predict.py:Predictor\n",
    "# nothing but a comment\nrun: run.py:Runner\n",
    "image: localhost:5000/team/llama-2-70b-chat\nbuild: {gpu: true, python_version: '3.11'}\nrun: run.py:Runner\n",
    "image: registry.example.com/very/long/path/with-a-name-that-goes-on-and-on-for-more-than-forty-letters\n",
    "image: me/7b-model\nrun: run.py:Runner\n",
    "image: me/my__model.v2\nrun: run.py:Runner\n",
    "run: run.py:Runner\nenvironment: [COG_WORKERS=4, COG_MAX_QUEUE=40]\n",
    "run: run.py:Runner\nenvironment: [COG_WORKERS=gpu]\nbuild: {gpu: true, python_version: '3.11'}\n",
    'run: run.py:Runner\nenvironment: ["QUOTED=a b \\"c\\"", "EMPTY="]\n',
    "run: run.py:Runner\nenvironment: [PORT=8080]\n",
    "build:\n  cuda: '12.1'\n  cudnn: '8'\n  gpu: true\n  python_version: '3.10'\npredict: p.py:P\n",
    "build:\n  python_version: '3.13'\n  run: [{command: a, mounts: [{type: secret, id: a, target: /a}]}]\n",
    "build:\r\n  python_version: '3.11'\r\nrun: run.py:Runner\r\n",
]


@pytest.mark.parametrize("text", PROJECTS, ids=range(len(PROJECTS)))
def test_projects_as_people_have_them(project: Project, text: str) -> None:
    project.write("cog.yaml", text)
    named = [] if "image:" in text else ["--image", IMAGE]
    for flags in ([], ["--hpa", "2:4", "--monitor", "pod"], ["--knative"]):
        done = project.run("deploy", "kubernetes", *named, *flags)
        assert done.returncode == 0, done.stderr
        documents = read(done.stdout)
        check_references(documents)
        check_restricted(documents)
        for document in documents:
            assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", document["metadata"]["name"])
        assert container_of(documents)["ports"][0]["containerPort"] == 5000


def test_examples(project: Project) -> None:
    examples = Path(__file__).resolve().parents[2] / "examples"
    for example in sorted(path.parent for path in examples.glob("*/cog.yaml")):
        project.write("cog.yaml", (example / "cog.yaml").read_text())
        project.write("requirements.txt", "")
        documents = read(kubernetes(project))
        check_references(documents)


# The container of a Deployment, run

MODEL = """
import json, os, time
from pathlib import Path as Place
from cog import BasePredictor, Input, Path

def can_write(folder):
    try:
        place = Place(folder, "written")
        place.write_text("x")
        place.unlink()
        return True
    except OSError as error:
        return error.strerror

class Predictor(BasePredictor):
    def predict(self, task: str, file: Path = Input(default=None)) -> Path:
        out = Place("/tmp/out.txt")
        if task == "look":
            status = dict(line.split(":\\t", 1) for line in Place("/proc/self/status").read_text().splitlines())
            out.write_text(json.dumps({
                "pid": os.getpid(), "user": [os.getuid(), os.getgid(), os.getgroups()], "status": status,
                "home": os.environ["HOME"],
                "writable": {place: can_write(place) for place in ("/tmp", "/dev/shm", "/var/tmp", "/", ".", "/usr")},
            }))
        elif task == "wait":
            print("waiting", flush=True)
            while not Place("go").exists():
                time.sleep(0.01)
            out.write_text("waited")
        else:
            out.write_bytes(file.read_bytes().upper())
        return Path(out)
"""


def data_url(text: str) -> str:
    return "data:text/plain;base64," + base64.b64encode(text.encode()).decode()


def text_of(url: str) -> str:
    return base64.b64decode(url.partition("base64,")[2]).decode()


@pytest.fixture
def container(project: Project, tmp_path: Path) -> Iterator[Container]:
    server = Container(tmp_path, MODEL, read(kubernetes(project, "--drain", "60s")))
    with server:
        yield server


@needs_namespaces
def test_the_container_runs_under_its_restrictions(container: Container) -> None:
    seen = json.loads(text_of(container.output(task="look")))
    assert seen["user"] == [10001, 10001, []]
    assert {seen["status"][f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert seen["status"]["NoNewPrivs"] == "1"
    assert seen["home"] == "/tmp"
    writable = seen["writable"]
    assert (writable["/tmp"], writable["/dev/shm"]) == (True, True)
    assert writable["/var/tmp"] == "Read-only file system"
    assert all(writable[folder] is not True for folder in ("/", ".", "/usr"))
    assert "still writable" not in container.log
    assert container.request("GET", "/livez").status == container.request("GET", "/readyz").status == 200
    assert container.request("POST", "/shutdown").status == 404


@needs_namespaces
def test_the_container_takes_and_gives_a_file_and_survives_a_worker(container: Container) -> None:
    assert text_of(container.output(task="", file=data_url("hello"))) == "HELLO"
    os.kill(json.loads(text_of(container.output(task="look")))["pid"], signal.SIGKILL)
    container.wait_for_log("worker-died|died|restart")
    container.wait_until("READY")
    assert text_of(container.output(task="", file=data_url("again"))) == "AGAIN"


@needs_namespaces
def test_the_container_drains(container: Container) -> None:
    running = container.begin(task="wait")
    container.wait_until("BUSY")
    container.signal(signal.SIGTERM)
    eventually(lambda: container.request("GET", "/readyz").status == 503, "the announcement of the stop")
    assert container.request("GET", "/livez").status == 200
    assert not running.is_done()
    container.wait_for_log("server: stopping")
    (container.project / "go").touch()
    assert text_of(running.result()["output"]) == "waited"
    assert container.wait() == 0


# Compose


def compose(project: Project, *flags: str) -> str:
    done = project.run("deploy", "compose", "--image", IMAGE, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_compose(project: Project) -> None:
    (file,) = read(compose(project, "--gpus", "2", "--env", "A=$HOME", "-p", "8393", "--cpu", "1500m"))
    service = file["services"]["model"]
    assert service["ports"] == ["8393:5000"]
    assert service["environment"]["A"] == "$$HOME"
    assert service["user"] == "10001:10001"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["stop_grace_period"] == "40s"
    assert service["healthcheck"]["test"] == ["CMD", "coglet", "--check", "readyz"]
    reserved = service["deploy"]["resources"]["reservations"]
    assert reserved["devices"] == [{"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}]
    assert reserved["cpus"] == "1.500"


def has_compose() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="there is no docker compose")
def test_compose_reads_its_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(compose(project, "--gpus", "1"))
    done = subprocess.run(
        ["docker", "compose", "-f", tmp_path / "compose.yaml", "config", "--quiet"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


# systemd


def systemd(project: Project, *flags: str) -> str:
    done = project.run("deploy", "systemd", *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_systemd(project: Project) -> None:
    unit = systemd(project, "--name", "model", "--gpus", "1", "--env", 'A=50% "\\', "--port", "80").splitlines()
    assert 'Environment="A=50%% \\"\\\\"' in unit
    for line in ("Type=notify", "KillMode=mixed", "TimeoutStopSec=40", "DynamicUser=yes", "PrivateDevices=no"):
        assert line in unit
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in unit
    assert f"WorkingDirectory={project.folder}" in unit
    assert "PrivateDevices=yes" in systemd(project).splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("flags", [(), ("--gpus", "1", "--env", "A=$x %h \\ \" '"), ("--port", "80")])
def test_systemd_knows_every_line(project: Project, tmp_path: Path, flags: tuple[str, ...]) -> None:
    unit = tmp_path / "model.service"
    unit.write_text(systemd(project, *flags))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "model.service" not in done.stderr, done.stderr
