"""Options that many commands share and take as one parameter: how the parameter becomes options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, get_type_hints

Command = Callable[..., None]


def expanded(
    function: Command, parameter: str, kind: type[Any], options: Mapping[str, Any], make: Callable[..., object]
) -> Command:
    """Replace a parameter of a command by options, in the signature that Typer reads.

    Args:
        function: the command. A parameter of its own takes the place of the shared option of its name.
        parameter: the name of its parameter that stands for them.
        kind: the type of that parameter.
        options: name to annotation, in the order of the help.
        make: called with the options' values by name, None for those not given; returns the parameter's value.

    Raises:
        TypeError: the command has no such parameter.
    """
    hints = get_type_hints(function, include_extras=True)
    if hints.get(parameter) is not kind:
        message = f"{function.__qualname__} has no parameter `{parameter}: {kind.__name__}`"
        raise TypeError(message)
    own = inspect.signature(function).parameters
    shared = {name: option for name, option in options.items() if name not in own}
    parameters: list[inspect.Parameter] = []
    for one in own.values():
        if one.name == parameter:
            parameters += [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
                for name, option in shared.items()
            ]
        else:
            annotation = hints.get(one.name, Any)
            parameters.append(one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=annotation))

    @wraps(function)
    def command(**given: Any) -> None:
        made = make(**{name: given.pop(name, None) for name in shared})
        function(**given, **{parameter: made})

    command.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command
