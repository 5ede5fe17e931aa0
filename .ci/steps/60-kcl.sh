#!/usr/bin/env bash
# limit: 480
# The Kinesis Client Library through reshards under load: see interop/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
node interop/run.mjs kcl
