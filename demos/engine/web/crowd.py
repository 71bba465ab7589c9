"""Many visitors at once: a server of its own, and websocket clients that edit a level as a canvas does."""

import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import servers
from .components.canvas.difference import merged

PAGE = "coinrun"
QUERY = "number=7&levels=shifted"
STARTS, OPENS, ANSWERS = 120.0, 180.0, 60.0  # s that a server, a page and an answer are waited for
PAUSE = 3.0  # s between two edits of a session
IDLE = 10.0  # s


class NoAnswer(RuntimeError):
    """The server did not do in time what a visitor waits for; the message is one sentence."""


@dataclass
class Visitor:
    """One session, as the browser leads it.

    `held`: the canvas's payload; `page`: hash of the page's script; `widget`, `fragment`: ids of the canvas;
    `received`: bytes since the last message; `answered`, `bytes`: ms and bytes of each edit.
    """

    socket: Any
    held: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    widget: str = ""
    fragment: str = ""
    seq: int = 0
    received: int = 0
    answered: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    async def open(self, page: str = PAGE, query: str = QUERY) -> None:
        """Open a page, and read until its script has run."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        await self.socket.send(message.SerializeToString())
        await self._read(OPENS)

    async def touch(self, widgets: dict[str, dict[str, Any]], fragment: str = "", query: str = QUERY) -> None:
        """Send what widgets say, each as a field of Streamlit's message by its id, and wait for the answer."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash, rerun.fragment_id, rerun.query_string = self.page, fragment, query
        for name, says in widgets.items():
            rerun.widget_states.widgets.add(id=name, **says)
        await self.socket.send(message.SerializeToString())
        await self._read(ANSWERS)

    async def edit(self) -> None:
        """Move the goal by a tile, to and fro, and wait for the answer."""
        self.seq = max(self.seq, self.held["ack"]) + 1
        goal = self.held["goal"]
        row, column = self.held["first"]["objects"][goal]
        edit = {
            "kind": "edit", "seq": self.seq, "gesture": self.seq, "at": 12, "level": self.held["level"],
            "moved": {str(self.held["names"].index(goal)): [row, column + self.seq % 2]},
            "held": {self.held["canvas"]: self.held["number"]},
        }  # fmt: skip
        self.received, began = 0, time.perf_counter()
        await self.touch(happened(self.widget, "message", edit), self.fragment)
        if self.held["ack"] != self.seq or self.held["refused"]:
            raise NoAnswer(f"An edit was not answered: {self.held['refused'] or 'the page went on without it'}.")
        self.answered.append(1000 * (time.perf_counter() - began))
        self.bytes.append(self.received)

    async def _read(self, patience: float) -> None:
        """Read until a script run is over. Raises NoAnswer."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        try:
            async with asyncio.timeout(patience):
                while True:
                    data = await self.socket.recv()
                    self.received += len(data)
                    message = ForwardMsg.FromString(data)
                    self._take(message)
                    if message.WhichOneof("type") == "script_finished":
                        return
        except TimeoutError:
            raise NoAnswer(f"The server did not answer within {patience:.0f} s.") from None

    def _take(self, message: Any) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.page = message.navigation.page_script_hash
        if kind != "delta" or message.delta.new_element.WhichOneof("type") != "bidi_component":
            return
        mounted = message.delta.new_element.bidi_component
        if mounted.component_name != "goalmisgen_canvas":
            return
        sent = json.loads(mounted.json)
        self.held = {**merged(self.held, sent), "number": sent["number"]} if "base" in sent else sent
        self.widget, self.fragment = mounted.id, message.delta.fragment_id


def happened(widget: str, event: str, value: Any) -> dict[str, dict[str, Any]]:
    """What a component sends, by the id under which Streamlit takes it."""
    from streamlit.components.v2.bidi_component.main import _make_trigger_id

    return {
        str(_make_trigger_id(widget, "events")): {"json_trigger_value": json.dumps([{"event": event, "value": value}])}
    }


@contextmanager
def server(script: Path, processes: int = 1) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """An app of its own on free ports: the address of its websocket, and its process, or that of the load balancer.

    Raises NoAnswer or NoBalancer.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = _free(processes)
        if processes == 1:
            commands = [servers.command(script, port, servers.HERE, {"server.headless": "true"})]
        else:
            commands = servers.several(script, processes, port, servers.HERE, servers.HERE, Path(folder))
        running = [subprocess.Popen(each, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for each in commands]
        try:
            for at in range(port + (processes > 1), port + processes + (processes > 1)):
                _await_health(f"http://{servers.HERE}:{at}/_stcore/health", running[0])
            yield f"ws://{servers.HERE}:{port}/_stcore/stream", running[-1]
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.wait(20)


def _free(processes: int) -> int:
    """A port that is free, with as many free ones after it as there will be processes."""
    for _ in range(50):
        with ExitStack() as held:
            probe = held.enter_context(socket.socket())
            probe.bind((servers.HERE, 0))
            port: int = probe.getsockname()[1]
            try:
                for after in range(port + 1, port + 1 + processes):
                    held.enter_context(socket.socket()).bind((servers.HERE, after))
            except (OSError, OverflowError):
                continue
            return port
    raise NoAnswer("There are not enough free ports in a row.")


def _await_health(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STARTS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise NoAnswer("The app's server did not start.")


def alone(script: Path, edits: int = 20) -> dict[str, float]:
    """One session: ms, bytes and ms of the server's processor per edit, and the share of a core of an idle page."""
    with server(script) as (address, process):
        return asyncio.run(_alone(address, process.pid, edits))


async def _alone(address: str, server: int, edits: int) -> dict[str, float]:
    async with connected(address) as channel:
        visitor = Visitor(channel)
        await visitor.open()
        for _ in range(3):
            await visitor.edit()
        visitor.answered, visitor.bytes = [], []
        before = processor(server)
        for _ in range(edits):
            await visitor.edit()
        spent = processor(server) - before
        await asyncio.sleep(1)
        began, before = time.perf_counter(), processor(server)
        await asyncio.sleep(IDLE)
        idle = (processor(server) - before) / (time.perf_counter() - began)
    found = _told(visitor.answered) | {"edit_bytes": float(np.median(visitor.bytes)), "idle_page": round(idle, 4)}
    return found | ({"edit_processor_ms": round(1000 * spent / edits, 1)} if spent else {})


def together(script: Path, sessions: int, seconds: float, processes: int = 1) -> dict[str, float]:
    """Sessions that each edit every three seconds: how many edits, median and 95th percentile in ms, what failed.

    Raises NoAnswer or, for several processes, NoBalancer.
    """
    with server(script, processes) as (address, _):
        return asyncio.run(_together(address, sessions, seconds)) | {"processes": processes}


async def _together(address: str, sessions: int, seconds: float) -> dict[str, float]:
    async with asyncio.timeout(OPENS + seconds + ANSWERS + PAUSE):
        opened, failed = asyncio.Semaphore(4), []
        ready = asyncio.Event()
        left = [sessions]

        async def lead(number: int) -> list[float]:
            try:
                async with connected(address) as channel:
                    visitor = Visitor(channel)
                    async with opened:
                        await visitor.open()
                    left[0] -= 1
                    if not left[0]:
                        ready.set()
                    await ready.wait()
                    await asyncio.sleep(PAUSE * number / sessions)
                    until = time.perf_counter() + seconds
                    while time.perf_counter() < until:
                        began = time.perf_counter()
                        await visitor.edit()
                        await asyncio.sleep(max(0.0, PAUSE - (time.perf_counter() - began)))
                    return visitor.answered
            except NoAnswer as none:
                failed.append(str(none))
                left[0] -= 1
                return []

        every = await asyncio.gather(*(lead(number) for number in range(sessions)))
    answered = [ms for each in every for ms in each]
    return _told(answered) | {"sessions": sessions, "edits": len(answered), "failed": len(failed)}


def _told(answered: list[float]) -> dict[str, float]:
    if not answered:
        return {}
    return {
        "edit_time_median_ms": round(float(np.median(answered)), 1),
        "edit_time_p95_ms": round(float(np.percentile(answered, 95)), 1),
    }


def processor(pid: int) -> float:
    """Seconds of processor time that a process has had; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connected(address: str) -> Any:
    """The websocket of a session; a context."""
    from websockets.asyncio.client import connect

    return connect(address, max_size=None, open_timeout=ANSWERS, ping_interval=None)
