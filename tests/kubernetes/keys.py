"""The certificates of a cluster, and the files by which its parts find each other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from node import ADDRESS, FIRST_SERVICE, NAME

API_NAMES = ",".join(
    (
        *(f"IP:{address}" for address in ("127.0.0.1", ADDRESS, FIRST_SERVICE)),
        *(f"DNS:{name}" for name in ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")),
    )
)
SUBJECTS = {
    "apiserver": ("/CN=kube-apiserver", API_NAMES),
    "kubelet-server": (f"/CN={NAME}", f"IP:{ADDRESS},DNS:{NAME}"),
    "admin": ("/O=system:masters/CN=admin", ""),
    "manager": ("/CN=system:kube-controller-manager", ""),
    "scheduler": ("/CN=system:kube-scheduler", ""),
    "proxy": ("/CN=system:kube-proxy", ""),
    "kubelet": (f"/O=system:nodes/CN=system:node:{NAME}", ""),
    "front": ("/CN=front-proxy", ""),
}
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")


def make_keys(folder: Path) -> None:
    """Fills the folder."""
    folder.mkdir()
    openssl(folder, "req", "-x509", *CURVE, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
    openssl(folder, "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "sa.key")
    for name, (subject, names) in SUBJECTS.items():
        request = f"{name}.request"
        openssl(folder, "req", "-new", *CURVE[:-2], "-keyout", f"{name}.key", "-out", request, "-subj", subject)
        (folder / "extensions").write_text(
            "extendedKeyUsage=serverAuth,clientAuth\n" + (f"subjectAltName={names}\n" if names else "")
        )
        signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions")
        openssl(folder, "x509", "-req", "-in", request, *signing, "-out", f"{name}.crt")
        (folder / f"{name}.conf").write_text(json.dumps(_access(folder, name)))


def _access(folder: Path, name: str) -> dict[str, object]:
    cluster = {"server": f"https://{ADDRESS}:6443", "certificate-authority": str(folder / "ca.crt")}
    user = {"client-certificate": str(folder / f"{name}.crt"), "client-key": str(folder / f"{name}.key")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
