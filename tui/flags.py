"""The fields of a configuration that were given on the command line, and no others."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from echornn.config import EchoConfig


@dataclass(frozen=True, init=False)
class ConfigFlags(EchoConfig):
    """Has `EchoConfig`'s fields, so that flags and help are made of its docstrings; but holds only what was given.

    Args:
        given: values by field, not yet checked against each other.
    """

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    @property
    def given(self) -> dict[str, Any]:
        """Values by field."""
        return dict(vars(self))

    def over(self, config: EchoConfig) -> EchoConfig:
        """This configuration with the fields given in the place of its own.

        Raises:
            ConfigError: they cannot work together.
        """
        return dataclasses.replace(config, **self.given)
