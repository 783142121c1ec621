"""What runs elsewhere is valid, pinned, may do little, and publishes only what was tested."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from book._ext.deeper.addresses import FOR_HUBS, NOTEBOOKS, PUBLISHED

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
    # Colab's links name the branch that is pushed, a hub's the one that grows.
    site, notebooks = runs(jobs["branch"])
    assert "git push -q --force" in site
    assert site.rstrip().endswith(PUBLISHED)
    assert "--force" not in notebooks
    assert notebooks.rstrip().endswith(FOR_HUBS)


def test_the_branch_for_hubs_grows_by_what_has_changed(tmp_path):
    """The job's own script, run beside a small site, against a repository on this disk."""
    *_, script = runs(workflow("ci")["jobs"]["branch"])
    remote = tmp_path / "owner" / "book"
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    ours = {
        f"url.{tmp_path}/.insteadOf": "https://github.com/",
        f"url.{tmp_path}//.insteadOf": "https://x-access-token:secret@github.com/",
    }
    variables = os.environ | {
        "GH_REPO": "owner/book", "GH_TOKEN": "secret", "GITHUB_SHA": "1" * 40,
        "GIT_CONFIG_COUNT": str(len(ours)),
        **{f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(ours)},
        **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(ours.values())},
    }  # fmt: skip

    def publish(run, chapters):
        site = tmp_path / run / "site"
        for name, text in chapters.items():
            (site / NOTEBOOKS / name).parent.mkdir(parents=True, exist_ok=True)
            (site / NOTEBOOKS / name).write_text(text)
        (site / "packages").mkdir()
        with zipfile.ZipFile(site / "packages" / "book-data.zip", "w") as data:
            data.writestr("data/atlas.csv", "name\n")
        subprocess.run(["bash", "-ec", script], cwd=site.parent, env=variables, check=True)
        return subprocess.run(
            ["git", "rev-list", "--reverse", FOR_HUBS],
            cwd=remote, check=True, capture_output=True, text=True,
        ).stdout.split()  # fmt: skip

    (first,) = publish("one", {"index.ipynb": "1", "networks/vgg.ipynb": "1"})
    assert publish("two", {"index.ipynb": "1", "networks/vgg.ipynb": "1"}) == [first]
    assert publish("three", {"index.ipynb": "2"})[0] == first
    listed = ["git", "ls-tree", "-r", "--name-only", FOR_HUBS]
    held = subprocess.run(listed, cwd=remote, check=True, capture_output=True, text=True).stdout
    assert held.split() == ["data/atlas.csv", "index.ipynb"]


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
