"""What onboard says once the pipeline stands."""

from __future__ import annotations

import json

from theia_sf.aws import session
from theia_sf.aws.session import CallerIdentity
from theia_sf.cli import main
from theia_sf.errors import ExitCode
from theia_sf.provision import operations
from theia_sf.provision.outputs import PipelineOutputs

OUTPUTS = PipelineOutputs("us-west-2", "flows", "flows", "ANTREA_1", "THEIA", "FLOWS", "topic", "queue")


def test_the_result_is_told_even_where_the_stack_cannot_be_remembered(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("THEIA_SF_CONTEXT_FILE", str(tmp_path))  # a folder
    for name, value in (("ACCOUNT", "ORG-ACCOUNT"), ("USER", "THEIA"), ("PASSWORD", "secret")):
        monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
    monkeypatch.setattr(
        session, "caller_identity", lambda _region: CallerIdentity("123456789012", "arn:aws:iam::1:root")
    )
    monkeypatch.setattr("theia_sf.provision.context.current", lambda _identity: None)
    monkeypatch.setattr(operations, "onboard", lambda *_args, **_options: OUTPUTS)
    assert main.run(["onboard", "--bucket-name", "state", "--output", "json"]) == ExitCode.OK
    told = capsys.readouterr()
    assert json.loads(told.out)["database_name"] == "ANTREA_1"
    assert "Warning: The context" in told.err
