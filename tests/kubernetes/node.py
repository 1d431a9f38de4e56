"""The first process of a node: runs Kubernetes in namespaces of its own, and ends them when one of its parts has ended.

Started by cluster.py: `unshare --mount --net --pid --fork ... python node.py FOLDER PROGRAMS`. Nothing of it is seen
outside but FOLDER: addresses, mounts, processes and settings are the namespaces' own.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Optional

ADDRESS = "10.199.0.2"
NAME = "node1"
PODS, SERVICES, FIRST_SERVICE = "10.244.0.0/24", "10.96.0.0/16", "10.96.0.1"
ADAPTER_PORT = 4444
KERNEL_SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops")
"""What a kubelet would change for the whole machine."""


def run(*command: str) -> None:
    subprocess.run(command, check=True)


class Node:
    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.started: dict[int, str] = {}
        self.keys = folder / "keys"

    def isolate(self) -> None:
        run("mount", "--make-rprivate", "/")
        for place in ("/run", "/var/log", str(self.folder / "disk")):
            run("mount", "-t", "tmpfs", "tmpfs", place)
        for name in KERNEL_SETTINGS:
            stand_in = self.folder / name.replace("/", "-")
            stand_in.write_text(Path("/proc/sys", name).read_text())
            run("mount", "--bind", str(stand_in), f"/proc/sys/{name}")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "end0")
        run("ip", "address", "add", f"{ADDRESS}/24", "dev", "eth0")
        for name in ("eth0", "end0"):
            run("ip", "link", "set", name, "up")
        run("ip", "route", "add", SERVICES, "dev", "eth0")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def start(self, name: str, *arguments: str, program: Optional[str] = None) -> None:
        with (self.folder / "log" / name).open("wb") as log:
            process = subprocess.Popen(
                [program or str(self.programs / name), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.started[process.pid] = name

    def start_runtime(self) -> None:
        disk = self.folder / "disk"
        network = {
            "cniVersion": "0.4.0",
            "name": "pods",
            "plugins": [
                {
                    "type": "bridge",
                    "bridge": "cni0",
                    "isGateway": True,
                    "ipMasq": False,
                    "hairpinMode": True,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": str(disk / "addresses"),
                        "ranges": [[{"subnet": PODS}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
        (self.folder / "network").mkdir()
        (self.folder / "network/10-pods.conflist").write_text(json.dumps(network))
        settings = self.folder / "containerd.toml"
        settings.write_text(f"""version = 2
root = "{disk}/containerd"
state = "/run/containerd"
[grpc]
  address = "{self.folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{self.folder}/network"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
""")
        self.start("containerd", "--config", str(settings), program="containerd")

    def start_control_plane(self) -> None:
        keys = self.keys
        self.start("etcd", "--data-dir", str(self.folder / "disk/etcd"), "--unsafe-no-fsync")
        self.start(
            "kube-apiserver",
            *("--etcd-servers=http://127.0.0.1:2379", f"--advertise-address={ADDRESS}", "--bind-address=0.0.0.0"),
            *(f"--tls-cert-file={keys}/apiserver.crt", f"--tls-private-key-file={keys}/apiserver.key"),
            *(f"--client-ca-file={keys}/ca.crt", "--kubelet-preferred-address-types=InternalIP"),
            *(f"--kubelet-client-certificate={keys}/admin.crt", f"--kubelet-client-key={keys}/admin.key"),
            "--service-account-issuer=https://kubernetes.default.svc",
            *(f"--service-account-key-file={keys}/sa.key", f"--service-account-signing-key-file={keys}/sa.key"),
            *(f"--service-cluster-ip-range={SERVICES}", "--authorization-mode=Node,RBAC"),
            *("--enable-admission-plugins=NodeRestriction", "--enable-aggregator-routing=true"),
            *(f"--requestheader-client-ca-file={keys}/ca.crt", "--requestheader-allowed-names=front-proxy"),
            *("--requestheader-group-headers=X-Remote-Group", "--requestheader-username-headers=X-Remote-User"),
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            *(f"--proxy-client-cert-file={keys}/front.crt", f"--proxy-client-key-file={keys}/front.key"),
        )
        self._wait_for_api()
        self.start(
            "kube-controller-manager",
            *(f"--kubeconfig={keys}/manager.conf", "--leader-elect=false", "--use-service-account-credentials"),
            *(f"--service-account-private-key-file={keys}/sa.key", f"--root-ca-file={keys}/ca.crt"),
            *(f"--cluster-signing-cert-file={keys}/ca.crt", f"--cluster-signing-key-file={keys}/ca.key"),
            "--horizontal-pod-autoscaler-sync-period=2s",
        )
        self.start("kube-scheduler", f"--kubeconfig={keys}/scheduler.conf", "--leader-elect=false")

    def _wait_for_api(self) -> None:
        context = ssl.create_default_context(cafile=str(self.keys / "ca.crt"))
        context.load_cert_chain(str(self.keys / "admin.crt"), str(self.keys / "admin.key"))
        while True:
            self.check()
            try:
                with urllib.request.urlopen(f"https://{ADDRESS}:6443/readyz", context=context, timeout=10):
                    return
            except OSError:
                time.sleep(0.1)

    def start_node(self) -> None:
        settings = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{self.folder}/containerd.sock",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.folder.name}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{self.keys}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{self.keys}/kubelet-server.crt",
            "tlsPrivateKeyFile": f"{self.keys}/kubelet-server.key",
            "podLogsDir": str(self.folder / "disk/logs"),
            "resolvConf": "",
            "clusterDNS": [ADDRESS],
            "clusterDomain": "cluster.local",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,
        }
        (self.folder / "kubelet.json").write_text(json.dumps(settings))
        self.start(
            "kubelet",
            *(f"--config={self.folder}/kubelet.json", f"--kubeconfig={self.keys}/kubelet.conf"),
            *(f"--root-dir={self.folder}/disk/kubelet", f"--hostname-override={NAME}", f"--node-ip={ADDRESS}"),
        )
        proxy = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clientConnection": {"kubeconfig": f"{self.keys}/proxy.conf"},
            "clusterCIDR": PODS,
            "hostnameOverride": NAME,
            "conntrack": {"maxPerCore": 0},
        }
        (self.folder / "proxy.json").write_text(json.dumps(proxy))
        self.start("kube-proxy", f"--config={self.folder}/proxy.json")

    def start_adapter(self) -> None:
        adapter = Path(__file__).with_name("adapter.py")
        arguments = (str(adapter), str(self.keys), f"https://{ADDRESS}:6443", str(ADAPTER_PORT))
        self.start("adapter", *arguments, program=sys.executable)

    def check(self) -> None:
        """Reaps what has ended; the end of a part is the end of all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if name := self.started.get(pid):
                sys.exit(f"{name} has ended with status {os.waitstatus_to_exitcode(status)}")


def main() -> None:
    node = Node(Path(sys.argv[1]), Path(sys.argv[2]))
    node.isolate()
    node.start_runtime()
    node.start_control_plane()
    node.start_node()
    node.start_adapter()
    while True:
        pid, status = os.wait()
        if name := node.started.get(pid):
            sys.exit(f"{name} has ended with status {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
