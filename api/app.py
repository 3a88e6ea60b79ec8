"""The application, put together."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api import problems
from api.description import describe
from api.gateway import Gateway
from api.page import Page, PageRoute
from api.problems import ProblemMiddleware
from api.routes import ROUTERS
from api.security import GuardMiddleware, VersionMiddleware
from api.settings import ApiSettings
from tuner import __version__
from tuner.engine import Engine


def create_app(engine: Engine, settings: ApiSettings, page: Page | None = None) -> FastAPI:
    """The ASGI application over an open engine. The caller closes the engine.

    Args:
        engine: Answers all requests.
        settings: Key, hosts and limits.
        page: The dashboard; by default what the build has left.
    """
    page = page or Page()
    app = FastAPI(
        title="tuner",
        version=__version__,
        summary="Hyperparameter tuning and automatic model selection.",
        # Their pages load scripts from elsewhere; the description itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Nobody has set them up, and looking for that at each request costs as much as storing a report.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(VersionMiddleware, version=__version__),
            Middleware(ProblemMiddleware),
            Middleware(GuardMiddleware, settings=settings, page=page),
        ],
    )
    app.state.settings = settings
    app.state.gateway = Gateway(engine, settings)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(PageRoute(page))
    describe(app)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
