"""The first cell of a downloaded notebook, in a fresh environment that lacks the book's package.

All else that the package needs is there, as on Colab: so nothing is fetched but the package itself,
from the site, served here at the address that _config.yml names by way of a proxy.
"""

import subprocess
import sys
import venv
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[2]
ATLAS = "notebooks/networks/atlas.ipynb"  # it reads a table, too
# Runs the cell as a kernel does, with its magics, then says what came of it.
RUN = """
import os, sys
from IPython.core.interactiveshell import InteractiveShell
from pathlib import Path
shell = InteractiveShell.instance()
cell = Path(sys.argv[1]).read_text()
shell.run_cell(cell).raise_error()
print("RESULT", __import__("convcost").__file__, os.getcwd(), os.path.exists("../data/atlas.csv"))
again = shell.run_cell("from IPython.utils.capture import capture_output\\n"
    "with capture_output() as said:\\n" + "".join("    " + l + "\\n" for l in cell.splitlines()))
again.raise_error()
print("AGAIN", repr(shell.user_ns["said"].stdout + shell.user_ns["said"].stderr), os.getcwd())
"""


@pytest.fixture
def fresh(tmp_path):
    """An environment of its own that has what this one has, but for the book's package."""
    venv.create(tmp_path / "fresh", with_pip=True)
    (here,) = (Path(path) for path in sys.path if Path(path).name == "site-packages")
    lent = tmp_path / "lent"
    lent.mkdir()
    for path in here.iterdir():
        own = path.name.startswith(("convcost", "pip"))
        if not own and path.suffix != ".pth":  # where the editable package is told of
            (lent / path.name).symlink_to(path)
    (site_packages,) = (tmp_path / "fresh" / "lib").glob("python*/site-packages")
    (site_packages / "lent.pth").write_text(f"{lent}\n")
    return tmp_path / "fresh" / "bin" / "python"


def test_it_installs_this_very_version_where_it_is_missing_and_is_silent_elsewhere(
    site, fresh, tmp_path
):
    cell = nbformat.read(site / ATLAS, as_version=4).cells[0].source
    base = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{server.server_port}/"
        assert base in cell
        (tmp_path / "cell.txt").write_text(cell.replace(base, there))
        (tmp_path / "work").mkdir()
        done = subprocess.run(
            [fresh, "-c", RUN, tmp_path / "cell.txt"],
            cwd=tmp_path / "work",
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    module, folder, has_table = lines["RESULT"]
    assert Path(module).is_relative_to(fresh.parents[1])
    assert (folder, has_table) == (str(tmp_path / "work" / "book" / "chapter"), "True")
    assert lines["AGAIN"] == ["''", folder]
    (wheel,) = (site / "packages").glob("*.whl")
    assert set(asked) == {f"/packages/{wheel.name}", "/packages/book-data.zip"}


def test_the_pip_section_for_colab_has_the_locked_versions(site):
    cell = nbformat.read(site / ATLAS, as_version=4).cells[0].source
    pins = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    (line,) = (line for line in cell.splitlines() if "==" in line)
    wanted = line.split()[3:]
    assert {name.split("==")[0] for name in wanted} >= {"altair", "anywidget", "torchinfo"}
    assert set(wanted) <= set(pins)
