"""What a person sees and does on the page, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from cog_tool import tool
from page_site import MODELS, Site, own_site, serve_page
from server import Server
from tool import YAML, environment, make_project

pytest_plugins = ("page_fixtures",)
Sites = Callable[..., Site]
OVER = "return ['succeeded', 'failed', 'canceled', 'lost'].includes(document.querySelector('.result')?.dataset.phase)"


def open_form(browser: Browser, site: Site, path: str = "") -> None:
    browser.open(site.address + path)
    browser.until("return document.querySelector('.inputs') !== null")


def run(browser: Browser) -> str:
    """Presses Run and waits for the end; the phase."""
    browser.press("button.primary")
    browser.until(OVER)
    return str(browser.run("return document.querySelector('.result').dataset.phase"))


def received(browser: Browser, site: Site) -> Any:
    """The output of the run that is shown, from the server."""
    id = browser.text(".id code")
    return site.server.request("GET", f"/predictions/{id}").json["output"]


def choose(browser: Browser, name: str, value: str) -> None:
    """A value of a list."""
    script = """const select = document.querySelector(`[data-name="${arguments[0]}"] select`);
      select.value = [...select.options].find((one) => one.textContent === arguments[1]).value;
      select.dispatchEvent(new Event('change', { bubbles: true }));"""
    browser.find(f'[data-name="{name}"] select')
    browser.run(script, name, value)


def run_kind(browser: Browser, site: Site, kind: str) -> str:
    open_form(browser, site)
    choose(browser, "kind", kind)
    return run(browser)


def test_every_widget_sends_what_was_typed(browser: Browser, sites: Sites, tmp_path: Path) -> None:
    site = sites("widgets")
    open_form(browser, site)
    browser.type("[data-name=prompt] textarea", 'two\nlines "quoted" é')
    browser.type("[data-name=title] input", "A title", clear=True)
    browser.type("[data-name=steps] .number", "7", clear=True)
    browser.type("[data-name=seed] input", "9007199254740993")
    browser.type("[data-name=ratio] .number", "0.25", clear=True)
    browser.type("[data-name=scale] input", "-1.5", clear=True)
    browser.press("[data-name=tiled] input")
    browser.press("[data-name=style] label:nth-of-type(2)")
    choose(browser, "size", "1536")
    browser.press("[data-name=mode] label:nth-of-type(2)")
    browser.press("[data-name=words] button.small")
    browser.type("[data-name=words] li:nth-child(1) :is(input, textarea)", "first")
    browser.press("[data-name=words] button.small")
    browser.type("[data-name=words] li:nth-child(2) :is(input, textarea)", "second")
    browser.press("[data-name=words] li:nth-child(2) [aria-label='Move 2 up']")
    browser.press("[data-name=numbers] li:nth-child(1) [aria-label='Remove 1']")
    browser.press("[data-name=filters] label:nth-of-type(2)")
    browser.type("[data-name=camera] [data-name=lens] textarea", "wide")
    browser.type("[data-name=options] textarea", '{"a": [1, null]}', clear=True)
    browser.type("[data-name=either] textarea", '"text"')
    browser.type("[data-name=key] input", "s3cret")
    first, second = tmp_path / "one.txt", tmp_path / "two.txt"
    first.write_text("first file")
    second.write_text("second file")
    browser.choose_files("[data-name=image] input[type=file]", first)
    browser.choose_files("[data-name=images] input[type=file]", first, second)
    assert run(browser) == "succeeded", browser.text(".result")
    got = received(browser, site)
    assert got == {
        "prompt": 'two\nlines "quoted" é', "title": "A title", "steps": 7, "seed": 9007199254740993, "ratio": 0.25,
        "scale": -1.5, "tiled": True, "style": "sketch", "size": 1536, "mode": "good", "words": ["second", "first"],
        "numbers": [2], "filters": ["edges"], "image": "first file", "images": ["first file", "second file"],
        "camera": {"lens": "wide", "iso": 100}, "options": {"a": [1, None]}, "either": "text", "key": 6, "old": None,
    }  # fmt: skip


def test_what_was_not_touched_is_left_out(browser: Browser, sites: Sites) -> None:
    site = sites("widgets")
    open_form(browser, site)
    browser.type("[data-name=prompt] textarea", "x")
    browser.type("[data-name=steps] .number", "9", clear=True)
    browser.press("[data-name=steps] .link")
    browser.press(".actions button:nth-of-type(3)")
    assert json.loads(browser.run("return document.querySelector('.whole').value")) == {"prompt": "x"}


def test_the_form_as_json_and_back_loses_nothing(browser: Browser, sites: Sites) -> None:
    site = sites("widgets")
    open_form(browser, site)
    browser.press(".actions button:nth-of-type(3)")
    text = '{"prompt": "p", "seed": 12345678901234567890, "words": ["a"], "camera": {"lens": "l"}, "tiled": true}'
    browser.type(".whole", text, clear=True)
    browser.press(".actions button:nth-of-type(3)")
    browser.until("return document.querySelector('[data-name=seed] input').value === '12345678901234567890'")
    browser.press(".actions button:nth-of-type(3)")
    again = browser.run("return document.querySelector('.whole').value")
    assert json.loads(again) == json.loads(text)
    assert "12345678901234567890" in again


def test_what_the_browser_finds_wrong_is_shown_before_anything_is_sent(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("widgets"))
    browser.type("[data-name=steps] .number", "101", clear=True)
    browser.press("button.primary")
    browser.find(".summary")
    assert browser.run("return document.activeElement.className") == "summary"
    assert browser.text("[data-name=prompt] .problem") == "is required"
    assert browser.text("[data-name=steps] .problem") == "must be at most 100"
    assert browser.run("return document.querySelector('.result')") is None


def test_a_422_is_shown_at_its_inputs(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("widgets"))
    browser.type("[data-name=prompt] textarea", "x")
    browser.type("[data-name=either] textarea", '{"neither": 1}')
    browser.type("[data-name=options] textarea", "[1]", clear=True)
    assert run(browser) == "failed"
    browser.find(".summary")
    for name in ("either", "options"):
        assert browser.text(f"[data-name={name}] .problem"), name
        invalid = "return document.querySelector(`[data-name=${arguments[0]}] textarea`).getAttribute('aria-invalid')"
        assert browser.run(invalid, name) == "true"
    assert browser.run("return document.querySelectorAll('.summary a').length") == 2


REFUSED_ITEM = """const module = (name) => import(new URL(name, document.querySelector('script[type=module]').src));
  return Promise.all([module('form.js'), module('schema.js'), fetch('openapi.json').then((answer) => answer.json())])
    .then(([{ Form }, { operation_of }, described]) => {
      const form = new Form(operation_of(described, 'predictions').fields, () => {});
      document.querySelector('.inputs').replaceWith(form.element);
      form.set({ numbers: [1, 2], camera: { lens: 'wide' } });
      form.show_detail([{ loc: ['body', 'input', 'numbers/1'], msg: 'is odd' },
        { loc: ['body', 'input', 'camera/iso'], msg: 'is slow' }]);
    });"""


def test_a_422_of_a_part_is_shown_at_that_part(browser: Browser, sites: Sites) -> None:
    """What the server refuses inside of a list or an object, here given to the form by hand: it checks these itself."""
    open_form(browser, sites("widgets"))
    browser.run(REFUSED_ITEM)
    second = "return document.querySelector('[data-name=numbers] li:nth-child(2) input').ariaInvalid"
    browser.until(f"{second} === 'true'")
    assert browser.run(second.replace("nth-child(2)", "nth-child(1)")) != "true"
    assert browser.text("[data-name=numbers] .stack .problem") == "2: is odd"
    assert browser.text("[data-name=camera] [data-name=iso] .problem") == "is slow"
    assert browser.run("return document.querySelectorAll('.summary a').length") == 2


def test_files_are_dropped_pasted_and_named_by_address(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("widgets"))
    give = """const data = new DataTransfer();
      data.items.add(new File([arguments[1]], `${arguments[0]}.txt`, { type: 'text/plain' }));
      const zone = document.querySelector('[data-name=images] .drop');
      const way = { bubbles: true, cancelable: true };
      zone.dispatchEvent(arguments[0] === 'drop' ? new DragEvent('drop', { dataTransfer: data, ...way })
        : new ClipboardEvent('paste', { clipboardData: data, ...way }));"""
    browser.run(give, "drop", "dropped")
    browser.run(give, "paste", "pasted")
    browser.type("[data-name=images] input[type=url]", "data:text/plain,addressed")
    browser.keys("Enter")
    names = "return [...document.querySelectorAll('[data-name=images] .file-name')].map((one) => one.textContent)"
    assert browser.run(names) == ["drop.txt", "paste.txt", "data URL, text/plain"]
    browser.type("[data-name=prompt] textarea", "x")
    assert run(browser) == "succeeded"
    assert received(browser, sites("widgets"))["images"] == ["dropped", "pasted", "addressed"]


def test_pictures_and_sound_are_taken(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("widgets"))
    browser.press("[data-name=images] [aria-label='Take a picture']")
    browser.until("return document.querySelector('.viewfinder')?.videoWidth > 0")
    browser.press("[data-name=images] .capture .small")
    browser.until("return document.querySelector('[data-name=images] .given-file img')?.naturalWidth > 0")
    browser.press("[data-name=images] [aria-label='Record sound']")
    browser.press("[data-name=images] .recording")
    browser.until("return document.querySelector('[data-name=images] .given-file audio') !== null")


WATCH = """window.states = [];
  new MutationObserver(() => {
    const text = document.querySelector('.text-body')?.textContent ?? '';
    if (text !== window.states.at(-1)) window.states.push(text);
  }).observe(document.querySelector('main'), { childList: true, subtree: true, characterData: true });"""
GREW = "return window.states.every((one, at) => at === 0 || one.startsWith(window.states[at - 1]))"


def test_text_of_ten_thousand_chunks_grows_in_order_and_loses_none(browser: Browser, sites: Sites) -> None:
    site = sites("word_stream")
    (site.server.project / "go").unlink(missing_ok=True)
    open_form(browser, site)
    browser.run(WATCH)
    browser.type("[data-name=count] .number", "10000", clear=True)
    browser.type("[data-name=pause] .number", "0", clear=True)
    browser.type("[data-name=hold] input", "6000", clear=True)
    browser.press("button.primary")
    browser.until("return document.querySelector('.text-body')?.textContent.endsWith(' 5999 ')")
    assert browser.text(".result .pill") == "Running"
    (site.server.project / "go").touch()
    browser.until(OVER)
    assert browser.text(".text-body").split() == [str(i) for i in range(10000)]
    assert browser.run("return window.states.length") > 1 and browser.run(GREW)


def test_text_grows_while_the_model_runs_and_a_cancel_keeps_it(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("word_stream"))
    browser.type("[data-name=count] .number", "20000", clear=True)
    browser.press("button.primary")
    browser.until("return document.querySelector('.text-body')?.textContent.includes('9 10 ')")
    assert browser.run("return document.querySelector('.output').getAttribute('aria-busy')") == "true"
    browser.press(".result-head button")
    browser.until(OVER)
    assert browser.text(".result .pill") == "Canceled"
    assert browser.text(".text-body").startswith("0 1 2 3")


def test_logs_are_live_and_nothing_is_asked_twice(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("outputs"))
    choose(browser, "kind", "slow")
    browser.press("button.primary")
    browser.until("return document.querySelector('.result > details > summary')?.textContent.startsWith('Logs (')")
    browser.press(".result > details > summary")
    browser.until("return document.querySelector('.log')?.textContent.includes('second 0.5')")
    assert browser.text(".result .pill") == "Running"
    browser.press(".result-head button")
    browser.until(OVER)
    assert browser.text(".result .pill") == "Canceled"
    id = browser.text(".id code")
    asked = [url.split("/predictions/", 1)[1] for url, _ in browser.requests() if f"/predictions/{id}" in url]
    assert asked == [id, f"{id}/events", f"{id}/cancel"]


def test_progress_bars_and_colours_of_logs(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("outputs"))
    choose(browser, "kind", "progress")
    browser.press("button.primary")
    bar = "return Number(document.querySelector('.main-bar [role=progressbar]')?.getAttribute('aria-valuenow')) > 2"
    browser.until(bar)
    assert "denoise" in browser.text(".main-bar") and "/50" in browser.text(".main-bar")
    browser.until(OVER)
    browser.press(".result > details > summary")
    browser.until("return document.querySelector('.log .ink-green')?.textContent === 'green'")
    lines = browser.run("return [...document.querySelectorAll('.log div > div')].map((one) => one.textContent)")
    assert [line[:13] for line in lines if "denoise" in line] == ["denoise:  100"]


def test_a_full_server_is_tried_again(browser: Browser, sites: Sites) -> None:
    site = sites("outputs")
    slow = {"input": {"kind": "slow"}}
    site.server.request("PUT", "/predictions/in-the-way", slow, headers={"Prefer": "respond-async"})
    open_form(browser, site)
    browser.press("button.primary")
    browser.until("return document.querySelector('.note')?.textContent.includes('Trying again in')")
    site.server.cancel("in-the-way")
    browser.until(OVER)
    assert browser.text(".result .pill") == "Succeeded"


def test_a_deadline_cancels(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("outputs"))
    choose(browser, "kind", "slow")
    browser.type(".deadline", "1s")
    assert run(browser) == "canceled"


SHOWN = {
    "text": "return document.querySelector('.text-body').textContent === 'plain text\\n<b>not bold</b>'",
    "markdown": "return document.querySelector('.markdown h3, .text-body') !== null",
    "number": "return document.querySelector('.large').textContent === '42.5'",
    "bool": "return document.querySelector('.large').textContent === 'true'",
    "null": "return document.querySelector('.large').textContent === 'null'",
    "object": "return document.querySelector('.tree img')?.naturalWidth === 64",
    "image": "return document.querySelector('.picture img')?.naturalWidth === 256",
    "images": "return document.querySelectorAll('.gallery img').length === 5",
    "audio": "return document.querySelector('audio')?.duration > 0.9",
    "csv": "return document.querySelectorAll('.output tbody tr').length === 3",
    "json": "return document.querySelector('.output .tree') !== null",
    "html": "return document.querySelector('.text-body')?.textContent.startsWith('<script>')",
    "svg": "return document.querySelector('.picture img')?.naturalWidth === 80",
    "zip": "return document.querySelector('.plain-file') !== null",
    "big": "return document.querySelector('.text-body').textContent.length === 1000000",
}


@pytest.mark.parametrize("kind", SHOWN)
def test_outputs_are_shown_by_what_they_are(browser: Browser, sites: Sites, kind: str) -> None:
    assert run_kind(browser, sites("outputs"), kind) == "succeeded"
    browser.until(SHOWN[kind])
    assert browser.run("return document.title") == "Cog model"
    assert browser.run("return window.takenOver") is None


def test_an_image_opens_in_full_size_and_escape_closes_it(browser: Browser, sites: Sites) -> None:
    run_kind(browser, sites("outputs"), "image")
    browser.press(".picture button.bare")
    browser.find("dialog.full img")
    browser.keys("Escape")
    browser.until("return document.querySelector('dialog') === null")


def test_files_come_by_address_and_outlive_the_server_in_the_history(browser: Browser, tmp_path: Path) -> None:
    model = Path(__file__).parent / "models" / "outputs.py"
    stored = """return new Promise((resolve) => {
      const opened = indexedDB.open(`cog ${new URL('.', document.baseURI).href}`);
      opened.onsuccess = () => {
        const all = opened.result.transaction('runs').objectStore('runs').getAll();
        all.onsuccess = () => resolve(JSON.stringify(all.result.map((one) => one.output)).includes('name=one.png'));
      };
    })"""
    with own_site(browser, Server(tmp_path, model, COG_KEEP_RESULTS="1")) as site:
        open_form(browser, site)
        choose(browser, "kind", "image")
        assert run(browser) == "succeeded"
        browser.until("return document.querySelector('.picture img')?.naturalWidth === 256")
        assert browser.run("return document.querySelector('.picture img').src").endswith("/files/0")
        browser.until(stored)
        assert site.server.predict(kind="text")["status"] == "succeeded"
        browser.reload()
        entries = "[...document.querySelectorAll('.history-list .entry')]"
        entry = f"{entries}.find((one) => one.textContent.includes('image'))"
        browser.until(f"return {entry} !== undefined")
        browser.run(f"{entry}.click()")
        browser.until("return document.querySelector('.picture img')?.naturalWidth === 256")
        assert browser.run("return document.querySelector('.picture img').src").startswith("blob:")
        assert "one.png" in browser.text(".output")


def test_a_failure_is_shown_with_the_end_of_its_log(browser: Browser, sites: Sites) -> None:
    assert run_kind(browser, sites("outputs"), "error") == "failed"
    assert "the model could not do it" in browser.text(".error-box strong")
    assert "line 29" in browser.text(".error-box pre")


def test_history_outlives_the_page_without_its_secrets(browser: Browser, sites: Sites) -> None:
    site = sites("widgets")
    open_form(browser, site)
    browser.type("[data-name=prompt] textarea", "remember me")
    browser.type("[data-name=key] input", "canary")
    assert run(browser) == "succeeded"
    browser.until("return document.querySelector('.history-list')?.textContent.includes('remember me')")
    browser.reload()
    browser.until("return document.querySelector('.history-list')?.textContent.includes('remember me')")
    browser.press(".history-list .entry")
    browser.until("return document.querySelector('[data-name=prompt] textarea').value === 'remember me'")
    assert browser.run("return document.querySelector('[data-name=key] input').value") == ""
    assert browser.text(".result .pill") == "Succeeded"
    assert "remember me" in browser.text(".output")


def test_a_run_goes_on_when_the_page_is_left_and_is_found_again(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("word_stream"))
    browser.type("[data-name=count] .number", "19999", clear=True)
    browser.press("button.primary")
    browser.until("return document.querySelector('.text-body')?.textContent.includes('5 6 ')")
    browser.reload()
    browser.until("return document.querySelector('.history-list')?.textContent.includes('19999')")
    browser.press(".history-list .entry")
    browser.until("return document.querySelector('.text-body')?.textContent.startsWith('0 1 2 3 4 5 6 ')")
    assert browser.text(".result .pill") == "Running"
    browser.press(".result-head button")
    browser.until("return document.querySelector('.history-list .entry .pill')?.textContent === 'canceled'")


def test_a_shared_link_fills_the_form_and_runs_nothing(browser: Browser, sites: Sites) -> None:
    site = sites("widgets")
    open_form(browser, site)
    browser.type("[data-name=prompt] textarea", "shared é")
    browser.type("[data-name=key] input", "canary")
    browser.press(".actions button:nth-of-type(4)")
    link = browser.until("return document.querySelector('dialog input')?.value")
    assert "key" in browser.text("dialog .warning")
    browser.open("about:blank")
    browser.open(link)
    browser.until("return document.querySelector('[data-name=prompt] textarea')?.value === 'shared é'")
    assert browser.run("return document.querySelector('[data-name=key] input').value") == ""
    assert browser.run("return document.querySelector('.result')") is None
    assert "nothing has run" in browser.text(".form-note")


@pytest.mark.parametrize("language", ["curl", "Python", "JavaScript"])
def test_the_code_runs(browser: Browser, sites: Sites, tmp_path: Path, language: str) -> None:
    node = ["node", "--input-type=module", "-e"]
    program = {"curl": ["bash", "-c"], "Python": [sys.executable, "-c"], "JavaScript": node}[language]
    if not shutil.which(program[0]):
        pytest.skip(f"there is no {program[0]}")
    site = sites("widgets")
    open_form(browser, site)
    prompt = 'it\'s $HOME `x` "q" \\ é'
    (tmp_path / "in.txt").write_text("local file")
    browser.type("[data-name=prompt] textarea", prompt)
    browser.type("[data-name=key] input", "canary")
    browser.choose_files("[data-name=image] input[type=file]", tmp_path / "in.txt")
    browser.press(".code-fold summary")
    browser.press(f"[data-language={language}]")
    code = browser.until("return document.querySelector('.snippet').textContent")
    assert "canary" not in code
    environment = dict(os.environ, KEY="12345678")
    before = {one["id"] for one in site.server.request("GET", "/predictions").json["results"]}
    subprocess.run([*program, code], cwd=tmp_path, env=environment, check=True, capture_output=True)
    results = site.server.request("GET", "/predictions").json["results"]
    (made,) = [one["id"] for one in results if one["id"] not in before]
    output = site.server.request("GET", f"/predictions/{made}").json["output"]
    assert (output["prompt"], output["image"], output["key"]) == (prompt, "local file", 8)


def test_the_command_for_cog_runs(browser: Browser, sites: Sites, tmp_path: Path) -> None:
    open_form(browser, sites("widgets"))
    prompt = 'it\'s $HOME `x` "q" \\ é'
    project = make_project(tmp_path, (MODELS / "widgets.py").read_text(), yaml=YAML.replace("Runner", "Predictor"))
    (project / "in.txt").write_text("local file")
    browser.type("[data-name=prompt] textarea", prompt)
    browser.type("[data-name=key] input", "canary")
    browser.type("[data-name=steps] .number", "7", clear=True)
    browser.press("[data-name=tiled] input")
    browser.press("[data-name=words] button.small")
    browser.type("[data-name=words] li:nth-child(1) :is(input, textarea)", "two words")
    browser.choose_files("[data-name=image] input[type=file]", project / "in.txt")
    browser.choose_files("[data-name=images] input[type=file]", project / "in.txt", project / "in.txt")
    browser.press(".code-fold summary")
    browser.press("[data-language='cog run']")
    code = browser.until("return document.querySelector('.snippet').textContent")
    assert "canary" not in code
    given = environment({"PATH": f"{tool().parent}:/usr/bin:/bin", "KEY": "12345678"})
    done = subprocess.run(["bash", "-c", code], cwd=project, env=given, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    output = json.loads(done.stdout)
    assert {name: output[name] for name in ("prompt", "key", "steps", "tiled", "words", "image", "images")} == {
        "prompt": prompt, "key": 8, "steps": 7, "tiled": True, "words": ["two words"], "image": "local file",
        "images": ["local file"] * 2,
    }  # fmt: skip


def test_setup_is_shown_while_it_lasts_and_when_it_fails(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, MODELS / "gate.py", until=None)) as site:
        browser.open(site.address)
        browser.until("return document.querySelector('.starting .log')?.textContent.includes('loading weights')")
        assert browser.text("#state") == "STARTING"
        (site.server.project / "fail").touch()
        browser.until("return document.querySelector('#banner')?.textContent.includes('the weights are not there')")
        assert browser.text("#state") == "SETUP_FAILED"


CHANGING = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str) -> str:
        return text
"""


