"""The bucket that the Flow Aggregator uploads to."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from theia_sf_infra.names import FLOWS_FOLDER
from theia_sf_infra.statements import document, tls_only

FLOW_FILES_DAYS = 7  # Snowpipe loads a file within minutes; a week leaves time to mend a broken pipe

# Every input that AWS can only change by making a new bucket. Whatever an upgrade says about them is ignored: the
# bucket holds flows. `protect` is not the means, as it refuses `destroy` too.
REPLACING_BUCKET_INPUTS = ["bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled", "region"]


def flows_bucket(
    name: pulumi.Input[str], tags: Mapping[str, str], opts: pulumi.ResourceOptions
) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
    """Declare the bucket: private, encrypted by S3, reached by TLS only, emptied of flow files after a week.

    Returns:
        The bucket, and the settings that must stand before anything is uploaded.
    """
    bucket = aws.s3.Bucket(
        "flows-bucket",
        bucket=name,
        force_destroy=True,  # taking the pipeline down takes its flow files along
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=REPLACING_BUCKET_INPUTS)),
    )
    public_access_block = aws.s3.BucketPublicAccessBlock(
        "flows-bucket-public-access",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        "flows-bucket-encryption",
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=(
                    aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                ),
            )
        ],
        opts=opts,
    )
    lifecycle = aws.s3.BucketLifecycleConfiguration(
        "flows-bucket-lifecycle",
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id=f"{FLOWS_FOLDER}-expire",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=f"{FLOWS_FOLDER}/"),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=FLOW_FILES_DAYS),
                abort_incomplete_multipart_upload=(
                    aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(days_after_initiation=1)
                ),
            )
        ],
        opts=opts,
    )
    policy = aws.s3.BucketPolicy(
        "flows-bucket-policy",
        bucket=bucket.bucket,
        policy=document([tls_only("s3:*", [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")])]),
        # S3 refuses to change a bucket's policy and its public access block at the same moment
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[public_access_block])),
    )
    return bucket, [public_access_block, encryption, lifecycle, policy]


def notify_pipe(
    bucket: aws.s3.Bucket, channel: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.s3.BucketNotification:
    """Have S3 tell the pipe's queue (`channel`, an ARN in Snowflake's account) of every new flow file."""
    return aws.s3.BucketNotification(
        "flows-bucket-notification",
        bucket=bucket.bucket,
        queues=[
            aws.s3.BucketNotificationQueueArgs(
                id="snowpipe",
                queue_arn=channel,
                events=["s3:ObjectCreated:*"],
                filter_prefix=f"{FLOWS_FOLDER}/",
            )
        ],
        opts=opts,
    )
