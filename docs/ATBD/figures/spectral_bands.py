"""How the three satellites' bands differ, and what the choice of a solar spectrum does to irradiance."""

from __future__ import annotations

from typing import Any

from estran.sensors.band_table import band_facts
from estran.sensors.bands import SENTINEL2

BANDS = [band.name for band in SENTINEL2]


def data() -> dict[str, Any]:
    """Centres less those of Sentinel-2A; ratio of two solar spectra."""
    centre = {s: [band_facts(f"Sentinel-2{s}", b).centre for b in BANDS] for s in "ABC"}
    ratio = {
        s: [
            band_facts(f"Sentinel-2{s}", b).irradiance / band_facts(f"Sentinel-2{s}", b, "Thuillier 2003").irradiance
            - 1
            for b in BANDS
        ]
        for s in "ABC"
    }
    return {"moved": {s: [x - a for x, a in zip(centre[s], centre["A"], strict=True)] for s in "BC"}, "ratio": ratio}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    at = lambda table, satellite, band: data[table][satellite][BANDS.index(band)]  # noqa: E731
    return {
        "B12 of B and C lies 11 to 17 nm shorter than A's": -17
        < at("moved", "B", "B12")
        < at("moved", "C", "B12")
        < -11,
        "all other bands lie within 4 nm": all(abs(at("moved", s, b)) < 4 for s in "BC" for b in BANDS if b != "B12"),
        "TSIS-1 gives 4 to 6 % less than Thuillier 2003 in B12, 3 to 4 % less in B11": all(
            -0.06 < at("ratio", s, "B12") < -0.04 < at("ratio", s, "B11") < -0.03 for s in "ABC"
        ),
        "and within 2.7 % in bands up to B9": all(abs(at("ratio", s, b)) < 0.027 for s in "ABC" for b in BANDS[:10]),
    }


def draw(data: dict[str, Any]) -> Any:
    """Two rows of markers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.2))
    upper, lower = figure.subplots(2, 1, sharex=True)
    for satellite, marker, colour, aside in (
        ("A", "o", "#0b6e8a", -0.15),
        ("B", "^", "#d9822b", 0.0),
        ("C", "s", "#5a8f29", 0.15),
    ):
        x = [i + aside for i in range(13)]
        if satellite in data["moved"]:
            upper.plot(x, data["moved"][satellite], marker, color=colour, label=f"Sentinel-2{satellite}")
        lower.plot(
            x, [100 * r for r in data["ratio"][satellite]], marker, color=colour, ms=5, label=f"Sentinel-2{satellite}"
        )
    upper.axhline(0, color="0.5", lw=0.8)
    lower.axhline(0, color="0.5", lw=0.8)
    upper.set(ylabel="centre less A's [nm]")
    lower.set(xticks=range(13), xticklabels=BANDS, ylabel="TSIS-1 over Thuillier [%]")
    lower.legend(fontsize=8)
    upper.legend(fontsize=8)
    return figure
