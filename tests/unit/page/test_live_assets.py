"""The files of a page with live figures, and what of a figure's state is kept in it."""

import hashlib
import json
import re
import subprocess
import sys

import vl_convert
from py_mini_racer import MiniRacer

from convcost.page.live import assets
from tests.unit.page.small_figures import tabulated


def test_a_missing_package_is_said():
    script = (
        "import sys; sys.modules['anywidget'] = None\n"
        "try:\n    import convcost.page.live.figure\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "%pip install anywidget" in run.stdout
    assert "restart the kernel" in run.stdout


def test_the_sites_build_loads_no_chart_library():
    script = "import sys, convcost.page.live.assets as a; a.static_files(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"altair", "ipywidgets", "anywidget", "vl_convert", "pandas", "torch"} & set(
        run.stdout.split()
    )


def test_the_pages_script_is_one_classic_script():
    script = assets.page_script()
    with MiniRacer() as engine:
        engine.eval(f"new Function({json.dumps(script)})")  # parses
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)


def test_the_pages_state_keeps_what_the_page_reads():
    """Read off the scripts themselves: every trait that they get, and no program."""
    shown = tabulated()
    saved = {
        "version_major": 2,
        "state": {
            model.model_id: {
                "model_name": model._model_name,
                "state": json.loads(json.dumps(model.get_state(), default=str)),
            }
            for model in (shown, shown.chart_widget, *shown.links, *shown.controls.values())
        },
    }
    script = assets.state_script(saved)
    kept = json.loads(script.removeprefix("globalThis.convcostState=").removesuffix(";\n"))["state"]
    assert shown.model_id not in kept
    scripts = assets.read("page.js") + assets.widget_script()
    read = set(re.findall(r'get\("(\w+)"\)', scripts)) - {"caption", "columns"}
    assert len(read) > 6
    for model_id, model in kept.items():
        full = saved["state"][model_id]["state"]
        assert read & set(full) <= set(model["state"])
        assert "_esm" not in model["state"]
    assert set(kept[shown.chart_widget.model_id]["state"]) == {
        "spec",
        "signals",
        "prepared",
        "columns",
        "labels",
        "plays",
        "bench",
    } | {f"at_{name}" for name in shown.controls}


def test_vega_is_the_version_that_python_compiles_for():
    record = assets.read("VENDOR.md")
    source = assets.path("vega.min.js").read_bytes()
    assert hashlib.sha256(source).hexdigest() in record
    assert f"| {vl_convert.get_vega_version()} |" in record
    assert "University of Washington" in assets.static_files()["vega.LICENSE.txt"]
    with MiniRacer() as engine:
        engine.eval(source.decode())
        assert engine.eval("vega.version") == vl_convert.get_vega_version()
