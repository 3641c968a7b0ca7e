"""Graphs as SNAP's Graph Builder and snapista write them run unchanged, with their own Read and Write nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.open import open_product

BUILDER = """<graph id="Graph">
  <version>1.0</version>
  <header><target refid="write"/><source name="in"/></header>
  <node id="read">
    <operator>Read</operator>
    <sources/>
    <parameters class="com.bc.ceres.binding.dom.XppDomElement">
      <useAdvancedOptions>{advanced}</useAdvancedOptions>
      <file>${{in}}</file>
      <copyMetadata>true</copyMetadata>
      <{bands}/>
      <pixelRegion>{region}</pixelRegion>
      <geometryRegion/>
      <polygonRegion> </polygonRegion>
      <vectorFile/>
      <{masks}/>
      <formatName>SENTINEL-2-MSI-MultiRes-UTM31N</formatName>
    </parameters>
  </node>
  <node id="resample">
    <operator>Resample</operator>
    <sources>
      <sourceProduct refid="read"/>
    </sources>
    <parameters class="com.bc.ceres.binding.dom.XppDomElement">
      <{reference}>B5</{reference}>
      <targetWidth/>
      <targetHeight/>
      <targetResolution/>
      <upsampling>Nearest</upsampling>
      <downsampling>First</downsampling>
      <flagDownsampling/>
      <resamplingPreset/>
      <bandResamplings/>
      <resampleOnPyramidLevels>true</resampleOnPyramidLevels>
    </parameters>
  </node>
  <node id="maths">
    <operator>BandMaths</operator>
    <sources>
      <sourceProduct refid="resample"/>
    </sources>
    <parameters class="com.bc.ceres.binding.dom.XppDomElement">
      <targetBands>
        <targetBand>
          <name>ndsi</name>
          <type>float32</type>
          <expression>(B3 - B11) / (B3 + B11) &lt; 2 ? (B3 - B11) / (B3 + B11) : 2</expression>
          <description/>
          <unit/>
          <noDataValue>NaN</noDataValue>
        </targetBand>
      </targetBands>
      <variables/>
    </parameters>
  </node>
  <node id="write">
    <operator>Write</operator>
    <sources>
      <sourceProduct refid="maths"/>
    </sources>
    <parameters class="com.bc.ceres.binding.dom.XppDomElement">
      <file>${{out}}</file>
      <formatName>{format}</formatName>
      <deleteOutputOnFailure>true</deleteOutputOnFailure>
      <writeEntireTileRows>false</writeEntireTileRows>
      <clearCacheAfterRowWrite>false</clearCacheAfterRowWrite>
    </parameters>
  </node>
  <applicationData id="Presentation">
    <Description/>
    <node id="read"><displayPosition x="37.0" y="134.0"/></node>
  </applicationData>
