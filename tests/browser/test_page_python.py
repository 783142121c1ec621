"""Python in the page, in Chromium: every cell that runs, hostile code, exercises, assignments."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assignments import generate
from tests.browser.axe import AXE, WCAG
from tests.browser.conftest import complaints, watch

CHAPTER = "networks/bottleneck.html"
ASSIGNMENT = "assignments/convolution-arithmetic.html"
LOADED = 60_000  # milliseconds, on a busy machine


@pytest.fixture(scope="module")
def chapter(browser: Browser, base_url: str) -> Iterator[Page]:
    """One page with its Python for the tests that leave it as usable as it was."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    watch(page, base_url)
    page.goto(base_url + CHAPTER)
    opener(page).click()
    expect(status(page)).to_have_text("Done.", timeout=LOADED)
    yield page
    context.close()
    assert complaints(page) == []


def opener(page: Page) -> Locator:
    return page.get_by_role("button", name="Edit and run").first


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Code of this cell").first


def editor(page: Page) -> Locator:
    return page.locator(".python-editor").first


def status(page: Page) -> Locator:
    return editor(page).get_by_role("status")


def run(page: Page, code: str) -> None:
    field(page).fill(code)
    field(page).press("Control+Enter")


def run_to_its_end(page: Page, code: str) -> str:
    """Run code in the first cell that is open; return what is shown."""
    run(page, code)
    expect(editor(page).get_by_role("button", name="Stop")).to_be_hidden(timeout=LOADED)
    return editor(page).locator(".python-output").inner_text()


