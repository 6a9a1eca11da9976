"""The table of learning rules. To add one, write its file, and add its entry here."""

from __future__ import annotations

from echornn.rules.rtrl import RTRL
from echornn.rules.rule import Rule
from echornn.rules.tbptt import TBPTT

RULES: dict[str, Rule] = {
    "tbptt": TBPTT,
    "rtrl": RTRL,
}
"""The learning rules, by the names in `EchoConfig.rule`."""
