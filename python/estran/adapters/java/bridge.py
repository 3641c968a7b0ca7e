"""Two ways into Java with one face.

Outside SNAP, JPype starts a virtual machine. Inside SNAP one runs already, and jpy is in it; a second start would kill
the process, so JPype is never touched there: a class loader of its own reads the jars, and SNAP's class path stays as
it is.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from estran.adapters.java.jars import EXTRA, NoRugged, bundled_runtime, class_path


class Bridge(Protocol):
    """Makes Java objects, and carries arrays over."""

    name: str

    def new(self, class_name: str, *arguments: Any) -> Any:
        """An object of a class; arguments in the types that its only constructor takes: float, int or an array."""
        ...

    def array(self, values: npt.NDArray[Any]) -> Any:
        """A flat array of float32 or float64, as Java's float[] or double[]."""
        ...

    def values(self, array: Any) -> npt.NDArray[np.float64]:
        """Java's double[] as an array."""
        ...


def inside_java() -> bool:
    """Whether this Python lives in a Java process, or jpy has started one here."""
    jpy = sys.modules.get("jpy")
    return jpy is not None and bool(jpy.has_jvm())


def bridge() -> Bridge:
    """The bridge that fits this process; starts a virtual machine where none runs.

    Raises
    ------
    NoRugged
        Nothing to start, or nothing to load.
    """
    return _made(inside_java())


@cache
def _made(inside: bool) -> Bridge:
    return _Jpy() if inside else _JPype()


class _JPype:
    name = "JPype"

    def __init__(self) -> None:
        jars = class_path()
        try:
            import jpype as module
        except ImportError as error:
            raise NoRugged("JPype is not installed", todo=EXTRA) from error
        jpype: Any = module
        if not jpype.isJVMStarted():
            try:
                runtime = jpype.getDefaultJVMPath()
            except jpype.JVMNotFoundException as error:
                bundled = bundled_runtime()
                if bundled is None:
                    raise NoRugged(
                        "there is no Java on this machine",
                        todo=f"{EXTRA}, or install a Java 11 or newer and set JAVA_HOME",
                    ) from error
                runtime = str(bundled)
            try:
                # -Xrs: signals stay Python's, so that Ctrl-C works. No shut-down hook: leaving Python is enough.
                # -Xss8m: Java guards the stack of the thread that starts it beyond this size, 1 MB by default, and
                # OpenBLAS wants more: NumPy would crash.
                jpype.startJVM(runtime, "-Xrs", "-Xss8m", classpath=[str(jar) for jar in jars], convertStrings=False)
            except (OSError, RuntimeError) as error:
                raise NoRugged(
                    "Java does not start", where=runtime, found=error, todo="set JAVA_HOME to a Java 11 or newer"
                ) from error
        else:
            for jar in jars:
                jpype.addClassPath(str(jar))
        self._jpype = jpype

    def new(self, class_name: str, *arguments: Any) -> Any:
        return self._jpype.JClass(class_name)(*arguments)

    def array(self, values: npt.NDArray[Any]) -> Any:
        kind = self._jpype.JFloat if values.dtype == np.float32 else self._jpype.JDouble
        return self._jpype.JArray.of(np.ascontiguousarray(values), kind)

    def values(self, array: Any) -> npt.NDArray[np.float64]:
        return np.array(array, np.float64)


class _Jpy:
    name = "jpy"

    def __init__(self) -> None:
        import jpy

        self._jpy = jpy
        jars = class_path()
        try:
            file = jpy.get_type("java.io.File")
            urls = [file(str(jar)).toURI().toURL() for jar in jars]
            parent = jpy.get_type("java.lang.ClassLoader").getSystemClassLoader()
            self._loader = jpy.get_type("java.net.URLClassLoader")(jpy.array("java.net.URL", urls), parent)
        except (ValueError, RuntimeError) as error:  # how jpy reports an unknown class, and of an exception in Java
            raise NoRugged(
                "the Java around this Python gives no class loader", found=error, todo="run the operator outside SNAP"
            ) from error

    def new(self, class_name: str, *arguments: Any) -> Any:
        boxes = {float: "java.lang.Double", int: "java.lang.Integer"}
        boxed = [self._jpy.get_type(boxes[type(a)]).valueOf(a) if type(a) in boxes else a for a in arguments]
        (constructor,) = self._loader.loadClass(class_name).getConstructors()
        return constructor.newInstance(self._jpy.array("java.lang.Object", boxed))

    def array(self, values: npt.NDArray[Any]) -> Any:
        return self._jpy.array("float" if values.dtype == np.float32 else "double", np.ascontiguousarray(values))

    def values(self, array: Any) -> npt.NDArray[np.float64]:
        return np.array(np.frombuffer(array, np.float64))
