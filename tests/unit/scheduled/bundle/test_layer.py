"""What of an installation belongs into the layer."""

from __future__ import annotations

from theia_sf.scheduled.bundle.layer import layer_files

KEPT = (
    "boto3/__init__.py",
    "boto3/data/s3.json",
    "boto3-1.0.dist-info/METADATA",
    "boto3-1.0.dist-info/entry_points.txt",
    "boto3-1.0.dist-info/licenses/LICENSE",
    "cryptography/_rust.abi3.so",
    "six.py",
    "typed/py.typed",
)
LEFT_OUT = (
    ".lock",
    "bin/jp.py",
    "boto3/__pycache__/__init__.cpython-311.pyc",
    "boto3-1.0.dist-info/INSTALLER",
    "boto3-1.0.dist-info/RECORD",
    "boto3-1.0.dist-info/REQUESTED",
    "certifi/tests/test_x.py",
    "connector/arrow.pyx",
    "connector/cpp/arrow.cpp",
    "connector/stubs.pyi",
)


def test_what_runs_stays_and_what_was_only_needed_to_install_goes(tmp_path):
    for name in (*KEPT, *LEFT_OUT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert sorted(layer_files(tmp_path)) == [f"python/{name}" for name in sorted(KEPT)]
