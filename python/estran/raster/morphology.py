"""Morphology of large masks and images: reconstruction, dilation, erosion, majority (ATBD: cloud mask, CM-20, CM-23,
CM-32).

Every kernel is exact, deterministic for any number of threads, and treats what lies outside the image as *not set*.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.jit import jit, over_rows

_PAIRS = 4
"""Scans of an image there and back before its queue. Natural images are full of small pits, and a scan is far cheaper
than the visits that it spares: with none of them a flood takes four times as long.
"""

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]

_LARGEST = 1 << 32
"""Pixels of an image that is flooded: their numbers wait in a queue of 32 bits each, which may grow as long as the
image.
"""


def reconstruct_by_erosion(marker: Image, image: Image) -> Image:
    """Morphological reconstruction of `image` from above, 8-connected.

    For each pixel, the least over all paths from the markers of the highest value met on the way, itself included.
    Vincent 1993 (doi:10.1109/83.217222), hybrid algorithm: raster and anti-raster scans, then a queue.

    Parameters
    ----------
    marker
        (rows, columns) float32, at least `image` everywhere; it is overwritten with the result.
    image
        (rows, columns) float32 without NaN.

    Returns
    -------
    The array `marker`.
    """
    if marker.shape != image.shape:
        raise EstranError("marker and image differ in shape", expected=image.shape, found=marker.shape)
    if marker.size > _LARGEST:
        raise EstranError(
            "the image is too large to be flooded",
            expected=f"{_LARGEST} pixels or fewer",
            found=marker.size,
            todo="cut it",
        )
    _reconstruct(marker, image)
    return marker


def fill_minima(image: Image, drains: Mask | None = None, level: float | None = None) -> Image:
    """Fill the minima of an image that no path of falling values connects to the border (CM-20).

    Parameters
    ----------
    image
        (rows, columns) float32 without NaN.
    drains
        (rows, columns); pixels that count as border, with the value `level`.
    level
        Value of the border pixels and of the drains; their own values where None.

    Returns
    -------
    (rows, columns) float32, at least `image` inside the border.

    Examples
    --------
    >>> a = np.full((5, 5), 3, np.float32)
    >>> a[2, 2] = 1
    >>> fill_minima(a)[2, 2]
    np.float32(3.0)
    """
    floor = np.array(image, np.float32, order="C")
    marker = np.full(floor.shape, np.inf, np.float32)
    if level is not None:
        value = np.float32(level)
        if drains is not None:
            floor[drains] = value
        floor[[0, -1], :] = value
        floor[:, [0, -1]] = value
    if drains is not None:
        marker[drains] = floor[drains]
    marker[[0, -1], :] = floor[[0, -1], :]
    marker[:, [0, -1]] = floor[:, [0, -1]]
    return reconstruct_by_erosion(marker, floor)


@jit
def _reconstruct(j: np.ndarray, i: np.ndarray) -> None:
    rows, cols = j.shape
    if rows == 0 or cols == 0:
        return
    line = np.empty(cols, j.dtype)
    for _ in range(_PAIRS):
        _scan(j, i, line)
        _scan(j[::-1, ::-1], i[::-1, ::-1], line)
    _scan(j, i, line)
    # A ring buffer that doubles when full: most images need little, a maze needs much.
    size = 1 << 16
    queue = np.empty(size, np.uint32)
    head, count = 0, 0
    for r in range(rows - 1, -1, -1):
        for c in range(cols - 1, -1, -1):
            least = j[r, c]
            if r < rows - 1:
                least = min(least, j[r + 1, c])
                if c > 0:
                    least = min(least, j[r + 1, c - 1])
                if c < cols - 1:
                    least = min(least, j[r + 1, c + 1])
            if c < cols - 1:
                least = min(least, j[r, c + 1])
            value = max(least, i[r, c])
            j[r, c] = value
            push = c < cols - 1 and j[r, c + 1] > value and j[r, c + 1] > i[r, c + 1]
            if not push and r < rows - 1:
                for k in range(max(c - 1, 0), min(c + 2, cols)):
                    if j[r + 1, k] > value and j[r + 1, k] > i[r + 1, k]:
                        push = True
                        break
            if push:
                if count == size:
                    queue, head, size = _doubled(queue, head)
                queue[(head + count) & (size - 1)] = r * cols + c
                count += 1
    while count > 0:
        p = np.int64(queue[head])
        head = (head + 1) & (size - 1)
        count -= 1
        r, c = p // cols, p % cols
        value = j[r, c]
        for rr in range(max(r - 1, 0), min(r + 2, rows)):
            for cc in range(max(c - 1, 0), min(c + 2, cols)):
                if j[rr, cc] > value and j[rr, cc] > i[rr, cc]:
                    j[rr, cc] = max(value, i[rr, cc])
                    if count == size:
                        queue, head, size = _doubled(queue, head)
                    queue[(head + count) & (size - 1)] = rr * cols + cc
                    count += 1


@jit
def _scan(j: np.ndarray, i: np.ndarray, line: np.ndarray) -> None:
    """One raster scan; `line` is room for a row. The row above comes first, which needs no order and so is vectorised,
    then the pixel to the left.
    """
    rows, cols = j.shape
    for r in range(rows):
        own, least = j[r], i[r]
        if r == 0:
            line[:] = own
        else:
            above = j[r - 1]
            for c in (0, cols - 1):
                line[c] = min(own[c], above[c], above[max(c - 1, 0)], above[min(c + 1, cols - 1)])
            for c in range(1, cols - 1):
                line[c] = min(own[c], above[c], above[c - 1], above[c + 1])
        left = line[0]
        for c in range(cols):
            left = max(min(line[c], left), least[c])
            own[c] = left


@jit
def _doubled(queue: np.ndarray, head: int) -> tuple[np.ndarray, int, int]:
    """A full ring buffer, unrolled into one of twice the size."""
    size = queue.size
    bigger = np.empty(2 * size, np.uint32)
    for k in range(size):
        bigger[k] = queue[(head + k) & (size - 1)]
    return bigger, 0, 2 * size


def disk_widths(radius: float, pixel_size: tuple[float, float] = (1.0, 1.0)) -> npt.NDArray[np.int64]:
    """Half-widths in columns of a disk, row by row from its centre downwards: pixels whose centres lie within `radius`
    of the centre pixel's.

    Parameters
    ----------
    radius
        In the unit of `pixel_size`.
    pixel_size
        Width and height of a pixel.

    Examples
    --------
    >>> disk_widths(3.0)
    array([3, 2, 2, 0])
    """
    dx, dy = pixel_size
    down = np.arange(int(np.floor(radius / dy + 1e-9)) + 1) * dy
    # The small part forgives the last bit of radii that are whole numbers of pixels.
    return np.asarray(np.floor(np.sqrt(np.maximum(radius**2 - down**2, 0.0)) / dx + 1e-9), np.int64)


def dilate_disk(mask: Mask, radius: float, pixel_size: tuple[float, float] = (1.0, 1.0)) -> Mask:
    """Pixels within `radius` of a set pixel, centre to centre (CM-32).

    Parameters
    ----------
    mask
        (rows, columns).
    radius
        In the unit of `pixel_size` (metres with metres); 0 copies the mask.
    pixel_size
        Width and height of a pixel.
    """
    return _dilate(mask, disk_widths(radius, pixel_size))


def erode_disk(mask: Mask, radius: float, pixel_size: tuple[float, float] = (1.0, 1.0)) -> Mask:
    """Set pixels with no unset pixel of the image within `radius`; the image's edge erodes nothing."""
    return ~_dilate(~np.asarray(mask, np.bool_), disk_widths(radius, pixel_size))


