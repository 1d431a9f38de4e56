"""Fixtures of the tests that look at the page with a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from browser import CHROMIUM, DRIVER, Browser
from page_site import MODELS, Site, problems, serve_page
from server import Server


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """A server of a model of tests/page/models, one for all tests."""
    with ExitStack() as servers:

        @cache
        def server(model: str) -> Server:
            return servers.enter_context(Server(tmp_path_factory.mktemp(model), MODELS / f"{model}.py"))

        @cache
        def site(model: str, prefix: str = "") -> Site:
            return Site(server(model), serve_page(server(model), prefix))

        yield site


@pytest.fixture(scope="session")
def one_browser() -> Iterator[Browser]:
    if not DRIVER or not CHROMIUM:
        pytest.skip("there is no browser: Debian's chromium and chromium-driver are needed")
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser) -> Iterator[Browser]:
    """The browser, at 1280 pixels; a test fails if the console complained, or a request left the page's origin."""
    one_browser.resize(1280, 900)
    one_browser.prefer(prefers_color_scheme="light")
    one_browser.complaints()
    one_browser.requests()
    yield one_browser
    assert problems(one_browser) == []
    foreign = [url for url, page in one_browser.requests() if url.split("/")[2] != page.split("/")[2]]
    assert not foreign, foreign
