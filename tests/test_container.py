"""The container: built where a builder is at hand; else what its file does is done here, step by step."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

import pytest
from test_serve import answers, free_port

ROOT = Path(__file__).parents[1]
FILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
STEPS = [line.split(" ", 1) for line in FILE.splitlines() if line and not line.startswith("#")]
BUILDER = next((each for each in ("podman", "docker") if shutil.which(each)), None)
BUILDS = BUILDER is not None and subprocess.run([BUILDER, "info"], capture_output=True, check=False).returncode == 0


def of(instruction: str) -> list[str]:
    return [words for name, words in STEPS if name == instruction]


def test_it_takes_every_file_that_the_package_is_made_of() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {word for words in of("COPY") for word in words.split()[:-1]}
    content = project["tool"]["setuptools"]["package-data"]["goalmisgen._content"]
    assert {each.partition("/")[0] for each in content} | {"demos", "constraints.txt", "pyproject.toml"} <= copied
    assert project["project"]["readme"] in copied
    assert all(list(ROOT.glob(each)) for each in copied), "it copies what is not there"


def test_its_python_is_one_that_the_package_supports_and_its_app_is_no_root() -> None:
    (image,) = of("FROM")
    tried = (ROOT / "README.md").read_text(encoding="utf-8")
    lowest, highest = (int(each) for each in re.findall(r"Python 3\.(\d+) to 3\.(\d+)", tried)[0])
    assert lowest <= int(image.removeprefix("python:3.").removesuffix("-slim")) <= highest
    names = [name for name, _ in STEPS]
    assert names.index("USER") < names.index("CMD") and of("USER")[0] in of("RUN")[-1]


@pytest.mark.slow
@pytest.mark.skipif(not BUILDS, reason="no builder of containers is at hand")
def test_it_is_built_and_serves() -> None:
    assert BUILDER is not None
    subprocess.run([BUILDER, "build", "-t", "goalmisgen-test", "-f", "Containerfile", "."], cwd=ROOT, check=True)
    port = free_port()
    command = [BUILDER, "run", "--rm", "-p", f"{port}:{of('EXPOSE')[0]}", "goalmisgen-test"]
    serves(command, port, dict(os.environ), ROOT)


@pytest.mark.slow
@pytest.mark.skipif(BUILDS, reason="the container itself is built")
@pytest.mark.skipif(sys.platform == "win32", reason="the container's commands are a shell's")
def test_its_commands_make_an_app_that_serves(tmp_path: Path) -> None:
    """In an environment made from nothing, as the container is; the account it makes is left out."""
    source, home = tmp_path / "src", tmp_path / "home"
    source.mkdir()
    home.mkdir()
    for words in of("COPY"):
        *what, where = words.split()
        for path in (each for pattern in what for each in ROOT.glob(pattern)):
            if path.is_dir():
                shutil.copytree(path, source / where, ignore=shutil.ignore_patterns("__pycache__", "*.part"))
            else:
                shutil.copy(path, source)
    venv.create(tmp_path / "venv", with_pip=True)
    path = os.pathsep.join([str(tmp_path / "venv" / "bin"), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    for words in of("RUN"):
        if not words.startswith("useradd"):
            subprocess.run(["bash", "-c", words], cwd=source, env=kept | {"PATH": path}, check=True)
    port = free_port()
    (told,) = of("CMD")
    command = [*json.loads(told), "--port", str(port)]
    serves([str(tmp_path / "venv" / "bin" / command[0]), *command[1:]], port, kept | {"PATH": path}, home)


def serves(command: list[str], port: int, environment: dict[str, str], folder: Path) -> None:
    """The app answers, and ends when it is told to."""
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while not answers(port) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.5)
        assert answers(port)
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=20) as page:
            assert b"<title>" in page.read()
    finally:
        process.terminate()
        assert process.wait(60) == 0
