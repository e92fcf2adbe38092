"""What the function runs on: Lambda's Python, its machines, and what fits into it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PYTHON_VERSION: Final = "3.13"
# Every dependency with compiled code has wheels for it on both machines, and it runs on Amazon Linux 2023, whose
# glibc 2.34 takes wheels of manylinux_2_28 (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html).
RUNTIME: Final = f"python{PYTHON_VERSION}"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_UNZIPPED: Final = 262_144_000  # bytes: 250 MB, function and layers together
MAX_TIMEOUT: Final = 900  # seconds
DEFAULT_TIMEOUT: Final = 30  # seconds; a cold start and the sign-in have been seen to take 9
DEFAULT_MEMORY: Final = 1024  # megabytes; the CPU that a function gets grows with them


class Architecture(StrEnum):
    """The machines that Lambda has, as it calls them."""

    ARM64 = "arm64"
    X86_64 = "x86_64"

    @property
    def machine(self) -> str:
        """The machine as Python and wheels call it."""
        return "aarch64" if self is Architecture.ARM64 else "x86_64"
