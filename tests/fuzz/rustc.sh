#!/usr/bin/env bash
# Compiles the core and the sandbox so that they tell which places of them are reached; everything else as ever. Cargo
# calls it as RUSTC_WORKSPACE_WRAPPER. It works on the stable compiler, for the pass is LLVM's own.
set -euo pipefail
case " $* " in
*" --crate-name posa_core "* | *" --crate-name posa_sandbox "*)
  set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
    -Cllvm-args=-sanitizer-coverage-trace-pc-guard
  ;;
esac
exec "$@"
