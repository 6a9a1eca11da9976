"""The process of one program: ``python -m tests.benchmarks.speed.worker REQUEST``, with the request in JSON.

Standard output is lines of JSON: first the versions and the losses of the first windows; then, for each line of input,
the cost of a window. All other output goes to standard error.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.programs.prepared import FEW, CannotError, Prepared


def prepared(request: dict[str, Any]) -> Prepared:
    """The requested program, ready to be measured."""
    module = importlib.import_module(f"tests.benchmarks.speed.programs.{request['module']}")
    problem = [Problem.read(Path(request["problem"]))] if request["problem"] else []
    ready: Prepared = module.prepare(*problem, **request["options"])
    return ready


def introduction(program: Prepared) -> dict[str, Any]:
    """The program's versions, its first losses, and a hash of all losses of the first call."""
    losses = program.first()
    told = {"versions": {"Python": platform.python_version(), **program.versions}}
    if losses is None:
        return told
    return {**told, "losses": losses[:FEW].tolist(), "digest": hashlib.sha256(losses.tobytes()).hexdigest()}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        program = prepared(json.loads(sys.argv[1]))
    except CannotError as error:
        print(json.dumps({"left_out": str(error)}), file=out)
        return
    print(json.dumps(introduction(program)), file=out)
    for _ in sys.stdin:
        print(json.dumps(asdict(program.measure())), file=out)


if __name__ == "__main__":
    main()
