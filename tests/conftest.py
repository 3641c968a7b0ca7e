"""Fixtures for every room."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and programs that are started from here would inherit it: the tests
    # of signals would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real test data: ESTRAN_TEST_DATA, or ../shared/data beside the checkout; skipped where absent."""
    folder = Path(os.environ.get("ESTRAN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real test data: {folder.name} is not beside the checkout, and ESTRAN_TEST_DATA is not set")
    return folder


@pytest.fixture(scope="module")
def one_thread():
    """Numba with one thread, for modules whose arrays are short: more threads would only wait for one another."""
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


@pytest.fixture
def fake_snap(tmp_path: Path):
    """A SNAP made of folders (tests/45_adapters/fake_snap.py), found by SNAP_HOME, with a home of its own;
    `fake_snap.snapshot` lists what is there.
    """
    import importlib.util
    import sys

    if sys.platform == "win32":
        pytest.skip("the stand-in for gpt is a script with a #! line")
    path = REPOSITORY / "tests" / "45_adapters" / "fake_snap.py"
    spec = importlib.util.spec_from_file_location("fake_snap", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fake = module.FakeSnap(tmp_path)
    fake.snapshot = lambda: module.snapshot(fake.home, fake.user_home, fake.module_dir)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in fake.environment.items():
            patch.setenv(name, value)
        for name in ("JAVA_TOOL_OPTIONS", "INSTALL4J_ADD_VM_PARAMS", "_JAVA_OPTIONS"):
            patch.delenv(name, raising=False)
        yield fake
