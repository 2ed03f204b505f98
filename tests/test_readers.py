"""Readers: the same batches each time, of the rows and types of the whole, in little memory."""

import importlib
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from skmoe import MoEClassifier
from skmoe.exceptions import FitWarning
from skmoe.readers import ArrayReader, CSVReader, ParquetReader, PolarsReader

N = 103


@pytest.fixture(scope="module")
def table():
    """Columns of all kinds of numbers, a weight, and targets that are numbers and labels."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "speed": rng.integers(-99, 99, N) / 64,
            "count": rng.integers(0, 9, N),
            "late": rng.random(N) < 0.5,
            "delay": rng.integers(-99, 99, N) / 64,
            "label": rng.choice(["a", "b"], N),
            "times": rng.integers(1, 4, N),
        }
    )
    frame["gaps"] = frame["count"].astype("Int64").mask(np.arange(N) > 60)
    frame["truths"] = frame["late"].astype("boolean").mask(np.arange(N) > 60)
    return frame


FEATURES = ["speed", "count", "late", "gaps", "truths"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, table):
    """The table in files of several row groups, none of which a batch fits, and as text."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "parts").mkdir()
    whole = pa.Table.from_pandas(table, preserve_index=False)
    for part, (start, stop) in enumerate([(0, 40), (40, 40), (40, 103)]):
        rows = whole.slice(start, stop - start)
        pq.write_table(rows, folder / "parts" / f"{part}.parquet", row_group_size=17)
    table.to_csv(folder / "table.csv", index=False)
    return folder


def parquet(folder, **words):
    return ParquetReader(folder / "parts", **words)


def polars(folder, **words):
    return PolarsReader(pl.scan_parquet(folder / "parts" / "*.parquet"), **words)


def polars_slices(folder, **words):
    return Slices(polars(folder, **words))


def csv(folder, **words):
    return CSVReader(folder / "table.csv", **words)


class Slices:
    """A reader of polars where polars cannot stream."""

    def __init__(self, reader):
        self.reader = reader

    def __call__(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.delattr(pl.LazyFrame, "collect_batches", raising=False)
            yield from self.reader()


TABLES = [parquet, polars, polars_slices, csv]


def joined(parts):
    return np.concatenate([np.asarray(part) for part in parts])


@pytest.mark.parametrize("make", TABLES)
def test_batches_are_the_table_with_numbers_as_floats(make, folder, table):
    words = {"columns": FEATURES, "sample_weight": "times", "batch_rows": 25}
    reader = make(folder, target="delay", **words)
    batches = list(reader())
    assert [len(X) for X, y, w in batches] == [25, 25, 25, 25, 3]
    assert all(list(X.columns) == FEATURES for X, y, w in batches)
    X, y, w = zip(*batches)
    assert all(np.asarray(part).dtype == np.float64 for part in X + w)
    np.testing.assert_array_equal(joined(X), table[FEATURES].astype(float).to_numpy())
    np.testing.assert_array_equal(joined(y), table["delay"])
    np.testing.assert_array_equal(joined(w), table["times"])
    again = [part for batch in reader() for part in batch]
    for first, second in zip([part for batch in batches for part in batch], again):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second))


@pytest.mark.parametrize("make", TABLES)
def test_labels_stay_and_targets_may_be_none_or_several(make, folder, table):
    assert joined(y for X, y in make(folder, target="label", batch_rows=40)()).tolist() == list(
        table["label"]
    )
    late = joined(y for X, y in make(folder, target="late", batch_rows=40)())
    assert late.dtype == bool and late.tolist() == table["late"].tolist()
    both = [y for X, y in make(folder, target=["delay", "count"], batch_rows=40)()]
    np.testing.assert_array_equal(joined(both), table[["delay", "count"]])
    for (X,) in make(folder, columns=["count", "speed"])():
        np.testing.assert_array_equal(np.asarray(X), table[["count", "speed"]])
    (batch,) = make(folder, target="delay")()
    assert list(batch[0].columns) == [name for name in table.columns if name != "delay"]


