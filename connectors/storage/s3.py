"""Artefacts in an S3 bucket (boto3). Source: Amazon S3 API, PutObject, GetObject.

A digest is sent with every put (Content-MD5's successor, SHA-256 checksum), so the server refuses a broken one.
"""

from __future__ import annotations

import base64
import functools
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from schemas.errors import ArtefactDamaged, StoreUnavailable


@functools.lru_cache(maxsize=4)
def _client(endpoint: str | None, region: str, access_key: str | None, secret_key: str | None) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 2},
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
        ),
    )


@dataclass(frozen=True)
class S3Storage:
    """One bucket. `endpoint` for stores that are not Amazon's; keys may come from boto3's own chain instead."""

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)

    @property
    def _s3(self) -> Any:
        return _client(self.endpoint, self.region, self.access_key, self.secret_key)

    def write(self, key: str, data: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        checksum = base64.b64encode(bytes.fromhex(key.rsplit("/", 1)[1])).decode()
        try:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, ChecksumSHA256=checksum)
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"S3 does not take an artefact: {type(error).__name__}") from error

    def batch(self) -> AbstractContextManager[None]:
        """A put is durable when it is answered: there is nothing to do together."""
        return nullcontext()

    def read(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        from botocore.exceptions import BotoCoreError, ClientError

        spooled = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115  the caller closes it
        try:
            self._s3.download_fileobj(self.bucket, key, spooled)
        except ClientError as error:
            spooled.close()
            if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey"):
                raise ArtefactDamaged("the artefact is not in the store", key=key) from error
            raise StoreUnavailable(f"S3 does not give an artefact: {type(error).__name__}") from error
        except BotoCoreError as error:
            spooled.close()
            raise StoreUnavailable(f"S3 does not answer: {type(error).__name__}") from error
        spooled.seek(0)
        return cast(BinaryIO, spooled)
