"""The runs that are kept where no folder was named: their place, their names, their order."""

from __future__ import annotations

import time
from pathlib import Path

import platformdirs

from echornn.config import EchoConfig
from echornn.runs import checkpoint
from echornn.runs.run_dir import RUN_FILE


def state_folder() -> Path:
    """Where runs are kept that were not given a folder."""
    return platformdirs.user_state_path("echornn-tui") / "runs"


def new_folder(config: EchoConfig) -> Path:
    """A folder for a new run, named by date and configuration; it does not exist yet."""
    name = (
        f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_echo{config.echo_step}-T{config.truncated_backprop_length}"
        f"-state{config.state_size}-{config.optimizer}{config.learning_rate:g}-seed{config.seed}"
    )
    names = (name if number == 1 else f"{name}_{number}" for number in range(1, 1 << 20))
    return next(folder for folder in (state_folder() / name for name in names) if not folder.exists())


def runs() -> list[Path]:
    """The runs in the state folder, the one that was saved last first."""
    folders = [file.parent for file in state_folder().glob(f"*/{RUN_FILE}")]
    return sorted(folders, key=last_saved, reverse=True)


def last_saved(folder: Path) -> float:
    """When the run was saved last, in seconds since 1970; when it was begun, if never."""
    files = [file for name in (RUN_FILE, *checkpoint.SLOTS) if (file := folder / name).exists()]
    return max((file.stat().st_mtime for file in files), default=0.0)
