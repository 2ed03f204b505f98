"""Configuration of the documentation: ``python -m sphinx docs docs/_build/html``."""

import os
import sys
import tomllib
from pathlib import Path

import skmoe

sys.path.insert(0, str(Path(__file__).parent))
from gallery_order import SECTIONS

project = "skmoe"
author = "the skmoe developers"
copyright = f"2026, {author}"
version = release = skmoe.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb", "auto_examples/*.py"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_enable_extensions = ["dollarmath"]
default_role = "code"

# Templates list the methods of a class, inherited ones too, but not the plumbing of scikit-learn or
# of tuples. What all gates, say, have in common stands on the page of their base only.
templates_path = ["_templates"]
_ROUTED = "fit partial_fit predict predict_proba predict_log_proba score split transform".split()
_BASES = [skmoe.gates.Gate, skmoe.experts.Expert, skmoe.families.Family, skmoe.solvers.Solver]
autosummary_context = {
    "plumbing": ["__init__", "get_metadata_routing", "set_callbacks", "count", "index"]
    + [f"set_{name}_request" for name in _ROUTED],
    "bases": {base.__module__.removesuffix("._base"): base.__name__ for base in _BASES},
    "contract": sorted({name for base in _BASES for name in dir(base)}),
}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Links to other projects need their inventories from the network: without it, build with
# SKMOE_DOCS_OFFLINE=1 and those links become plain code.
if not os.environ.get("SKMOE_DOCS_OFFLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_timeout = 10
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }
else:
    # Docstrings inherited from scikit-learn refer to its glossary.
    suppress_warnings = ["ref.ref", "ref.term"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("skmoe",),
    "reference_url": {"skmoe": None},
    "backreferences_dir": "generated/backreferences",
    "show_memory": False,
    "remove_config_comments": True,
    "subsection_order": [f"../examples/{name}" for name in SECTIONS],
    "within_subsection_order": "gallery_order.Teaching",
}

# Pictures of the guide are drawn by the scripts of figures/ while the pages are built.
plot_formats = ["svg"]
plot_html_show_source_link = plot_html_show_formats = False

# Methods without the name of their class, which would not fit beside a page.
toc_object_entries_show_parents = "hide"
# What is copied from a block of code is what is typed, without prompts and answers.
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = "skmoe"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = html_logo = "_static/logo.svg"  # drawn by logo.py
pyproject = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())
source = pyproject["project"]["urls"]["Source"]
html_context = dict(zip(("github_user", "github_repo"), source.split("/")[-2:]))
html_context |= {"github_version": "main", "doc_path": "docs"}
# Pages of no chapter have nothing to list beside them, and the gallery shows all that it has.
_ALONE = ["getting_started", "notation", "performance", "changelog", "auto_examples/index"]
html_sidebars = {page: [] for page in _ALONE}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "logo": {"text": "skmoe", "alt_text": ""},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "icon_links": [
        {"name": "Source", "url": source, "icon": "fa-brands fa-github"},
        {"name": "PyPI", "url": "https://pypi.org/project/skmoe/", "icon": "fa-brands fa-python"},
    ],
    "use_edit_page_button": True,
    # Pages that are made from the code and from examples cannot be edited as pages.
    "secondary_sidebar_items": {
        "*": ["page-toc", "edit-this-page"],
        "user_guide/*": ["page-toc", "edit-this-page"],
        "extending/*": ["page-toc", "edit-this-page"],
        "generated/*": ["page-toc"],
        "auto_examples/**": ["page-toc", "sg_download_links", "sg_launcher_links"],
    },
}
