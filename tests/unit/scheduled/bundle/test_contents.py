"""What is deployed is what the handler imports: no more packages of theia-sf, and no fewer of others."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from theia_sf.scheduled.bundle.contents import function_files
from theia_sf.scheduled.bundle.requirements import ROOTS

# Where no database is named the commands ask the current context; a function's database always has a name.
NOT_REACHED = {"theia_sf.provision.context"}


class Imports(ast.NodeVisitor):
    """Collects what a module imports at run time, within functions too."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.names.update(alias.name for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.names.update(f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    found = {}
    for name, path in function_files().items():
        if path.suffix == ".py":
            visitor = Imports()
            visitor.visit(ast.parse(Path(path).read_text(encoding="utf-8")))
            found[name] = visitor.names
    return found


def test_every_module_that_is_imported_is_there(imports):
    files = function_files()
    missing = []
    for importer, names in imports.items():
        for name in names:
            if not name.startswith("theia_sf.") or name.rpartition(".")[0] in NOT_REACHED:
                continue
            places = [name.replace(".", "/"), name.rpartition(".")[0].replace(".", "/")]
            if not any(f"{place}{end}" in files for place in places for end in (".py", "/__init__.py")):
                missing.append((importer, name))
    assert missing == []


def test_every_distribution_that_is_imported_is_required(imports):
    of_package = packages_distributions()
    tops = {name.partition(".")[0] for names in imports.values() for name in names}
    others = tops - set(sys.stdlib_module_names) - {"theia_sf"}
    distributions = {canonicalize_name(one) for top in others for one in of_package[top]}
    assert distributions - {"botocore-stubs", "boto3-stubs"} == set(ROOTS)


def test_nothing_of_what_runs_elsewhere_is_deployed():
    files = function_files()
    assert "theia_sf/scheduled/__init__.py" in files
    assert "theia_sf/detection/drops.sql" in files
    left_out = ("cli", "sandbox", "provision", "ingestion", "health", "scheduled/bundle")
    assert [name for name in files if name.startswith(tuple(f"theia_sf/{one}" for one in left_out))] == []
    identity = {name for name in files if name.startswith("theia_sf/identity")}
    assert identity == {"theia_sf/identity/__init__.py", "theia_sf/identity/role_arns.py"}
    assert {Path(name).suffix for name in files} == {".py", ".sql"}
    assert sum(path.stat().st_size for path in files.values()) < 1_000_000
