#!/usr/bin/env bash
# The conformance suite against our own server with its default options. Closes with
# `N passed, N failed`.
# limit: 420
set -uo pipefail
cd "$(dirname "$0")/../.."
exec node conformance/self.mjs
