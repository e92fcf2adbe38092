"""Where a job's result goes: objects in S3, one by the time of the run and one that is always the latest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from theia_sf.aws.buckets import check_name
from theia_sf.aws.errors import aws_errors
from theia_sf.aws.session import client
from theia_sf.errors import UsageError
from theia_sf.scheduled.jobs import Job

BUCKET_VARIABLE: Final = "THEIA_SF_RESULTS_BUCKET"
PREFIX_VARIABLE: Final = "THEIA_SF_RESULTS_PREFIX"
DEFAULT_PREFIX: Final = "results"
JSON: Final = "application/json"
YAML: Final = "application/yaml"  # RFC 9512
_LATEST: Final = "latest"
_ID_LENGTH: Final = 8


@dataclass(frozen=True)
class Document:
    """One object of a result: how its name ends, its media type, and its bytes."""

    suffix: str
    content_type: str
    body: bytes


class ResultStore:
    """The place in S3 that the function's environment names.

    Raises:
        UsageError: no bucket is named, or the name cannot be a bucket's.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        bucket = environ.get(BUCKET_VARIABLE, "")
        if not bucket:
            message = "The function's environment names no bucket for its results."
            raise UsageError(message, hint=f"Set {BUCKET_VARIABLE}.")
        check_name(bucket)
        self._bucket = bucket
        prefix = environ.get(PREFIX_VARIABLE, DEFAULT_PREFIX).strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def uri(self, job: Job, name: str) -> str:
        """Return where the object of this name is, or will be."""
        return f"s3://{self._bucket}/{self._key(job, name)}"

    def write(self, job: Job, documents: list[Document], *, now: datetime, run_id: str) -> dict[str, str]:
        """Write the documents of one run, then make them the latest.

        Args:
            job: what was run; each job has a folder of its own.
            documents: of different suffixes; the first is the result proper.
            now: when it was run.
            run_id: Lambda's request ID, which keeps two runs of the same second apart.

        Returns:
            `result` and `latest`: the URIs of the first document.

        Raises:
            TheiaError: AWS did not take them; `latest` is replaced only after all others were taken.
        """
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        stem = f"{moment}-{run_id[:_ID_LENGTH]}" if run_id else moment
        for name in (stem, _LATEST):
            for document in documents:
                self._put(job, f"{name}.{document.suffix}", document)
        suffix = documents[0].suffix
        return {"result": self.uri(job, f"{stem}.{suffix}"), "latest": self.uri(job, f"{_LATEST}.{suffix}")}

    def _key(self, job: Job, name: str) -> str:
        return f"{self._prefix}{job}/{name}"

    def _put(self, job: Job, name: str, document: Document) -> None:
        with aws_errors(f"write {self.uri(job, name)}"):
            client("s3", None).put_object(
                Bucket=self._bucket, Key=self._key(job, name), Body=document.body, ContentType=document.content_type
            )
