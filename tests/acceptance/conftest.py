from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.service import Service
from tests.packaging.installation import Installation, build_wheel, install

SERVICES = pytest.StashKey[list[Service]]()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What a user has: our wheel, installed far from the checkout."""
    folder = tmp_path_factory.mktemp("installation")
    return install(build_wheel(folder), folder / "site")


@pytest.fixture
def new_service(
    installation: Installation, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Service]]:
    """Makes services, each in a folder of its own, and stops what they started."""
    with ExitStack() as stack:

        def make(**options: str | None) -> Service:
            folder = tmp_path / f"service-{len(services)}"
            folder.mkdir()
            service = stack.enter_context(Service(installation, folder, **options))
            services.append(service)
            return service

        services: list[Service] = []
        request.node.stash[SERVICES] = services
        yield make


@pytest.fixture
def service(new_service: Callable[..., Service]) -> Service:
    """A service on SQLite, where a new database is made by the server itself."""
    return new_service()


@pytest.fixture
def either_service(
    new_service: Callable[..., Service],
    installation: Installation,
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Service:
    """A service on each of the databases; PostgreSQL is prepared with ``tuner upgrade``, as its users have to."""
    if database_kind == "sqlite":
        return new_service()
    database_url = request.getfixturevalue("empty_database_url")
    upgrade = installation.run("-m", "tuner.cli", "upgrade", "--database-url", database_url, cwd=tmp_path)
    assert upgrade.returncode == 0, upgrade.stderr
    return new_service(database_url=database_url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show what the processes logged beside what failed."""
    report = yield
    if report.failed:
        report.sections += [section for service in item.stash.get(SERVICES, []) for section in service.logs()]
    return report
