"""Study "predict glint": how bright the sea's glint will be for planned or past observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from estran.catalogue.spec import param
from estran.catalogue.study import (
    Array,
    Axis,
    Case,
    Column,
    DatasetOut,
    Plot,
    Study,
    TableIn,
    Variable,
    check_row,
)
from estran.errors import BadParameter
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2

_OBSERVATIONS = TableIn(
    "observations",
    (
        Column("id", "Name of the observation.", "2024-06-21 T33SVB", kind="text"),
        Column("time", "When it is made, ISO 8601; UTC where no zone is said.", "2024-06-21T09:50:31Z", kind="time"),
        Column("latitude", "North positive.", "35.5", unit="degrees", interval="[-90,90]"),
        Column("longitude", "East positive.", "12.6", unit="degrees", interval="[-180,360]"),
        Column("view_zenith", "From the ground to the sensor.", "9.5", unit="degrees", interval="[0,90)"),
        Column(
            "view_azimuth",
            "From the ground to the sensor, clockwise from true north.",
            "285.0",
            unit="degrees",
            interval="[-180,360]",
        ),
        Column("wind_speed", "At 10 to 12.5 m.", "5.0", unit="m/s", interval="[0,30]"),
        Column(
            "wind_direction",
            "Where the wind comes from, clockwise from true north.",
            "310.0",
            unit="degrees",
            interval="[-360,360]",
            optional=True,
            without="only the isotropic model of slopes can be taken",
        ),
        Column(
            "wind_uncertainty",
            "Standard uncertainty of the wind's speed.",
            "1.5",
            unit="m/s",
            interval="[0,15]",
            optional=True,
            without="the parameter wind_uncertainty holds for all rows",
        ),
    ),
    key="id",
    help="table (CSV) with a row for each observation",
)


@dataclass(frozen=True, kw_only=True)
class PredictGlint(Study):
    """Glint reflectance of each band just above the sea, from geometry and wind, for a table of observations."""

    alias = "predict glint"
    label = "Predict sun glint"
    version = "1.0"
    summary = (
        "From a table of observations (time, place, view, wind) the sun's angles and the sun glint of each Sentinel-2 "
        "band just above the sea, with its spread over the uncertainty of the wind."
    )
    atbd = "predict_glint"
    inputs = (_OBSERVATIONS,)
    result = DatasetOut(
        "observation",
        (
            Variable("time", "time of the observation, UTC", "datetime64[us]", ""),
            Variable("latitude", "latitude, north positive", "float64", "degrees"),
            Variable("longitude", "longitude, east positive", "float64", "degrees"),
            Variable("sun_zenith", "zenith of the sun, without refraction", "float64", "degrees"),
            Variable("sun_azimuth", "azimuth of the sun, clockwise from true north", "float64", "degrees"),
            Variable("incidence", "incidence on the facet that reflects the sun to the sensor", "float64", "degrees"),
            Variable("facet_tilt", "tilt of that facet", "float64", "degrees"),
            Variable("glint_reflectance", "glint just above the sea for the wind given", "float64", "1", ("band",)),
            Variable("glint_mean", "its mean over the uncertainty of the wind", "float64", "1", ("band",)),
            Variable(
                "glint_std",
                "its standard deviation over the uncertainty of the wind",
                "float64",
                "1",
                ("band",),
                uncertainty_of="glint_reflectance",
            ),
        ),
        (Axis("band", "band of Sentinel-2"),),
        (
            Plot(
                "glint",
                "Glint of the observations, with its spread over the wind's uncertainty",
                "time",
                "glint_reflectance",
                "glint_std",
                ("B3", "B8A", "B11"),
            ),
        ),
    )

    platform: Literal["Sentinel-2A", "Sentinel-2B", "Sentinel-2C"] = param("Sentinel-2A", "Satellite whose bands.")
    model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = param(
        "cox_munk_isotropic",
        "Distribution of the slopes of waves; all but the isotropic one need the wind's direction.",
        source="(GLINT-4), (SEA-7)",
    )
    wind_uncertainty: float = param(
        2.0,
        "Standard uncertainty of the wind's speed, where the table has no column of it.",
        unit="m/s",
        interval="[0,15]",
        source="what is required of scatterometers",
    )
    winds: int = param(201, "Winds of equal probability over which mean and spread are taken.", interval="[1,1000000]")

    def axes(self) -> Mapping[str, Sequence[Any]]:
        """Sentinel-2's bands."""
        return {"band": tuple(band.name for band in SENTINEL2)}

    def run_case(self, case: Case, progress: Progress = quiet) -> dict[str, Array]:
        """One observation."""
        from estran.masks.glint.prediction import Geometry, facet_angles, glint_over_winds
        from estran.physics.geometry import sun_position

        row = case.data
        check_row(_OBSERVATIONS, row)
        direction = float(row.get("wind_direction", np.nan))
        if self.model != "cox_munk_isotropic" and np.isnan(direction):
            raise BadParameter(
                f"the model {self.model} needs the direction of the wind",
                todo="fill wind_direction, or take the isotropic model",
            )
        uncertainty = float(row.get("wind_uncertainty", np.nan))
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
        zenith, azimuth = sun_position(row["time"].astype("datetime64[us]").item(), longitude, latitude)
        geometry = Geometry(float(zenith), float(azimuth), float(row["view_zenith"]), float(row["view_azimuth"]))
        glint = glint_over_winds(
            geometry,
            float(row["wind_speed"]),
            self.wind_uncertainty if np.isnan(uncertainty) else uncertainty,
            0.0 if np.isnan(direction) else direction,
            platform=self.platform,
            model=self.model,
            count=self.winds,
        )
        incidence, tilt = facet_angles(geometry)
        numbers = {
            "latitude": latitude,
            "longitude": longitude,
            "sun_zenith": geometry.sun_zenith,
            "sun_azimuth": geometry.sun_azimuth,
            "incidence": incidence,
            "facet_tilt": tilt,
        }
        return {
            "time": np.asarray(row["time"]),
            **{name: np.array(value, np.float64) for name, value in numbers.items()},
            "glint_reflectance": glint.at_wind,
            "glint_mean": glint.mean,
            "glint_std": glint.std,
        }
