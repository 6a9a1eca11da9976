"""Selects the checkpoint from which a run continues: the newest intact one whose logs exist."""

from __future__ import annotations

from pathlib import Path

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.append_log import ends_at, size_of
from echornn.runs import checkpoint
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.loss_layout import LossLayout
from echornn.runs.run_files import COMMAND_FILE, LOSS_FILE, SLOTS


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
    whole, wrong = checkpoint.load(folder)
    if wrong and not whole:
        raise RunError(f"{folder} is damaged: {'; '.join(wrong)}")
    if len(whole) == 1 and whole[0].serial and not wrong:
        missing = next(name for name in SLOTS if name != SLOTS[whole[0].serial % len(SLOTS)])
        wrong = [f"{missing} is missing, which may have been the newest"]

    def reaches(one: Checkpoint) -> bool:
        logs = ((folder / LOSS_FILE, one.losses), (folder / COMMAND_FILE, one.commands))
        return all(ends_at(log, end) if look_into_logs else size_of(log) >= end.length for log, end in logs)

    chosen = next(filter(reaches, whole), None)
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
