"""A visitor of ``serve --each`` works in a process of the user's, but not with the user's files.

It is said in the environment, so that every thread and process of the visitor's knows it.
"""

from __future__ import annotations

import os

VISITOR = "ECHORNN_VISITOR"  # the bytes that networks of this process may need
NO_FILES = "a visitor reads and writes no file"


def is_visitor() -> bool:
    return VISITOR in os.environ
