"""Whether an S3 bucket is there and lets us in, asked once and quickly. Source: Amazon S3 API, HeadBucket."""

from __future__ import annotations

from schemas.errors import ConfigurationError

SECONDS = 5


def ask(bucket: str, endpoint: str | None, region: str, access_key: str | None, secret_key: str | None) -> None:
    """Return where the bucket answers. Raises ConfigurationError that begins with the setting to look at."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    where = endpoint or f"Amazon S3 in {region}"
    try:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=SECONDS,
                read_timeout=SECONDS,
                retries={"total_max_attempts": 1},
                signature_version="s3v4",
                s3={"addressing_style": "path" if endpoint else "auto"},
            ),
        )
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        status = str(error.response.get("Error", {}).get("Code"))  # an answer to HEAD has no body: a number
        sentences = {
            "404": f"s3_bucket: there is no bucket {bucket} at {where}",
            "403": f"s3_access_key: {where} does not let it use the bucket {bucket}",
            "401": f"s3_access_key: {where} does not know it",
            "301": f"s3_region: the bucket {bucket} is not in {region}",
        }
        raise ConfigurationError(sentences.get(status, f"s3_bucket: {where} answers {status} for {bucket}")) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        text = "s3_access_key: neither it and s3_secret_key are set, nor does boto3 find keys by itself"
        raise ConfigurationError(text) from error
    except (BotoCoreError, ValueError) as error:  # ValueError: no URL at all
        raise ConfigurationError(f"s3_endpoint: {where} does not answer: {type(error).__name__}") from error
