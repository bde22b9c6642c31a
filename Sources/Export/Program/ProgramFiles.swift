import Platform

/// This program and what it cannot run without, as files of this machine.
package struct ProgramFiles: Sendable {
    /// The program's file.
    package let program: String
    /// The loader, under the path by which the program names it.
    package let interpreter: String?
    /// The names of the libraries that the program is linked with itself.
    package let directLibraries: [String]
    /// All libraries, those of libraries included: their names, and the files that this process has loaded.
    package let libraries: [(name: String, path: String)]

    /// Those of the process that asks.
    package init() throws { try self.init(program: "/proc/self/exe") }

    private init(program: String) throws {
        let file = try ELFFile(path: program)
        self.program = program
        interpreter = file.interpreter
        directLibraries = file.libraries
        let loaded = Self.loadedLibraries()
        var found: [(name: String, path: String)] = []
        var pending = file.libraries
        var seen: Set<String> = []
        while let name = pending.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard let path = loaded[name] else {
                // What loads the others is no library of theirs, though the C library names it.
                if interpreter.map(FilePath.name) == name { continue }
                throw ExportError("the library \(name), which this program is linked with, is nowhere to be found")
            }
            found.append((name, path))
            pending += try ELFFile(path: path).libraries
        }
        libraries = found.sorted { $0.name < $1.name }
    }

    /// The files of libraries that this process has loaded, by the names under which others are linked with them
    /// (proc_pid_maps(5)). A file may be called otherwise: `libx.so.1.2` is `libx.so.1`.
    private static func loadedLibraries() -> [String: String] {
        guard let maps = try? FileReader.text(of: "/proc/self/maps", limit: 64 << 20) else { return [:] }
        let files = Set(
            maps.split(separator: "\n").compactMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } })
        var paths: [String: String] = [:]
        for path in files.sorted() {
            guard let file = try? ELFFile(path: path) else { continue }
            paths[file.name ?? FilePath.name(path)] = path
        }
        return paths
    }
}
