package estran;

import org.hipparchus.geometry.euclidean.threed.Vector3D;
import org.orekit.bodies.GeodeticPoint;
import org.orekit.frames.Frame;
import org.orekit.frames.FramesFactory;
import org.orekit.rugged.errors.RuggedException;
import org.orekit.rugged.errors.RuggedInternalError;
import org.orekit.rugged.intersection.duvenhage.DuvenhageAlgorithm;
import org.orekit.rugged.raster.TileUpdater;
import org.orekit.rugged.raster.UpdatableTile;
import org.orekit.rugged.utils.ExtendedEllipsoid;

/**
 * Heights held in one array, and many rays of light through them in one call.
 *
 * A ray comes down from above the highest terrain; the way back from its pixel to what it meets first tells whether the pixel lies in shadow.
 */
public final class TerrainRays implements TileUpdater {

    private static final double ABOVE = 20.0;
    private static final double EARTH = 6378137.0;
    private static final double TRUE_HIT = 0.05;
    private static final int TRIES = 50;

    private final double south;
    private final double west;
    private final double stepLat;
    private final double stepLon;
    private final int rows;
    private final int columns;
    private final float[] heights;
    private final double highest;
    private final ExtendedEllipsoid ellipsoid;

    /** Angles in radians; rows from south, columns from west. */
    public TerrainRays(double south, double west, double stepLat, double stepLon, int rows, int columns, float[] heights) {
        this.south = south;
        this.west = west;
        this.stepLat = stepLat;
        this.stepLon = stepLon;
        this.rows = rows;
        this.columns = columns;
        this.heights = heights;
        double top = Double.NEGATIVE_INFINITY;
        for (float height : heights) {
            top = Math.max(top, height);
        }
        this.highest = top;
        // Any frame serves: only geometry on the body is asked for, so that no Earth orientation data are needed.
        Frame frame = FramesFactory.getGCRF();
        this.ellipsoid = new ExtendedEllipsoid(6378137.0, 1.0 / 298.257223563, frame);
    }

    /** Casts one ray at a wall, which needs all of Rugged, and says so; for the doctor. */
    public static void main(String[] arguments) throws InterruptedException {
        int size = 41;
        double step = Math.toRadians(1.0 / 1200.0);
        float[] wall = new float[size * size];
        for (int j = 0; j < size; j++) {
            wall[30 * size + j] = 400.0f;
        }
        TerrainRays terrain = new TerrainRays(0.0, 0.0, step, step, size, size, wall);
        double way = terrain.distances(new double[] {20 * step, 20 * step, 0.0, 0.0, Math.toRadians(20.0)}, 1)[0];
        System.out.println(way > 0.0 ? "shadow" : "light");
    }

    @Override
    public void updateTile(double latitude, double longitude, UpdatableTile tile) {
        tile.setGeometry(south, west, stepLat, stepLon, rows, columns);
        for (int i = 0, k = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++, k++) {
                tile.setElevation(i, j, heights[k]);
            }
        }
    }

    /**
     * Way back from each point to what its light meets first [m]; 0 where light comes through, NaN where the ray leaves the terrain.
     *
     * @param rays latitude, longitude [radians], height [m], azimuth and elevation [radians] of each ray, one after the other
     */
    public double[] distances(double[] rays, int threads) throws InterruptedException {
        int count = rays.length / 5;
        double[] found = new double[count];
        Throwable[] failed = new Throwable[1];
        Thread[] workers = new Thread[Math.max(1, Math.min(threads, 1 + count / 2000))];
        for (int t = 0; t < workers.length; t++) {
            int first = (int) ((long) count * t / workers.length);
            int last = (int) ((long) count * (t + 1) / workers.length);
            workers[t] = new Thread(() -> {
                try {
                    part(rays, found, first, last);
                } catch (RuntimeException | Error error) {
                    synchronized (failed) {
                        failed[0] = error;
                    }
                }
            });
            workers[t].start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (failed[0] != null) {
            throw new IllegalStateException(failed[0].toString(), failed[0]);
        }
        return found;
    }

    private void part(double[] rays, double[] found, int first, int last) {
        // The cache of tiles is not made for several threads: each has its own. "Overlapping" keeps Rugged from sewing neighbours that do not exist.
        DuvenhageAlgorithm algorithm = new DuvenhageAlgorithm(this, 1, false, true);
        for (int i = first; i < last; i++) {
            found[i] = distance(algorithm, rays[5 * i], rays[5 * i + 1], rays[5 * i + 2], rays[5 * i + 3], rays[5 * i + 4]);
        }
    }

    private double distance(DuvenhageAlgorithm algorithm, double lat, double lon, double height, double azimuth, double elevation) {
        GeodeticPoint place = new GeodeticPoint(lat, lon, height);
        Vector3D east = place.getEast();
        Vector3D north = place.getNorth();
        Vector3D sun = new Vector3D(Math.cos(elevation) * Math.sin(azimuth), east, Math.cos(elevation) * Math.cos(azimuth), north,
                                    Math.sin(elevation), place.getZenith());
        Vector3D foot = ellipsoid.transform(place);
        double back = (highest - height + ABOVE) / Math.sin(elevation);
        Vector3D start = new Vector3D(1.0, foot, back, sun);
        // A ray that starts beyond the terrain would have the tile loaded again, and fail: asked before.
        GeodeticPoint above = ellipsoid.transform(start, ellipsoid.getBodyFrame(), null);
        if (!inside(above.getLatitude(), above.getLongitude()) || !inside(lat, lon)) {
            return Double.NaN;
        }
        try {
            // Rugged lets a cell's surface reach an eighth of a posting beyond the cell, so that beside a cliff a ray may meet what is not there:
            // a meeting above the terrain is passed by.
            double past = 0.2 * stepLat * EARTH / Math.cos(elevation);
            for (int tries = 0; tries < TRIES; tries++) {
                GeodeticPoint hit = algorithm.intersection(ellipsoid, start, sun.negate());
                double way = Vector3D.dotProduct(ellipsoid.transform(hit).subtract(foot), sun);
                if (way <= 0.0) {
                    return 0.0;
                }
                if (hit.getAltitude() - terrain(hit.getLatitude(), hit.getLongitude()) < TRUE_HIT) {
                    return way;
                }
                way -= past;
                if (way <= 0.0) {
                    return 0.0;
                }
                start = new Vector3D(1.0, foot, way, sun);
                GeodeticPoint on = ellipsoid.transform(start, ellipsoid.getBodyFrame(), null);
                if (on.getAltitude() <= terrain(on.getLatitude(), on.getLongitude())) {
                    return way;
                }
            }
            return Double.NaN;
        } catch (RuggedException | RuggedInternalError lost) {
            return Double.NaN;
        }
    }

    private double terrain(double lat, double lon) {
        double row = (lat - south) / stepLat;
        double column = (lon - west) / stepLon;
        int i = (int) Math.max(0, Math.min(rows - 2, Math.floor(row)));
        int j = (int) Math.max(0, Math.min(columns - 2, Math.floor(column)));
        double up = row - i;
        double right = column - j;
        int k = i * columns + j;
        double below = (1.0 - right) * heights[k] + right * heights[k + 1];
        double above = (1.0 - right) * heights[k + columns] + right * heights[k + columns + 1];
        return (1.0 - up) * below + up * above;
    }

    private boolean inside(double lat, double lon) {
        double row = (lat - south) / stepLat;
        double column = (lon - west) / stepLon;
        return row >= 1.0 && row <= rows - 2.0 && column >= 1.0 && column <= columns - 2.0;
    }
}
