#!/usr/bin/env bash
# limit: 240
# The package as users install it, and `npm start`, as real processes.
set -euo pipefail
node --test --test-reporter=./scripts/test-reporter.mjs --test-reporter-destination=stdout \
  test/package/package.test.mjs
