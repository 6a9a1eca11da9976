"""What continuing a run reads, and what stays unchanged if it cannot continue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from echornn.config import ConfigError
from echornn.files import own_files
from echornn.files.lock import is_held
from echornn.runs import kept_runs
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE
from tests.echornn.runs.test_recorder import contents, recorded
from tests.scripted import SMALL
from tui.commands import record
from tui.commands.flags import ConfigFlags
from tui.commands.kept_runs.list_runs import describe


class Reads:
    """Counts the bytes read from each file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes: Counter[str] = Counter()
        reader = own_files.reader

        def counting(file: Path) -> object:
            source, counted = reader(file), self.bytes

            class Counting:
                def __enter__(self) -> Counting:
                    return self

                def __exit__(self, *_: object) -> None:
                    source.close()

                def __getattr__(self, name: str) -> object:
                    return getattr(source, name)

                def read(self, most: int = -1) -> bytes:
                    data = source.read(most)
                    counted[file.name] += len(data)
                    return data

            return Counting()

        monkeypatch.setattr(own_files, "reader", counting)


@pytest.mark.parametrize("fields", [{}, {"learning_rate": 0.1}, {"state_size": 9}])
def test_going_on_reads_and_checks_the_loss_log_once(
    fields: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path / "run", 4, "reset", 15)
    reads = Reads(monkeypatch)
    _, recorder = record.go_on(str(tmp_path / "run"), ConfigFlags(**fields))
    assert 19 * 8 <= reads.bytes[LOSS_FILE] < 2 * 19 * 8, "once to check it, and then only the newest windows"
    recorder.close()


def test_a_list_checks_no_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("one", "two"):
        recorded(kept_runs.state_folder() / name, 4, "reset", 15)
    reads = Reads(monkeypatch)
    assert all("19 windows" in describe(folder) for folder in kept_runs.runs())
    assert reads.bytes[LOSS_FILE] < 2 * 19 * 8, "only the newest windows"
    assert reads.bytes[COMMAND_FILE] == 0
    assert reads.bytes["run.json"] > 0


def test_a_field_that_cannot_be_used_leaves_the_run_as_it_was_and_free(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 25)
    with open(folder / COMMAND_FILE, "ab") as commands:
        commands.write(b"ran ahead")
    before = contents(folder)
    with pytest.raises(ConfigError, match="num_epochs = 2 cannot be used: at least 3"):
        record.go_on(str(folder), ConfigFlags(num_epochs=2))
    assert contents(folder) == before
    assert not is_held(folder)


def test_where_only_the_older_checkpoint_is_good_the_fields_are_asked_again(tmp_path: Path) -> None:
    """The lengths of the logs fit the newest checkpoint; their contents do not."""
    folder = tmp_path / "run"
    recorded(folder, 12, "save", 13)
    log = bytearray((folder / LOSS_FILE).read_bytes())
    log[-1] ^= 1
    (folder / LOSS_FILE).write_bytes(log)
    config, recorder = record.go_on(str(folder), ConfigFlags(num_epochs=4))
    assert config.num_epochs == 4
    assert recorder.resumed is not None
    assert recorder.resumed.trained == 12
    assert (folder / LOSS_FILE).stat().st_size == 12 * 8
    recorder.close()
    assert config != SMALL
