"""A real one-node Kubernetes in namespaces of its own, gone with the test run.

    with cluster() as kubernetes:
        kubernetes.load(archive)
        kubernetes.apply(manifests)

Nothing of it leaves the machine, and nothing else can be pulled: its images are those that were loaded.
"""

from __future__ import annotations

import ctypes
import hashlib
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Optional, TypeVar

from components import Unavailable, programs
from docker_engine import CLONE_NEWNET
from keys import make_keys
from node import ADAPTER_PORT, ADDRESS, NAME
from server import Answer, eventually

T = TypeVar("T")
CGROUPS = Path("/sys/fs/cgroup")
PATIENCE = 300.0
"""Seconds until the cluster must have done what it was asked for: many times what it takes."""


class Kubernetes:
    def __init__(self, folder: Path, programs: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder = folder
        self._programs = programs
        self._process = process
        self._pid = 0

    # The cluster

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """Standard output of kubectl; AssertionError with its messages when it fails."""
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def try_kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [*self._within(), str(self._programs / "kubectl"), *arguments]
        environment = {"KUBECONFIG": str(self._folder / "keys/admin.conf"), "HOME": str(self._folder), "PATH": "/bin"}
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True)

    def apply(self, manifests: str, *flags: str) -> None:
        self.kubectl("apply", "-f", "-", *flags, stdin=manifests)

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", "-o", "json", *arguments))

    def eventually(self, probe: Callable[[], Optional[T]], what: str) -> T:
        """The first true answer; fails when there is none, and at once when the cluster itself has ended."""
        deadline = time.monotonic() + PATIENCE
        while not (answer := probe()):
            assert self._process.poll() is None, f"the cluster has ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s\n{self.log()}"
            time.sleep(0.2)
        return answer

    def load(self, archive: Path) -> None:
        """An image archive, as `docker save` writes it."""
        socket = self._folder / "containerd.sock"
        done = subprocess.run(
            ["ctr", "--address", str(socket), "--namespace", "k8s.io", "images", "import", str(archive)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{archive}: {done.stdout}{done.stderr}"

    def patch_node(self, resource: str, count: int) -> None:
        """The node offers a resource that it does not have."""
        path = "/status/capacity/" + resource.replace("/", "~1")
        patch = json.dumps([{"op": "add", "path": path, "value": str(count)}])
        self.kubectl("patch", "node", NAME, "--subresource=status", "--type=json", "-p", patch)

    def log(self) -> str:
        """What the node and its parts said last."""
        files = [self._folder / "node.log", *sorted((self._folder / "log").iterdir())]
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in files)

    # Its network

    def _within(self) -> tuple[str, ...]:
        return ("nsenter", f"--net=/proc/{self._pid}/ns/net")

    def enter_network(self) -> None:
        """The calling thread, and no other, is from now on where pods and Services have addresses."""
        with open(f"/proc/{self._pid}/ns/net") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def in_network(self, call: Callable[[], T]) -> T:
        with ThreadPoolExecutor(1, initializer=self.enter_network) as pool:
            return pool.submit(call).result()

    def connect(self, address: str, port: int) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
        connection.sock = self.in_network(lambda: socket.create_connection((address, port), PATIENCE))
        return connection

    def request(self, address: str, method: str, path: str, body: object = None, **options: Any) -> Answer:
        """To `ADDRESS:PORT`, on a connection of its own; a body is sent as JSON."""
        host, _, port = address.partition(":")
        connection = self.connect(host, int(port))
        try:
            content = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json", **options.get("headers", {})}
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    # Start and end

    def wait_until_up(self) -> None:
        def node_pid() -> Optional[int]:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            return int(children[0]) if children else None

        self._pid = self.eventually(node_pid, "the node's process")
        self.eventually(lambda: self._answers("get", "serviceaccount", "default"), "the API")
        pause = self._folder / "pause.tar"
        write_image(pause, "localhost/pause:1", self._programs / "pause")
        self.load(pause)
        self.apply(ADAPTER)
        ready = ("--for=condition=Ready", f"node/{NAME}", "--timeout=0")
        self.eventually(lambda: self._answers("wait", *ready), "the node is ready")
        taken = ("--for=condition=Available", "apiservice/v1beta2.custom.metrics.k8s.io", "--timeout=0")
        self.eventually(lambda: self._answers("wait", *taken), "the adapter")

    def _answers(self, *arguments: str) -> bool:
        return self.try_kubectl(*arguments).returncode == 0


ADAPTER = f"""
apiVersion: v1
kind: Service
metadata: {{name: adapter, namespace: kube-system}}
spec: {{ports: [{{port: 443, targetPort: {ADAPTER_PORT}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: adapter-1, namespace: kube-system, labels: {{kubernetes.io/service-name: adapter}}}}
addressType: IPv4
ports: [{{port: {ADAPTER_PORT}, protocol: TCP}}]
endpoints: [{{addresses: [{ADDRESS}], conditions: {{ready: true}}}}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1beta2.custom.metrics.k8s.io}}
spec:
  group: custom.metrics.k8s.io
  version: v1beta2
  service: {{name: adapter, namespace: kube-system}}
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 100
  versionPriority: 100
"""


def write_image(archive: Path, name: str, program: Path) -> None:
    """An image of one static program, its command."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(program, arcname=program.name)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": [f"/{program.name}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [f"{digest}.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        f"{digest}.tar": layer.getvalue(),
        "manifest.json": json.dumps(manifest).encode(),
    }
    with tarfile.open(archive, "w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


@contextmanager
def cluster() -> Iterator[Kubernetes]:
    """Raises components.Unavailable where there can be none."""
    built = programs()
    folder = Path(tempfile.mkdtemp(prefix="cog-kubernetes-"))
    _make_cgroups(folder.name)
    process = None
    try:
        for name in ("log", "disk"):
            (folder / name).mkdir()
        make_keys(folder / "keys")
        namespaces = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
        node = Path(__file__).with_name("node.py")
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, sys.executable, str(node)]
        with (folder / "node.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, str(folder), str(built)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        kubernetes = Kubernetes(folder, built, process)
        try:
            kubernetes.wait_until_up()
        except AssertionError as error:
            raise Unavailable(f"Kubernetes does not start on this machine: {error}") from None
        yield kubernetes
    finally:
        if process is not None:
            process.send_signal(signal.SIGKILL)  # takes the whole namespace of processes with it
            process.wait()
        _remove_cgroups(folder.name)
        shutil.rmtree(folder)


def _make_cgroups(name: str) -> None:
    """One below each hierarchy, for the pods and for the node's own programs."""
    unified = (CGROUPS / "cgroup.controllers").exists()
    for place in [CGROUPS] if unified else [place for place in CGROUPS.iterdir() if place.name != "unified"]:
        (place / name).mkdir(exist_ok=True)


def _remove_cgroups(name: str) -> None:
    def removed() -> bool:
        tops = [*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")]
        for top in tops:
            for cgroup, _, _ in os.walk(top, topdown=False):
                with suppress(OSError):  # the last of the processes is still ending
                    os.rmdir(cgroup)
        return not any(top.exists() for top in tops)

    eventually(removed, "the cgroups of the cluster are gone", PATIENCE)
