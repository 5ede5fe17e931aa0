#!/usr/bin/env bash
# The conformance suite's cases of signatures and sessions, against our own server with
# `--auth verify`, and what every request goes through with it. Closes with `N passed, N failed`.
# limit: 180
set -uo pipefail
cd "$(dirname "$0")/../.."
exec node conformance/self.mjs --verified --operation '(signatures)' --operation '(sessions)' \
  --operation '(authentication)' --operation '(headers and transport)' \
  --operation PutRecord --operation SubscribeToShard --operation CreateChannel