def test_the_form_follows_the_source_and_keeps_what_was_typed(browser: Browser, tmp_path: Path) -> None:
    with own_site(browser, Server(tmp_path, CHANGING, arguments=("--reload",))) as site:
        source = site.server.project / "predict.py"
        site.server.wait_for_log("reload: watching")
        browser.open(site.address)
        browser.until("return document.querySelector('[data-name=text]') !== null")
        browser.type('[data-name="text"] textarea', "typed before")
        assert run(browser) == "succeeded"
        source.write_text(CHANGING.replace("text: str)", "text: str, count: int = 3)"))
        browser.until("return document.querySelector('[data-name=count]') !== null")
        assert browser.run("return document.querySelector('[data-name=text] textarea').value") == "typed before"
        assert browser.run("return document.querySelectorAll('[role=tab]').length") == 3
        assert browser.run("return document.querySelector('.result').dataset.phase") == "succeeded"
        assert run(browser) == "succeeded"
        source.write_text("def predict(:")
        browser.until("return document.querySelector('#banner')?.textContent.includes('SyntaxError')")
        assert browser.text("#state") == "READY"
        assert run(browser) == "succeeded"
        source.write_text(CHANGING)
        browser.until("return document.querySelector('#banner').hidden")
        browser.until("return document.querySelector('[data-name=count]') === null")


