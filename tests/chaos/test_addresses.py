"""COG_FORBID_PRIVATE_URLS in a network that has public and private addresses: redirects and names lead nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import namespace
import pytest
from namespace import METADATA, PRIVATE, PRIVATE_6, PUBLIC, PUBLIC_6

ISOLATED = ["unshare", "--net", "--mount"]

GOOD = {
    "a public address": (f"http://{PUBLIC}:PORT/", [PUBLIC]),
    "a public IPv6 address": (f"http://[{PUBLIC_6}]:PORT/", [PUBLIC_6]),
    "a public name": ("http://public.test:PORT/", [PUBLIC]),
    "public to public": (f"http://{PUBLIC}:PORT/?to=http://public.test:PORT/", [PUBLIC, PUBLIC]),
    "to another family": (f"http://public.test:PORT/?to=http://[{PUBLIC_6}]:PORT/", [PUBLIC, PUBLIC_6]),
}
BAD = {
    "a private address": (f"http://{PRIVATE}:PORT/", []),
    "a private IPv6 address": (f"http://[{PRIVATE_6}]:PORT/", []),
    "a private IPv4 address as IPv6": (f"http://[::ffff:{PRIVATE}]:PORT/", []),
    "metadata": (f"http://{METADATA}:PORT/", []),
    "a private address as a number": ("http://168232711:PORT/", []),
    "a private name": ("http://private.test:PORT/", []),
    "a private IPv6 name": ("http://private-6.test:PORT/", []),
    "a name of metadata": ("http://metadata.test:PORT/", []),
    "a name of loopback": ("http://loopback.test:PORT/", []),
    "localhost": ("http://localhost:PORT/", []),
    "public to private": (f"http://{PUBLIC}:PORT/?to=http://{PRIVATE}:PORT/", [PUBLIC]),
    "public to a private name": ("http://public.test:PORT/?to=http://private.test:PORT/", [PUBLIC]),
    "public to metadata": (f"http://public.test:PORT/?to=http://{METADATA}:PORT/latest/meta-data", [PUBLIC]),
    "public to loopback": (f"http://{PUBLIC}:PORT/?to=http://127.0.0.1:PORT/", [PUBLIC]),
    "public to private IPv6": (f"http://[{PUBLIC_6}]:PORT/?to=http://[{PRIVATE_6}]:PORT/", [PUBLIC_6]),
    "public to public to private": (
        f"http://{PUBLIC}:PORT/?to=http://public.test:PORT/%3Fto=http://{PRIVATE}:PORT/",
        [PUBLIC, PUBLIC],
    ),
    "public to a file": (f"http://{PUBLIC}:PORT/?to=file:///etc/hosts", [PUBLIC]),
}


def can_isolate() -> bool:
    try:
        return subprocess.run([*ISOLATED, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What came of each URL; the namespaces end with the process, and what was made in them."""
    if not can_isolate():
        pytest.skip("no network namespaces here: that takes root, unshare and ip")
    cases = {name: url for name, (url, _) in {**GOOD, **BAD}.items()}
    command = [*ISOLATED, sys.executable, str(Path(namespace.__file__)), str(tmp_path_factory.mktemp("isolated"))]
    done = subprocess.run([*command, json.dumps(cases)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", GOOD)
def test_a_public_address_is_asked(outcomes: Any, name: str) -> None:
    outcome, hops = outcomes[name], GOOD[name][1]
    assert outcome["input"]["status"] == "succeeded" and outcome["input"]["output"] == namespace.SECRET, outcome
    assert outcome["input hops"] == outcome["webhook hops"] == hops


@pytest.mark.parametrize("name", BAD)
def test_no_other_address_is_asked(outcomes: Any, name: str) -> None:
    outcome, hops = outcomes[name], BAD[name][1]
    assert outcome["input"]["status"] == "failed" and "output" not in outcome["input"], outcome
    assert outcome["input hops"] == outcome["webhook hops"] == hops
