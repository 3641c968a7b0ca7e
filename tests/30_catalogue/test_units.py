"""Units: spellings that mean the same cost nothing, others are converted, what measures something else is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.catalogue.units import DOBSON, NoConversion, conversion, same_unit


@pytest.mark.parametrize(
    ("found", "wanted", "value", "expected"),
    [
        ("rad", "degrees", np.pi, 180.0),
        ("Pa", "hPa", 101325.0, 1013.25),
        ("kg m-2", "g/cm^2", 20.0, 2.0),
        ("kg m**-2", "g/cm²", 20.0, 2.0),
        ("kg.m-2", "g/cm²", 20.0, 2.0),
        ("degC", "K", 15.0, 288.15),
        ("knot", "m/s", 10.0, 5.1444444),
        ("%", "1", 40.0, 0.4),
        # 1 atm-cm is 1000 DU by definition; 300 DU are 0.0064244 kg/m2, as in Copernicus' documentation of tco3
        # (1 DU = 2.1415e-5 kg/m2).
        ("atm-cm", "DU", 0.3, 300.0),
        ("kg m-2", "DU", 300.0 * 2.1415e-5, 300.0),
    ],
)
def test_converted(found, wanted, value, expected):
    how = conversion(found, wanted)
    assert how.factor * value + how.offset == pytest.approx(expected, rel=1e-4 if "DU" in wanted else 1e-7)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [("dl", "1"), ("deg", "degrees"), ("m s**-1", "m/s"), ("m.s-1", "m/s"), ("~", "1"), ("", "m"), ("m", ""),
     ("counts", "1"), ("no such unit", "m"), ("g cm-2", "g/cm²")],
)  # fmt: skip
def test_taken_as_they_are(found, wanted):
    assert conversion(found, wanted) is None


@pytest.mark.parametrize(
    ("found", "wanted"), [("m", "hPa"), ("degrees", "1"), ("1", "rad"), ("K", "m"), ("kg m-2", "hPa"), ("DU", "m")]
)
def test_refused(found, wanted):
    with pytest.raises(NoConversion):
        conversion(found, wanted)


@given(st.sampled_from([("rad", "degrees"), ("Pa", "hPa"), ("degC", "K"), ("kg m-2", "DU")]), st.floats(-1e4, 1e4))
def test_there_and_back(pair, value):
    there, back = conversion(*pair), conversion(*reversed(pair))
    once = there.factor * value + there.offset
    assert back.factor * once + back.offset == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_a_dobson_unit_is_a_layer_of_a_hundredth_of_a_millimetre():
    # By the ideal gas law instead of by Loschmidt's number: p V = n R T at 273.15 K and 101325 Pa.
    moles = 101325.0 * 1e-5 / (8.314462618 * 273.15)
    assert pytest.approx(moles * 3 * 15.9994e-3, rel=1e-6) == DOBSON


def test_spellings():
    assert (same_unit(" Deg "), same_unit("dl"), same_unit("furlong")) == ("degrees", "1", None)


def test_pint_is_not_imported_for_the_same_unit():
    code = (
        "import sys; from estran.catalogue.units import conversion\n"
        "conversion('dl', '1'); conversion('m s**-1', 'm/s'); print('pint' in sys.modules)\n"
        "conversion('Pa', 'hPa'); print('pint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
