"""Trains the parts of a sweep on a running Dask cluster; no other file imports Dask.

A part is a Dask task. Its news arrives as events of a topic, and its return value has all results again, so a lost
event costs nothing. If its worker dies or raises an error, the task is cancelled, and `Sweep` makes new parts of the
rest. Dask does not retry tasks (``retries``, ``allowed-failures``): it would train finished networks again, and blame
tasks that only waited for the dead worker.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, get_worker

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.recorded_values import NO_RECORD
from echornn.sweeps.engine import EngineError
from echornn.sweeps.folder import Result
from echornn.sweeps.part import Done, Lost, News, Part, Trained, as_message, from_message
from echornn.sweeps.trained_by import Versions, version_difference, versions_here
from echornn.sweeps.worker import Train, prepared

SECONDS_TO_CONNECT = 10
"""Seconds that a scheduler has to answer."""

MOST_BYTES = 1 << 16
"""The most bytes of a scheduler's file that are read."""

SECONDS_TO_RESTART = 60

LOOK_SECONDS = 0.5
"""Seconds between two checks for dead workers."""

MAPPINGS_USED_AT_MOST = 0.5
"""The share of a process's memory mappings above which a worker is restarted before its next part."""

Message = tuple[int, str, News | None, Any]
"""A message about a part: its number, the id of its task, the news, and in the last message the future."""

_part_trainers = threading.local()


def of_scheduler(address: str | None, file: Path | None = None) -> OnDask:
    """An engine that uses the workers of a running scheduler.

    Args:
        address: the scheduler's address.
        file: a file with the scheduler's address, as the scheduler writes it.

    Raises:
        EngineError: no scheduler answers.
    """
    if file is not None:
        address = address_in(file)
    for name in ("distributed", "distributed.client"):  # problems are reported in this program's own words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return OnDask(Client(address, timeout=SECONDS_TO_CONNECT))
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise EngineError(f"no Dask scheduler answers at {address!r}: {error}") from error


def address_in(file: Path) -> str:
    """The address in a file that a scheduler has written.

    Raises:
        EngineError: the file has no address.
    """
    try:
        address = json.loads(own_files.read_bytes(Path(os.path.realpath(file)), MOST_BYTES))["address"]
    except FileNotFoundError:
        raise EngineError("the file does not exist") from None
    except OSError as error:
        raise EngineError(f"the file cannot be read: {error.strerror}") from error
    except NO_RECORD:
        address = None
    if not isinstance(address, str):
        raise EngineError("the file must be written by a Dask scheduler, and contain the address of the scheduler")
    return address


