"""An archive in; its files out, nested in lists and dicts."""

import tempfile
import zipfile
from typing import Dict, List

from cog import BaseRunner, Path


class Predictor(BaseRunner):
    def run(self, archive: Path, flat: bool = False) -> Dict[str, List[Path]]:
        folder = Path(tempfile.mkdtemp())
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
        found: Dict[str, List[Path]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                found.setdefault("all" if flat else path.suffix[1:], []).append(path)
        return found
