"""The command that opens the app."""

import io
import signal
import socket
import subprocess
import sys
from typing import Annotated

import typer

from .options import Wrong
from .root import app

EVERYWHERE = ("0.0.0.0", "::")
PORT = 8080  # of a talk's pages
PATIENCE = 10.0  # s that the server is given to end by itself


@app.command("app")
def app_(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port of the local server.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address it listens on; 0.0.0.0 lets others on the network in.")
    ] = "localhost",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    reload: Annotated[
        bool, typer.Option("--reload", help="Watch the source files, for developers; this may take a whole core.")
    ] = False,
) -> None:
    """Open the app in the browser; Ctrl-C ends it.

    Where others reach it, it is a shared server: it asks no other server for them, and trains for one at a time.

    Example: goalmisgen app
    """
    from ..content import content
    from ..web import ALONE, SETTINGS

    script = content() / "app.py"
    if not script.is_file():
        raise Wrong(f"The app's script is missing at {script}; install the package again.")
    settings = SETTINGS | {
        "server.port": port,
        "server.address": address,
        "server.headless": str(not browser).lower(),
    }
    if reload:
        settings["server.fileWatcherType"] = "auto"
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    for name, value in settings.items():
        command += [f"--{name}", str(value)]
    if address not in ALONE:
        typer.echo(invitation(address, port))
    raise typer.Exit(serve(command))


def invitation(address: str, port: int) -> str:
    """What a shared server says of itself, with the address for its visitors as text and QR code."""
    import segno

    url = url_of(_reached_at(address), port)
    drawn = io.StringIO()
    segno.make(url, micro=False).terminal(drawn, border=2, compact=True)
    try:
        drawn.getvalue().encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # this terminal has no blocks to draw with
        drawn = io.StringIO()
    return (
        f"This is a shared server: everybody on this network can open {url}\n"
        "It has no accounts. Models of one's own cannot be asked through it, trainings on its pages run one at a time, "
        f"and a visitor has a number of them an hour. Ctrl-C ends it.\n\n{drawn.getvalue()}"
    )


def url_of(host: str, port: int) -> str:
    """The address of a server, as a browser takes it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _reached_at(address: str) -> str:
    """The address at which others reach a server; without a network, this machine's name."""
    return way_out(address) or socket.gethostname()


def way_out(address: str) -> str | None:
    """Where others reach a server: where it listens on all, at the address of the way out; None without a network.

    Nothing is sent.
    """
    if address not in EVERYWHERE:
        return address
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as out:
            out.connect(("2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1", 9))
            return str(out.getsockname()[0])
    except OSError:
        return None


def serve(command: list[str]) -> int:
    """Run the server until it ends, or this process is told to: then the server ends first. Returns 0 or 1."""
    server = subprocess.Popen(command)

    def end(*_: object) -> None:
        server.terminate()
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in _endings()}
    try:
        return int(server.wait() != 0)
    except KeyboardInterrupt:  # by the keys, which the server was sent as well, or by `end`
        return 0
    finally:
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        for each, handler in before.items():
            signal.signal(each, handler)


def _endings() -> list[signal.Signals]:
    """The signals that ask a process to end, on this system."""
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
