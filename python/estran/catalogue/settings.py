"""Settings of kernels as parameters of operators: what a settings class declares is taken over, not written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, get_args

from estran.declare import Parameter, Settings, offer, parameters_of, values_of
from estran.errors import EstranError

S = TypeVar("S", bound=Settings)
Class = TypeVar("Class", bound=type)
_MODE = "mode"


@dataclass(frozen=True)
class SettingsPart(Generic[S]):
    """Settings that an operator offers as its own parameters.

    A parameter whose default is the same in every mode keeps its type and its default. One whose default depends on the
    mode may be None in the operator, which is its default there and means: what the mode has.

    Parameters
    ----------
    settings
        Their class.
    users
        Parameters for every user, in the order in which they are shown; the others are for experts.
    only
        Those that the operator has at all; all where empty.
    """

    settings: type[S]
    users: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def taken(self) -> tuple[Parameter, ...]:
        """What the operator offers of them, as it declares it: those of users first."""
        known = {p.name: p for p in parameters_of(self.settings)}
        wrong = [name for name in (*self.users, *self.only) if name not in known]
        if wrong:
            raise EstranError(
                f"{self.settings.__name__} has no parameter {wrong[0]!r}", expected=", ".join(known), found=wrong[0]
            )
        names = [name for name in known if name != _MODE and (not self.only or name in (*self.only, *self.users))]
        order = (*self.users, *(name for name in names if name not in self.users))
        return tuple(self._offered(known[name], known.get(_MODE), order) for name in order)

    def _offered(self, p: Parameter, mode: Parameter | None, offered: tuple[str, ...]) -> Parameter:
        expert = p.name not in self.users
        at_most = p.info.at_most if p.info.at_most in offered else ""
        info = replace(p.info, expert=expert, dialog=p.info.dialog and not expert, at_most=at_most)
        if not info.modes or mode is None:
            return replace(p, info=info)
        modes = {choice: p.default_in(choice) for choice in mode.choices}
        kind = p.type if type(None) in get_args(p.type) else p.type | None
        return replace(p, type=kind, default=None, info=replace(info, modes=modes))

    def of(self, op: Any) -> S:
        """The settings with an operator's values; what was left to the mode is what the mode has."""
        values = values_of(op)
        given = {p.name: values[p.name] for p in self.taken()}
        if all(p.name != _MODE for p in parameters_of(self.settings)):
            return self.settings(**given)
        return self.settings.for_mode(values[_MODE]).changed(**given)


def with_settings(*parts: SettingsPart[Any]) -> Callable[[Class], Class]:
    """A class decorator, to stand below ``@dataclass``: the settings as parameters after the class's own, those of
    users before those of experts; one that the class declares itself stays as it is there.
    """

    def decorate(declared: Class) -> Class:
        for p in sorted(_all(parts), key=lambda p: p.info.expert):
            offer(declared, p.name, p, p.info)
        return declared

    return decorate


def _all(parts: tuple[SettingsPart[Any], ...]) -> Iterator[Parameter]:
    for part in parts:
        yield from part.taken()
