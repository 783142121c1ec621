"""The installer trusts an environment only with a stamp for the present locks."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server
from threading import Thread

import pytest

from tools import install


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Locks in a folder of their own, and a list of the steps taken instead of real ones."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements").mkdir()
    for group in install.GROUPS:
        (tmp_path / "requirements" / f"{group}.txt").write_text(f"# why\n-r other\n{group}==1\n")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv" / "installed.json")
    steps = []

    def make_venv():
        steps.append("venv")
        install.VENV.mkdir(exist_ok=True)
        install.STAMP.unlink(missing_ok=True)

    def pip(*arguments, pins=None):
        steps.append(pins[0] if pins else arguments[-1])
        return True

    monkeypatch.setattr(install, "make_venv", make_venv)
    monkeypatch.setattr(install, "install_torch", lambda: not steps.append("torch"))
    monkeypatch.setattr(install, "pip", pip)
    monkeypatch.setattr(install, "remedy_torchvision", lambda: steps.append("remedy"))
    return steps


def taken(steps):
    """Return the steps taken since the last look."""
    found = steps.copy()
    steps.clear()
    return found


def test_a_fresh_environment_gets_all_locks_up_to_the_group(steps):
    install.install("book")

    assert taken(steps) == ["venv", "torch", "run==1", "book==1", ".", "remedy"]


def test_a_complete_environment_is_reused(steps):
    install.install("test")
    taken(steps)

    install.install("test")
    install.install("book")

    assert taken(steps) == []


def test_a_wider_group_adds_to_the_environment(steps):
    install.install("book")
    taken(steps)

    install.install("test")

    assert taken(steps) == ["grade==1", "test==1", ".", "remedy"]


def test_a_changed_lock_makes_a_new_environment(steps):
    install.install("test")
    taken(steps)
    lock = install.ROOT / "requirements" / "book.txt"

    lock.write_text("book==2\n")
    install.install("book")

    assert taken(steps) == ["venv", "torch", "run==1", "book==2", ".", "remedy"]


def test_changed_settings_of_the_package_install_it_again(steps):
    install.install("book")
    taken(steps)

    (install.ROOT / "pyproject.toml").write_text("changed")
    install.install("book")

    assert taken(steps) == [".", "remedy"]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt], ids=["failed", "interrupted"])
@pytest.mark.parametrize("stop_at", ["book==1", "test==1", "."])
def test_an_install_that_stops_is_not_trusted(steps, monkeypatch, stop_at, error):
    install.install("run")
    taken(steps)
    pip = install.pip

    def stop(*arguments, pins=None):
        pip(*arguments, pins=pins)
        if steps[-1] != stop_at:
            return True
        if error:
            raise error
        return False

    with monkeypatch.context() as patch:
        patch.setattr(install, "pip", stop)
        with pytest.raises(error or SystemExit):
            install.install("test")
    taken(steps)
    install.install("test")

    assert taken(steps)[0] == "venv"


def test_another_python_or_folder_makes_a_new_environment(steps):
    install.install("run")
    for key in ("python", "folder"):
        stamp = json.loads(install.STAMP.read_text())
        install.STAMP.write_text(json.dumps(stamp | {key: "another"}))
        taken(steps)

        install.install("run")

        assert taken(steps)[0] == "venv"


def test_an_address_that_answers_is_told_from_a_silent_one(monkeypatch):
    monkeypatch.setattr(install, "SECONDS_TO_ANSWER", 0.5)

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server, create_server(("127.0.0.1", 0)) as silent:
        Thread(target=server.handle_request, daemon=True).start()
        assert install.answers(f"http://127.0.0.1:{server.server_port}/")

        # It takes the call and never says a word: the probe does not wait for ever.
        assert not install.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/")

    assert not install.answers("http://127.0.0.1:1/")


@pytest.mark.parametrize("reachable", [True, False])
@pytest.mark.parametrize("index_has_it", [True, False])
def test_torch_comes_from_its_own_index_only_where_that_serves_it(
    monkeypatch, reachable, index_has_it
):
    calls = []

    def pip(*arguments, pins=None):
        calls.append(arguments)
        return index_has_it or "--index-url" not in arguments

    monkeypatch.setattr(install, "answers", lambda url: reachable)
    monkeypatch.setattr(install, "pip", pip)

    assert install.install_torch()

    from_index = [call for call in calls if "--index-url" in call]
    assert bool(from_index) == reachable
    for call in from_index:
        assert {install.TORCH_INDEX, "--retries", "0", "--no-deps"} <= set(call)
    elsewhere = [call for call in calls if "--index-url" not in call]
    if reachable and index_has_it:
        assert elsewhere == []
    else:
        torch, torchvision = elsewhere
        assert torch[-1].startswith("torch==")
        assert torchvision[1:] == ("--no-deps", torchvision[-1])
        assert torchvision[-1].startswith("torchvision==")
