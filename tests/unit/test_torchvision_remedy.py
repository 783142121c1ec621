"""The remedy for torchvision, each case in an interpreter of its own: schemas stay defined."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import convcost

SOURCE = Path(convcost.__file__).parents[1]
PYPROJECT = SOURCE.parent / "pyproject.toml"

# As torchvision's own: it loads its library if it can, then registers a fake for the operator.
FAKE_TORCHVISION = """
import pathlib
import torch
try:
    torch.ops.load_library(str(pathlib.Path(__file__).with_name("_C.so")))
except OSError:
    pass

@torch.library.register_fake("torchvision::nms")
def fake_nms(dets, scores, iou_threshold):
    return scores
"""

PLAIN_IMPORT = """
    try:
        import torchvision
    except RuntimeError as error:
        print(error)
    else:
        print("imported")
"""

# In place of a library that fits: it brings the schemas, with argument names of its own.
STUB_LIBRARY = """
    import torch

    def load_library(path):
        assert path.endswith("_C.so"), path
        if not hasattr(torch.ops.torchvision, "nms"):
            for name in ("nms", "qnms"):
                torch.library.define(f"torchvision::{name}", "(Tensor stub) -> Tensor")

    torch.ops.load_library = load_library
"""

REMEDY = """
    from convcost.architectures._torchvision import define_missing_operators
    print(define_missing_operators())
    print(define_missing_operators())
"""

SCHEMA = "print(torch.ops.torchvision.nms.default._schema)"


def run(*pieces, path=(), **environment):
    """Run pieces of a script in a fresh interpreter that takes warnings as errors; its lines."""
    script = "\n".join(dedent(piece) for piece in pieces)
    search = os.pathsep.join(map(str, [*path, SOURCE]))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, **environment, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def fake_torchvision(folder):
    """Write a torchvision whose library is no library, so that it does not load."""
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(FAKE_TORCHVISION)
    (package / "_C.so").write_bytes(b"built for another torch")
    return folder


# convcost may be installed here with its entry point: off, it cannot help before it is asked to.
ENTRY_POINT_OFF = {"TORCH_DEVICE_BACKEND_AUTOLOAD": "0"}


def test_defines_the_schemas_where_the_library_does_not_load(tmp_path):
    lines = run(
        PLAIN_IMPORT, REMEDY, PLAIN_IMPORT, path=[fake_torchvision(tmp_path)], **ENTRY_POINT_OFF
    )
    assert lines == [
        "operator torchvision::nms does not exist",
        "('torchvision::nms', 'torchvision::qnms')",
        "()",
        "imported",
    ]


def test_defines_nothing_where_the_library_brings_the_schemas(tmp_path):
    lines = run(
        STUB_LIBRARY,
        REMEDY,
        PLAIN_IMPORT,
        SCHEMA,
        path=[fake_torchvision(tmp_path)],
        **ENTRY_POINT_OFF,
    )
    assert lines == ["()", "()", "imported", "torchvision::nms(Tensor stub) -> Tensor"]


def test_defines_nothing_after_torchvision_is_imported(tmp_path):
    lines = run(
        STUB_LIBRARY,
        PLAIN_IMPORT,
        REMEDY,
        SCHEMA,
        path=[fake_torchvision(tmp_path)],
        **ENTRY_POINT_OFF,
    )
    assert lines == ["imported", "()", "()", "torchvision::nms(Tensor stub) -> Tensor"]


def test_defines_nothing_without_torchvision():
    lines = run("import sys; sys.modules['torchvision'] = None", REMEDY, **ENTRY_POINT_OFF)
    assert lines == ["()", "()"]


def test_helps_the_installed_torchvision_if_and_only_if_it_needs_help():
    plain = run(PLAIN_IMPORT, **ENTRY_POINT_OFF)
    first, second, imported = run(REMEDY, PLAIN_IMPORT, **ENTRY_POINT_OFF)
    assert (first == "()") == (plain == ["imported"])
    assert (second, imported) == ("()", "imported")


def test_installed_with_its_entry_point_a_plain_import_works_in_any_order(tmp_path):
    declared = tomllib.loads(PYPROJECT.read_text())["project"]["entry-points"]["torch.backends"]
    installed = tmp_path / "convcost-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: convcost\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(
        "[torch.backends]\n" + "".join(f"{name} = {home}\n" for name, home in declared.items())
    )
    on = {"TORCH_DEVICE_BACKEND_AUTOLOAD": "1"}
    assert run(PLAIN_IMPORT, path=[tmp_path], **on) == ["imported"]
    # The remedy imports torch, and torch the remedy: that must not run in a circle.
    assert run(REMEDY, PLAIN_IMPORT, path=[tmp_path], **on) == ["()", "()", "imported"]
