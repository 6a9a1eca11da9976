"""Keys in one packet on a real terminal: each finds what the one before it has done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import running
from tests.typed import bytes_of

pytestmark = pytest.mark.slow

TEN_WINDOWS = (
    "--num-epochs 3 --total-series-length 200 --truncated-backprop-length 10 --batch-size 2"
)

PACKETS = {
    "..": r"paused .*epoch 1/3 +window +2/10",
    "℗epoch⏎:stpe⏎⎋⎋": r"paused .*epoch 1/3 +window +10/10",
    "bnxy⏎⎋.": r"paused .*epoch 2/3 +window +1/10",
    "s↓0.15⏎s:⟦step 2⟧⏎..": r"paused .*epoch 2/3 +window +5/10",
    "←←⏎.": r"paused .*epoch 2/3 +window +5/10",
}
"""What the screen shows after each, one packet after the other."""


def test_each_key_of_a_packet_finds_what_the_one_before_has_done(tmp_path: Path) -> None:
    with running(
        "--paused",
        *TEN_WINDOWS.split(),
        "--run",
        tmp_path / "run",
        width=120,
        height=40,
        environment={"XDG_STATE_HOME": str(tmp_path)},
        scripted=True,
    ) as program:
        program.shows("paused")
        for keys, line in PACKETS.items():
            program.send(bytes_of(keys))
            program.matches(line)
        program.send(bytes_of("?/x") + b"\x11")
        assert program.ended() == 0
