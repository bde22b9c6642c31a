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

/// A release brings the parts of GCC's libraries along that Swift's runtime needs: it runs where no compiler's libraries are,
/// and starts half a millisecond sooner. The toolchain says `-lstdc++` itself, so that no option turns it into the static
/// library; but the linker looks into this folder first, where a script of that name says which one is meant.
let staticLibraries: [LinkerSetting] = [
    .unsafeFlags(
        ["-L\(Context.packageDirectory)/Sources/StaticLibraries", "-Xclang-linker", "-static-libgcc"],
        .when(platforms: [.linux], configuration: .release))
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
        .systemLibrary(name: "CLinux"),
        .target(name: "Platform", dependencies: ["CLinux"]),
        .target(name: "JSON"),
        .target(name: "Differences", swiftSettings: optimised),
        .target(name: "TOML", dependencies: ["Platform"]),
        .target(name: "HTTP", dependencies: ["CLinux", "Content", "Platform"]),
        .target(name: "WebGuard", dependencies: ["HTTP", "Platform"]),
        // Swift's runtime is written in C++, and WebAssembly reads C++ names with what that brings along.
        .target(
            name: "WebAssembly",
            dependencies: [
                "CLinux"
            ],
            swiftSettings: optimised,
            linkerSettings: [.linkedLibrary("stdc++", .when(platforms: [.linux]))]
        ),
        .target(name: "WebAssemblyText", dependencies: ["WebAssembly"], swiftSettings: optimised),
        .target(name: "WebAssemblyRuntime", dependencies: ["CLinux", "WebAssembly"], swiftSettings: threaded),
        .target(
            name: "ComponentModel", dependencies: ["CLinux", "WebAssembly", "WebAssemblyRuntime"],
            swiftSettings: optimised),
        .target(name: "WAVE", dependencies: ["ComponentModel"]),
        .target(
            name: "WASI",
            dependencies: [
                "Content",
                "CLinux",
                "Platform",
                "WebAssembly",
                "WebAssemblyRuntime",
            ]
        ),
        .target(
            name: "WASIExperimentalHTTP",
            dependencies: [
                "HTTP",
                "WebAssembly",
                "WebAssemblyRuntime",
            ]
        ),
        .target(
            name: "WASIPreview2",
            dependencies: [
                "CLinux",
                "ComponentModel",
                "HTTP",
                "Platform",
                "WASI",
                "WebAssemblyRuntime",
            ]
        ),
        .target(
            name: "WASIHTTP",
            dependencies: [
                "ComponentModel",
                "HTTP",
                "Platform",
                "WASIExperimentalHTTP",
                "WASIPreview2",
                "WebAssemblyRuntime",
            ]
        ),
        .systemLibrary(name: "CCryptography"),
        .target(name: "Cryptography", dependencies: ["CCryptography"], swiftSettings: optimised),
        .target(name: "Archive", swiftSettings: optimised),
        .target(
            name: "Content",
            dependencies: [
                "CLinux",
                "Cryptography",
                "Platform",
            ],
            swiftSettings: optimised
        ),
        .target(name: "BlobStorage", dependencies: ["Cryptography", "HTTP", "Platform"]),
        .target(name: "OCI", dependencies: ["Cryptography", "HTTP", "JSON", "Platform"]),
        .target(
            name: "Bindle",
            dependencies: [
                "Archive",
                "BlobStorage",
                "CLinux",
                "Content",
                "Cryptography",
                "CSQLite",
                "HTTP",
                "JSON",
                "Platform",
                "TOML",
                "WebGuard",
            ]
        ),
        .target(
            name: "ControlPage",
            dependencies: [
                "Bindle",
                "ComponentModel",
                "Differences",
                "HTTP",
                "JSON",
                "Platform",
                "SandboxProtocol",
                "WebAssembly",
                "WebGuard",
            ],
            resources: [
                .embedInCode("Page/page.html"), .embedInCode("Page/page.css"), .embedInCode("Page/page.js"),
                .embedInCode("Page/api.js"), .embedInCode("Page/elements.js"), .embedInCode("Page/now.js"),
                .embedInCode("Page/feed.js"), .embedInCode("Page/tar.js"), .embedInCode("Page/releases.js"),
                .embedInCode("Page/channels.js"), .embedInCode("Page/activity.js"), .embedInCode("Page/exchange.js"),
                .embedInCode("Page/environment.js"), .embedInCode("Page/tokens.js"), .embedInCode("Page/openapi.json"),
            ]
        ),
        .target(
            name: "Export",
            dependencies: [
                "Archive",
                "Bindle",
                "ComponentModel",
                "Content",
                "Cryptography",
                "HTTP",
                "JSON",
                "OCI",
                "Platform",
                "TOML",
                "WebAssembly",
            ]
        ),
        .target(
            name: "HippoAPI",
            dependencies: [
                "Bindle",
                "ControlPage",
                "Cryptography",
                "HTTP",
                "JSON",
                "Platform",
                "WebGuard",
            ]
        ),
        .target(
            name: "Hippofacts",
            dependencies: [
                "Bindle",
                "Content",
                "HTTP",
                "Platform",
                "TOML",
                "WebAssembly",
                "WebAssemblyText",
            ]
        ),
        .target(
            name: "WAGI",
            dependencies: [
                "Cryptography",
                "Content",
                "Bindle",
                "ComponentModel",
                "HTTP",
                "JSON",
                "OCI",
                "Platform",
                "SandboxProtocol",
                "TOML",
                "WASI",
                "WASIExperimentalHTTP",
                "WASIHTTP",
                "WASIPreview2",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
                "WebGuard",
            ],
            resources: [.embedInCode("Pages/reload.js"), .embedInCode("Pages/page.css")]
        ),
        .target(
            name: "SandboxProtocol",
            dependencies: [
                "CLinux",
                "JSON",
                "Platform",
            ]
        ),
        .target(
            name: "Sandbox",
            dependencies: [
                "Archive",
                "Content",
                "Bindle",
                "CLinux",
                "CommandLineInterface",
                "ControlPage",
                "Cryptography",
                "Export",
                "HippoAPI",
                "Hippofacts",
                "HTTP",
                "JSON",
                "Platform",
                "SandboxProtocol",
                "TOML",
                "WebGuard",
            ]
        ),
        .target(
            name: "Scaffolding",
            dependencies: [
                "JSON",
                "Platform",
                "TOML",
            ],
            resources: [
                .embedInCode("Schemas/hippofacts.schema.json"), .embedInCode("Schemas/hippo-dev.schema.json"),
            ]
        ),
        .target(name: "AppTesting", dependencies: ["JSON", "Platform", "TOML"]),
        .target(name: "CommandLineInterface", dependencies: ["Platform"]),
        .executableTarget(
            name: "hippo-dev",
            dependencies: [
                "AppTesting",
                "Content",
                "Archive",
                "Bindle",
                "CommandLineInterface",
                "ComponentModel",
                "ControlPage",
                "Differences",
                "Export",
                "HippoAPI",
                "Hippofacts",
                "HTTP",
                "JSON",
                "OCI",
                "Platform",
                "Sandbox",
                "SandboxProtocol",
                "Scaffolding",
                "TOML",
                "WAGI",
                "WASI",
                "WASIExperimentalHTTP",
                "WASIHTTP",
                "WASIPreview2",
                "WAVE",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
                "WebGuard",
            ],
            linkerSettings: fixedAddress + staticLibraries
        ),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Bindle",
                "CommandLineInterface",
                "ComponentModel",
                "Cryptography",
                "HTTP",
                "Platform",
                "SandboxProtocol",
                "WASI",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
            ],
            exclude: ["Guests", "Peers"]
        ),
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(
            name: "TestSupport", dependencies: ["Archive", "CTestSupport", "Cryptography", "HTTP", "JSON", "Platform"],
            path: "Tests/TestSupport",
            exclude: ["BlobStores/moto_server.py", "Components/wasi.wit", "Fuzzed", "Requests"]),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport"]),
        .testTarget(name: "DifferencesTests", dependencies: ["Differences", "TestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
        .testTarget(name: "TOMLTests", dependencies: ["TestSupport", "TOML"]),
        .testTarget(
            name: "HTTPTests", dependencies: ["CLinux", "Content", "Cryptography", "HTTP", "Platform", "TestSupport"]),
        .testTarget(
            name: "ControlPageTests",
            dependencies: [
                "Bindle",
                "ControlPage",
                "HTTP",
                "JSON",
                "SandboxProtocol",
                "TestSupport",
                "WebGuard",
            ]
        ),
        .testTarget(
            name: "HippoAPITests",
            dependencies: [
                "Bindle", "ControlPage", "Cryptography", "HippoAPI", "HTTP", "JSON", "Platform", "TestSupport",
                "WebGuard",
            ],
            exclude: ["Recorded"]),
        .testTarget(name: "WebGuardTests", dependencies: ["HTTP", "WebGuard"]),
        .testTarget(name: "WebAssemblyTests", dependencies: ["TestSupport", "WebAssembly"]),
        .testTarget(
            name: "WebAssemblyTextTests",
            dependencies: [
                "TestSupport",
                "WebAssembly",
                "WebAssemblyText",
            ]
        ),
        .testTarget(
            name: "WebAssemblyRuntimeTests",
            dependencies: [
                "TestSupport",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
            ]
        ),
        .testTarget(
            name: "SpecificationTests",
            dependencies: [
                "TestSupport",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
            ],
            swiftSettings: optimised
        ),
        .testTarget(
            name: "ComponentModelTests",
            dependencies: [
                "ComponentModel", "JSON", "TestSupport", "WebAssembly", "WebAssemblyRuntime", "WebAssemblyText",
            ],
            exclude: [
                "CanonicalABI/vectors.py", "CanonicalABI/vectors.txt", "CanonicalABI/handle-vectors.txt", "Faults",
            ],
            swiftSettings: optimised
        ),
        .testTarget(name: "WAVETests", dependencies: ["ComponentModel", "WAVE"]),
        .testTarget(
            name: "WASITests",
            dependencies: [
                "Content",
                "Cryptography",
                "TestSupport",
                "WASI",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
            ]
        ),
        .testTarget(
            name: "WASIExperimentalHTTPTests",
            dependencies: [
                "HTTP",
                "WASIExperimentalHTTP",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
            ]
        ),
        .testTarget(
            name: "WASIPreview2Tests",
            dependencies: [
                "ComponentModel",
                "Content",
                "Cryptography",
                "HTTP",
                "Platform",
                "TestSupport",
                "WASI",
                "WASIExperimentalHTTP",
                "WASIHTTP",
                "WASIPreview2",
                "WebAssembly",
                "WebAssemblyRuntime",
            ]
        ),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "TestSupport"]),
        .testTarget(
            name: "ContentTests",
            dependencies: [
                "Content",
                "Cryptography",
                "Platform",
                "TestSupport",
            ]
        ),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "TestSupport"], swiftSettings: optimised),
        .testTarget(
            name: "BlobStorageTests",
            dependencies: ["BlobStorage", "Cryptography", "HTTP", "JSON", "Platform", "TestSupport"]),
        .testTarget(
            name: "BindleTests",
            dependencies: [
                "Archive",
                "Bindle",
                "BlobStorage",
                "Content",
                "Cryptography",
                "HTTP",
                "TestSupport",
                "TOML",
            ]
        ),
        .testTarget(
            name: "OCITests", dependencies: ["Cryptography", "HTTP", "JSON", "OCI", "TestSupport"]),
        .testTarget(
            name: "ExportTests",
            dependencies: [
                "Bindle",
                "Content",
                "Cryptography",
                "Export",
                "HTTP",
                "JSON",
                "OCI",
                "TestSupport",
                "TOML",
                "WAGI",
            ]
        ),
        .testTarget(
            name: "HippofactsTests",
            dependencies: [
                "Bindle",
                "Content",
                "Hippofacts",
                "Platform",
                "TestSupport",
                "TOML",
            ]
        ),
        .testTarget(
            name: "WAGITests",
            dependencies: [
                "ComponentModel",
                "Content",
                "Cryptography",
                "Bindle",
                "HTTP",
                "SandboxProtocol",
                "TestSupport",
                "TOML",
                "WAGI",
                "WebAssembly",
                "WebAssemblyRuntime",
                "WebAssemblyText",
                "WebGuard",
            ]
        ),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Archive",
                "Bindle",
                "Content",
                "ControlPage",
                "Cryptography",
                "hippo-dev",
                "HippoAPI",
                "Hippofacts",
                "HTTP",
                "JSON",
                "Platform",
                "Sandbox",
                "SandboxProtocol",
                "TestSupport",
                "WebGuard",
            ]
        ),
        .testTarget(
            name: "ScaffoldingTests",
            dependencies: [
                "Content",
                "Hippofacts",
                "JSON",
                "Platform",
                "Sandbox",
                "Scaffolding",
                "TestSupport",
            ]
        ),
        .testTarget(name: "AppTestingTests", dependencies: ["AppTesting", "TestSupport"]),
        .testTarget(
            name: "CommandLineInterfaceTests", dependencies: ["CommandLineInterface", "Platform", "TestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Archive",
                "Bindle",
                "hippo-dev",
                "HTTP",
                "JSON",
                "SandboxProtocol",
                "TestSupport",
                "WebAssemblyText",
            ],
            exclude: ["Apps", "Components/Guests", "Scripts"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// An import says itself when it is part of what a module gives to others.
for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.enableUpcomingFeature("InternalImportsByDefault")]
}

