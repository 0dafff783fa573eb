"""The kill switch at its doors: it acts, is explained afterwards, and counts down in `status`."""

from datetime import timedelta

from tests.bench import Bench
from tests.console.api.conftest import BOT, Api


async def test_it_acts_without_a_reason_and_takes_one_afterwards(api: Api, bench: Bench) -> None:
    set_ = (await api.post("/freezes", {"scope": "global"}, person="anna")).json()
    explained = await api.post("/freezes/reason", {"scope": "global", "reason": "an outage"}, person="anna")
    assert (set_["scope"], set_["reason"], set_["left"], set_["held"]) == ("global", "", "1h", [])
    assert (explained.json()["reason"], explained.json()["until"]) == ("an outage", set_["until"])


async def test_status_counts_down_and_names_everybody_who_wants_it(api: Api, bench: Bench) -> None:
    await api.post("/freezes", {"scope": "global", "lasts_s": 7200}, person="anna")
    second = (await api.post("/freezes", {"scope": "global", "lasts_s": 7200}, person="tom")).json()
    await bench.later(timedelta(minutes=19, seconds=30))
    [told] = (await api.get("/status")).json()["frozen"]
    assert (told["left"], told["by"], told["until"]) == ("1h40m30s", ["anna", "tom"], second["wanted"])


async def test_alone_it_says_how_long_it_was_wanted(api: Api) -> None:
    alone = (await api.post("/freezes", {"scope": "global", "lasts_s": 7200}, person="anna")).json()
    assert alone["wanted"] > alone["until"]


async def test_no_sensor_freezes(api: Api) -> None:
    refused = await api.post("/freezes", {"scope": "global"}, token=BOT)
    assert (refused.status_code, refused.json()["title"]) == (403, "`siem-bot` is a bot, and freezing takes a person")
