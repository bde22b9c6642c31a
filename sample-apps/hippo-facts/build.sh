#!/bin/sh
# Compiles the handler with the Swift toolchain on the PATH: Embedded Swift, linked into a WebAssembly module.
set -e
mkdir -p build
swiftc -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded -enable-experimental-feature Extern \
    -whole-module-optimization -Osize -parse-as-library -Xfrontend -disable-stack-protector \
    -module-name HippoFacts -c Sources/*.swift -o build/hippo-facts.o
wasm-ld --no-entry --export=_start --export=_routes --export=random_fact --export=all_facts \
    --wrap=free --gc-sections --strip-debug build/hippo-facts.o -o build/hippo-facts.wasm
