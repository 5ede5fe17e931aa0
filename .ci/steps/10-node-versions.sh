#!/usr/bin/env bash
# limit: 600
# The tests on the other supported lines of Node, each from npm's own package of its binaries, and
# on the oldest version we support.
set -uo pipefail
passed=0
failed=0
for version in 20.19 22 24; do
  npm exec --yes --package="node@$version" -- node -e 'console.log(`node ${process.version}`)' ||
    { failed=$((failed + 1)) && continue; }
  out=$(npm exec --yes --package="node@$version" -- node scripts/test.mjs 2>&1)
  status=$?
  echo "$out"
  if [[ $(tail -1 <<<"$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    ((status != 0 && BASH_REMATCH[2] == 0)) && failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
((failed == 0))
