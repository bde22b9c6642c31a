import Platform

/// The programs of a Go module.
struct GoPrograms {
    struct Program: Hashable {
        /// As `go build` takes it: `.` or `./cmd/tick`.
        let package: String
        let name: String
    }

    let programs: [Program]

    /// Directories whose names say nothing of what the program in them is.
    private static let plainNames: Set<String> = ["src", "main", "app", "source", "handler", "cmd", "server"]

    /// - Parameters:
    ///   - files: paths of Go files in the project.
    ///   - name: the module's.
    init(_ files: [String], in directory: String, name: String) {
        var packages: [String] = []
        for file in files where !file.hasSuffix("_test.go") {
            let package = file.split(separator: "/").dropLast().joined(separator: "/")
            guard !packages.contains(package), Self.isProgram(directory + "/" + file) else { continue }
            packages.append(package)
        }
        packages.sort()
        programs = packages.map { package in
            guard !package.isEmpty else { return Program(package: ".", name: name) }
            let last = FilePath.name(package)
            let isPlain = packages.count == 1 && Self.plainNames.contains(last)
            return Program(package: "./" + package, name: isPlain ? name : last)
        }
    }

    /// Whether a file is of the package `main`, and of every build.
    private static func isProgram(_ path: String) -> Bool {
        guard let text = try? FileReader.text(of: path, limit: 4 << 20) else { return false }
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if line.hasPrefix("//go:build"), words.contains("ignore") { return false }
            if words.first == "package" { return words.count > 1 && words[1] == "main" }
        }
        return false
    }
}
