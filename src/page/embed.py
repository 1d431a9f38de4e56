"""Writes a C++ source that holds the page's files: embed.py OUTPUT FOLDER FILE... [NAME=FILE]...

A file's name is its path below FOLDER, or NAME. In index.html, HASH becomes the hash over all of them.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
PRINTABLE = {byte: chr(byte) for byte in range(32, 127) if chr(byte) not in '"\\?'}
ROW = 100


def literal(data: bytes) -> str:
    """As adjacent string literals, one a row; octal escapes of three digits end by themselves."""
    rows = (data[at : at + ROW] for at in range(0, len(data), ROW))
    return "\n".join('"' + "".join(PRINTABLE.get(byte, f"\\{byte:03o}") for byte in row) + '"' for row in rows) or '""'


def compress(data: bytes) -> bytes:
    """What `gzip -9n` makes of it, which is the same on every machine with that gzip."""
    try:
        return subprocess.run(["gzip", "-9nc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError:
        return gzip.compress(data, 9, mtime=0)


def main() -> None:
    output, folder, *given = sys.argv[1:]
    files = {}
    for one in given:
        name, _, path = one.rpartition("=")
        files[name or Path(one).resolve().relative_to(Path(folder).resolve()).as_posix()] = Path(path).read_bytes()
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(data), data))
    identity = digest.hexdigest()[:12]
    files["index.html"] = files["index.html"].replace(b"HASH", identity.encode())
    rows = []
    for name, data in sorted(files.items()):
        packed = compress(data)
        rows.append(
            f'  {{"{name}",\n   {{{literal(data)},\n    {len(data)}}},\n   {{{literal(packed)},\n    {len(packed)}}},\n'
            f'   "{TYPES[Path(name).suffix]}"}},\n'
        )
    Path(output).write_text(
        '#include "page/page_files.hpp"\n\nnamespace cog {\n\nnamespace {\n\n'
        f"constexpr page_file files[] = {{\n{''.join(rows)}}};\n\n}}   // namespace\n\n"
        "std::span<const page_file> page_files() {\n  return files;\n}\n\n"
        f'std::string_view page_hash() {{\n  return "{identity}";\n}}\n\n}}   // namespace cog\n'
    )


if __name__ == "__main__":
    main()
