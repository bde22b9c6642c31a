import Foundation
import TestSupport
import WebAssemblyText

/// Programs that stand on the `PATH` in place of toolchains: each writes the module that the real one writes, to the same
/// place, and nothing else. What the real ones compile is not tried here.
struct StandIns {
    let directory: TemporaryDirectory

    /// - Parameter scripts: What each program does, for `/bin/sh`. `$MODULE` is a module that answers with `answer`.
    init(_ scripts: [String: String], answer: String = "built") throws {
        directory = try TemporaryDirectory()
        try directory.write(Data(try assemble(SmallApp.handler(answering: answer))), to: "module.wasm")
        for (name, script) in scripts {
            let file = try directory.write(
                "#!/bin/sh\nset -e\nMODULE=\(directory.path)/module.wasm\n\(script)\n", to: "bin/\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
    }

    /// The environment in which they are found first.
    var environment: [String: String] {
        ["PATH": "\(directory.path)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"]
    }

    /// Cargo: the programs named in `PROGRAMS`, below the target directory of the nearest workspace above; no metadata, so
    /// that the manifests are read.
    static let cargo = """
        test "$1" = build || exit 1
        root=$PWD; top=$PWD
        while [ "$top" != / ]; do grep -q '^\\[workspace\\]' "$top/Cargo.toml" 2>/dev/null && root=$top; top=$(dirname "$top"); done
        target=wasm32-wasip1
        out=$root/target/$target/release
        mkdir -p "$out/deps"
        for name in $PROGRAMS; do cp "$MODULE" "$out/deps/$name.wasm"; ln -f "$out/deps/$name.wasm" "$out/$name.wasm"; done
        """

    /// Go: the file behind `-o`.
    static let go = """
        test "$GOOS/$GOARCH $1" = "wasip1/wasm build" || exit 1
        while [ "$1" != -o ]; do shift; done
        mkdir -p "$(dirname "$2")"
        cp "$MODULE" "$2"
        """

    /// Zig: what `b.installArtifact` installs.
    static let zig = """
        test "$1" = build || exit 1
        name=$(sed -n 's/.*\\.name = "\\(.*\\)",.*/\\1/p' build.zig | head -n 1)
        mkdir -p zig-out/bin
        cp "$MODULE" "zig-out/bin/$name.wasm"
        """

    /// npm: `ci` makes node_modules, and may be called once; `run` does what `asc` does by asconfig.json.
    static let npm = """
        case $1 in
        ci) test ! -d node_modules; mkdir node_modules ;;
        run) test -d node_modules; mkdir -p dist; cp "$MODULE" dist/app.wasm ;;
        *) exit 1 ;;
        esac
        """
}
