#!/usr/bin/env bash
# limit: 240
# The Kinesis Producer Library with aggregation over TLS: see interop/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
node interop/run.mjs kpl
