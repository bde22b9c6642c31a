import Platform

/// The compilers that a build command starts itself, through a Makefile, or through scripts of the project, as far as their
/// text says it.
package struct BuildCompilers: Sendable {
    /// The programs that they consist of.
    package let tools: [ToolRequirement]
    /// The directory of wasi-libc's headers that is named; `nil` if none is.
    package let wasiHeaders: String?
    /// The file of clang's own routines for wasm32 that is named, as a pattern of the shell; `nil` if none is.
    package let compilerRoutines: String?
    /// Whether Swift is compiled for WebAssembly without an SDK, as Embedded Swift.
    package let compilesEmbeddedSwift: Bool

    /// - Parameters:
    ///   - command: What is built, as hippo-dev.toml says.
    ///   - directory: The project's; absolute.
    ///   - wasiSDK: The variable WASI_SDK_PATH, which Makefiles may follow.
    package init(command: String, directory: String, wasiSDK: String?) {
        var reader = ScriptReader(directory: directory)
        reader.read(command)
        let text = reader.text
        let words = ScriptReader.words(of: text)
        let programs = words.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        func first(_ isMeant: (String) -> Bool) -> String? { programs.first(where: isMeant) }
        let linker = first { $0.wholeMatch(of: #/wasm-ld(-\d+)?/#) != nil }
        var tools: [ToolRequirement] = []
        var usesSDK = false
        if text.contains("wasm32"), let clang = first({ $0.wholeMatch(of: #/clang(\+\+)?(-\d+)?/#) != nil }) {
            if let wasiSDK, !wasiSDK.isEmpty, text.contains("WASI_SDK_PATH") {
                usesSDK = true
                tools.append(
                    ToolRequirement(
                        "\(wasiSDK)/bin/clang", remedy: "set WASI_SDK_PATH to the directory of a WASI SDK, or unset it")
                )
            } else {
                tools += Toolchain.c.tools.map {
                    $0.program == "clang" ? $0.called(clang) : $0.called(linker ?? $0.program)
                }
            }
        }
        compilesEmbeddedSwift = programs.contains("swiftc") && text.contains("Embedded") && text.contains("wasm32")
        if compilesEmbeddedSwift {
            tools += Toolchain.swift.tools.map { $0.called("swiftc") }
            if let linker, !tools.contains(where: { $0.program == linker }) {
                tools.append(ToolRequirement(linker, remedy: "it is part of Swift's toolchain: put that on the PATH"))
            }
        }
        for (program, next, toolchain) in Self.others
        where zip(programs, programs.dropFirst()).contains(where: { $0 == program && next.contains($1) }) {
            tools += toolchain.tools
        }
        self.tools = tools
        let usesSystem = !usesSDK && tools.contains { $0.program.hasPrefix("clang") }
        wasiHeaders = usesSystem ? words.first { $0.contains(#/^/.*/include/wasm32-wasi(p1)?$/#) } : nil
        compilerRoutines = usesSystem ? words.first { $0.contains(#/^/.*libclang_rt\.builtins-wasm32\.a$/#) } : nil
    }

    /// Programs, what they are told, and what they belong to.
    private static let others: [(program: String, next: Set<String>, toolchain: Toolchain)] = [
        ("cargo", ["build", "rustc", "component"], .rust), ("go", ["build"], .go),
        ("zig", ["build", "build-exe", "cc"], .zig),
    ]
}

extension ToolRequirement {
    /// The same program by another name.
    fileprivate func called(_ name: String) -> ToolRequirement {
        ToolRequirement(name, versionArguments, minimum: minimum, remedy: remedy)
    }
}

/// Reads what a command of the shell leads to: Makefiles and scripts.
private struct ScriptReader {
    private let directory: String
    private var seen: Set<String> = []
    /// The lines of all of them, without comments.
    private(set) var text = ""

    private static let maximumDepth = 3
    private static let longestScript = 1 << 20
    private static let makefiles = ["GNUmakefile", "makefile", "Makefile"]

    init(directory: String) {
        self.directory = directory
    }

    mutating func read(_ text: String) { read(text, depth: 0) }

    private mutating func read(_ text: String, depth: Int) {
        let lines = text.split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("#") }
        let code = lines.joined(separator: "\n") + "\n"
        self.text += code
        guard depth < Self.maximumDepth else { return }
        let words = Self.words(of: code)
        for (index, word) in words.enumerated() {
            if word == "make" || word == "gmake" {
                Self.makefiles.first { FileStatus(path: "\(directory)/\($0)") != nil }.map { follow($0, depth) }
            } else if word.hasSuffix(".sh") || word.hasPrefix("./") || index > 0 && Self.isShell(words[index - 1]) {
                follow(word, depth)
            }
        }
    }

    /// Reads a file of the project, if it is one, for the first time.
    private mutating func follow(_ name: String, _ depth: Int) {
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains(".."), seen.insert(name).inserted,
            FileStatus(path: "\(directory)/\(name)")?.isRegular == true,
            let text = try? FileReader.text(of: "\(directory)/\(name)", limit: Self.longestScript)
        else { return }
        read(text, depth: depth + 1)
    }

    private static func isShell(_ word: String) -> Bool {
        ["sh", "bash", "dash", "zsh"].contains(word.split(separator: "/").last ?? "")
    }

    /// What the shell and make take for words, more or less.
    static func words(of text: String) -> [String] {
        text.split { $0.isWhitespace || "\"'`();|&=<>@,".contains($0) }.map(String.init)
    }
}