def test_a_server_that_goes_is_said_and_found_again(browser: Browser, tmp_path: Path) -> None:
    with Server(tmp_path, MODELS / "gate.py", files={"open": ""}) as server:
        address = serve_page(server)
        browser.open(address)
        browser.until("return document.querySelector('.inputs') !== null")
        server.process.terminate()
        server.process.wait()
        browser.until("return document.querySelector('#banner')?.textContent.includes('does not answer')")
        server._exits = -15 if server.process.returncode < 0 else 0
        browser.open("about:blank")  # or it would go on asking
        browser.complaints()  # of the connections that were refused


def test_the_status_tab_tells_of_workers_failures_and_deaths(browser: Browser, tmp_path: Path) -> None:
    model = "import os\nfrom cog import BasePredictor\nclass Predictor(BasePredictor):\n"
    model += "    def predict(self, how: str) -> str:\n        os._exit(3) if how == 'die' else int(how)\n"
    with own_site(browser, Server(tmp_path, model)) as site:
        site.server.create({"how": "not a number"}, id="failed")
        site.server.create({"how": "die"}, id="taken")
        site.server.wait_until("READY")
        browser.open(site.address + "status")
        browser.until("return document.querySelector('.status')?.textContent.includes('Deaths of workers')")
        shown = browser.text(".status")
        assert "exit code 3" in shown and "taken" in shown
        assert "invalid literal for int()" in shown
        assert str(site.server.workers()[0]) in shown


