"""All links to the repository and the site come from one place, and lead where they say."""

import re
import subprocess
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from sphinx.errors import ExtensionError

from book._ext.deeper import launch
from book._ext.deeper.addresses import addresses, notebook, wheel
from book._ext.deeper.edition import Edition, edition

ROOT = Path(__file__).parents[3]


def config(**changed):
    options = {
        "repository_url": "https://github.com/someone/their-book",
        "repository_branch": "revised/2027",
        "path_to_docs": "book",
    }
    return SimpleNamespace(
        html_theme_options=options | changed,
        html_baseurl=changed.get("site", "https://someone.github.io/their-book/"),
    )


def test_another_repository_gives_other_links_everywhere():
    where = addresses(config())

    # mybinder.org: /v2/gh/OWNER/NAME/REF, and where JupyterLab opens.
    binder = urlsplit(where.binder("networks/resnet"))
    assert (binder.netloc, binder.path) == ("mybinder.org", "/v2/gh/someone/their-book/gh-pages")
    assert parse_qs(binder.query) == {"labpath": ["notebooks/networks/resnet.ipynb"]}
    assert parse_qs(urlsplit(where.binder()).query) == {"labpath": ["notebooks"]}
    # Colab: /github/OWNER/NAME/blob/BRANCH/PATH, of a notebook.
    assert where.colab("networks/resnet") == (
        "https://colab.research.google.com/github/someone/their-book/blob/gh-pages/"
        "notebooks/networks/resnet.ipynb"
    )
    assert where.wheel("1.2.3") == (
        "https://someone.github.io/their-book/packages/convcost-1.2.3-py3-none-any.whl"
    )
    assert where.archive.startswith("https://someone.github.io/their-book/")
    assert where.pdf.startswith("https://someone.github.io/their-book/")
    hub = urlsplit(launch.hub_link("https://hub.example.edu", where, "index.ipynb"))
    assert parse_qs(hub.query) == {
        "repo": ["https://github.com/someone/their-book"],
        "branch": ["notebooks"],
        "urlpath": ["lab/tree/their-book/index.ipynb"],
    }


@pytest.mark.parametrize("url", ["", "someone/their-book", "https://example.org/someone/book"])
def test_a_repository_that_binder_cannot_open_is_refused(url):
    with pytest.raises(ExtensionError, match="OWNER/NAME"):
        addresses(config(repository_url=url))


@pytest.mark.parametrize("site", ["", "https://someone.github.io/their-book", "their-book/"])
def test_an_address_that_is_not_a_folder_is_refused(site):
    with pytest.raises(ExtensionError, match="end with a slash"):
        addresses(config(site=site))


def test_the_addresses_stand_in_one_file():
    """Whoever forks the book changes _config.yml alone."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    owner = re.search(r"github\.com/([\w-]+)/", settings["repository"]["url"])[1]
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    named = []
    for path in tracked:
        if path.endswith((".png", ".woff2", ".jpg")) or not (ROOT / path).is_file():
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        if re.search(rf"github\.com/{owner}/|{re.escape(settings['html']['baseurl'])}", text):
            named.append(path)
    assert named == ["_config.yml"]


def test_each_page_links_where_the_settings_say(site, pages):
    where = addresses(real_config())
    for path in pages:
        text = (site / path).read_text(encoding="utf-8")
        docname = path.removesuffix(".html")
        if '<details class="site-menu">' in text:
            menu = text.partition('<details class="site-menu">')[2].partition("</details>")[0]
            hrefs = re.findall(r'href="([^"]+)"', menu)
            assert hrefs[:2] == [where.binder(docname), where.colab(docname)]
            (opened,) = parse_qs(urlsplit(hrefs[0]).query)["labpath"]
            assert site / opened == site / notebook(docname)
            assert (site / opened).is_file()
            assert (site / path).parent.joinpath(hrefs[2]).resolve() == site / notebook(docname)
            assert (ROOT / "book" / f"{docname}.md").exists()
        assert '<p class="edition">' in text


def real_config():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    repository = settings["repository"]
    return SimpleNamespace(
        html_theme_options={
            "repository_url": repository["url"],
            "repository_branch": repository["branch"],
            "path_to_docs": repository["path_to_book"],
        },
        html_baseurl=settings["html"]["baseurl"],
    )


def test_every_chapter_with_cells_has_the_menu(site, pages, chapters):
    with_menu = {
        ROOT / "book" / f"{path.removesuffix('.html')}.md"
        for path in pages
        if '<details class="site-menu">' in (site / path).read_text(encoding="utf-8")
    }
    assert with_menu == set(chapters)


def test_what_is_offered_for_download_is_there(site):
    where = addresses(real_config())
    assert (site / where.archive.removeprefix(where.site)).stat().st_size < 12e6
    assert (site / where.python.removeprefix(where.site)).exists()
    assert (site / wheel(edition(ROOT).version)).exists()


# ---- Which edition ------------------------------------------------------------------------------


def commit(root, *arguments):
    options = ["-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *options, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "2.5.0"\n')
    return tmp_path


def test_the_edition_is_the_commit_with_its_own_date(project):
    commit(project, "init")
    commit(project, "add", ".")
    commit(project, "commit", "-m", "first", "--date=2020-02-29T12:00:00")
    environment = edition(project)
    told = subprocess.run(
        ["git", "log", "-1", "--format=%H %cs"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert environment == Edition("2.5.0", told[0], date.fromisoformat(told[1]), changed=False)
    assert told[0][:7] in environment.sentence("https://there")
    assert "not committed" not in environment.sentence("https://there")

    (project / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "2.6.0"\n')
    assert "with changes not committed" in edition(project).sentence("https://there")


def test_without_git_the_edition_says_so(project):
    assert edition(project).sentence("unused") == (
        "Version 2.5.0, built outside a Git repository: no date, no commit."
    )
