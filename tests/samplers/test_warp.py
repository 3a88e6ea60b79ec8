import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.samplers.warp import Warp

finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=200, deadline=None)
@given(losses=st.lists(finite, min_size=1, max_size=40))
def test_order_is_kept_and_all_numbers_are_finite(losses: list[float]) -> None:
    ordered = np.sort(np.array(losses))
    warped = Warp(ordered)(ordered)
    assert np.isfinite(warped).all()
    assert (np.diff(warped) >= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_skewed_losses_come_out_about_standard_normal(seed: int) -> None:
    losses = np.exp(np.random.default_rng(seed).normal(0, 2, 200))
    warped = Warp(losses)(losses)
    assert abs(warped.mean()) < 1e-9
    assert warped.std() == pytest.approx(1.0)
    assert abs((warped**3).mean()) < 1.0


def test_one_terrible_loss_does_not_blur_the_others() -> None:
    losses = np.append(np.linspace(0, 1, 30), 1e12)
    warped = Warp(losses)(losses)
    assert np.ptp(warped[:-1]) > 1.0


def test_uncertainty_is_measured_on_the_warped_scale() -> None:
    losses = np.linspace(0, 10, 50)
    warp = Warp(losses)
    certain, uncertain = warp.variances(np.array([5.0, 5.0]), np.array([0.0, 1.0]))
    assert certain == 0.0
    assert uncertain == pytest.approx(((warp(np.array([6.0])) - warp(np.array([4.0])))[0] / 2) ** 2)
