"""GPUs: who gets which, whose contexts they are, and what happens when they fail.

Most tests pretend the driver; those of `machine` also run on this machine's own GPUs.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from conftest import Serve
from gpus import GPU_CHECK, FakeGpus, gpu_model, has_real_gpu
from server import KEPT_VARIABLES, REPOSITORY, Server, coglet, eventually

ILLEGAL_ADDRESS = "cuCtxSynchronize on .*: CUDA_ERROR_ILLEGAL_ADDRESS \\(700\\)"
real = pytest.mark.skipif(not has_real_gpu(), reason="this machine has no GPU")


@pytest.fixture(params=["fake", pytest.param("real", marks=real)])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Optional[str]]:
    """The environment of a server on a machine with one GPU or more."""
    if request.param == "fake":
        return {**FakeGpus(tmp_path, 1).environment}
    return {"LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH")}


class Eight:
    """A server of eight workers on eight GPUs."""

    def __init__(self, folder: Path) -> None:
        self.gpus = FakeGpus(folder, 8)
        self.server = Server(
            folder, gpu_model(), COG_MAX_CONCURRENCY="8", COG_GPU_CHECK_INTERVAL="0.1", **self.gpus.environment
        )

    def where(self) -> dict[str, int]:
        """The process of each worker, by the device it sees; all eight answer at once."""
        runs = [self.server.begin(task="hold50") for _ in range(8)]
        assert [run.result().get("error") for run in runs] == [None] * 8
        places: dict[str, int] = {}
        for _ in range(8):  # the one idle longest is next
            pid, visible, order = self.server.output(task="where")
            assert order == "PCI_BUS_ID"
            places[visible] = pid
        return places


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eight]:
    eight = Eight(tmp_path_factory.mktemp("eight"))
    with eight.server:
        yield eight


def metric(server: Server, row: str) -> Optional[str]:
    found = re.search(rf"^{re.escape(row)} (\S+)$", server.request("GET", "/metrics").text, re.MULTILINE)
    return found[1] if found else None


def test_eight_workers_have_a_device_and_a_context_each(eight: Eight) -> None:
    places = eight.where()
    assert sorted(places) == list("01234567")
    assert len(set(places.values())) == 8
    assert set(places.values()) == set(eight.server.workers())
    assert eight.gpus.held() == {(pid, eight.gpus.uuid(int(index))): 1 for index, pid in places.items()}
    for index, pid in places.items():
        assert f"CUDA_VISIBLE_DEVICES={index}" in Path(f"/proc/{pid}/environ").read_text().split("\0")


def test_eight_predictions_run_at_once_on_eight_devices(eight: Eight) -> None:
    before = len(eight.gpus.calls("hold"))
    runs = [eight.server.begin(task="hold400") for _ in range(8)]
    eight.server.wait_until("BUSY")
    times = [run.result()["metrics"]["predict_time"] for run in runs]
    assert all(0.39 < time for time in times)
    assert len({uuid for _, uuid in eight.gpus.calls("hold")[before:]}) == 8


def test_operators_see_devices_and_who_holds_them(eight: Eight) -> None:
    index = eight.server.request("GET", "/").json
    assert index["gpu_driver"] == "550.54.15"
    assert [(gpu["index"], gpu["workers"], gpu["state"]) for gpu in index["gpus"]] == [(i, [i], "up") for i in range(8)]
    assert index["gpus"][3] == {
        "index": 3,
        "uuid": "GPU-00000003",
        "name": "Fake H100",
        "memory_bytes": 80000 * 1024 * 1024,
        "compute_capability": "9.0",
        "state": "up",
        "workers": [3],
    }
    device = '{gpu="3",uuid="GPU-00000003"'
    assert metric(eight.server, f"cog_gpu_memory_used_bytes{device}}}") == str(503 * 1024 * 1024)
    assert metric(eight.server, f"cog_gpu_utilization_ratio{device}}}") == "0.03"
    assert metric(eight.server, f'cog_gpu_worker{device},worker="3"}}') == "1"
    assert metric(eight.server, "cog_slots") == "8"
    assert "devices: found, count=8 driver=550.54.15 cuda=12.4" in eight.server.log


def replaced(eight: Eight, before: dict[str, int]) -> bool:
    """Whether there is a new process, and it is ready: a server that has not yet seen the death still counts eight."""
    now = set(eight.server.workers())
    return len(now) == 8 and now != set(before.values()) and live(eight) == 8


def test_a_replacement_has_the_device_of_the_dead(eight: Eight) -> None:
    before = eight.where()
    os.kill(before["5"], signal.SIGKILL)
    eventually(lambda: replaced(eight, before), "worker 5 is replaced")
    after = eight.where()
    assert after.pop("5") != before.pop("5")
    assert after == before


def test_a_poisoned_worker_is_replaced_and_the_others_are_not(eight: Eight) -> None:
    before = eight.where()
    poisoned = eight.server.predict(task="poison")
    assert poisoned["status"] == "failed"
    found = re.search(r"its worker process is replaced, as its CUDA context is spoilt: (.*)$", poisoned["error"])
    assert found and re.fullmatch(ILLEGAL_ADDRESS, found[1]), poisoned["error"]
    eventually(lambda: replaced(eight, before), "it is replaced")
    after = eight.where()
    changed = [index for index in before if after[index] != before[index]]
    assert [f"GPU {index} (GPU-0000000{index})" in found[1] for index in changed] == [True]
    assert metric(eight.server, 'cog_workers{state="given_up"}') == "0"


def test_a_prediction_that_raises_for_its_own_reasons_replaces_nothing(eight: Eight) -> None:
    before = eight.where()
    assert eight.server.predict(task="raise")["error"].endswith("ValueError: no fault of the device")
    assert eight.where() == before


def test_a_lost_device_leaves_seven(eight: Eight) -> None:
    """The last one of this server: its machine has seven GPUs from now on."""
    before = eight.where()
    eight.gpus.lose(2)
    eventually(lambda: metric(eight.server, 'cog_workers{state="given_up"}') == "1", "worker 2 is given up")
    health = eight.server.health()
    assert health["status"] == "READY"
    assert (health["capacity"]["slots"], health["capacity"]["live"]) == (8, 7)
    (cause,) = health["capacity"]["given_up"]
    assert cause.startswith("worker 2: no GPU is left for worker 2: GPU 2 (GPU-00000002) lost")
    ready = eight.server.request("GET", "/readyz")
    assert (ready.status, ready.json["capacity"]["live"]) == (200, 7)
    assert metric(eight.server, "cog_slots") == "7"
    assert metric(eight.server, 'cog_gpu_up{gpu="2",uuid="GPU-00000002"}') == "0"
    assert eight.server.request("GET", "/").json["gpus"][2]["state"] == "lost"
    runs = [eight.server.begin(task="hold400") for _ in range(7)]
    eight.server.wait_until("BUSY")
    assert eight.server.create({}).status == 409
    assert [run.result()["status"] for run in runs] == ["succeeded"] * 7
    assert set(before.values()) - set(eight.server.workers()) == {before["2"]}


def live(eight: Eight) -> int:
    return int(metric(eight.server, 'cog_workers{state="ready"}') or 0)


def test_the_prediction_on_a_lost_device_fails_and_says_so(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2)
    server = serve(
        gpu_model(), COG_WORKERS="2", COG_GPUS_PER_WORKER="1", COG_GPU_CHECK_INTERVAL="0.05", **gpus.environment
    )
    run = server.begin(task="hold30000")
    eventually(lambda: gpus.calls("hold"), "the device is at work")
    gpus.lose(int(gpus.calls("hold")[0][1][-1]))
    assert run.result()["status"] == "failed"
    assert "is lost, says NVML: GPU is lost (15)" in run.result()["error"]


def test_a_worker_moves_to_a_free_device(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 3)
    server = serve(
        gpu_model(), COG_WORKERS="2", COG_GPUS_PER_WORKER="1", COG_GPU_CHECK_INTERVAL="0.05", **gpus.environment
    )
    gpus.lose(0)
    eventually(lambda: "GPU-00000002" in {uuid for _, uuid in gpus.calls("retain")}, "worker 0 has moved")
    eventually(lambda: metric(server, 'cog_workers{state="ready"}') == "2", "it is ready")
    assert sorted(server.output(task="where")[1] for _ in range(2)) == ["1", "2"]
    assert "capacity" not in server.health()


def test_a_single_worker_goes_on_with_the_devices_that_are_left(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2)
    server = serve(gpu_model(), COG_GPU_CHECK_INTERVAL="0.05", COG_DEVICES="auto", **gpus.environment)
    assert server.output(task="where")[1] is None
    gpus.lose(0)
    eventually(lambda: (0, "GPU-00000001") in {(0, uuid) for _, uuid in gpus.calls("retain")}, "it has moved")
    server.wait_until("READY")
    assert server.output(task="where")[1] == "1"
    gpus.lose(1)
    report = server.wait_until("DEFUNCT")
    assert report["capacity"]["live"] == 0
    answer = server.create({})
    assert (answer.status, "no GPU is left" in answer.json["error"]) == (503, True)


def test_one_worker_sees_all_and_holds_its_context_after_setup(serve: Serve, machine: dict[str, Any]) -> None:
    server = serve(gpu_model(setup="print('in setup')"), **machine)
    assert server.output(task="where")[1:] == [None, None]
    assert server.output(task="store") == 42
    logs = server.health()["setup"]["logs"]
    assert re.search(r"in setup\n.*cog: CUDA initialised in \d+ ms, context of CUDA device 0 in \d+ ms", logs)


def test_a_context_before_setup_where_it_is_asked_for(serve: Serve, machine: dict[str, Any]) -> None:
    server = serve(gpu_model(setup="print(round_trip(7))"), COG_CUDA_CONTEXT="early", **machine)
    logs = server.health()["setup"]["logs"]
    assert re.search(r"cog: CUDA initialised .*\n.* 7\n", logs)


def test_an_illegal_address_fails_one_prediction_and_replaces_the_worker(serve: Serve, machine: dict[str, Any]) -> None:
    server = serve(gpu_model(), **machine)
    (pid,) = server.workers()
    prediction = server.predict(task="poison")
    assert prediction["status"] == "failed"
    assert re.search(ILLEGAL_ADDRESS, prediction["error"])
    server.wait_until("READY")
    assert server.output(task="store") == 42
    assert server.workers() != [pid]


def test_a_sticky_error_of_an_async_model_ends_what_else_runs(serve: Serve, machine: dict[str, Any]) -> None:
    server = serve(gpu_model(asynchronous=True), COG_MAX_CONCURRENCY="2", **machine)
    other = server.begin(id="other", task="sleep")
    eventually(lambda: server.put("other", {"input": {"task": 0}}).status == 202, "the other one runs")
    assert re.search(ILLEGAL_ADDRESS, server.predict(task="poison")["error"])
    assert re.search(ILLEGAL_ADDRESS, other.result()["error"])
    server.wait_until("READY")
    assert server.output(task="store") == 42


def test_who_waits_behind_a_sticky_error_runs_in_the_new_process(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 1)
    server = serve(gpu_model(), COG_MAX_QUEUE="2", **gpus.environment)
    (spoilt,) = server.workers()
    run = server.begin(task="late poison")
    eventually(lambda: gpus.calls("hold"), "it runs")
    waiting = [server.begin(task="where") for _ in range(2)]
    eventually(lambda: metric(server, "cog_predictions_waiting") == "2", "two wait")
    assert re.search(ILLEGAL_ADDRESS, run.result()["error"])
    (pid,) = {wait.result()["output"][0] for wait in waiting}
    assert pid != spoilt


def test_every_sticky_error_is_survived(serve: Serve, tmp_path: Path) -> None:
    """They are no deaths that count: each was caused by a prediction."""
    server = serve(gpu_model(), COG_RESTARTS="1", **FakeGpus(tmp_path, 1).environment)
    for _ in range(4):
        assert server.predict(task="poison")["status"] == "failed"
        server.wait_until("READY")


def test_contexts_are_released_at_a_normal_end_after_the_model_s_own_handlers(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2)
    last = "import atexit; atexit.register(lambda: open('last', 'w').write(str(round_trip(9))))"
    server = serve(gpu_model(setup=last), COG_WORKERS="2", **gpus.environment)
    assert len(gpus.held()) == 2
    server.stop()
    assert gpus.held() == {}
    assert (server.project / "last").read_text() == "9"


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        ({"COG_WORKERS": "gpu"}, ["0", "1", "2", "3"]),
        ({"COG_WORKERS": "gpu", "COG_GPUS_PER_WORKER": "2"}, ["0,1", "2,3"]),
        ({"COG_WORKERS": "2"}, ["0,1", "2,3"]),
        ({"COG_WORKERS": "2", "COG_GPUS_PER_WORKER": "1"}, ["0", "1"]),
        ({"COG_WORKERS": "gpu", "CUDA_VISIBLE_DEVICES": "3,1"}, ["1", "3"]),
        (
            {"COG_MAX_CONCURRENCY": "2", "CUDA_VISIBLE_DEVICES": "GPU-00000002,GPU-00000001"},
            ["GPU-00000001", "GPU-00000002"],
        ),
        ({"COG_WORKERS": "2", "CUDA_VISIBLE_DEVICES": ""}, ["", ""]),
        ({"COG_WORKERS": "2", "COG_DEVICES": "cpu"}, ["-1", "-1"]),
        ({"COG_DEVICES": "cpu"}, ["-1"]),
        ({"COG_WORKERS": "6"}, ["0", "0", "1", "1", "2", "3"]),
    ],
)
def test_who_sees_which_devices(serve: Serve, tmp_path: Path, variables: dict[str, str], seen: list[str]) -> None:
    gpus = FakeGpus(tmp_path, 4)
    server = serve(gpu_model(), **gpus.environment, **variables)
    runs = [server.begin(task=f"meet{len(seen)}") for _ in seen]
    processes = {pid: visible for pid, visible, _ in (run.result()["output"] for run in runs)}
    assert sorted(processes.values()) == seen
    assert ("devices: shared" in server.log) == (len(seen) > 4)


def test_a_model_that_alone_tells_how_many_workers_there_are(serve: Serve, tmp_path: Path) -> None:
    """Worker 0 has imported it by then, and gets its part before its setup."""
    gpus = FakeGpus(tmp_path, 2)
    server = serve("# not async\n" + gpu_model(), COG_MAX_CONCURRENCY="2", **gpus.environment)
    assert sorted(server.output(task="where")[1] for _ in range(2)) == ["0", "1"]
    assert sorted(uuid for _, uuid in gpus.held()) == ["GPU-00000000", "GPU-00000001"]
    assert len(re.findall("worker: started", server.log)) == 2


def test_a_model_that_turns_out_to_be_async_sees_all_devices(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2)
    files = {"base.py": gpu_model(asynchronous=True)}
    server = serve("from base import Predictor\n", files=files, COG_MAX_CONCURRENCY="2", **gpus.environment)
    assert server.output(task="where")[1:] == [None, None]
    assert len(server.workers()) == 1
    assert "[coglet::setup] cog: CUDA initialised" in server.health()["setup"]["logs"]


def test_a_mig_instance_each_and_no_gpu_beside_it(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2, "mig GPU-00000001 MIG-aaaa 7 0 10240", "mig GPU-00000001 MIG-bbbb 8 0 10240")
    server = serve(gpu_model(), COG_WORKERS="gpu", **gpus.environment)
    assert sorted(server.output(task="where")[1] for _ in range(3)) == ["GPU-00000000", "MIG-aaaa", "MIG-bbbb"]
    assert {uuid for _, uuid in gpus.held()} == {"GPU-00000000", "MIG-aaaa", "MIG-bbbb"}
    assert server.output(task="store") == 42


def test_a_driver_without_devices_is_no_trouble(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 0)
    server = serve(gpu_model(), COG_WORKERS="gpu", **gpus.environment)
    assert len(server.workers()) == 1
    assert gpus.calls("init") == []
    assert "gpus" not in server.request("GET", "/").json


def test_no_driver_is_no_trouble(serve: Serve) -> None:
    server = serve(gpu_model(), COG_WORKERS="2")
    assert server.output(task="where")[1:] == [None, None]
    assert "cog_gpu" not in server.request("GET", "/metrics").text
    assert "devices:" not in server.log


def test_an_old_driver_and_no_libcuda(serve: Serve, tmp_path: Path) -> None:
    """One worker of a model that may need no GPU is served; several cannot be given theirs."""
    gpus = FakeGpus(tmp_path, 2, driver="fake_old_driver")
    hint = "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility"
    alone = serve(gpu_model(), **gpus.environment)
    assert hint in alone.health()["setup"]["logs"]
    assert alone.output(task="where")[1] is None
    many = serve(gpu_model(), COG_WORKERS="2", until="SETUP_FAILED", **gpus.environment)
    assert "setup failed: DriverError: libcuda.so.1 cannot be loaded" in many.health()["setup"]["logs"]
    serve(gpu_model(), COG_WORKERS="2", COG_CUDA_CONTEXT="off", **gpus.environment)


def test_a_driver_that_does_not_start_is_named_and_does_no_harm(serve: Serve, tmp_path: Path) -> None:
    server = serve(gpu_model(), COG_WORKERS="2", **FakeGpus(tmp_path, 2, "fail nvmlInit 18").environment)
    assert "devices: driver-problem, nvmlInit: RM has detected an NVML/RM version mismatch. (18)" in server.log
    assert server.output(task="where")[1] is None


@pytest.mark.parametrize(
    ("fact", "error"),
    [
        ("fail cuInit 803", "cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)"),
        (
            "fail cuDevicePrimaryCtxRetain 2 GPU-00000000",
            "cuDevicePrimaryCtxRetain on GPU 0 (GPU-00000000): CUDA_ERROR_OUT_OF_MEMORY (2)",
        ),
    ],
)
def test_a_context_that_cannot_be_made_fails_the_setup(serve: Serve, tmp_path: Path, fact: str, error: str) -> None:
    server = serve(gpu_model(), COG_WORKERS="2", until="SETUP_FAILED", **FakeGpus(tmp_path, 2, fact).environment)
    assert f"setup failed: DriverError: {error}" in server.health()["setup"]["logs"]


def test_a_worker_whose_context_cannot_be_made_comes_back_when_it_can(serve: Serve, tmp_path: Path) -> None:
    fact = "fail cuDevicePrimaryCtxRetain 46 GPU-00000001"
    gpus = FakeGpus(tmp_path, 2, fact)
    server = serve(gpu_model(), COG_WORKERS="2", until=None, **gpus.environment)
    server.wait_for_log(r"on GPU 1 \(GPU-00000001\): CUDA_ERROR_DEVICE_UNAVAILABLE \(46\)")
    gpus.remove(fact)
    server.wait_until("READY")
    assert len(gpus.held()) == 2


def test_a_child_that_was_forked_too_late_is_told_once(serve: Serve, tmp_path: Path) -> None:
    fork = "[os.waitpid(os.fork() or os._exit(0), 0) for _ in range(2)]"
    server = serve(gpu_model(setup=fork), COG_CUDA_CONTEXT="early", **FakeGpus(tmp_path, 1).environment)
    logs = server.health()["setup"]["logs"]
    assert logs.count("cog: this process was forked from a worker that has initialised CUDA") == 1
    assert "COG_CUDA_CONTEXT=late" in logs
    late = serve(gpu_model(setup=fork), **FakeGpus(tmp_path, 1).environment)
    assert "forked from a worker" not in late.health()["setup"]["logs"]


def test_contexts_that_the_model_uses_are_held_and_no_others(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 3)
    server = serve(gpu_model(), **gpus.environment)
    assert {uuid for _, uuid in gpus.held()} == {"GPU-00000000"}
    server.stop()
    every = FakeGpus(tmp_path, 3)
    serve(gpu_model(), COG_CUDA_CONTEXT="late", **every.environment)
    assert len(every.held()) == 3
    off = FakeGpus(tmp_path, 3)
    serve(gpu_model(), COG_CUDA_CONTEXT="off", **off.environment)
    assert off.calls("init") == []


def test_the_context_is_the_one_that_the_model_s_libraries_share(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 1)
    server = serve(gpu_model(setup="use_first_device()"), **gpus.environment)
    assert server.output(task="store") == 42
    assert list(gpus.held().values()) == [2]
    assert re.search(ILLEGAL_ADDRESS, server.predict(task="poison")["error"])


def test_a_model_that_chooses_devices_at_import_is_told(serve: Serve, tmp_path: Path) -> None:
    head = "import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '1'\n"
    server = serve(gpu_model(head=head), COG_MAX_CONCURRENCY="2", **FakeGpus(tmp_path, 2).environment)
    assert "cog: the model has set CUDA_VISIBLE_DEVICES=1" in server.health()["setup"]["logs"]
    assert sorted(server.output(task="where")[1] for _ in range(2)) == ["0", "1"]
    alone = serve(gpu_model(head=head), **FakeGpus(tmp_path, 2).environment)
    assert alone.output(task="where")[1] == "1"
    assert "has set" not in alone.health()["setup"]["logs"]


def test_a_free_device_comes_before_a_shared_one(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 2)
    server = serve(gpu_model(), COG_WORKERS="4", **gpus.environment)
    for _ in range(4):
        before = len(gpus.calls("hold"))
        runs = [server.begin(task="hold200") for _ in range(2)]
        assert [run.result()["status"] for run in runs] == ["succeeded"] * 2
        assert len({uuid for _, uuid in gpus.calls("hold")[before:]}) == 2


def test_real_devices_are_found(serve: Serve, machine: dict[str, Any]) -> None:
    server = serve(gpu_model(), COG_WORKERS="gpu", **machine)
    gpus = server.request("GET", "/").json["gpus"]
    assert len(gpus) >= 1
    assert len(server.workers()) == len(gpus)
    for gpu in gpus:
        row = f'{{gpu="{gpu["index"]}",uuid="{gpu["uuid"]}"}}'
        assert int(metric(server, f"cog_gpu_memory_bytes{row}") or 0) > 0
        assert int(metric(server, f"cog_gpu_memory_used_bytes{row}") or 0) > 0
    assert server.output(task="store") == 42


def gpu_check(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """script/gpu-check with the server under test in place of a wheel."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    ours = {"PYTHONPATH": str(REPOSITORY / "python"), "COG_COGLET": str(coglet()), "TMPDIR": str(folder)}
    command = [sys.executable, str(folder / GPU_CHECK.name), *arguments]
    (folder / GPU_CHECK.name).write_text(GPU_CHECK.read_text())  # where no dist/ with a wheel is beside it
    return subprocess.run(command, env={**kept, **ours, **variables}, capture_output=True, text=True, timeout=480)


