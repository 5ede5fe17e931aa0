"""Channels into S3 that others wrote: moto, and LocalStack's.

Every format and compression is read back byte by byte; records that do not fit their format are
dead letters; a bucket that goes away is waited for; and every record is in exactly one object
although the server is killed again and again while it delivers. Batches are closed by ending
their shards, through warm throughput, or by their size.
"""

import base64
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.request

import boto3
import zstandard
from botocore.config import Config
from botocore.exceptions import WaiterError

from cases import against_each_service, until
from processes import CHECKOUT, CREDENTIALS, REGION, Service, Tailrace

ACCOUNT = CREDENTIALS["AWS_ACCESS_KEY_ID"]
FORMATS = {"JSON": ".jsonl", "STRING": ".txt", "BYTE_ARRAY": ".bin"}
COMPRESSIONS = {"NONE": "", "GZIP": ".gz", "ZSTD": ".zst"}
# As many MiB/s as make each of the four shards of a new stream end in children.
WARM_MIBPS = 8
MIB = 1024 * 1024


def client(service, url):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


class World:
    def __init__(self, name):
        self.service = Service(name)
        self.s3 = client("s3", self.service.url)
        self.s3.create_bucket(Bucket="archive")
        self.s3.create_bucket(Bucket="rejects")
        self.server = Tailrace("--s3-endpoint", self.service.url)
        self.kinesis = client("kinesis", self.server.url)
        self.kinesis.update_account_settings(
            MinimumThroughputBillingCommitment={"Status": "ENABLED"}
        )

    def end(self):
        self.server.end()
        self.service.end()

    def active(self, stream):
        def is_active():
            answer = self.kinesis.describe_stream_summary(StreamName=stream)
            return answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"

        until(is_active, f"{stream} is ACTIVE")

    def channel(
        self, name, form, compression="NONE", bucket="archive", storage=None, key=None, **more
    ):
        """A channel of a new stream of its name, once it is ACTIVE; its ARN."""
        encryption = {"EncryptionConfiguration": {"EncryptionType": "KMS", "KeyId": key}}
        self.kinesis.create_stream(
            StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"}
        )
        self.active(name)
        arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
        created = self.kinesis.create_channel(
            ChannelName=name,
            ServiceExecutionRoleARN=f"arn:aws:iam::{ACCOUNT}:role/delivery",
            StreamConfigurationList=[
                {"StreamARN": arn, "RecordConfiguration": {"RecordFormatType": form}}
            ],
            S3DestinationConfiguration={
                "StorageConfiguration": {
                    "BucketARN": f"arn:aws:s3:::{bucket}",
                    "ExpectedBucketOwner": ACCOUNT,
                    "CompressionType": compression,
                    "OutputKeyTemplate": "{channelName}/{shardId}/",
                    **(storage or {}),
                },
                **more,
            },
            **({} if key is None else encryption),
        )["ChannelDescription"]
        waiter = self.kinesis.get_waiter("channel_active")
        waiter.wait(ChannelARN=created["ChannelARN"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        return created["ChannelARN"]

    def put(self, stream, data):
        entries = [{"Data": each, "PartitionKey": str(n)} for n, each in enumerate(data)]
        answer = self.kinesis.put_records(StreamName=stream, Records=entries)
        assert answer["FailedRecordCount"] == 0, answer

    def end_shards(self, stream):
        self.kinesis.update_stream_warm_throughput(
            StreamName=stream, WarmThroughputMiBps=WARM_MIBPS
        )

    def objects(self, bucket, prefix):
        """Keys and bodies below a prefix, in the order of their keys."""
        found = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            found += [each["Key"] for each in page.get("Contents", [])]
        return [
            (key, self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in found
        ]

    def records(self, bucket, prefix):
        return [
            record for key, body in self.objects(bucket, prefix) for record in unpack(key, body)
        ]

    def delivers(self, bucket, name, wanted, seconds=90):
        """Waits until that many records are in the bucket; gives them."""
        until(
            lambda: len(self.records(bucket, f"{name}/")) >= wanted,
            f"{wanted} records of {name} are delivered",
            seconds,
        )
        return self.records(bucket, f"{name}/")


def unpack(key, body):
    """The records of an object, as its name says they are written."""
    if key.endswith(".gz"):
        key, body = key[:-3], gzip.decompress(body)
    elif key.endswith(".zst"):
        reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
        key, body = key[:-4], reader.read()
    if key.endswith(".bin"):
        records, at = [], 0
        while at < len(body):
            (length,) = struct.unpack_from(">I", body, at)
            records.append(body[at + 4 : at + 4 + length])
            at += 4 + length
        assert at == len(body), key
        return records
    assert key.endswith((".jsonl", ".txt")) and body.endswith(b"\n"), key
    return body[:-1].split(b"\n")


def samples(form):
    if form == "JSON":
        texts = [json.dumps({"n": n, "text": "zwölf\n" * (n % 5)}) for n in range(200)]
        return [text.encode() for text in texts] + [b'{"spread": [1,2]}', b"17", b'"s"']
    if form == "STRING":
        return [f"Zeile {n} \u2603".encode() for n in range(200)]
    return [os.urandom(n * 7) for n in range(200)]


def every_format_and_compression(world):
    sent = {}
    for form in FORMATS:
        for compression in COMPRESSIONS:
            name = f"{form}-{compression}".replace("_", "-").lower()
            world.channel(name, form, compression)
            sent[name] = (samples(form), FORMATS[form] + COMPRESSIONS[compression])
            world.put(name, sent[name][0])
            world.end_shards(name)
    for name, (data, suffix) in sent.items():
        got = world.delivers("archive", name, len(data))
        assert sorted(got) == sorted(data), name
        keys = [key for key, _ in world.objects("archive", f"{name}/")]
        assert len(keys) == 4 and all(key.endswith(suffix) for key in keys), keys
        # The shard in the name of the folder, as the template says.
        assert all(key.split("/")[1].startswith("shardId-") for key in keys), keys


def children_follow_their_parents(world):
    """What comes after the reshard is delivered too, once its shards end in turn."""
    name = "string-none"
    later = [b"later %d" % n for n in range(50)]
    world.active(name)
    world.put(name, later)
    world.kinesis.update_stream_warm_throughput(StreamName=name, WarmThroughputMiBps=16)
    got = world.delivers("archive", name, 250)
    assert sorted(got) == sorted(samples("STRING") + later)


def dead_letters(world):
    name = "mixed"
    world.channel(
        name,
        "JSON",
        DeadLetterQueueS3Configuration={
            "BucketARN": "arn:aws:s3:::rejects",
            "ExpectedBucketOwner": ACCOUNT,
            "ErrorOutputPrefix": "mixed-errors/",
        },
    )
    good = [b'{"n": %d}' % n for n in range(20)]
    bad = [b"{no json", b"\xff\xfe", b""]
    world.put(name, good + bad)
    world.end_shards(name)
    assert sorted(world.delivers("archive", name, len(good))) == sorted(good)
    until(lambda: len(letters(world)) >= len(bad), "dead letters are delivered")
    found = letters(world)
    assert sorted(base64.b64decode(letter["data"]) for letter in found) == sorted(bad), found
    keys = {str(len(good) + n) for n in range(len(bad))}
    assert {letter["partitionKey"] for letter in found} == keys, found
    assert {letter["errorCode"] for letter in found} == {"NOT_JSON"}, found


def letters(world):
    objects = world.objects("rejects", "mixed-errors/")
    return [json.loads(line) for _, body in objects for line in body.splitlines()]


def how_objects_are_stored(world):
    """Storage class, key and content type reach the bucket with the object."""
    key = client("kms", world.service.url).create_key()["KeyMetadata"]["Arn"]
    storage = {"StorageClass": "GLACIER_IR"}
    world.channel("sealed", "JSON", "GZIP", key=key, storage=storage)
    world.put("sealed", [b'{"n": 1}'])
    world.end_shards("sealed")
    assert world.delivers("archive", "sealed", 1) == [b'{"n": 1}']
    ((object_key, _),) = world.objects("archive", "sealed/")
    head = world.s3.head_object(Bucket="archive", Key=object_key)
    assert head["ServerSideEncryption"] == "aws:kms", head
    assert head["SSEKMSKeyId"] == key, head
    assert head["StorageClass"] == "GLACIER_IR", head
    assert head["ContentType"] == "application/gzip", head


def a_bucket_that_is_not_there(world):
    """A channel without its bucket FAILs and says why; one that loses it waits until it is back."""
    try:
        world.channel("nowhere", "STRING", bucket="no-such-bucket")
    except WaiterError as error:
        reason = error.last_response["ChannelDescription"]["ChannelStatusReason"]
        assert reason.startswith("Bucket no-such-bucket cannot be used: "), reason
    else:
        raise AssertionError("the channel became ACTIVE")
    world.s3.create_bucket(Bucket="shortlived")
    world.channel("patient", "STRING", bucket="shortlived")
    world.s3.delete_bucket(Bucket="shortlived")
    data = [b"kept %d" % n for n in range(30)]
    world.put("patient", data)
    world.end_shards("patient")
    until(lambda: failing_shards(world) > 0, "delivery fails")
    world.s3.create_bucket(Bucket="shortlived")
    assert sorted(world.delivers("shortlived", "patient", len(data), 150)) == sorted(data)
    until(lambda: failing_shards(world) == 0, "no shard fails any more")


def failing_shards(world):
    with urllib.request.urlopen(f"{world.server.admin}/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("tailrace_channel_failing_shards "):
                return float(line.split()[1])
    raise AssertionError("no such metric")


def exactly_once_over_kills(world):
    """Kills the server at moments in which it delivers; no record is lost, none comes twice."""
    name = "durable"
    world.channel(name, "BYTE_ARRAY", "GZIP")
    tags = []
    for batch in range(24):
        data = [struct.pack(">I", batch * 20 + n) + os.urandom(200 * 1024) for n in range(20)]
        tags += [each[:4] for each in data]
        world.put(name, data)
        if batch % 6 == 5:
            # Somewhere from before the next look at the channel until after it has delivered.
            time.sleep((batch % 4) * 1.7)
            world.server.restart(signal.SIGKILL)
            world.active(name)
    delivered = len(world.objects("archive", f"{name}/"))
    world.end_shards(name)
    for _ in range(3):
        seen = delivered
        until(
            lambda: len(world.objects("archive", f"{name}/")) > seen, "the next object is there"
        )
        world.server.restart(signal.SIGKILL)
        delivered = len(world.objects("archive", f"{name}/"))
        if delivered >= 8:
            break
    got = [each[:4] for each in world.delivers("archive", name, len(tags), 120)]
    # A delivery that would come twice has until its channel looks again.
    time.sleep(6)
    got = [each[:4] for each in world.records("archive", f"{name}/")]
    assert sorted(got) == sorted(tags), (len(got), len(set(got)), len(tags))
    for key, body in world.objects("archive", f"{name}/"):
        order = [each[:4] for each in unpack(key, body)]
        assert order == sorted(order), key


def the_conformance_suite_of_deliveries(world):
    """The suite that runs against the real service too, with this S3 beside the server."""
    run = subprocess.run(
        ["node", "conformance/main.mjs", "--operation", "(deliveries)"]
        + ["--endpoint", world.server.url, "--bucket", "archive", "--account", ACCOUNT]
        + ["--s3-endpoint", world.service.url],
        cwd=CHECKOUT,
        env={**os.environ, **CREDENTIALS},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def a_deleted_channel(world):
    arn = world.kinesis.list_channels()["ChannelSummaries"][0]["ChannelARN"]
    before = len(world.objects("archive", ""))
    world.kinesis.delete_channel(ChannelARN=arn)

    def gone():
        arns = [each["ChannelARN"] for each in world.kinesis.list_channels()["ChannelSummaries"]]
        return arn not in arns

    until(gone, "the channel is gone")
    assert len(world.objects("archive", "")) == before


CASES = [
    every_format_and_compression,
    children_follow_their_parents,
    dead_letters,
    how_objects_are_stored,
    a_bucket_that_is_not_there,
    the_conformance_suite_of_deliveries,
    exactly_once_over_kills,
    a_deleted_channel,
]


# Long cases, which look at the server more than at the S3: once is enough.
ONLY = {
    the_conformance_suite_of_deliveries: "moto",
    exactly_once_over_kills: "localstack",
}


sys.exit(
    against_each_service(World, CASES, lambda case, name: ONLY.get(case, name) == name)
)
