import Foundation
import TestSupport
import Testing

@testable import Scaffolding

/// Which compilers a build command starts, wherever it does that.
@Suite("The compilers of a build") struct BuildCompilersTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func compilers(_ command: String, wasiSDK: String? = nil) -> BuildCompilers {
        BuildCompilers(command: command, directory: directory.path, wasiSDK: wasiSDK)
    }

    private func write(_ template: Template) throws -> String {
        let (description, files) = template.project(named: ProjectName(adapting: "weather"))
        for file in files { try directory.write(file.content, to: file.path) }
        return try #require(description.build?.command)
    }

    @Test("The Makefile of the template for C names clang, wasm-ld, wasi-libc and clang's routines")
    func c() throws {
        let found = compilers(try write(.c))
        #expect(found.tools.map(\.program) == ["clang", "wasm-ld"])
        #expect(found.wasiHeaders == "/usr/include/wasm32-wasi")
        #expect(found.compilerRoutines == "/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a")
        #expect(!found.compilesEmbeddedSwift)
    }

    @Test("A WASI SDK that the Makefile follows has all of it") func sdk() throws {
        let found = compilers(try write(.c), wasiSDK: "/opt/wasi-sdk")
        #expect(found.tools.map(\.program) == ["/opt/wasi-sdk/bin/clang"])
        #expect(found.wasiHeaders == nil && found.compilerRoutines == nil)
    }

    @Test("The script of the template for Swift names swiftc, which has to have Embedded Swift, and wasm-ld")
    func swift() throws {
        let found = compilers(try write(.swift))
        #expect(found.tools.map(\.program) == ["swiftc", "wasm-ld"])
        #expect(found.tools.first?.minimum == [6, 1])
        #expect(found.compilesEmbeddedSwift)
        #expect(found.wasiHeaders == nil && found.compilerRoutines == nil)
    }

    @Test(
        "Each template's command leads to its toolchain, and those without a build to none",
        arguments: Template.allCases)
    func templates(_ template: Template) throws {
        let (description, _) = template.project(named: ProjectName(adapting: "weather"))
        guard description.build != nil else { return }
        let found = compilers(try write(template)).tools.map(\.program)
        let expected: [Template: [String]] = [
            .c: ["clang", "wasm-ld"], .rust: ["cargo", "rustc"], .go: ["go"], .zig: ["zig"],
            .swift: ["swiftc", "wasm-ld"], .assemblyScript: [],
        ]
        #expect(found == expected[template])
    }

    @Test("Scripts are followed from the Makefile, once each, and comments say nothing") func followed() throws {
        try directory.write("all:\n\tsh tools/one.sh\n# clang --target=wasm32\n", to: "Makefile")
        try directory.write("#!/bin/sh\n. ./two.sh\nsh tools/one.sh\n", to: "tools/one.sh")
        try directory.write("clang-18 --target=wasm32 -o a.wasm a.c\n", to: "two.sh")
        #expect(compilers("make").tools.map(\.program) == ["clang-18", "wasm-ld"])
        try directory.write("# clang --target=wasm32\n", to: "two.sh")
        #expect(compilers("make").tools.isEmpty)
        // For this machine.
        try directory.write("clang -o a a.c\n", to: "two.sh")
        #expect(compilers("make").tools.isEmpty)
    }

    @Test("What is outside of the project is not read") func outside() throws {
        try directory.write("clang --target=wasm32\n", to: "outside.sh")
        let app = directory.path + "/app"
        try FileManager.default.createDirectory(atPath: app, withIntermediateDirectories: true)
        for command in ["sh ../outside.sh", "sh \(directory.path)/outside.sh"] {
            #expect(BuildCompilers(command: command, directory: app, wasiSDK: nil).tools.isEmpty)
        }
    }
}
