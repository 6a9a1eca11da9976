"""Makes this process forget the user's own files that it has loaded, as if another process had."""

from __future__ import annotations

import functools
import sys

import pytest

from echornn import own


def forget_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget all texts that were run, and all that was asked of their tasks and cells."""
    monkeypatch.setattr(own, "LOADED", {})
    for name, module in list(sys.modules.items()):
        if name.startswith(("echornn.cells", "echornn.tasks", "echornn.data", "echornn.config")):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()
