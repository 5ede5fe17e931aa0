#!/usr/bin/env bash
# limit: 120
# The WebAssembly in src/ is what the sources in kernels/ give.
set -euo pipefail
npm ci --prefix kernels --no-audit --no-fund --loglevel error
as_one node kernels/build.mjs --check
