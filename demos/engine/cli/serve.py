"""The command that opens the app."""

import io
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from ..web.servers import reached_at, url_of
from .options import Wrong
from .root import app

PORT = 8080  # of a talk's pages
MOST_PORT = 65_535
PATIENCE = 10.0  # s that servers are given to end by themselves
SOON = 10.0  # s: a server that ends within them would end again


@app.command("app")
def app_(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port of the local server.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address it listens on; 0.0.0.0 lets others on the network in.")
    ] = "localhost",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes behind a load balancer (nginx), for hundreds of visitors.")
    ] = 1,
    reload: Annotated[
        bool, typer.Option("--reload", help="Watch the source files, for developers; this may take a whole core.")
    ] = False,
) -> None:
    """Open the app in the browser; Ctrl-C ends it.

    Where others reach it, it is a shared server: it asks no other server for them, and trains for one at a time.

    Example: goalmisgen app
    """
    from ..content import content
    from ..web import ALONE, servers

    script = content() / "app.py"
    if not script.is_file():
        raise Wrong(f"The app's script is missing at {script}; install the package again.")
    if processes > 1 and port + processes > MOST_PORT:
        raise Wrong(f"{processes} processes need as many ports after {port}; choose a lower --port.")
    if address not in ALONE:
        typer.echo(invitation(address, port))
    if processes == 1:
        settings: dict[str, object] = {"server.headless": str(not browser).lower()}
        watched = {"server.fileWatcherType": "auto"} if reload else {}
        raise typer.Exit(serve([servers.command(script, port, address, settings | watched)]))
    with tempfile.TemporaryDirectory() as folder:
        try:
            commands = servers.several(script, processes, port, address, reached_at(address), Path(folder))
        except servers.NoBalancer as none:
            raise Wrong(str(none)) from none
        typer.echo(f"{processes} processes behind nginx: {url_of(reached_at(address), port)}")
        code = serve(commands)
    raise typer.Exit(code)


def invitation(address: str, port: int) -> str:
    """What a shared server says of itself, with the address for its visitors as text and QR code."""
    import segno

    url = url_of(reached_at(address), port)
    drawn = io.StringIO()
    segno.make(url, micro=False).terminal(drawn, border=2, compact=True)
    try:
        drawn.getvalue().encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # this terminal has no blocks to draw with
        drawn = io.StringIO()
    return (
        f"This is a shared server: everybody on this network can open {url}\n"
        f"A teacher begins a class, with a code by which one joins it, at {url}/class\n"
        "The server has no accounts. Models of one's own cannot be asked through it, trainings run one at a time, "
        f"and a visitor has a number of them an hour. Ctrl-C ends it.\n\n{drawn.getvalue()}"
    )


def serve(commands: list[list[str]]) -> int:
    """Run servers until this process is told to end: then they end first. Returns 0 or 1.

    The only one may end by itself. Of several, one that ends is started again, unless that was soon after it began.
    """
    running = [(subprocess.Popen(command), time.monotonic()) for command in commands]

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in _endings()}
    try:
        while True:
            for i, (server, since) in enumerate(running):
                if server.poll() is None:
                    continue
                if len(commands) == 1 or time.monotonic() - since < SOON:
                    return int(server.returncode != 0)
                typer.echo(f"Process {i + 1} ended by itself and is started again.", err=True)
                running[i] = (subprocess.Popen(commands[i]), time.monotonic())
            time.sleep(0.1)
    except KeyboardInterrupt:  # by the keys, which the servers were sent as well, or by `end`
        return 0
    finally:
        _end([server for server, _ in running])
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(servers: list[subprocess.Popen[bytes]]) -> None:
    """Ask servers to end, and end those that do not."""
    for server in servers:
        server.terminate()
    until = time.monotonic() + PATIENCE
    for server in servers:
        try:
            server.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _endings() -> list[signal.Signals]:
    """The signals that ask a process to end, on this system."""
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
