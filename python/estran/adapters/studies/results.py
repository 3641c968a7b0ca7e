"""Results of studies with a schema: as an xarray Dataset, saved as NetCDF or Parquet, and read back from either.

Both files carry the record of the study in the attribute ``estran_study`` (JSON), so that reading gives back the same
Dataset: the same variables, types, units and attributes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from estran import __version__
from estran.catalogue.study import DatasetOut, StudyResult, Variable
from estran.declare import texts_of
from estran.errors import BadParameter, BadProduct, EstranError

if TYPE_CHECKING:
    import xarray as xr

RECORD = "estran_study"
"""The attribute, or the key of Parquet's metadata, that holds the record."""
SCHEMA = 1
"""Version of the record; it changes where a key changes its meaning or goes."""
_EPOCH = "microseconds since 1970-01-01"
_MOST_COLUMNS = 2000


def record_of(result: StudyResult) -> dict[str, Any]:
    """What a result was made of: study, versions, parameters, inputs, failed cases, notes. No time: the same run gives
    the same record.
    """
    study = result.study
    return {
        "schema": SCHEMA,
        "study": study.alias,
        "study_version": study.version,
        "estran": __version__,
        "parameters": texts_of(study),
        "inputs": {name: dict(facts) for name, facts in result.inputs.items()},
        "cases": len(result.keys) + len(result.failed),
        "done": len(result.keys),
        "failed": [{"case": key, "error": sentence} for key, sentence in result.failed.items()],
        "notes": list(result.notes),
    }


def dataset_of(result: StudyResult) -> xr.Dataset:
    """A result as a Dataset: the schema's variables over the cases that are done, the keys of these as a coordinate,
    CF's words for units and uncertainties, the record as an attribute.
    """
    import xarray as xr

    out = result.study.result
    if not isinstance(out, DatasetOut):
        raise EstranError(f"the result of {result.study.alias} is a product, not a dataset")
    axes = result.study.axes()
    coordinates: dict[str, Any] = {
        out.case_dim: ((out.case_dim,), np.array(result.keys, dtype=object), {"long_name": "key of the case"})
    }
    for axis in out.axes:
        values = np.array(axes[axis.name], dtype=object if axis.dtype == "str" else axis.dtype)
        units = {} if axis.dtype == "str" else {"units": axis.unit}
        coordinates[axis.name] = ((axis.name,), values, {"long_name": axis.meaning, **units})
    variables = {}
    for v in out.variables:
        array = result.variables[v.name]
        values = array.astype(object) if v.dtype == "str" else array
        variables[v.name] = ((out.case_dim, *v.dims), values, _attributes(v, out))
    attributes = {
        "title": result.study.label,
        "source": f"Estran {__version__}, estran {result.study.alias}",
        "Conventions": "CF-1.10",
        RECORD: json.dumps(record_of(result)),
    }
    return xr.Dataset(variables, coordinates, attributes)


def _attributes(v: Variable, out: DatasetOut) -> dict[str, Any]:
    beside = " ".join(other.name for other in out.variables if other.uncertainty_of == v.name)
    return {
        "long_name": v.meaning,
        **({"units": v.unit} if v.unit else {}),
        **({"ancillary_variables": beside} if beside else {}),
    }


