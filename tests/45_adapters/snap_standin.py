# ruff: noqa: N802, N815 - the names are SNAP's
"""A stand-in for the few SNAP classes that the adapter speaks to, faithful to what a real gpt was seen to do.

Flat row-major buffers; zeros outside the image without a word; scaled samples; ``setSamples`` that picks its overload
by item width, so that int64 writes zeros and unsigned numbers turn negative. It serves where no SNAP is installed;
``tests/90_snap`` runs the real one.
"""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from threading import Thread
from types import ModuleType, SimpleNamespace

import numpy as np

TYPES = {"INT8": 10, "INT16": 11, "INT32": 12, "UINT8": 20, "UINT16": 21, "UINT32": 22, "FLOAT32": 30, "FLOAT64": 31}
DTYPES = {code: np.dtype(name.lower()) for name, code in TYPES.items()}


class Properties:
    """get/set pairs without logic, as Java beans have them; an unset property is None."""

    def __getattr__(self, name):
        if name.startswith("set"):
            return lambda value: self.__dict__.__setitem__("_" + name[3:], value)
        if name.startswith(("get", "is")):
            key = "_" + name.removeprefix("get").removeprefix("is")
            return lambda: self.__dict__.get(key)
        raise AttributeError(name)


class Rectangle:
    def __init__(self, x, y, width, height):
        self.x, self.y, self.width, self.height = x, y, width, height


class Tile:
    """Samples of one rectangle of a band."""

    def __init__(self, band, rectangle):
        self.band, self.rectangle, self.written = band, rectangle, 0

    def _physical(self):
        r, data = self.rectangle, self.band.data
        padded = np.zeros((r.height, r.width))
        top, left, bottom, right = (
            max(r.y, 0),
            max(r.x, 0),
            min(r.y + r.height, data.shape[0]),
            min(r.x + r.width, data.shape[1]),
        )
        if top < bottom and left < right:
            padded[top - r.y : bottom - r.y, left - r.x : right - r.x] = self.band.physical(
                slice(top, bottom), slice(left, right)
            )
        return padded

    def getSamplesFloat(self):
        return array("f", self._physical().astype(np.float32).ravel().tobytes())

    def getSamplesDouble(self):
        return array("d", self._physical().ravel().tobytes())

    def getSamplesInt(self):
        return array("i", self._physical().astype(np.int32).ravel().tobytes())

    def setSamples(self, samples):
        self.written += 1
        if not isinstance(samples, np.ndarray) or not samples.dtype.isnative:
            raise RuntimeError("ambiguous Java method call, too many matching method overloads found")
        if not samples.flags.c_contiguous:
            raise RuntimeError("no matching Java method overloads found")
        r = self.rectangle
        if samples.size < r.width * r.height:
            raise RuntimeError("java.lang.ArrayIndexOutOfBoundsException")
        if samples.dtype == np.int64:
            samples = np.zeros(samples.shape, np.float64)
        elif samples.dtype.kind == "u":
            samples = samples.view(np.dtype(f"i{samples.dtype.itemsize}"))
        elif samples.dtype == np.bool_:
            samples = samples.view(np.int8)
        target = self.band.data
        if target.dtype.kind in "iu":
            # Java narrows: NaN is 0, fractions are cut, what is too large wraps.
            samples = np.nan_to_num(np.trunc(samples.astype(np.float64)), nan=0.0).astype(np.int64)
        target[r.y : r.y + r.height, r.x : r.x + r.width] = samples.reshape(r.height, r.width).astype(target.dtype)


class Raster(Properties):
    """A band, or a tie-point grid (which SNAP shows at full size too)."""

    def __init__(self, name, data, *, scale=1.0, offset=0.0, nodata=None, valid=None, unit=None, tie_points=False):
        self.name, self.data, self.scale, self.offset, self.nodata, self.valid = (
            name,
            np.asarray(data),
            scale,
            offset,
            nodata,
            valid,
        )
        self._Unit = unit
        if not tie_points:
            self.getSampleCoding = lambda: self.__dict__.get("_SampleCoding")

    def addAncillaryVariable(self, variable, relations):
        self.__dict__.setdefault("ancillary", []).append((variable.name, list(relations)))

    def physical(self, rows=slice(None), columns=slice(None)):
        values = self.data[rows, columns].astype(np.float64)
        return values if self.scale == 1.0 and self.offset == 0.0 else values * self.scale + self.offset

    def getName(self):
        return self.name

    def getDataType(self):
        return next(code for code, dtype in DTYPES.items() if dtype == self.data.dtype)

    def getScalingFactor(self):
        return self.scale

    def getScalingOffset(self):
        return self.offset

    def getRasterWidth(self):
        return self.data.shape[1]

    def getRasterHeight(self):
        return self.data.shape[0]

    def isNoDataValueUsed(self):
        return self.nodata is not None

    def setNoDataValue(self, value):
        self.nodata = value

    def setNoDataValueUsed(self, used):
        assert used

    def getGeophysicalNoDataValue(self):
        return 0.0 if self.nodata is None else self.nodata * self.scale + self.offset

    def getValidPixelExpression(self):
        return None if self.valid is None else "an expression"

    def readValidMask(self, x, y, width, height, mask):
        assert mask is None
        good = self.valid & ((self.data != self.nodata) if self.nodata is not None else True)
        return array("b", good[y : y + height, x : x + width].astype(np.int8).ravel().tobytes())


