"""What the page shows of a server that is in trouble, or was."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from browser import Browser
from page_site import MODELS, Site, own_site, serve_page
from server import Server
from test_page import OVER, open_form, run

pytest_plugins = ("page_fixtures",)


def begin_and_wait(browser: Browser, site: Site) -> None:
    """A run that stays in the middle of its text."""
    open_form(browser, site)
    browser.type("[data-name=hold] input", "4", clear=True)
    browser.press("button.primary")
    browser.until("return document.querySelector('.text-body')?.textContent === '0 1 2 3 '")


def test_a_killed_worker_fails_its_run_and_the_last_one_is_told_above_everything(
    browser: Browser, tmp_path: Path
) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "word_stream.py", COG_RESTARTS="0")) as site:
        begin_and_wait(browser, site)
        for worker in site.server.workers():
            os.kill(worker, signal.SIGKILL)
        browser.until(OVER)
        assert browser.text(".result .pill") == "Failed"
        assert browser.text(".error-box strong") == "Worker crashed: signal 9 (SIGKILL)"
        assert browser.text(".text-body") == "0 1 2 3 ", "what had come is still shown"
        browser.until("return document.querySelector('#state').textContent === 'DEFUNCT'")
        assert "All workers are gone" in browser.text("#banner")
        assert browser.text("#banner li") == "worker 0: Worker crashed: signal 9 (SIGKILL)"
        browser.press("#banner a")
        browser.until("return document.querySelector('.tiles')?.textContent.includes('DEFUNCT')")


def test_a_killed_worker_that_is_replaced_is_no_trouble_for_the_next_run(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "word_stream.py")) as site:
        begin_and_wait(browser, site)
        for worker in site.server.workers():
            os.kill(worker, signal.SIGKILL)
        browser.until(OVER)
        site.server.wait_until("READY")
        (site.server.project / "go").touch()
        browser.type("[data-name=count] .number", "6", clear=True)
        assert run(browser) == "succeeded"
        assert browser.text(".text-body") == "0 1 2 3 4 5 "
        assert browser.run("return document.querySelector('#banner').hidden")


def test_a_run_that_the_server_took_with_it_is_said_to_be_lost(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path, MODELS / "word_stream.py").start()
    try:
        site = Site(server, serve_page(server))
        begin_and_wait(browser, site)
        server.kill()
        browser.until("return document.querySelector('.result .note').textContent.startsWith('Connection lost')")
        browser.until("return document.querySelector('#banner').textContent.includes('does not answer')")
        server._environment["PORT"] = str(server.port)
        server.start()
        browser.until(OVER)
        assert browser.text(".result .pill") == "Lost"
        assert "Lost when the server restarted" in browser.text(".error-box")
        assert browser.text(".text-body") == "0 1 2 3 "
        browser.until("return document.querySelector('.history-list .pill').textContent === 'lost'")
        browser.until("return document.querySelector('#banner').hidden")
        browser.complaints()  # of the connections that were refused
        (server.project / "go").touch()
        browser.type("[data-name=count] .number", "6", clear=True)
        assert run(browser) == "succeeded"
        assert browser.text(".text-body") == "0 1 2 3 4 5 "
        browser.open("about:blank")
        server.stop()
    finally:
        server.kill()
