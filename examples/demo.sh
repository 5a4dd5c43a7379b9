#!/usr/bin/env bash
# Moves the invented domain EXAMPLE to a sandbox on this machine, and shows what came of it.
# demo.sh [FOLDER]   (default: build/demo, made anew)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../build/demo}
rm -rf "$folder" && mkdir -p "$(dirname "$folder")"

kt-migrate init EXAMPLE --dir "$folder" >/dev/null
cp -r "$here/example-domain/." "$folder/"
cd "$folder"

echo "== 1  Wat zit er in het archief? (kt-migrate inspect)"
kt-migrate inspect > inspect.txt && sed -n '1,18p' inspect.txt && echo "   … (inspect.txt)"
echo "== 2  Wat wordt het? (kt-migrate plan)"
kt-migrate plan | tail -n 15

kt-migrate sandbox > sandbox.log 2>&1 &
sandbox=$!
trap 'kill $sandbox 2>/dev/null || true' EXIT
for _ in $(seq 100); do grep -q klaar sandbox.log && break; sleep 0.1; done

echo "== 3  Schrijven naar de sandbox (kt-migrate trial --env local)"
kt-migrate trial --env local | tail -n 4
echo "== 4  Teruglezen en vergelijken (kt-migrate verify)"
kt-migrate verify --env local
echo "== 5  Verslag (kt-migrate report)"
kt-migrate report --env local
