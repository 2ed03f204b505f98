"""Where the documentation of an estimator or a part is, for the diagrams of scikit-learn."""

from sklearn.base import BaseEstimator

__all__ = ["Linked"]


class Linked(BaseEstimator):
    """What scikit-learn draws with a link to its page in the documentation of skmoe."""

    _doc_link_module = "skmoe"
    _doc_link_template = "https://skmoe.readthedocs.io/en/stable/generated/{page}.html"

    def _doc_link_url_param_generator(self):
        room, _, _ = type(self).__module__.partition("._")
        # Estimators are exported at the top.
        return {"page": f"{room.removesuffix('.estimators')}.{type(self).__name__}"}
