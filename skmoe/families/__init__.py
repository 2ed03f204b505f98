"""Families: how the target scatters around an expert's prediction."""

from ._base import Family
from ._bernoulli import Bernoulli
from ._beta import Beta
from ._binomial import Binomial, Multinomial
from ._categorical import Categorical
from ._gamma import Gamma
from ._gaussian import Gaussian
from ._inverse_gaussian import InverseGaussian
from ._laplace import Laplace
from ._lognormal import LogNormal
from ._negative_binomial import NegativeBinomial
from ._ordinal import Ordinal
from ._poisson import Poisson
from ._student_t import StudentT
from ._tweedie import Tweedie
from ._weibull import Weibull

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Family",
    "Gamma",
    "Gaussian",
    "InverseGaussian",
    "Laplace",
    "LogNormal",
    "Multinomial",
    "NegativeBinomial",
    "Ordinal",
    "Poisson",
    "StudentT",
    "Tweedie",
    "Weibull",
]

NAMES = {
    "gaussian": Gaussian,
    "student_t": StudentT,
    "laplace": Laplace,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "gamma": Gamma,
    "lognormal": LogNormal,
    "weibull": Weibull,
    "inverse_gaussian": InverseGaussian,
    "tweedie": Tweedie,
    "bernoulli": Bernoulli,
    "beta": Beta,
    "binomial": Binomial,
    "multinomial": Multinomial,
}
