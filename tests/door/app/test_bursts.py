"""However many keys come at once, they are carried out in order, and the screen ends in the right state."""

from __future__ import annotations

from tests.door.app.stage import Stage, opened


async def carried_out(stage: Stage, *keys: str) -> str:
    stage.burst(*keys)
    for _ in range(8):
        await stage.pilot.pause()
    return await stage.seen()


async def test_keys_of_a_burst_are_carried_out_in_their_order() -> None:
    async with opened(size=(120, 40)) as stage:
        await carried_out(
            stage, *["full_stop"] * 7, "r", "minus", "minus", "plus", "left_square_bracket", "r", "full_stop"
        )
        assert (stage.frame.trained, stage.frame.speed, stage.state) == (1, 50, "paused")
        text = await carried_out(stage, *["s", *["down"] * 13, "6", "enter", "escape", "e"])
        assert (stage.frame.config.state_size, stage.frame.trained, stage.state) == (6, 10, "paused")
        assert "> state_size" not in text
        await carried_out(stage, "s", "home", "down", "0", "full_stop", "1", "5", "enter", "s", "full_stop")
        assert (stage.frame.config.learning_rate, stage.frame.trained) == (0.15, 11)
        await carried_out(stage, "colon", *"step", "space", "4", "enter", "l", "2")
        assert stage.frame.trained == 15
        assert "misses" in stage.text
        assert "1e-" in stage.text


async def test_what_the_last_key_of_a_burst_did_is_on_the_screen() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.press("e", "e", "e")
        text = await carried_out(stage, *["left"] * 12)
        first = int(text.split("\n")[1].split()[1])
        await stage.press("escape")
        slowly = await stage.seen(*["left"] * 12)
        assert slowly.split("\n")[1] == text.split("\n")[1]
        assert first == 30 - 11
        text = await carried_out(stage, *"1234567" * 8, "tab", "l", "l", "2")
        assert "misses" in text
