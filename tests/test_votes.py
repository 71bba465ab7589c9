"""Votes by phone on loopback: counted once, changed, closed; floods, malformed bodies, lost connections."""

import csv
import http.client
import io
import json
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.lessons.talk import HallQuestion
from goalmisgen.engine.lessons.vote import Vote, as_csv
from goalmisgen.engine.stage import hall as halls
from goalmisgen.engine.stage import phones
from goalmisgen.engine.stage.hall import Hall, Refused
from goalmisgen.engine.stage.limits import Limits, Rate, Tokens
from goalmisgen.engine.stage.server import serving

WHERE = HallQuestion("Where will it go?", ("coin", "end", "stuck"), 1, "")
LOOPBACKS = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a client choose its loopback address")


OPENED: list[http.client.HTTPConnection] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Connections of a test are closed after it."""
    yield
    while OPENED:
        OPENED.pop().close()


class Client:
    """A browser: it keeps the cookie."""

    def __init__(self, port: int, own: str = "127.0.0.1") -> None:
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(own, 0))
        self.cookie = ""
        OPENED.append(self.wire)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        sent = {"content-type": "application/json", "cookie": self.cookie} | headers
        self.wire.request(method, path, body, sent)
        answer = self.wire.getresponse()
        self.cookie = (answer.getheader("set-cookie") or self.cookie).partition(";")[0]
        text = answer.read()
        kind = answer.getheader("content-type") or ""
        return answer.status, json.loads(text) if kind.startswith("application/json") else text

    def vote(self, option: Any, name: Any = "1.1") -> tuple[int, Any]:
        return self.ask("POST", "/vote", json.dumps({"name": name, "option": option}).encode())


@pytest.fixture
def hall() -> Hall:
    return Hall("A talk")


@pytest.fixture
def port(hall: Hall) -> Iterator[int]:
    with serving(hall, None, "127.0.0.1", 0) as found:
        yield found


@pytest.fixture
def phone(port: int) -> Client:
    client = Client(port)
    assert client.ask("GET", "/")[0] == 200 and client.cookie.startswith("voter=")
    return client


# --- one vote for each phone and question


def test_a_vote_counts_once_can_be_changed_and_is_there_after_a_reload(hall: Hall, port: int, phone: Client) -> None:
    assert phone.ask("GET", "/state")[1]["state"] == "nothing"
    assert phone.vote(0)[0] == 409  # nothing is asked yet
    hall.open("1.1", WHERE)
    shown = phone.ask("GET", "/state")[1]
    assert (shown["state"], shown["mine"], shown["options"]) == ("open", None, ["coin", "end", "stuck"])
    assert "answer" not in shown and "counts" not in shown  # a phone sees the question and its options
    for option in (0, 0, 2, 2):
        assert phone.vote(option)[1]["mine"] == option
    assert hall.counts("1.1") == [0, 0, 1]
    again = Client(port)  # the phone dropped, and opens the page again
    again.cookie = phone.cookie
    before = again.cookie
    assert again.ask("GET", "/")[0] == 200 and again.cookie == before
    assert again.ask("GET", "/state")[1]["mine"] == 2
    other = Client(port)
    other.ask("GET", "/")
    assert other.cookie != phone.cookie and other.ask("GET", "/state")[1]["mine"] is None
    other.vote(1)
    assert hall.counts("1.1") == [0, 1, 1]


def test_a_closed_vote_takes_nothing_and_the_reveal_says_what_came_true(hall: Hall, phone: Client) -> None:
    hall.open("1.1", WHERE)
    phone.vote(0)
    hall.close("1.1", WHERE)
    status, said = phone.vote(1)
    assert status == 409 and said == {"error": "The vote is closed."}
    hall.open("1.1", WHERE)  # the lecturer went back: it goes on
    assert phone.vote(1)[0] == 200
    hall.reveal("1.1", WHERE)
    shown = phone.ask("GET", "/state")[1]
    assert (shown["state"], shown["mine"], shown["answer"]) == ("revealed", 1, 1)
    hall.open("1.1", WHERE)  # not once the answer was shown
    assert phone.vote(0)[0] == 409 and hall.counts("1.1") == [0, 1, 0]
    hall.open("2.1", WHERE)
    assert phone.vote(0, "1.1")[0] == 409 and phone.vote(0, "2.1")[0] == 200
    hall.rest()
    assert phone.ask("GET", "/state")[1]["state"] == "nothing" and phone.vote(0, "2.1")[0] == 409


def test_nobody_votes_with_a_cookie_of_his_own_making(hall: Hall, phone: Client) -> None:
    hall.open("1.1", WHERE)
    mine = phone.cookie
    forged = [mine[:-1], f"{mine}0", mine.replace("=", "=0"), "\xff=1", "voter=" + "x" * 900]
    for cookie in ("", "voter=", "voter=abc", "voter=a.b", *forged):
        phone.cookie = cookie
        status, said = phone.vote(0)
        assert status == 403 and "cookie" in said["error"]
    assert hall.counts("1.1") == [0, 0, 0]


def test_a_hall_takes_so_many_phones_and_no_address_all_of_them(monkeypatch: pytest.MonkeyPatch, hall: Hall) -> None:
    monkeypatch.setattr(halls, "MOST_VOTERS", 5)
    monkeypatch.setattr(halls, "MOST_AT_ADDRESS", 3)
    hall.open("1.1", WHERE)
    for i in range(3):
        hall.vote(f"a{i}", "a", "1.1", 0)
    with pytest.raises(Refused, match="full"):
        hall.vote("a3", "a", "1.1", 0)
    hall.vote("b0", "b", "1.1", 1)
    hall.vote("c0", "c", "1.1", 1)
    with pytest.raises(Refused, match="full"):
        hall.vote("d0", "d", "1.1", 1)
    hall.vote("a0", "a", "1.1", 2)  # who is in can still change
    assert hall.counts("1.1") == [2, 2, 1]


def test_phones_that_are_gone_are_not_counted_as_here() -> None:
    now = [0.0]
    hall = Hall("A talk", clock=lambda: now[0])
    hall.shown("a"), hall.shown("b"), hall.shown(None)
    assert hall.here == 2
    now[0] = 8
    hall.shown("b")
    now[0] = 12
    assert hall.here == 1


# --- what must not harm


BODIES = [
    b"", b"{", b"[]", b"null", b"3", b'"a"', b"\xff\xfe", b"{}", b'{"name": "1.1"}', b'{"option": 0}', b"[" * 900,
    b'{"name": "1.1", "option": true}', b'{"name": "1.1", "option": "0"}', b'{"name": "1.1", "option": 0.5}',
    b'{"name": "1.1", "option": -1}', b'{"name": "1.1", "option": 3}', b'{"name": "1.1", "option": 1e999}',
    b'{"name": "1.1", "option": ' + b"9" * 900 + b"}", b'{"name": 1, "option": 0}', b'{"name": null, "option": 0}',
    b'{"name": "1.1", "option": 0, "more": 1}', b'{"name": "' + b"x" * 500 + b'", "option": 0}', b"x" * 5000,
    b'{"name": "9.1", "option": 0}', b'{"name": "1.1", "option": NaN}', b'{"name": "\\u0000", "option": 0}',
]  # fmt: skip


RAW = [
    b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00" * 50, b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n", b"POST /vote HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    b"GET /state HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
]  # fmt: skip


@pytest.fixture
def unhurried(hall: Hall) -> Iterator[int]:
    """A server that lets one client ask as often as it likes."""
    with serving(hall, None, "127.0.0.1", 0, Limits(address=(1e6, 1e6), token=(1e6, 1e6))) as found:
        yield found


def test_malformed_requests_get_a_sentence_and_never_a_traceback(
    hall: Hall, unhurried: int, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    port, phone = unhurried, Client(unhurried)
    phone.ask("GET", "/")
    hall.open("1.1", WHERE)
    for body in BODIES:
        status, said = phone.ask("POST", "/vote", body)
        assert 400 <= status < 500 and said["error"].endswith(".") and len(said["error"]) < 200, body
    good = b'{"name": "1.1", "option": 0}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert phone.ask("POST", "/vote", good, **{"content-type": kind})[0] == 415
    for method, path, status in (
        ("GET", "/vote", 405), ("PUT", "/state", 405), ("POST", "/", 405), ("GET", "/nothing", 404), ("GET", "//", 404),
        ("GET", "/../server.py", 404), ("GET", "/%2e%2e/server.py", 404), ("GET", "/phone.html", 404),
        ("GET", "/presenter/guess", 404), ("GET", "/" + "a" * 3000, 404), ("GET", "/state?" + "a" * 3000, 200),
    ):  # fmt: skip
        assert phone.ask(method, path)[0] == status, (method, path)
    for raw in RAW:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(raw)
            assert wire.recv(100).startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:  # gone in the middle of its body
        wire.sendall(f"POST /vote HTTP/1.1\r\nhost: a\r\ncookie: {phone.cookie}\r\n".encode())
        wire.sendall(b"content-type: application/json\r\ncontent-length: 500\r\n\r\n{")
    assert hall.counts("1.1") == [0, 0, 0]
    assert phone.vote(0)[0] == 200 and hall.counts("1.1") == [1, 0, 0]
    told = capfd.readouterr()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert "Traceback" not in told.err + told.out


def test_a_request_that_does_not_come_whole_in_time_is_dropped(hall: Hall) -> None:
    with (
        serving(hall, None, "127.0.0.1", 0, Limits(arrives=0.5)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=20) as wire,
    ):
        began = time.monotonic()
        wire.sendall(b"GET /state HTTP/1.1\r\n")
        for _ in range(100):  # a byte now and then
            try:
                wire.sendall(b"a")
            except OSError:
                break
            time.sleep(0.05)
        assert time.monotonic() - began < 4


def test_an_address_has_so_many_connections(hall: Hall) -> None:
    with serving(hall, None, "127.0.0.1", 0, Limits(connections=(3, 100))) as port:
        clients = [Client(port) for _ in range(3)]
        assert all(client.ask("GET", "/state")[0] == 200 for client in clients)
        with pytest.raises((OSError, http.client.HTTPException)):
            Client(port).ask("GET", "/state")
        clients[0].wire.close()
        time.sleep(0.2)
        assert Client(port).ask("GET", "/state")[0] == 200


def test_rates_fill_up_again_and_forget_the_oldest() -> None:
    now = [0.0]
    rate = Rate(2, 4, clock=lambda: now[0])
    assert [rate.allows("a") for _ in range(6)] == [True] * 4 + [False] * 2 and rate.allows("b")
    now[0] = 1
    assert [rate.allows("a") for _ in range(3)] == [True, True, False]
    for i in range(5000):
        rate.allows(str(i))
    assert len(rate._left) <= 4096
    tokens = Tokens()
    cookie = tokens.issue()
    assert tokens.known(f"other=1; voter={cookie}; more=2") == cookie[:32] and Tokens().known(f"voter={cookie}") is None


@pytest.mark.slow
def test_a_flood_from_one_client_does_not_keep_others_from_voting() -> None:
    told = phones.together(30, flooded=True, limits=Limits(address=(40, 120)))
    sent, allowed = told["flood_per_s"] * phones.FLOODS, 120 + 40 * (phones.FLOODS + 1)
    assert sent > allowed + phones.FLOODS and told["refused"] >= sent - allowed - phones.FLOODS > 0
    assert told["failed"] == 0 and told["counted"]


def test_one_phone_that_asks_without_end_is_refused_for_a_while(phone: Client) -> None:
    statuses = [phone.ask("GET", "/state")[0] for _ in range(60)]
    assert statuses[0] == 200 and 429 in statuses
    time.sleep(1)
    assert phone.ask("GET", "/state")[0] == 200


@pytest.mark.slow
def test_the_bench_has_a_hall_of_phones_vote(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", "--votes", "--clients", "30", "--json"])
    found = json.loads(capsys.readouterr().out)
    told = found["votes"]
    assert found["votes_in_a_flood"]["failed"] == 0
    assert ended.value.code == 0 and told["clients"] == 30 and told["requests"] == 210
    assert told["failed"] == 0 and told["counted"] and told["median_ms"] <= told["p95_ms"]


def test_no_option_of_a_vote_is_a_formula_to_a_spreadsheet() -> None:
    """Options come from a talk's file, which anybody may have written."""
    options = ("=1+1", "+1", "-2", "@SUM(A1)", "\tx", "to the coin")
    vote = Vote("-1 or 1?", options, phones=[3, 0, 0, 0, 0, 1])
    rows = list(csv.DictReader(io.StringIO(as_csv([(2, 1, vote, 5)]))))
    assert [row["option"] for row in rows] == [*(f"'{each}" for each in options[:-1]), "to the coin"]
    assert {row["question"] for row in rows} == {"'-1 or 1?"}
    assert [(row["came_true"], row["by_phone"], row["typed"]) for row in rows][::5] == [
        ("no", "3", "0"),
        ("yes", "1", "0"),
    ]
