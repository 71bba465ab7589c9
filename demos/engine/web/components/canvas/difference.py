"""Between two payloads of a canvas: what changed, so that an answer need not say all again."""

from typing import Any

Payload = dict[str, Any]


def difference(old: Payload, new: Payload) -> Payload:
    """What makes `new` of `old`; both JSON.

    {"changed": {name: value}, "tails": {name: [from, n, columns]}, "gone": [name]}; a tail takes the place of all from
    an entry of a list on, where lists begin alike. Its n entries are told by columns, in which the last value goes on:
    most of a run stands still. What has no columns is its own only one, [from, n, null, entries].
    """
    changed, tails = {}, {}
    for name, value in new.items():
        before = old.get(name)
        if name in old and (before is value or before == value):
            continue
        begins = _alike(before, value) if isinstance(before, list) and isinstance(value, list) else 0
        if begins:
            tails[name] = [begins, *_packed(value[begins:])]
        else:
            changed[name] = value
    return {"changed": changed, "tails": tails, "gone": [name for name in old if name not in new]}


def merged(old: Payload, sent: Payload) -> Payload:
    """The payload that a `difference` from `old` makes; payload.js does the same."""
    new = {name: value for name, value in old.items() if name not in sent["gone"]} | sent["changed"]
    return new | {name: old[name][: tail[0]] + _unpacked(*tail[1:]) for name, tail in sent["tails"].items()}


def _packed(entries: list[Any]) -> list[Any]:
    """[n, columns] of n lists of the same length, else [n, null, entries that go on]."""
    n = len(entries)
    if entries and all(isinstance(each, list) and 0 < len(each) == len(entries[0]) for each in entries):
        return [n, [_short(list(column)) for column in zip(*entries, strict=True)]]
    return [n, None, _short(entries)]


def _short(column: list[Any]) -> list[Any]:
    """A column without the repeats of its last value."""
    last = len(column)
    while last > 1 and column[last - 2] == column[-1]:
        last -= 1
    return column[:last]


def _unpacked(n: int, columns: list[list[Any]] | None, entries: list[Any] | None = None) -> list[Any]:
    whole = [[column[min(i, len(column) - 1)] for i in range(n)] for column in columns or [entries or []]]
    return whole[0] if columns is None else [list(row) for row in zip(*whole, strict=True)]


def _alike(one: list[Any], other: list[Any]) -> int:
    """How many entries two lists have in common at their beginning."""
    least = min(len(one), len(other))
    return next((i for i in range(least) if one[i] != other[i]), least)
