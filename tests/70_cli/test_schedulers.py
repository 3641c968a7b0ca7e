"""Work over schedulers of Dask's, with real workers: the same bits as without, dead workers, batch systems, and a
sentence for what cannot be.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import small_products as small

from estran.errors import BadParameter
from estran.jobs.schedulers import Address, Cluster, Local, parse

HERE = Path(__file__).parent
ESTRAN = [sys.executable, "-m", "estran.cli.main"]


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("products")
    return [small.make(folder / f"p{n}.dim", n) for n in range(1, 5)]


def run(*arguments: object, **more: object) -> subprocess.CompletedProcess:
    """The program in a process of its own, as workers and signals need it."""
    return subprocess.run(
        [*ESTRAN, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300, **more
    )


def errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if "error:" in line]


def children(process: int) -> dict[int, str]:
    """The processes below one, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if parent == process:
                found |= {int(entry.name): line, **children(int(entry.name))}
    return found


# ---------------------------------------------------------------- what the option says


def test_what_the_option_says() -> None:
    assert parse("local:3") == Local(3)
    assert parse("local").workers == os.cpu_count()
    assert parse("tcp://node-7.site:8786") == Address("tcp://node-7.site:8786")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "local:0",
        "local:-1",
        "local:x",
        "local:99999",
        "node7",
        "http://node7:80",
        "tcp://node7",
        "tcp://a b:1",
        "tcp://node7:8786/x",
    ],
)
def test_a_wrong_text(text: str) -> None:
    with pytest.raises(BadParameter, match="--scheduler"):
        parse(text)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ("--scheduler", "sorbet"),
            2,
            "the scheduler cannot be read (in --scheduler): expected local, local:N, or an address like "
            "tcp://host:8786, found sorbet",
        ),
        (("--scheduler", "local:2", "--cluster", "slurm"), 2, "two places to work are given"),
        (("--cluster-jobs", "2"), 2, "an option of batch systems is given without one (in --cluster-jobs)"),
        (("--cluster", "slurm", "--cluster-jobs", "0"), 2, "the number of jobs is not possible"),
        (("--cluster", "slurm", "--cluster-memory", "lots"), 2, "the memory of a job cannot be read"),
        (
            ("--cluster", "slurm", "--cluster-queue", "a\n#SBATCH -x"),
            2,
            "the option is no single word (in --cluster-queue)",
        ),
        (("--cluster", "pbs"), 1, "the batch system's program qsub is not on the PATH (in --cluster pbs)"),
    ],
)
def test_wrong_options(
    estran,
    products: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for many in (products[:1], products[:2]):
        said = estran("gpt", "Subset", *many, "-t", tmp_path / "out", "-f", "BEAM-DIMAP", *arguments)
        assert (said.code, told in said.err) == (code, True), said.err
        assert len(errors(said.err)) == 1
    assert not list(tmp_path.glob("*.dim"))


def test_without_dask_jobqueue(estran, products: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    said = estran("gpt", "Subset", products[0], "-t", tmp_path / "x.dim", "--cluster", "slurm")
    assert said.code == 1
    assert "--cluster needs the package dask-jobqueue. What to do: pip install 'estran[cluster]'." in said.err


def test_a_scheduler_that_is_not_there(products: list[Path], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    begin = time.monotonic()
    done = run("gpt", "Subset", *products, "-t", tmp_path / "out", "--scheduler", address)
    assert done.returncode == 1
    (line,) = errors(done.stderr)
    assert f"the scheduler does not answer (in {address})" in line
    assert "What to do: start it" in line
    assert time.monotonic() - begin < 60


# ---------------------------------------------------------------- workers on this computer


def test_two_workers_make_the_same(estran, scene: Path, products: list[Path], tmp_path: Path) -> None:
    """Masks of a scene, and a product that lacks what masks need: every file has the bytes that it has without, and so
    has the sentence.
    """
    command, plain, over = ("masks", scene, products[0], "-o"), tmp_path / "plain", tmp_path / "over"
    here = estran(*command, plain, "--quiet", "--json")
    done = run(*command, over, "--json", "--scheduler", "local:2")
    assert done.returncode == here.code == 3, done.stderr
    one, other = (
        {line["name"]: line for line in map(json.loads, text.splitlines())} for text in (here.out, done.stdout)
    )
    assert set(one) == {scene.stem, "p1"}
    for name, line in one.items():
        assert {**line, "paths": "", "seconds": 0} == {**other[name], "paths": "", "seconds": 0}
    assert "which the product lacks" in other["p1"]["error"]
    assert small.results(over) == small.results(plain)


@pytest.mark.slow
def test_one_product_has_the_scheduler_as_its_default(products: list[Path], scene: Path, tmp_path: Path) -> None:
    """While the engine runs, Dask's default client is the scheduler's; afterwards nothing of it is left."""
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        import estran.cli.engine as engine
        from estran.cli.main import main
        seen = []
        real = engine.run_graph
        def spy(*rest, **more):
            from distributed import default_client
            seen.append(len(default_client().scheduler_info(n_workers=-1)["workers"]))
            return real(*rest, **more)
        engine.run_graph = spy
        if __name__ == "__main__":
            code = main(["run", "SpectralTests", {str(scene)!r}, "-o", {str(tmp_path / "over.dim")!r}, "--resample", "20", "--scheduler", "local:2", "-q"])
            from distributed.client import _get_global_client
            print(code, seen, _get_global_client())
        """  # noqa: E501
    )
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=False)
    assert done.stdout == "0 [2] None\n", done.stderr
    assert run("run", "SpectralTests", scene, "-o", tmp_path / "plain.dim", "--resample", "20", "-q").returncode == 0
    for path in sorted((tmp_path / "plain.data").glob("*.img")):
        assert (tmp_path / "over.data" / path.name).read_bytes() == path.read_bytes()


SLOW_WORKER = """
import os, signal, sys, time
from pathlib import Path
from estran.adapters.files import open as doors
real = doors.open_product
def open_product(path, *rest, **more):
    flag = Path({flag!r})
    if Path(path).name == "p2.dim" and not flag.exists():
        flag.write_text(str(os.getpid()))
        {act}
    return real(path, *rest, **more)
doors.open_product = open_product
"""


def hindered(tmp_path: Path, act: str) -> dict[str, str]:
    """An environment in which a worker does `act` when it first opens the second product."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SLOW_WORKER.format(flag=str(tmp_path / "flag"), act=act))
    path = os.pathsep.join([str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return {**os.environ, "PYTHONPATH": path}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_killed_in_the_middle(estran, products: list[Path], tmp_path: Path) -> None:
    """Another one takes its product; the result is the same, and half of nothing is left."""
    assert estran("gpt", "Subset", *products, "-t", tmp_path / "plain", "--quiet").code == 0
    over = tmp_path / "over"
    env = hindered(tmp_path, "time.sleep(600)")
    command = [*ESTRAN, "gpt", "Subset", *map(str, products), "-t", str(over), "--scheduler", "local:2"]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not ((tmp_path / "flag").exists() and (tmp_path / "flag").read_text()):
        assert time.monotonic() < until
        assert running.poll() is None, running.communicate()[1]
        time.sleep(0.05)
    worker = int((tmp_path / "flag").read_text())
    assert worker in children(running.pid)
    os.kill(worker, signal.SIGKILL)
    out, err = running.communicate(timeout=180)
    assert running.returncode == 0, err
    assert len(out.splitlines()) == 4
    assert small.results(over) == small.results(tmp_path / "plain")
    assert "distributed" not in err


def test_a_product_that_kills_its_workers(products: list[Path], tmp_path: Path) -> None:
    """As one too large for their memory does: it fails in a sentence, and the others are done."""
    env = hindered(tmp_path, "flag.unlink(); os.kill(os.getpid(), signal.SIGKILL)")
    done = run("gpt", "Subset", *products[:3], "-t", tmp_path / "out", "--scheduler", "local:2", env=env)
    assert done.returncode == 3, done.stderr
    assert sorted(Path(line).stem for line in done.stdout.splitlines()) == ["p1", "p3"]
    assert errors(done.stderr) == [
        f"estran: error: {products[1]}: the process that worked on it died whenever it was tried. What to do: look "
        f"whether its memory ran out; "
        "fewer workers have more each (--scheduler local:N, --cluster-memory).",
        "estran: error: 1 of 3 products failed; the same command tries them again.",
    ]
    assert not [p.name for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.slow
def test_stopped_it_ends_its_workers(products: list[Path], tmp_path: Path) -> None:
    env = hindered(tmp_path, "time.sleep(600)")
    command = [*ESTRAN, "gpt", "Subset", *map(str, products), "-t", str(tmp_path / "out"), "--scheduler", "local:2"]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not (tmp_path / "flag").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    below = children(running.pid)
    assert len(below) >= 2
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors(err) == ["estran: error: stopped; nothing was left half-written."]
    until = time.monotonic() + 20
    while any(Path(f"/proc/{process}").exists() for process in below):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert not [p.name for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


# ---------------------------------------------------------------- a scheduler that is there already


@pytest.fixture
def served(tmp_path: Path):
    """A scheduler and, once ``begin(environment)`` is called, a worker, both started as users start them; gives
    (address, begin).
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "distributed.cli.dask_scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--no-dashboard",
            ],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    ]

    def begin(**environment: str) -> None:
        line = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(tmp_path),
        ]
        started.append(
            subprocess.Popen(
                line, env={**os.environ, **environment}, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        )

    yield address, begin
    for process in reversed(started):
        process.terminate()
    for process in started:
        process.wait(30)


def wait_for_worker(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=120)


@pytest.mark.slow
def test_a_scheduler_by_its_address(estran, products: list[Path], tmp_path: Path, served) -> None:
    address, begin = served
    begin()
    wait_for_worker(address)
    done = run("gpt", "Subset", *products, "-t", tmp_path / "over", "--scheduler", address)
    assert done.returncode == 0, done.stderr
    assert estran("gpt", "Subset", *products, "-t", tmp_path / "plain", "--quiet").code == 0
    assert small.results(tmp_path / "over") == small.results(tmp_path / "plain")


def test_a_worker_of_another_version(products: list[Path], tmp_path: Path, served) -> None:
    address, begin = served
    (tmp_path / "old" / "estran").mkdir(parents=True)
    (tmp_path / "old" / "estran" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    begin(PYTHONPATH=str(tmp_path / "old"))
    wait_for_worker(address)
    done = run("gpt", "Subset", *products, "-t", tmp_path / "out", "--scheduler", address)
    assert done.returncode == 1
    (line,) = errors(done.stderr)
    assert "another Estran or another Python" in line
    assert "found Estran 0.0.1 with Python" in line


# ---------------------------------------------------------------- batch systems

SUBMIT = """#!/bin/sh
# Takes a job as the batch system does: keeps the script, runs it in the background, says its number.
for last; do :; done
number=$$
cp "$last" "{folder}/job$number.sh"
setsid sh "{folder}/job$number.sh" >"{folder}/job$number.log" 2>&1 &
echo $! >"{folder}/job$number.pid"
echo "{answer}"
"""
CANCEL = """#!/bin/sh
for file in "{folder}"/*.pid; do kill -TERM -- -$(cat "$file") 2>/dev/null; done
echo "$@" >>"{folder}/cancelled"
exit 0
"""
SYSTEMS = {
    "slurm": (
        "sbatch",
        "Submitted batch job $number",
        "scancel",
        ["#SBATCH -J estran", "#SBATCH -p short", "#SBATCH -A sea", "#SBATCH -t 0:20:00", "#SBATCH --mem=1G"],
    ),
    "pbs": (
        "qsub",
        "$number.server",
        "qdel",
        [
            "#PBS -N estran",
            "#PBS -q short",
            "#PBS -A sea",
            "#PBS -l walltime=0:20:00",
            "#PBS -l select=1:ncpus=1:mem=1024MB",
        ],
    ),
}


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("system", ["slurm", pytest.param("pbs", marks=pytest.mark.slow)])
def test_a_batch_system(estran, products: list[Path], tmp_path: Path, system: str) -> None:
    """Two jobs become two workers, which do the work; in the end they are cancelled."""
    submit, answer, cancel, wanted = SYSTEMS[system]
    jobs, programs = tmp_path / "jobs", tmp_path / "bin"
    jobs.mkdir()
    programs.mkdir()
    program(programs / submit, SUBMIT.format(folder=jobs, answer=answer))
    program(programs / cancel, CANCEL.format(folder=jobs))
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    options = [
        "--cluster-jobs",
        "2",
        "--cluster-memory",
        "1GiB",
        "--cluster-queue",
        "short",
        "--cluster-walltime",
        "0:20:00",
        "--cluster-account",
        "sea",
    ]
    done = run(
        "gpt", "Subset", *products, "-t", tmp_path / "over", "--cluster", system, *options, env=env, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    scripts = sorted(jobs.glob("*.sh"))
    assert len(scripts) == 2
    for script in scripts:
        text = script.read_text()
        for line in [*wanted, "export NUMBA_NUM_THREADS=1", "export OPENBLAS_NUM_THREADS=1"]:
            assert line in text.splitlines(), text
        assert "--nthreads 1" in text
    assert (jobs / "cancelled").exists()
    assert estran("gpt", "Subset", *products, "-t", tmp_path / "plain", "--quiet").code == 0
    assert small.results(tmp_path / "over") == small.results(tmp_path / "plain")


@pytest.mark.slow
def test_a_batch_system_that_refuses(products: list[Path], tmp_path: Path) -> None:
    program(tmp_path / "sbatch", "#!/bin/sh\necho 'sbatch: error: invalid account' >&2\nexit 1\n")
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = run("gpt", "Subset", *products, "-t", tmp_path / "out", "--cluster", "slurm", env=env)
    assert done.returncode == 1
    (line,) = errors(done.stderr)
    assert "the batch system does not take jobs" in line
    assert "invalid account" in line


def test_cluster_of_the_options() -> None:
    assert Cluster("slurm").memory == "4GB"
