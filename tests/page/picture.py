"""Makes docs/images/page.png, the picture of the page in README: a real browser, at a real server of examples/image.

    python3 tests/page/picture.py docs/images/page.png

Needs what the tests of the page need, and Pillow.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("e2e", "page")]

from browser import Browser  # noqa: E402
from example_servers import serve_example  # noqa: E402
from page_site import Site, own_site  # noqa: E402
from PIL import Image  # noqa: E402

SIZE = (1280, 960)
MOST_BYTES = 200_000


def take(browser: Browser, site: Site, path: Path) -> None:
    """A run of examples/image as a person sees it."""
    browser.protocol("Emulation.setScrollbarsHidden", hidden=True)
    browser.resize(*SIZE)
    browser.prefer(prefers_color_scheme="light")
    browser.open(site.address)
    browser.type("[data-name=width] .number", "600", clear=True)
    for filter in ("oil", "sepia"):
        browser.run(
            """[...document.querySelectorAll('[data-name=filters] label')]
              .find((one) => one.textContent === arguments[0]).querySelector('input').click()""",
            filter,
        )
    browser.type("[data-name=strength] .number", "0.6", clear=True)
    browser.press("button.primary")
    browser.until("return document.querySelector('.picture img')?.naturalWidth === 600")
    browser.press(".result > details > summary")
    browser.until("return document.querySelector('.log')?.textContent.includes('2/2')")
    browser.run("document.activeElement.blur(); scrollTo(0, 0); document.querySelector('.right').scrollTo(0, 0)")
    browser.picture(path)
    browser.protocol("Emulation.setScrollbarsHidden", hidden=False)
    Image.open(io.BytesIO(path.read_bytes())).convert("RGB").save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        with own_site(browser, serve_example(Path(folder), "image")) as site:
            take(browser, site, path)


if __name__ == "__main__":
    main()
