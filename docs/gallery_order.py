"""The order in which the gallery teaches."""

from sphinx_gallery.sorting import FileNameSortKey

SECTIONS = ["gates", "experts", "trust", "applications", "scale", "coming"]

_EXAMPLES = [
    "quickstart",
    "pipeline_grid_search",
    "choose_n_experts",
    "gates_side_by_side",
    "hierarchical",
    "sparse_routing",
    "count_data",
    "rates_with_exposure",
    "repeated_measurements",
    "ordinal_answers",
    "robust",
    "neural_experts",
    "trees_as_experts",
    "inference",
    "predictive_distribution",
    "healthcare_heterogeneity",
    "images_digits",
    "text_classification",
    "recommendation",
    "em_or_gradient",
    "streaming",
    "large_data",
    "from_flexmix",
    "from_lightgbm",
]


class Teaching(FileNameSortKey):
    """Every example after those that it builds on; others, by name, after them."""

    def __call__(self, filename):
        """What files are sorted by."""
        name = filename.removeprefix("plot_").removesuffix(".py")
        place = _EXAMPLES.index(name) if name in _EXAMPLES else len(_EXAMPLES)
        return f"{place:03} {name}"
