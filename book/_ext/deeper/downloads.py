"""What a site offers beside its pages: the helper package, the data, the whole as one file.

Python for the pages is a file of its own, for it would double the other.

All of it is written after the pages, and is the same for the same commit: dates within are the
commit's. The site is also what Binder makes its machines from, so its recipe lies in it.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from . import addresses as places
from .edition import edition
from .python import files as python

LOGGER = logging.getLogger(__name__)
# A build outside a Git repository has no date; a zip file's calendar begins with this one.
DATELESS = date(1980, 1, 1)


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write all downloads into the site."""
    if exception or app.builder.format != "html":
        return
    site, source = Path(app.outdir), Path(app.srcdir)
    now = edition(source.parent)
    day = now.day or DATELESS
    wheel = site / places.wheel(now.version)
    wheel.parent.mkdir(exist_ok=True)
    build_wheel(source.parent, wheel, day)
    for name in ("environment.yml", "postBuild"):
        (site / "binder").mkdir(exist_ok=True)
        shutil.copy(source.parent / name, site / "binder" / name)
    data = [path for path in (source / "data").iterdir() if path.suffix == ".csv"]
    docket = [path for path in (source / "claims").iterdir() if path.suffix in {".py", ".csv"}]
    pack(site / places.DATA, source, [*data, *docket, *source.glob("*.bib")], day)
    whole = site / Path(places.addresses(app.config).archive).name
    apart = site / Path(places.addresses(app.config).python).name
    left_out = {site / "reports", site / python.FOLDER}
    taken = (path for path in site.rglob("*") if path.is_file() and path.parent not in left_out)
    taken = [path for path in taken if path.suffix != ".pdf" and path not in {whole, apart}]
    pack(whole, site, taken, day)
    LOGGER.info("downloads: %.1f MB in one file", whole.stat().st_size / 1e6)
    apart.unlink(missing_ok=True)
    if (site / python.FOLDER).exists():
        pack(apart, site, (site / python.FOLDER).iterdir(), day)
        LOGGER.info("downloads: %.1f MB of Python for it", apart.stat().st_size / 1e6)


def build_wheel(root: Path, wheel: Path, day: date) -> None:
    """Build the helper package of the folder `root`.

    Raises
    ------
    ExtensionError
        If another file than `wheel` is built: then the links to it are wrong.
    """
    code = "import sys; from flit_core import buildapi; print(buildapi.build_wheel(sys.argv[1]))"
    epoch = f"{(day - date(1970, 1, 1)).days * 86400}"
    built = subprocess.run(
        [sys.executable, "-c", code, str(wheel.parent)],
        cwd=root,
        env=os.environ | {"SOURCE_DATE_EPOCH": epoch},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode or built.stdout.strip() != wheel.name:
        raise ExtensionError(
            f"The helper package was built as {built.stdout.strip() or 'nothing'}, "
            f"expected {wheel.name}.\n{built.stderr}"
        )


def pack(archive: Path, root: Path, paths: Iterable[Path], day: date) -> None:
    """Write files into a zip file, named relative to `root`, all with one date."""
    unfinished = archive.with_name(f"{archive.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes())
    unfinished.replace(archive)


def setup(app: Sphinx) -> None:
    """Write the downloads after everything else."""
    app.connect("build-finished", write_files, priority=900)
