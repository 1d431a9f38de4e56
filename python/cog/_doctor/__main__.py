"""`python -m cog._doctor REQUEST` checks the files that cog.yaml names and prints what it finds.

REQUEST and answer are JSON: `{"folder", "config", "fix", "references": [{"field", "value", "line"}]}`, where `line` is
that of the field in the file `config`; `{"checks": {CHECK: {"findings": [{"file", "line", "message", "remediation",
"fixable"}], "fixed", "error"}}}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cog._doctor import (
    Finding,
    Source,
    SourceError,
    check_imports,
    check_names,
    check_old_api,
    check_pydantic,
    check_reference,
    check_returns,
)

Checks = dict[str, dict[str, Any]]
SOURCE_CHECKS = {"old_api": check_old_api, "pydantic": check_pydantic, "imports": check_imports}


class Doctor:
    def __init__(self, request: dict[str, Any]) -> None:
        self.folder = Path(request["folder"])
        self.config: str = request["config"]
        self.fix: bool = request["fix"]
        self.references: list[dict[str, Any]] = request["references"]
        self.checks: Checks = {}

    def open(self, name: str) -> Source:
        return Source(self.folder / name, name)

    def report(self, check: str, findings: list[Finding], save: bool = True) -> bool:
        """Notes the findings, mends them if asked to; true when something was mended."""
        entry = self.checks.setdefault(check, {"findings": [], "fixed": 0, "error": ""})
        fixes = {id(one.fix): one.fix for one in findings if one.fix is not None}
        mended = 0
        if self.fix and fixes:
            try:
                for fix in fixes.values():
                    fix()
                mended = len([one for one in findings if one.fix is not None])
            except (OSError, SourceError) as error:
                entry["error"] = str(error)
        entry["fixed"] += mended
        entry["findings"] += [
            {
                "file": one.file,
                "line": one.line,
                "message": one.message,
                "remediation": one.remediation,
                "fixable": one.fix is not None,
                "fixed": bool(mended) and one.fix is not None,
            }
            for one in findings
        ]
        return mended > 0

    def run(self) -> None:
        for reference in self.references:
            file, _, name = reference["value"].partition(":")
            if not (self.folder / file).is_file():
                remedy = f"Create {file} or update the {reference['field']} field in {self.config}"
                self.report("reference", [Finding(self.config, reference["line"], f"{file} not found", remedy)])
                self._names(None, reference)
                continue
            try:
                self._source(file, name, reference)
            except SourceError as error:
                self.checks.setdefault("reference", {"findings": [], "fixed": 0, "error": ""})["error"] = str(error)

    def _source(self, file: str, name: str, reference: dict[str, Any]) -> None:
        source = self.open(file)
        self.report("reference", check_reference(source, name, reference["field"], self.config, reference["line"]))
        for check, look in SOURCE_CHECKS.items():
            if self.report(check, look(source)):
                source.save()
                source = self.open(file)
        self.report("returns", check_returns(source, name))
        self._names(source, reference)

    def _names(self, source: Any, reference: dict[str, Any]) -> None:
        if reference["field"] == "train":
            return
        is_old = reference["field"] == "predict"
        others = [one["field"] for one in self.references]
        found = check_names(
            source,
            reference["value"],
            self.folder / self.config,
            self.config,
            reference["line"] if is_old else 0,
            is_old and "run" in others,
        )
        if self.report("names", found):
            entry = self.checks["names"]
            entry["fixed"] = len(found)
            for finding in entry["findings"]:
                finding["fixed"] = True


def main(arguments: list[str]) -> int:
    doctor = Doctor(json.loads(arguments[0]))
    doctor.run()
    print(json.dumps({"checks": doctor.checks}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
