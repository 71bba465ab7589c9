"""The app as a server: what it costs while nobody does anything, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from goalmisgen.engine.agents import own, run_files
from goalmisgen.engine.cli import serve
from goalmisgen.engine.lessons import worksheet
from goalmisgen.engine.web import SETTINGS, servers, shared
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def started() -> Iterator[tuple[subprocess.Popen, int]]:
    """`goalmisgen app` in a process of its own, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "goalmisgen", "app", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(240):
        if answers(port):
            break
        time.sleep(0.25)
    yield process, port
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM that a process could catch")
def test_the_command_ends_its_server_when_it_is_told_to_end(started: tuple[subprocess.Popen, int]) -> None:
    process, port = started
    assert answers(port)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    assert not answers(port)


def test_command_and_settings_file_say_the_same() -> None:
    """No watcher, which costs a core where the virtual environment lies in the checkout; and bounded uploads."""
    kept = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    written = {f"{part}.{name}": value for part, held in tomllib.loads(kept).items() for name, value in held.items()}
    assert written["server.fileWatcherType"] == "none"
    same = {name: str(written.get(name)).lower() for name in SETTINGS}
    assert same == {name: str(value) for name, value in SETTINGS.items()}


def test_as_much_is_taken_as_the_widget_says() -> None:
    """1 MB of each file, whatever holds it: a worksheet was refused from 200 kB on."""
    most = SETTINGS["server.maxUploadSize"] * 1_000_000
    assert worksheet.MOST_BYTES == run_files.MOST_BYTES == most <= own.MOST_BYTES
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "demos" / "engine" / "web").rglob("*.py"))
    assert source.count("file_uploader(") == source.count("max_upload_size=1") >= 3


@pytest.mark.parametrize(("option", "watcher"), [([], "none"), (["--reload"], "auto")])
def test_only_developers_have_their_files_watched(monkeypatch: pytest.MonkeyPatch, option, watcher: str) -> None:
    from goalmisgen.engine import cli

    told: list[list[str]] = []
    monkeypatch.setattr(serve, "serve", lambda commands: told.extend(commands) or 0)
    with pytest.raises(SystemExit) as ended:
        cli.main(["app", "--no-browser", *option])
    assert ended.value.code == 0
    (command,) = told
    assert command[command.index("--server.fileWatcherType") + 1] == watcher
    assert command[command.index("--server.maxUploadSize") + 1] == "1"


# --- a shared server


@pytest.mark.parametrize(
    ("address", "shown"),
    [("0.0.0.0", None), ("192.168.1.20", "http://192.168.1.20:8501"), ("fe80::7", "http://[fe80::7]:8501")],
)
def test_a_shared_server_says_so_with_its_address_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str, shown: str | None
) -> None:
    from goalmisgen.engine import cli

    monkeypatch.setattr(serve, "serve", lambda commands: 0)
    with pytest.raises(SystemExit):
        cli.main(["app", "--no-browser", "--address", address])
    told = capsys.readouterr().out
    assert (
        told.startswith("This is a shared server") and (shown or f"http://{servers.reached_at(address)}:8501") in told
    )
    assert "0.0.0.0" not in told and told.count("\u2588") > 100  # somebody can open it, or point a phone at it
    with pytest.raises(SystemExit):
        cli.main(["app", "--no-browser"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("address", "others"), [("localhost", False), ("127.0.0.1", False), ("0.0.0.0", True), (None, True)]
)
def test_a_server_is_shared_where_others_reach_it(
    monkeypatch: pytest.MonkeyPatch, address: str | None, others: bool
) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.address": address}.get)
    assert shared.shared() is others


def visitor() -> None:
    import streamlit as st
    from goalmisgen.engine.web import shared

    if st.button("Train") and shared.allowed() and (turn := shared.turn()):
        with turn:
            st.write("trained")
            if st.session_state.get("fails"):
                raise RuntimeError("the training failed")


def trained(at: AppTest) -> str:
    at.button[0].click().run()
    return " ".join(each.value for each in (*at.markdown, *at.warning))


def test_a_shared_server_has_one_training_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "shared", lambda: True)
    at = AppTest.from_function(visitor, default_timeout=60).run()
    with shared._training:  # another visitor's
        assert trained(at) == shared.BUSY
    assert trained(at) == "trained"
    at.session_state["fails"] = True
    trained(at)
    assert at.exception and not shared._training.locked()  # whatever happens, the next one has its turn


def test_a_visitor_of_a_shared_server_has_so_many_trainings_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "TRAININGS", 2)
    at = AppTest.from_function(visitor, default_timeout=60).run()
    assert [trained(at) for _ in range(3)] == ["trained"] * 3  # one's own machine counts nothing
    monkeypatch.setattr(shared, "shared", lambda: True)
    assert [trained(at) for _ in range(3)] == ["trained", "trained", shared.ENOUGH]
    again = AppTest.from_function(visitor, default_timeout=60).run()
    assert trained(again) == "trained"  # another session without a cookie is another visitor's
    monkeypatch.setattr(shared, "HOUR", 0.0)
    assert trained(at) == "trained"


def masked(token: bytes, mask: bytes) -> str:
    """A cookie of Streamlit's, as it makes one for every answer."""
    return f"2|{mask.hex()}|{bytes(byte ^ mask[i % 4] for i, byte in enumerate(token)).hex()}|1764450000"


def test_a_reload_gives_nobody_more_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "shared", lambda: True)
    monkeypatch.setattr(shared, "TRAININGS", 2)
    mine, other = os.urandom(16), os.urandom(16)

    def sits_at(token: bytes) -> AppTest:
        cookie = {shared.COOKIE: masked(token, os.urandom(4))}
        monkeypatch.setattr("streamlit.context", SimpleNamespace(cookies=cookie))
        return AppTest.from_function(visitor, default_timeout=60).run()

    assert [trained(sits_at(mine)) for _ in range(3)] == ["trained", "trained", shared.ENOUGH]
    assert trained(sits_at(other)) == "trained"
    for broken in ("", "2|", "2||ab|1", "2|zz|ab|1", "x"):
        monkeypatch.setattr("streamlit.context", SimpleNamespace(cookies={shared.COOKIE: broken}))
        assert trained(AppTest.from_function(visitor, default_timeout=60).run()) == "trained"
    monkeypatch.setattr(shared, "MOST_VISITORS", 2)
    assert trained(sits_at(os.urandom(16))) == "trained" and len(shared._begun) == 2
