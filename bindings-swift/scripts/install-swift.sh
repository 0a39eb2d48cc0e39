#!/usr/bin/env bash
# Installs Swift from the Debian archive for testing on a Debian x86-64 machine, beside the system and not in it.
#
# apt, with sources, lists and package status of its own, downloads and checks trixie's `swiftlang` and what it
# needs (about 550 MB). They are unpacked, no maintainer script runs, to $SWIFT_PREFIX (1.3 GB). Its bin/ has
# wrappers that run a tool in a private mount namespace whose /usr is the toolchain's. The system's own packages,
# sources and /usr stay as they are; `rm -rf $SWIFT_PREFIX` removes it all.
#
#   SWIFT_PREFIX=/opt/swift-trixie   where it goes
#   DEBIAN_MIRROR=URL                the archive (without it: the one this system's apt uses)
#
# Exit status 2 says that this system cannot have it; 1 that something failed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
prefix=${SWIFT_PREFIX:-/opt/swift-trixie}
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# swiftlang does not depend on: the C and C++ headers, swift-driver's default linker, what build scripts call.
packages=(swiftlang libswiftlang libc6-dev libc-bin libstdc++-14-dev binutils-gold
    bash dash coreutils sed grep findutils git ca-certificates)
recipe="posa 1 $suite"

say() { echo "install-swift: $*"; }
fail() { say "$*" >&2 && exit 1; }
unable() { say "$*" >&2 && exit 2; }

works() { [ "$(cat "$prefix/.recipe" 2>/dev/null)" = "$recipe" ] && "$prefix/bin/swift" --version >/dev/null 2>&1; }

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || unable "needs an x86-64 Linux"
[ "$(id -u)" = 0 ] || unable "needs root, for a private mount namespace"
works && exit 0
for tool in apt-get dpkg-deb tar unshare mount ldconfig xargs flock; do
    command -v "$tool" >/dev/null || unable "needs '$tool'"
done
[ -r "$keyring" ] || unable "needs Debian's archive keys in $keyring"
for dir in bin lib lib64; do
    [ -L "/$dir" ] || unable "needs /$dir to be a link into /usr, as on Debian 12 and later"
done
unshare --mount --propagation private true 2>/dev/null || unable "needs the right to make a mount namespace"
case "$prefix/" in
    /usr/* | //*) unable "SWIFT_PREFIX must not lie in /usr" ;;
    /*) ;;
    *) unable "SWIFT_PREFIX must be a whole path" ;;
esac
mkdir -p "$(dirname "$prefix")"
free=$(df -Pm "$(dirname "$prefix")" | awk 'NR == 2 { print $4 }')
[ "$free" -ge 2500 ] || unable "needs 2500 MB of disk beside $prefix, and $free are free"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016 # apt's own variables
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="$codename" '$2 == release { print $1; exit }')}
[ -n "$mirror" ] || unable "apt knows no Debian archive here; run apt-get update, or set DEBIAN_MIRROR"

exec 9>"$prefix.lock"
flock 9
works && exit 0 # another run made it meanwhile

new="$prefix.new.$$"
trap 'rm -rf "$new"' EXIT
apt="$new/apt"
mkdir -p "$apt"/{lists/partial,cache/archives/partial,state}
: >"$apt/status"
echo "deb [arch=amd64 signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
options=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status"
    -o Dir::Cache="$apt/cache" -o APT::Architecture=amd64 -o APT::Architectures::=amd64
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Retries=3 -o APT::Update::Error-Mode=any -o Debug::NoLocking=1)

say "downloading Swift and what it needs from Debian $suite (about 550 MB)"
apt-get "${options[@]}" -q update >"$apt/log" 2>&1 || { cat "$apt/log" >&2 && fail "apt-get update failed"; }
apt-get "${options[@]}" -q -y --download-only install "${packages[@]}" >"$apt/log" 2>&1 ||
    { tail -20 "$apt/log" >&2 && fail "the packages could not be downloaded"; }

say "unpacking to $prefix"
# Links as in a merged /usr, so that files packed under /bin or /lib land in usr/.
mkdir -p "$new/usr/"{bin,sbin,lib,lib64,local} "$new/etc"
for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$new/$dir"; done
cat >"$apt/exclude" <<'LIST'
./usr/share/doc/*
./usr/share/man/*
./usr/share/info/*
./usr/share/locale/*
./usr/libexec/gcc/*/*/cc1
./usr/libexec/gcc/*/*/lto1
./usr/bin/*lto-dump*
./usr/libexec/swift/bin/lldb*
./usr/libexec/swift/bin/clangd
./usr/libexec/swift/bin/sourcekit-lsp
./usr/libexec/swift/lib/liblldb*
./usr/libexec/swift/lib/swift/embedded
./usr/libexec/swift/lib/swift_static/linux/*
./usr/libexec/swift/lib/swift_static/embedded
./usr/games
./dev
./proc
./sys
./boot
LIST
export new apt
# shellcheck disable=SC2016 # expanded by the inner shell
find "$apt/cache/archives" -name '*.deb' -printf '%s %p\n' | sort -rn | cut -d' ' -f2- | xargs -P2 -I{} sh -ec '
    dpkg-deb --fsys-tarfile "{}" | tar -x -C "$new" --keep-directory-symlink --no-same-owner -X "$apt/exclude" -f -'

# What the packages' own scripts would have done, as far as it matters.
ln -sfn ../libexec/swift/bin/swift "$new/usr/bin/swift"
for tool in swift-test swift-package swift-format clang clang++; do
    [ -e "$new/usr/bin/$tool" ] || ln -s "../libexec/swift/bin/$tool" "$new/usr/bin/$tool"
done
[ -e "$new/usr/bin/cc" ] || ln -s gcc "$new/usr/bin/cc"
printf '%s\n' /usr/local/lib /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu >"$new/etc/ld.so.conf"
ldconfig -r "$new" 2>/dev/null || true
find "$new" -mindepth 1 -maxdepth 1 ! -name usr ! -name etc -exec rm -rf {} +

mkdir "$new/bin"
install -m 755 "$here/swift-env" "$new/bin/swift-env"
for tool in swift swiftc swift-build swift-test swift-run swift-package swift-format; do
    ln -s swift-env "$new/bin/$tool"
done
"$new/bin/swift" --version >/dev/null 2>&1 || fail "the unpacked toolchain does not run"
echo "$recipe" >"$new/.recipe"
rm -rf "$prefix"
mv "$new" "$prefix"
say "done: $("$prefix/bin/swift" --version 2>&1 | head -1)"
