"""Families: how the target scatters around an expert's prediction."""

from ._base import Family
from ._bernoulli import Bernoulli
from ._categorical import Categorical
from ._gamma import Gamma
from ._gaussian import Gaussian
from ._laplace import Laplace
from ._negative_binomial import NegativeBinomial
from ._poisson import Poisson
from ._student_t import StudentT

__all__ = [
    "Bernoulli",
    "Categorical",
    "Family",
    "Gamma",
    "Gaussian",
    "Laplace",
    "NegativeBinomial",
    "Poisson",
    "StudentT",
]

NAMES = {
    "gaussian": Gaussian,
    "student_t": StudentT,
    "laplace": Laplace,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "gamma": Gamma,
    "bernoulli": Bernoulli,
}
