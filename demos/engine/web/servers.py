"""The app's servers: one process, or several on one machine behind a load balancer, where one is too small.

The balancer is nginx (Debian's package does). A visitor's page, uploads and files must come to one process, since that
holds the session: whoever has no cookie yet is given one of the processes by chance, and the cookie names it.
"""

import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from . import SETTINGS

EVERYWHERE = ("0.0.0.0", "::")
COOKIE = "goalmisgen_process"
HERE = "127.0.0.1"  # where processes behind a balancer listen: it alone reaches them
LARGEST = 2  # MB of a request; uploads are smaller

NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{rules}
}}
"""
RULES = """\
split_clients $request_id $drawn {{ {shares} }}
map $cookie_{cookie} $process {{ {known} default $drawn; }}
map $process $behind {{ {behind} }}
map $http_upgrade $kept {{ default upgrade; '' close; }}
server {{
  listen {listen};
  client_max_body_size {largest}m;
  client_body_buffer_size {largest}m;
  add_header Set-Cookie "{cookie}=$process; Path=/; HttpOnly; SameSite=Lax";
  location / {{
    proxy_pass http://$behind;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $kept;
    proxy_buffering off;
    proxy_read_timeout 1d;
  }}
}}"""


class NoBalancer(RuntimeError):
    """Nothing is installed that could stand before several processes; the message is one sentence."""


def command(script: Path, port: int, address: str, settings: dict[str, object] | None = None) -> list[str]:
    """What starts one process of the app. `settings`: more options of Streamlit, by name."""
    given: dict[str, object] = {**SETTINGS, "server.port": port, "server.address": address, **(settings or {})}
    options = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    return [sys.executable, "-m", "streamlit", "run", str(script), *options]


def several(script: Path, processes: int, port: int, address: str, reached_at: str, folder: Path) -> list[list[str]]:
    """What starts so many processes, on the ports after `port`, and nginx on `port` before them; one command each.

    `address`: where visitors come to; `reached_at`: how they name it; `folder`: nginx's settings are written there.
    Raises NoBalancer.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if nginx is None:
        raise NoBalancer("Several processes need nginx before them; install it (Debian: apt install nginx).")
    ports = range(port + 1, port + 1 + processes)
    known = {"server.headless": "true", "browser.serverAddress": reached_at, "browser.serverPort": port}
    written = folder / "nginx.conf"
    rules = "".join(f"  {line}\n" for line in balancing(port, ports, address).splitlines()).rstrip("\n")
    written.write_text(NGINX.format(folder=folder, rules=rules), encoding="utf-8")
    balancer = [nginx, "-p", str(folder), "-c", str(written), "-e", "stderr"]
    return [*(command(script, each, HERE, known) for each in ports), balancer]


def url_of(host: str, port: int) -> str:
    """The address of a server, as a browser takes it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def reached_at(address: str) -> str:
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


def balancing(port: int, behind: Sequence[int], address: str = "0.0.0.0") -> str:
    """What stands in nginx's `http` block: a server on `port` that leads each visitor to one of the ports behind it."""
    numbers = range(1, len(behind) + 1)
    share = 100 / len(behind)
    listen = {"localhost": HERE}.get(address, f"[{address}]" if ":" in address else address)
    return RULES.format(
        cookie=COOKIE, largest=LARGEST, listen=f"{listen}:{port}",
        shares=" ".join([*(f"{share:.2f}% {i};" for i in numbers[:-1]), f"* {numbers[-1]};"]),
        known=" ".join(f"{i} {i};" for i in numbers),
        behind=" ".join(f"{i} {HERE}:{at};" for i, at in zip(numbers, behind, strict=True)),
    )  # fmt: skip
