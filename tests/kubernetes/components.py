"""The programs of a Kubernetes node, built once from Go modules and kept for later runs outside the clone."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "programs"
VERSION = "1.34.4"
NAMES = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    *("kubelet", "kube-proxy", "kubectl", "pause"),
)
CNI = Path("/usr/lib/cni")
NEEDED = ("containerd", "ctr", "runc", "iptables", "ip", "openssl", "nsenter", "unshare", "setpriv")
VERSION_PACKAGE = "k8s.io/component-base/version"
CLIENT_VERSION = "k8s.io/client-go/pkg/version.gitVersion"


class Unavailable(Exception):
    """There can be no cluster here; the text says why."""


def programs() -> Path:
    """The folder with the programs by their names. Raises Unavailable."""
    if os.geteuid() != 0:
        raise Unavailable("a cluster needs root")
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or not (CNI / "bridge").exists():
        raise Unavailable(f"not installed: {' '.join(missing) or 'containernetworking-plugins'}")
    folder = cache() / f"kubernetes-{VERSION}-{_digest()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _build(folder)
    return folder


def cache() -> Path:
    """What is kept between runs, outside the clone."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cog-cpp"


def _digest() -> str:
    content = b"".join(path.read_bytes() for path in sorted(SOURCE.rglob("*")) if path.is_file())
    return hashlib.sha256(content).hexdigest()[:12]


def find_go() -> str:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if go is None:
        raise Unavailable("there is no Go")
    return go


def _build(folder: Path) -> None:
    go = find_go()
    with tempfile.TemporaryDirectory(prefix="building-", dir=folder.parent) as name:
        made = Path(name) / "programs"
        made.mkdir()
        major, minor, _ = VERSION.split(".")
        values = (
            f"-X {VERSION_PACKAGE}.gitVersion=v{VERSION} -X {VERSION_PACKAGE}.gitMajor={major} "
            f"-X {VERSION_PACKAGE}.gitMinor={minor} -X {CLIENT_VERSION}=v{VERSION}"
        )
        # Its objects are of no use afterwards, and take gigabytes.
        environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
        environment.setdefault("GOCACHE", f"{name}/objects")
        environment.setdefault("GOMODCACHE", f"{name}/modules")
        environment["GOFLAGS"] += " -modcacherw"
        command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {values}"]
        _run([*command, "-o", str(made / "node"), "."], SOURCE / "node", environment)
        _run([*command, "-o", str(made / "pause"), "."], SOURCE / "pause", environment)
        for program in NAMES:
            if program != "pause":
                (made / program).symlink_to("node")
        made.rename(folder)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"Kubernetes cannot be built: {done.stderr[-500:]}")
