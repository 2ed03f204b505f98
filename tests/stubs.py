"""Stub files of the public modules, which tell type checkers what docstrings and signatures say.

    python tests/stubs.py    # writes skmoe/**/*.pyi anew; needs ruff

Types are written once, in docstrings. A type that is not understood here is an error: put it in
words that are, or add it to WORDS. Parameters without an entry in a docstring may be anything.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

from sklearn.base import BaseEstimator

import skmoe

ROOT = Path(skmoe.__file__).parent
ROOMS = "datasets distribution experts families gates inference inspection model_selection".split()
ROOMS += "readers solvers testing dask".split()
MODULES = ["skmoe", *(f"skmoe.{room}" for room in ROOMS)]

SKLEARN = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "TransformerMixin"]
# Where names come from that are neither built in nor public names of skmoe.
SOURCES = {
    "typing": ["Any", "Literal", "NamedTuple", "Self", "overload"],
    "collections.abc": ["Callable", "Iterable", "Iterator", "Mapping", "Sequence"],
    "os": ["PathLike"],
    "numpy": ["ndarray"],
    "matplotlib.axes": ["Axes"],
    "matplotlib.figure": ["Figure"],
    "pandas": ["DataFrame"],
    "sklearn.base": SKLEARN,
    "skmoe._typing": "Array Columns Fittable Float Int Reader Seed Values".split(),
    "skmoe.estimators._classifier": ["Uncertainty"],
    "skmoe.inference._standard_errors": ["Term"],
}

# Phrases with commas or "or" inside, before a type is taken apart.
PHRASES = {
    "list of names, positions or booleans": "Columns",
    "list of one or two of these": "features",
    "list of those": "sources",
    "int, RandomState instance or None": "Seed",
    "{array-like, sparse matrix}": "array-like",
    "str (or int)": "label",
    "list of (str, expert) tuples": "experts",
    "dask array, Series or DataFrame": "far",
    "dask array or DataFrame": "far",
    "dask array or Series": "far",
    "array-like that broadcasts against the rows": "array-like",
    "a mixture with a HierarchicalGate": "estimator",
}
WORDS = {
    "None": "None",
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
    "slice": "slice",
    "path": "PathLike[str]",
    "list": "list[Any]",
    "dict": "dict[str, Any]",
    "label": "str | int",
    "callable": "Callable[..., Any]",
    # Rows and columns.
    "array": "Array",
    "array of int": "Array",
    "array-like": "Values",
    "reader": "Reader",
    "Columns": "Columns",
    "features": "Sequence[int | str]",
    "sources": "Sequence[str | PathLike[str]]",
    "pandas.DataFrame": "DataFrame",
    # Parts and estimators.
    "experts": "Sequence[tuple[str, str | Expert | Fittable]]",
    "fitted mixture": "MoERegressor | MoEClassifier",
    "Pipeline": "Fittable",
    "estimator instance": "Self",
    "object": "Self",
    # What remains.
    "RandomState": "Seed",
    "Seed": "Seed",
    "Term": "Term",
    "Uncertainty": "Uncertainty",
    "Axes": "Axes",
    "matplotlib Axes": "Axes",
    "matplotlib Figure": "Figure",
}
# What may be anything: what private rooms and libraries that may be missing have, say.
OPAQUE = re.compile(
    r"Any|Part|far|gate|expert|family|solver|classifier|regressor|estimator"
    r"|cross-validation splitter|Blocks|HeldOut|Mixture|Networks|Scaling|Ties"
    r"|distributed\.Client|matplotlib \w+|polars\.\w+|pyarrow\.[\w.]+"
)
# What a user may give where a docstring says so: a number of NumPy, say, for an int.
GIVEN = {
    "int": "Int",
    "float": "Float",
    "label": "str | Int",
    "list": "Sequence[Any]",
    "dict": "Mapping[Any, Any]",
    "features": "Sequence[Int | str]",
    "gate": "Gate",
    "expert": "Expert",
    "family": "Family",
    "solver": "Solver",
    "classifier": "Fittable",
    "regressor": "Fittable",
    "estimator": "Fittable",
}
MANY = dict.fromkeys(["list", "tuple", "sequence"], "Sequence[{}]") | {"iterable": "Iterable[{}]"}
MANY_ANSWERED = MANY | {"list": "list[{}]", "tuple": "tuple[{}, ...]"}

PUBLIC = {
    name: module
    for module in MODULES
    for name in importlib.import_module(module).__all__
    if inspect.isclass(getattr(importlib.import_module(module), name))
}


# -- from words to types ---------------------------------------------------------------------------


def annotation(text, given=False):
    """The type that a docstring tells in words, of what is given to skmoe or of what it answers."""
    text = re.sub(r",? default=.*$", "", " ".join(text.split()))
    text = text.replace(" of the same shape", "")
    group = r"\((?:[^()]|\([^()]*\))*\)"
    text = re.sub(rf" of shape {group}(?: or {group})*", "", text)
    for phrase, word in PHRASES.items():
        text = text.replace(phrase, word)
    parts = re.findall(r"\{[^}]*\}|(?:[^,{]|,(?! ))+", text)
    parts = [own for part in parts for own in re.split(r"\bor\b", part)]
    kinds = dict.fromkeys(one(part.strip(), given) for part in parts if part.strip())
    return " | ".join(sorted(kinds, key=lambda kind: kind == "None"))


def one(text, given):
    """The type of one alternative."""
    if text.startswith("{"):
        return f"Literal[{text[1:-1]}]"
    if text.startswith('"'):
        return f"Literal[{text}]"
    if given and text in GIVEN:
        return GIVEN[text]
    if text in WORDS:
        return WORDS[text]
    if text in PUBLIC:
        return text
    if OPAQUE.fullmatch(text):
        return "Any"
    if re.fullmatch(r"ndarray( of .*)?", text):
        return "ndarray[Any, Any]"
    if match := re.fullmatch(r"dict of (.*) to (.*)", text):
        kind = "Mapping" if given else "dict"
        return f"{kind}[{one(match[1], False)}, {one(match[2], given)}]"
    if match := re.fullmatch(r"dict of (.*)", text):
        return f"dict[str, {one(match[1], given)}]"
    if match := re.fullmatch(r"(list|sequence|iterable|tuple) of (?:two )?(.*)", text):
        inside = one(match[2], given)
        return (MANY if given else MANY_ANSWERED)[match[1]].format(inside)
    raise ValueError(f"The type {text!r} is not understood. Word it otherwise, or add it to WORDS.")


def told(text, title):
    """Types of the entries of a section of a docstring by name, and what is said of them."""
    sections = re.split(r"^(\w[\w ]*)\n-{3,}\n", text or "", flags=re.MULTILINE)
    if title not in sections[1::2]:
        return {}
    body = sections[sections.index(title) + 1]
    found = {}
    for head, rest in re.findall(r"^(\S.*)\n((?:[ \n].*\n?|\n)*)", body + "\n", re.MULTILINE):
        names, _, kind = head.rpartition(" : ")
        kinds = kind.split(" and ") if ", " in names else [kind]
        names = [name.strip("*") for name in names.split(", ")]
        kinds = kinds if len(kinds) == len(names) else [kind] * len(names)
        found |= {name: (own, rest) for name, own in zip(names, kinds)}
    return found


# -- from objects to stubs -------------------------------------------------------------------------


def parameter(own, types):
    """One parameter with its type and default."""
    if own.name in ("self", "cls"):
        return own.name
    star = {own.VAR_POSITIONAL: "*", own.VAR_KEYWORD: "**"}.get(own.kind, "")
    kind = annotation(types[own.name][0], given=True) if own.name in types and not star else "Any"
    if own.default is own.empty:
        return f"{star}{own.name}: {kind}"
    if own.default is None and kind != "Any" and "None" not in kind and kind != "Seed":
        kind += " | None"
    simple = own.default is None or isinstance(own.default, (str, int, float, tuple))
    default = repr(own.default) if simple else "..."
    return f"{own.name}: {kind} = {default}"


def function(name, own, doc=None, decorator=""):
    """A function or method."""
    doc = inspect.getdoc(own) if doc is None else doc
    types, parameters = told(doc, "Parameters"), inspect.signature(own).parameters
    answer = returned(name, doc)
    if not takes_readers(own):
        return signature(name, parameters.values(), types, answer, decorator)
    # Of a reader, which brings y along, an answer for every batch.
    brought = [each for key, each in parameters.items() if key != "y"]
    brought = brought[:2] + [each.replace(kind=each.KEYWORD_ONLY) for each in brought[2:]]
    reading = {**types, "X": ("reader", "")}
    head = f"@overload\n{decorator}"
    return "\n".join(
        [
            signature(name, parameters.values(), types, answer, head),
            signature(name, brought, reading, f"Iterator[{answer}]", head),
        ]
    )


def takes_readers(own):
    """Whether a method is one of those that `by_batch` has made."""
    while own is not None:
        if getattr(own, "__code__", None) and own.__code__.co_qualname.startswith("by_batch."):
            return True
        own = getattr(own, "__wrapped__", None)
    return False


def signature(name, parameters, types, answer, decorator):
    """One way to call a function."""
    parts, starred = [], False
    for each in parameters:
        if each.kind == each.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred |= each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        parts.append(parameter(each, types))
    return f"{decorator}def {name}({', '.join(parts)}) -> {answer}: ..."


def returned(name, doc):
    """The type of an answer; anything where it depends on what was asked, or is not told."""
    if name == "__init__":
        return "None"
    answers = list(told(doc, "Returns").values())
    if not answers:
        return "Any"
    kinds = [annotation(kind) for kind, _ in answers]
    if len(kinds) == 1:
        return kinds[0]
    if any("Only if" in text for _, text in answers):
        return "Any"
    return f"tuple[{', '.join(kinds)}]"


def request(name, own):
    """A method of scikit-learn's that says which columns a meta-estimator hands on."""
    names = [key for key in inspect.signature(own).parameters if key != "self"]
    words = ", ".join(f"{key}: bool | str | None = ..." for key in names)
    return f"def {name}(self, *, {words}) -> Self: ..."


