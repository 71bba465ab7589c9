"""Several processes of the app behind nginx: each visitor stays at one, and one that ends is started again."""

import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.cli import serve
from goalmisgen.engine.web import crowd, servers, shared

ROOT = Path(__file__).parents[1]
needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin"), reason="nginx is not installed"
)


@contextmanager
def named(name: str) -> Iterator[int]:
    """A server that answers with its name: its port."""

    class Says(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def asked(port: int, cookie: str = "") -> tuple[str, str]:
    """Who answers, and the cookie that comes with it."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Cookie": cookie} if cookie else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode(), answer.headers["Set-Cookie"].partition(";")[0]


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[int]:
    """nginx before three servers that say their names, 1 to 3: its port."""
    with ExitStack() as held:
        behind = [held.enter_context(named(str(i))) for i in (1, 2, 3)]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        *_, command = servers.several(tmp_path / "app.py", 3, port, "127.0.0.1", "127.0.0.1", tmp_path)
        ours = servers.NGINX.format(folder=tmp_path, rules=servers.balancing(port, behind, "127.0.0.1"))
        (tmp_path / "nginx.conf").write_text(ours)
        nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                asked(port)
                break
            except OSError:
                time.sleep(0.1)
        yield port
        nginx.terminate()
        nginx.wait(20)


@needs_nginx
def test_a_visitor_stays_at_the_process_that_the_cookie_names(balanced: int) -> None:
    fresh = Counter(asked(balanced)[0] for _ in range(90))
    assert set(fresh) == {"1", "2", "3"} and min(fresh.values()) >= 9  # by chance; 1 in 10^6 falls short
    for _ in range(3):
        name, cookie = asked(balanced)
        assert cookie == f"{servers.COOKIE}={name}"
        assert {asked(balanced, cookie) for _ in range(20)} == {(name, cookie)}
    for broken in ("4", "0", "1;2", "../../x", "1\x7f"):
        assert asked(balanced, f"{servers.COOKIE}={broken}")[0] in {"1", "2", "3"}


def test_contributing_holds_the_settings_of_the_balancer() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (held,) = re.findall(r"```nginx\n(.*?)```", text, re.S)
    assert held.strip() == servers.balancing(8501, [8502, 8503])


def test_shares_of_any_number_of_processes_are_whole() -> None:
    for number in range(1, 65):
        told = servers.balancing(8501, range(8502, 8502 + number))
        shares = [float(share) for share in re.findall(r"([\d.]+)% \d+;", told)]
        assert len(shares) == number - 1 and 0 < 100 - sum(shares) < 101 and f"* {number};" in told
        assert all(f" {i} 127.0.0.1:{8501 + i};" in told for i in range(1, number + 1))


def test_the_command_starts_the_processes_and_the_balancer(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(serve, "serve", lambda commands: begun.extend(commands) or 0)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/usr/sbin/nginx")
    with pytest.raises(SystemExit) as ended:
        cli.main(["app", "--address", "0.0.0.0", "--port", "8600", "--processes", "3"])
    assert ended.value.code == 0
    assert [each[each.index("--server.port") + 1] for each in begun[:-1]] == ["8601", "8602", "8603"]
    assert {each[each.index("--server.address") + 1] for each in begun[:-1]} == {"127.0.0.1"}
    assert begun[-1][0] == "/usr/sbin/nginx" and "3 processes behind nginx" in capsys.readouterr().out


def test_without_nginx_or_ports_it_says_what_is_missing(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    code, _, said = command("app", "--processes", "2")
    assert code == 2 and "need nginx before them; install it" in said
    code, _, said = command("app", "--processes", "60", "--port", "65500")
    assert code == 2 and "choose a lower --port" in said


@pytest.mark.parametrize(
    ("address", "told", "others"),
    [("127.0.0.1", "192.168.1.20", True), ("127.0.0.1", "127.0.0.1", False), ("localhost", "localhost", False)],
)
def test_behind_a_balancer_a_server_is_shared_where_others_reach_that(
    monkeypatch: pytest.MonkeyPatch, address: str, told: str, others: bool
) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.address": address, "browser.serverAddress": told}.get)
    assert shared.shared() is others


def test_of_several_processes_one_that_ends_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "SOON", 0.0)
    begun = tmp_path / "begun"
    once = f"import pathlib, time; p = pathlib.Path({str(begun)!r}); n = len(p.read_text()) if p.exists() else 0; "
    once += "p.write_text('x' * (n + 1)); time.sleep(0 if n < 2 else 600)"
    stays = [sys.executable, "-c", "import time; time.sleep(600)"]

    def enough() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (begun.exists() and len(begun.read_text()) == 3):
            time.sleep(0.05)
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGTERM)  # which the server takes for the end

    over = threading.Event()
    threading.Thread(target=enough, daemon=True).start()
    assert serve.serve([[sys.executable, "-c", once], stays]) == 0
    over.set()
    assert len(begun.read_text()) == 3  # twice it ended, and the third stayed until all were told to end


def test_a_process_that_ends_at_once_ends_all() -> None:
    fails, stays = [sys.executable, "-c", "raise SystemExit(3)"], [sys.executable, "-c", "import time; time.sleep(600)"]
    began = time.monotonic()
    assert serve.serve([stays, fails]) == 1
    assert time.monotonic() - began < 300  # the other was told to end, and not waited for


@needs_nginx
@pytest.mark.slow
def test_visitors_edit_through_the_balancer() -> None:
    found = crowd.together(ROOT / "app.py", 4, 4, processes=2)
    assert (found["processes"], found["failed"]) == (2, 0) and found["edits"] >= 4