def dilate_square(mask: Mask, half_width: int) -> Mask:
    """Pixels with a set pixel within `half_width` rows and columns."""
    return _dilate(mask, np.full(half_width + 1, half_width, np.int64))


def _dilate(mask: Mask, widths: npt.NDArray[np.int64]) -> Mask:
    mask = np.ascontiguousarray(mask, np.bool_)
    if widths.size == 1 and widths[0] == 0:
        return mask.copy()
    far = int(widths.max()) + 1
    number = np.uint8 if far <= np.iinfo(np.uint8).max else np.int32  # the small one for speed: a byte a pixel
    near = np.empty(mask.shape, number)
    over_rows(_row_distances, mask.shape[0], mask, far, near)
    out = np.empty(mask.shape, np.bool_)
    over_rows(_within, mask.shape[0], near, widths.astype(number), out)
    return out


@jit
def _row_distances(first: int, last: int, mask: np.ndarray, far: int, near: np.ndarray) -> None:
    """Columns to the nearest set pixel of the same row, at most `far`."""
    cols = mask.shape[1]
    for r in range(first, last):
        d = far
        for c in range(cols):
            d = 0 if mask[r, c] else min(d + 1, far)
            near[r, c] = d
        d = far
        for c in range(cols - 1, -1, -1):
            d = 0 if mask[r, c] else min(d + 1, far)
            if d < near[r, c]:
                near[r, c] = d


@jit
def _within(first: int, last: int, near: np.ndarray, widths: np.ndarray, out: np.ndarray) -> None:
    rows, cols = near.shape
    reach = widths.size - 1
    for r in range(first, last):
        for c in range(cols):
            out[r, c] = near[r, c] <= widths[0]
        for k in range(1, reach + 1):
            width = widths[k]
            if r - k >= 0:
                for c in range(cols):
                    out[r, c] |= near[r - k, c] <= width
            if r + k < rows:
                for c in range(cols):
                    out[r, c] |= near[r + k, c] <= width


def majority(mask: Mask) -> Mask:
    """Pixels with at least five set pixels in their 3 x 3 window, themselves included (ZW12, end of 3.1.2)."""
    mask = np.ascontiguousarray(mask, np.bool_)
    out = np.empty(mask.shape, np.bool_)
    _majority(mask.view(np.uint8), out)
    return out


@jit
def _majority(mask: np.ndarray, out: np.ndarray) -> None:
    rows, cols = mask.shape
    for r in range(rows):
        up, down = max(r - 1, 0), min(r + 1, rows - 1)
        above, below = np.uint8(r > 0), np.uint8(r < rows - 1)
        total = np.empty(cols + 2, np.uint8)
        total[0] = 0
        total[cols + 1] = 0
        for c in range(cols):
            total[c + 1] = mask[r, c] + above * mask[up, c] + below * mask[down, c]
        for c in range(cols):
            out[r, c] = total[c] + total[c + 1] + total[c + 2] >= 5
