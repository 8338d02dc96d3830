#!/usr/bin/env bash
# Puts ssotoken of a release on the PATH, once its checksum is right and its provenance says that the workflow of this
# tag built it.
set -euo pipefail

repository=bettermode-go/sso
fail() { echo "::error title=ssotoken doctor::$1"; exit 1; }

tag=ssotoken/cmd/$SSOTOKEN_VERSION
if [ -z "$SSOTOKEN_VERSION" ]; then
  tag=$(gh release list --repo "$repository" --exclude-drafts --exclude-pre-releases --limit 100 --json tagName \
    --jq 'first(.[].tagName | select(startswith("ssotoken/cmd/")))')
  [ -n "$tag" ] || fail "there is no release of ssotoken"
fi
version=${tag##*/v}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "version is such as v0.2.0"

case $RUNNER_OS-$RUNNER_ARCH in
Linux-X64) platform=linux_amd64.tar.gz ;;
Linux-ARM64) platform=linux_arm64.tar.gz ;;
macOS-X64) platform=darwin_amd64.tar.gz ;;
macOS-ARM64) platform=darwin_arm64.tar.gz ;;
Windows-X64) platform=windows_amd64.zip ;;
Windows-ARM64) platform=windows_arm64.zip ;;
*) fail "there is no ssotoken for this runner" ;;
esac
archive=ssotoken_${version}_$platform

folder=$(mktemp -d "$RUNNER_TEMP/ssotoken-XXXXXX")
cd "$folder"
gh release download "$tag" --repo "$repository" --pattern "$archive" --pattern checksums.txt
grep -F "  $archive" checksums.txt | shasum -a 256 --check - || fail "the checksum of $archive is wrong"
gh attestation verify "$archive" --repo "$repository" --signer-workflow "$repository/.github/workflows/release.yml" \
  --source-ref "refs/tags/$tag" || fail "the provenance of $archive is wrong"
case $archive in *.zip) unzip -q "$archive" ;; *) tar -xzf "$archive" ;; esac
echo "$folder" >>"$GITHUB_PATH"
