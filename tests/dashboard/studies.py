"""Studies whose trials the tests run themselves, so that what is on the screen is known beforehand."""

from __future__ import annotations

from tests.acceptance.service import Body, Service

SPACE = {"version": 1, "parameters": {"x": {"type": "float", "low": 0.0, "high": 1.0}}}


def own_study(service: Service, name: str, **fields: object) -> str:
    """A study that minimises ``loss`` over ``x``, unless ``fields`` say otherwise; its id."""
    usual: Body = {"space": SPACE, "objectives": {"loss": "minimize"}, "sampler": "random", "pruner": "none"}
    return service.create_study(**usual | {"name": name} | fields)


def ask(service: Service, study: str) -> Body:
    """A trial to run, with its lease."""
    (leased,) = service.post(f"/studies/{study}/suggest", {"worker": "w"})["trials"]
    return dict(leased)


def tell(service: Service, study: str, value: float) -> None:
    """Run one more trial, which comes to ``value``."""
    leased = ask(service, study)
    body = {"lease": leased["lease"], "state": "completed", "values": {"loss": value}}
    service.post(f"/studies/{study}/trials/{leased['trial']['number']}/complete", body)


def add(service: Service, study: str, *trials: tuple[Body, float]) -> None:
    """Add completed trials: the parameters and the loss of each."""
    body = {"trials": [{"params": params, "values": {"loss": value}} for params, value in trials]}
    service.post(f"/studies/{study}/trials", body)
