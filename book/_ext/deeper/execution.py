"""Chapters are executed side by side, and again when the code behind them has changed.

MyST-NB 1.4 executes chapters one after another, while it reads them, and jupyter-cache 1.0 looks
for an executed chapter by the text of its cells alone. So what is not yet in the cache is executed
here, before anything is read, and the cache lives in a folder named after the contents of all that
cells can load (`deeper_execution_inputs`).
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import perf_counter

import psutil
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.execute import create_client
from myst_nb.core.execute.cache import NotebookClientCache
from myst_nb.core.read import NbReader, create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def digest(paths: list[Path]) -> str:
    """Return a short hash of the files in `paths`, folders with all that is in them."""
    sha = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for root in paths:
        if not root.exists():
            raise ExtensionError(f"deeper_execution_inputs names {root}, which does not exist.")
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            generated = "__pycache__" in path.parts or path.parent.suffix == ".egg-info"
            if path.is_file() and not generated:
                sha.update(f"{root.name}/{path.relative_to(root)}\0".encode())
                sha.update(path.read_bytes())
    return sha.hexdigest()[:16]


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Name the cache's folder after the inputs, so that a change of theirs finds it empty.

    The path is part of the environment's configuration: with it, Sphinx reads every page anew.
    """
    inputs = [Path(app.srcdir, path).resolve() for path in config.deeper_execution_inputs]
    caches = Path(app.outdir).parent.resolve() / ".jupyter_cache"
    config.nb_execution_cache_path = str(caches / digest(inputs))


def execute_chapters(_app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute the chapters among `docnames` that are not in the cache, and put them there.

    Raises
    ------
    ExtensionError
        If a cell fails: with the cells and tracebacks of all chapters that failed. Those that
        did not are in the cache.
    """
    cache_path = Path(env.mystnb_config.execution_cache_path)
    for outdated in cache_path.parent.glob("*"):
        if outdated != cache_path:
            shutil.rmtree(outdated)
    cache = get_cache(cache_path)
    chapters = dict(find_chapters(env, cache, docnames))
    if not chapters:
        return
    LOGGER.info("executing %d chapters ...", len(chapters))
    failures = []
    timeout = env.mystnb_config.execution_timeout
    clients: list[NotebookClient] = []
    with ThreadPoolExecutor(workers()) as pool:
        futures = {
            pool.submit(execute, notebook, path, timeout, clients): (path, notebook)
            for path, notebook in chapters.items()
        }
        try:
            # jupyter-cache writes in several steps, so from this thread only.
            for count, future in enumerate(as_completed(futures), start=1):
                path, notebook = futures[future]
                progress = f"[{count}/{len(chapters)}] {env.path2doc(str(path))}"
                try:
                    seconds, peak = future.result()
                except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                    LOGGER.info("%s failed", progress, color="red")
                    failures.append(f"{path}\n{error}")
                    continue
                bundle = CacheBundleIn(
                    notebook, str(path), data={"execution_seconds": seconds, "peak_bytes": peak}
                )
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                LOGGER.info("%s, %.1f s, %.2f GB", progress, seconds, peak / 1e9)
        except BaseException:
            # The pool waits for its threads, and kernels do not hear Ctrl-C.
            pool.shutdown(wait=False, cancel_futures=True)
            for client in clients:
                end_kernel(client)
            raise
    if failures:
        raise ExtensionError("A cell failed in\n" + "\n".join(failures))


def find_chapters(
    env: BuildEnvironment, cache: JupyterCacheAbstract, docnames: list[str]
) -> Iterator[tuple[Path, NotebookNode]]:
    """Yield path and notebook of those documents that have cells to be executed."""
    for docname in docnames:
        path = Path(env.doc2path(docname))
        opened = open_notebook(env, path)
        if opened is None:
            continue
        reader, notebook = opened
        overrides = notebook.metadata.get(env.mystnb_config.metadata_key, {})
        config = env.mystnb_config.copy(
            **{key: value for key, value in overrides.items() if key != "output_folder"}
        )
        # The client is asked for its kind only: it knows which chapters are not to be executed.
        client = create_client(notebook, str(path), config, LOGGER, reader.read_fmt)
        if isinstance(client, NotebookClientCache) and not is_cached(cache, notebook):
            yield path, notebook


def open_notebook(env: BuildEnvironment, path: Path) -> tuple[NbReader, NotebookNode] | None:
    """Return a source as a notebook with its reader, or None if it is no notebook."""
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    return None if reader is None else (reader, reader.read(text))


def is_cached(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Say whether `notebook` can be had from the cache: a record alone, or half a file, is none."""
    try:
        cache.merge_match_into_notebook(notebook)
    except (KeyError, NotJSONError):
        return False
    return True


def execute(
    notebook: NotebookNode, path: Path, timeout: int, clients: list[NotebookClient]
) -> tuple[float, int]:
    """Execute `notebook` in place, in its folder; return seconds and its kernel's peak in bytes."""
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        return 0.0, 0
    peak = 0

    def note_peak(**_: object) -> None:
        nonlocal peak
        peak = max(peak, peak_bytes(client.km.provisioner.pid))

    client = NotebookClient(
        notebook,
        timeout=timeout,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,  # times would be part of what the cache compares
        extra_arguments=["--log-level=ERROR"],  # else ipykernel 7 warns that it uses TCP
        on_cell_executed=note_peak,
    )
    clients.append(client)
    start = perf_counter()
    client.execute()
    return perf_counter() - start, peak


def peak_bytes(pid: int) -> int:
    """Return a process's peak of memory, or what it holds now where no peak is kept (macOS)."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024
    return psutil.Process(pid).memory_info().rss


def workers() -> int:
    """How many chapters are executed at once: torch takes a few hundred MB in each."""
    return min(os.cpu_count() or 1, 4)


def end_kernel(client: NotebookClient) -> None:
    """Kill the kernel at once; the thread that waits for it then ends, too."""
    provisioner = client.km.provisioner if client.km else None
    if provisioner is not None and provisioner.process is not None:
        provisioner.process.kill()


def setup(app: Sphinx) -> None:
    """Execute chapters before they are read."""
    app.add_config_value("deeper_execution_inputs", [], "")
    app.connect("config-inited", set_cache_path)
    app.connect("env-before-read-docs", execute_chapters)
