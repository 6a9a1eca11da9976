"""What a terminal sends for keys that are written as signs."""

from __future__ import annotations

SIGNS = {
    "⏎": "\r",
    "⎋": "\x1b[27u",  # as kitty sends it: a bare one is alt, if a key follows at once
    "⇥": "\t",
    "⌫": "\x7f",
    "←": "\x1b[D",
    "→": "\x1b[C",
    "↑": "\x1b[A",
    "↓": "\x1b[B",
    "℗": "\x10",  # ctrl+p
    "⟦": "\x1b[200~",  # a paste
    "⟧": "\x1b[201~",
}


def bytes_of(keys: str) -> bytes:
    """What a terminal sends for keys in one packet."""
    return "".join(SIGNS.get(key, key) for key in keys).encode()
