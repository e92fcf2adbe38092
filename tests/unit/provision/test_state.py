from __future__ import annotations

from theia_sf.provision.state import SecretsProvider, parse_state


def test_a_state_under_a_kms_key_tells_url_data_key_and_key():
    state = parse_state(
        {
            "secrets_providers": {
                "type": "cloud",
                "state": {"url": "awskms://k-1?region=eu-west-1", "encryptedkey": "QUJD"},
            }
        }
    )
    assert state.secrets == SecretsProvider(url="awskms://k-1?region=eu-west-1", encrypted_key="QUJD")
    assert state.secrets is not None
    assert state.secrets.key == ("k-1", "eu-west-1")


def test_the_key_of_an_arn_or_alias_url():
    arn = "arn:aws:kms:us-west-2:123456789012:key/1234"
    assert SecretsProvider(url=f"awskms:///{arn}?region=us-west-2").key == (arn, "us-west-2")
    assert SecretsProvider(url="awskms://alias/flows").key == ("alias/flows", None)


def test_a_state_under_a_passphrase_tells_the_salt_and_no_key():
    state = parse_state({"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:abc"}}})
    assert state.secrets == SecretsProvider(salt="v1:abc")
    assert state.secrets is not None
    assert state.secrets.key is None


def test_resources_leave_out_components_and_providers_and_outputs_leave_out_secrets():
    state = parse_state(
        {
            "resources": [
                {"type": "pulumi:pulumi:Stack", "outputs": {"region": "us-west-2", "hidden": {"ciphertext": "x"}}},
                {"type": "pulumi:providers:aws", "custom": True},
                {"type": "theia-sf:index:FlowPipeline"},
                {"type": "aws:s3/bucket:Bucket", "id": "b", "custom": True},
            ],
            "pending_operations": [{"type": "creating", "resource": {}}],
        }
    )
    assert [found["id"] for found in state.resources] == ["b"]
    assert state.outputs == {"region": "us-west-2"}
    assert len(state.pending) == 1


def test_a_stack_just_created_is_empty():
    assert parse_state({"manifest": {}}) == parse_state({})
    assert parse_state({}).secrets is None