def violations(page: Page) -> list[str]:
    """What axe finds in cells that are open; of the rest of a page see test_clean.py."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        """async ([where, options]) => (await axe.run(where, options)).violations.flatMap(
            ({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`))""",
        ["div.cell:has(textarea)", {"resultTypes": ["violations"], "runOnly": WCAG}],
    )


# ---- Every cell ---------------------------------------------------------------------------------


def test_every_cell_that_runs_shows_what_the_page_shows(
    page: Page, base_url: str, python_path: str
) -> None:
    """In the page's order, as a reader sees them; nothing is loaded before the first press."""
    page.goto(base_url + python_path)
    page.evaluate("for (const fold of document.querySelectorAll('details.hide')) fold.open = true")
    cells = page.locator(".python-cell").all()
    built = [cell.locator(".cell_output pre").all_inner_texts() for cell in cells]
    assert page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)"
                         ".filter((name) => name.includes('/_static/python/'))") == []  # fmt: skip
    for cell in cells:
        cell.get_by_role("button", name="Edit and run").click()
    for cell in cells:
        expect(cell.get_by_role("status")).to_have_text(re.compile("^Done"), timeout=LOADED)
    shown = [cell.locator(".python-output pre").all_inner_texts() for cell in cells]
    assert [[text.strip() for text in texts] for texts in shown] == [
        [text.strip() for text in texts] for texts in built
    ]
    assert violations(page) == []


def test_a_good_part_of_the_chapters_has_such_cells(site: Path, pages: list[str]) -> None:
    """So that no fault in finding them goes unseen: what is plain arithmetic is there."""
    found = {path: (site / path).read_text("utf-8").count("python-cell ") for path in pages}
    found = {path: count for path, count in found.items() if count}
    assert found.keys() >= {
        *("index.html", "counting/convolution.html", "counting/operations.html"),
        *("counting/parameters.html", "networks/bottleneck.html", "networks/vgg.html"),
        *("networks/vgg-head.html", "networks/why-3x3.html", "networks/side-by-side.html"),
        *("networks/googlenet.html", "networks/inference-time.html"),
    }


def test_a_cell_takes_the_cells_above_with_it_as_they_are_now(page: Page, base_url: str) -> None:
    page.goto(base_url + "networks/inference-time.html")
    boxes = page.locator(".python-cell")
    boxes.nth(0).get_by_role("button", name="Edit and run").click()
    expect(boxes.nth(0).get_by_role("status")).to_have_text(re.compile("^Done"), timeout=LOADED)
    boxes.nth(0).get_by_role("textbox").fill("linear_intensity = 1 / 0")
    below = boxes.nth(1)
    below.get_by_role("button", name="Edit and run").click()
    expect(below.get_by_role("status")).to_have_text(re.compile("^Done"))  # it needs it not
    below.get_by_role("textbox").fill("linear_intensity")
    below.get_by_role("textbox").press("Control+Enter")
    expect(below.locator(".python-output")).to_contain_text("Cell 1 above, line 1:")


# ---- What is written ----------------------------------------------------------------------------


def test_what_is_written_stays_until_reset(page: Page, base_url: str) -> None:
    page.goto(base_url + CHAPTER)
    box = page.locator(".python-cell").first
    built = box.locator(".cell_output").inner_text()
    opener(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  # mine")
    written = field(page).input_value()
    page.reload()
    expect(field(page)).to_have_value(written)
    expect(status(page)).to_have_text("This is what you wrote before.")
    editor(page).get_by_role("button", name="Reset").click()
    assert field(page).input_value() == written.removesuffix("  # mine")
    assert box.locator(".cell_output:visible").inner_text() == built
    page.reload()
    expect(opener(page)).to_be_visible()
    kept = page.evaluate("Object.keys(localStorage)")
    assert set(kept) <= {"reading"}  # where the reader is, see reading.js


def test_tab_indents_and_leaves_after_escape(chapter: Page) -> None:
    page = chapter
    assert "Esc, then Tab, leaves" in field(page).evaluate(
        "(e) => document.getElementById(e.getAttribute('aria-describedby')).textContent"
    )
    field(page).fill("")
    field(page).focus()
    page.keyboard.type("for k in [1]:\nprint(k)")
    assert field(page).input_value() == "for k in [1]:\n    print(k)"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert field(page).input_value().endswith("\n        print(k)")
    page.keyboard.press("Shift+Tab")
    assert field(page).input_value().endswith("\n    print(k)")
    page.keyboard.press("Control+z")
    assert field(page).input_value().endswith("\n        print(k)")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor(page).get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(field(page)).to_be_focused()  # only what follows Escape leaves


# ---- Hostile code -------------------------------------------------------------------------------


SCRIPT = "import pyodide_js\npyodide_js.runPython.constructor"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("[0] * 10**9", "MemoryError: that is more memory than Python has in a page"),
        ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError: maximum recursion depth"),
        ("print('x' * 10**7)", "9,992,001 characters more, which are not shown"),
        ("for k in range(10**5): print(k)", "characters more, which are not shown"),
        ("import js\njs.close()", "AttributeError: close"),
        ("import js\njs.fetch('https://example.org')", "AttributeError: fetch"),
        ("from pyodide.code import run_js\nrun_js('1')", "cannot import name 'eval' from 'js'"),
        # Whoever finds another way to JavaScript finds nothing that the page would not hear of.
        (f"{SCRIPT}('self.close()')()", "a page's Python can't do that"),
        (f"{SCRIPT}('fetch(\"/\")')()", "a page's Python can't do that"),
        (f"{SCRIPT}('new Worker(\"/\")')()", "not a constructor"),
        ("raise SystemExit", "SystemExit: the code has asked Python to end."),
    ],
)
def test_hostile_code_is_told_what_happened_and_the_page_goes_on(
    chapter: Page, code: str, said: str
) -> None:
    assert said in run_to_its_end(chapter, code)
    assert run_to_its_end(chapter, "1 + 1").strip() == "2"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos._exit(3)", "broken down"),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return f(n + 1)\nf(0)",
         "broken down"),
    ],
)  # fmt: skip
def test_what_breaks_python_starts_it_anew(chapter: Page, code: str, said: str) -> None:
    run_to_its_end(chapter, code)
    expect(status(chapter)).to_contain_text(said)
    chapter.console_errors.clear()  # Pyodide tells of its end
    assert run_to_its_end(chapter, "1 + 1").strip() == "2"


def test_an_endless_loop_is_stopped(chapter: Page) -> None:
    run(chapter, "while True:\n    print('again')")
    stop = editor(chapter).get_by_role("button", name="Stop")
    stop.focus()
    chapter.keyboard.press("Enter")
    expect(status(chapter)).to_contain_text("Stopped.")
    expect(field(chapter)).to_be_focused()  # not lost with the button
    assert run_to_its_end(chapter, "1 + 1").strip() == "2"


# ---- Where no Python runs -----------------------------------------------------------------------


def test_from_a_folder_one_sentence_says_what_works(page: Page, site: Path) -> None:
    page.goto((site / CHAPTER).as_uri())
    opener(page).click()
    expect(status(page)).to_contain_text("python3 -m http.server")
    expect(field(page)).to_be_focused()


@pytest.mark.parametrize("lacking", ["Worker", "WebAssembly"])
def test_without_workers_or_webassembly_too(page: Page, base_url: str, lacking: str) -> None:
    page.add_init_script(f"delete globalThis.{lacking}")
    page.goto(base_url + CHAPTER)
    opener(page).click()
    expect(status(page)).to_contain_text("This browser can't run Python")


@pytest.mark.parametrize("missing", ["*", "pyodide.asm.wasm", "convcost.zip"])
def test_a_copy_without_the_files_says_so(page: Page, base_url: str, missing: str) -> None:
    page.route(f"**/_static/python/{missing}*", lambda route: route.fulfill(status=404))
    page.goto(base_url + CHAPTER)
    opener(page).click()
    expect(status(page)).to_contain_text("Python could not be loaded")
    page.unroute(f"**/_static/python/{missing}*")
    editor(page).get_by_role("button", name="Run", exact=True).click()
    expect(status(page)).to_have_text("Done.", timeout=LOADED)
    page.console_errors.clear()
    page.failed_requests.clear()
    page.page_errors.clear()  # of the worker, which tells its console what it misses


def test_a_cell_with_torch_says_where_it_runs(page: Page, base_url: str) -> None:
    page.goto(base_url + CHAPTER)
    box = page.locator(".python-elsewhere:has(.cell_input:visible)").first
    box.get_by_role("button", name="Run it").press("Enter")
    said = box.get_by_role("status")
    expect(said).to_contain_text("needs PyTorch")
    menu = page.locator(".site-menu li > a")
    for link in said.get_by_role("link").all():
        assert link.get_attribute("href") in [item.get_attribute("href") for item in menu.all()]
    assert said.get_by_role("link").count() == 3


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_editor_is_for_everyone(chapter: Page, width: int, scheme: str) -> None:
    run_to_its_end(chapter, "print('wide ' * 60)\n1 / 0  # " + "a long line " * 20)
    chapter.set_viewport_size({"width": width, "height": 900})
    chapter.emulate_media(color_scheme=scheme)
    chapter.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    assert violations(chapter) == []
    assert chapter.evaluate("document.documentElement.scrollWidth") <= width
    chapter.set_viewport_size({"width": 1280, "height": 900})


# ---- Exercises ----------------------------------------------------------------------------------

EXERCISE = {
    "stub": "answer = ...",
    "before": "from convcost.arithmetic import conv_params",
    "tests": "assert answer != conv_params(n, 4, 3, bias=False), 'You forgot the biases.'\n"
    "assert answer == conv_params(n, 4, 3), 'Not yet.'",
    "draw": "def draw(random):\n    return {'n': random.randrange(20_000, 10**6)}",
    "solution": "answer = (9 * n + 1) * 4",
    "numbers": {"n": 7},
}


@pytest.fixture
def exercise(page: Page, base_url: str) -> Locator:
    """An exercise as the build writes it, with Python for its page."""
    data = json.dumps(EXERCISE)
    state = json.dumps({"cells": [], "version": "1", "bytes": 1})
    html = f"""<!doctype html><html lang="en" data-content_root="./"><title>Exercise</title>
      <main><h1>Exercise</h1><section class="practice" data-practice="one">
      <p class="practice-title">One</p>
      <div class="practice-prompt"><span class="practice-number" data-name="n">7</span></div>
      <pre class="practice-stub"><code>{EXERCISE["stub"]}</code></pre>
      <details class="practice-hint"><summary>Hint 1</summary>a</details>
      <details class="practice-hint"><summary>Hint 2</summary>b</details>
      <details class="practice-solution"><summary>A solution</summary>c</details>
      <script type="application/json" class="practice-data">{data}</script></section></main>
      <script type="application/json" class="python-data">{state}</script>
      <script>globalThis.scrollsByKeyboard = () => {{}};</script>
      <script src="_static/python.js"></script></html>"""
    address = base_url + "exercise.html"
    page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(address)
    return page.locator("section.practice")


def test_an_exercise_gives_hints_one_by_one_and_its_solution_after_a_try(exercise: Locator) -> None:
    hints = exercise.locator(".practice-hint")
    expect(hints.nth(1)).to_be_hidden()
    hints.nth(0).locator("summary").click()
    expect(hints.nth(1)).to_be_visible()
    solution = exercise.locator(".practice-solution")
    test = exercise.get_by_role("button", name="Run the tests")
    test.click()
    said = exercise.get_by_role("status")
    expect(said).to_have_text("Not yet.", timeout=LOADED)
    expect(solution).to_be_hidden()  # the stub is no try
    exercise.get_by_role("textbox").fill("answer = 9 * n * 4")
    test.click()
    expect(said).to_have_text("Not quite. You forgot the biases.")
    expect(solution).to_be_visible()
    exercise.get_by_role("textbox").fill(EXERCISE["solution"])
    test.click()
    expect(said).to_have_text("Right: all tests pass.")
    exercise.get_by_role("textbox").fill("answer = 256")
    test.click()
    expect(said).to_have_text("Right: all tests pass.")
    exercise.get_by_role("button", name="New numbers").click()
    number = exercise.locator(".practice-number")
    expect(number).to_have_text(re.compile(r"^\d{2,3},\d{3}$"))
    test.click()
    expect(said).to_have_text("Not yet.")


# ---- Assignments --------------------------------------------------------------------------------

ANSWERS = {
    "by-hand": "map_side = 0\nparams = True\nmacs = 1",
    "out-side-code": "def out_side(side, kernel, stride=1, padding=0, dilation=1):\n"
    "    return (side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1",
}


def test_an_assignment_is_tested_and_taken_home(page: Page, base_url: str, tmp_path: Path) -> None:
    """Only the answers of the released notebook change, each in its own cell."""
    page.goto(base_url + ASSIGNMENT)
    for place, (name, code) in enumerate(ANSWERS.items()):
        page.get_by_role("button", name="Answer here").first.click()
        page.get_by_role("textbox", name=f"Your answer: {name}").fill(code)
        box = page.locator(".python-solution").nth(place)
        box.get_by_role("button", name="Run the tests").click()
        said = "2 of 3 tests pass." if name == "by-hand" else "2 of 2 tests pass."
        expect(box.get_by_role("status")).to_contain_text(said, timeout=LOADED)
    failed = page.locator(".python-failed")
    expect(failed).to_contain_text("assert type(params) is int")
    assert violations(page) == []
    with page.expect_download() as started:
        page.get_by_role("button", name="Download as notebook").click()
    started.value.save_as(tmp_path / "mine.ipynb")
    assert started.value.suggested_filename == "convolution-arithmetic.ipynb"

    mine = nbformat.read(tmp_path / "mine.ipynb", as_version=4)
    nbformat.validate(mine)
    released = generate.student_notebook("convolution-arithmetic")
    graded = {
        cell.metadata.nbgrader.grade_id: cell for cell in mine.cells if "nbgrader" in cell.metadata
    }
    for cell in released.cells:
        if "nbgrader" not in cell.metadata:
            continue
        its = graded[cell.metadata.nbgrader.grade_id]
        assert its.metadata.nbgrader == cell.metadata.nbgrader
        assert its.source == ANSWERS.get(cell.metadata.nbgrader.grade_id, cell.source)


def test_python_weighs_what_its_page_says(site: Path) -> None:
    """In MB as they lie, and as hosts send them, compressed: to the megabyte."""
    files = [path for path in (site / "_static" / "python").iterdir() if "LICENSE" not in path.name]
    said = re.search(
        r"(\d+).MB of it \((\d+) compressed\)", (site / "appendix/running.html").read_text("utf-8")
    )
    whole = sum(path.stat().st_size for path in files) / 1e6
    sent = sum(len(gzip.compress(path.read_bytes())) for path in files) / 1e6

    assert said
    assert [int(number) for number in said.groups()] == [round(whole), round(sent)]
