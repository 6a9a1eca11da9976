"""Selects the checkpoint from which a run continues: the newest intact one whose logs exist."""

from __future__ import annotations

from pathlib import Path

from echornn.config import EchoConfig
from echornn.files.append_log import ends_at, size_of
from echornn.files.run_error import RunError
from echornn.runs.logs.loss_layout import LossLayout
from echornn.runs.run_files import COMMAND_FILE, LOSS_FILE
from echornn.runs.states import checkpoint
from echornn.runs.states.checkpoint import SLOTS, Checkpoint

MOST_LOST_BYTES = 1 << 30
"""The most missing bytes of the loss log that are replaced by lost windows; if more are missing, the checkpoint is
unusable.
"""

MOST_COMMAND_BYTES = 1 << 30


def newest_usable(
    folder: Path, look_into_logs: bool, at_the_start: EchoConfig
) -> tuple[Checkpoint | None, list[str], bool]:
    """The checkpoint to continue from, None if none was ever saved; messages about faults; and whether the logs up to
    the checkpoint were read and found intact.

    Args:
        at_the_start: the configuration at the run's start.

    Raises:
        RunError: there are checkpoints, but none is intact.
        OSError: the folder could not be read.
    """
    whole, wrong = _usable(folder, *checkpoint.load(folder))
    if wrong and not whole:
        raise RunError(f"{folder} is damaged: {'; '.join(wrong)}")
    reaches = _logs_are_those_of if look_into_logs else _logs_are_as_long_as_those_of
    chosen = next((one for one in whole if reaches(folder, one)), None)
    intact = look_into_logs and chosen is not None
    if whole and chosen is None:
        chosen = whole[0]
        wrong.append("the logs differ from what was recorded: some losses in the curve are wrong or lost")
    elif whole and chosen is not whole[0]:
        wrong.append("the logs do not reach the newest checkpoint")
    if chosen is None and (dropped := _windows_of(at_the_start, folder / LOSS_FILE)):
        wrong.append(f"it has no checkpoint: it starts over, without the {dropped:,} windows of its loss log")
    elif chosen is not None and wrong:
        wrong.append(f"taken from the checkpoint after window {chosen.trained}")
    return chosen, wrong, intact


def _windows_of(config: EchoConfig, log: Path) -> int:
    return LossLayout(((0, config.replicas),)).windows(size_of(log))


def _usable(folder: Path, whole: list[Checkpoint], wrong: list[str]) -> tuple[list[Checkpoint], list[str]]:
    """The checkpoints that belong to this run and whose logs are long enough; and messages about the others, or about a
    missing one.
    """
    there = size_of(folder / LOSS_FILE)
    usable = [
        one
        for one in whole
        if one.losses.length == one.layout.offset(one.trained)
        and one.losses.length - there <= MOST_LOST_BYTES
        and one.commands.length <= MOST_COMMAND_BYTES
        and one.state.epoch <= one.state.config.num_epochs
        and one.state.window < one.state.config.windows_per_epoch
    ]
    if len(usable) < len(whole):
        wrong = [*wrong, f"a checkpoint is of another run than the {there:,} bytes of losses that are there"]
    elif len(whole) == 1 and whole[0].serial and not wrong:
        missing = next(name for name in SLOTS if name != SLOTS[whole[0].serial % len(SLOTS)])
        wrong = [f"{missing} is missing, which may have been the newest"]
    return usable, wrong


def _logs_are_as_long_as_those_of(folder: Path, one: Checkpoint) -> bool:
    logs = {LOSS_FILE: one.losses, COMMAND_FILE: one.commands}
    return all(size_of(folder / name) >= end.length for name, end in logs.items())


def _logs_are_those_of(folder: Path, one: Checkpoint) -> bool:
    return ends_at(folder / LOSS_FILE, one.losses) and ends_at(folder / COMMAND_FILE, one.commands)
