from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.image import Image


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    image = Image(tmp_path_factory.mktemp("image"))
    image.build()
    return image


@pytest.fixture(scope="session")
def files_of_image(image: Image) -> set[Path]:
    """What is installed, before anything has run."""
    return set(image.path("/opt/tuner").rglob("*"))
