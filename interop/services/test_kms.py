"""`--kms-endpoint` against key services that others wrote: moto, and LocalStack's.

A record written before StartStreamEncryption, during and after is read back exactly, whatever the
key was named by, across restarts; a key that is disabled, gone or out of reach gives the modelled
error and no crash. moto lets disabled keys be used, so only LocalStack is asked about those.
"""

import os
import signal
import sys
import uuid

import boto3
from botocore.config import Config

from cases import against_each_service, refused, until
from processes import CREDENTIALS, REGION, Service, Tailrace

STREAM = "secrets"


def client(service, url):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )


class World:
    def __init__(self, name):
        self.name = name
        self.service = Service(name)
        self.kms = client("kms", self.service.url)
        key = self.kms.create_key(Description="orders")["KeyMetadata"]
        self.key, self.arn = key["KeyId"], key["Arn"]
        self.kms.create_alias(AliasName="alias/orders", TargetKeyId=self.key)
        self.alias_arn = self.arn.split(":key/")[0] + ":alias/orders"
        self.server = Tailrace("--kms-endpoint", self.service.url)
        self.kinesis = client("kinesis", self.server.url)
        # What was put, as (data, encryption type).
        self.sent = []

    def active(self):
        until(lambda: self.summary()["StreamStatus"] == "ACTIVE", "the stream is ACTIVE")

    def summary(self):
        answer = self.kinesis.describe_stream_summary(StreamName=STREAM)
        return answer["StreamDescriptionSummary"]

    def put(self, encrypted):
        """Puts one record alone and two together."""
        data = [os.urandom(16).hex().encode() for _ in range(3)]
        kind = "KMS" if encrypted else "NONE"
        one = self.kinesis.put_record(StreamName=STREAM, Data=data[0], PartitionKey="k")
        many = self.kinesis.put_records(
            StreamName=STREAM, Records=[{"Data": each, "PartitionKey": "k"} for each in data[1:]]
        )
        assert many["FailedRecordCount"] == 0, many
        for answer in (one, many):
            assert answer.get("EncryptionType", "NONE") == kind, answer
        self.sent += [(each, kind) for each in data]

    def iterator(self):
        return self.kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def read(self):
        got, iterator = [], self.iterator()
        for _ in range(100):
            page = self.kinesis.get_records(ShardIterator=iterator)
            got += page["Records"]
            iterator = page["NextShardIterator"]
            if page["MillisBehindLatest"] == 0 and len(got) >= len(self.sent):
                break
        kinds = [(record["Data"], record.get("EncryptionType", "NONE")) for record in got]
        assert kinds == self.sent, (kinds, self.sent)

    def encrypt(self, key_id):
        self.kinesis.start_stream_encryption(
            StreamName=STREAM, EncryptionType="KMS", KeyId=key_id
        )
        self.put_meanwhile()
        self.active()
        summary = self.summary()
        assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", key_id), summary

    def put_meanwhile(self):
        """Puts while the stream is changing; the answer says what became of the record."""
        data = os.urandom(16).hex().encode()
        answer = self.kinesis.put_record(StreamName=STREAM, Data=data, PartitionKey="k")
        self.sent.append((data, answer.get("EncryptionType", "NONE")))

    def in_clear(self):
        self.kinesis.stop_stream_encryption(
            StreamName=STREAM, EncryptionType="KMS", KeyId=self.summary()["KeyId"]
        )
        self.put_meanwhile()
        self.active()
        assert self.summary()["EncryptionType"] == "NONE"

    def end(self):
        self.server.end()
        self.service.end()


def names_of_a_key(world):
    world.kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    world.active()
    world.put(encrypted=False)
    names = [world.key, world.arn, "alias/orders", world.alias_arn]
    for name in names:
        world.encrypt(name)
        world.put(encrypted=True)
        world.read()
        world.in_clear()
        world.put(encrypted=False)
    world.encrypt(world.arn)
    world.put(encrypted=True)
    world.read()


def restarts(world):
    for how in (signal.SIGTERM, signal.SIGKILL):
        world.server.restart(how)
        world.read()
        world.put(encrypted=True)


def only_ciphertext_is_on_disk(world):
    found = [(kind, world.server.on_disk(data)) for data, kind in world.sent]
    assert all(there == (kind == "NONE") for kind, there in found), found


def a_key_that_is_not_there(world):
    for missing in (str(uuid.uuid4()), "alias/nobody", "alias/aws/kinesis"):
        refused(
            "KMSNotFoundException",
            world.kinesis.start_stream_encryption,
            StreamName=STREAM,
            EncryptionType="KMS",
            KeyId=missing,
        )
    world.put(encrypted=True)
    world.read()


def another_key(world):
    """Records of the key before stay readable while the key after is in use."""
    other = world.kms.create_key()["KeyMetadata"]["Arn"]
    world.encrypt(other)
    world.put(encrypted=True)
    world.server.restart()
    world.read()
    world.encrypt(world.arn)


def unusable(world, code):
    """Puts and gets give this error after a restart, which forgets plain keys; nothing crashes."""
    world.server.restart()
    entry = {"Data": b"x", "PartitionKey": "k"}
    one = {"StreamName": STREAM, **entry}
    texts = {refused(code, world.kinesis.put_record, **one)}
    many = {"StreamName": STREAM, "Records": [entry]}
    texts.add(refused(code, world.kinesis.put_records, **many))
    # What lies before the first encrypted record can be read, so look behind it.
    iterator = world.kinesis.get_shard_iterator(
        StreamName=STREAM,
        ShardId="shardId-000000000000",
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=world.encrypted_number,
    )["ShardIterator"]
    texts.add(refused(code, world.kinesis.get_records, ShardIterator=iterator))
    assert world.summary()["StreamStatus"] == "ACTIVE"
    return texts


def remember_an_encrypted_number(world):
    data = os.urandom(16).hex().encode()
    answer = world.kinesis.put_record(StreamName=STREAM, Data=data, PartitionKey="k")
    world.sent.append((data, "KMS"))
    world.encrypted_number = answer["SequenceNumber"]


def a_disabled_key(world):
    remember_an_encrypted_number(world)
    world.kms.disable_key(KeyId=world.key)
    texts = unusable(world, "KMSDisabledException")
    assert texts == {f"{world.arn} is disabled."}, texts
    refused(
        "KMSDisabledException",
        world.kinesis.start_stream_encryption,
        StreamName=STREAM,
        EncryptionType="KMS",
        KeyId=world.key,
    )
    world.kms.enable_key(KeyId=world.key)
    world.put(encrypted=True)
    world.read()


def a_key_to_be_deleted(world):
    remember_an_encrypted_number(world)
    world.kms.schedule_key_deletion(KeyId=world.key, PendingWindowInDays=7)
    texts = unusable(world, "KMSInvalidStateException")
    assert texts == {f"{world.arn} is pending deletion."}, texts
    world.kms.cancel_key_deletion(KeyId=world.key)
    world.kms.enable_key(KeyId=world.key)
    world.put(encrypted=True)
    world.read()


def a_service_out_of_reach(world):
    remember_an_encrypted_number(world)
    world.service.end()
    unusable(world, "KMSThrottlingException")


CASES = [
    names_of_a_key,
    restarts,
    only_ciphertext_is_on_disk,
    a_key_that_is_not_there,
    another_key,
    a_disabled_key,
    a_key_to_be_deleted,
    a_service_out_of_reach,
]
NOT_IN_MOTO = (a_disabled_key, a_key_to_be_deleted)

sys.exit(
    against_each_service(World, CASES, lambda case, name: name != "moto" or case not in NOT_IN_MOTO)
)
