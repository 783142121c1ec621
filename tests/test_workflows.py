"""What runs elsewhere is valid, pinned, may do little, and publishes only what was tested."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from book._ext.deeper.addresses import PUBLISHED

ROOT = Path(__file__).parents[1]


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())


def runs(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_what_is_published_was_built_and_tested_and_holds_the_printed_book():
    jobs = workflow("ci")["jobs"]
    system, *made = runs(jobs["test"])
    assert "bubblewrap" in system
    assert made[:2] == ["make book", "make test"]
    # With `needs`, a job waits for all others, and does not start where one failed.
    assert jobs["publish"]["needs"] == jobs["branch"]["needs"] == "test"
    uploaded = next(s for s in jobs["test"]["steps"] if "upload-pages" in s.get("uses", ""))
    assert uploaded["with"]["path"] == "_build/html"
    assert "make pdf && cp _build/pdf/*.pdf _build/html/" in runs(jobs["test"])
    # Colab's links name the branch that is pushed.
    assert "git push -q --force" in runs(jobs["branch"])[0]
    assert runs(jobs["branch"])[0].rstrip().endswith(PUBLISHED)


def test_every_week_outside_links_and_the_newest_dependencies_are_tried():
    weekly = workflow("weekly")
    (when,) = weekly[True]["schedule"]  # YAML 1.1 reads `on` as true
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
    assert runs(weekly["jobs"]["links"]) == ["make links"]
    assert runs(weekly["jobs"]["newest"])[-2:] == ["make lock LOCK=--upgrade", "make test"]


def test_a_release_is_the_tested_version_with_the_book_to_take_home():
    job = workflow("release")["jobs"]["release"]
    check, *rest = runs(job)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for tag, code in ((f"v{version}", 0), ("v0.0.0", 1)):
        variables = os.environ | {"GITHUB_REF_NAME": tag}
        assert (
            subprocess.run(["bash", "-c", check], cwd=ROOT, env=variables, check=False).returncode
            == code
        )
    assert rest[:2] == ["make test", "make pdf"]


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda p: p.name)
def test_workflows_are_valid_pinned_and_may_do_little(path):
    kind = "github-workflows" if path.parent.name == "workflows" else "dependabot"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    if kind == "dependabot":
        return
    text = path.read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    granted = {name for name, job in jobs.items() if "permissions" in job}
    assert granted <= {"publish", "branch", "release"}
    for action in re.findall(r"uses: *(.+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
