"""The page as `cog playground` shows it: any server, its webhooks, its key."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from page_site import Site
from playground import Playground
from server import Server
from test_accessibility import axe, violations
from test_page import OVER, choose, run

__all__ = ["axe"]
pytest_plugins = ("page_fixtures",)
Sites = Callable[..., Site]
READY = "return document.querySelector('#state').textContent === 'READY' && document.querySelector('.inputs') !== null"
HEARD = "return document.querySelectorAll('.webhooks li').length >= arguments[0]"


Open = Callable[[str], Playground]


@pytest.fixture
def playground(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Starts the tool for a target, and opens its page."""
    with ExitStack() as started:

        def start(target: str) -> Playground:
            page = started.enter_context(Playground(tmp_path, target, "--webhook-host", "127.0.0.1"))
            browser.open(page.address)
            return page

        yield start
        browser.open("about:blank")  # before what it asks is gone


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def connect(browser: Browser, target: str) -> None:
    """Chooses a target and waits for the page that comes of it."""
    browser.run("window.before = true")
    browser.type("#target", target, clear=True)
    browser.press(".target-bar button")
    browser.until(
        "return window.before === undefined && document.querySelector('#target')?.value === arguments[0]", target
    )


def test_a_run_and_its_webhooks(browser: Browser, sites: Sites, playground: Open) -> None:
    server = sites("word_stream").server
    playground(url_of(server))
    browser.until(READY)
    browser.press("#tab-webhooks")
    browser.press("#webhooks-wanted")
    for box in range(1, 4):
        browser.press(f".kinds label:nth-of-type({box}) input")
    browser.press("#tab-run")
    browser.type("[data-name=count] .number", "3", clear=True)
    assert run(browser) == "succeeded", browser.text(".result")
    assert browser.text(".output").strip().startswith("0 1 2")
    browser.until(HEARD, 1)
    assert browser.text("#tab-webhooks") == "Webhooks (1)"
    browser.press("#tab-webhooks")
    browser.press(".webhooks summary")
    told = json.loads(browser.until("return document.querySelector('.webhooks pre')?.textContent"))
    assert (told["status"], "".join(told["output"])) == ("succeeded", "0 1 2 ")
    assert told["id"] in browser.text(".webhooks summary")
    browser.press("#tab-run")
    browser.press(".code-fold summary")
    browser.until(
        "return document.querySelector('.snippet').textContent.includes(arguments[0])", f"{url_of(server)}/predictions"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_it_is_in_the_way_of_anybody(
    browser: Browser, sites: Sites, playground: Open, axe: str, theme: str
) -> None:
    browser.prefer(prefers_color_scheme=theme)
    page = playground(url_of(sites("outputs").server))
    browser.until(READY)
    token = browser.run("return sessionStorage.getItem('cog-webhook-token')")
    browser.until("return document.querySelector('#panel-webhooks [role=status]').textContent.startsWith('Waiting')")
    assert page.request("POST", f"/webhook/{token}", b'{"id": "one", "status": "processing"}').status == 200
    browser.press("#tab-webhooks")
    browser.press(".webhooks summary")
    browser.type("#target", "ftp://x", clear=True)
    browser.press(".target-bar button")
    assert violations(browser, axe) == []
    browser.resize(320, 900)
    assert browser.run("return document.documentElement.scrollWidth") <= 320


def test_output_files_come_through_it(browser: Browser, sites: Sites, playground: Open) -> None:
    playground(url_of(sites("outputs").server))
    browser.until(READY)
    choose(browser, "kind", "images")
    assert run(browser) == "succeeded", browser.text(".result")
    browser.until("return [...document.querySelectorAll('.picture img')].some((one) => one.naturalWidth > 0)")


def test_another_target_a_dead_one_and_none(browser: Browser, sites: Sites, playground: Open) -> None:
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))  # and does not listen
        target = f"http://127.0.0.1:{dead.getsockname()[1]}"
        playground(target)
        browser.until("return document.querySelector('#target')?.value === arguments[0]", target)
        assert "The server does not answer" in browser.until("return document.querySelector('#banner').textContent")
    connect(browser, url_of(sites("word_stream").server))
    browser.until(READY)
    browser.until("return document.querySelector('[data-name=count]') !== null")
    connect(browser, url_of(sites("outputs").server))
    browser.until(READY)
    assert browser.run("return document.querySelector('[data-name=count]')") is None
    browser.type("#target", "ftp://x", clear=True)
    browser.press(".target-bar button")
    assert browser.find("#target-problem")
    said = browser.complaints()
    assert all(" 502 " in one or ("404" in one and ("/status - " in one or "/events - " in one)) for one in said), said


def test_a_server_that_keeps_nothing(browser: Browser, playground: Open, tmp_path: Path) -> None:
    model = Path(__file__).parent / "models" / "word_stream.py"
    with Server(tmp_path, model, COG_KEEP_RESULTS="0") as server:
        playground(url_of(server))
        browser.until(READY)
        browser.type("[data-name=count] .number", "3", clear=True)
        assert run(browser) == "succeeded", browser.text(".result")
        assert browser.text(".output").strip().startswith("0 1 2")
        browser.open("about:blank")
        said = browser.complaints()
        assert all(" 405 " in one or "404" in one for one in said), said


class _Old(BaseHTTPRequestHandler):
    """A server that has nothing but what the first releases had, and wants a key."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        output = {"properties": {"output": {"type": "string"}}}
        document = {"paths": {"/predictions": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"properties": {
                "input": {"properties": {"name": {"type": "string", "maxLength": 9}}}}}}}},
            "responses": {"200": {"content": {"application/json": {"schema": output}}}},
        }}}}  # fmt: skip
        known = {"/health-check": {"status": "READY"}, "/openapi.json": document}
        found = known.get(self.path.partition("?")[0])
        self.answer(404 if found is None else 200, found or {"detail": "Not Found"})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(405, {"detail": "Method Not Allowed"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != "Bearer k3y":
            return self.answer(401, {"detail": "API key missing"})
        return self.answer(200, {"status": "succeeded", "output": f"{self.path} {body['input']['name']}"})

    def answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_an_old_server_that_wants_a_key(browser: Browser, playground: Open) -> None:
    old = ThreadingHTTPServer(("127.0.0.1", 0), _Old)
    threading.Thread(target=old.serve_forever, daemon=True).start()
    try:
        playground(f"http://127.0.0.1:{old.server_address[1]}")
        browser.until(READY)
        browser.type("[data-name=name] input", "Ada")
        browser.press("button.primary")
        browser.type("dialog input[type=password]", "k3y")
        browser.press("dialog button.primary")
        browser.until(OVER)
        assert browser.text(".output").strip().startswith("/predictions Ada"), browser.text(".result")
        browser.open("about:blank")  # else it goes on asking for what this server does not have
        said = browser.complaints()
        assert all(" 401 " in one or " 405 " in one or "404" in one for one in said), said
    finally:
        browser.open("about:blank")
        old.shutdown()
        old.server_close()
