"""Exact versions of what the handler needs."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from theia_sf.errors import TheiaError
from theia_sf.scheduled.bundle import requirements
from theia_sf.scheduled.bundle.target import Architecture


def test_the_installed_versions_with_what_they_need_and_no_provisioning_sdk():
    lines = requirements.pinned(Architecture)
    assert lines == sorted(lines)
    names = {line.partition("==")[0] for line in lines}
    assert f"snowflake-connector-python=={version('snowflake-connector-python')}" in lines
    assert {"boto3", "botocore", "cffi", "cryptography", "urllib3", "s3transfer"} <= names
    assert not [name for name in names if name.startswith(("pulumi", "moto", "duckdb", "grpc", "typer", "rich"))]
    assert "pyarrow" not in names  # an extra's


def test_what_another_python_would_need_is_not_required(monkeypatch):
    class Installed:
        version = "1.0"
        requires = (
            'old-backport; python_version < "3.12"',
            'windows-only; sys_platform == "win32"',
            'arm-only; platform_machine == "aarch64"',
            'of-an-extra; extra == "more"',
            "always>=1",
        )

    class Leaf:
        version = "2.0"
        requires = None

    monkeypatch.setattr(requirements, "ROOTS", ("Root_Name",))
    monkeypatch.setattr(requirements, "distribution", lambda name: Installed if name == "root-name" else Leaf)
    assert requirements.pinned([Architecture.ARM64]) == ["always==2.0", "arm-only==2.0", "root-name==1.0"]
    assert requirements.pinned([Architecture.X86_64]) == ["always==2.0", "root-name==1.0"]


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(requirements, "ROOTS", ("no-such-package",))
    with pytest.raises(TheiaError, match=r"The package no-such-package, which the function needs, is not installed"):
        requirements.pinned([Architecture.ARM64])