// The fuzzers, and the coverage that guides them, only where they are asked for. Parsers that are
// internal to their modules are opened to them.
if Context.environment["HIPPO_DEV_FUZZING"] != nil {
    let guided = [
        "Archive", "Bindle", "ComponentModel", "HTTP", "Hippofacts", "JSON", "TOML", "WAGI", "WASI", "WebAssembly",
        "WebAssemblyRuntime", "WebAssemblyText",
    ]
    let opened = ["Archive", "HTTP", "WAGI"]
    for target in package.targets where guided.contains(target.name) {
        target.swiftSettings =
            (target.swiftSettings ?? [])
            + [.unsafeFlags(["-sanitize=fuzzer,address"] + (opened.contains(target.name) ? ["-enable-testing"] : []))]
    }
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: [.target(name: "Content"), "Cryptography", "TestSupport"] + guided.map { .target(name: $0) },
            exclude: ["Peers"],
            swiftSettings: [.unsafeFlags(["-O", "-sanitize=fuzzer,address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
}

// The thread sanitizer, only where it is asked for. What it puts before each return of a function takes the engine's
// handlers their tail calls: no part of the engine can be compiled with it.
if Context.environment["HIPPO_DEV_THREAD_SANITIZER"] != nil {
    for target in package.targets
    where ["HTTP", "Platform", "Sandbox", "SandboxProtocol", "WAGI"].contains(target.name) {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=thread"])]
        target.linkerSettings = (target.linkerSettings ?? []) + [.unsafeFlags(["-sanitize=thread"])]
    }
}
