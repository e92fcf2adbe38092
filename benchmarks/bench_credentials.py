"""What the encrypted `.env` costs: `theia-sf credentials run -- true` against the least that any program must do.

The peer starts Python, imports boto3 and decrypts as many values with KMS, one after the other, then runs `true`. Both
use the same sandbox, in turn in one run.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from theia_sf.sandbox import environment
from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.daemon import control
from theia_sf.sandbox.daemon.ports import HOST
from theia_sf.sandbox.daemon.state import DIRECTORY_VARIABLE

ROUNDS = 15
VALUES = {
    "account": "THEIA-SANDBOX",
    "user": "REPORTS",
    "role": "READER",
    "warehouse": "WH",
    "database": "FLOWS",
    "schema": "THEIA",
}
PEER = """
import base64, boto3, json, subprocess, sys
kms = boto3.client("kms")
for value in json.load(open(sys.argv[1])):
    kms.decrypt(CiphertextBlob=base64.b64decode(value))
subprocess.run(["true"], check=True)
"""


def seconds(command: list[str], env: dict[str, str], folder: Path) -> float:
    """Return the wall time of one run of a command."""
    started = time.perf_counter()
    subprocess.run(command, env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print the median of each command and of the ratios pair by pair."""

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[DIRECTORY_VARIABLE] = str(folder / "sandbox")
        state, _ = control.start(0)
        try:
            env = {**os.environ, **environment.exports(state, os.environ)}
            for variable in ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE"):
                env.pop(variable, None)
            given = {**VALUES, "private_key": Path(state.snowflake_private_key_path).read_text(encoding="ascii")}
            kms = AwsEndpoint(f"http://{HOST}:{state.ports.aws}", state.keys).client("kms")
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            theia_sf = [sys.executable, "-m", "theia_sf", "credentials"]
            encrypt = [*theia_sf, "encrypt", "--key-id", key, "--from-file", "-"]
            subprocess.run(
                encrypt,
                input=json.dumps(given),
                text=True,
                env=env,
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            values = [kms.encrypt(KeyId=key, Plaintext=value.encode())["CiphertextBlob"] for value in given.values()]
            (folder / "values.json").write_text(json.dumps([base64.b64encode(value).decode() for value in values]))
            ours = [*theia_sf, "run", "--", "true"]
            peer = [sys.executable, "-c", PEER, "values.json"]
            pairs = [(seconds(ours, env, folder), seconds(peer, env, folder)) for _ in range(ROUNDS + 1)][1:]
        finally:
            control.stop()
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"theia-sf credentials run   {statistics.median(a for a, _ in pairs):.3f} s")
    print(f"boto3 and {len(given)} Decrypts       {statistics.median(b for _, b in pairs):.3f} s")
    print(f"ratio                      {ratio:.2f}")


if __name__ == "__main__":
    main()
