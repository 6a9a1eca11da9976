"""Imports TensorFlow and all that training needs; nothing is computed yet, and no thread started.

See `processes`.
"""

from __future__ import annotations

import importlib

from echornn.runtime import quiet

# Else the first collection of a forked process would copy the memory of all modules
with quiet.collector_spared():
    quiet.import_tensorflow()
    for name in ("numpy.random", "echornn.sweeps.part_trainer", "echornn.training.programs"):
        importlib.import_module(name)