def test_everything_can_be_done_by_keyboard(browser: Browser, sites: Sites) -> None:
    open_form(browser, sites("widgets"))
    browser.keys("Tab")
    assert browser.run("return document.activeElement.className") == "skip"
    focused = "return document.activeElement.closest('[data-name]')?.dataset.name ?? document.activeElement.id"
    for _ in range(20):
        browser.keys("Tab")
        if browser.run(focused) == "prompt":
            break
    assert browser.run(focused) == "prompt"
    for key in "typed":
        browser.keys(key)
    browser.keys("Control", "Enter")
    browser.until(OVER)
    assert "typed" in browser.text(".output")
    assert browser.text("#live") == "Succeeded. The output is there."


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_phone_scrolls_one_way_only(browser: Browser, sites: Sites, colours: str) -> None:
    browser.resize(320, 700)
    browser.prefer(prefers_color_scheme=colours)
    fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    for name in ("widgets", "outputs"):
        open_form(browser, sites(name))
        assert browser.run(fits)
    for kind in ("images", "object", "error", "csv"):
        run_kind(browser, sites("outputs"), kind)
        assert browser.run(fits), kind
    for tab in ("status", "docs"):
        browser.open(f"{sites('outputs').address}{tab}")
        browser.until("return document.querySelector('.tile, .operation') !== null")
        assert browser.run(fits), tab
    expected = "rgb(246, 247, 248)" if colours == "light" else "rgb(19, 21, 23)"
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == expected


