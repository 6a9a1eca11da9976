"""A trainer for tests in other folders; it goes with the last of them."""

from tests.scripted import FromAnyState as FromAnyState
