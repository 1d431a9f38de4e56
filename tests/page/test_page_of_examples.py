"""The models of examples/ in the page: inputs changed by hand, and what is seen, heard and downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from example_servers import serve_example
from package_venv import Unavailable
from page_site import Site, serve_page
from server import REPOSITORY
from test_page import open_form, received, run

pytest_plugins = ("page_fixtures",)
Examples = Callable[[str], Site]
FITS = """const wide = (one) => one.getBoundingClientRect().right > document.documentElement.clientWidth
    && !one.closest('.scrolls > *, .visually-hidden, .hidden-copy');
  return [...document.body.querySelectorAll('*')].filter(wide).map((one) => one.className || one.localName);"""
LOG = "return [...document.querySelectorAll('.log div > div')].map((one) => one.textContent.trimEnd())"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    """The page of an example, one for all tests."""
    with ExitStack() as servers:

        @cache
        def of(name: str) -> Site:
            try:
                server = servers.enter_context(serve_example(tmp_path_factory.mktemp(name), name))
            except Unavailable as missing:
                pytest.skip(str(missing))
            return Site(server, serve_page(server))

        yield of


@pytest.fixture(autouse=True)
def leave(browser: Browser) -> Iterator[None]:
    """The page is left before its server ends, of which it would complain."""
    yield
    browser.open("about:blank")


def tick(browser: Browser, name: str, *values: str) -> None:
    """Presses the boxes or radio buttons of an input that say these."""
    for value in values:
        script = """const boxes = [...document.querySelectorAll(`[data-name="${arguments[0]}"] label`)];
          boxes.find((one) => one.textContent === arguments[1]).dataset.wanted = arguments[1];"""
        browser.find(f"[data-name={name}] label")
        browser.run(script, name, value)
        browser.press(f"[data-name={name}] [data-wanted='{value}']")


def set_number(browser: Browser, name: str, value: str) -> None:
    browser.type(f"[data-name={name}] :is(.number, input[type=text])", value, clear=True)


def succeeds(browser: Browser, site: Site) -> Any:
    assert run(browser) == "succeeded", browser.text(".error-box")
    return received(browser, site)


def log_of(browser: Browser) -> list[str]:
    browser.press(".result > details > summary")
    return list(browser.until(f"{LOG}.filter(Boolean).length && {LOG.removeprefix('return ')}"))


def flowers_table(folder: Path) -> Path:
    table = folder / "flowers.csv"
    table.write_text("sepal_length,sepal_width,petal_length,petal_width\n5,3.4,1.5,0.2\n6.5,3,5.8,2.2\n")
    return table


def test_a_picture_is_filtered(browser: Browser, examples: Examples, tmp_path: Path) -> None:
    site = examples("image")
    open_form(browser, site)
    first = succeeds(browser, site)
    browser.until("return document.querySelector('.picture img')?.naturalWidth === 480")
    browser.choose_files("[data-name=image] input[type=file]", REPOSITORY / "examples/image/input.png")
    set_number(browser, "width", "200")
    tick(browser, "filters", "negative", "grey")
    set_number(browser, "strength", "0.9")
    tick(browser, "rotate", "90")
    browser.press("[data-name=mirror] input")
    browser.type("[data-name=signing_key] input", "canary")
    assert succeeds(browser, site) != first
    browser.until("return document.querySelector('.picture img')?.naturalHeight === 200")
    assert "150 × 200" in browser.text("figcaption")
    assert log_of(browser) == ["640 x 480 pixels become 200 x 150", "Filtering: 100%|####################| 2/2"]
    assert "30,000" in browser.text(".metrics")
    browser.press(".code-fold summary")
    code = browser.until("return document.querySelector('.snippet').textContent")
    assert "$SIGNING_KEY" in code and "canary" not in code


def test_a_tale_is_written(browser: Browser, examples: Examples, tmp_path: Path) -> None:
    site = examples("streaming-text")
    more = tmp_path / "more.txt"
    more.write_text("The quokka said nothing. The quokka went home.")
    open_form(browser, site)
    browser.type("[data-name=prompt] textarea", "The quokka", clear=True)
    set_number(browser, "words", "40")
    tick(browser, "memory", "1")
    set_number(browser, "temperature", "0.5")
    browser.press("[data-name=stop] button.small")
    browser.type("[data-name=stop] li :is(input, textarea)", "lighthouse")
    browser.press("[data-name=title] input")
    browser.choose_files("[data-name=more_text] input[type=file]", more)
    set_number(browser, "words_per_second", "100")
    browser.type("[data-name=seed] input", "7")
    text = "".join(succeeds(browser, site))
    assert text.startswith("# The quokka\n\nThe quokka ")
    browser.until("return document.querySelector('.markdown h3')?.textContent === 'The quokka'")
    assert " ".join(text.split()[4:]) in " ".join(browser.text(".markdown").split())
    log = log_of(browser)
    assert (log[0], log[-1]) == ("Seed: 7", "Writing: 100%|####################| 40/40")
    assert "".join(succeeds(browser, site)) == text, "the same inputs give the same text"


def test_a_melody_is_heard(browser: Browser, examples: Examples) -> None:
    site = examples("melody")
    open_form(browser, site)
    browser.type("[data-name=notes] textarea", "C4 E4 G4 C5:2", clear=True)
    set_number(browser, "tempo", "150")
    tick(browser, "instrument", "bell")
    set_number(browser, "transpose", "-12")
    browser.press("[data-name=echoes] button.small")
    browser.type("[data-name=echoes] li input", "0.5")
    browser.press("[data-name=stereo] input")
    set_number(browser, "volume", "0.5")
    tick(browser, "sample_rate", "8000")
    succeeds(browser, site)
    browser.until("return Math.abs(document.querySelector('audio')?.duration - 2.5) < 0.01")
    heard = """const audio = document.querySelector('audio');
      audio.muted = true;
      const end = new Promise((resolve) => { audio.onended = () => resolve(audio.currentTime); });
      return audio.play().then(() => end);"""
    assert browser.run(heard) == pytest.approx(2.5, abs=0.1)
    assert log_of(browser)[-1] == "4 notes, 2.50 s"
    set_number(browser, "tempo", "301")
    browser.press("button.primary")
    browser.find(".summary")
    assert browser.text("[data-name=tempo] .problem") == "must be at most 300"
    set_number(browser, "tempo", "150")
    browser.type("[data-name=notes] textarea", "H4", clear=True)
    assert run(browser) == "failed"
    assert browser.text(".error-box strong").startswith("ValueError: 'H4' is no note")


def test_a_melody_is_played_with_what_was_recorded(browser: Browser, examples: Examples) -> None:
    """The browser records WebM; a model that wants WAV gets that."""
    site = examples("melody")
    open_form(browser, site)
    browser.press("[data-name=recording] [aria-label='Record sound']")
    browser.until("return /, [1-9][0-9]* s$/.test(document.querySelector('.recording')?.textContent)")
    browser.press(".recording")
    browser.until("return document.querySelector('[data-name=recording] .file-name')?.textContent === 'recording.wav'")
    browser.until("return document.querySelector('[data-name=recording] audio')?.duration > 0.5")
    browser.type("[data-name=notes] textarea", "C4:0.5 C5:0.5", clear=True)
    set_number(browser, "tempo", "60")
    succeeds(browser, site)
    browser.until("return Math.abs(document.querySelector('.output audio')?.duration - 1) < 0.01")


def test_flowers_are_told_apart_in_the_page(browser: Browser, examples: Examples, tmp_path: Path) -> None:
    site = examples("flowers")
    open_form(browser, site)
    set_number(browser, "petal_length", "6")
    set_number(browser, "petal_width", "2.2")
    tick(browser, "method", "forest")
    set_number(browser, "trees", "30")
    tick(browser, "measures", "sepal_width")
    browser.press("[data-name=explain] input")
    output = succeeds(browser, site)
    assert output["species"] == "virginica" and "sepal_width" not in output["weights"]
    shown = browser.text(".output .tree")
    assert '"virginica"' in shown and "petal_length" in shown and "sepal_width" not in shown
    assert browser.run("return document.querySelectorAll('.output .tree details[open]').length") == 3
    browser.choose_files("[data-name=table] input[type=file]", flowers_table(tmp_path))
    succeeds(browser, site)
    browser.until("return document.querySelectorAll('.output tbody tr').length === 2")
    rows = "return [...document.querySelectorAll('.output tbody tr')].map((one) => one.children[4].textContent)"
    assert browser.run(rows) == ["setosa", "virginica"]
    browser.press(".output thead th:nth-child(3) button")
    browser.press(".output thead th:nth-child(3) button")
    assert browser.run(rows) == ["virginica", "setosa"], "the longest petals first"


@pytest.mark.parametrize("name", ["image", "streaming-text", "melody", "flowers"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_of_an_example_is_wider_than_the_window(
    browser: Browser, examples: Examples, tmp_path: Path, name: str, width: int
) -> None:
    browser.resize(width, 800)
    open_form(browser, examples(name))
    assert browser.run(FITS) == []
    if name == "flowers":
        browser.choose_files("[data-name=table] input[type=file]", flowers_table(tmp_path))
    succeeds(browser, examples(name))
    browser.run("document.querySelectorAll('.result > details').forEach((one) => { one.open = true; })")
    browser.until(
        "return document.querySelector(':is(.output img, .output audio, .output tbody, .text-body)') !== null"
    )
    assert browser.run(FITS) == []


def test_the_picture_for_the_readme_is_made_and_small(browser: Browser, examples: Examples, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    from picture import MOST_BYTES, SIZE, take

    take(browser, examples("image"), tmp_path / "page.png")
    committed = REPOSITORY / "docs" / "images" / "page.png"
    for path in (tmp_path / "page.png", committed):
        assert path.stat().st_size < MOST_BYTES
        assert pillow.open(path).size == SIZE
    assert "](docs/images/page.png)" in (REPOSITORY / "README.md").read_text()