def rows_of(table: str) -> dict[str, str]:
    """What each row says of its check."""
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {what: held for what, held, *_ in cells}


def test_the_check_of_a_gpu_machine(tmp_path: Path) -> None:
    done = gpu_check(tmp_path, "--pretended", **FakeGpus(tmp_path, 2).environment)
    assert done.returncode == 0, done.stdout + done.stderr
    held = rows_of(done.stdout)
    assert len(held) == 10
    assert [what for what, was in held.items() if was != "ok"] == [
        "device memory before, with 1 GiB taken, and after that worker's death"
    ]


def test_the_check_of_a_gpu_machine_can_fail(tmp_path: Path) -> None:
    """The server keeps the devices from its workers here."""
    done = gpu_check(tmp_path, "--pretended", COG_DEVICES="cpu", **FakeGpus(tmp_path, 1).environment)
    assert done.returncode == 1
    assert list(rows_of(done.stdout).values()).count("FAILED") > 5


@pytest.mark.skipif(has_real_gpu(), reason="this machine has a GPU")
def test_the_check_of_a_gpu_machine_without_a_driver(tmp_path: Path) -> None:
    done = gpu_check(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gpu-check: no GPU driver can be used here: OSError: libcuda.so.1: ")
    assert done.stderr.count("\n") == 1
