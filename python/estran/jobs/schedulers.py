"""Where the work runs: workers on this computer, a scheduler of Dask's that is there, or jobs of a batch system that
become workers.

Inside :func:`scheduler`, Dask's default client is that of the scheduler. Nothing of Dask's is imported before.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import re
import shutil
import sys
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from estran import __version__
from estran.errors import BadParameter, NoScheduler
from estran.jobs.work import TRIES, Function, Result, Started, Task, lost
from estran.raster.scene import Progress, quiet

Client = Any
"""``distributed.Client``, untyped as its package is."""

log = logging.getLogger("estran")

_ANSWER = 5.0
"""How long a scheduler may take to answer [s]."""
_START = 60.0
"""How long workers on this computer may take to start [s]."""
_MOST_JOBS = 256
_ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_ADDRESS = re.compile(r"(tcp|tls)://([\w.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
_WORD = re.compile(r"[^\s'\"\\;&|<>$`]+")
"""What may stand in a line of a job script."""
SUBMITS = {"slurm": "sbatch", "pbs": "qsub"}
"""Batch systems, and the program that takes jobs."""


@dataclass(frozen=True)
class Local:
    """Workers on this computer: processes with one thread each."""

    workers: int


@dataclass(frozen=True)
class Address:
    """A scheduler that is there already."""

    address: str


@dataclass(frozen=True)
class Cluster:
    """Jobs of a batch system, each a worker with one thread.

    Parameters
    ----------
    system
        "slurm" or "pbs".
    jobs
        How many.
    memory
        Of each, as "4GB".
    queue, walltime, account
        As the batch system takes them; "" leaves it to it.
    """

    system: str
    jobs: int = 1
    memory: str = "4GB"
    queue: str = ""
    walltime: str = ""
    account: str = ""


Choice = Local | Address | Cluster


def parse(text: str) -> Local | Address:
    """What ``--scheduler`` says.

    Raises
    ------
    BadParameter
        It is neither ``local``, ``local:N`` nor an address.

    Examples
    --------
    >>> parse("local:2"), parse("tcp://node7:8786")
    (Local(workers=2), Address(address='tcp://node7:8786'))
    """
    match = re.fullmatch(r"local(?::(\d{1,4}))?", text)
    if match:
        workers = int(match[1]) if match[1] else os.cpu_count() or 1
        if not 1 <= workers <= _MOST_JOBS:
            raise BadParameter(
                "the number of workers is not possible",
                where="--scheduler",
                expected=f"1 to {_MOST_JOBS}",
                found=workers,
            )
        return Local(workers)
    if not _ADDRESS.fullmatch(text):
        raise BadParameter(
            "the scheduler cannot be read",
            where="--scheduler",
            expected="local, local:N, or an address like tcp://host:8786",
            found=text or "nothing",
        )
    return Address(text)


@contextlib.contextmanager
def scheduler(choice: Choice) -> Iterator[Client]:
    """Make a scheduler's client Dask's default; whatever happens, it is closed, and what was started for it ended.

    Raises
    ------
    NoScheduler
        It does not answer, its workers have other versions, or the batch system is not there.
    BadParameter
        Options that no batch system takes.
    """
    _set_up()
    distributed = _distributed()

    with contextlib.ExitStack() as held:
        target = held.enter_context(_cluster_of(choice))
        try:
            client = held.enter_context(
                contextlib.closing(distributed.Client(target, timeout=_ANSWER, set_as_default=True))
            )
        except (OSError, ValueError) as error:
            found = " ".join(str(error).split())
            raise NoScheduler(
                "the scheduler does not answer",
                where=target,
                found=found,
                todo="start it (dask scheduler), or correct the address",
            ) from error
        if isinstance(choice, Local):
            client.wait_for_workers(choice.workers, timeout=_START)
        elif not client.scheduler_info(n_workers=1)["workers"]:
            log.warning("The scheduler has no workers yet; the work begins with the first.")
        refuse_other_versions(client)
        yield client


def _set_up() -> None:
    """Settings of Dask's, before its modules read them."""
    import dask.config

    # What happens to workers is reported by us, once.
    talkers = ("distributed", "distributed.client", "bokeh", "tornado", "tornado.application", "asyncio")
    quietly = dict.fromkeys(talkers, "critical")
    dask.config.set(
        {
            "logging": quietly,
            "distributed.scheduler.allowed-failures": TRIES - 1,
            "distributed.comm.timeouts.connect": _ANSWER,
        }
    )
    for name in talkers:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module="distributed")
    warnings.filterwarnings("ignore", module="dask_jobqueue")


def _distributed() -> Any:
    import distributed

    return distributed


@contextlib.contextmanager
def _cluster_of(choice: Choice) -> Iterator[Any]:
    """What a client connects to."""
    if isinstance(choice, Address):
        yield choice.address
    elif isinstance(choice, Local):
        with contextlib.closing(_local(choice.workers)) as cluster:
            yield cluster
    else:
        with contextlib.closing(_batch(choice)) as cluster:
            yield cluster


def _local(workers: int) -> Any:
    from distributed.system import MEMORY_LIMIT

    return _distributed().LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        memory_limit=MEMORY_LIMIT // workers,
        silence_logs=logging.CRITICAL,
        env=_ONE_THREAD,
    )


