"""Every object that `cog deploy kubernetes` prints, asked of a real API server, which forgives no misspelt field."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster import Kubernetes
from components import Unavailable
from custom_resources import definitions
from deployed import YAML
from server import REPOSITORY
from test_deploy import COMBINATIONS, IMAGE
from tool import cog

pytest_plugins = ("kubernetes_fixtures",)

EXAMPLES = sorted(path.parent for path in (REPOSITORY / "examples").glob("*/cog.yaml"))


def manifests(folder: Path, *flags: str) -> str:
    done = cog(folder, "deploy", "kubernetes", "--image", IMAGE, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(kubernetes: Kubernetes, objects: str) -> None:
    kubernetes.apply(objects, "--dry-run=server", "--validate=strict")


def test_all_flags(kubernetes: Kubernetes, tmp_path: Path) -> None:
    try:
        files = definitions()
    except Unavailable as error:
        pytest.skip(str(error))
    (tmp_path / "cog.yaml").write_text(YAML)
    kubernetes.kubectl("create", "namespace", "ml")
    for file in files:
        kubernetes.kubectl("create", "-f", str(file))
    kubernetes.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=300s")
    for flags in COMBINATIONS.values():
        ask(kubernetes, manifests(tmp_path, *flags))


def test_a_misspelt_field_is_refused(kubernetes: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "cog.yaml").write_text(YAML)
    with pytest.raises(AssertionError, match="readinesProbe"):
        ask(kubernetes, manifests(tmp_path).replace("readinessProbe", "readinesProbe"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_the_examples(kubernetes: Kubernetes, example: Path) -> None:
    ask(kubernetes, manifests(example))
