"""The container of a generated Deployment, run as a kubelet would: its environment, its user, its volumes, a root file
system that cannot be written to, no capability, in namespaces of its own. In place of an image's there is this
machine's root, and in place of port 5000 a free one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

import pytest
from manifests import Object, container_of, environment_of, pod_of
from server import MARK, REPOSITORY, Server, coglet

PYTHON = Path("/usr/bin/python3")
needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not PYTHON.exists(), reason="namespaces need root, and the container needs /usr/bin/python3"
)
ENTER = """
set -e
project=$1 packages=$2 program=$3 shm=$4 user=$5
shift 5
mount --make-rprivate /
while read -r _ _ _ _ point _; do
  case $point in
    /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) ;;
    *) mount -o remount,bind,ro "$point" || echo "still writable: $point" >&2 ;;
  esac
done < /proc/self/mountinfo
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/src /mnt/packages
touch /mnt/coglet
mount --bind "$project" /mnt/src
mount --bind "$packages" /mnt/packages
mount --bind "$program" /mnt/coglet
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o "mode=1777,size=$shm" tmpfs /dev/shm
cd /mnt/src
exec setpriv --reuid "$user" --regid "$user" --clear-groups --bounding-set=-all --inh-caps=-all --ambient-caps=-all \\
  --no-new-privs --pdeathsig KILL "$@"
"""


class Container(Server):
    """`with Container(tmp_path, MODEL, read(manifests)) as server: ...`"""

    def __init__(self, folder: Path, model: str, documents: list[Object], **variables: Optional[str]) -> None:
        super().__init__(folder, model)
        security = {**pod_of(documents)["securityContext"], **container_of(documents)["securityContext"]}
        assert security["capabilities"] == {"drop": ["ALL"]} and security["readOnlyRootFilesystem"]
        mounts = {mount["mountPath"]: mount["name"] for mount in container_of(documents)["volumeMounts"]}
        assert mounts == {"/tmp": "tmp", "/dev/shm": "shm"}
        volumes = {volume["name"]: volume["emptyDir"] for volume in pod_of(documents)["volumes"]}
        self._command = [
            *("unshare", "--mount", "--ipc", "--uts", "sh", "-c", ENTER, "sh", str(self.project)),
            *(str(REPOSITORY / "python"), str(coglet().resolve())),
            *(str(volumes["shm"]["sizeLimit"]).replace("Gi", "g"), str(security["runAsUser"]), "/mnt/coglet"),
        ]
        image = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": "/mnt/packages",
            "COG_PYTHON": str(PYTHON),
            "COG_PREDICT_TYPE_STUB": "predict.py:Predictor",
        }
        cluster = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
        ours = {"PORT": "0", MARK: self._mark.partition("=")[2]}
        given = {**image, **cluster, **environment_of(documents), **ours, **variables}
        self._environment = {name: value for name, value in given.items() if value is not None}
