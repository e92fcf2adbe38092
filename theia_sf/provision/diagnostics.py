"""One sentence out of what the engine says when it fails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision.repair import SERVICE_USER

_MAX_LENGTH = 400
# What the engine and the providers put around the cause, outermost first. Sources: the texts of pkg/resource/deploy
# and sdk/go/common/util/cmdutil in pulumi/pulumi, pkg/tfbridge in pulumi/pulumi-terraform-bridge.
_WRAPPING = (
    re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m"),  # colours
    re.compile(r"^(?:error|warning): ", re.MULTILINE),
    re.compile(r"^.*?python inline source runtime error: "),
    re.compile(r"\s*\n\s*Traceback \(most recent call last\):.*", re.DOTALL),
    re.compile(r"\S+\.go:\d+: "),
    re.compile(r"^(?:sdk\.helper_schema|diffing|creating|updating|deleting|reading|refreshing) \S*urn:pulumi:\S+: "),
    re.compile(r"^sdk\.helper_schema: "),
    re.compile(r"\d+ errors? occurred:\s*(?:\* )?"),
    re.compile(r": provider=\S+@\S+\s*$", re.MULTILINE),
    re.compile(r"urn:pulumi:[^:\s]*::[^:\s]*::[^\s]*::"),
)
# Said in addition to the real cause.
_GENERIC = re.compile(
    r"^(?:update|preview|refresh|destroy|deletion|resource monitor|BAIL|an error occurred)\b.{0,20}"
    r"(?:failed|canceled|cancelled|shut.{0,10})?$"
)
# `MissingError` in sdk/go/common/workspace/plugins.go, and the text of a failed download.
_PLUGIN = re.compile(
    r"resource plugin '?pulumi-resource-(?P<name>[a-z][\w-]*)'?(?: found in the workspace)?"
    r"(?: at version v(?P<version>\d[\w.+-]*))?"
)
# Snowflake's words (errors 2002) for a user of this name, and for an AWS role that another user is bound to.
_USER_TAKEN = re.compile(r"Object '(?P<name>.+)' already exists")
_ROLE_TAKEN = re.compile(
    r"AWS Authenticator for AWS Account '(?P<account>\d+)' and IAM role '(?P<role>[^']+)' already exists"
)
_PASSPHRASE = re.compile(r"incorrect passphrase|passphrase must be set")


def failure(action: str, diagnostics: Sequence[tuple[str | None, str]], output: str) -> TheiaError:
    """The error to raise for an engine that failed.

    Args:
        action: the theia-sf command that was at work.
        diagnostics: the engine's diagnostics of severity error, as (urn or None, message), in order.
        output: what it wrote to stderr, for failures before the engine could send events.
    """
    text = "\n".join([*(message for _, message in diagnostics), output])
    plugin = _PLUGIN.search(text)
    if plugin is not None:
        name, version = plugin["name"], plugin["version"] or ""
        msg = f"The Pulumi provider {name} {version} is not installed and could not be downloaded.".replace("  ", " ")
        return TheiaError(msg, hint=f"Install it: pulumi plugin install resource {name} {version}".rstrip())
    if _PASSPHRASE.search(text):
        msg = "The passphrase does not fit the stack's secrets."
        return UsageError(msg, hint="Set PULUMI_CONFIG_PASSPHRASE to the one that the stack was created with.")
    causes = [(urn, clean(message)) for urn, message in diagnostics]
    telling = [(urn, cause) for urn, cause in causes if cause and not _GENERIC.match(cause)]
    # An error of one resource is the cause; those without a resource only report that there was one.
    for urn, cause in sorted(telling, key=lambda found: found[0] is None):
        taken = _taken(cause) if urn and f"{SERVICE_USER}::" in urn else None
        if taken is not None:
            return taken
        subject = f"{_resource(urn)}: " if urn else ""
        return TheiaError(f"Could not {action}: {subject}{cause}", hint=_next(action))
    cause = clean(_last_error(output)) or "the Pulumi engine stopped without saying why"
    return TheiaError(f"Could not {action}: {cause}", hint=_next(action))


def _taken(cause: str) -> TheiaError | None:
    """The error for a service user that cannot be made because Snowflake knows its name, or its role."""
    if found := _USER_TAKEN.search(cause):
        msg = f"Snowflake has a user {found['name']} already, which this stack did not make."
        name = found["name"]
        bind = f"bind that user: theia-sf workload-identity create {name} --role-arn ARN"
        forget = f"If the stack remembers it, theia-sf onboard --remove-service-user {name} makes it forget."
        return UsageError(msg, hint=f"Use another --service-user NAME, or {bind}. {forget}")
    if found := _ROLE_TAKEN.search(cause):
        msg = f"The AWS role {found['role']} of account {found['account']} is another Snowflake user already."
        return UsageError(msg, hint="A role is one user only; theia-sf workload-identity list shows which.")
    return None


def clean(message: str) -> str:
    """A message without colours, Python tracebacks, Go source lines and the engine's wrapping, on one line."""
    text = message.strip()
    for pattern in _WRAPPING:
        text = pattern.sub("", text).strip()
    text = " ".join(line.strip().removeprefix("* ") for line in text.splitlines() if line.strip())
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1].rstrip() + "…"


def _resource(urn: str) -> str:
    kind, name = urn.split("::")[-2:]
    last = kind.rsplit(":", 1)[-1]
    return f"the provider {last}" if kind.startswith("pulumi:providers:") else f"{last} {name}"


def _last_error(output: str) -> str:
    """The text from the last line that begins with `error:`, or the last line at all."""
    at = output.rfind("error: ")
    if at >= 0:
        return output[at:]
    lines = output.strip().splitlines()
    return lines[-1] if lines else ""


def _next(action: str) -> str:
    return f"What was done so far is recorded: run theia-sf {action} again once the cause is mended."
