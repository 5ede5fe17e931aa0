#!/usr/bin/env bash
# Real servers killed under load, with reshards and changes of settings in flight: first the checker
# is checked, then the server. Closes with `N passed, N failed`.
# limit: 420
set -uo pipefail
cd "$(dirname "$0")/../.."
passed=0
failed=0

verdict() { # verdict NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  echo "$1: $([ "$2" = 0 ] && echo passed || echo FAILED)"
}

node --test test/crash/oracle.test.mjs >/tmp/crash-oracle.$$ 2>&1
status=$?
[ "$status" = 0 ] || cat /tmp/crash-oracle.$$
rm -f /tmp/crash-oracle.$$
verdict 'the checker finds planted damage' "$status"

for plant in lost reordered corrupted; do
  last=$(node test/crash/main.mjs --cycles 1 --seed 5 --plant "$plant" | tail -n 1)
  [[ "$last" =~ " $plant="[1-9] ]]
  verdict "a whole run finds a record that is $plant" $?
done

for seed in 1 2; do
  node test/crash/main.mjs --cycles 8 --seed "$seed"
  verdict "8 crashes with seed $seed" $?
done

node test/crash/main.mjs --cycles 4 --seed 3 --workers 2
verdict '4 crashes of a server with two workers' $?

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
