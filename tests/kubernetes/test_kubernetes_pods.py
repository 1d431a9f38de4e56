"""Pods of `cog deploy kubernetes` on a real node: their states, their deaths, their rights."""

from __future__ import annotations

import base64
from typing import Any, Optional

from cluster import Kubernetes
from deployed import Deploy, Deployed, statuses
from node import NAME

pytest_plugins = ("kubernetes_fixtures",)


def test_a_file_goes_in_and_out_through_the_service(deploy: Deploy) -> None:
    deployed = deploy(COG_PREDICT_TYPE_STUB="run.py:Files")
    deployed.kubectl("rollout", "status", "deployment/model")
    assert deployed.call("GET", "/health-check").json["status"] == "READY"
    sent = "data:text/plain;base64," + base64.b64encode(b"quiet words").decode()
    prediction = deployed.predict(file=sent)
    assert prediction["status"] == "succeeded", prediction
    head, _, content = prediction["output"].partition(",")
    assert head == "data:text/plain;base64"
    assert base64.b64decode(content) == b"QUIET WORDS"


def test_a_long_setup_is_seen_while_it_lasts_and_not_restarted(deploy: Deploy) -> None:
    deployed = deploy(SETUP_UNTIL="/tmp/loaded")

    def pod_runs() -> bool:
        return any("running" in status["state"] for pod in deployed.pods() for status in statuses(pod))

    deployed.kubernetes.eventually(pod_runs, "the container runs")
    pod = deployed.pods()[0]
    # Longer than any probe would wait for a server that is hung.
    lasting = lambda: "loading, second 40" in deployed.kubectl("logs", "deployment/model", "--tail=-1")  # noqa: E731
    deployed.kubernetes.eventually(lasting, "the log of the setup, live")
    address = f"{pod['status']['podIP']}:5000"
    assert deployed.kubernetes.request(address, "GET", "/health-check").json["status"] == "STARTING"
    assert deployed.endpoints() == []
    deployed.kubectl("exec", "deployment/model", "--", "touch", "/tmp/loaded")
    deployed.wait_until_ready()
    assert deployed.restarts() == 0


def test_a_failed_setup_restarts_the_pod_and_says_why(deploy: Deploy) -> None:
    deployed = deploy(SETUP_ERROR="the weights are not there")

    deployed.kubernetes.eventually(lambda: deployed.restarts() > 0, "a restart")
    (pod,) = names(deployed)
    assert "RuntimeError: the weights are not there" in deployed.kubectl("logs", pod, "--previous")
    (status,) = statuses(deployed.get("pod", pod))
    last = status["lastState"]["terminated"]
    assert last["exitCode"] == 1
    assert "the weights are not there" in last["message"]
    assert "the weights are not there" in deployed.kubectl("describe", "pod", pod)


def test_a_killed_worker_costs_one_prediction_and_no_pod(deploy: Deploy) -> None:
    deployed = deploy(COG_MAX_QUEUE="4")
    (pod,) = deployed.wait_until_ready()
    lost = deployed.predict(act="die")
    assert lost["status"] == "failed"
    assert "SIGKILL" in lost["error"]
    assert deployed.predict(text="next")["output"] == "next"
    assert names(deployed) == [pod["metadata"]["name"]]
    assert deployed.restarts() == 0


def test_a_worker_that_eats_all_memory_costs_one_prediction_and_no_pod(deploy: Deploy) -> None:
    deployed = deploy(COG_MAX_QUEUE="4")
    (pod,) = deployed.wait_until_ready()
    lost = deployed.predict(act="eat")
    assert lost["status"] == "failed"
    assert "out of memory" in lost["error"].lower()
    assert deployed.predict(text="next")["output"] == "next"
    assert names(deployed) == [pod["metadata"]["name"]]
    assert deployed.restarts() == 0


def test_a_pod_without_a_worker_is_restarted(deploy: Deploy) -> None:
    deployed = deploy(COG_RESTARTS="0")
    (pod,) = deployed.wait_until_ready()
    assert deployed.predict(act="die")["status"] == "failed"
    deployed.kubernetes.eventually(lambda: deployed.restarts() == 1, "a restart")
    deployed.wait_until_ready()
    assert names(deployed) == [pod["metadata"]["name"]]
    assert deployed.predict(text="again")["output"] == "again"
    (status,) = statuses(deployed.pods()[0])
    last = status["lastState"]["terminated"]
    assert last["exitCode"] == 1
    assert "SIGKILL" in last["message"]


def test_the_rights_of_a_pod(deploy: Deploy) -> None:
    deployed = deploy()
    deployed.wait_until_ready()

    def inside(script: str) -> str:
        return deployed.kubectl("exec", "deployment/model", "--", "sh", "-c", script)

    assert inside("id -u; id -g").split() == ["10001", "10001"]
    status = dict(line.split(":\t") for line in inside("cat /proc/1/status").splitlines() if ":\t" in line)
    assert all(int(status[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    for place in ("/src", "/", "/var/tmp"):
        assert "ead-only" in inside(f"touch {place}/x 2>&1 || true")
    assert inside("touch /tmp/x /dev/shm/x && echo made") == "made\n"
    assert not inside("ls /var/run/secrets 2>/dev/null || true")


def test_gpus_of_the_node(deploy: Deploy, kubernetes: Kubernetes) -> None:
    kubernetes.patch_node("nvidia.com/gpu", 2)
    deployed = deploy("--gpus", "2", LD_LIBRARY_PATH="/src/drivers", COG_FAKE_GPUS="/src/drivers/facts")
    (pod,) = deployed.wait_until_ready()
    assert pod["spec"]["nodeName"] == NAME
    workers = deployed.call("GET", "/status").json["workers"]
    assert [len(worker["devices"]) for worker in workers] == [1, 1]
    assert deployed.predict(text="here")["output"] == "here"
    deployed.kubectl("scale", "deployment/model", "--replicas=2")

    def told() -> bool:
        conditions = [one for pod in deployed.pods() for one in pod["status"].get("conditions", [])]
        return any("Insufficient nvidia.com/gpu" in condition.get("message", "") for condition in conditions)

    kubernetes.eventually(told, "no third GPU is there")


def test_one_pod_at_a_time_may_be_evicted(deploy: Deploy, kubernetes: Kubernetes) -> None:
    deployed = deploy("--replicas", "2")
    first, second = names(deployed, deployed.wait_until_ready(2))
    may = lambda: deployed.get("pdb", "model")["status"].get("disruptionsAllowed") == 1  # noqa: E731
    kubernetes.eventually(may, "an eviction is allowed")
    kubernetes.kubectl("cordon", NAME)  # so that nothing takes the place of the first
    try:
        assert evict(deployed, first) == ""
        assert "disruption budget" in evict(deployed, second)
    finally:
        kubernetes.kubectl("uncordon", NAME)
    deployed.wait_until_ready(2)
    assert second in names(deployed)


def evict(deployed: Deployed, pod: str) -> str:
    """What speaks against it."""
    metadata = f'{{"name": "{pod}", "namespace": "{deployed.namespace}"}}'
    eviction = f'{{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {metadata}}}'
    path = f"/api/v1/namespaces/{deployed.namespace}/pods/{pod}/eviction"
    done = deployed.kubernetes.try_kubectl("create", "--raw", path, "-f", "-", stdin=eviction)
    return done.stderr if done.returncode else ""


def names(deployed: Deployed, pods: Optional[list[Any]] = None) -> list[str]:
    return [pod["metadata"]["name"] for pod in (deployed.pods() if pods is None else pods)]
