"""A headless Chromium, driven by Debian's chromium-driver over the WebDriver protocol: no package is needed for it.

with Browser() as browser:
    browser.open("http://127.0.0.1:5000/")
    browser.press("button.primary")
    browser.until("return document.querySelector('.large')?.textContent === '42'")
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from server import PATIENCE

DRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Control": "\ue009", "Shift": "\ue008", "End": "\ue010"}


class Replaced(AssertionError):
    """The page has put another element in the place of the one that was found."""


class Browser:
    """`switches` of its command line beyond the usual, `settings` of its profile."""

    def __init__(
        self,
        width: int = 1280,
        height: int = 900,
        *,
        switches: Sequence[str] = (),
        settings: Optional[Mapping[str, object]] = None,
    ) -> None:
        assert DRIVER and CHROMIUM
        self._driver = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._driver.stdout
        for line in self._driver.stdout:
            if found := re.search(rb"successfully on port (\d+)", line):
                self._base = f"http://127.0.0.1:{int(found[1])}/session"
                break
        options = {"args": [*SWITCHES, *switches], "binary": CHROMIUM, "prefs": dict(settings or {})}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self._call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._base += f"/{answer['sessionId']}"
        self.resize(width, height)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._driver.kill()
            self._driver.wait()

    def _call(self, method: str, path: str, body: Optional[object] = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            problem = json.load(error)["value"]
            kind = Replaced if problem["error"] == "stale element reference" else AssertionError
            raise kind(problem["message"]) from None

    def protocol(self, command: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width: int, height: int, zoom: float = 1) -> None:
        """A window of that many pixels, of which the page sees fewer when it is zoomed."""
        size = {"width": round(width / zoom), "height": round(height / zoom), "deviceScaleFactor": zoom}
        self.protocol("Emulation.setDeviceMetricsOverride", **size, mobile=False)

    def prefer(self, **features: str) -> None:
        """Media features, such as prefers_color_scheme="dark"."""
        given = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.protocol("Emulation.setEmulatedMedia", features=given)

    def open(self, address: str) -> None:
        self._call("POST", "/url", {"url": address})

    def reload(self) -> None:
        self._call("POST", "/refresh", {})

    def new_tab(self) -> str:
        """Opens a tab and goes to it; its name."""
        tab = self._call("POST", "/window/new", {"type": "tab"})["handle"]
        self.go_to(tab)
        return str(tab)

    @property
    def tab(self) -> str:
        """The name of the tab that is driven."""
        return str(self._call("GET", "/window"))

    def go_to(self, tab: str) -> None:
        self._call("POST", "/window", {"handle": tab})

    def close_tab(self) -> None:
        self._call("DELETE", "/window")

    @property
    def address(self) -> str:
        return str(self._call("GET", "/url"))

    def run(self, script: str, *arguments: object) -> Any:
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script: str, *arguments: object) -> Any:
        """What the script returns, once that is true."""
        deadline = time.monotonic() + PATIENCE / 2
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < deadline, f"did not come true: {script} {arguments}\n{self.text('body')}"
            time.sleep(0.02)
        return found

    def find(self, selector: str) -> dict[str, str]:
        """The first element, once there is one that is shown."""
        shown = "const e = document.querySelector(arguments[0]); return e && e.checkVisibility() ? e : null"
        return dict(self.until(shown, selector))

    def press(self, selector: str) -> None:
        for last in (False, False, False, True):
            try:
                self.run("arguments[0].scrollIntoView({ block: 'center' })", self.find(selector))
                self._call("POST", f"/element/{self.find(selector)[ELEMENT]}/click", {})
                return
            except Replaced:
                if last:
                    raise

    def type(self, selector: str, text: str, clear: bool = False) -> None:
        element = self.find(selector)[ELEMENT]
        if clear:
            self.run("arguments[0].value = ''; arguments[0].focus()", {ELEMENT: element})
        self._call("POST", f"/element/{element}/value", {"text": text})

    def choose_files(self, selector: str, *paths: Path) -> None:
        found = self.until("return document.querySelector(arguments[0])", selector)
        self._call("POST", f"/element/{found[ELEMENT]}/value", {"text": "\n".join(map(str, paths))})

    def keys(self, *names: str) -> None:
        """Presses keys together, where the focus is, such as keys("Control", "Enter")."""
        values = [KEYS.get(name, name) for name in names]
        downs = [{"type": "keyDown", "value": value} for value in values]
        ups = [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": downs + ups}]})

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector))

    def complaints(self) -> list[str]:
        """What the console has said since the last call, of errors and violated policies."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> list[tuple[str, str]]:
        """The addresses asked for since the last call, each with that of the page that asked."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        events = (json.loads(entry["message"])["message"] for entry in entries)
        sent = [one["params"] for one in events if one["method"] == "Network.requestWillBeSent"]
        return [(one["request"]["url"], one["documentURL"]) for one in sent if one["request"]["url"].startswith("http")]

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))
