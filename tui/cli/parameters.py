"""Arguments and flags that several subcommands have."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

RunName = Annotated[str, Parameter(help="Folder of the run, a name that list shows, or newest.")]
Json = Annotated[bool, Parameter(help="Print JSON lines.")]
At = Annotated[
    int | None,
    Parameter(validator=Number(gte=0), help="After so many windows of the path; else its end."),
]
ALONG = (
    "Measure at so many windows of the path, from its start on; what lies between is trained again."
)
Along = Annotated[int | None, Parameter(validator=Number(gte=2), help=ALONG)]
Branch = Annotated[
    str | None,
    Parameter(help="Use the path to the end of this branch, named by its letter or number."),
]
Replica = Annotated[
    int | None, Parameter(help="With several replicas, the network with this number.")
]
Trust = Annotated[
    bool,
    Parameter(help="Run your own tasks and cells in the record: programs with all your rights."),
]
