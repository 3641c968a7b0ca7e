"""Every remedy that a message gives can be done by whoever reads it: options, commands, parameters, nodes and files
that it names exist where it is said.

The texts are taken out of the source (``todo=``, ``mend=``, "What to do: …"), with ``{…}`` where they are filled in.
Where a message can be read follows from the room that raises it: a kernel's is read on every command, in SNAP and in
Python, so it names parameters and no option.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.spec import parameters_of
from estran.cli.main import COMMANDS, _parser
from estran.cli.words import WORDS
from estran.engine.nodes import snap_nodes
from estran.sensors.bands import SEMANTIC

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "python" / "estran"

PROCESSING = ("masks", "run", "gpt")
EVERYWHERE: tuple[str, ...] = ()
"""Also in SNAP and in Python: no option of ours helps there."""
READ_ON = (
    ("cli/commands/study.py", tuple(WORDS)),
    ("cli/commands/", ("*",)),
    ("cli/table.py", ("masks",)),
    ("cli/main.py", tuple(COMMANDS)),
    ("cli/", PROCESSING),
    ("adapters/snap/setup/", ("snap",)),
    ("adapters/snap/", EVERYWHERE),
    ("adapters/java/", EVERYWHERE),
    ("adapters/studies/safe_product.py", ("simulate",)),
    ("adapters/studies/", tuple(WORDS)),
    ("adapters/files/safe_write/", ("simulate",)),
    *((f"adapters/files/{name}.py", (*PROCESSING, "simulate", "tables")) for name in ("whole", "belongings", "places")),
    ("adapters/files/table", ("masks",)),
    *(
        (f"adapters/files/{name}", ("tables",))
        for name in ("gas_tables", "line_lists", "sentinel2_", "smac", "spectra")
    ),
    ("adapters/files/", (*PROCESSING, "info")),
    *((f"engine/{name}", ("gpt",)) for name in ("graph", "bind", "execute", "nodes", "expressions")),
    ("engine/", PROCESSING),
    ("jobs/", PROCESSING),
    ("scenes/", ("simulate",)),
    ("tables/", ("tables",)),
    ("report/", ("masks", "run")),
    ("", EVERYWHERE),
)
"""Which commands show the messages of a module, by the beginning of its path; the first that fits."""

FOREIGN = re.compile(r"(?:pip3? install|python3? -m pip|gdal_edit\.py|gdalwarp|gdal_translate|make |unzip)[^,;]*")
"""Command lines of other programs."""
_AFTER_SIGN = re.compile(r'What to do: ([^"\n]*)')
CLAUSE = re.compile(r"[,;:]\s| or (?!newer|more)")
FILLED = "{…}"


@dataclass(frozen=True)
class Remedy:
    """A text, and the module and line that it stands in."""

    module: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.text}"


class Texts(ast.NodeVisitor):
    """All remedies of a module."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.found = module, list[Remedy]()
        self.names = self._constants(tree)
        self.functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.inside: list[ast.FunctionDef] = []
        self.resolving: set[str] = set()
        self.visit(tree)

    def _constants(self, tree: ast.Module) -> dict[str, str]:
        """Texts that the module has under a name, its own or imported."""
        path = self.module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        module = importlib.import_module(f"estran.{path}")
        return {name: value for name in named if isinstance(value := getattr(module, name, None), str)}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.inside.append(node)
        self.generic_visit(node)
        self.inside.pop()

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg in ("todo", "mend"):
            self._add(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id == "Beyond":
            self._add(node.args[0])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._after_sign(node, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for text in self._texts(node):
            self._after_sign(node, text)
        for part in node.values:
            if not isinstance(part, ast.Constant):
                self.visit(part)

    def _after_sign(self, node: ast.expr, text: object) -> None:
        if isinstance(text, str) and self.module != "errors.py":
            self.found += [Remedy(self.module, node.lineno, said.rstrip(". ")) for said in _AFTER_SIGN.findall(text)]

    def _add(self, node: ast.expr) -> None:
        self.found += [Remedy(self.module, node.lineno, text) for text in self._texts(node) if text]

    def _texts(self, node: ast.expr) -> list[str]:
        """What an expression can say."""
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        if isinstance(node, ast.JoinedStr):
            texts = [""]
            for part in node.values:
                more = [str(part.value)] if isinstance(part, ast.Constant) else self._filled(part)
                texts = [a + b for a in texts for b in more]
            return texts
        if isinstance(node, ast.IfExp):
            return self._texts(node.body) + self._texts(node.orelse)
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self._texts(value)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [a + b for a in self._texts(node.left) or [FILLED] for b in self._texts(node.right) or [FILLED]]
        if isinstance(node, ast.Name):
            return [self.names[node.id]] if node.id in self.names else self._assigned(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.functions:
            returns = [
                n.value
                for n in ast.walk(self.functions[node.func.id])
                if isinstance(n, ast.Return) and n.value is not None
            ]
            return [text for value in returns for text in self._texts(value)]
        return []  # handed on from an error that has been seen where it was made

    def _filled(self, node: ast.expr) -> list[str]:
        assert isinstance(node, ast.FormattedValue)
        return self._texts(node.value) or [FILLED] if isinstance(node.value, (ast.Name, ast.IfExp)) else [FILLED]

    def _assigned(self, name: str) -> list[str]:
        """What a variable of the function is given, or a parameter of it by default."""
        if not self.inside or name in self.resolving:
            return []
        self.resolving.add(name)
        try:
            return [text for value in self._values(name) for text in self._texts(value)]
        finally:
            self.resolving.discard(name)

    def _values(self, name: str) -> list[ast.expr]:
        body = [n for n in ast.walk(self.inside[-1]) if isinstance(n, ast.Assign)]
        values = [n.value for n in body if any(isinstance(t, ast.Name) and t.id == name for t in n.targets)]
        of = self.inside[-1].args
        both = [
            *zip(of.args[len(of.args) - len(of.defaults) :], of.defaults, strict=True),
            *zip(of.kwonlyargs, of.kw_defaults, strict=True),
        ]
        return values + [default for argument, default in both if argument.arg == name and default is not None]


@cache
def remedies() -> tuple[Remedy, ...]:
    found: list[Remedy] = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        if "todo" in text or "mend" in text or "What to do" in text or "Beyond(" in text:
            found += Texts(path.relative_to(SOURCE).as_posix(), ast.parse(text)).found
    return tuple(dict.fromkeys(found))


@cache
def parsers(command: str) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a command, by the words that call them ("snap", "snap doctor")."""
    found: dict[str, argparse.ArgumentParser] = {}

    def walk(parser: argparse.ArgumentParser, words: str) -> None:
        found[words] = parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, one in action.choices.items():
                    walk(one, f"{words} {name}")

    choices = next(a.choices for a in _parser(command)._actions if isinstance(a, argparse._SubParsersAction))
    walk(choices[command], command)
    return found


@cache
def options(command: str) -> frozenset[str]:
    """The options of a command; of one that has only subcommands, those that any of them has."""
    return frozenset(
        option for parser in parsers(command).values() for action in parser._actions for option in action.option_strings
    )


@cache
def parameter_names() -> frozenset[str]:
    ours = [p for declared in (*OPERATORS, *STUDIES) for p in parameters_of(declared)]
    theirs = {
        name for node in snap_nodes().values() for name in (*node.parameter_names(), *node.beyond, *node.other_names)
    }
    records = {"targetBand", "targetBands", "refid", "formatName"}
    return frozenset({p.name for p in ours} | {p.element for p in ours} | theirs | records | set(SEMANTIC))


FOR_AUTHORS = ("catalogue/checks.py", "catalogue/dimensions.py")
"""What is wrong with a declaration is read by whoever writes one in Python, as soon as the class exists."""


def read_on(module: str) -> tuple[str, ...]:
    commands = next(commands for prefix, commands in READ_ON if module.startswith(prefix))
    return (Path(module).stem,) if commands == ("*",) else commands


def faults(remedy: Remedy) -> Iterator[str]:
    """What of it cannot be done."""
    text = FOREIGN.sub("", remedy.text)
    for clause in CLAUSE.split(text):
        yield from _faults_of_options(clause, read_on(remedy.module))
        yield from _faults_of_commands(clause)
    if remedy.module in FOR_AUTHORS:
        return
    if remedy.module.startswith("face/"):  # read in a notebook
        yield from _faults_of_python(text)
        return
    yield from _faults_of_names(text)
    if found := re.search(
        r"\b\w+\s?=\s?(?:True|False|None)\b|\b[a-z_]+\(|\bReadOptions\b|\bopen_product\b|\bscale=|(?<!mode "
        r")(?<!mode=)\bstrict\b",
        text,
    ):
        yield f"{found[0]!r} can be said in Python only"


def _faults_of_options(clause: str, commands: tuple[str, ...]) -> Iterator[str]:
    named = re.search(r"\bestran (\w+)", clause)
    if named and named[1] in COMMANDS:
        commands = (named[1],)
    elif re.search(r"\bgpt\b", clause):
        commands = ("gpt",)  # which has the options of SNAP's gpt
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?![\w-])", clause):
        if not commands:
            yield f"{option} is no option in SNAP or Python"
        for command in commands:
            if option not in options(command):
                yield f"{option} is no option of estran {command}"
    for letter, name in re.findall(r"(?<![\w-])-([SP])(\w*)", clause):
        if commands != ("gpt",):
            yield f"-{letter}{name} is for gpt only"
        if letter == "P" and name not in ("", "name") and name not in parameter_names():
            yield f"-P{name} is no parameter"


def _faults_of_commands(clause: str) -> Iterator[str]:
    for command, more in re.findall(r"\bestran ([a-z]+)((?: [a-z]+)*)", clause):
        if command not in COMMANDS:
            yield f"estran {command} is no command"
            continue
        called = [f"{command} {word}" for word in more.split()[:1]]
        known = parsers(command)
        if (
            len(known) > 1
            and called
            and called[0] not in known
            and called[0].split()[1] not in ("lists", "does", "with", "does", "which")
        ):
            yield f"estran {called[0]} is no command"


def _faults_of_python(text: str) -> Iterator[str]:
    """Methods of Datasets and DataArrays, and functions of ours, that are not there."""
    import rioxarray  # noqa: F401 - gives .rio
    import xarray as xr

    import estran

    known = {"ds": xr.Dataset(), "da": xr.DataArray(), "xarray": xr, "estran": estran}
    for name, attributes in re.findall(r"\b(ds|da|xarray|estran)((?:\.[a-z_]+)+)\b", text):
        thing = known[name]
        for attribute in attributes.split(".")[1:]:
            if not hasattr(thing, attribute):
                yield f"{name}{attributes} is not there"
                break
            thing = getattr(thing, attribute)


def _faults_of_names(text: str) -> Iterator[str]:
    aliases = {op.alias for op in OPERATORS}
    for alias in re.findall(r"\bEstran\.\w+", text):
        if alias not in aliases:
            yield f"{alias} is no operator"
    for node in re.findall(r"\b([A-Z]\w+) node\b", text):
        if node not in snap_nodes():
            yield f"{node} is no node"
    for file in re.findall(r"\b(?:docs|graphs|tests|benchmarks)/[\w./-]*\w", text):
        if not (ROOT / file).exists():
            yield f"{file} is no file of ours"
    for word in re.findall(r"(?<![\w.<{/-])(?:[a-z]+(?:_[a-z0-9]+)+|[a-z]+[A-Z]\w+)(?![\w.])", text):
        if word not in parameter_names():
            yield f"{word} is no parameter"


def test_they_are_found() -> None:
    """The texts of all rooms, those under names and those put together."""
    texts = {r.text for r in remedies()}
    assert len(texts) > 150
    assert {r.module.partition("/")[0] for r in remedies()} >= {
        "adapters",
        "catalogue",
        "cli",
        "engine",
        "masks",
        "raster",
        "tables",
    }
    assert "download the product again" in texts  # a constant
    assert any(
        text.startswith("correct the name, or run this graph with SNAP's gpt") for text in texts
    )  # a constant inside a text
    assert any(
        "put a Resample node with targetWidth and targetHeight behind" in text for text in texts
    )  # of a node's table


@pytest.mark.parametrize("room", sorted({r.module.rpartition("/")[0] for r in remedies()}))
def test_every_remedy_can_be_done(room: str) -> None:
    wrong = [
        f"{remedy}\n    {fault}"
        for remedy in remedies()
        if remedy.module.rpartition("/")[0] == room
        for fault in faults(remedy)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("adapters/files/open.py", "give --granul T31TDH", "--granul is no option of estran masks"),
        ("face/given.py", "call ds.sort_it()", "ds.sort_it is not there"),
        ("face/given.py", "call estran.load(path)", "estran.load is not there"),
        ("adapters/files/open.py", "give strict=False", "'strict=False' can be said in Python only"),
        ("adapters/files/open.py", "read it without strict", "'strict' can be said in Python only"),
        ("adapters/files/open.py", "call open_product(path)", "can be said in Python only"),
        ("adapters/files/open.py", "give scale=1e-4", "'scale=' can be said in Python only"),
        ("cli/commands/gpt.py", "give --dem FILE", "--dem is no option of estran gpt"),
        ("cli/commands/gpt.py", "run again with -v", "-v is no option of estran gpt"),
        ("cli/commands/run.py", "give -Pdem=FILE", "-Pdem is for gpt only"),
        ("engine/graph.py", "give -Pdemm=FILE", "-Pdemm is no parameter"),
        ("engine/run.py", "give --resolution 60", "--resolution is no option of estran run"),
        ("masks/cloud/pixel.py", "give --dem FILE", "--dem is no option in SNAP or Python"),
        ("adapters/snap/inputs.py", "give --overwrite", "--overwrite is no option in SNAP or Python"),
        ("engine/run.py", "put a Reproject node before", "Reproject is no node"),
        ("engine/run.py", "run Estran.CloudMasc", "Estran.CloudMasc is no operator"),
        ("engine/run.py", "estran mask does it", "estran mask is no command"),
        ("adapters/snap/setup/plan.py", "estran snap repair", "estran snap repair is no command"),
        ("engine/run.py", "see docs/ATBD/nothing.md", "docs/ATBD/nothing.md is no file of ours"),
        ("masks/cloud/pixel.py", "give pixel_sise", "pixel_sise is no parameter"),
        ("engine/nodes/subset.py", "give georegion or geoRegoin", "geoRegoin is no parameter"),
        ("engine/run.py", "estran run with --resmple 20", "--resmple is no option of estran run"),
    ],
)
def test_twins(module: str, text: str, fault: str) -> None:
    """Each check catches what it is there for."""
    assert any(fault in found for found in faults(Remedy(module, 1, text)))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("adapters/files/safe/tiles.py", "name one of them, as in --granule {…}"),
        ("engine/run.py", "estran run with --resample 20, or estran masks, which does it"),
        ("engine/inputs.py", "with gpt give -S{…}=PRODUCT"),
        ("adapters/snap/inputs.py", "give one: gpt {…} -S{…}=FILE"),
        ("adapters/snap/setup/plan.py", "estran snap install --python python3"),
        ("raster/grid.py", "give it one, with gdal_edit.py -a_srs EPSG:32631"),
        ("masks/cloud/pixel.py", "give it with the parameter pixel_size, or take mode strict"),
    ],
)
def test_what_can_be_done_passes(module: str, text: str) -> None:
    assert not list(faults(Remedy(module, 1, text)))