def member(cls, name, attributes):
    """A public attribute or method of a class."""
    held, own = inspect.getattr_static(cls, name), getattr(cls, name)
    if name.startswith("set_") and name.endswith("_request"):
        return request(name, own)
    if isinstance(held, property):
        kind = returned(name, inspect.getdoc(held))
        kind = annotation(attributes[name][0]) if name in attributes else kind
        return f"@property\ndef {name}(self) -> {kind}: ..."
    if isinstance(held, classmethod):
        return function(name, held.__func__, decorator="@classmethod\n")
    if isinstance(held, staticmethod):
        return function(name, own, decorator="@staticmethod\n")
    if callable(own) and not inspect.isclass(own):
        return function(name, own)
    if name in attributes:
        return f"{name}: {annotation(attributes[name][0])}"
    known = type(own).__name__ if type(own) in (bool, int, float, str) else "Any"
    return f"{name}: {known}"


def bases(cls):
    """The nearest public bases: of skmoe, or those that scikit-learn knows estimators by."""
    known = [
        own
        for own in cls.__mro__[1:]
        if own.__name__ in (PUBLIC if own.__module__.startswith("skmoe") else SKLEARN)
    ]
    return [own for own in known if not any(own in other.__mro__[1:] for other in known)]


def is_told(cls, name, above):
    """Whether a class has a public name of skmoe's that its public bases have not got alike."""
    own = inspect.getattr_static(cls, name)
    others = [base for base in above if hasattr(base, name)]
    if re.fullmatch(r"set_\w+_request", name):
        # Made by scikit-learn of the signatures of skmoe's methods.
        same = [request(name, getattr(base, name)) for base in others]
        return hasattr(cls, "fit") and request(name, getattr(cls, name)) not in same
    owner = next((own for own in cls.__mro__ if name in vars(own)), object)
    # What parts of one's own are written with.
    is_private = name.startswith("_") and name != "_replaced"
    if not owner.__module__.startswith("skmoe") or is_private:
        return False
    if not others or not told(inspect.cleandoc(getattr(own, "__doc__", None) or ""), "Parameters"):
        # Contracts of parts are told with their bases.
        return not others
    return all(member(cls, name, {}) != member(base, name, {}) for base in others)


