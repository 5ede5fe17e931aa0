#!/usr/bin/env bash
# A real client against a real server: see interop/README.md.
# limit: 300
set -euo pipefail
cd "$(dirname "$0")/../.."
node interop/run.mjs boto3
