"""The weekly check finds the links that lead out of the site, and those that lead to nothing."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tools import links


@pytest.fixture
def server():
    """A site elsewhere: /200 answers, /404 is gone, /403 keeps machines out."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as elsewhere:
        Thread(target=elsewhere.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{elsewhere.server_port}"
        elsewhere.shutdown()


@pytest.mark.parametrize(
    ("path", "said"), [("/200", ""), ("/403", ""), ("/404", "404 Not Found"), ("/500", "500")]
)
def test_a_link_is_broken_where_the_page_is_gone(server, path, said):
    assert links.complaint(server + path).startswith(said)
    assert bool(links.complaint(server + path)) == bool(said)


def test_nobody_there_is_a_complaint():
    assert "refused" in links.complaint("http://127.0.0.1:9/")


def test_links_are_found_with_their_pages_and_without_the_books_own(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<a href="https://x.org/?a=1&amp;b=2#part">x</a> <a class="c" href="sub/b.html">b</a>'
        '<link href="https://never.org"> <a href="https://own.org/book/page.html">own</a>'
    )
    (tmp_path / "sub" / "b.html").write_text('<a href="https://x.org/?a=1&amp;b=2">x</a>')
    assert links.outside_links(tmp_path, "https://own.org/book/") == {
        "https://x.org/?a=1&b=2": ["a.html", "sub/b.html"]
    }


def test_broken_links_are_printed_with_their_pages(tmp_path, server, monkeypatch, capsys):
    (tmp_path / "a.html").write_text(f'<a href="{server}/200">x</a><a href="{server}/404">y</a>')
    monkeypatch.setattr(links, "SITE", tmp_path)
    assert links.main() == 1
    printed = capsys.readouterr().out
    assert f"{server}/404: 404 Not Found\n    on a.html" in printed
    assert printed.endswith("2 links lead out of the site, 1 of them to nothing.\n")
