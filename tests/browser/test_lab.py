"""The chapters in JupyterLab as Binder opens them: the same notebooks, the same settings.

One JupyterLab serves a copy of the site's notebooks on the loopback address; what postBuild turns
off is turned off. Nothing but it is asked for anything.
"""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_cache import get_cache
from playwright.sync_api import Browser, Locator, Page, expect

from book._ext.deeper.execution import peak_bytes
from tools import lab

TOKEN = "open-for-the-test-alone"
GB = 10**9
SECONDS = 1000  # in Playwright's milliseconds


class Lab:
    """A running JupyterLab and a browser's page on it."""

    def __init__(self, address: str, process: subprocess.Popen[bytes], page: Page) -> None:
        self.address, self.process, self.page = address, process, page

    def ask(self, method: str, path: str) -> Any:
        """Return what JupyterLab's own interface answers; None for what it does not know.

        While a kernel is just starting, JupyterLab fails to list or to end it (it knows the
        kernel, but not yet its `last_activity`), so a failure is asked again for 20 s.
        """
        request = urllib.request.Request(f"{self.address}api/{path}", method=method)
        request.add_header("Authorization", f"token {TOKEN}")
        end = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    text = response.read()
                return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def open(self, path: str) -> None:
        """Open a path as Binder does, in a fresh workspace, with no other kernel left."""
        self.page.goto("about:blank")
        for kernel in self.ask("GET", "kernels"):
            self.ask("DELETE", f"kernels/{kernel['id']}")
        self.page.goto(f"{self.address}lab/tree/{path}?reset&token={TOKEN}")
        self.page.wait_for_function(
            """(path) => {
                const panel = globalThis.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === path && panel.context.isReady;
            }""",
            arg=path,
            timeout=60 * SECONDS,
        )
        expect(self.page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible()

    def run_all(self) -> list[dict[str, Any]]:
        """Choose "Run All Cells" and return the code cells when all have run."""
        self.wait_for_kernel()
        # Their numbers are those of the build.
        self.page.evaluate(
            """() => {
                for (const cell of jupyterapp.shell.currentWidget.content.model.cells) {
                    if (cell.type === "code") cell.executionCount = null;
                }
            }"""
        )
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return self.wait_for_cells()

    def wait_for_kernel(self) -> None:
        """Wait until the chapter has its kernel, and this answers."""
        self.page.wait_for_function(
            "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=60 * SECONDS,
        )

    def wait_for_cells(self) -> list[dict[str, Any]]:
        """Return the code cells once each has a number and its answer."""
        self.page.wait_for_function(
            """() => {
                const { content, sessionContext } = jupyterapp.shell.currentWidget;
                const cells = content.model.toJSON().cells.filter((c) => c.cell_type === "code");
                return sessionContext.session.kernel.status === "idle"
                    && cells.every(({ execution_count }) => execution_count !== null);
            }""",
            timeout=120 * SECONDS,
        )
        notebook = self.page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON()")
        return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    def run_in_kernel(self, code: str) -> str:
        """Run code in the chapter's kernel and return what it prints."""
        self.wait_for_kernel()
        return self.page.evaluate(
            """async (code) => {
                const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
                const future = kernel.requestExecute({ code });
                let said = "";
                future.onIOPub = ({ header, content }) => {
                    if (header.msg_type === "stream") said += content.text;
                    if (header.msg_type === "error") said += content.traceback.join("\\n");
                };
                await future.done;
                return said;
            }""",
            code,
        )

    def kernel(self) -> psutil.Process:
        """Return the process of the chapter's kernel."""
        name = self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
        children = psutil.Process(self.process.pid).children(recursive=True)
        (kernel,) = (c for c in children if any(name in word for word in c.cmdline()))
        return kernel


@pytest.fixture(scope="module")
def jupyterlab(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, site: Path
) -> Iterator[Lab]:
    """JupyterLab on a copy of the notebooks; running one saves it now and then."""
    folder = tmp_path_factory.mktemp("lab")
    lab.copy_notebooks(site, folder / "root")
    variables = lab.environment(folder / "settings") | {
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    lab.write_settings(variables)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": folder / "root",
        "IdentityProvider.token": TOKEN,
        "LabApp.expose_app_in_browser": True,
        "ServerApp.allow_root": True,
    }
    command = [Path(sys.executable).parent / "jupyter-lab", "--no-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    address = f"http://127.0.0.1:{port}/"
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}api", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.25)
        else:
            pytest.fail(f"JupyterLab did not come up:\n{(folder / 'log').read_text()}")
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        outside: list[str] = []
        page.on("request", lambda request: outside.append(request.url))
        yield Lab(address, process, page)
        context.close()
        inside = (address, address.replace("http", "ws", 1), "data:", "blob:", "about:")
        assert [url for url in outside if not url.startswith(inside)] == []
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def published(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook."""
    return json.loads(path.read_text("utf-8"))["cells"]


def errors(cells: list[dict[str, Any]]) -> list[Any]:
    """Return what went wrong; what an exercise's tests say of its untouched stub did not."""
    feedback = [
        cell["outputs"]
        for cell in cells
        if "raises-exception" in cell["metadata"].get("tags", [])
        and [output.get("ename") for output in cell["outputs"]] == ["AssertionError"]
    ]
    return [
        (output.get("ename"), output.get("evalue"))
        for cell in cells
        for output in cell["outputs"]
        if output["output_type"] == "error" and cell["outputs"] not in feedback
    ]


def test_before_anything_is_run_a_chapter_reads_like_its_page(jupyterlab: Lab, site: Path) -> None:
    """That its sentences are those of the page, tests/unit/extension/test_notebooks.py holds."""
    path = "notebooks/networks/vgg-head.ipynb"
    jupyterlab.open(path)
    cells = [
        "".join(cell["source"])
        + "".join("".join(output["data"]["text/plain"]) for output in cell.get("outputs", [])[:1])
        for cell in published(site / path)
    ]

    def scroll_to(text: str) -> Locator:
        """Return the cell, so that JupyterLab has it on the screen, where a text first stands."""
        number = next(number for number, cell in enumerate(cells) if text in cell)
        jupyterlab.page.evaluate(
            "(n) => jupyterapp.shell.currentWidget.content.scrollToItem(n, 'start')", number
        )
        return jupyterlab.page.locator(f".jp-Cell[data-windowed-list-index='{number}']")

    # A number, a citation; the code between them is folded, and says so.
    expect(scroll_to("VGG-16 has")).to_contain_text("VGG-16 has 138.4 M parameters")
    link = scroll_to("references.html#").locator("a[href*='/appendix/references.html#']").first
    expect(link).to_have_text(re.compile(r"^[A-Z].*, \d{4}[a-z]?$"))
    expect(scroll_to("glue(").locator(".jp-InputPlaceholder, .jp-Placeholder")).to_be_visible()
    # A live figure: its picture, its finding, its caption.
    figure = scroll_to("gallery.head_swap")
    expect(figure.locator("img")).to_be_visible()
    expect(figure.locator(".jp-RenderedHTMLCommon p")).to_have_count(2)
    # A question without dead controls, a fold that can be seen to be one.
    asked = scroll_to("Quick question.")
    expect(asked).to_contain_text("How many parameters does this head have?")
    assert asked.locator(".jp-OutputArea :is(input, button)").count() == 0
    options = scroll_to("choice(").locator(".jp-OutputArea li details")
    options.first.locator("summary").click()
    expect(options.first).to_contain_text(re.compile(r"(Right|Not quite)\."))
    fold = scroll_to("<details>").locator("summary").first
    assert fold.evaluate("(summary) => getComputedStyle(summary).display") == "list-item"
    # Of a package that is missing, the kernel says what to do.
    said = jupyterlab.run_in_kernel(
        "import sys; sys.modules['anywidget'] = None\n"
        "from convcost.page.live.figure import LiveFigure"
    )
    assert "%pip install anywidget  and restart the kernel" in said


# The one that trains a step, and the one whose figure has all networks; another runs below.
@pytest.mark.parametrize(
    "path", ["notebooks/counting/memory.ipynb", "notebooks/networks/atlas.ipynb"]
)
def test_a_chapter_runs_without_an_error_and_within_binders_memory(
    jupyterlab: Lab, path: str
) -> None:
    jupyterlab.open(path)
    cells = jupyterlab.run_all()
    assert errors(cells) == []
    assert peak_bytes(jupyterlab.kernel().pid) < 1 * GB


def test_every_chapter_was_built_within_binders_memory(site: Path) -> None:
    (folder,) = (site.parent / ".jupyter_cache").iterdir()
    records = get_cache(folder).list_cache_records()
    peaks = {Path(record.uri).name: record.data["peak_bytes"] for record in records}
    assert len(peaks) >= 12
    assert {name: peak for name, peak in peaks.items() if not 0 < peak < 1 * GB} == {}


# The figure that the tests below move: where its slider stands, and its finding by Python alone.
FIGURE = """
from convcost.page.live.figure import LiveFigure
figures = (shown for shown in Out.values() if isinstance(shown, LiveFigure))
figure = next(figure for figure in figures if figure.name == "fig-network-totals")
slider = figure.controls["image"]
"""
TELL = "print(slider.value, figure.state_at(*figure.positions().values())[1], sep='|')"


def test_a_slider_moves_the_chart_from_either_side_and_a_lost_kernel_is_told(
    jupyterlab: Lab,
) -> None:
    jupyterlab.open("notebooks/counting/operations.ipynb")
    page = jupyterlab.page
    assert errors(jupyterlab.run_all()) == []
    assert peak_bytes(jupyterlab.kernel().pid) < 1 * GB
    page.evaluate(
        """async () => {
            const { content } = jupyterapp.shell.currentWidget;
            const { cells } = content.model.toJSON();
            const at = cells.findIndex(({ source }) => source.includes("gallery.network_totals"));
            content.activeCellIndex = at;
            await content.scrollToItem(at, "start");
        }"""
    )
    cell = page.locator(".jp-CodeCell.jp-mod-active")
    figure = cell.locator(".live-figure")
    finding, note = figure.locator(".live-finding"), figure.locator(".live-note")
    chart = figure.locator(".live-chart svg")
    expect(chart).to_be_visible(timeout=30 * SECONDS)
    assert jupyterlab.run_in_kernel(FIGURE) == ""
    handle = cell.get_by_role("slider")

    # The reader moves it: chart and Python follow.
    before = chart.inner_html()
    handle.press("ArrowRight")
    expect(finding).to_have_text(re.compile(r"^For an image of 256\s×\s256 pixels"))
    assert chart.inner_html() != before
    value, said = jupyterlab.run_in_kernel(TELL).strip().split("|")
    plain = finding.inner_text().replace("\xa0", " ")
    assert (value, said.replace("\xa0", " ")) == ("256", plain)

    # Python moves it, to a position that was not prepared.
    before = chart.inner_html()
    jupyterlab.run_in_kernel("slider.step = 1; slider.value = 231")
    value, said = jupyterlab.run_in_kernel(TELL).strip().split("|")
    assert value == "231"
    expect(finding).to_have_text(said)
    expect(chart).to_have_attribute("aria-label", said)
    assert chart.inner_html() != before

    # The kernel is lost: prepared positions still move, for others a sentence says what to do.
    jupyterlab.kernel().kill()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("restart", timeout=60 * SECONDS)
    dialog.get_by_role("button").last.click()
    handle.press("ArrowRight")
    expect(note).to_contain_text("restart it and run this cell again", timeout=30 * SECONDS)
    handle.press("Home")
    expect(finding).to_have_text(re.compile(r"^For an image of 64\s×\s64 pixels"))
    expect(note).to_be_hidden()

    # A quick question takes an answer all the same, by keyboard too, and has a word for it.
    page.evaluate(
        """async () => {
            const { content } = jupyterapp.shell.currentWidget;
            const { cells } = content.model.toJSON();
            const at = cells.findIndex(({ source }) => /^number\\(/m.test(source));
            await content.scrollToItem(at, "start");
        }"""
    )
    form = page.locator("form.question:has(input[type=text])").first
    for given, word in (("many", "Give a number"), ("1e300", "Not quite. That is too large.")):
        form.get_by_role("textbox").fill(given)
        form.get_by_role("textbox").press("Enter")
        expect(form.get_by_role("status")).to_contain_text(word)
    right = form.locator("details > p").get_attribute("data-from")
    form.get_by_role("textbox").fill(right)
    form.get_by_role("button", name="Check").click()
    expect(form.get_by_role("status")).to_contain_text("Right.")
