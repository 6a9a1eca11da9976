"""Compiled programs stored on disk: the next process starts faster with the same bits, and disk errors do no harm."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from tests.compiled import SMALL
from tests.own_process import in_own_process

pytestmark = pytest.mark.slow

KEPT = "programs"


def losses_of(folder: Path, *configs: EchoConfig, lost: bool = False) -> tuple[list[bytes], str | None]:
    """The losses of each configuration, trained in one process that stores its programs in a folder; then TF_XLA_FLAGS.

    Args:
        lost: whether the folder is removed before the process compiles.
    """
    os.environ.update(XDG_CACHE_HOME=str(folder), ECHORNN_KEEP_PROGRAMS="1")
    from echornn.training.any_trainer import tensorflow_trainers

    make = tensorflow_trainers()
    trained = []
    for config in configs:
        trainer = make(config)
        if lost:
            shutil.rmtree(folder)
            lost = False
        trained.append(trainer.advance(20).losses.tobytes())
    return trained, os.environ.get("TF_XLA_FLAGS")


def files_in(folder: Path) -> dict[str, int]:
    """The stored programs by name, each with a number that changes if it is written again."""
    return {file.name: file.stat().st_mtime_ns for file in folder.rglob("*.pb")}


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A folder in which a process has stored its programs, and the losses that it trained."""
    folder = tmp_path_factory.mktemp("cache")
    trained, flags = in_own_process(losses_of, folder, SMALL, replace(SMALL, optimizer="sgd"))
    assert flags is None, "what another process would inherit"
    return folder, trained


def test_the_first_program_of_a_process_is_kept_and_trains_the_same_bits(cold: tuple[Path, list[bytes]]) -> None:
    cache, trained = cold
    kept = files_in(cache)
    (folder,) = (cache / "echornn-tui" / KEPT).iterdir()
    assert len(kept) == 1, "what is compiled later is numbered otherwise the next time"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert in_own_process(losses_of, cache, SMALL)[0] == trained[:1]
    assert files_in(cache) == kept, "it was not compiled again"


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(
    cold: tuple[Path, list[bytes]], tmp_path: Path
) -> None:
    trained, _ = in_own_process(losses_of, tmp_path / "gone", SMALL, lost=True)
    assert trained == cold[1][:1]


def is_used(cache: Path, limit: int, **environment: str) -> bool:
    """Whether a process uses this cache folder, if files may have ``limit`` bytes; other files may be written there."""
    import resource

    from echornn.training import kept_programs

    os.umask(0o002)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    os.environ.update(environment, XDG_CACHE_HOME=str(cache), ECHORNN_KEEP_PROGRAMS="1")
    kept_programs.keep(1)
    return kept_programs._kept is not None


def test_the_folder_is_used_unless_flags_may_change_or_files_cannot_be_written_or_read(tmp_path: Path) -> None:
    assert in_own_process(is_used, tmp_path, -1)
    assert not in_own_process(is_used, tmp_path, 300_000)
    assert not in_own_process(is_used, tmp_path, -1, TF_XLA_FLAGS="/home/me/flags")
    assert not in_own_process(is_used, tmp_path, -1, XLA_FLAGS="/home/me/flags")
    (folder,) = (tmp_path / "echornn-tui" / KEPT).iterdir()
    os.mkfifo(folder / "waits.pb.sha256")
    assert not in_own_process(is_used, tmp_path, -1)


@pytest.mark.parametrize("closed", [False, True])
def test_after_trouble_the_descriptor_is_of_an_empty_folder_also_where_it_was_closed(
    tmp_path: Path, closed: bool
) -> None:
    from echornn.training.kept_programs import KeptPrograms

    (tmp_path / "one.pb").touch()
    kept = KeptPrograms(tmp_path)
    if closed:
        os.close(kept._descriptor)
    kept._leave()
    assert not os.listdir(kept._descriptor)
    assert not os.path.samestat(os.stat(kept._descriptor), tmp_path.stat())
    os.close(kept._descriptor)


def test_only_whole_files_are_read(tmp_path: Path) -> None:
    from echornn.training.kept_programs import check, keep_sum, sum_of

    whole, cut, new, half = (tmp_path / name for name in ("whole.pb", "cut.pb", "new.pb", "half.tmp"))
    for file in (whole, cut, new, half):
        file.write_bytes(bytes(100))
    for file in (whole, cut):
        keep_sum(file)
    cut.write_bytes(bytes(99))
    (tmp_path / "gone.pb.sha256").write_text("0")
    long_ago = time.time() - 86_400
    os.utime(half, (long_ago, long_ago))
    check(tmp_path)
    assert sorted(tmp_path.iterdir()) == [whole, sum_of(whole)]


def test_the_oldest_go(tmp_path: Path) -> None:
    from echornn.training.kept_programs import keep_sum, tidy

    for age in range(4):
        folder = tmp_path / f"kind{age % 2}"
        folder.mkdir(exist_ok=True)
        file = folder / f"{age}.pb"
        file.write_bytes(bytes(100))
        keep_sum(file)
        os.utime(file, (1e9 - age, 1e9 - age))
    tidy(tmp_path, most=250)
    assert sorted(files_in(tmp_path)) == ["0.pb", "1.pb"]
    assert len([*tmp_path.rglob("*.sha256")]) == 2


def test_other_flags_threads_or_processors_have_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from echornn.training.kept_programs import kind_of_programs

    kinds = [kind_of_programs(1), kind_of_programs(2)]
    for name in ("XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.setenv(name, "0")
        kinds.append(kind_of_programs(1))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(1000)))
    kinds.append(kind_of_programs(1))
    assert len(set(kinds)) == len(kinds)


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    from echornn.training.kept_programs import is_only_ours

    for mode, alone, unwritten in ((0o700, True, True), (0o755, False, True), (0o775, False, False)):
        tmp_path.chmod(mode)
        assert (is_only_ours(tmp_path), is_only_ours(tmp_path, 0o022)) == (alone, unwritten)
    tmp_path.chmod(0o700)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert not is_only_ours(link)
