"""The page's routes, as a browser and as programs ask for them."""

from __future__ import annotations

import gzip
import posixpath
import re
from collections.abc import Iterator
from typing import Optional

import pytest
from conftest import Serve
from server import Answer, Server

MODEL = """
from cog import BaseRunner

class Predictor(BaseRunner):
    def run(self, text: str = "hello") -> str:
        return text
"""
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ACCEPT = [
    (BROWSER, True),
    ("text/html", True),
    ("application/xhtml+xml;q=0.4", True),
    ("text/html, application/json", True),
    ("application/json;q=0.9, text/html", True),
    ("application/json, text/html", False),
    ("application/json, text/html;q=0.9", False),
    ("application/json, text/plain, */*", False),
    ("*/*", False),
    ("text/*", False),
    ("text/html;q=0", False),
    ("text/html;q=many", False),
    ("text/html;q", False),
    ("text/html, image/png;q=1.0000", False),
    ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", False),
    (None, False),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("page"), MODEL) as server:
        yield server


def ask(server: Server, path: str, accept: Optional[str] = None, method: str = "GET", **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, path, headers=given if accept is None else {"Accept": accept, **given})


@pytest.mark.parametrize("accept, html", ACCEPT)
def test_the_index_is_html_for_those_who_prefer_it(server: Server, accept: Optional[str], html: bool) -> None:
    answer = ask(server, "/", accept)
    assert answer.status == 200
    assert "Accept" in answer.headers["vary"]
    assert answer.headers["content-type"] == ("text/html; charset=utf-8" if html else "application/json")
    head = ask(server, "/", accept, "HEAD")
    assert head.headers["content-length"] == answer.headers["content-length"]
    assert head.body == b""


def test_the_page_has_more_addresses(server: Server) -> None:
    document = ask(server, "/", BROWSER).body
    assert ask(server, "/docs").body == document
    assert ask(server, "/status", BROWSER).body == document
    assert ask(server, "/status", "application/json").json["status"] == "READY"
    assert server.request("POST", "/docs").status == 405


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_slash_at_the_end_leads_to_the_address_without(server: Server, method: str) -> None:
    for path, location in (("/docs/", "../docs"), ("/status/?a=b", "../status?a=b")):
        answer = ask(server, path, BROWSER, method)
        assert (answer.status, answer.headers["location"], answer.body) == (307, location, b"")
        there = posixpath.normpath(posixpath.join(path.partition("?")[0], location))
        assert ask(server, there, BROWSER, method).status == 200
    assert ask(server, "/status/", "application/json", method).status == 200
    assert ask(server, "/docs/x", BROWSER, method).status == 404


def test_every_file_that_the_page_names_is_there_and_kept_for_ever(server: Server) -> None:
    document = ask(server, "/", BROWSER).text
    waiting = [f"/{path}" for path in re.findall(r'"(page/[^"]+)"', document)]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        answer = ask(server, path, "*/*")
        assert answer.status == 200, path
        assert "immutable" in answer.headers["cache-control"]
        assert gzip.decompress(ask(server, path, Accept_Encoding="gzip").body) == answer.body
        assert ask(server, path, If_None_Match=answer.headers["etag"]).status == 304
        for name in re.findall(r"(?:from|import\()\s*'(\.[^']+)'", answer.text):
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if found not in seen and not found.endswith("/marked.js"):
                seen.add(found)
                waiting.append(found)
    assert len(seen) > 30
    assert ask(server, "/page/000000000000/main.js").status == 404


def test_the_document_may_do_little(server: Server) -> None:
    headers = ask(server, "/", BROWSER).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_the_page_can_be_turned_off(serve: Serve) -> None:
    server = serve(MODEL, COG_PAGE="off")
    answer = ask(server, "/", BROWSER)
    assert answer.headers["content-type"] == "application/json"
    assert "vary" not in answer.headers
    for path in ("/docs", "/docs/", "/page/000000000000/main.js"):
        assert ask(server, path, BROWSER).status == 404
    for path in ("/status", "/status/"):
        assert ask(server, path, BROWSER).json["status"] == "READY"


def test_the_page_can_be_without_its_form(serve: Serve) -> None:
    assert 'data-mode="status"' in ask(serve(MODEL, COG_PAGE="status"), "/", BROWSER).text