def _batch(choice: Cluster) -> Any:
    _judge(choice)
    try:
        import dask_jobqueue
    except ImportError as error:
        raise NoScheduler("--cluster needs the package dask-jobqueue", todo="pip install 'estran[cluster]'") from error
    submit = SUBMITS[choice.system]
    if shutil.which(submit) is None:
        raise NoScheduler(
            f"the batch system's program {submit} is not on the PATH",
            where=f"--cluster {choice.system}",
            todo="work where jobs are submitted",
        )
    batch: Any = dask_jobqueue
    kind = {"slurm": batch.SLURMCluster, "pbs": batch.PBSCluster}[choice.system]
    try:
        cluster = kind(
            cores=1,
            processes=1,
            memory=choice.memory,
            queue=choice.queue or None,
            walltime=choice.walltime or None,
            account=choice.account or None,
            job_name="estran",
            python=sys.executable,
            job_script_prologue=[f"export {name}={value}" for name, value in _ONE_THREAD.items()],
            scheduler_options={"dashboard_address": None},
        )
        try:
            cluster.scale(jobs=choice.jobs)
            cluster.sync(_submitted, cluster)
        except BaseException:
            with contextlib.suppress(AssertionError):  # at its end Dask minds that a job never began
                cluster.close()
            raise
    except (RuntimeError, OSError, ValueError) as error:
        raise NoScheduler(
            "the batch system does not take jobs", where=submit, found=" ".join(str(error).split())[:300]
        ) from error
    return cluster


async def _submitted(cluster: Any) -> None:
    """Wait until the batch system has taken the jobs; Dask only logs a refusal."""
    await cluster
    for job in cluster.workers.values():
        if job.job_id is None:
            await job.start()  # raises what it raised before


def _judge(choice: Cluster) -> None:
    from dask.utils import parse_bytes

    if not 1 <= choice.jobs <= _MOST_JOBS:
        raise BadParameter(
            "the number of jobs is not possible",
            where="--cluster-jobs",
            expected=f"1 to {_MOST_JOBS}",
            found=choice.jobs,
        )
    for option in ("queue", "walltime", "account"):
        text = getattr(choice, option)
        if text and not _WORD.fullmatch(text):
            raise BadParameter("the option is no single word", where=f"--cluster-{option}", found=text)
    try:
        enough = parse_bytes(choice.memory) >= 1 << 28
    except ValueError:
        enough = False
    if not enough:
        raise BadParameter(
            "the memory of a job cannot be read, or is too little",
            where="--cluster-memory",
            expected="256MB or more, as 4GB",
            found=choice.memory,
        )


# ---------------------------------------------------------------- do the workers fit


_VERSIONS = "__import__('estran').__version__, '{0}.{1}'.format(*__import__('sys').version_info)"
"""Asked as a text: a function of ours is what a worker without our version could not read."""


def refuse_other_versions(client: Client) -> None:
    """Raise :class:`NoScheduler` where workers have another Estran, none, or another Python (its second number counts,
    too).
    """
    ours = __version__, "{}.{}".format(*sys.version_info)
    for address, found in client.run(eval, _VERSIONS, on_error="return").items():
        if found != ours:
            raise _other_version(
                address, "none" if isinstance(found, BaseException) else "Estran {} with Python {}".format(*found)
            )


def _other_version(where: object, found: object) -> NoScheduler:
    return NoScheduler(
        "a worker of the scheduler has another Estran or another Python",
        where=where,
        expected="Estran {} with Python {}.{}".format(__version__, *sys.version_info),
        found=found,
        todo="install the same on all computers",
    )


# ---------------------------------------------------------------- many products


class OverScheduler:
    """A runner whose tasks are done by workers, one product each; where a worker dies, another one begins it anew."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(
        self, tasks: Sequence[Task], function: Function, *, started: Started, progress: Progress = quiet
    ) -> Iterator[tuple[Task, Result]]:
        """As :class:`~estran.jobs.work.Runner`."""
        futures: dict[str, Task] = {}
        waiting = []
        for task in tasks:
            started(task.job)
            # A worker that cannot read a task dies of it, and Dask waits for the next one; one that cannot read bytes
            # within a task says so.
            call = pickle.dumps(_Call(function, task.payload))
            future = self.client.submit(
                pickle.loads, call, key=f"estran-{task.job.name}-{uuid.uuid4().hex}", pure=False, retries=TRIES - 1
            )
            futures[future.key] = task
            waiting.append(future)
        done = 0
        try:
            for future in _distributed().as_completed(waiting):
                task = futures[future.key]
                done += 1
                yield task, _result_of(future)
                progress(done / len(tasks), f"{done}/{len(tasks)} {task.job.name}")
        finally:
            # What waits is not begun; a product that a worker has begun is finished there, whole.
            with contextlib.suppress(Exception):
                self.client.cancel(waiting)


class _Call:
    """A call that is made where it is unpickled; what is got there is its result."""

    def __init__(self, function: Function, payload: Any) -> None:
        self.function, self.payload = function, payload

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, (self.payload, quiet)


def _result_of(future: Any) -> Result:
    try:
        result: Result = future.result()
    except (ImportError, AttributeError) as error:
        return Result(_other_version("", error).sentence(), NoScheduler.exit_code)
    except Exception as error:
        said = sentence_of_scheduler(error)
        if said:
            return Result(said, 1)
        return lost(f"failed ({type(error).__name__}: {error})", "run it alone with --verbose, and report what it says")
    return result


def sentence_of_scheduler(error: BaseException) -> str:
    """What is said of an error of Dask's scheduler; "" of any other."""
    name, module = type(error).__name__, type(error).__module__
    if not module.startswith(("distributed", "concurrent.futures", "asyncio")):
        return ""
    if name == "KilledWorker":
        return lost(
            "died whenever it was tried",
            "look whether its memory ran out; fewer workers have more each (--scheduler local:N, --cluster-memory)",
        ).sentence
    if name in ("CancelledError", "FutureCancelledError", "CommClosedError", "LostError"):
        return "the scheduler has gone while it was worked on. What to do: start it, and give the same command again."
    return ""
