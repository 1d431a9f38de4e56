"""What the page keeps in the browser: when there is much of it, in private windows, without a store, with two tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import CHROMIUM, DRIVER, Browser
from page_site import MODELS, Site, own_site, problems
from server import Server
from test_page import OVER, choose, open_form, run, run_kind

pytest_plugins = ("page_fixtures",)
Sites = Callable[..., Site]
ROWS = "return [...document.querySelectorAll('.history-list .entry')].map((one) => one.textContent)"
STORED = """return new Promise((resolve) => {
  const opened = indexedDB.open(`cog ${new URL('.', document.baseURI).href}`, 1);
  opened.onsuccess = () => {
    const asked = opened.result.transaction('runs').objectStore('runs').getAll();
    asked.onsuccess = () => { opened.result.close(); resolve(asked.result.map((one) => [one.id, one.phase])); };
  };
});"""
FILL = """return new Promise((resolve, reject) => {
  const opened = indexedDB.open(`cog ${new URL('.', document.baseURI).href}`, 1);
  opened.onsuccess = () => {
    const transaction = opened.result.transaction('runs', 'readwrite');
    for (let at = 0; at < arguments[0]; ++at)
      transaction.objectStore('runs').put({ id: `old-${at}`, path: 'predictions', created: 1e12 + at, bytes: 9,
        phase: 'succeeded', values: { kind: `old ${at}` }, state: null, output: 'x', logs: '', metrics: {}, error: '',
        seconds: 1 });
    transaction.oncomplete = () => { opened.result.close(); resolve(true); };
    transaction.onabort = () => reject(transaction.error);
  };
});"""


@contextmanager
def another_browser(**options: object) -> Iterator[Browser]:
    if not DRIVER or not CHROMIUM:
        pytest.skip("there is no browser: Debian's chromium and chromium-driver are needed")
    with Browser(**options) as browser:  # type: ignore[arg-type]
        yield browser
        assert problems(browser) == []


def test_of_more_than_two_hundred_runs_the_oldest_go(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "outputs.py")) as site:
        open_form(browser, site)
        browser.run(FILL, 200)
        assert run_kind(browser, site, "number") == "succeeded"
        browser.until("return document.querySelector('.history-list')?.textContent.includes('number')")
        stored = [id for id, _ in browser.run(STORED)]
        assert len(stored) == 200 and "old-0" not in stored and "old-1" in stored
        rows = browser.run(ROWS)
        assert len(rows) == 200 and "number" in rows[0] and "old 1" in rows[-1]


def test_a_store_that_is_full_makes_room_for_what_is_new(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "outputs.py")) as site:
        open_form(browser, site)
        origin = "://".join(urlsplit(site.address)[:2])
        ids = []
        browser.protocol("Storage.overrideQuotaForOrigin", origin=origin, quotaSize=4_000_000)
        try:
            for _ in range(9):
                choose(browser, "kind", "noise")
                assert run(browser) == "succeeded"
                ids.append(browser.text(".id code"))
                browser.until("return !document.querySelector('.history-list .entry .pill[data-state=processing]')")
            # What the browser has dropped the server still has.
            browser.until(f"return document.querySelectorAll('.history-list .entry').length === {len(ids)}")
            stored = dict(browser.run(STORED))
            assert len(stored) < len(ids) and ids[-1] in stored and set(stored.values()) == {"succeeded"}
        finally:
            browser.protocol("Storage.overrideQuotaForOrigin", origin=origin)


def test_a_private_window_keeps_until_it_is_closed(sites: Sites) -> None:
    with another_browser(switches=["--incognito"]) as browser:
        open_form(browser, sites("widgets"))
        browser.type("[data-name=prompt] textarea", "in private")
        assert run(browser) == "succeeded"
        browser.reload()
        browser.until("return document.querySelector('.history-list')?.textContent.includes('in private')")
    with another_browser() as browser:
        open_form(browser, sites("widgets"))
        browser.until("return document.querySelector('.history-list .entry') !== null")
        assert "in private" not in browser.text(".history-list")
        assert "server only" in browser.text(".history-list")


def test_a_browser_that_stores_nothing_shows_what_was_run_and_says_so(sites: Sites) -> None:
    nothing = {"profile.default_content_setting_values.cookies": 2}
    with another_browser(settings=nothing) as browser:
        open_form(browser, sites("widgets"))
        browser.type("[data-name=prompt] textarea", "not stored")
        assert run(browser) == "succeeded"
        browser.until("return document.querySelector('.history-list')?.textContent.includes('not stored')")
        assert "until the page is closed" in browser.text(".history > p")
        browser.press("#theme")
        browser.press(".history-list .entry")
        assert "not stored" in browser.text(".output")
        browser.reload()
        browser.until("return document.querySelector('.history-list .entry') !== null")
        assert "not stored" not in browser.text(".history-list")


def test_two_tabs_do_not_disturb_each_other(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "word_stream.py", COG_MAX_CONCURRENCY="2")) as site:
        first = browser.tab
        open_form(browser, site)
        browser.type("[data-name=count] .number", "9", clear=True)
        browser.type("[data-name=hold] input", "4", clear=True)
        browser.press("button.primary")
        browser.until("return document.querySelector('.text-body')?.textContent === '0 1 2 3 '")
        second = browser.new_tab()
        try:
            open_form(browser, site)
            browser.type("[data-name=count] .number", "3", clear=True)
            assert run(browser) == "succeeded"
            assert browser.text(".text-body") == "0 1 2 "
            states = "return [...document.querySelectorAll('.history-list .pill')].map((one) => one.textContent).join()"
            browser.until(f"{states} === 'succeeded,running'")
            browser.go_to(first)
            assert browser.text(".result .pill") == "Running"
            assert browser.text(".text-body") == "0 1 2 3 "
            browser.until(f"{states} === 'succeeded,running'")
            (site.server.project / "go").touch()
            browser.until(OVER)
            assert browser.text(".text-body") == "0 1 2 3 4 5 6 7 8 "
            browser.go_to(second)
            assert browser.text(".text-body") == "0 1 2 "
            browser.until(f"{states} === 'succeeded,succeeded'")
            browser.press(".history-list li:nth-child(2) .entry")
            assert browser.text(".text-body") == "0 1 2 3 4 5 6 7 8 "
            browser.close_tab()
        finally:
            browser.go_to(first)
