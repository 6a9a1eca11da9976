"""The garbage collector is off during imports, and restored afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from echornn.runtime import collector


@pytest.fixture(autouse=True)
def _is_put_back() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("was_on", [True, False])
def test_it_is_off_inside_and_as_it_was_afterwards(was_on: bool) -> None:
    if not was_on:
        gc.disable()
    with collector.paused():
        assert not gc.isenabled()
        with collector.paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled() is was_on


def test_after_an_import_that_fails_it_is_on() -> None:
    with pytest.raises(ImportError), collector.paused():
        raise ImportError
    assert gc.isenabled()
