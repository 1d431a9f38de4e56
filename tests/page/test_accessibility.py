"""What axe-core finds wrong for those who cannot see, or use no mouse: nothing, in any state and in both themes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from page_site import Site
from test_page import choose, open_form, run_kind

pytest_plugins = ("page_fixtures",)
Sites = Callable[..., Site]
RULES = "['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']"
FIND = f"""axe.run(document, {{ runOnly: {RULES} }}).then((result) => JSON.stringify(result.violations.map(
  (one) => [one.id, ...one.nodes.map((node) => node.target.join(' '))])))"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of axe-core, which npm fetches."""
    if not shutil.which("npm"):
        pytest.skip("there is no npm, which fetches axe-core")
    folder = tmp_path_factory.mktemp("axe")
    fetched = subprocess.run(["npm", "pack", "axe-core"], cwd=folder, capture_output=True, check=False)
    if fetched.returncode:
        pytest.skip("npm cannot fetch axe-core")
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder)
    return Path(folder, "package", "axe.min.js").read_text()


def violations(browser: Browser, axe: str) -> Any:
    """What is wrong with what is shown: rules, each with its places."""
    browser.protocol("Runtime.evaluate", expression=axe)
    answer = browser.protocol("Runtime.evaluate", expression=FIND, awaitPromise=True, returnByValue=True)
    return json.loads(answer["result"]["value"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(browser: Browser, sites: Sites, axe: str, theme: str) -> None:
    browser.prefer(prefers_color_scheme=theme)
    found = {}

    def look(state: str) -> None:
        browser.run("document.querySelectorAll('.result > details, .operation').forEach((one) => { one.open = true; })")
        found[state] = violations(browser, axe)

    open_form(browser, sites("widgets"))
    look("form")
    browser.press("button.primary")
    look("problems")
    browser.press(".actions button:nth-of-type(4)")
    browser.find("dialog")
    look("dialog")
    for kind in ("markdown", "images", "error", "object"):
        run_kind(browser, sites("outputs"), kind)
        look(kind)
    open_form(browser, sites("outputs"))
    choose(browser, "kind", "progress")
    browser.press("button.primary")
    browser.until("return document.querySelector('.main-bar [role=progressbar]') !== null")
    look("running")
    browser.press(".result-head button")
    for tab in ("status", "docs"):
        browser.open(f"{sites('outputs').address}{tab}")
        browser.until("return document.querySelector('.tile, .operation') !== null")
        look(tab)
    assert not {state: wrong for state, wrong in found.items() if wrong}
