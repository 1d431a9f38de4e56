"""What `cog deploy kubernetes` prints, applied in a cluster and looked at there."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional

from cluster import Kubernetes
from server import Answer
from tool import cog

IMAGE = "cog-clustered:1"
YAML = 'build:\n  python_version: "3.11"\nrun: run.py:Runner\n'
SMALL = ("--cpu", "50m", "--memory", "512Mi", "--shm", "64Mi", "--image", IMAGE)
"""As many pods as a test needs fit on the machine."""


class Deployed:
    """What `cog deploy kubernetes` prints, applied in a namespace of its own under Pod Security "restricted"."""

    def __init__(self, kubernetes: Kubernetes, project: Path, flags: Sequence[str], drain_delay: int) -> None:
        self.kubernetes = kubernetes
        self.namespace = f"n{uuid.uuid4().hex[:8]}"
        self.flags = flags
        self._project = project
        kubernetes.kubectl("create", "namespace", self.namespace)
        restricted = "pod-security.kubernetes.io/enforce=restricted"
        kubernetes.kubectl("label", "namespace", self.namespace, restricted)
        printed = self.manifests()
        applied, count = re.subn(r'(name: COG_DRAIN_DELAY\n +value: )"5"', rf'\1"{drain_delay}"', printed)
        assert count == 1, printed
        kubernetes.apply(applied)

    def manifests(self) -> str:
        flags = (*SMALL, "--name", "model", "--namespace", self.namespace, *self.flags)
        done = cog(self._project, "deploy", "kubernetes", *flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.kubernetes.kubectl("-n", self.namespace, *arguments, stdin=stdin)

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", "-o", "json", *arguments))

    def pods(self) -> list[Any]:
        """Those that are not ending, oldest first."""
        pods = self.get("pods", "-l", "app.kubernetes.io/name=model")["items"]
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        return sorted(staying, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))

    def ready_pods(self) -> list[Any]:
        return [pod for pod in self.pods() if any(map(_is_true, pod["status"].get("conditions", [])))]

    def wait_until_ready(self, count: int = 1) -> list[Any]:
        """The pods, once there are so many, all of them ready, and the Service knows them."""

        def are_ready() -> Optional[list[Any]]:
            ready = self.ready_pods()
            same = len(ready) == len(self.pods()) == count
            return ready if same and len(self.endpoints()) == count else None

        return self.kubernetes.eventually(are_ready, f"{count} ready pods")

    def endpoints(self) -> list[str]:
        slices = self.get("endpointslices", "-l", "kubernetes.io/service-name=model")["items"]
        endpoints = [one for piece in slices for one in piece["endpoints"] or [] if one["conditions"]["ready"]]
        return [one["addresses"][0] for one in endpoints]

    def restarts(self) -> int:
        return sum(status["restartCount"] for pod in self.pods() for status in statuses(pod))

    @property
    def service(self) -> str:
        return f"{self.get('service', 'model')['spec']['clusterIP']}:80"

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """To the Service, once it leads anywhere: its address refuses until the node has heard of the first pod."""

        def asked() -> Optional[Answer]:
            try:
                return self.kubernetes.request(self.service, method, path, body, headers=headers)
            except ConnectionRefusedError:
                return None

        return self.kubernetes.eventually(asked, "the Service answers")

    def predict(self, **values: object) -> Any:
        return self.call("POST", "/predictions", {"input": values}).json

    def delete(self) -> None:
        self.kubernetes.kubectl("delete", "namespace", self.namespace, "--wait=false")


def statuses(pod: Any) -> list[Any]:
    return list(pod["status"].get("containerStatuses", []))


def _is_true(condition: Any) -> bool:
    return bool(condition["type"] == "Ready" and condition["status"] == "True")


class Deploy:
    """`deploy("--replicas", "2", COG_MAX_QUEUE="20")`: flags, and variables of the server. `drain_delay`: seconds in
    place of the generated ones, which are no flag."""

    def __init__(self, kubernetes: Kubernetes, project: Path, stack: ExitStack) -> None:
        self.kubernetes = kubernetes
        self._project = project
        self._stack = stack

    def __call__(self, *flags: str, drain_delay: int = 5, **variables: str) -> Deployed:
        given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        deployed = Deployed(self.kubernetes, self._project, (*flags, *given), drain_delay)
        self._stack.callback(deployed.delete)
        return deployed
