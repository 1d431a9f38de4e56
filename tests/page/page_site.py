"""A server whose page a test looks at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import Browser
from dev_server import proxy
from server import Server

MODELS = Path(__file__).resolve().parent / "models"


class Site:
    """A server with the page."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self.address = address


def serve_page(server: Server, prefix: str = "") -> str:
    """The address of the page of a server, which a proxy may give a path in front."""
    if not prefix:
        return f"http://127.0.0.1:{server.port}/"
    front = proxy(f"http://127.0.0.1:{server.port}", prefix=prefix)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{front.server_address[1]}{prefix}/"


def problems(browser: Browser) -> list[str]:
    """What the console has complained of, but for answers that a run may get."""
    # A server without this route answers 404, which the browser writes down.
    said = [one for one in browser.complaints() if "404" not in one or "/status - " not in one]
    return [one for one in said if not any(status in one for status in (" 401 ", " 422 ", " 409 ", " 503 "))]


@contextmanager
def own_site(browser: Browser, server: Server) -> Iterator[Site]:
    """The page of a server that no other test uses; it is left before the server ends, of which it would complain."""
    with server:
        yield Site(server, serve_page(server))
        browser.open("about:blank")