@pytest.mark.parametrize("make", [parquet, polars, csv])
def test_readers_of_tables_can_be_pickled_and_say_what_they_read(make, folder):
    reader = make(folder, target="delay", columns=FEATURES)
    copy = pickle.loads(pickle.dumps(reader))
    for ours, theirs in zip(reader(), copy(), strict=True):
        np.testing.assert_array_equal(np.asarray(ours[0]), np.asarray(theirs[0]))
    assert "target='delay', 5 columns" in repr(copy) and "e(" not in repr(copy).split("(", 1)[1]
    assert copy.n_rows == (N if make is parquet else None)


@pytest.mark.parametrize("make", TABLES)
def test_a_fit_takes_the_batches(make, folder):
    ((X, y, w),) = make(folder, target="late", columns=["speed", "count"], sample_weight="times")()
    moe = MoEClassifier(n_experts=2, max_iter=2, random_state=0)
    with warnings.catch_warnings(action="ignore", category=FitWarning):
        moe.fit(X, y, sample_weight=w)
    assert moe.classes_.tolist() == [False, True]
    assert moe.feature_names_in_.tolist() == ["speed", "count"]


def test_a_filter_looks_at_columns_that_are_not_read(folder, table):
    keep = (table["count"] > 3) & table["late"]
    asked = (pc.field("count") > 3) & pc.field("late")
    reader = parquet(folder, target="delay", columns=["speed"], filter=asked, batch_rows=10)
    X, y = zip(*reader())
    assert [len(part) for part in y[:-1]] == [10] * (len(y) - 1) and reader.n_rows is None
    np.testing.assert_array_equal(joined(X), table.loc[keep, ["speed"]])
    np.testing.assert_array_equal(joined(y), table.loc[keep, "delay"])
    none = parquet(folder, target="delay", columns=["speed"], filter=pc.field("count") > 99)
    assert list(none()) == []


def test_files_come_in_the_order_of_paths_and_those_of_a_list_as_given(folder, table):
    paths = [folder / "parts" / f"{part}.parquet" for part in (2, 0)]
    (batch,) = ParquetReader(paths, columns=["speed"])()
    assert batch[0]["speed"].tolist() == [*table["speed"][40:], *table["speed"][:40]]
    data = ds.dataset(paths, format="parquet")
    (again,) = ParquetReader(data, columns=["speed"])()
    pd.testing.assert_frame_equal(again[0], batch[0])


def test_folders_name_columns_and_files_may_lack_some(tmp_path):
    for year, names in [(2021, ["x", "z"]), (2022, ["x"])]:
        (tmp_path / f"year={year}").mkdir()
        rows = pa.table({name: np.arange(3) + year for name in names})
        pq.write_table(rows, tmp_path / f"year={year}" / "0.parquet")
    ((X,),) = ParquetReader(tmp_path)()
    assert X["year"].tolist() == [2021] * 3 + [2022] * 3
    np.testing.assert_array_equal(X["z"], [2021, 2022, 2023, *[np.nan] * 3])
    ((X,),) = ParquetReader(tmp_path, columns=["year"], filter=pc.field("year") > 2021)()
    assert X["year"].tolist() == [2022] * 3


def test_an_index_that_pandas_has_written_is_no_feature(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index([7, 3], name="row"))
    frame.to_parquet(tmp_path / "x.parquet")
    ((X,),) = ParquetReader(tmp_path / "x.parquet")()
    assert list(X.columns) == ["x"] and X.index.tolist() == [0, 1]
    ((X,),) = ParquetReader(tmp_path / "x.parquet", columns=["row"])()
    assert X["row"].tolist() == [7, 3]


@pytest.mark.parametrize("kind", ["parquet", "polars"])
def test_decimals_large_numbers_and_columns_of_nothing_are_floats(kind, tmp_path):
    money = pa.array([1, 2], pa.int64()).cast(pa.decimal128(24, 2))
    large = pa.array([2**60 + 1, None])
    rows = pa.table({"money": money, "large": large, "none": pa.nulls(2), "y": money})
    rows = rows.append_column("short", pa.array([0.5, 1.5], pa.float32()))
    pq.write_table(rows, tmp_path / "x.parquet")
    source = tmp_path / "x.parquet"
    reader = (
        ParquetReader if kind == "parquet" else lambda *a: PolarsReader(pl.scan_parquet(a[0]), a[1])
    )
    ((X, y),) = reader(source, "y")()
    values = X.to_numpy().astype(float)
    np.testing.assert_array_equal(values, [[1, 2.0**60, np.nan, 0.5], [2, np.nan, np.nan, 1.5]])
    assert np.asarray(y).dtype == np.float64
    assert np.asarray(X["short"]).dtype == np.float32


