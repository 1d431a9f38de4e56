"""Packs the wheel: pack_wheel.py VERSION BUILD_FOLDER PYTHON_FOLDER DIST_FOLDER

BUILD_FOLDER holds the programs, and in `bin/` the starter of each. The wheel takes along every shared
library that the programs need, the loader itself, the licence of each Debian package that they come from, and a bill of
materials that lists these packages (PEP 770).
The same inputs give the same bytes.
"""

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sbom
import tomllib

# In the programs without being a shared library of theirs; musl is in the starters.
LINKED_IN = ("libboost1.81-dev", "libcli11-dev", "libjs-marked", "libspdlog-dev", "musl")
# Parts of the C library that NVIDIA's names: it is loaded at run time, and those of another C library would not fit.
FOR_DRIVERS = ("libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1")
TAGS = ("manylinux_2_28_x86_64", "musllinux_1_1_x86_64")
NATIVE = "cog/_bin"
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Member:
    name: str
    content: bytes
    executable: bool = False


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def shared_libraries(program: Path) -> set[Path]:
    """The libraries that the loader would load, and the loader."""
    listing = output_of("ldd", str(program))
    if "not found" in listing:
        sys.exit(f"script/wheel: a library of {program} is missing:\n{listing}")
    found = {Path(path) for path in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listing, re.MULTILINE)}
    folder = next(path.parent for path in found if path.name == "libc.so.6")
    return found | {folder / name for name in FOR_DRIVERS}


def package_of(library: Path) -> str:
    """The Debian package of a file, whichever of its two names with merged /usr the package list has."""
    names = {str(library), str(library.resolve()), f"/usr{library}", str(library).removeprefix("/usr")}
    query = subprocess.run(["dpkg-query", "-S", *names], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if not query.stdout:
        sys.exit(f"script/wheel: no package owns {library}")
    return query.stdout.split(":")[0]


def licences(packages: set[str], info: str) -> Iterator[Member]:
    for package in sorted(packages):
        yield Member(f"{info}/licenses/{package}", Path("/usr/share/doc", package, "copyright").read_bytes())


def native(build: Path, programs: list[str], libraries: set[Path], data: str) -> Iterator[Member]:
    for name in programs:
        start = (build / "bin" / name).read_bytes()
        yield Member(f"{data}/scripts/{name}", start, executable=True)
        yield Member(f"{NATIVE}/{name}", start, executable=True)
        yield Member(f"{NATIVE}/programs/{name}", (build / name).read_bytes(), executable=True)
    for library in libraries:
        yield Member(f"{NATIVE}/lib/{library.name}", library.read_bytes(), executable=True)


def python_sources(folder: Path) -> Iterator[Member]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield Member(path.relative_to(folder).as_posix(), path.read_bytes())


def describe(version: str) -> str:
    """The text of METADATA, from the [project] table of pyproject.toml."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    fields = [
        ("Metadata-Version", "2.1"),
        ("Name", project["name"]),
        ("Version", version),
        ("Summary", project["description"]),
        ("License", project["license"]["text"]),
        ("Requires-Python", project["requires-python"]),
        ("Keywords", ",".join(project["keywords"])),
        *(("Classifier", each) for each in project["classifiers"]),
        *(("Project-URL", f"{label}, {url}") for label, url in project["urls"].items()),
        ("Description-Content-Type", "text/markdown"),
    ]
    readme = (PROJECT / project["readme"]).read_text(encoding="utf-8")
    return "".join(f"{name}: {value}\n" for name, value in fields) + f"\n{readme}"


def metadata(version: str, info: str) -> Iterator[Member]:
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in TAGS)
    yield Member(f"{info}/METADATA", describe(version).encode())
    yield Member(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: cog-cpp\nRoot-Is-Purelib: false\n{tags}".encode())


def write(wheel: Path, members: list[Member], info: str) -> None:
    record = "".join(
        f"{member.name},sha256={base64.urlsafe_b64encode(hashlib.sha256(member.content).digest()).decode().rstrip('=')},"
        f"{len(member.content)}\n"
        for member in members
    )
    members = [*members, Member(f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode())]
    with zipfile.ZipFile(wheel, "w") as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if member.executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.content)


def main(version: str, build: Path, python: Path, dist: Path) -> None:
    info, data = f"cog_cpp-{version}.dist-info", f"cog_cpp-{version}.data"
    programs = sorted(path.name for path in (build / "bin").iterdir())
    libraries = set[Path]().union(*(shared_libraries(build / name) for name in programs))
    packages = {package_of(library) for library in libraries} | set(LINKED_IN)
    members = [
        *python_sources(python),
        *native(build, programs, libraries, data),
        *metadata(version, info),
        Member(f"{info}/licenses/LICENSE", (python.parent / "LICENSE").read_bytes()),
        *licences(packages, info),
        Member(f"{info}/sboms/cog-cpp.cyclonedx.json", sbom.document(version, packages)),
    ]
    dist.mkdir(exist_ok=True)
    for old in dist.glob("cog_cpp-*.whl"):  # images take what is there
        old.unlink()
    wheel = dist / f"cog_cpp-{version}-py3-none-{'.'.join(TAGS)}.whl"
    write(wheel, sorted(members, key=lambda member: member.name), info)
    print(wheel)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
