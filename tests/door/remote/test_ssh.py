"""A run on another machine: ssh runs the same command there."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answered import answered
from tests.program import running

HOST = """#!/bin/sh
printf '%s\\n' "$@" > "$0.heard"
for last; do :; done
cd /
HOME="$FAR_HOME" exec sh -c "$last"
"""
"""An ssh to a machine that is this one, with another home folder."""

THERE = '#!/bin/sh\nprintf \'%s\\n\' "$@" > "$0.heard"\nexit 7\n'
"""The program on that machine, which only notes what it was asked."""


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of both programs; signals, which are passed on to ssh, are handled as before after
    the test."""
    for name, script in (("ssh", HOST), ("echornn-tui", THERE)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("FAR_HOME", "/home of/me")
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    yield tmp_path
    for number, handler in before.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("folder", "there"),
    [
        ("my run", "my run"),
        ("runs/a;b$HOME", "runs/a;b$HOME"),
        ("~/runs/a b", "/home of/me/runs/a b"),
        ("~root/run;x", f"{Path('~root').expanduser()}/run;x"),
        ("~;x/run", "~;x/run"),
    ],
)
def test_the_other_machine_runs_the_same_command_and_its_exit_code_is_ours(
    folder: str, there: str, far: Path
) -> None:
    assert answered("attach", f"box:{folder}", "--stop").returncode == 7
    host, *_ = (far / "ssh.heard").read_text().splitlines()
    assert host == "box"
    assert (far / "echornn-tui.heard").read_text() == f"attach\n--stop\n{there}\n"


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x:run", "--:a", ":a", "/a:b"])
def test_a_host_is_never_a_flag_of_ssh(name: str, far: Path) -> None:
    assert answered("attach", "--once", "--", name).returncode == 2
    assert not (far / "ssh.heard").exists()


@pytest.mark.slow
def test_on_a_terminal_ssh_has_one_too_and_when_it_is_gone_ours_is_restored(far: Path) -> None:
    (far / "ssh").write_text(
        "#!/bin/sh\nstty raw -echo\nprintf '\\033[?1049h\\033[?25l%s %s:' $1 $2\nkill -9 $$\n"
    )
    path = {"PATH": os.environ["PATH"]}
    with running("attach", "box:a", width=120, environment=path, scripted=True) as program:
        program.shows("attach box:a")
        assert program.ended() == 1
        assert program.mended
        assert b"-t box:" in program.output
        assert b"SIGKILL" in program.output.partition(b"-t box:")[2]
