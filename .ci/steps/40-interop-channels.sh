#!/usr/bin/env bash
# Services of others that a real server asks: see interop/README.md.
# limit: 480
set -euo pipefail
cd "$(dirname "$0")/../.."
node interop/run.mjs channels