class Group(list):
    def add(self, item):
        self.append(item)


class MetadataElement:
    """Attributes set one by one; those that a reader repeats under one name are in `repeated`."""

    def __init__(self, name):
        self.name, self.attributes, self.children, self.repeated = name, {}, [], []

    def getAttributes(self):
        def attribute(name, value):
            return SimpleNamespace(
                getName=lambda: name, getData=lambda: SimpleNamespace(getElemString=lambda: str(value))
            )

        return [attribute(name, value) for name, value in (*self.attributes.items(), *self.repeated)]

    def addElement(self, child):
        self.children.append(child)

    def getElements(self):
        return self.children

    def getElement(self, name):
        return next((c for c in self.children if c.name == name), None)

    def containsAttribute(self, name):
        return name in self.attributes

    def getAttributeString(self, name):
        return self.attributes[name]

    def setAttributeString(self, name, value):
        assert isinstance(value, str)
        self.attributes[name] = value

    def setAttributeInt(self, name, value):
        assert isinstance(value, int)
        self.attributes[name] = value

    def setAttributeDouble(self, name, value):
        assert isinstance(value, float)
        self.attributes[name] = value


class Affine:
    """java.awt.geom.AffineTransform."""

    def __init__(self, scale_x=1.0, scale_y=1.0, x=0.0, y=0.0):
        self.values = scale_x, scale_y, x, y

    def isIdentity(self):
        return self.values == (1.0, 1.0, 0.0, 0.0)

    def getScaleX(self):
        return self.values[0]

    def getScaleY(self):
        return self.values[1]

    def getShearX(self):
        return 0.0

    def getShearY(self):
        return 0.0

    def getTranslateX(self):
        return self.values[2]

    def getTranslateY(self):
        return self.values[3]


class GeoCoding:
    def __init__(self, wkt, transform):
        self.wkt, self.transform = wkt, transform

    def getMapCRS(self):
        return SimpleNamespace(toWKT=lambda: self.wkt)


class Product(Properties):
    """A product; the constructor is SNAP's own, rasters are added."""

    def __init__(self, name, kind, width, height):
        self.name, self.kind, self.width, self.height = name, kind, width, height
        self.bands, self.tie_points, self.masks = {}, {}, []
        self.root, self.flag_codings, self.index_codings = MetadataElement("metadata"), Group(), Group()
        self.copied, self.computed = [], []

    @staticmethod
    def findImageToModelTransform(coding):
        return coding.transform or Affine()

    def getName(self):
        return self.name

    def getProductType(self):
        return self.kind

    def getSceneRasterWidth(self):
        return self.width

    def getSceneRasterHeight(self):
        return self.height

    def getBandNames(self):
        return list(self.bands)

    def getTiePointGridNames(self):
        return list(self.tie_points)

    def getBand(self, name):
        return self.bands.get(name)

    def getTiePointGrid(self, name):
        return self.tie_points.get(name)

    def getMetadataRoot(self):
        return self.root

    def getFlagCodingGroup(self):
        return self.flag_codings

    def getIndexCodingGroup(self):
        return self.index_codings

    def addBand(self, name, kind):
        self.bands[name] = Raster(name, np.zeros((self.height, self.width), DTYPES[kind]))
        self.computed.append(name)
        return self.bands[name]

    def addMask(self, name, expression, description, colour, transparency):
        self.masks.append((name, expression, description, colour, transparency))


class Coding:
    def __init__(self, name):
        self.name, self.entries = name, []

    def addFlag(self, name, value, meaning):
        self.entries.append((name, value, meaning))

    addIndex = addFlag


class Monitor:
    """com.bc.ceres.core.ProgressMonitor."""

    def __init__(self, cancel_at=None):
        self.total = self.done_units = 0
        self.ended, self.cancel_at, self.asked = False, cancel_at, 0

    def beginTask(self, name, total):
        self.total = total

    def setSubTaskName(self, name):
        assert isinstance(name, str)

    def worked(self, units):
        self.done_units += units

    def isCanceled(self):
        self.asked += 1
        return self.cancel_at is not None and self.asked >= self.cancel_at

    def done(self):
        self.ended = True


class Logger:
    def __init__(self):
        self.lines = []

    def warning(self, text):
        self.lines.append(text)

    severe = fine = warning


class Tiles:
    """java.util.Map<Band, Tile>, of which jpy shows `get` and `size`."""

    def __init__(self, tiles):
        self._tiles = tiles

    def get(self, band):
        return self._tiles.get(band)

    def size(self):
        return len(self._tiles)


class Profile:
    """RGBImageProfile."""

    def __init__(self, name, expressions, pattern, ranges=None):
        assert len(expressions) == len(pattern) == 3
        assert ranges is None or len(ranges) == 3
        self.name, self.expressions, self.pattern, self.ranges = name, expressions, pattern, ranges

    def getName(self):
        return self.name


