"""What probes need is refused where it is more than there is."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.session.room_for_probes import bytes_needed, require_room

LARGE = EchoConfig(state_size=8000)


def test_a_network_that_is_too_large_is_refused_with_what_it_needs() -> None:
    with pytest.raises(MemoryError, match=r"^state_size = 8000 needs \d+\.\d GiB, 4\.0 are free$"):
        require_room(LARGE, lambda: 4 << 30)
    require_room(LARGE, lambda: 10 << 40)
    require_room(LARGE, lambda: None)


def test_the_tutorials_needs_next_to_nothing_and_more_units_need_more() -> None:
    assert bytes_needed(EchoConfig()) < 32 << 20
    needs = [bytes_needed(EchoConfig(state_size=size)) for size in (4, 64, 256, 1024)]
    assert needs == sorted(needs)
    assert bytes_needed(EchoConfig(batch_size=3000)) > bytes_needed(EchoConfig())
