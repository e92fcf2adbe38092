"""Build the whole bundle into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.errors import TheiaError, UsageError
from theia_sf.scheduled.bundle.archive import write_zip
from theia_sf.scheduled.bundle.contents import function_files
from theia_sf.scheduled.bundle.layer import build_layer
from theia_sf.scheduled.bundle.readme import readme
from theia_sf.scheduled.bundle.requirements import pinned
from theia_sf.scheduled.bundle.target import DEFAULT_TIMEOUT, MAX_UNZIPPED, Architecture
from theia_sf.scheduled.bundle.template import template
from theia_sf.scheduled.plan import ScheduledJob, plan_jobs

BOTH: Final = (Architecture.ARM64, Architecture.X86_64)
_FUNCTION: Final = "function.zip"
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Bundle:
    """What was built.

    Attributes:
        function_zip: the function's code.
        layers: the layer of each machine.
        sizes: by file name, unzipped: of the function, and of each layer; in bytes.
        template: the CloudFormation template.
        requirements: what is in the layers, with exact versions.
        readme: how to deploy it.
    """

    function_zip: Path
    layers: dict[Architecture, Path]
    sizes: dict[str, int]
    template: Path
    requirements: Path
    readme: Path

    def unzipped(self, architecture: Architecture) -> int:
        """Return the bytes that Lambda's quota is about: of the function and this machine's layer."""
        return self.sizes[self.function_zip.name] + self.sizes[self.layers[architecture].name]


def build(
    output: Path,
    *,
    architectures: Sequence[Architecture] = BOTH,
    jobs: Sequence[ScheduledJob] = (),
    timeout: int = DEFAULT_TIMEOUT,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Bundle:
    """Build everything that is deployed. The same theia-sf and the same packages give the same archives, byte for byte.

    Args:
        output: a folder, made if it is missing; files of an earlier bundle in it are replaced.
        architectures: the machines to build a layer for; the first is the template's default.
        jobs: what the template schedules; every analysis, daily, if there is none.
        timeout: seconds that the function may run, in the template.
        on_progress: told what is being done.

    Raises:
        UsageError: the folder cannot be written to; there is neither uv nor pip here.
        TheiaError: a package could not be installed, or the whole is too large for Lambda.
    """
    layers = {one: output / f"layer-{one}.zip" for one in dict.fromkeys(architectures)}
    names = {one: path.name for one, path in layers.items()}
    bundle = Bundle(
        output / _FUNCTION, layers, {}, output / "template.yaml", output / "requirements.txt", output / "README.md"
    )
    lines = pinned(layers)
    try:
        output.mkdir(parents=True, exist_ok=True)
        bundle.requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
        bundle.sizes[_FUNCTION] = write_zip(bundle.function_zip, function_files())
        for architecture, path in layers.items():
            on_progress(f"Building the layer for {architecture}: {len(lines)} packages")
            bundle.sizes[path.name] = build_layer(path, bundle.requirements, architecture)
            _check_size(bundle, architecture)
        text = template(_FUNCTION, names, jobs or plan_jobs((), (), ()), timeout=timeout)
        bundle.template.write_text(text, encoding="utf-8")
        told = readme(names, {one: bundle.unzipped(one) for one in layers})
        bundle.readme.write_text(told, encoding="utf-8")
    except OSError as error:
        message = f"The bundle cannot be written to {output}: {error.strerror}."
        raise UsageError(message, hint="Name another folder with --output.") from error
    return bundle


def _check_size(bundle: Bundle, architecture: Architecture) -> None:
    size = bundle.unzipped(architecture)
    if size > MAX_UNZIPPED:
        message = (
            f"Function and layer for {architecture} have {size / _MEGABYTE:.0f} MB unzipped, but Lambda allows"
            f" {MAX_UNZIPPED / _MEGABYTE:.0f} MB."
        )
        raise TheiaError(message, hint="A dependency has grown: please report this, with requirements.txt.")
