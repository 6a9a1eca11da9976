"""TensorFlow's native code prints no log lines if there is no terminal, and other output is not lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from echornn.runtime import quiet
from tests.test_imports import SCREEN

pytestmark = pytest.mark.slow

TRAIN = f"""
import os, sys
from echornn import EchoConfig, Trainer
Trainer(EchoConfig(truncated_backprop_length=2)).advance(9)
assert {quiet.LEVEL!r} not in os.environ
import echornn.reference.tutorial
print(*{{name.split(".")[0] for name in sys.modules}})
"""
SMALL = ["--num-epochs", "1", "--total-series-length", "1500", "--truncated-backprop-length", "2"]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != quiet.LEVEL}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, env={**clean, **environment}
    )


def test_a_library_user_sees_no_log_lines_keeps_the_environment_and_needs_no_screen() -> None:
    done = run("-c", TRAIN)
    assert done.stderr == ""
    keras_needs = {"rich"}
    modules = set(done.stdout.split())
    assert "tensorflow" in modules
    assert not modules & set(SCREEN) - keras_needs


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is loaded by itself")
def test_the_native_library_is_loaded_by_a_call_of_its_own() -> None:
    load = "from echornn.runtime import native_library as n; n.load(); print(n.NAME in open('/proc/self/maps').read())"
    assert run("-c", f"{load}; import sys; print('tensorflow' in sys.modules)").stdout.split() == ["True", "False"]


def test_headless_without_a_terminal_prints_none() -> None:
    done = run("-m", "tui", "--headless", *SMALL)
    assert [line.split(":")[0].split(" in ")[0] for line in done.stderr.splitlines()] == ["the run is", "go on with"]
    assert done.stdout.splitlines()[-1].startswith("finished")


LOUD = """
import os, sys, types
from echornn.runtime import quiet
class Loud:
    def find_spec(self, name, *_):
        if name == "tensorflow":
            sys.modules[name] = types.ModuleType(name)
            os.write(2, b"mine\\nI0000 00:00:1795599228.29    6173 port.cc:153] oneDNN is on.\\nW I like it\\n")
            os.write(2, b"F0000 00:00:1795599228.29    6173 a.cc:1] Check failed\\nhalf a line")
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, self)
    def create_module(self, spec): return None
    def exec_module(self, module): pass
sys.meta_path.insert(0, Loud())
quiet.import_tensorflow()
import tensorflow
os.write(2, b"; the end")
"""
"""A program that imports something that writes as TensorFlow does, without taking seconds."""


def test_what_others_write_meanwhile_is_written_afterwards() -> None:
    told = run("-c", LOUD).stderr
    assert told == "mine\nW I like it\nF0000 00:00:1795599228.29    6173 a.cc:1] Check failed\nhalf a line; the end"


def test_where_the_user_set_the_level_it_is_the_users() -> None:
    told = run("-c", LOUD, TF_CPP_MIN_LOG_LEVEL="0").stderr
    assert "oneDNN is on.\nW I like it\n" in told


def test_without_a_standard_error_it_is_imported_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("print('imported')")
    program = "import os; os.close(2); from echornn.runtime import quiet; quiet.import_tensorflow()"
    assert run("-c", program, PYTHONPATH=str(tmp_path)).stdout == "imported\n"


@pytest.mark.parametrize(
    "line",
    [
        b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
        b"E0000 00:00:1795599230.196996    6173 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)\n",
        b"2026-11-25 09:33:50.848915: W tensorflow/core/framework/op.cc:1] An op\n",
        b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.\n",
    ],
)
def test_log_lines_are_known(line: bytes) -> None:
    assert quiet.LOG_LINE.sub(b"", b"before\n" + line + b"after\n") == b"before\nafter\n"


def test_numpy_is_complete_before_tensorflow_adds_to_its_types(tmp_path: Path) -> None:
    """If another thread computed its first median meanwhile, the app sometimes crashed."""
    (tmp_path / "tensorflow.py").write_text("import sys\nWAS_COMPLETE = 'numpy.ma' in sys.modules\n")
    load = "from echornn.runtime import quiet; quiet.import_tensorflow()"
    program = f"{load}; import tensorflow; print(tensorflow.WAS_COMPLETE)"
    assert run("-c", program, PYTHONPATH=str(tmp_path)).stdout == "True\n"
