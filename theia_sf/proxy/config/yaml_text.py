"""YAML as people write it, in which no key may stand twice.

YAML's readers take the last of two keys of one name without a word: of two sections `rules` in a policy, or of two
entries of one user, the first would count for nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from yaml import SafeLoader as _Loader
else:
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MERGED: Final = "tag:yaml.org,2002:merge"


def parse(data: bytes, path: Path, what: str, *, hint: str) -> Any:
    """Return what the YAML of a file says.

    Args:
        data: the file's bytes.
        path: the file, and `what` it is, for the sentence: `policy`.
        hint: what to do about text that is no YAML.

    Raises:
        UsageError: it is not UTF-8, not YAML, or a key stands in one place twice; the sentence tells the line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The {what} {path} cannot be read: it is not UTF-8."
        raise UsageError(message, hint="It must be a text file that this user may read.") from error
    try:
        loader: Any = _Loader(text)
        try:
            node: Any = loader.get_single_node()
            if node is None:
                return None
            twice = _twice(node)
            if twice is None:
                return loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        message = f"The {what} {path} is not valid YAML{where}."
        raise UsageError(message, hint=hint) from None
    message = f"The {what} {path} has the key `{twice.value}` twice in one place; the second is in line {_line(twice)}."
    raise UsageError(message, hint="Put both together, or remove one: only one of them would count.")


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _twice(top: yaml.Node) -> yaml.ScalarNode | None:
    """Return the second key of one name in a mapping; None if there is none."""
    waiting, seen = [top], {id(top)}
    while waiting:
        node = waiting.pop()
        below: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != _MERGED:
                    if key.value in names:
                        return key
                    names.add(key.value)
                below += [key, value]
        elif isinstance(node, yaml.SequenceNode):
            below = node.value
        waiting += [one for one in below if id(one) not in seen]  # an alias is the node that it stands for
        seen.update(map(id, below))
    return None
