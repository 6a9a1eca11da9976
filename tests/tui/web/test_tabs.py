"""Each tab has a process of its own, which ends with it; here the processes are shells."""

from __future__ import annotations

import asyncio

import pytest

from tests.patience import PATIENCE
from tests.program import gone
from tests.served_page import came, drawn, last_words, opened, served
from tui.web import server as serving
from tui.web.door import MOST_STRANGERS
from tui.web.server import FULL, LEFT, NOT_LEFT, STUCK

pytestmark = pytest.mark.slow


async def test_connections_without_the_token_are_few_and_cost_others_nothing() -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, "20 90")
        others = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(3 * MOST_STRANGERS)]
        ends = [asyncio.create_task(reader.read()) for reader, _ in others]
        await came(lambda: sum(end.done() for end in ends) >= 2 * MOST_STRANGERS)
        assert (await client.get(f"/{site.token}/")).status == 200
        await tab.send_json(["stdin", "still\n"])
        await drawn(tab, "got still")
        for _, writer in others:
            writer.close()
        await asyncio.gather(*ends)


async def test_each_tab_is_a_process_of_its_own_size_and_closing_it_ends_only_that() -> None:
    async with served() as (site, client):
        wide, narrow = await opened(site, client, "?width=200&height=50"), await opened(site, client)
        first, second = [int((await drawn(tab, r"(\d+) \d+ \d+\r\n"))[1]) for tab in (wide, narrow)]
        await wide.send_json(["stdin", "hello é\n"])
        await drawn(wide, "got hello é 50 200")
        await narrow.send_json(["resize", {"width": 33, "height": 7}])
        await narrow.send_json(["stdin", "small\n"])
        await drawn(narrow, "got small 7 33")
        assert site.tabs == 2
        await wide.close()
        await came(lambda: site.tabs == 1)
        assert (gone(first), gone(second)) == (True, False)
        await narrow.send_json(["stdin", "still\n"])
        await drawn(narrow, "got still")
    assert gone(second), "the end of the server ends all"


async def test_a_connection_that_is_cut_ends_its_process() -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        process = int((await drawn(tab, r"(\d+) 20 90\r\n"))[1])
        connection = tab._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        await came(lambda: site.tabs == 0)
        assert gone(process)
        await tab.close()


async def test_a_process_that_ignores_the_end_of_its_terminal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.web.tab.SECONDS_TO_END", 0.2)
    async with served("trap '' HUP; echo $$ here; while :; do sleep 0.1; done") as (site, client):
        tab = await opened(site, client)
        process = int((await drawn(tab, r"(\d+) here"))[1])
        await tab.close()
        await came(lambda: site.tabs == 0)
        assert gone(process)


async def test_a_process_that_reads_no_keys_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "SECONDS_OF_A_KEY", 0.1)
    async with served("stty raw -echo; echo $$ here; while :; do sleep 0.1; done") as (site, client):
        tab = await opened(site, client)
        process = int((await drawn(tab, r"(\d+) here"))[1])
        await tab.send_json(["stdin", "x" * 200_000])
        assert await last_words(tab) == STUCK
        await came(lambda: site.tabs == 0)
        assert gone(process)


@pytest.mark.parametrize(("script", "words"), [("echo bye", LEFT), ("echo no; exit 2", NOT_LEFT)])
async def test_a_tab_is_told_that_its_viewer_has_ended(script: str, words: str) -> None:
    async with served(script) as (site, client):
        tab = await opened(site, client)
        said = await last_words(tab)
        assert said == words
        assert tab.closed
        await came(lambda: site.tabs == 0)


async def test_a_command_that_cannot_be_started_is_said() -> None:
    async with served() as (site, client):
        site.command = ["/nowhere/at/all"]
        assert await last_words(await opened(site, client)) == "No screen can be opened: No such file or directory"
        await came(lambda: site.tabs == 0)


async def test_no_more_tabs_than_a_machine_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_TABS", 1)
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, "20 90")
        answer = await client.get(f"/{site.token}/")
        assert (answer.status, await answer.text()) == (503, f"{FULL}\n")
        assert await last_words(await opened(site, client)) == FULL
        await tab.close()
        await came(lambda: site.tabs == 0)
        assert (await client.get(f"/{site.token}/")).status == 200


async def test_a_message_that_makes_no_sense_ends_its_own_tab() -> None:
    async with served() as (site, client):
        for text in (
            "",
            "[",
            "null",
            "[]",
            "{}",
            '["stdin"]',
            '["stdin", 7]',
            '["resize", {"width": "9"}]',
            "[" * 9999,
        ):
            tab = await opened(site, client)
            await tab.send_str(text)
            while not tab.closed:
                await asyncio.wait_for(tab.receive(), PATIENCE)
            await came(lambda: site.tabs == 0)


async def test_any_size_is_made_one_that_can_be_drawn() -> None:
    async with served() as (site, client):
        tab = await opened(site, client, "?width=999999999&height=-3")
        await drawn(tab, "1 1000")
        for size in ({"width": 10**400, "height": 0}, {"width": 0, "height": -(10**9)}):
            await tab.send_json(["resize", size])
        await tab.send_json(["stdin", "x\n"])
        await drawn(tab, "got x 1 1\r\n")
        other = await opened(site, client, "?width=a&width=7")
        await drawn(other, "24 80")