# ---------------------------------------------------------------- NetCDF


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write the Dataset of a result as NetCDF-4; the same Dataset gives the same bytes."""
    encoding: dict[str, dict[str, Any]] = {}
    for name in dataset.variables:
        values = dataset[name]
        if values.dtype.kind == "M":
            encoding[str(name)] = {"units": _EPOCH, "dtype": "int64", "calendar": "proleptic_gregorian"}
        elif values.dtype.kind == "f":
            encoding[str(name)] = {"_FillValue": np.array(np.nan, values.dtype)[()]}
        elif values.dtype.kind != "O":
            encoding[str(name)] = {"_FillValue": None}
    dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=encoding)


def _read_netcdf(path: Path) -> xr.Dataset:
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="netcdf4", decode_times=False) as opened:
            dataset = opened.load()
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_a_result(path, f"{type(error).__name__}: {error}") from error
    for name in list(dataset.variables):
        values = dataset[name]
        if values.attrs.get("units") == _EPOCH:
            moments = values.values.astype("int64").view("datetime64[us]")
            attributes = {k: v for k, v in values.attrs.items() if k not in ("units", "calendar")}
            dataset[name] = (values.dims, moments, attributes)
        elif values.dtype.kind in "UT":
            dataset[name] = (values.dims, values.values.astype(object), values.attrs)
    return dataset


# ---------------------------------------------------------------- Parquet


def refuse_no_table(out: DatasetOut, path: Path) -> None:
    """Raise :class:`BadParameter` where a result is no table, as Parquet wants it."""
    many = [v.name for v in out.variables if len(v.dims) > 1]
    if many:
        raise BadParameter(
            "the result is no table",
            where=path,
            expected="variables with at most one dimension beside that of the cases",
            found=", ".join(many),
            todo="give a name that ends in .nc",
        )


def write_parquet(dataset: xr.Dataset, path: Path) -> None:
    """Write the Dataset of a result as a table: a row a case, a column a variable; of a variable with an axis a column
    for each of its labels, ``glint_reflectance_B3``.

    Raises
    ------
    BadParameter
        A variable has more axes, there are too many columns, or pyarrow is not installed.
    """
    pyarrow, parquet = need_pyarrow()
    record = json.loads(dataset.attrs[RECORD])
    (case_dim,) = [str(d) for d in dataset.dims if str(d) not in _axes_of(dataset)]
    columns: dict[str, Any] = {case_dim: dataset[case_dim].values}
    layout: dict[str, Any] = {}
    for name, values in dataset.data_vars.items():
        labels = [str(x) for x in dataset[values.dims[1]].values] if values.ndim == 2 else []
        names = [f"{name}_{label}" for label in labels] or [str(name)]
        parts = list(values.values.T) if labels else [values.values]
        columns.update(zip(names, parts, strict=True))
        layout[str(name)] = {"dims": list(values.dims), "columns": names, "attributes": dict(values.attrs)}
    if len(columns) > _MOST_COLUMNS:
        raise BadParameter(
            "the table has too many columns", where=path, expected=f"at most {_MOST_COLUMNS}", found=len(columns)
        )
    held = {
        "record": record,
        "case_dim": case_dim,
        "attributes": {k: v for k, v in dataset.attrs.items() if k != RECORD},
        "layout": layout,
        "axes": {
            str(d): {
                "values": dataset[d].values.tolist(),
                "dtype": str(dataset[d].dtype),
                "attributes": dict(dataset[d].attrs),
            }
            for d in dataset.dims
            if str(d) != case_dim
        },
        "case_attributes": dict(dataset[case_dim].attrs),
    }
    arrays = {name: pyarrow.array(values, from_pandas=False) for name, values in columns.items()}
    units = {n: one["attributes"].get("units", "") for one in layout.values() for n in one["columns"]}
    fields = [
        pyarrow.field(name, array.type, metadata={"units": units.get(name, "")}) for name, array in arrays.items()
    ]
    schema = pyarrow.schema(fields, metadata={RECORD: json.dumps(held)})
    parquet.write_table(pyarrow.Table.from_arrays(list(arrays.values()), schema=schema), path)


def _axes_of(dataset: xr.Dataset) -> set[str]:
    """Dimensions that are second in some variable."""
    return {str(d) for values in dataset.data_vars.values() for d in values.dims[1:]}


def _read_parquet(path: Path) -> xr.Dataset:
    import xarray as xr

    pyarrow, parquet = need_pyarrow()
    try:
        table = parquet.read_table(path)
        held = json.loads(table.schema.metadata[RECORD.encode()])
    except (OSError, ValueError, KeyError, TypeError, pyarrow.ArrowException) as error:
        raise _not_a_result(path, type(error).__name__) from error
    case_dim = held["case_dim"]
    coordinates: dict[str, Any] = {
        case_dim: ((case_dim,), np.array(table[case_dim].to_pylist(), object), held["case_attributes"])
    }
    for name, axis in held["axes"].items():
        coordinates[name] = ((name,), np.array(axis["values"], axis["dtype"]), axis["attributes"])
    variables = {}
    for name, one in held["layout"].items():
        parts = [_column(table[c]) for c in one["columns"]]
        variables[name] = (one["dims"], np.stack(parts, 1) if len(one["dims"]) == 2 else parts[0], one["attributes"])
    return xr.Dataset(variables, coordinates, {**held["attributes"], RECORD: json.dumps(held["record"])})


def _column(column: Any) -> Any:
    values = column.combine_chunks().to_numpy(zero_copy_only=False)
    return values.astype(object) if values.dtype.kind in "UOT" else values


def need_pyarrow() -> tuple[Any, Any]:
    """pyarrow and its Parquet module, or :class:`BadParameter` where they are not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise BadParameter(
            "Parquet needs the package pyarrow",
            todo="pip install 'estran[parquet]', or give a name that ends in .nc",
        ) from error
    return pyarrow, pyarrow.parquet


# ---------------------------------------------------------------- reading back


def read_result(path: Path) -> xr.Dataset:
    """A result of a study as it was written, in memory.

    Parameters
    ----------
    path
        The file (.nc, .parquet), or the folder with its report.

    Raises
    ------
    BadProduct
        It is no result of a study, or damaged.
    """
    path = Path(path)
    if path.is_dir():
        found = sorted(path.glob("*.nc"))
        if len(found) != 1:
            raise _not_a_result(path, f"{len(found)} files .nc")
        path = found[0]
    if not path.is_file():
        raise BadProduct("the result of a study is not there", where=path)
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    dataset = _read_parquet(path) if is_parquet else _read_netcdf(path)
    if RECORD not in dataset.attrs:
        raise _not_a_result(path, "no record of a study")
    return dataset


def read_record(dataset: xr.Dataset) -> Mapping[str, Any]:
    """The record of a result that was read: study, versions, parameters, inputs, failed cases, notes."""
    record: Mapping[str, Any] = json.loads(dataset.attrs[RECORD])
    return record


def _not_a_result(path: Path, found: str) -> BadProduct:
    return BadProduct(
        "the file is no result of a study",
        where=path,
        expected="what a study of Estran has written, .nc or .parquet",
        found=" ".join(found.split())[:200],
    )
