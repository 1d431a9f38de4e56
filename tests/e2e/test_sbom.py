"""The bill of materials in the wheel: what it says of Debian's packages, and that its form is CycloneDX."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from package_venv import PackageVenv, Unavailable
from server import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "script"))
from sbom import document, licences_of

VALIDATOR = PackageVenv("cyclonedx", "cyclonedx-python-lib[json-validation]==11.12.0")
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_5).validate_str(sys.stdin.read())
sys.exit(str(problem) if problem else 0)
"""
PACKAGES = ("zlib1g", "libc6", "libcurl4")


def test_every_package_has_version_licence_and_source() -> None:
    bill = json.loads(document("1.2.3", PACKAGES))
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    assert [part["name"] for part in bill["components"]] == sorted(PACKAGES)
    for part in bill["components"]:
        shown = subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}", part["name"]], check=True, stdout=subprocess.PIPE, text=True
        )
        assert part["version"] == shown.stdout
        assert part["purl"].startswith(f"pkg:deb/debian/{part['name']}@")
        assert part["properties"][0]["value"]
    by_name = {part["name"]: part["licenses"] for part in bill["components"]}
    assert {"license": {"name": "Zlib"}} in by_name["zlib1g"] or {"license": {"name": "zlib"}} in by_name["zlib1g"]


def test_the_order_of_packages_does_not_matter() -> None:
    assert document("1", PACKAGES) == document("1", reversed(PACKAGES))


def test_licences_are_those_of_a_machine_readable_file() -> None:
    text = "Format: x\n\nFiles: *\nLicense: MIT\n\nFiles: a\nLicense: BSD-3-clause\n text\n\nLicense: MIT\n text\n"
    assert licences_of(text) == ["BSD-3-clause", "MIT"]
    assert licences_of("This package is free.\n") == []


def test_its_form_is_that_of_the_standard() -> None:
    try:
        VALIDATOR.install()
    except Unavailable as reason:
        pytest.skip(str(reason))
    ran = subprocess.run([VALIDATOR.python, "-c", VALIDATE], input=document("1", PACKAGES), capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
