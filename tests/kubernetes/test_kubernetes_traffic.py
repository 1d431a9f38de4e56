"""What clients of `cog deploy kubernetes` meet while pods come and go: nothing."""

from __future__ import annotations

import json

from deployed import Deploy, Deployed
from hooks import Hooks
from traffic import Traffic

pytest_plugins = ("kubernetes_fixtures",)

ROOMY = {"COG_WORKERS": "3", "COG_MAX_QUEUE": "40"}
SLOW_NODE = 20
"""Seconds of the delay, for however late the node hears of a pod's end: how soon it does is no matter of ours."""


def test_a_rollout_loses_nothing(deploy: Deploy) -> None:
    deployed = deploy("--drain", "60s", drain_delay=SLOW_NODE, **ROOMY)
    before = {pod["metadata"]["name"] for pod in deployed.wait_until_ready()}
    deployed.call("GET", "/health-check")
    with (
        Traffic(deployed.kubernetes, deployed.service, 16, text="hello") as short,
        Traffic(deployed.kubernetes, deployed.service, 2, seconds=8) as long,
    ):
        short.wait_for(100)
        deployed.kubectl("set", "env", "deployment/model", "VERSION=2")
        deployed.kubectl("rollout", "status", "deployment/model")
        deployed.kubernetes.eventually(lambda: not before & all_pods(deployed), "the old pod is gone")
        short.wait_for(10_000)
    assert short.failures == []
    assert long.failures == []
    assert not before & all_pods(deployed)


def all_pods(deployed: Deployed) -> set[str]:
    return {pod["metadata"]["name"] for pod in deployed.get("pods")["items"]}


def test_a_deleted_pod_ends_what_it_accepted_and_tells(deploy: Deploy) -> None:
    deployed = deploy("--drain", "60s", COG_WORKERS="2", COG_MAX_QUEUE="10")
    (pod,) = deployed.wait_until_ready()
    ids = [f"p{number}" for number in range(6)]
    with Hooks(deployed.kubernetes) as hooks:
        for id in ids:
            body = {"id": id, "input": {"text": id, "seconds": 3}, "webhook": hooks.url}
            accepted = deployed.call("POST", "/predictions", {**body}, Prefer="respond-async")
            assert accepted.status == 202, accepted
        deployed.kubectl("delete", "deployment/model")
        gone = lambda: pod["metadata"]["name"] not in all_pods(deployed)  # noqa: E731
        deployed.kubernetes.eventually(gone, "the pod is gone")
        ends = {id: hooks.bodies[id][-1] for id in ids}
    assert {id: (body["status"], body["output"]) for id, body in ends.items()} == {id: ("succeeded", id) for id in ids}


def test_the_autoscaler_follows_what_is_asked_for_and_loses_nothing(deploy: Deploy) -> None:
    deployed = deploy("--hpa", "1:3", "--drain", "60s", drain_delay=SLOW_NODE, COG_MAX_QUEUE="40")
    deployed.wait_until_ready()
    deployed.call("GET", "/health-check")
    # The generated rules take minutes to be sure that it is calm.
    calm = {"stabilizationWindowSeconds": 2, "policies": [{"type": "Pods", "value": 2, "periodSeconds": 5}]}
    patch = {"spec": {"behavior": {"scaleDown": calm}}}
    deployed.kubectl("patch", "hpa", "model", "-p", json.dumps(patch))
    with Traffic(deployed.kubernetes, deployed.service, 1, pause=0.05, text="light") as light:
        with Traffic(deployed.kubernetes, deployed.service, 9, seconds=0.5) as heavy:
            deployed.kubernetes.eventually(lambda: len(deployed.ready_pods()) == 3, "three pods")

        deployed.kubernetes.eventually(lambda: len(deployed.ready_pods()) == 1, "one pod")
        light.wait_for(light.answered + 100)
    assert heavy.failures == []
    assert light.failures == []
