"""What an operation looks at before it touches anything, so that a mistake costs one sentence and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from theia_sf.aws.session import CallerIdentity, caller_identity, check_region
from theia_sf.errors import TheiaError
from theia_sf.provision import function_code
from theia_sf.provision.backend import Backend, open_backend
from theia_sf.provision.keys import agreed_secrets
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.ownership import require_own
from theia_sf.provision.request import StackRequest
from theia_sf.provision.stack_options import StackOptions, changed
from theia_sf.provision.state import SecretsProvider, State, read_state


@dataclass(frozen=True)
class Ready:
    """What the checks before an operation found out; `options` are those that the stack is to have."""

    caller: CallerIdentity
    backend: Backend
    state: State | None
    secrets: SecretsProvider | None
    snowflake_account: str | None
    options: StackOptions

    @property
    def outputs(self) -> PipelineOutputs | None:
        """The outputs of a stack that was onboarded to the end at least once."""
        try:
            return None if self.state is None else PipelineOutputs.from_outputs(self.state.outputs)
        except TheiaError:
            return None


def prepare(request: StackRequest) -> Ready:
    """Checks everything that an operation needs, and changes nothing.

    Raises:
        ConnectionFailedError: AWS or Snowflake not reached, or the credentials refused.
        UsageError: region, bucket or key are wrong, the stack belongs to another account or region, or does not have
            what is to be removed from it.
        TheiaError: the key cannot be used.
    """
    check_region(request.region)
    caller = caller_identity(request.region)
    backend = open_backend(request)
    state = read_state(backend)
    secrets = agreed_secrets(request, state)
    account = _sign_in(request)
    if state is not None:
        require_own(state, region=request.region, caller=caller, snowflake_account=account)
    function = None
    if request.function is not None and request.snowflake is not None:
        function = function_code.describe(request.function, request.snowflake)
    options = changed(StackOptions.from_outputs(state.outputs if state else {}), request, function)
    return Ready(caller, backend, state, secrets, account, options)


def _sign_in(request: StackRequest) -> str | None:
    """Signs in to Snowflake and out again; returns the account as ORGANIZATION-ACCOUNT, None where none is needed."""
    if request.snowflake is None:
        return None
    # The connector costs a second to import.
    from theia_sf.snowflake.connect import signed_in_account  # noqa: PLC0415

    return signed_in_account(request.snowflake)
