"""Manifests of `cog deploy kubernetes`, looked at as a cluster and Pod Security look at them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from package_venv import PackageVenv

Object = dict[str, Any]

VALIDATOR = PackageVenv("kubernetes", "kubernetes-validate==1.37.0")
VERSIONS = ("1.30", "1.37")
FOREIGN = ("serving.kserve.io", "serving.knative.dev", "keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io")
"""API groups whose schemas Kubernetes itself does not have."""


def install_validator() -> Path:
    """The program kubernetes-validate. Raises Unavailable."""
    VALIDATOR.install()
    return VALIDATOR.folder / "bin" / "kubernetes-validate"


def read(text: str) -> list[Object]:
    return [document for document in yaml.safe_load_all(text) if document is not None]


def is_foreign(document: Object) -> bool:
    return str(document["apiVersion"]).partition("/")[0] in FOREIGN


def of_kind(documents: list[Object], kind: str) -> Object:
    found = [document for document in documents if document["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of kind {kind}"
    return found[0]


def pod_of(documents: list[Object]) -> Object:
    """The specification of the pods, whoever owns them."""
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "InferenceService":
            return dict(spec["predictor"])
        if "template" in spec:
            return dict(spec["template"]["spec"])
    raise AssertionError("no object has pods")


def container_of(documents: list[Object]) -> Object:
    (container,) = pod_of(documents)["containers"]
    return dict(container)


def environment_of(documents: list[Object]) -> dict[str, str]:
    """As the container gets it."""
    variables = container_of(documents)["env"]
    names = [variable["name"] for variable in variables]
    assert len(names) == len(set(names)), f"a name comes twice: {names}"
    assert all(isinstance(variable["value"], str) for variable in variables)
    return {variable["name"]: variable["value"].replace("$$(", "$(") for variable in variables}


def check_references(documents: list[Object]) -> None:
    """Every name, port and selector that is referred to exists, and everything is in one namespace."""
    names = {(document["kind"], document["metadata"]["name"]) for document in documents}
    assert len(names) == len(documents), "an object comes twice"
    assert len({document["metadata"].get("namespace") for document in documents}) == 1
    pod = pod_of(documents)
    ports = {port["name"]: port["containerPort"] for port in container_of(documents)["ports"]}
    assert ("ServiceAccount", pod["serviceAccountName"]) in names
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in container_of(documents)["volumeMounts"]} == set(volumes)
    for volume in volumes.values():
        if claim := volume.get("persistentVolumeClaim"):
            assert ("PersistentVolumeClaim", claim["claimName"]) in names
    for port in _ports_referred_to(documents):
        assert port in ports or port in ports.values(), f"no port {port} in {ports}"
    labels = _pod_labels(documents)
    for chosen in _selectors(documents):
        assert chosen.items() <= labels.items(), f"{chosen} chooses none of {labels}"
    for document in documents:
        spec = document.get("spec", {})
        if target := spec.get("scaleTargetRef"):
            assert (target["kind"], target["name"]) in names
        for rule in spec.get("rules", []):
            for backend in rule["backendRefs"]:
                assert ("Service", backend["name"]) in names
                assert backend["port"] in {port["port"] for port in of_kind(documents, "Service")["spec"]["ports"]}


def _pod_labels(documents: list[Object]) -> dict[str, str]:
    for document in documents:
        if document["kind"] == "Deployment":
            return dict(document["spec"]["template"]["metadata"]["labels"])
        if document["kind"] == "InferenceService":
            return {"serving.kserve.io/inferenceservice": document["metadata"]["name"]}
        if str(document["apiVersion"]).startswith("serving.knative.dev/"):
            return {"serving.knative.dev/service": document["metadata"]["name"]}
    raise AssertionError("no object has pods")


def _ports_referred_to(documents: list[Object]) -> Iterator[object]:
    container = container_of(documents)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        yield container[probe]["httpGet"]["port"]
    for document in documents:
        spec = document.get("spec", {})
        if document["apiVersion"] == "v1" and document["kind"] == "Service":
            yield from (port["targetPort"] for port in spec["ports"])
        if document["kind"] == "PodMonitor":
            yield from (endpoint["port"] for endpoint in spec["podMetricsEndpoints"])
        if document["kind"] == "NetworkPolicy":
            yield from (port["port"] for rule in spec["ingress"] for port in rule["ports"])


def _selectors(documents: list[Object]) -> Iterator[dict[str, str]]:
    for constraint in pod_of(documents).get("topologySpreadConstraints", []):
        yield constraint["labelSelector"]["matchLabels"]
    for document in documents:
        spec = document.get("spec", {})
        if document["apiVersion"] == "v1" and document["kind"] == "Service":
            yield spec["selector"]
        elif "selector" in spec:
            yield spec["selector"]["matchLabels"]
        if "podSelector" in spec:
            yield spec["podSelector"]["matchLabels"]


def check_restricted(documents: list[Object]) -> None:
    """What the Pod Security Standard "restricted" asks of a pod, and what we ask besides."""
    pod = pod_of(documents)
    container = container_of(documents)
    security = {**pod.get("securityContext", {}), **container["securityContext"]}
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == security["runAsGroup"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["readOnlyRootFilesystem"] is True
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all({"emptyDir", "persistentVolumeClaim"} & volume.keys() for volume in pod["volumes"])
    assert all("hostPort" not in port for port in container["ports"])
    assert pod["automountServiceAccountToken"] is False
