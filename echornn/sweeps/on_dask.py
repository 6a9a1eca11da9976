"""Trains the parts of a sweep on a running Dask cluster; no other file imports Dask.

A part is a Dask task. Its news arrives as events of a topic, and its return value has all results
again, so a lost event costs nothing. Dask does not retry tasks: it would train finished networks
again, and blame tasks that only waited for the dead worker. `Sweep` makes new parts of the rest.
"""

from __future__ import annotations

import json
import logging
import pickle
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, get_worker

from echornn.sweeps.processes import Train, prepared
from echornn.sweeps.requests import Versions, versions_here
from echornn.sweeps.results import TrainedNetwork
from echornn.sweeps.sweep import Done, EngineError, Lost, News, Part, TrainedWindows

SECONDS_TO_CONNECT = 10
# A scheduler may be writing its file; Dask's own client reads it as often before it fails
READINGS, SECONDS_BETWEEN_READINGS = 10, 0.01
LOST_CONNECTION = "the connection to the Dask scheduler is lost"

_of_thread = threading.local()


def of_scheduler(address: str | None, file: Path | None = None) -> OnDask:
    """An engine that uses the workers of the scheduler at this address, or that has written this
    file."""
    if file is not None:
        address = _address_in(file)
    # Problems are reported in this program's own words
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return OnDask(Client(address, timeout=SECONDS_TO_CONNECT))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise EngineError(f"no Dask scheduler answers: {error}") from error


def _address_in(file: Path) -> str:
    if not file.is_file():
        raise EngineError("the file does not exist")
    for _ in range(READINGS):
        try:
            return str(json.loads(file.read_bytes())["address"])
        except OSError as error:
            raise EngineError(f"the file cannot be read: {error.strerror}") from error
        except (ValueError, LookupError, TypeError):
            time.sleep(SECONDS_BETWEEN_READINGS)
    raise EngineError("the file is not one of a Dask scheduler, or it is not whole yet")


class OnDask:
    """An `Engine` of the threads of a Dask cluster's workers, which may come and go."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._train: Train | None = None
        threads = self._threads()
        machines: Counter[str] = Counter()
        for address, count in threads.items():
            machines[address.rpartition(":")[0]] += count
        self.workers = max(1, sum(threads.values()))
        self.memory_share = 1 / max(machines.values(), default=1)
        self._topic = f"echornn-{uuid.uuid4().hex}"
        # The worker and the future of each that is under way
        self._parts: dict[int, tuple[str, Any]] = {}
        # Of a part: its news, or its future, which is done
        self._arrivals: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        client.subscribe_topic(self._topic, self._hear)

    def _hear(self, event: Any) -> None:
        _, news = event
        self._arrivals.put(pickle.loads(news))

    def idle(self) -> Sequence[str]:
        busy = {worker for worker, _ in self._parts.values()}
        idle = []
        for address, count in self._threads().items():
            names = [f"{address} {number}" for number in range(count)]
            idle += [name for name in names if name not in busy]
        return idle

    def start(self, part: Part, worker: str) -> None:
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
        self._parts[part.number] = worker, future
        future.add_done_callback(lambda done: self._arrivals.put((part.number, done)))

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        addresses = self._threads()
        all_news: list[tuple[int, News]] = []
        for number, (worker, _) in [*self._parts.items()]:
            if worker.split()[0] not in addresses:
                all_news.append((number, self._give_up(number, "the worker died")))
        with suppress(Empty):
            while True:
                number, arrival = self._arrivals.get(timeout=0 if all_news else seconds)
                all_news += [(number, news) for news in self._news_in(number, arrival)]
        if self._client.status != "running":
            raise EngineError(LOST_CONNECTION)
        return all_news

    def close(self) -> None:
        with suppress(Exception):  # errors of a cluster that is dying
            self._client.cancel([future for _, future in self._parts.values()], force=True)
        with suppress(Exception):
            self._client.close(timeout=SECONDS_TO_CONNECT)

    def _news_in(self, number: int, arrival: Any) -> Sequence[News]:
        if isinstance(arrival, News):
            return [arrival]
        if number not in self._parts:
            return []
        if arrival.status == "finished":
            del self._parts[number]
            return [TrainedWindows(0.0, arrival.result()), Done()]
        reason = "its task was cancelled"
        if arrival.status != "cancelled":
            error = arrival.exception()
            reason = f"{type(error).__name__}: {error}"
        return [self._give_up(number, reason)]

    def _give_up(self, number: int, reason: str) -> Lost:
        with suppress(Exception):
            self._parts[number][1].cancel(force=True)
        del self._parts[number]
        return Lost(reason)

    def _threads(self) -> dict[str, int]:
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, RuntimeError, TimeoutError, ValueError) as error:
            raise EngineError(LOST_CONNECTION) from error
        return threads


def run_part(
    part: Part, topic: str, versions: Versions, train: Train | None
) -> tuple[TrainedNetwork, ...]:
    """Train a part inside a worker, and send its news as events; returns all that ended again."""
    different = []
    for package, version in versions_here().items():
        if version != versions.get(package):
            different.append(f"{package} {version} and not {versions.get(package)}")
    if different:  # results would not be comparable
        raise RuntimeError(f"the worker has {', '.join(different)}")
    if train is None:
        if not hasattr(_of_thread, "train"):  # with the programs that this thread has compiled
            _of_thread.train = prepared()
        train = _of_thread.train
    worker = get_worker()
    key = worker.get_current_task()
    ended: tuple[TrainedNetwork, ...] = ()
    for news in train(part):
        if isinstance(news, TrainedWindows):
            ended += news.ended
        worker.log_event(topic, pickle.dumps((part.number, news)))
        task = worker.state.tasks.get(key)
        # Its client is gone, or has cancelled it
        if task is None or task.state not in ("executing", "long-running"):
            break
    return ended
