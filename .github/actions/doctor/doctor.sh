#!/usr/bin/env bash
# The action's step: doctor, with what DOCTOR_… say. Secrets go by files, since
# other processes can read a command line.
set -euo pipefail
umask 077

folder=$(mktemp -d "$RUNNER_TEMP/report-XXXXXX")
secrets=$(mktemp -d "$RUNNER_TEMP/secrets-XXXXXX")
trap 'rm -rf "$secrets"' EXIT

args=(--annotate --junit "$folder/doctor.xml" --fail-on "$DOCTOR_FAIL_ON" "--thorough=$DOCTOR_THOROUGH")
flag() { if [ -n "$2" ]; then args+=("$1" "$2"); fi; }
secret() { if [ -n "$2" ]; then printf %s "$2" >"$secrets/$1" && args+=("$1" "$secrets/$1"); fi; }
flag --url "$DOCTOR_URL"
flag --community "$DOCTOR_COMMUNITY"
flag --json-url "$DOCTOR_JSON_URL"
flag --logout-url "$DOCTOR_LOGOUT_URL"
flag --sign-up-url "$DOCTOR_SIGN_UP_URL"
flag --settings-url "$DOCTOR_SETTINGS_URL"
flag --header "$DOCTOR_HEADER"
secret --cookie-file "$DOCTOR_COOKIE"
secret --form-file "$DOCTOR_FORM"
secret --bearer-file "$DOCTOR_BEARER"
secret --key-file "$DOCTOR_KEY"

status=0
ssotoken doctor "${args[@]}" 2>"$folder/stderr" || status=$?
cat "$folder/stderr" >&2
if [ -e "$folder/doctor.xml" ]; then
  printf 'junit=%s\n' "$folder/doctor.xml" >>"$GITHUB_OUTPUT"
else # the check could not be made
  why=$(tail -n 5 "$folder/stderr")
  why=${why//'%'/%25}
  echo "::error title=ssotoken doctor::${why//$'\n'/%0A}"
fi
exit "$status"
