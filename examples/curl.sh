#!/usr/bin/env bash
# The service by curl alone. Start it first: make serve. Needs curl and jq.
set -euo pipefail

url="${TUNER_URL:-http://127.0.0.1:8000}/v1"
trials="${1:-10}"
folder="$(cd "$(dirname "$0")" && pwd)"
name="shell-$(date +%s)-$$"
curl() { command curl -sS --fail-with-body -H "Authorization: Bearer ${TUNER_API_KEY:-}" "$@"; }

echo "-- Upload a table and say what to predict."
dataset=$(curl "$url/datasets?name=penguins&target=species" --data-binary "@$folder/penguins.csv" | jq -r .id)

echo "-- Let the service search for the best model."
study=$(curl "$url/studies" --json @- <<BODY | jq -r .id
{"name": "$name", "dataset": "$dataset", "models": ["linear", "random_forest"], "budget": {"trials": $trials}}
BODY
)
while [ "$(curl "$url/studies/$study" | jq -r .state)" = running ]; do sleep 0.5; done

echo "-- The leaderboard, page by page."
cursor=""
while true; do
  page=$(curl "$url/studies/$study/trials?state=completed&order_by=rank&limit=5${cursor:+&cursor=$cursor}")
  jq -r '.items[] | "\(.rank)\t\(.params.model)\t\(.values | tostring)"' <<<"$page"
  cursor=$(jq -r '.next_cursor // empty' <<<"$page")
  [ -n "$cursor" ] || break
done

echo "-- Download the best model."
number=$(curl "$url/studies/$study" | jq .best_number)
attempt=$(curl "$url/studies/$study/trials/$number" | jq .attempt)
model="$(mktemp -d)/model.zip"
curl "$url/studies/$study/trials/$number/attempts/$attempt/artifacts/model.zip" -o "$model"
echo "$model"

echo "-- Your own training, in any language: ask, report, complete."
own=$(curl "$url/studies" --json @- <<BODY | jq -r .id
{"name": "$name-own", "objectives": {"loss": "minimize"}, "budget": {"trials": 3},
 "space": {"version": 1, "parameters": {"x": {"type": "float", "low": -1.0, "high": 1.0}}}}
BODY
)
for _ in 1 2 3; do
  # A lease is the right to run the trial. It is renewed by each report; a long one spares you from reporting.
  leased=$(curl "$url/studies/$own/suggest" --json '{"worker": "shell", "lease_seconds": 3600}' | jq '.trials[0]')
  trial="$url/studies/$own/trials/$(jq .trial.number <<<"$leased")"
  lease=$(jq .lease <<<"$leased")
  loss=$(jq '.trial.params.x | . * .' <<<"$leased")
  curl "$trial/report" --json "{\"lease\": $lease, \"step\": 0, \"value\": $loss}" | jq -r .directive
  curl "$trial/complete" --json "{\"lease\": $lease, \"state\": \"completed\", \"values\": {\"loss\": $loss}}" |
    jq -c '{number, state, values}'
done
curl "$url/studies/$own" | jq '{best_number, best_value}'
