"""Bundles of real wheels: small enough for Lambda, the same each time, and complete."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from theia_sf.scheduled.bundle.build import Bundle, build
from theia_sf.scheduled.bundle.target import MAX_UNZIPPED, PYTHON_VERSION, Architecture

pytestmark = pytest.mark.soak

ELF_MACHINES = {Architecture.ARM64: 183, Architecture.X86_64: 62}  # e_machine of the ELF header, by the gABI
PROVISIONING = ("pulumi", "moto", "duckdb", "grpc", "theia_sf_infra", "typer", "rich")
IMPORT = """
import sys
sys.path[:0] = sys.argv[1:]
import theia_sf.scheduled.entry, theia_sf.aws.secrets, theia_sf.aws.kms, snowflake.connector
from snowflake.connector import wif_util
theia_sf.scheduled.handler({"job": "current-user"})
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Bundle:
    return build(tmp_path_factory.mktemp("bundle"))


@pytest.mark.parametrize("architecture", Architecture)
def test_it_fits_into_lambda(bundle, architecture):
    size = bundle.unzipped(architecture)
    assert 30_000_000 < size < MAX_UNZIPPED / 2
    assert bundle.layers[architecture].stat().st_size < 50 * 1024 * 1024, "so that it could be uploaded without S3"
    with (
        zipfile.ZipFile(bundle.layers[architecture]) as layer,
        zipfile.ZipFile(bundle.function_zip) as function,
    ):
        assert size == sum(info.file_size for one in (layer, function) for info in one.infolist())


@pytest.mark.parametrize("architecture", Architecture)
def test_the_layer_is_for_its_machine_and_for_lambdas_python(bundle, architecture):
    with zipfile.ZipFile(bundle.layers[architecture]) as layer:
        names = layer.namelist()
        compiled = [name for name in names if name.endswith(".so")]
        machines = {struct.unpack_from("<H", layer.read(name), 18)[0] for name in compiled}
    assert machines == {ELF_MACHINES[architecture]}
    tag = f".cpython-{PYTHON_VERSION.replace('.', '')}-"
    assert all(tag in name or ".abi3." in name or "." not in Path(name).stem for name in compiled), compiled
    assert all(name.startswith("python/") for name in names)
    packages = {name.split("/")[1] for name in names}
    assert not [one for one in packages if one.startswith(PROVISIONING)]
    assert {"boto3", "botocore", "cryptography", "snowflake", "dotenv"} <= packages


def test_twice_the_same_bytes(bundle, tmp_path):
    again = build(tmp_path, architectures=[Architecture.ARM64])
    for name in ("function.zip", "layer-arm64.zip", "requirements.txt"):
        assert (tmp_path / name).read_bytes() == (bundle.template.parent / name).read_bytes()
    assert again.sizes["layer-arm64.zip"] == bundle.sizes["layer-arm64.zip"]


def lambdas_python() -> str | None:
    """An interpreter of Lambda's version on this machine, if there is one: on PATH, or one that uv or pyenv knows."""
    for command, ending in (
        (["uv", "python", "find", "--no-project", "--no-python-downloads", PYTHON_VERSION], ""),
        (["pyenv", "prefix", PYTHON_VERSION], "/bin/python"),
        ([f"python{PYTHON_VERSION}", "-c", "import sys; print(sys.executable)"], ""),
    ):
        if shutil.which(command[0]) is not None:
            found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            if found.returncode == 0:
                return found.stdout.strip() + ending
    return None


def test_the_handler_runs_from_function_and_layer_alone(bundle, tmp_path):
    python = lambdas_python()
    machine = next((one for one in Architecture if one.machine == platform.machine()), None)
    if python is None or machine is None or sys.platform != "linux":
        pytest.skip(f"there is no Python {PYTHON_VERSION} for one of Lambda's machines here")
    for archive in (bundle.function_zip, bundle.layers[machine]):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(tmp_path)
    folders = [str(tmp_path), str(tmp_path / "python")]
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-c", IMPORT, *folders],
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "ConnectionFailedError: No Snowflake account is configured. Hint: " in done.stderr
