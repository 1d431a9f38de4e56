"""What travels in the wheel, as a CycloneDX bill of materials: Debian packages with their versions and licences."""

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote


def fields_of(package: str) -> dict[str, str]:
    """Version, architecture and source of an installed package."""
    form = "${Version}\n${Architecture}\n${source:Package}\n${source:Version}\n"
    shown = subprocess.run(
        ["dpkg-query", "-W", f"-f={form}", package], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return dict(zip(("version", "architecture", "source", "source_version"), shown.splitlines()))


def licences_of(copyright_text: str) -> list[str]:
    """The names that a copyright file in Debian's machine-readable form gives; none where it has another."""
    names = re.findall(r"^License:[ \t]*(\S.*)$", copyright_text, re.MULTILINE)
    return sorted(set(names), key=lambda name: (name.lower(), name))


def component(package: str) -> dict[str, Any]:
    fields = fields_of(package)
    url = f"pkg:deb/debian/{quote(package, safe='')}@{quote(fields['version'], safe='')}?arch={fields['architecture']}"
    text = Path("/usr/share/doc", package, "copyright").read_text(encoding="utf-8", errors="replace")
    return {
        "type": "library",
        "bom-ref": url,
        "name": package,
        "version": fields["version"],
        "purl": url,
        "licenses": [{"license": {"name": name}} for name in licences_of(text)],
        "properties": [{"name": "debian:source", "value": f"{fields['source']} {fields['source_version']}"}],
    }


def document(version: str, packages: Iterable[str]) -> bytes:
    """The same packages give the same bytes."""
    whole = f"pkg:pypi/cog-cpp@{quote(version, safe='')}"
    parts = [component(package) for package in sorted(set(packages))]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": whole,
                "name": "cog-cpp",
                "version": version,
                "purl": whole,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": parts,
        "dependencies": [
            {"ref": whole, "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }
    return json.dumps(bill, indent=1, ensure_ascii=False).encode() + b"\n"
