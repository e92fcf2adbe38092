"""Analyses that run by themselves, as an AWS Lambda function: signed in by the identity of the function's role.

`handler` is what Lambda calls, by the setting `theia_sf.scheduled.handler`: it splits that at the last dot into a
module and an attribute. `bundle` builds what is deployed.
"""

from __future__ import annotations

import os
from typing import Any


def handler(event: Any, context: Any = None) -> dict[str, Any]:
    """Run the job that an event asks for, and put its result into S3.

    Args:
        event: `{"job": "drop-detection" | "policy-recommendation" | "current-user", …}` with the options of the command
            of that name in snake_case; or an event of an EventBridge bus that has this as its `detail`.
        context: Lambda's, for its request ID and the time that is left; None outside of Lambda.

    Returns:
        What was done, as JSON types: `job`, `user`, and of an analysis its counts and where its `result` is.

    Raises:
        UsageError: the event or the environment is wrong.
        TheiaError: the job failed. Lambda reports the name of the exception's type and its one sentence.
    """
    from theia_sf.scheduled.entry import run  # noqa: PLC0415 (the connector costs a second to import)

    return run(event, context)


# Lambda imports a module with the full CPU, before the time limit of the first call begins to run; later it would be
# part of that call (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    import theia_sf.scheduled.entry as _entry  # noqa: F401 # pyright: ignore[reportUnusedImport]
