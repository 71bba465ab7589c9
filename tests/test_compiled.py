"""The cache of compiled rules: what damage and several processes at once do to it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from goalmisgen.engine.rules.batch import loops_of
from goalmisgen.engine.rules.compiled import DiskCache, cache_folder, rule_of
from numba.core.caching import FunctionCache

RULES = """
import sys
from pathlib import Path
from goalmisgen.engine.rules.compiled import rule_of

@rule_of(Path(sys.argv[1]))
def twice(x):
    return x + x

told = [twice(each) for each in eval(sys.argv[2])]
print(told, sum(twice.stats.cache_hits.values()), sum(twice.stats.cache_misses.values()))
"""


@pytest.fixture
def call(tmp_path):
    """Start a process that calls a compiled rule with these values."""
    script = tmp_path / "script.py"
    script.write_text(RULES)

    def begin(values):
        command = [sys.executable, str(script), str(tmp_path / "cache"), repr(values)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return begin


def ended(process):
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    return out.strip(), err.strip()


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_cache_is_made_anew_with_a_line(call, tmp_path, ending):
    assert ended(call([1])) == ("[2] 0 1", "")
    assert ended(call([1])) == ("[2] 1 0", "")
    for path in (tmp_path / "cache").rglob(f"*.{ending}"):
        path.write_bytes(path.read_bytes()[:-20])
    out, err = ended(call([1]))
    assert out == "[2] 0 1" and "are damaged; they are compiled anew." in err and len(err.splitlines()) == 1
    assert ended(call([1])) == ("[2] 1 0", "")


@pytest.mark.slow
def test_processes_that_compile_at_once_keep_each_others_code(call, tmp_path):
    kinds = [[1], [1.5], [True], [1j]]
    for _, err in map(ended, [call(values) for values in kinds]):
        assert err == ""
    assert len(list((tmp_path / "cache").rglob("*.nbc"))) == len(kinds)
    assert ended(call([1, 1.5, True, 1j])) == ("[2, 3.0, 2, 2j]" + " 4 0", "")


def test_code_of_another_signature_is_not_taken(call, tmp_path):
    ended(call([1, 1.5]))
    first, second = sorted((tmp_path / "cache").rglob("*.nbc"))
    os.replace(first, second)
    out, err = ended(call([1.5]))
    assert out == "[3.0] 0 1" and "are damaged" in err


def test_a_full_disk_is_a_line_and_the_rules_work(tmp_path, monkeypatch, capsys):
    def full(self, sig, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @rule_of(tmp_path)
    def twice(x):
        return x + x

    if not isinstance(getattr(twice, "_cache", None), DiskCache):
        pytest.skip("nothing is compiled")
    monkeypatch.setattr(FunctionCache, "save_overload", full)
    assert (twice(2), twice(1.5)) == (4, 3.0)
    err = capsys.readouterr().err
    assert "cannot be kept in" in err and "No space left on device" in err and len(err.splitlines()) == 1


def test_the_cache_is_the_worlds_own(demo):
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("nothing is compiled")
    for compiled in (demo.generate, demo.step, loops_of(demo).advance):
        assert isinstance(compiled._cache, DiskCache)
        assert Path(compiled._cache.cache_path).is_relative_to(cache_folder(demo.generate))
