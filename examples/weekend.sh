#!/usr/bin/env bash
# Plays a whole migration weekend with the invented domain EXAMPLE, on a sandbox on this machine.
# weekend.sh [--no-go] [FOLDER]   (default: build/weekend, made anew)
# With --no-go it ends with NO-GO after the run, and everything is taken away again.
# PORT=8500 weekend.sh: the sandbox on this port; else the first that is free from 8420 on.
# Each line "[CODE] kt-migrate …" is a command and how it ended; another code than expected ends the script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
no_go=
if [[ ${1:-} == --no-go ]]; then no_go=1; shift; fi
folder=${1:-$here/../build/weekend}

give() {  # give CODE COMMAND…: gives a command, and demands this exit code
  local expected=$1 code=0
  shift
  kt-migrate "$@" > last.txt 2>&1 || code=$?
  echo "[$code] kt-migrate $*"
  cat last.txt >> weekend.log
  if [[ $code != "$expected" ]]; then cat last.txt; echo "!! verwacht: $expected"; exit 1; fi
}
show() { { sed -n "$1" last.txt || true; } | sed 's/^/    /'; }  # show LINES: of what it said
end() { tail -n 3 last.txt | sed 's/^/    /'; }                      # its last words, and what comes next
step() { echo; echo "== $*"; }

step "Voor het weekend: een werkmap, het archief, de criteria van succes"
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
give 0 init EXAMPLE --dir .
cp -r "$here/example-domain/." .
rm -f canaries.txt
if [[ ${PORT:-} ]]; then sed -i -E "s/(127\.0\.0\.1:)[0-9]+/\1$PORT/" configs/local.yaml; fi
# Vrijdagavond heeft elke ontvanger zijn berichten gehaald: in dit archief staat er geen meer klaar.
grep -rlE '"valueCode": "(New|Claimed|Failed)"|valueCode value="(New|Claimed|Failed)"' archive |
  xargs sed -i -E 's/(valueCode"?:? ?(value=)?)"(New|Claimed|Failed)"/\1"Success"/'
cat > zorggroep.yaml <<'YAML'
schema: kt-migrate-algorithm/1
name: zorggroep
version: "1"
extends: standard
success:                       # K.4: waar de zorgaanbieder GO bij durft te zeggen
  totals: {rejected_share: 0.2}
  types:
    Patient: {rejected: 0}
  verified: true
YAML
sed -i 's/^algorithm: standard/algorithm: zorggroep.yaml/' kt-migrate.yaml
give 0 inspect --manifest && show '1,3p'
give 0 config check && end

kt-migrate sandbox > sandbox.log 2>&1 &
sandbox=$!
trap 'kill $sandbox 2>/dev/null || true' EXIT
for _ in $(seq 300); do grep -q klaar sandbox.log && break; sleep 0.1; done

step "De proef: een steekproef, en dan alles (L, M)"
give 0 plan && show '/schrijfacties, /p'
give 0 probe --env local && end
give 0 trial --env local --sample 30% --seed 7 && end
give 0 trial --env local && show '/Succescriteria/,$p'
give 0 verify --env local

step "De fouten: wat eraan scheelt, en vragen wat ontbreekt (M.3, M.4)"
give 0 errors list --env local && show '1,6p'
give 0 errors export --env local --as-enrichment -o vraag.csv && show '1p'
sed -E -e 's/(Patient\/9;birthDate;);/\11959-09-19;/' -e 's/(Patient\/11;birthDate;);/\11961-03-11;/' \
  -e 's/(Patient\/10;gender;);/\1female;/' -e 's/(vreemde-status;status;);/\1Available;/' \
  -e 's/(Practitioner\/4;email;);/\1h4@zorg.example;/' \
  -e 's/(ZONDERADRES;endpoint;);/\1https:\/\/zonderadres.example\/launch;/' \
  -e 's/(Patient\/12;identifier;);/\1http:\/\/fhir.nl\/fhir\/NamingSystem\/bsn|900000132;/' \
  vraag.csv > enrichment/ingevuld.csv

step "De tweede proef: geslaagd, en daarna weer weg (M, R)"
give 0 plan && show '/schrijfacties, /p'
give 0 trial --env local && show '/Succescriteria/,$p'
give 0 errors diff --env local && show '1,8p'
give 0 verify --env local
give 13 gate pre --env local   # meet de proef zolang zij er staat; er staan nog punten open
give 0 cleanup --env local --yes-cleanup EXAMPLE && end   # en zo is de rollback geoefend

step "De quality-gate vooraf: meten, wie wat zegt, GO (O)"
give 0 plan && show '/schrijfacties, /p'
give 0 probe --env local
give 0 gate attest O.1 O.2 O.3 O.4.2 O.5 O.6 O.7 O.8 O.9 B.2 B.3 B.7 --env local \
  --by "Z. Voorbeeld" --role zorgaanbieder --remark "geoefend op de sandbox"
give 0 gate attest P.1 P.5 P.6 B.1 B.4 B.5 B.9 B.10 --env local \
  --by "L. Verzonnen" --role it-deelnemer --remark "geoefend op de sandbox"
give 0 gate decide go --gate pre --env local --by "Z. Voorbeeld" --role zorgaanbieder
give 0 gate pre --env local && show '/GO: /,$p'

step "De migratie: onze abonnementen uit (P.6), schrijven (P.8), teruglezen (Q.2)"
give 0 subscriptions list --env local
give 0 subscriptions pause --env local
give 2 run --env local --yes-run VOORBEELD && show '1p'   # zo heet het domein niet
give 0 run --env local --yes-run EXAMPLE && show '/Op de server/,$p'
give 0 status && show '1,6p'
give 0 verify --env local --audit && end
give 13 gate post --env local
give 0 subscriptions restore --env local   # Q.9: na GO en handtekening; ook na NO-GO

if [[ $no_go ]]; then
  step "De quality-gate achteraf: NO-GO, en alles weer weg (Q.7, R)"
  give 0 gate decide no-go --gate post --env local --by "Z. Voorbeeld" --role zorgaanbieder
  give 0 rollback --env local --yes-rollback EXAMPLE && show '/teruggedraaid/,$p'
else
  step "De quality-gate achteraf: GO (Q)"
  give 0 gate attest Q.1 Q.3 Q.3.1 Q.4 Q.5 --env local \
    --by "Z. Voorbeeld" --role zorgaanbieder --remark "geoefend op de sandbox"
  give 0 gate decide go --gate post --env local --by "Z. Voorbeeld" --role zorgaanbieder
  give 0 gate attest Q.8 --env local --by "Z. Voorbeeld" --role zorgaanbieder
  give 0 gate attest Q.9 Q.10 --env local --by "L. Verzonnen" --role it-deelnemer
  give 0 gate attest Q.11 --env local --by "Z. Voorbeeld" --role zorgaanbieder
  give 0 gate post --env local && show '/GO: /,$p'
fi

step "Het verslag en het bewijs (T)"
give 0 gate verify --env local
give 0 report --env local && end
give 0 lessons --html lessen.html --patch lessen.yaml && show '1,5p'
give 0 evidence make --env local -o bewijs.zip
give 0 evidence verify bewijs.zip
cat last.txt