def test_text_that_changes_its_kind_is_found_and_a_type_helps(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,y\n1,1\n2,2\nmany,b\n")
    reader = CSVReader(path, target="y", batch_rows=2)
    with pytest.raises(ValueError, match=r"x\.csv: rows from 2 on .*many.* dtype="):
        list(reader())
    path.write_text("x,y\n1,1\n2,2\n3,b\n")
    labels = [y.tolist() for X, y in CSVReader(path, target="y", batch_rows=2, dtype={"y": str})()]
    assert labels == [["1", "2"], ["b"]]
    path.write_text("x;y\n1;a\n2;a\n?;7\n")
    reader = CSVReader(path, target="y", batch_rows=2, sep=";", na_values="?")
    (X, _), (X_gap, y_last) = reader()
    assert X["x"].tolist() == [1, 2] and np.isnan(X_gap["x"]).all()
    assert y_last.tolist() == ["7"]


def test_files_without_rows_give_no_batch(tmp_path):
    (tmp_path / "x.csv").write_text("x,y\n")
    pq.write_table(pa.table({"x": [1.0], "y": [1.0]}).slice(1), tmp_path / "x.parquet")
    for reader in [
        CSVReader(tmp_path / "x.csv", "y"),
        ParquetReader(tmp_path / "x.parquet", "y"),
        PolarsReader(pl.scan_parquet(tmp_path / "x.parquet"), "y"),
        Slices(PolarsReader(pl.scan_parquet(tmp_path / "x.parquet"), "y")),
        ArrayReader(np.empty((0, 2)), np.empty(0)),
    ]:
        assert list(reader()) == []


def in_numpy(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


def in_h5py(X, path):
    h5py = pytest.importorskip("h5py")
    return h5py.File(path / "X.h5", "w").create_dataset("X", data=X, chunks=(7, 2))


def in_zarr(X, path):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(str(path / "X.zarr"), shape=X.shape, chunks=(7, 2), dtype=X.dtype)
    stored[:] = X
    return stored


@pytest.mark.parametrize("store", [in_numpy, in_h5py, in_zarr])
def test_arrays_on_disk_are_read_row_by_row(store, tmp_path):
    X = np.random.default_rng(0).standard_normal((N, 3)).astype(np.float32)
    y, w = list(range(N)), pd.Series(np.ones(N), index=np.arange(N)[::-1])
    reader = ArrayReader(store(X, tmp_path), y, w, batch_rows=25)
    assert reader.n_rows == N and repr(reader).endswith(f"of shape ({N}, 3), y, sample_weight)")
    for _ in range(2):
        parts = list(zip(*reader()))
        assert all(isinstance(part, np.ndarray) for kind in parts for part in kind)
        assert [len(part) for part in parts[0]] == [25] * 4 + [3]
        for ours, theirs in zip(parts, (X, y, w)):
            np.testing.assert_array_equal(joined(ours), theirs)
    assert [len(batch) for batch in ArrayReader(X)()] == [1]


def test_slices_of_sparse_arrays_stay_sparse():
    from scipy.sparse import random_array

    X = random_array((9, 4), density=0.5, format="csr")
    parts = [batch for (batch,) in ArrayReader(X, batch_rows=4)()]
    np.testing.assert_array_equal(np.vstack([part.toarray() for part in parts]), X.toarray())


@pytest.mark.parametrize("make", [parquet, polars, csv])
def test_columns_that_cannot_be_are_refused_in_words(make, folder):
    for words, said in [
        ({"target": "dealy"}, "'dealy' .* Did you mean delay"),
        ({"target": "zzz"}, "the columns are speed, count, .* Pass a name"),
        ({"target": "delay", "columns": ["sped"]}, "Did you mean speed"),
        ({"target": "delay", "columns": "speed"}, r"Pass columns=\['speed'\]"),
        ({"target": "delay", "columns": []}, "No column is left for X"),
        ({"target": "delay", "columns": ["speed", "delay"]}, "^delay was given more than once"),
        ({"target": "delay", "sample_weight": "delay"}, "^delay was given more than once"),
        ({"target": ["delay", "delay"]}, "^delay was given more than once"),
        ({"sample_weight": "times"}, "without a target"),
        ({"batch_rows": 0}, "batch_rows=0 was given; an integer of at least 1"),
        ({"batch_rows": 2.5}, "batch_rows=2.5 was given"),
    ]:
        with pytest.raises(ValueError, match=said):
            make(folder, **words)


class Collection:
    """What says of itself, as those of dask do, that it is a graph of tasks."""

    __dask_graph__ = None


def test_sources_that_cannot_be_are_refused_in_words(folder, tmp_path):
    X = np.ones((3, 2))
    for read, said in [
        (lambda: parquet(folder, filter="count > 3"), "pyarrow.compute.field"),
        (lambda: parquet(folder, filter=pc.field("cuont") > 3), "cuont.*These are speed"),
        (lambda: ParquetReader(tmp_path), "holds no Parquet file"),
        (lambda: ParquetReader(ds.dataset(pa.table({"x": [1]}))), "not of Parquet files"),
        (lambda: ParquetReader(3), "source is a int; a path"),
        (lambda: PolarsReader(pl.DataFrame({"x": [1]})), r"frame.lazy\(\)"),
        (lambda: csv(folder, chunksize=3), "chunksize=3 was given.*Pass batch_rows"),
        (lambda: csv(folder, usecols=["speed"]), "Pass columns"),
        (lambda: CSVReader(open), "can be opened anew"),
        (lambda: ArrayReader(X, np.ones(2)), "X has 3 rows, y has 2 rows; as many"),
        (lambda: ArrayReader(X, sample_weight=np.ones(3)), "without a target"),
        (lambda: ArrayReader(np.ones(3)), r"X has the shape \(3,\); 2 dimensions"),
        (lambda: ArrayReader(X, np.ones(3), X), "sample_weight has the shape"),
        (lambda: ArrayReader(pd.DataFrame(X)), "table in memory"),
        (lambda: ArrayReader(X, batch_rows=-1), "batch_rows=-1"),
        *[
            (lambda reader=reader: reader(Collection()), "Collection of dask.*skmoe.dask")
            for reader in (ParquetReader, PolarsReader, CSVReader, ArrayReader)
        ],
        (lambda: ArrayReader(X, Collection()), "y is a Collection of dask"),
    ]:
        with pytest.raises(ValueError, match=said):
            read()
    for reader in (ParquetReader, CSVReader):
        with pytest.raises(FileNotFoundError, match=r"nowhere.*no such file.*Pass the path"):
            reader(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ParquetReader([folder / "parts" / "0.parquet", tmp_path / "nowhere"])


def test_a_library_that_is_not_here_is_named(folder, monkeypatch):
    def without(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", without)
    for make, library in [(parquet, "pyarrow"), (csv, "pandas")]:
        with pytest.raises(ImportError, match=f"pip install {library}"):
            make(folder)
    with pytest.raises(ImportError, match="pip install polars"):
        PolarsReader(None)


def test_readers_and_pictures_are_imported_without_the_libraries():
    code = (
        "import sys\n"
        "names = ['pandas', 'polars', 'pyarrow', 'h5py', 'zarr', 'matplotlib']\n"
        "sys.modules.update(dict.fromkeys(names))\n"
        "import skmoe.inspection\n"
        "from skmoe.readers import ArrayReader\n"
        "print(sum(len(y) for X, y in ArrayReader(np.ones((3, 2)), np.ones(3))()))"
    )
    subprocess.run([sys.executable, "-c", f"import numpy as np\n{code}"], check=True)


ONE_PASS = """
import sys, resource
import pandas, pyarrow.compute as pc
from skmoe.readers import ParquetReader
path, kind = sys.argv[1:]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
def read(path):
    asked = pc.field("x1") > -9 if kind == "filter" else None
    reader = ParquetReader(path, "y", filter=asked)
    rows, most = 0, 0
    for X, y in reader():
        rows, most = rows + len(X), max(most, resident())
    return rows, most
read(path.replace("long", "short"))
start = resident()
rows, most = read(path)
print(rows, most - start)
"""


@pytest.mark.benchmark
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize("group", [100_000, 1_000_000])
@pytest.mark.parametrize("kind", ["all", "filter"])
def test_a_file_of_400_megabytes_is_read_in_less_than_150(kind, group, tmp_path):
    rng = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in [*(f"x{i}" for i in range(12)), "y"]])
    for own, rows in [("long", 4_000_000), ("short", 1_000)]:
        with pq.ParquetWriter(tmp_path / f"{own}.parquet", schema) as writer:
            for _ in range(0, rows, group):
                part = {name: rng.standard_normal(min(rows, group)) for name in schema.names}
                writer.write_table(pa.table(part, schema), row_group_size=group)
    assert (tmp_path / "long.parquet").stat().st_size > 4e8
    done = subprocess.run(
        [sys.executable, "-c", ONE_PASS, str(tmp_path / "long.parquet"), kind],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, more = map(float, done.stdout.split())
    assert rows == 4_000_000
    assert more < 150


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (np.float32([1, 2]), [1e300, 0.1], [1, 2, 1e300, 0.1]),
        ([1, 2], [1.5, np.nan], [1, 2, 1.5, np.nan]),
        (np.int8([1, 2]), [1000, 3], [1, 2, 1000, 3]),
        ([None, None], [1.5, 2.0], [np.nan, np.nan, 1.5, 2.0]),
    ],
)
def test_files_of_several_types_are_read_as_the_widest(first, then, expected, tmp_path):
    for name, values in {"a": first, "b": then}.items():
        pd.DataFrame({"k": values, "y": [0.0, 1.0]}).to_parquet(tmp_path / f"{name}.parquet")
    ((X, _),) = ParquetReader(tmp_path, target="y")()
    np.testing.assert_array_equal(X["k"], expected)


def test_a_file_of_truths_beside_one_of_numbers_is_refused(tmp_path):
    for name, values in {"a": [True, False], "b": [7, 8]}.items():
        pd.DataFrame({"k": values, "y": [0.0, 1.0]}).to_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(ValueError, match=r"b\.parquet has other columns.*k has incompatible types"):
        ParquetReader(tmp_path, target="y")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b,c,y\n1,2,3\n1,2,3\n2,3,4,9\n", "rows from 2 on.*Expected 3 fields in line 4, saw 4"),
        ("b,y\n0,1,1\n1,0,2\n", "more fields than the header has names"),
        ("", "is empty; a header with the names"),
    ],
)
def test_text_that_is_no_table_is_refused(text, message, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        list(CSVReader(path, target="y", batch_rows=2)())


def test_labels_of_hdf5_are_text(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["X"], file["text"], file["bytes"] = np.eye(3), ["a", "b", "a"], np.array([b"a"] * 3)
        for name in ("text", "bytes"):
            ((_, y),) = ArrayReader(file["X"], file[name])()
            assert y[0] == "a"


def test_what_is_no_parquet_or_filtered_before_is_refused_at_once(tmp_path):
    dataset = pytest.importorskip("pyarrow.dataset", reason="pyarrow is not installed")
    pd.DataFrame({"a": [1.0, 2.0], "y": [0.0, 1.0]}).to_parquet(tmp_path / "a.parquet")
    filtered = dataset.dataset(tmp_path).filter(dataset.field("a") > 1)
    with pytest.raises(ValueError, match=r"data set with a filter.*filter= and columns="):
        ParquetReader(filtered, target="y")
    (tmp_path / "b.txt").write_text("rows of flights")
    with pytest.raises(ValueError, match=r"b\.txt cannot be read as Parquet"):
        ParquetReader(tmp_path, target="y")
