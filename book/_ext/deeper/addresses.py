"""Where the book lives: all links to its repository and its site come from _config.yml, by here.

`repository` (url, branch, path_to_book) and `html.baseurl` stand there; whoever forks the book
changes these and nothing else. No link is followed before the reader asks.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml
from sphinx.config import Config
from sphinx.errors import ExtensionError

BINDER = "https://mybinder.org/v2/gh"
COLAB = "https://colab.research.google.com/github"
# The branch that holds the built site (see .github/workflows/ci.yml): Binder and Colab open its
# notebooks.
PUBLISHED = "gh-pages"
# The branch that holds the notebooks alone, for JupyterHubs: it grows, and is never replaced.
FOR_HUBS = "notebooks"
# The folder of notebooks in the site.
NOTEBOOKS = "notebooks"
# Where the tables that chapters read stand in the site.
DATA = "packages/book-data.zip"


@dataclass(frozen=True)
class Addresses:
    """The repository on GitHub, and the published site."""

    owner: str
    name: str
    branch: str
    folder: str
    site: str

    @property
    def repository(self) -> str:
        """Where the repository is read and cloned."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def archive(self) -> str:
        """The built site as one file."""
        return f"{self.site}{self.stem}.zip"

    @property
    def python(self) -> str:
        """What its pages run Python with, as another file: twice the size for those who want it."""
        return f"{self.site}{self.stem}-python.zip"

    @property
    def pdf(self) -> str:
        """The printed book."""
        return f"{self.site}{self.stem}.pdf"

    @property
    def stem(self) -> str:
        """What downloads are called."""
        return "deeper-yet-cheaper"

    def binder(self, docname: str | None = None) -> str:
        """Return the link that opens the notebook of a chapter, or all of them, in Binder."""
        path = notebook(docname) if docname else NOTEBOOKS
        return f"{BINDER}/{self.owner}/{self.name}/{PUBLISHED}?labpath={quote(path, safe='')}"

    def colab(self, docname: str) -> str:
        """Return the link that opens the published notebook of a chapter in Colab."""
        return f"{COLAB}/{self.owner}/{self.name}/blob/{PUBLISHED}/{notebook(docname)}"

    def wheel(self, version: str) -> str:
        """Return the address of the helper package that belongs to the site."""
        return f"{self.site}{wheel(version)}"

    def commit(self, revision: str) -> str:
        """Return where a commit can be looked at."""
        return f"{self.repository}/commit/{revision}"


def notebook(docname: str) -> str:
    """Return where a chapter's notebook stands in the site."""
    return f"{NOTEBOOKS}/{docname}.ipynb"


def wheel(version: str) -> str:
    """Return where the helper package stands in the site."""
    return f"packages/convcost-{version}-py3-none-any.whl"


def addresses(config: Config) -> Addresses:
    """Return the addresses that _config.yml names.

    Raises
    ------
    ExtensionError
        If the repository is not on GitHub, or the site's address does not end with a slash.
    """
    options = config.html_theme_options
    return _checked(
        options.get("repository_url", ""),
        options.get("repository_branch"),
        options.get("path_to_docs", ""),
        config.html_baseurl,
    )


def read(path: Path) -> Addresses:
    """Return the same of the file itself, for who does not build the book.

    Raises
    ------
    ExtensionError
        If they are not as they should be.
    """
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    home = settings["repository"]
    return _checked(
        home["url"], home.get("branch"), home.get("path_to_book", ""), settings["html"]["baseurl"]
    )


def _checked(url: str, branch: str | None, folder: str, site: str) -> Addresses:
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", url)
    if match is None:
        raise ExtensionError(
            f"repository.url in _config.yml is {url!r}; the links to Binder and Colab need an "
            "address such as https://github.com/OWNER/NAME."
        )
    if not re.fullmatch(r"https?://\S+/", site):
        raise ExtensionError(
            f"html.baseurl in _config.yml is {site!r}; it must be the whole address of the "
            "published site and end with a slash, such as https://OWNER.github.io/NAME/."
        )
    return Addresses(match[1], match[2], branch or "main", folder, site)
