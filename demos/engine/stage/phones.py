"""A hall of phones, to see whether the server bears it: clients that open the page, vote, drop, and come back."""

import asyncio
import json
import multiprocessing
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from ..lessons.talk import HallQuestion
from .hall import Hall
from .limits import Limits
from .server import USUAL, serving

WITHIN = 5.0  # s in which all vote
ANSWERS = 20.0  # s that an answer is waited for
FLOOD, CONNECTIONS = 1000, 20  # requests a second of a flood, and over how many connections
BEFORE, FLOODS = 2.0, 8.0  # s that a flood lasts before the hall votes, and in all
NOBODY = 10_000  # the number of the client that floods
QUESTION = HallQuestion("Where will it go?", ("to the coin", "to the end", "stuck or dead"), None, "")
NAME = "1.1"


class Phone:
    """One client, with its cookie; every request is timed in `took`, in seconds."""

    def __init__(self, port: int, own: str | None) -> None:
        """`own`: the address it comes from, where this machine lets it choose one."""
        self._port, self._own, self._cookie = port, own, ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.took: list[float] = []

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of an answer. Raises OSError, TimeoutError or asyncio.IncompleteReadError."""
        began = time.perf_counter()
        async with asyncio.timeout(ANSWERS):
            if self._streams is None:
                local = (self._own, 0) if self._own else None
                self._streams = await asyncio.open_connection("127.0.0.1", self._port, local_addr=local)
            reader, writer = self._streams
            cookie = f"cookie: {self._cookie}\r\n" if self._cookie else ""
            head = f"{method} {path} HTTP/1.1\r\nhost: hall\r\n{cookie}content-type: application/json\r\n"
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in told.split("\r\n"))}
            answer = await reader.readexactly(int(headers.get("content-length", 0)))
        self.took.append(time.perf_counter() - began)
        self._cookie = headers.get("set-cookie", self._cookie).partition(";")[0]
        return int(told.split()[1]), answer

    def close(self) -> None:
        """Drop the connection, as a phone does that is put away."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _own(number: int) -> str | None:
    """A loopback address of its own for each client, where the system lets one choose."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}" if sys.platform == "linux" else None


async def _votes(port: int, number: int) -> tuple[list[float], bool, int]:
    """Open the page and vote within `WITHIN` seconds; then come back and see whether the vote is kept.

    Returns the seconds that each request took, whether all went well, and the option.
    """
    phone, chance = Phone(port, _own(number)), random.Random(number)
    option = chance.randrange(len(QUESTION.options))
    body = json.dumps({"name": NAME, "option": option}).encode()
    try:
        await asyncio.sleep(chance.uniform(0, 0.8 * WITHIN))
        found = [await phone.ask("GET", path) for path in ("/", "/pages.css", "/phone.js", "/state")]
        await asyncio.sleep(chance.uniform(0, 0.2 * WITHIN))
        found.append(await phone.ask("POST", "/vote", body))
        phone.close()
        found += [await phone.ask("GET", path) for path in ("/", "/state")]
        kept = json.loads(found[-1][1]).get("mine") == option
        return phone.took, kept and all(status == 200 for status, _ in found), option
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
        return phone.took, False, option
    finally:
        phone.close()


async def _all(port: int, clients: int) -> tuple[float, list[tuple[list[float], bool, int]]]:
    start = time.perf_counter()
    found = await asyncio.gather(*(_votes(port, number) for number in range(clients)))
    return time.perf_counter() - start, found


def hall_of(port: int, clients: int) -> tuple[float, list[tuple[list[float], bool, int]]]:
    """So many phones at once: the seconds it took, and what `_votes` returns of each; for a process of its own."""
    return asyncio.run(_all(port, clients))


async def _flooding(port: int, seconds: float) -> list[int]:
    statuses: list[int] = []

    async def ask(number: int) -> None:
        client, method, path = Phone(port, _own(NOBODY)), *(("POST", "/vote") if number % 2 else ("GET", "/"))
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            statuses.append((await client.ask(method, path, b"{}"))[0])
            await asyncio.sleep(max(0.0, CONNECTIONS / FLOOD - (time.perf_counter() - began)))
        client.close()

    await asyncio.gather(*(ask(number) for number in range(CONNECTIONS)))
    return statuses


def flood(port: int, seconds: float) -> list[int]:
    """One client that asks `FLOOD` times a second, where the machine does it: the status of each answer."""
    return asyncio.run(_flooding(port, seconds))


def together(clients: int, flooded: bool = False, limits: Limits = USUAL) -> dict[str, Any]:
    """All vote within 5 s, and each comes back once: how many clients, seconds from the first request to the last
    answer, median and 95th percentile of an answer in ms, what failed, and whether every vote was counted once.

    `flooded`: another client asks `FLOOD` times a second meanwhile; then also how often it did, and was refused.
    """
    hall = Hall("A hall")
    hall.open(NAME, QUESTION)
    apart = multiprocessing.get_context("spawn")
    with serving(hall, None, "127.0.0.1", 0, limits) as port, ProcessPoolExecutor(2, mp_context=apart) as pool:
        for ready in [pool.submit(hall_of, port, 0) for _ in range(2)]:
            ready.result()  # the processes are there
        flooding = pool.submit(flood, port, FLOODS) if flooded else None
        time.sleep(BEFORE if flooded else 0)
        seconds, found = pool.submit(hall_of, port, clients).result()
        statuses = flooding.result() if flooding else []
    chosen = [option for _, well, option in found if well]
    took = 1000 * np.array([second for seconds_of, _, _ in found for second in seconds_of])
    told = {
        "clients": clients, "seconds": round(seconds, 2), "requests": len(took),
        "median_ms": round(float(np.median(took)), 1), "p95_ms": round(float(np.percentile(took, 95)), 1),
        "failed": sum(not well for _, well, _ in found),
        "counted": hall.counts(NAME) == [chosen.count(i) for i in range(len(QUESTION.options))],
    }  # fmt: skip
    if flooded:
        told |= {"flood_per_s": round(len(statuses) / FLOODS), "refused": statuses.count(429)}
    return told
