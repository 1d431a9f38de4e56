"""The page of a server that wants API keys: it asks for one, and keeps it no longer than it is told to."""

from __future__ import annotations

import hashlib
from pathlib import Path

from browser import Browser
from page_site import MODELS, own_site
from server import Server
from test_page import choose, run

pytest_plugins = ("page_fixtures",)
KEY = "key of ada"
LINES = f"ada sha256:{hashlib.sha256(KEY.encode()).hexdigest()}"
WHY = "return document.querySelector('dialog[open] p')?.textContent"
HAS_FORM = "return document.querySelector('.inputs') !== null"
STORED = "return JSON.stringify(sessionStorage) + JSON.stringify(localStorage)"


def give_key(browser: Browser, key: str, *, for_tab: bool = False) -> None:
    browser.until(WHY)
    browser.type("dialog input[type=password]", key)
    if for_tab:
        browser.press("dialog input[type=checkbox]")
    browser.press("dialog button.primary")


def test_a_key_is_asked_for_and_what_it_opens_is_shown(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "outputs.py", COG_API_KEYS=LINES)) as site:
        browser.open(site.address)
        assert browser.until(WHY) == "API key missing"
        assert not browser.run(HAS_FORM)
        assert browser.run("return document.activeElement.type") == "password"
        give_key(browser, "wrong")
        browser.until("return document.querySelector('dialog[open] p')?.textContent === 'API key not known'")
        give_key(browser, KEY)
        browser.until(HAS_FORM)
        browser.until("return document.querySelector('dialog') === null")
        choose(browser, "kind", "image")
        assert run(browser) == "succeeded"
        browser.until("return document.querySelector('.result img')?.naturalWidth > 0")
        assert KEY not in browser.run(STORED)


def test_a_key_stays_for_the_tab_only_if_one_says_so(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "outputs.py", COG_API_KEYS=LINES)) as site:
        browser.open(site.address)
        give_key(browser, KEY)
        browser.until(HAS_FORM)
        browser.reload()
        give_key(browser, KEY, for_tab=True)
        browser.until(HAS_FORM)
        browser.reload()
        browser.until(HAS_FORM)
        assert not browser.run(WHY)
