"""Hundreds of clients ask at the same instant, of two replicas."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.storms.caller import Body, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study

NUM_CLIENTS = 256
NUM_TRIALS = 1_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_kind", "num_replicas"), [("sqlite", 1), ("postgres", 2)], indirect=["database_kind"]
)
def test_a_budget_is_handed_out_exactly(start_server: StartServer, database_url: str, num_replicas: int) -> None:
    urls = [start_server(database_url).url for _ in range(num_replicas)]
    with Caller(urls) as caller:
        study = create_study(caller, "burst", budget={"trials": NUM_TRIALS})
        path = f"/v1/studies/{study}"
        together = threading.Barrier(NUM_CLIENTS)
        leases: list[Body] = []

        def ask_until_exhausted(index: int) -> int:
            """Ask until there is nothing more; how often there was something."""
            body = {"worker": f"client-{index}", "lease_seconds": 3600.0}
            with Caller(urls, seed=index) as own:
                own.json("GET", path)
                together.wait(60)
                for turn in range(NUM_TRIALS):
                    reply = own.json("POST", f"{path}/suggest", body, key=f"client-{index}-{turn}")
                    leases.extend(reply["trials"])
                    if not reply["trials"]:
                        return turn
            raise AssertionError("more than the budget")

        with ThreadPoolExecutor(NUM_CLIENTS) as pool:
            shares = list(pool.map(ask_until_exhausted, range(NUM_CLIENTS)))
        assert len(leases) == sum(shares) == NUM_TRIALS
        assert sorted(leased["trial"]["number"] for leased in leases) == list(range(NUM_TRIALS))
        assert max(Counter(leased["lease"] for leased in leases).values()) == 1
        assert max(Counter(leased["trial"]["params"]["x"] for leased in leases).values()) == 1
        assert {leased["trial"]["attempt"] for leased in leases} == {1}
        shown = caller.json("GET", path)
        assert (shown["num_trials"], shown["counts"]["running"]) == (NUM_TRIALS, NUM_TRIALS)
        stored = {trial["number"]: trial["params"] for trial in caller.pages(f"{path}/trials")}
        assert stored == {leased["trial"]["number"]: leased["trial"]["params"] for leased in leases}


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_one_key_is_one_hand_out_whichever_replica_is_asked(start_server: StartServer, database_url: str) -> None:
    urls = [start_server(database_url).url for _ in range(2)]
    num_keys, num_repetitions = 16, 8
    with Caller(urls) as caller:
        study = create_study(caller, "repeated")
        together = threading.Barrier(num_keys * num_repetitions)

        def ask(position: int) -> tuple[str, str]:
            key = f"key-{position % num_keys}"
            with Caller(urls, seed=position) as own:
                own.json("GET", f"/v1/studies/{study}")
                together.wait(60)
                reply = own.json("POST", f"/v1/studies/{study}/suggest", {"worker": "w"}, key=key)
            (leased,) = reply["trials"]
            return key, leased["lease"]

        with ThreadPoolExecutor(num_keys * num_repetitions) as pool:
            replies = list(pool.map(ask, range(num_keys * num_repetitions)))
        assert len(set(replies)) == num_keys
        assert len({lease for _, lease in replies}) == num_keys
        assert caller.json("GET", f"/v1/studies/{study}")["num_trials"] == num_keys