COVERED = """const focused = document.activeElement;
  if (focused === document.body || focused.closest('.visually-hidden')) return null;
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const within = (low, high, most) => Math.min(most - 1, Math.max(0, (Math.max(0, low) + Math.min(most, high)) / 2));
  const seen = document.elementFromPoint(within(left, right, innerWidth), within(top, bottom, innerHeight));
  const free = seen && (focused.contains(seen) || seen.contains(focused) || seen.closest('label')?.contains(focused));
  return [focused.id || focused.textContent || focused.className, free ? '' : seen?.className ?? 'nothing'];"""


@pytest.mark.parametrize(("width", "height", "zoom"), [(1280, 900, 2), (1280, 720, 4), (1280, 900, 1)])
def test_zoomed_in_it_fits_and_the_focus_is_never_covered(
    browser: Browser, sites: Sites, width: int, height: int, zoom: float
) -> None:
    browser.resize(width, height, zoom)
    fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    for kind in ("images", "object", "csv"):
        run_kind(browser, sites("outputs"), kind)
        assert browser.run(fits), kind
    open_form(browser, sites("widgets"))
    assert browser.run(fits)
    browser.press(".code-fold summary")
    browser.run("document.querySelector('.skip').focus()")
    passed: list[Any] = []
    for _ in range(90):
        browser.keys("Tab")
        here = browser.run(COVERED)
        if here is None and passed:
            break
        passed.append(here)
    assert len([one for one in passed if one]) > 30
    assert [one for one in passed if one and one[1]] == []
    for _ in range(40):
        browser.keys("Shift", "Tab")
        here = browser.run(COVERED)
        assert here is None or not here[1], here


