#!/usr/bin/env bash
# Builds PosaNative.xcframework and PosaSandboxNative.xcframework on a Mac with Xcode, for iOS devices (arm64), the iOS
# simulator and macOS (each arm64 and x86-64), packs them and prints the checksums that Package.swift needs.
#
#   CODE_SIGN_IDENTITY="Apple Distribution: ..."   signs both; without it they stay unsigned
#   RUST_PROFILE=app                               cargo's profile
#
# Only uniffi's symbols leave the libraries: two Rust libraries in one app must not meet. SQLite is the system's.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname -s)" = Darwin ] || { echo "build-xcframework: needs macOS with Xcode" >&2 && exit 2; }
for tool in cargo rustup xcodebuild xcrun lipo nm zip swift; do
    command -v "$tool" >/dev/null || { echo "build-xcframework: needs '$tool'" >&2 && exit 2; }
done

profile=${RUST_PROFILE:-app}
target=${CARGO_TARGET_DIR:-../target}
build=build
# The oldest systems of Package.swift.
export IPHONEOS_DEPLOYMENT_TARGET=16.0 MACOSX_DEPLOYMENT_TARGET=13.0
slices=(aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin)
rustup target add "${slices[@]}"
mkdir -p "$build"

# What ld calls the platform of a slice: `platform TRIPLE`
platform() {
    case $1 in
        aarch64-apple-ios) echo "ios 16.0 iphoneos arm64" ;;
        aarch64-apple-ios-sim) echo "ios-simulator 16.0 iphonesimulator arm64" ;;
        x86_64-apple-ios) echo "ios-simulator 16.0 iphonesimulator x86_64" ;;
        aarch64-apple-darwin) echo "macos 13.0 macosx arm64" ;;
        x86_64-apple-darwin) echo "macos 13.0 macosx x86_64" ;;
    esac
}

# One slice of one library, as an archive of one object whose only global symbols are uniffi's: `slice PACKAGE TRIPLE`
slice() {
    local name=lib${1//-/_}.a system version sdk arch out
    read -r system version sdk arch < <(platform "$2")
    out=$build/slices/$2
    mkdir -p "$out"
    cargo rustc --locked --profile "$profile" --target "$2" --package "$1" --lib --crate-type staticlib
    local archive=$target/$2/$profile/$name
    xcrun nm -gUj "$archive" 2>/dev/null | grep -E '^_(uniffi_|ffi_)' | sort -u >"$out/$1.symbols"
    [ -s "$out/$1.symbols" ] || { echo "build-xcframework: $archive has no symbol of uniffi's" >&2 && exit 1; }
    # Pulls in what those symbols need, and makes everything else local.
    xcrun -sdk "$sdk" ld -r -arch "$arch" -platform_version "$system" "$version" "$version" \
        $(sed 's/^/-u /' "$out/$1.symbols") -exported_symbols_list "$out/$1.symbols" "$archive" -o "$out/$1.o"
    xcrun strip -S -x "$out/$1.o"
    rm -f "$out/$name"
    xcrun libtool -static -o "$out/$name" "$out/$1.o"
    if xcrun nm -gUj "$out/$name" 2>/dev/null | grep -E '^_' | grep -vE '^_(uniffi_|ffi_)'; then
        echo "build-xcframework: $name exports more than uniffi's symbols" >&2 && exit 1
    fi
    echo "$name for $2: $(($(stat -f %z "$out/$name") / 1024)) KiB, code $(xcrun size "$out/$1.o" | awk 'NR == 2 { print int($1 / 1024) }') KiB"
}

# Both slices of a platform in one archive: `fat PACKAGE NAME TRIPLE TRIPLE`
fat() {
    local name=lib${1//-/_}.a
    mkdir -p "$build/slices/$2"
    lipo -create "$build/slices/$3/$name" "$build/slices/$4/$name" -output "$build/slices/$2/$name"
}

# `framework NAME PACKAGE MODULE`
framework() {
    local name=lib${2//-/_}.a headers=$build/headers/$3
    for triple in "${slices[@]}"; do slice "$2" "$triple"; done
    fat "$2" ios-simulator aarch64-apple-ios-sim x86_64-apple-ios
    fat "$2" macos aarch64-apple-darwin x86_64-apple-darwin
    rm -rf "$headers" "$build/$1.xcframework" "$build/$1.xcframework.zip"
    # In a directory of its own: Xcode copies the headers of all frameworks to one place.
    mkdir -p "$headers/$3"
    cp "Sources/$3/$3.h" "$headers/$3/"
    printf 'module %s {\n    header "%s.h"\n    export *\n}\n' "$3" "$3" >"$headers/$3/module.modulemap"
    xcodebuild -create-xcframework \
        -library "$build/slices/aarch64-apple-ios/$name" -headers "$headers" \
        -library "$build/slices/ios-simulator/$name" -headers "$headers" \
        -library "$build/slices/macos/$name" -headers "$headers" \
        -output "$build/$1.xcframework"
    if [ -n "${CODE_SIGN_IDENTITY:-}" ]; then
        codesign --timestamp --sign "$CODE_SIGN_IDENTITY" "$build/$1.xcframework"
    fi
    (cd "$build" && zip --quiet --recurse-paths --symlinks "$1.xcframework.zip" "$1.xcframework")
    echo "$1 checksum: $(swift package compute-checksum "$build/$1.xcframework.zip")"
}

framework PosaNative posa-swift CPosa
framework PosaSandboxNative posa-swift-sandbox CPosaSandbox
