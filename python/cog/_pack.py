"""`python -m cog._pack FOLDER` packs the installed cog-cpp into a wheel again and prints the wheel's path."""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

from cog._version import __build__

_DATE = (1980, 1, 1, 0, 0, 0)


def _installed(packages: Path) -> list[tuple[str, Path]]:
    """The wheel's members: name, and the file it was installed as. Raises FileNotFoundError."""
    info = packages / f"cog_cpp-{__build__}.dist-info"
    members = []
    for line in (info / "RECORD").read_text(encoding="utf-8").splitlines():
        name = line.rsplit(",", 2)[0].strip('"')
        path = Path(name)
        if path.suffix == ".pyc" or (path.parts[0] == info.name and path.name in _WRITTEN_BY_PIP):
            continue
        if path.parent.name == "bin" and path.parts[0] == "..":
            name = f"cog_cpp-{__build__}.data/scripts/{path.name}"
        members.append((name, packages / path))
    return sorted(members)


_WRITTEN_BY_PIP = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


def _tags(info: Path) -> str:
    lines = (info / "WHEEL").read_text(encoding="utf-8").splitlines()
    tags = [line.partition(":")[2].strip().split("-", 2) for line in lines if line.startswith("Tag:")]
    return "-".join([*tags[0][:2], ".".join(tag[2] for tag in tags)])


def pack(packages: Path, folder: Path) -> Path:
    """Writes the wheel into the folder."""
    info = f"cog_cpp-{__build__}.dist-info"
    wheel = folder / f"cog_cpp-{__build__}-{_tags(packages / info)}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:

        def add(name: str, content: bytes, mode: int) -> None:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 1)

        for name, path in _installed(packages):
            content = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record.append(f"{name},sha256={digest},{len(content)}\n")
            add(name, content, 0o755 if path.stat().st_mode & 0o100 else 0o644)
        add(f"{info}/RECORD", f"{''.join(record)}{info}/RECORD,,\n".encode(), 0o644)
    return wheel


def main(arguments: list[str]) -> int:
    try:
        print(pack(Path(__file__).resolve().parent.parent, Path(arguments[0])))
    except OSError as error:
        print(f"{error}: the installed files of cog-cpp cannot be packed again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
