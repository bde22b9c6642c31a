// swift-tools-version: 6.1

import PackageDescription

/// The WebAssembly targets are compiled optimised in every configuration, debug included: the interpreter is threaded
/// code, whose handlers end in calls that the optimiser must turn into jumps, and conformance suites run through all
/// three of them in `swift test`. Cryptography and Archive are, because their loops of machine words are fifty times slower
/// otherwise.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"])]

/// The interpreter's handlers have to be compiled with what they inline from other files, without code of their own
/// around their jumps, and each by itself: functions of like code that are merged into one take one more argument, which
/// does not fit into registers, so that a handler that went through it would return instead of jumping on.
let threaded: [SwiftSetting] = [
    .unsafeFlags([
        "-O", "-whole-module-optimization", "-num-threads", "2", "-Xcc", "-momit-leaf-frame-pointer",
        "-Xfrontend", "-disable-llvm-merge-functions-pass",
    ])
]

/// At a fixed address, the program starts a millisecond earlier: eighty thousand relocations of the Swift libraries' tables
/// are done by the linker rather than at each start. Stack, heap, libraries and guests' memories stay at random addresses.
/// Only for releases. Where Swift's libraries are shared ones, the dynamic linker warns at each start if the program has a
/// key path to a property of theirs, such as `\.count`: a closure says the same.
let fixedAddress: [LinkerSetting] = [
    .unsafeFlags(["-Xclang-linker", "-no-pie"], .when(platforms: [.linux], configuration: .release))
]

let package = Package(
    name: "hippo-dev",
    products: [
        .executable(name: "hippo-dev", targets: ["hippo-dev"])
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .target(name: "JSON"),
        .target(name: "TOML"),
        .target(name: "HTTP"),
        .target(name: "WebGuard", dependencies: ["HTTP"]),
        .target(name: "WebAssembly", swiftSettings: optimised),
        .target(name: "WebAssemblyText", dependencies: ["WebAssembly"], swiftSettings: optimised),
        .target(name: "WebAssemblyRuntime", dependencies: ["WebAssembly"], swiftSettings: threaded),
        .target(name: "WASI", dependencies: ["WebAssembly", "WebAssemblyRuntime"]),
        .target(name: "WASIExperimentalHTTP", dependencies: ["HTTP", "WebAssembly", "WebAssemblyRuntime"]),
        .systemLibrary(name: "CCryptography"),
        .target(name: "Cryptography", dependencies: ["CCryptography"], swiftSettings: optimised),
        .target(name: "Archive", swiftSettings: optimised),
        .target(name: "Content", dependencies: ["Cryptography"], swiftSettings: optimised),
        .target(name: "Bindle", dependencies: ["Archive", "CSQLite", "Cryptography", "JSON", "TOML", "HTTP", "WebGuard"]),
        .target(name: "Hippofacts", dependencies: ["TOML", "HTTP", "Bindle", "WebAssemblyText"]),
        .target(
            name: "WAGI",
            dependencies: [
                "TOML", "HTTP", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime", "WASI", "WASIExperimentalHTTP",
                "Bindle", "JSON", "SandboxProtocol", "WebGuard",
            ],
            resources: [.embedInCode("Pages/reload.js"), .embedInCode("Pages/page.css")]
        ),
        .target(name: "SandboxProtocol", dependencies: ["JSON"]),
        .target(
            name: "Sandbox",
            dependencies: [
                "TOML", "HTTP", "Bindle", "Hippofacts", "CommandLineInterface", "JSON", "SandboxProtocol", "WebGuard",
            ]),
        .target(name: "Scaffolding", dependencies: ["JSON", "TOML"]),
        .target(name: "CommandLineInterface"),
        .executableTarget(
            name: "hippo-dev",
            dependencies: [
                "CommandLineInterface", "TOML", "HTTP", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime", "WASI",
                "Archive", "Bindle", "Hippofacts", "JSON", "WAGI", "Sandbox", "SandboxProtocol", "Scaffolding",
                "WebGuard",
            ],
            linkerSettings: fixedAddress
        ),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Bindle", "CommandLineInterface", "HTTP", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime", "WASI",
            ],
            exclude: ["Guests", "Peers"]
        ),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "JSONTests", dependencies: ["TestSupport", "JSON"]),
        .testTarget(name: "TOMLTests", dependencies: ["TestSupport", "TOML"]),
        .testTarget(name: "HTTPTests", dependencies: ["TestSupport", "HTTP"]),
        .testTarget(name: "WebGuardTests", dependencies: ["HTTP", "WebGuard"]),
        .testTarget(name: "WebAssemblyTests", dependencies: ["TestSupport", "WebAssembly"]),
        .testTarget(name: "WebAssemblyTextTests", dependencies: ["TestSupport", "WebAssembly", "WebAssemblyText"]),
        .testTarget(
            name: "WebAssemblyRuntimeTests", dependencies: ["TestSupport", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"]),
        .testTarget(
            name: "SpecificationTests", dependencies: ["TestSupport", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"],
            swiftSettings: optimised),
        .testTarget(name: "WASITests", dependencies: ["TestSupport", "WASI", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"]),
        .testTarget(
            name: "WASIExperimentalHTTPTests",
            dependencies: ["WASIExperimentalHTTP", "HTTP", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"]),
        .testTarget(name: "CryptographyTests", dependencies: ["TestSupport", "Cryptography"]),
        .testTarget(name: "ContentTests", dependencies: ["TestSupport", "Content", "Cryptography"]),
        .testTarget(name: "ArchiveTests", dependencies: ["TestSupport", "Archive"], swiftSettings: optimised),
        .testTarget(name: "BindleTests", dependencies: ["TestSupport", "Archive", "Bindle", "Cryptography", "TOML", "HTTP"]),
        .testTarget(name: "HippofactsTests", dependencies: ["TestSupport", "Hippofacts", "Bindle", "TOML"]),
        .testTarget(
            name: "WAGITests",
            dependencies: [
                "TestSupport", "WAGI", "HTTP", "Bindle", "TOML", "WebAssemblyText", "SandboxProtocol", "WebGuard",
            ]),
        .testTarget(
            name: "SandboxTests",
            dependencies: ["TestSupport", "hippo-dev", "Sandbox", "SandboxProtocol", "Bindle", "Hippofacts", "HTTP", "JSON"]),
        .testTarget(name: "ScaffoldingTests", dependencies: ["TestSupport", "Scaffolding", "Hippofacts", "Sandbox"]),
        .testTarget(name: "CommandLineInterfaceTests", dependencies: ["TestSupport", "CommandLineInterface"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "hippo-dev", "HTTP", "JSON", "Bindle", "SandboxProtocol", "WebAssemblyText"],
            exclude: ["Scripts"]),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzzers, and the coverage that guides them, only where they are asked for.
if Context.environment["HIPPO_DEV_FUZZING"] != nil {
    for target in package.targets where ["WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"].contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address"]))
    }
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: ["TestSupport", "WebAssembly", "WebAssemblyText", "WebAssemblyRuntime"],
            exclude: ["Peers"],
            swiftSettings: [.unsafeFlags(["-O", "-sanitize=fuzzer,address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
}
