"""Client processes: they say that they are ready, wait for a word, run trials, and say what they did.

``python -m benchmarks.own_training.client PLAN`` imports what is needed once and then forks, because starting 32
interpreters on two cores would take longer than the measurement. Connections, threads and samplers are made after the
fork, by each client for itself.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.own_training import workload
from benchmarks.own_training.plan import Outcome, Plan

# Before the measurement, so that connections are open and lazy imports are done.
WARM_UP_TRIALS = 1
PATIENCE_SECONDS = 60.0


@dataclass
class Ran:
    """One trial that was told.

    Args:
        number: Its number.
        last_report: What its last report said, to be found in the storage afterwards.
        num_stops: How often the pruner said to stop. The trial goes on all the same: every trial has all its reports,
            so that trials of different systems are equal work.
    """

    number: int
    last_report: float
    num_stops: int = 0


RunTrial = Callable[[], Ran]


@dataclass
class Client:
    """One client at work."""

    run_trial: RunTrial
    outcome: Outcome = field(default_factory=Outcome)

    def warm_up(self) -> None:
        for _ in range(WARM_UP_TRIALS):
            self._run()

    def work(self, plan: Plan) -> None:
        began = time.perf_counter()
        cpu = time.process_time()
        pause = 0.0 if plan.rate is None else plan.clients / plan.rate
        due = began + random.uniform(0, pause)
        end = began
        while end - began < plan.seconds:
            if pause:
                time.sleep(max(due - time.perf_counter(), 0))
                due += pause
            self.outcome.count += self._run()
            end = time.perf_counter()
        # The last trial ends after the time is up; both count in full, for slow systems as for fast ones.
        self.outcome.seconds = end - began
        self.outcome.cpu_seconds = time.process_time() - cpu

    def _run(self) -> int:
        try:
            ran = self.run_trial()
        except Exception as error:
            # A client that goes on with its next trial is what a user would write; the failure is counted and shown.
            self.outcome.num_errors += 1
            self.outcome.error = f"{type(error).__name__}: {error}"[:300]
            return 0
        self.outcome.numbers.append(ran.number)
        self.outcome.checksum += ran.last_report
        self.outcome.num_stops += ran.num_stops
        return 1


def main() -> None:
    """Fork the clients of the plan on the command line and speak for all of them."""
    plan = Plan.from_json(sys.argv[1])
    connect = _KINDS[plan.kind](plan)
    go_read, go_write = os.pipe()
    ready_read, ready_write = os.pipe()
    results: list[int] = []
    pids: list[int] = []
    for index in range(plan.clients):
        result_read, result_write = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(go_write)
            _be_client(plan, index, connect, ready_write, go_read, result_write)
        os.close(result_write)
        results.append(result_read)
        pids.append(pid)
    os.close(ready_write)
    num_ready = 0
    while num_ready < plan.clients and (said := os.read(ready_read, plan.clients)):
        num_ready += len(said)
    print("ready", flush=True)
    if not sys.stdin.readline():
        # Whoever would have given the word is gone. The group is this process and its clients.
        os.killpg(0, signal.SIGKILL)
    # Nobody ever writes to this pipe: its end wakes all clients at once.
    os.close(go_write)
    for result_read in results:
        with os.fdopen(result_read) as lines:
            print(lines.read(), flush=True)
    for pid in pids:
        os.waitpid(pid, 0)


def _be_client(plan: Plan, index: int, connect: Callable[[int], RunTrial], ready: int, go: int, result: int) -> None:
    """All of a child's life; it never returns into the parent's code."""
    try:
        client = Client(connect(index))
        client.warm_up()
        os.write(ready, b".")
        os.read(go, 1)
        client.work(plan)
        text = client.outcome.to_json()
    except BaseException:
        text = Outcome(has_crashed=True, error=traceback.format_exc()[-2000:]).to_json()
        os.write(ready, b".")
    try:
        with os.fdopen(result, "w") as lines:
            lines.write(text)
    finally:
        # Without the parent's exit handlers, which the fork has copied.
        os._exit(0)


def _sdk(plan: Plan) -> Callable[[int], RunTrial]:
    import tuner
    from tuner.client import study as study_module  # noqa: F401  # imported before the fork

    def connect(index: int) -> RunTrial:
        study = tuner.Client(plan.address_of(index)).get_study(workload.STUDY)

        def run_trial() -> Ran:
            trial = study.ask()
            loss = workload.loss(trial.params)
            stops = [trial.report(step=step, value=value) for step, value in enumerate(workload.curve(loss))]
            trial.tell(loss)
            return Ran(trial.number, loss, sum(stops))

        return run_trial

    return connect


def _plain(plan: Plan) -> Callable[[int], RunTrial]:
    import httpx

    def connect(index: int) -> RunTrial:
        http = httpx.Client(base_url=plan.address_of(index), timeout=PATIENCE_SECONDS)
        study = f"/v1/studies/{plan.study}"
        worker = f"client-{index}"

        def post(path: str, body: dict[str, Any]) -> Any:
            return http.post(path, json=body).raise_for_status().json()

        def run_trial() -> Ran:
            asked = {"worker": worker, "count": 1, "wait_seconds": 20.0, "lease_seconds": 60.0}
            leased = post(f"{study}/suggest", asked)["trials"][0]
            trial, lease = leased["trial"], leased["lease"]
            path = f"{study}/trials/{trial['number']}"
            loss = workload.loss(trial["params"])
            num_stops = 0
            for step, value in enumerate(workload.curve(loss)):
                reply = post(f"{path}/report", {"lease": lease, "step": step, "value": value})
                num_stops += reply["directive"] != "continue"
            state = "pruned" if num_stops else "completed"
            values = {workload.OBJECTIVE: loss}
            told = post(f"{path}/complete", {"lease": lease, "state": state, "values": values})
            if told["state"] != state or told["values"] != values:
                raise RuntimeError(f"told {values}, but the reply says {told}")
            return Ran(trial["number"], loss, num_stops)

        return run_trial

    return connect


def _optuna(plan: Plan) -> Callable[[int], RunTrial]:
    import optuna
    import sqlalchemy.dialects.postgresql
    import sqlalchemy.dialects.sqlite  # noqa: F401  # with the line before: imported before the fork

    from benchmarks.own_training.optuna_storage import open_storage

    is_default = plan.sampler == "default"
    state = optuna.trial.TrialState

    def connect(index: int) -> RunTrial:
        study = optuna.load_study(
            study_name=workload.STUDY,
            storage=open_storage(plan.address_of(index)),
            sampler=optuna.samplers.TPESampler() if is_default else optuna.samplers.RandomSampler(),
            pruner=optuna.pruners.MedianPruner() if is_default else optuna.pruners.NopPruner(),
        )

        def run_trial() -> Ran:
            trial = study.ask()
            loss = workload.loss(workload.suggest(trial))
            num_stops = 0
            for step, value in enumerate(workload.curve(loss)):
                trial.report(value, step)
                # Who has no pruner does not ask it.
                if is_default and trial.should_prune():
                    num_stops += 1
            if num_stops:
                study.tell(trial, state=state.PRUNED)
            else:
                study.tell(trial, loss)
            return Ran(trial.number, loss, num_stops)

        return run_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return connect


_KINDS = {"sdk": _sdk, "plain": _plain, "optuna": _optuna}


if __name__ == "__main__":
    main()
