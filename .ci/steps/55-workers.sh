#!/usr/bin/env bash
# A short form of the conformance suite against a server whose data port is served by two threads:
# what is done with records, and what has to be seen by every thread at once. Closes with
# `N passed, N failed`.
# limit: 240
set -uo pipefail
cd "$(dirname "$0")/../.."
chosen=()
for operation in PutRecord PutRecords GetRecords GetShardIterator SubscribeToShard CreateStream \
  DeleteStream SplitShard MergeShards RegisterStreamConsumer PutResourcePolicy; do
  chosen+=(--operation "$operation")
done
exec node conformance/self.mjs --workers 2 "${chosen[@]}"
