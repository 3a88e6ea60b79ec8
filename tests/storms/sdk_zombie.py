"""A user's script that trains for ever in two trials, of which one reports. Run as ``python sdk_zombie.py URL STUDY``.

At a line of input it tells its results, and says what came of that.
"""

import json
import sys
import threading

import tuner
from tuner.errors import LeaseLost


def main(url: str, study_id: str) -> None:
    with tuner.Client(url) as client:
        study = client.get_study(study_id)
        silent, talking = (study.ask(lease_seconds=2) for _ in range(2))
        is_over = threading.Event()

        def talk() -> None:
            step = 0
            while not is_over.wait(0.2) and not talking.report(step, 0.5):
                step += 1

        talker = threading.Thread(target=talk)
        talker.start()
        say([silent.number, talking.number])
        sys.stdin.readline()
        say([outcome(silent), outcome(talking)])
        is_over.set()
        talker.join()


def outcome(trial: tuner.Trial) -> str:
    try:
        trial.tell(-1.0)
    except LeaseLost:
        return "lost"
    return "told"


def say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


main(*sys.argv[1:])
