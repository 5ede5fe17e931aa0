#!/usr/bin/env bash
# A real client against a real server: see interop/README.md. Installs Debian's AWS CLI 2 where
# that can be done without asking.
# limit: 300
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ ! -x /usr/bin/aws ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && apt-get install -y -qq awscli >/dev/null
fi
node interop/run.mjs aws-cli