def test_it_works_behind_a_path(browser: Browser, sites: Sites) -> None:
    site = sites("outputs", prefix="/some/where")
    assert run_kind(browser, site, "image") == "succeeded"
    browser.press("#tab-api")
    assert browser.address.endswith("/some/where/docs")
    browser.reload()
    browser.find(".operation")
    assert all("/some/where/" in url for url, _ in browser.requests())


def test_tabs_are_addresses(browser: Browser, sites: Sites) -> None:
    site = sites("outputs")
    browser.open(site.address + "docs")
    browser.find(".operation")
    browser.open(site.address + "status")
    browser.find(".tile")
    browser.until("return document.querySelector('.tiles').textContent.includes('READY')")


def test_a_failure_that_was_opened_in_the_status_stays_open(browser: Browser, sites: Sites) -> None:
    site = sites("outputs")
    run_kind(browser, site, "error")
    id = browser.text(".id code")
    browser.open(site.address + "status")
    opened = """const one = [...document.querySelectorAll('.status details')].find((fold) =>
        fold.querySelector('code')?.textContent === arguments[0]);
      if (one) one.open = true;
      return one?.textContent;"""
    assert "ValueError: the model could not do it" in browser.until(opened, id)
    browser.run("performance.clearResourceTimings()")
    browser.until(
        "return performance.getEntriesByType('resource').filter((one) => /metrics$/.test(one.name)).length > 2"
    )
    still = "return [...document.querySelectorAll('.status details[open] code')].map((one) => one.textContent)"
    assert browser.run(still) == [id]


