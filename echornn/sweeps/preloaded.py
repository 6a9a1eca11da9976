"""Imported once by the server from which workers are forked, so that they start with everything it has imported."""

from __future__ import annotations

import gc

from echornn.sweeps.worker import import_all

import_all()
# otherwise the first garbage collection of a forked process would copy the memory of all imported modules
gc.freeze()