class Profiles:
    """RGBImageProfileManager."""

    def __init__(self):
        self.profiles = []

    def getAllProfiles(self):
        return list(self.profiles)

    def addProfile(self, profile):
        self.profiles.append(profile)


class Context:
    """What SNAP hands to ``initialize``: sources by name, parameters with the descriptor's defaults
    left to the caller.
    """

    def __init__(self, sources, parameters=None):
        self.sources, self.parameters, self.target, self.logger, self.read = (
            sources,
            parameters or {},
            None,
            Logger(),
            [],
        )

    def getSourceProduct(self, name):
        return self.sources.get(name)

    def getSourceProducts(self):
        return list({id(product): product for product in self.sources.values()}.values())

    def getParameter(self, name):
        return self.parameters.get(name)

    def getSourceTile(self, raster, rectangle):
        self.read.append((raster.name, rectangle))
        return Tile(raster, rectangle)

    def setTargetProduct(self, product):
        self.target = product

    def getLogger(self):
        return self.logger


def time(year, month, day, hour=0, minute=0):
    """ProductData.UTC."""
    ms = int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)
    return SimpleNamespace(getAsDate=lambda: SimpleNamespace(getTime=lambda: ms))


def run(operator, context, tile_width, tile_height, monitor=None):
    """What gpt does: initialize, doExecute, tiles in row-major order, dispose; the target product."""
    operator.initialize(context)
    operator.doExecute(monitor or Monitor())
    tiles(operator, context, tile_width, tile_height)
    operator.dispose(context)
    return context.target


def rectangles(target, tile_width, tile_height):
    """The tiles of a product, row by row, cut at its edges."""
    return [
        Rectangle(x, y, min(tile_width, target.width - x), min(tile_height, target.height - y))
        for y in range(0, target.height, tile_height)
        for x in range(0, target.width, tile_width)
    ]


def tiles(operator, context, tile_width, tile_height, order=None):
    """Every tile of the target once, each call on a thread of its own, never two at a time; `order` shuffles them (SNAP
    keeps none).
    """
    found = rectangles(context.target, tile_width, tile_height)
    for rectangle in found if order is None else order(found):
        # Bands handed on with their source image are none of the operator's business: SNAP asks it for the others.
        stack = {
            context.target.bands[name]: Tile(context.target.bands[name], rectangle) for name in context.target.computed
        }
        raised = []

        def call(stack=stack, rectangle=rectangle, raised=raised):
            try:
                operator.computeTileStack(context, Tiles(stack), rectangle)
            except Exception as error:
                raised.append(error)

        thread = Thread(target=call)
        thread.start()
        thread.join()
        if raised:
            raise raised[0]
        assert all(tile.written == 1 for tile in stack.values()), "a tile that nobody fills is zeros, without a word"


def fake_jpy():
    """The module ``jpy`` with the classes above."""

    def copied(what):
        return lambda source, target: target.copied.append((what, source.name))

    def copy_band(name, source, target, with_image):
        assert with_image
        target.copied.append((f"band {name}", source.name))
        target.bands[name] = source.bands[name]

    profiles = Profiles()
    classes = {
        "org.esa.snap.core.datamodel.RGBImageProfile": Profile,
        "org.esa.snap.core.datamodel.RGBImageProfileManager": SimpleNamespace(getInstance=lambda: profiles),
        "org.esa.snap.core.util.math.Range": lambda low, high: (low, high),
        "org.esa.snap.core.datamodel.Product": Product,
        "org.esa.snap.core.datamodel.ProductData": SimpleNamespace(
            **{f"TYPE_{name}": code for name, code in TYPES.items()}
        ),
        "org.esa.snap.core.util.ProductUtils": SimpleNamespace(
            copyMetadata=copied("metadata"),
            copyTiePointGrids=copied("tie points"),
            copyGeoCoding=copied("geocoding"),
            copyMasks=copied("masks"),
            copyBand=copy_band,
        ),
        "org.esa.snap.core.datamodel.FlagCoding": Coding,
        "org.esa.snap.core.datamodel.IndexCoding": Coding,
        "org.esa.snap.core.datamodel.MetadataElement": MetadataElement,
        "org.esa.snap.core.datamodel.ImageInfo": lambda palette: ("image info", palette),
        "org.esa.snap.core.datamodel.ColorPaletteDef": lambda points: points,
        "org.esa.snap.core.datamodel.ColorPaletteDef$Point": lambda value, colour, label: (value, colour, label),
        "java.awt.Color": lambda r, g, b: (r, g, b),
        "java.awt.Rectangle": Rectangle,
        "java.awt.Dimension": lambda width, height: (width, height),
    }

    def get_type(name):
        if name not in classes:
            raise ValueError(f"Java class '{name}' not found")
        return classes[name]

    module = ModuleType("jpy")
    module.has_jvm = lambda: True
    module.get_type = get_type
    module.profiles = profiles
    module.array = lambda name, items: list(items)
    return module
