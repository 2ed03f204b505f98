from typing import Any

from numpy import ndarray

from skmoe._typing import Float, Int, Seed

__all__ = ["make_crossing_lines", "make_parity", "make_robot_arm", "make_two_spirals"]

def make_crossing_lines(
    n_samples: Int = 1000, *, random_state: Seed = None
) -> tuple[ndarray[Any, Any], ndarray[Any, Any]]: ...
def make_parity(n_bits: Int = 8) -> tuple[ndarray[Any, Any], ndarray[Any, Any]]: ...
def make_robot_arm(
    n_samples: Int = 20000, *, noise: Float = 0.0, random_state: Seed = None
) -> tuple[ndarray[Any, Any], ndarray[Any, Any]]: ...
def make_two_spirals(
    n_samples: Int = 194, *, noise: Float = 0.0, random_state: Seed = None
) -> tuple[ndarray[Any, Any], ndarray[Any, Any]]: ...