def settings(cls, above):
    """What estimators and displays keep of what they are made with, under the same names."""
    kept = issubclass(cls, BaseEstimator) or cls.__name__.endswith("Display")
    if not kept or cls.__init__ is object.__init__:
        return []
    types = told(inspect.getdoc(cls), "Parameters")
    every = [own for own in inspect.signature(cls).parameters.values() if own.name in types]
    lines = [parameter(own, types).partition(" = ")[0] for own in every]
    return [line for line in lines if not any(line in settings(base, ()) for base in above)]


def class_stub(cls):
    """A class with what its public bases have not got, or have otherwise."""
    every = bases(cls)
    above = [base for base in every if base.__module__.startswith("skmoe")]
    doc, fields = inspect.getdoc(cls), getattr(cls, "_fields", ())
    attributes, known = told(doc, "Attributes"), {}
    for base in above:
        known |= told(inspect.getdoc(base), "Attributes")
    lines = []
    for name, (kind, _) in attributes.items():
        if name in fields or (not hasattr(cls, name) and known.get(name, ("",))[0] != kind):
            default = " = ..." if name in getattr(cls, "_field_defaults", ()) else ""
            lines.append(f"{name}: {annotation(kind)}{default}")
    if "__init__" in {key for own in cls.__mro__[:-1] for key in vars(own)} and not fields:
        lines.append(function("__init__", cls.__init__, doc))
    if "__call__" in {key for own in cls.__mro__ for key in vars(own)}:
        lines.append(function("__call__", cls.__call__))
    lines += settings(cls, above)
    if not above and any(base.__name__ == "CallbackSupportMixin" for base in cls.__mro__):
        # From scikit-learn 1.9 on.
        lines.append("def set_callbacks(self, *callbacks: Any) -> Self: ...")
    names = [name for name in dir(cls) if name not in {*fields, *known}]
    lines += [member(cls, name, attributes) for name in names if is_told(cls, name, above)]
    heads = ["NamedTuple"] if fields else [base.__name__ for base in every]
    return f"class {cls.__name__}({', '.join(heads)}):\n" + indented("\n".join(lines) or "...")


