#!/bin/sh
# team.sh RELEVE-GEN RELEVE-BENCH: the team's benchmark on generated data, for `meson test --benchmark`.
set -eu
dir=$(mktemp -d /tmp/releve-bench-meson.XXXXXX)
trap 'rm -rf "$dir"' EXIT
"$1" --out "$dir/data" > /dev/null
"$2" team "$dir/data/team-00.ndjson" "$dir/data/day-00.ndjson" --dir "$dir/work" --runs 1
