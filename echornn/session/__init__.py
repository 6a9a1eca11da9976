"""The loop that carries out commands and trains; the ``pictures`` that it shows to viewers."""
