"""The help texts are part of the interface: they are kept next to this test and in docs/commands.md.

After a change of a command: `python tools/generate_commands_doc.py`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from theia_sf.snowflake.settings import VARIABLES

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_commands_doc", ROOT / "tools" / "generate_commands_doc.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help_texts_are_as_released(generator: ModuleType) -> None:
    texts = {generator.help_file(name).name: text for name, text, _ in generator.commands()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in generator.HELP_FOLDER.glob("*.txt")}
    assert kept == texts


def test_the_commands_page_is_fresh(generator: ModuleType) -> None:
    assert generator.DOCUMENT.read_text(encoding="utf-8") == generator.document()


def test_every_command_and_option_has_help_and_is_documented(generator: ModuleType) -> None:
    page = generator.DOCUMENT.read_text(encoding="utf-8")
    for name, _, command in generator.commands():
        assert command.help, f"{name} has no help"
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert section, f"{name} is not documented"
        for parameter in command.params:
            if not getattr(parameter, "hidden", False):
                assert parameter.help, f"{name} {parameter.opts} has no help"
                # an argument is known by its metavar, not by its parameter's name
                shown = (
                    [parameter.metavar]
                    if parameter.param_type_name == "argument" and parameter.metavar
                    else parameter.opts
                )
                assert all(option in section for option in shown), f"{name} {shown} is not documented"


def test_every_variable_is_documented(generator: ModuleType) -> None:
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    variables = {name for names in VARIABLES.values() for name in names}
    for _, _, command in generator.commands():
        variables |= {str(parameter.envvar) for parameter in command.params if getattr(parameter, "envvar", None)}
    assert [name for name in sorted(variables) if f"`{name}`" not in page] == []