def indented(text):
    return "\n".join(f"    {line}" for line in text.splitlines())


def stub(module):
    """The text of the stub file of a module."""
    room = importlib.import_module(module)
    body = "\n\n".join(public(name, getattr(room, name)) for name in room.__all__)
    named = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    homes = PUBLIC | {name: source for source, known in SOURCES.items() for name in known}
    names = sorted(named & set(homes))
    imports = [f"from {homes[name]} import {name}" for name in names if homes[name] != module]
    if module == "skmoe":
        rooms = [name for name in dir(skmoe) if name not in skmoe.__all__]
        imports += [f"from . import {name} as {name}" for name in rooms]
    return "\n".join([*imports, f"__all__ = {list(room.__all__)!r}", body]) + "\n"


def public(name, own):
    """A public name of a module."""
    if inspect.isclass(own):
        return class_stub(own)
    if callable(own):
        return function(name, own)
    return f"{name}: {'str' if isinstance(own, str) else 'list[Any]'}"


def file(module):
    """Where the stub file of a module is: beside its code."""
    own = ROOT.joinpath(*module.split(".")[1:])
    return own / "__init__.pyi" if own.is_dir() else own.with_suffix(".pyi")


def main():
    for module in MODULES:
        file(module).write_text(stub(module), encoding="utf-8")
    files = [str(file(module)) for module in MODULES]
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--select", "I", "--fix", *files], check=True)
    subprocess.run([*ruff, "format", "--quiet", *files], check=True)


if __name__ == "__main__":
    main()
