"""The arithmetic of the benchmark's growth cases."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from growth import Bound, Growth


def growth_of(bound: Bound, *figures: float) -> Growth:
    growth = Growth("case", "title", "size", ("us",), (bound,))
    for number, figure in enumerate(figures):
        growth.add(str(number), {"us": figure})
    return growth


def test_growth_is_from_the_least_earlier_figure() -> None:
    assert Bound("us", 1.1).growth([10, 8, 12, 9]) == 1.5
    assert Bound("us", 2, "more").growth([10, 8, 12, 9]) == 4


def test_falling_figures_have_not_grown() -> None:
    assert Bound("us", 1.1).growth([10, 8, 7]) == 1
    assert Bound("us", 2, "more").growth([10, 8, 7]) == 0


def test_ratio_is_bound_as_it_is() -> None:
    assert Bound("us", 1.1, "is").growth([1.05, 0.9, 1.01]) == 1.05


def test_rows_before_the_first_do_not_count() -> None:
    assert Bound("us", 2, "more", first=1).growth([1, 10, 11]) == 1


def test_broken_bound_is_told() -> None:
    assert growth_of(Bound("us", 1.1), 10, 11).verdicts() == [(True, "case: us grows times 1.10, at most 1.10")]
    assert growth_of(Bound("us", 1.1), 10, 12).verdicts() == [(False, "case: us grows times 1.20, at most 1.10")]
    assert "case: us grows times 1.20" in growth_of(Bound("us", 1.1), 10, 12).table()
