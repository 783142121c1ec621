"""What Binder makes of the published site, as far as a machine without containers can tell."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import lab

ROOT = Path(__file__).parents[3]
SCRIPTS = Path(sys.executable).parent


def test_repo2docker_finds_environment_and_postbuild(site):
    """A missing file does not make it fail: so each is looked for in what it prints."""
    done = subprocess.run(
        [
            *(SCRIPTS / "jupyter-repo2docker", "--no-build", "--debug"),
            *("--user-id", "1000", "--user-name", "reader", site),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    for line in (
        "COPY --chown=1000:1000 src/binder/environment.yml ${REPO_DIR}/binder/environment.yml",
        '--file "binder/environment.yml"',
        "RUN ./binder/postBuild",
        "RUN chmod +x binder/postBuild",
    ):
        assert line in printed, line
    order = [
        printed.index('--file "binder/environment.yml"'),
        printed.index("RUN ./binder/postBuild"),
    ]
    assert order == sorted(order)
    for name in ("environment.yml", "postBuild"):
        assert filecmp.cmp(ROOT / name, site / "binder" / name, shallow=False)


@pytest.fixture
def variables(tmp_path):
    """What postBuild runs with: a stand-in for pip, and settings of its own."""
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "pip"
    pip.write_text('#!/bin/sh\necho "pip $*" >> "$CALLS"\n')
    pip.chmod(0o755)
    return os.environ | {
        "PATH": os.pathsep.join([str(pip.parent), str(SCRIPTS), os.environ["PATH"]]),
        "CALLS": str(tmp_path / "calls"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
    }


def test_post_build_installs_the_package_and_leaves_the_notebooks_with_their_data(
    site, variables, tmp_path
):
    """Run as it stands, but for pip, on a copy of the site."""
    home = tmp_path / "home"
    shutil.copytree(site, home)
    (home / ".git").mkdir()
    script = home / "binder" / "postBuild"
    script.chmod(0o755)
    done = subprocess.run(
        ["./binder/postBuild"], cwd=home, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (site / "packages").glob("*.whl")
    assert Path(variables["CALLS"]).read_text() == f"pip install --no-deps packages/{wheel.name}\n"
    assert {path.name for path in home.iterdir() if path.name[0] != "."} == {"notebooks"}
    assert (home / ".git").exists()  # nbgitpuller and the like ask it
    for path in (site / "notebooks").rglob("*.ipynb"):
        assert filecmp.cmp(path, home / path.relative_to(site), shallow=False)
    for path in (ROOT / "book" / "data").glob("*.csv"):
        assert filecmp.cmp(path, home / "notebooks" / "data" / path.name, shallow=False)
    settings = (tmp_path / "config/labconfig/page_config.json").read_text()
    for name in lab.TURNED_OFF:
        assert f'"{name}": true' in settings


def test_on_another_branch_post_build_says_which_one_binder_needs(variables, tmp_path):
    done = subprocess.run(
        [ROOT / "postBuild"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "build the branch gh-pages" in done.stderr
    assert (tmp_path / "bin").exists()  # nothing is removed


# ---- On one's own machine -----------------------------------------------------------------------


@pytest.fixture
def small_site(tmp_path):
    site = tmp_path / "site"
    for name in ("notebooks/index.ipynb", "notebooks/networks/vgg.ipynb", "data/data/t.csv"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("first")
    shutil.make_archive(str(site / "packages" / "book-data"), "zip", site / "data")
    return site


def test_a_new_edition_of_the_book_leaves_changed_notebooks_alone(small_site, tmp_path):
    folder = tmp_path / "lab"
    names = ("index.ipynb", "networks/vgg.ipynb")
    copies = [folder / "notebooks" / name for name in names]

    assert lab.copy_notebooks(small_site, folder) == []
    assert [copy.read_text() for copy in copies] == ["first", "first"]
    assert (folder / "notebooks" / "data" / "t.csv").read_text() == "first"

    copies[1].write_text("mine")
    for name in names:
        (small_site / "notebooks" / name).write_text("second")
    for _ in range(2):  # the reader's stays for good
        assert lab.copy_notebooks(small_site, folder) == [copies[1]]
        assert [copy.read_text() for copy in copies] == ["second", "mine"]

    copies[1].unlink()
    assert lab.copy_notebooks(small_site, folder) == []
    assert copies[1].read_text() == "second"


def test_this_environment_is_binders():
    """What `make test` installed, and runs everything with, has the versions that Binder gets.

    Less the CPU builds of torch, which come from PyTorch's own index; and the lock for this Python
    on this system, where Binder's differs in it.
    """
    import importlib.metadata

    from packaging.requirements import Requirement

    from tools import lock

    pins = [Requirement(pin) for pin in lock.read_pins("run")]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    installed = {pin.name: importlib.metadata.version(pin.name) for pin in here}
    assert [
        f"{name} {installed[name]}"
        for name, pin in ((pin.name, pin) for pin in here)
        if not pin.specifier.contains(installed[name].partition("+")[0], prereleases=True)
    ] == []
