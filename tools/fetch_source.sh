#!/bin/sh
# Fetches libsecp256k1's source from Debian, for programs on bare metal, into build/sources. Nothing of it is committed.
# Usage: fetch_source.sh        exits 1, and says why, where it is not to be had
set -eu
cd "$(dirname "$0")/.."

# The sources as they were reviewed and measured: others are refused.
name=libsecp256k1
version=0.2.0
sha256=07c1d76fc485936138c6572e94374df22ba41df06617926572b8a690fe8bc34b

sources=build/sources
folder=$sources/$name-$version
[ ! -d "$folder" ] || exit 0
refuse() { echo "error: $1: $2" >&2; exit 1; }
command -v apt-get > /dev/null || refuse source_missing "apt-get is not there: put $name $version into $folder by hand"

# Debian's own archives, as this machine has them for its packages; lists of sources are kept apart from the system's.
mkdir -p "$sources"
work=$(mktemp -d "$PWD/$sources/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
signed=; [ ! -f "$keys" ] || signed="[signed-by=$keys] "
apt-get indextargets --format "deb-src ${signed}\$(REPO_URI) \$(CODENAME) \$(COMPONENT)" \
  'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' | sort -u > "$work/sources.list"
[ -s "$work/sources.list" ] || refuse source_missing "apt knows no archive of Debian 12; apt-get update may mend that"
apt_own() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o APT::Sandbox::User=root "$@" > "$work/log" 2>&1 ||
    refuse source_missing "apt-get $1: $(tail -n 1 "$work/log")"
}
apt_own update --error-on=any
archive=${name}_$version.orig.tar.xz
here=$PWD
cd "$work"
apt_own source --download-only --tar-only "$name"
[ -f "$archive" ] || refuse source_missing "Debian has another version of $name now"
echo "$sha256  $archive" | sha256sum --check --status || refuse source_altered "$archive is not the one that was reviewed"
cmake -E tar xf "$archive"
mv -T "$name-$version" "$here/$folder" || [ -d "$here/$folder" ]
echo "source of $name $version from Debian: $folder"