</graph>
"""
SNAP13 = {"bands": "sourceBands", "masks": "sourceMasks", "reference": "referenceBand"}
SNAP9 = {"bands": "bandNames", "masks": "maskNames", "reference": "referenceBandName"}


def graph(
    folder: Path, names: dict[str, str], file_format: str = "GeoTIFF-BigTIFF", advanced: str = "false", region: str = ""
) -> Path:
    path = folder / "graph.xml"
    path.write_text(BUILDER.format(**names, format=file_format, advanced=advanced, region=region))
    return path


@pytest.mark.parametrize("names", [SNAP13, SNAP9], ids=["SNAP 13", "SNAP 9"])
def test_graph_builder(estran, scene: Path, tmp_path: Path, names: dict[str, str]) -> None:
    said = estran("gpt", graph(tmp_path, names), f"-Pin={scene / 'manifest.safe'}", f"-Pout={tmp_path / 'o.tif'}")
    assert (said.code, said.out.strip()) == (0, str(tmp_path / "o.tif")), said.err
    source, made = open_product(scene), open_product(tmp_path / "o.tif")
    green = source["B3"].physical(
        np.asarray(source["B3"].data)[::2, ::2], np.float64
    )  # First: the upper left of four pixels of 10 m
    infrared = source["B11"].physical(np.asarray(source["B11"].data), np.float64)
    np.testing.assert_allclose(np.asarray(made["ndsi"].data), (green - infrared) / (green + infrared), atol=1e-5)


def test_a_part_is_read(estran, scene: Path, tmp_path: Path) -> None:
    path = graph(tmp_path, SNAP13, "BEAM-DIMAP", advanced="true", region="60,0,120,96")
    assert estran("gpt", path, f"-Pin={scene}", f"-Pout={tmp_path / 'part.dim'}").code == 0
    path = graph(tmp_path, SNAP13, "BEAM-DIMAP")
    assert estran("gpt", path, f"-Pin={scene}", f"-Pout={tmp_path / 'whole.dim'}").code == 0
    part, whole = open_product(tmp_path / "part.dim"), open_product(tmp_path / "whole.dim")
    np.testing.assert_array_equal(np.asarray(part["ndsi"].data), np.asarray(whole["ndsi"].data)[:48, 30:90])


@pytest.mark.parametrize(
    ("file_format", "nearest"),
    [
        ("NetCDF-CF", "NetCDF4-CF"),
        ("NetCDF4-BEAM", "NetCDF4-CF"),
        ("COG", "GeoTIFF"),
        ("ENVI", "BEAM-DIMAP"),
        ("HDF5", "BEAM-DIMAP"),
    ],
)
def test_formats_that_we_do_not_write_are_refused_before_the_work(
    estran, tmp_path: Path, file_format: str, nearest: str
) -> None:
    """The source is not even looked for."""
    said = estran("gpt", graph(tmp_path, SNAP13, file_format), "-Pin=nowhere.SAFE", f"-Pout={tmp_path / 'o.tif'}")
    assert said.code == 2
    assert f"found {file_format}. What to do: take {nearest}." in said.err


def test_the_file_of_a_write_node_is_there(estran, tmp_path: Path) -> None:
    (tmp_path / "o.tif").write_text("precious")
    said = estran("gpt", graph(tmp_path, SNAP13), "-Pin=nowhere.SAFE", f"-Pout={tmp_path / 'o.tif'}")
    assert said.code == 1
    assert "is already there" in said.err
    assert (tmp_path / "o.tif").read_text() == "precious"


def test_two_write_nodes(estran, scene: Path, tmp_path: Path) -> None:
    def write(name: str, file: str) -> str:
        return (
            f'<node id="{name}"><operator>Write</operator><sources><source refid="part"/></sources>'
            f"<parameters><file>{file}</file><formatName/></parameters></node>"
        )

    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><graph><version>1.0</version><node '
        'id="part"><operator>Subset</operator><sources><source>${source}</source>'
        "</sources><parameters><bandNames>B2</bandNames><region>0,0,60,60</region></parameters></node>{}</graph>"
    )
    path = tmp_path / "two.xml"
    path.write_bytes(
        text.replace("{}", write("w1", f"{tmp_path}/é.dim") + write("w2", f"{tmp_path}/b.dim")).encode("latin-1")
    )
    assert estran("gpt", path, f"-Ssource={scene}").code == 0
    assert (
        open_product(tmp_path / "é.dim")["B2"].grid.shape
        == open_product(tmp_path / "b.dim")["B2"].grid.shape
        == (60, 60)
    )
    path.write_bytes(text.replace("{}", write("w1", f"{tmp_path}/c.dim") + write("w2", f"{tmp_path}/c.dim")).encode())
    assert "two Write nodes write the same file" in estran("gpt", path, f"-Ssource={scene}").err


def test_a_target_without_ending_is_dimap(estran, scene: Path, tmp_path: Path) -> None:
    """As in gpt; empty values on the command line are not given, as empty elements are."""
    said = estran(
        "gpt",
        "Subset",
        f"-Ssource={scene}",
        "-PsourceBands=B2",
        "-Pregion=",
        "-PgeoRegion= ",
        "-PsubSamplingX=1",
        "-t",
        tmp_path / "target",
    )
    assert (said.code, said.out.strip()) == (0, str(tmp_path / "target.dim")), said.err
    assert list(open_product(tmp_path / "target.dim").bands) == ["B2"]


def test_paths_from_the_home_directory(estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "in.SAFE").symlink_to(scene)
    said = estran("gpt", graph(tmp_path, SNAP13), "-Pin=~/in.SAFE", "-Pout=~/o.tif")
    assert said.code == 0, said.err
    assert (tmp_path / "o.tif").is_file()
