"""A client over raw HTTP that is frozen while it uploads a file, and does not know what has happened meanwhile.

Run as ``python zombie.py URL STUDY``. Says what it was handed out, then at each line of input tries everything that
only the holder of a lease may do, and says with which statuses that was answered.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator

import httpx

LEASE_SECONDS = 2.0


def main(url: str, study: str) -> None:
    path = f"/v1/studies/{study}"
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        leased = http.post(f"{path}/suggest", json={"worker": "zombie", "lease_seconds": LEASE_SECONDS}).json()
        (held,) = leased["trials"]
        lease, number = held["lease"], held["trial"]["number"]
        trial = f"{path}/trials/{number}"
        threading.Thread(target=keep_alive, args=(url, trial, lease), daemon=True).start()

        def half_at_first() -> Iterator[bytes]:
            yield b"zombie" * 10_000
            say(held)
            sys.stdin.readline()
            yield b"zombie" * 10_000

        headers = {"Tuner-Lease": lease}
        upload = http.put(f"{trial}/attempts/1/artifacts/model.bin", headers=headers, content=half_at_first())
        while True:
            result = {"lease": lease, "state": "completed", "values": {"loss": -1.0}}
            answers = [
                upload,
                http.put(f"{trial}/attempts/1/artifacts/model.bin", headers=headers, content=b"zombie"),
                http.put(f"{trial}/attempts/2/artifacts/model.bin", headers=headers, content=b"zombie"),
                http.post(f"{trial}/report", json={"lease": lease, "step": 0, "value": -1.0}),
                http.post(f"{trial}/report", json={"lease": lease}),
                http.post(f"{trial}/release", json={"lease": lease}),
                http.post(f"{trial}/complete", json=result),
                http.post(f"{trial}/complete", json={"lease": lease, "state": "failed", "failure": "error"}),
            ]
            say([answer.status_code for answer in answers])
            sys.stdin.readline()


def keep_alive(url: str, trial: str, lease: str) -> None:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        while http.post(f"{trial}/report", json={"lease": lease}).is_success:
            time.sleep(LEASE_SECONDS / 4)


def say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


main(*sys.argv[1:])
