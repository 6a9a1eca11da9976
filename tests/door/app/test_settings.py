from tests.door.app.stage import opened
import pytest

@pytest.mark.parametrize("size",[(120,40),(80,24),(60,16)])
async def test_x(size):
    async with opened(size=size) as stage:
        await stage.press("e")
        print(await stage.press("s"))
        print(await stage.press("enter"))
        print(await stage.press("down","down"))
        print(await stage.press("end"))
