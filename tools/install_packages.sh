#!/bin/sh
# Installs what Airlock needs from Debian 12, and nothing that is there already.
# Usage: install_packages.sh SET...   sets: build, check (format, tidy, fuzz), bare (Cortex-M), linux (a system in QEMU), bench
set -eu

packages_of() {
  case "$1" in
    build) echo "g++ cmake ninja-build ccache pkg-config make git python3 openssl curl lz4 time faketime libfaketime
      libgtest-dev libbenchmark-dev libssl-dev libsecp256k1-dev libsqlite3-dev libcurl4-openssl-dev
      libboost1.81-dev nlohmann-json3-dev libmimalloc-dev libcli11-dev libdivsufsort-dev
      libp11-kit-dev softhsm2 libengine-pkcs11-openssl libqrencode-dev libyaml-dev libubootenv-dev libubootenv-tool grub-common" ;;
    check) echo "clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev libcbor-dev zbar-tools prometheus" ;;
    bare) echo "qemu-system-arm u-boot-qemu gcc-arm-none-eabi binutils-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib" ;;
    linux) echo "qemu-system-x86 grub-pc-bin grub-common e2fsprogs fdisk cpio busybox-static" ;;
    bench) echo "bsdiff xdelta3 zstd nginx-light procps wrk rauc swupdate cpio squashfs-tools" ;;
    *) echo "error: usage: unknown set '$1'; one of build, check, bare, linux, bench" >&2; exit 2 ;;
  esac
}

missing=
for set_name in "$@"; do
  for package in $(packages_of "$set_name"); do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "error: access_denied: as root, run: apt-get install$missing" >&2; exit 1; }
  as_root=sudo
fi
echo "installing from Debian:$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing > /dev/null
