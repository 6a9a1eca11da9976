"""Trains the parts of a sweep on a running Dask cluster; no other file imports Dask.

A part is a Dask task. Its news arrives as events of a topic, and its return value has all results again, so a lost
event costs nothing. If its worker dies or raises an error, the task is cancelled, and `Sweep` makes new parts of the
rest. Dask does not retry tasks (``retries``, ``allowed-failures``): it would train finished networks again, and blame
tasks that only waited for the dead worker.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, get_worker

from echornn.config import EchoConfig
from echornn.sweeps.engine import EngineError
from echornn.sweeps.folder import Result
from echornn.sweeps.part import Done, Lost, News, Part, Trained, as_message, from_message
from echornn.sweeps.trained_by import Versions, version_difference, versions_here
from echornn.sweeps.worker import Train, prepared

SECONDS_TO_CONNECT = 10
"""Seconds that a scheduler has to answer."""

LOOK_SECONDS = 0.5
"""Seconds between two checks for dead workers."""

Message = tuple[int, News | None, Any]
"""A message about a part: its number, the news, and in the last message the future."""

_part_trainers = threading.local()


def of_scheduler(address: str | None, file: Path | None = None) -> OnDask:
    """An engine that uses the workers of a running scheduler.

    Args:
        address: the scheduler's address.
        file: a file with the scheduler's address, as the scheduler writes it.

    Raises:
        EngineError: no scheduler answers.
    """
    if file is not None and not file.is_file():
        raise EngineError("the file does not exist")
    for name in ("distributed", "distributed.client"):  # problems are reported in this program's own words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        where = {"address": address} if file is None else {"scheduler_file": str(file)}
        return OnDask(Client(**where, timeout=SECONDS_TO_CONNECT))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise EngineError(f"no Dask scheduler answers: {error}") from error


class OnDask:
    """An `Engine` that uses the workers of a Dask cluster. Workers may come and go; each thread of a worker trains one
    part at a time.

    Args:
        client: a client connected to the scheduler.
        train: the function that trains a part in a worker.
    """

    def __init__(self, client: Any, train: Train | None = None) -> None:
        self._client, self._train = client, train
        self._looked = time.monotonic()
        threads = self._threads()
        self.workers = max(1, sum(threads.values()))
        self.room = 1 / max(1, self._most_on_a_machine(threads))
        self._topic = f"echornn-{uuid.uuid4().hex}"
        self._parts: dict[int, Part] = {}
        self._futures: dict[int, Any] = {}
        self._on: dict[int, str] = {}
        self._come: SimpleQueue[Message] = SimpleQueue()
        self._closing = False
        client.subscribe_topic(self._topic, self._take_event)

    def idle(self) -> Sequence[str]:
        """See `Engine`."""
        busy = set(self._on.values())
        names = [f"{address} {number}" for address, count in self._threads().items() for number in range(count)]
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
        future.add_done_callback(lambda done, number=part.number: self._come.put((number, None, done)))

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """See `Engine`."""
        come: list[tuple[int, News]] = []
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            there = self._threads()
            gone = [number for number, worker in self._on.items() if worker.split()[0] not in there]
            come += [(number, self._give_up(number, "the worker died")) for number in gone]
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

    def _heard(self, number: int, news: News | None, future: Any) -> list[tuple[int, News]]:
        if news is not None:
            return [(number, news)]
        if number not in self._futures:
            return []
        if future.status != "finished":
            return [(number, self._give_up(number, _reason(future)))]
        part = self._parts[number]
        self._forget(number)
        return [(number, Trained(0, 0.0, tuple(zip(part.configs, future.result(), strict=True)))), (number, Done())]

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
            self._come.put((number, from_message(message, part), None))

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


def run_part(part: Part, topic: str, versions: Versions, train: Train | None) -> list[Result]:
    """Train a part inside a worker, and send its news as events; returns the results in the part's order.

    Raises:
        RuntimeError: the worker has other versions than the client, so results would not be comparable.
    """
    different = version_difference(versions_here(), versions)
    if different:
        raise RuntimeError(f"the worker has {different}")
    worker = get_worker()
    key = worker.get_current_task()
    numbers = {config: number for number, config in enumerate(part.configs)}
    results: dict[EchoConfig, Result] = {}
    trains = train or _part_trainer()
    for news in trains(part):
        if isinstance(news, Trained):
            results.update(news.results)
        worker.log_event(topic, {"part": part.number, **as_message(news, numbers)})
        if not _is_wanted(worker, key):
            return []
    return [results[config] for config in part.configs]


def _part_trainer() -> Train:
    """The function that trains parts with the programs that this thread has compiled."""
    if not hasattr(_part_trainers, "train"):
        _part_trainers.train = prepared()
    train: Train = _part_trainers.train
    return train


def _is_wanted(worker: Any, key: str) -> bool:
    """Whether a task is still needed: its client may be gone, or may have cancelled it."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in ("executing", "long-running")


def _reason(future: Any) -> str:
    if future.status == "cancelled":
        return "its task was cancelled"
    error = future.exception()
    return f"{type(error).__name__}: {error}"