class OnDask:
    """An `Engine` that uses the workers of a Dask cluster. Workers may come and go; each thread of a worker trains one
    part at a time.

    Args:
        client: a client connected to the scheduler.
        train: the function that trains a part in a worker.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        client: Any,
        train: Train | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._train = client, train
        self._clock, self._looked = clock, clock()
        threads = self._threads()
        self.workers = max(1, sum(threads.values()))
        self.room = 1 / max(1, self._most_on_a_machine(threads))
        self._topic = f"echornn-{uuid.uuid4().hex}"
        self._parts: dict[int, Part] = {}
        self._futures: dict[int, Any] = {}
        self._on: dict[int, str] = {}
        self._runs: dict[int, str] = {}
        self._worn: set[str] = set()
        self._come: SimpleQueue[Message] = SimpleQueue()
        self._closing = False
        client.subscribe_topic(self._topic, self._take_event)

    def idle(self) -> Sequence[str]:
        """See `Engine`."""
        busy = set(self._on.values())
        threads = {address: count for address, count in self._threads().items() if address not in self._worn}
        names = [f"{address} {number}" for address, count in threads.items() for number in range(count)]
        return [name for name in names if name not in busy]

    def start(self, part: Part, worker: str) -> None:
        """See `Engine`."""
        future = self._client.submit(
            run_part,
            part,
            self._topic,
            dict(versions_here()),
            self._train,
            key=f"{self._topic}-{part.number}",
            workers=[worker.split()[0]],
            pure=False,
        )
        self._parts[part.number], self._futures[part.number], self._on[part.number] = part, future, worker
        future.add_done_callback(lambda done, number=part.number: self._come.put((number, "", None, done)))

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """See `Engine`."""
        come: list[tuple[int, News]] = []
        if self._clock() - self._looked > LOOK_SECONDS:
            self._looked = self._clock()
            there = self._threads()
            gone = [number for number, worker in self._on.items() if worker.split()[0] not in there]
            come += [(number, self._give_up(number, "the worker died")) for number in gone]
            self._restart_worn(there)
        with suppress(Empty):
            message = self._come.get(timeout=seconds)
            while True:
                come += self._heard(*message)
                message = self._come.get_nowait()
        if self._client.status != "running":
            raise EngineError("the connection to the Dask scheduler is lost")
        return come

    def close(self) -> None:
        """See `Engine`; the workers soon stop their parts, but stay alive."""
        self._closing = True
        with suppress(Exception):  # errors of a cluster that is dying
            self._client.cancel(list(self._futures.values()), force=True)
        with suppress(Exception):
            self._client.close(timeout=SECONDS_TO_CONNECT)

    def _heard(self, number: int, run: str, news: News | None, future: Any) -> Iterator[tuple[int, News]]:
        if news is not None:
            if number not in self._futures or self._runs.setdefault(number, run) == run:
                yield number, news
            else:  # another worker with the same address has started the part again
                yield number, self._give_up(number, "the worker died")
        elif number in self._futures:
            yield from ((number, one) for one in self._concluded(number, future))

    def _concluded(self, number: int, future: Any) -> Iterator[News]:
        if future.status != "finished":
            reason = _reason(future)
            yield self._give_up(number, reason)
            return
        results, worn = future.result()
        part, worker = self._parts[number], self._on[number]
        self._forget(number)
        yield Trained(0, 0.0, tuple(zip(part.configs, results, strict=True)))
        yield Done()
        if worn:
            self._worn.add(worker.split()[0])

    def _restart_worn(self, there: dict[str, int]) -> None:
        """Restart the worker processes that should restart (see `should_restart`) and are idle. A restart of a busy
        process would end the parts of other threads, and computations of other users of the cluster.
        """
        self._worn &= there.keys()
        unused = self._worn - {worker.split()[0] for worker in self._on.values()}
        if not unused:
            return
        # without a nanny process a restart is impossible, and the worker will soon end by itself
        with suppress(Exception):
            tasks = self._client.processing(list(unused))
            unused = {address for address in unused if not tasks.get(address)}
            self._worn -= unused
            if unused:
                self._client.restart_workers(list(unused), timeout=SECONDS_TO_RESTART, raise_for_error=False)

    def _give_up(self, number: int, reason: str) -> Lost:
        future = self._futures[number]
        self._forget(number)
        with suppress(Exception):
            future.cancel(force=True)
        return Lost(reason)

    def _forget(self, number: int) -> None:
        del self._futures[number], self._on[number]

    def _take_event(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        number = message["part"]
        part = self._parts.get(number)
        if part is not None and not self._closing:
            self._come.put((number, message["run"], from_message(message, part), None))

    def _threads(self) -> dict[str, int]:
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, RuntimeError, TimeoutError, ValueError) as error:
            raise EngineError("the connection to the Dask scheduler is lost") from error
        return threads

    def _most_on_a_machine(self, threads: dict[str, int]) -> int:
        machines: dict[str, int] = {}
        for address, count in threads.items():
            machine = address.rpartition(":")[0]
            machines[machine] = machines.get(machine, 0) + count
        return max(machines.values(), default=1)


def run_part(part: Part, topic: str, versions: Versions, train: Train | None) -> tuple[list[Result], bool]:
    """Train a part inside a worker, and send its news as events.

    Returns:
        The results in the part's order, and whether this process has compiled so many programs that it should end.

    Raises:
        RuntimeError: the worker has other versions than the client, so results would not be comparable.
    """
    different = version_difference(versions_here(), versions)
    if different:
        raise RuntimeError(f"the worker has {different}")
    worker = get_worker()
    key, run = worker.get_current_task(), uuid.uuid4().hex
    numbers = {config: number for number, config in enumerate(part.configs)}
    results: dict[EchoConfig, Result] = {}
    trains = train or _part_trainer()
    for news in trains(part):
        if isinstance(news, Trained):
            results.update(news.results)
        worker.log_event(topic, {"part": part.number, "run": run, **as_message(news, numbers)})
        if not _is_wanted(worker, key):
            return [], False
    return [results[config] for config in part.configs], train is None and should_restart()


def _part_trainer() -> Train:
    """The function that trains parts with the programs that this thread has compiled."""
    if not hasattr(_part_trainers, "train"):
        _part_trainers.train = prepared()
    train: Train = _part_trainers.train
    return train


def should_restart() -> bool:
    """Whether this process has compiled so many programs that another should train the next part."""
    from echornn.training.programs import share_of_mappings

    return share_of_mappings() > MAPPINGS_USED_AT_MOST


def _is_wanted(worker: Any, key: str) -> bool:
    """Whether a task is still needed: its client may be gone, or may have cancelled it."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in ("executing", "long-running")


def _reason(future: Any) -> str:
    if future.status == "cancelled":
        return "its task was cancelled"
    error = future.exception()
    return f"{type(error).__name__}: {error}"