def test_the_api_tells_types_defaults_and_limits(browser: Browser, sites: Sites) -> None:
    browser.open(sites("widgets").address + "docs")
    browser.find(".operation")
    table = """const tables = [...document.querySelectorAll('.operation table')];
      const cells = (row) => [...row.children].map((one) => one.textContent);
      return tables.map((one) => [...one.querySelectorAll('tr')].map(cells));"""
    inputs, answer, problem = browser.run(table)[:3]
    rows = {row[0]: row[1:] for row in inputs}
    assert rows["Name"] == ["Type", "Default", "Description"]
    assert rows["prompt*"] == ["string", "", "What the picture shows"]
    assert rows["steps"] == ["integer", "20", "More is slower; 1 to 100"]
    assert rows["style"][:2] == ['"photo" | "sketch"', '"photo"']
    assert rows["words"] == ["list of string", "null", "One a row"]
    assert rows["filters"] == ['list of "blur" | "edges"', "[]", ""]
    assert answer[0] == problem[0] == ["Name", "Type"], "no column is empty"


def test_trainings_have_a_tab(browser: Browser, tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[2] / "examples" / "training"
    files = {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".py", ".yaml", ".csv")}
    model = files.pop("predict.py")
    points = tmp_path / "points.csv"
    points.write_text("x,y\n1,2\n2,4\n3,6\n")
    train = ("--x-mode", "train")
    server = Server(tmp_path, model, files=files, arguments=train, COG_TRAIN_TYPE_STUB="train.py:train")
    with own_site(browser, server) as site:
        browser.open(site.address)
        browser.until("return document.querySelector('[data-name=points]') !== null")
        browser.press("#tab-train")
        browser.choose_files("#panel-train [data-name=points] input[type=file]", points)
        browser.press("#panel-train button.primary")
        browser.until(OVER)
        assert browser.text(".result .pill") == "Succeeded"
        browser.find(".output .tree")
