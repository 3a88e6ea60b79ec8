"""One module per resource, each with its ``router``."""

from api.routes import (
    artifacts,
    claims,
    datasets,
    families,
    health,
    live,
    models,
    options,
    schemas,
    session,
    studies,
    trials,
    workers,
)

# Routes are tried one after another: those that every trial needs several times come first.
ROUTERS = (
    trials.hot_router,
    trials.router,
    claims.router,
    models.claims_router,
    models.router,
    live.router,
    studies.router,
    artifacts.router,
    datasets.router,
    families.router,
    options.router,
    schemas.router,
    workers.router,
    session.router,
    health.router,
)
