import Bindle
package import Content
import Platform
import TOML

extension Hippofacts {
    /// The names that a file in a project's directory may have.
    package static let fileNames = ["HIPPOFACTS", "hippofacts", "Hippofacts"].flatMap { [$0, "\($0).toml"] }

    /// The same, as paths in the project's directory.
    package static let filePaths = Set(fileNames.compactMap { RelativePath(validating: $0) })

    /// The HIPPOFACTS file at `path`, which is the file itself or its directory.
    /// - Throws: when there is none, or there are several in the directory.
    package static func find(at path: String) throws(HippofactsError) -> String {
        guard let kind = FileStatus(path: path)?.kind else {
            throw HippofactsError(file: path, message: "there is no such file or directory")
        }
        guard kind == .directory else { return path }
        var found: [(path: String, id: FileID)] = []
        for name in fileNames {
            let candidate = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            guard let status = FileStatus(path: candidate), status.kind == .regular else { continue }
            // Where the file system does not tell cases apart, the variants are one file.
            if !found.contains(where: { $0.id == status.id }) { found.append((candidate, status.id)) }
        }
        if found.count > 1, let names = try? Directories.names(in: path) {
            // What the kernel remembers of one file may be older for one variant than for another.
            let listed = found.filter { names.contains(FilePath.name($0.path)) }
            if !listed.isEmpty { found = listed }
        }
        switch found.count {
        case 1: return found[0].path
        case 0:
            throw HippofactsError(
                file: path,
                message:
                    "there is no HIPPOFACTS file in this directory: 'hippo-dev init' writes one for the project that "
                    + "is here, or pass the path of one")
        default:
            let names = found.map { String($0.path.split(separator: "/").last ?? "") }.joined(separator: ", ")
            throw HippofactsError(
                file: path,
                message: "there is more than one HIPPOFACTS file in this directory (\(names)): "
                    + "pass the path of the one that is meant")
        }
    }

    /// Reads what stands at `path`: a HIPPOFACTS file, the directory of one, or a lone `.wasm` or `.wat` module, for
    /// which the simplest bindle is made up.
    package init(at path: String) throws(HippofactsError) {
        let file = try Self.find(at: path)
        if file.hasSuffix(".wasm") || file.hasSuffix(".wat") {
            try self.init(loneModule: file)
        } else {
            try self.init(file: file)
        }
    }

    /// Whether a path is a directory of pages without HIPPOFACTS: there is an `index.html`, and nothing that describes
    /// an app.
    package static func isSite(_ path: String) -> Bool {
        guard FileStatus(path: path)?.kind == .directory, FileStatus(path: path + "/index.html")?.kind == .regular
        else { return false }
        return !fileNames.contains { FileStatus(path: "\(path)/\($0)")?.kind == .regular }
    }

    /// The path that the module of a site has, which is no file.
    static let siteModule = RelativePath(validating: ".hippo/site.wat")!

    /// Describes a directory of pages (see `isSite`) for a sandbox: all its files but hidden ones, named after the
    /// directory, version 0.1.0. A bindle has to have a handler; this one's is made up, and nobody asks for its route.
    package init(site directory: String) throws(HippofactsError) {
        let name = directory.split(separator: "/").last.map(String.init) ?? "site"
        let valid = String(
            String.UnicodeScalarView(name.unicodeScalars.map { BindleID.isPlainName(String($0)) ? $0 : "-" }))
        let text = """
            [bindle]
            name = "\(valid)"
            version = "0.1.0"

            [[handler]]
            name = "\(Self.siteModule)"
            route = "/.hippo/site"
            files = ["[!.]*", "[!.]*/**/[!.]*"]
            """
        try self.init(parsing: Array(text.utf8), file: directory + "/index.html")
    }

    /// Reads a HIPPOFACTS file.
    package init(file: String) throws(HippofactsError) {
        let text: [UInt8]
        do {
            text = try FileReader.bytes(of: file, limit: 64 << 20)
        } catch {
            throw HippofactsError(file: file, message: "the file cannot be read: \(error.reason)")
        }
        try self.init(parsing: text, file: file)
    }

    /// Reads the text of a HIPPOFACTS file that stands, or is taken to stand, at `file`.
    package init(parsing text: [UInt8], file: String) throws(HippofactsError) {
        do {
            try self.init(source: text, file: file)
        } catch {
            throw HippofactsError(file: file, error)
        }
    }

    /// The bindle of a single module: named after the file, version 0.1.0, one handler that takes every path.
    private init(loneModule file: String) throws(HippofactsError) {
        guard let name = file.utf8.split(separator: UInt8(ascii: "/")).last, let path = RelativePath(utf8: Array(name))
        else { throw HippofactsError(file: file, message: "the file's name cannot be that of a module") }
        let fileName = path.string
        let stem = fileName.split(separator: ".").dropLast().joined(separator: ".")
        let valid = String(
            String.UnicodeScalarView(stem.unicodeScalars.map { BindleID.isPlainName(String($0)) ? $0 : "-" }))
        self.file = file
        self.directory = Self.directory(of: file)
        self.name = valid.isEmpty ? "module" : valid
        version = .exact(SemanticVersion(0, 1, 0))
        description = nil
        authors = []
        annotations = [:]
        entries = [
            Entry(
                role: .handler(route: "/..."), module: .local(path: path), entrypoint: nil, files: [],
                position: nil,
                modulePosition: nil, handlerPosition: nil, routePosition: nil)
        ]
        positions = Positions()
        source = []
    }

    private init(source: [UInt8], file: String) throws(TOMLError) {
        var document = try TOMLSection(parsing: source)
        guard var bindle = try document.section("bindle") else {
            throw document.missing("bindle", "there is no [bindle] table, with the bindle's name and version")
        }
        self.file = file
        self.source = source
        directory = Self.directory(of: file)
        name = try bindle.requiredString("name")
        guard BindleID.isPlainName(name) else {
            throw bindle.error(
                "'\(name)' is not a bindle's name: letters, digits, '_', '-', '.' and '/' are allowed",
                atValueOf: "name")
        }
        let version = try bindle.requiredString("version")
        guard let pattern = VersionPattern(version) else {
            throw bindle.error(
                "Version \(version) is not a valid semantic version (e.g. 1.2.3)", atValueOf: "version")
        }
        self.version = pattern
        description = try bindle.string("description")
        authors = try bindle.strings("authors") ?? []
        positions = Positions(name: bindle.table["name"]?.position, version: bindle.table["version"]?.position)
        try bindle.finish()
        annotations = Dictionary(try document.stringTable("annotations") ?? [], uniquingKeysWith: { $1 })
        var entries: [Entry] = []
        for section in try document.sections("handler") { entries.append(try Self.handler(section)) }
        for section in try document.sections("export") { entries.append(try Self.export(section)) }
        try document.finish()
        guard !entries.isEmpty else {
            throw document.error("no handlers defined: add a [[handler]], or an [[export]]", at: nil)
        }
        self.entries = entries
        try refuseClashes(document)
    }

    /// A module's name in the bindle can stand for one file only.
    private func refuseClashes(_ document: TOMLSection) throws(TOMLError) {
        var ascents: [RelativePath: Int] = [:]
        for entry in entries {
            guard case .local(let path) = entry.module, let other = ascents.updateValue(entry.ascent, forKey: path),
                other != entry.ascent
            else { continue }
            func written(_ ascent: Int) -> String { String(repeating: "../", count: ascent) + path.string }
            throw document.error(
                "'\(written(entry.ascent))' and '\(written(other))' would both be called '\(path)' in the bundle: "
                    + "rename one of the files", at: entry.modulePosition)
        }
    }

    /// The keys of a `[[handler]]` beside its route.
    package static let handlerKeys = ["name", "external", "entrypoint", "files"]

    private static func handler(_ section: TOMLSection) throws(TOMLError) -> Entry {
        var section = section
        let route = try section.requiredString("route")
        let name = try section.string("name")
        let external = try section.section("external")
        let module: Module
        var ascent = 0
        var modulePosition = section.table["name"]?.position
        var handlerPosition: SourcePosition?
        switch (name, external) {
        case (let name?, nil):
            let place = try localPath(name, in: section)
            module = .local(path: place.path)
            ascent = place.ascent
        case (nil, var external?):
            let id = try external.requiredString("bindleId")
            do {
                module = .external(bindle: try BindleID(id), handler: try external.requiredString("handlerId"))
            } catch let error as BindleIDError {
                throw external.error(error.description, atValueOf: "bindleId")
            } catch let error as TOMLError {
                throw error
            } catch {
                throw external.error("\(error)", atValueOf: "bindleId")
            }
            try external.finish()
            modulePosition = external.table["bindleId"]?.position
            handlerPosition = external.table["handlerId"]?.position
        case (_?, _?):
            throw section.error("a handler has either 'name' or 'external', not both", atKey: "external")
        case (nil, nil):
            throw section.error(
                "a handler needs 'name', its module, or 'external', another bindle's", at: section.position)
        }
        let entrypoint = try section.string("entrypoint")
        if external != nil, entrypoint != nil {
            throw section.error(
                "a handler with 'external' cannot have an 'entrypoint': the other bindle says which it is",
                atKey: "entrypoint")
        }
        let files = try filePatterns(&section)
        let routePosition = section.table["route"]?.position
        try section.finish()
        return Entry(
            role: .handler(route: route), module: module, ascent: ascent, entrypoint: entrypoint, files: files,
            position: section.position, modulePosition: modulePosition, handlerPosition: handlerPosition,
            routePosition: routePosition)
    }

    private static func export(_ section: TOMLSection) throws(TOMLError) -> Entry {
        var section = section
        let name = try section.requiredString("name")
        let id = try section.requiredString("id")
        let entrypoint = try section.string("entrypoint")
        let files = try filePatterns(&section)
        try section.finish()
        let place = try localPath(name, in: section)
        return Entry(
            role: .export(id: id), module: .local(path: place.path), ascent: place.ascent, entrypoint: entrypoint,
            files: files, position: section.position, modulePosition: section.table["name"]?.position,
            handlerPosition: nil, routePosition: nil)
    }

    private static func filePatterns(_ section: inout TOMLSection) throws(TOMLError) -> [FilePattern] {
        let texts = try section.strings("files") ?? []
        let values = section.table["files"]?.array ?? []
        var patterns: [FilePattern] = []
        for (text, value) in zip(texts, values) {
            do {
                patterns.append(FilePattern(glob: try GlobPattern(text), position: value.position))
            } catch {
                throw section.error(error.description, at: value.position)
            }
        }
        return patterns
    }

    /// A module's path in its shortest form: how many directories above the project's it begins, and what follows.
    private static func localPath(
        _ name: String, in section: TOMLSection
    ) throws(TOMLError) -> (ascent: Int, path: RelativePath) {
        let slash = UInt8(ascii: "/")
        guard name.utf8.first != slash else {
            throw section.error("'\(name)' is an absolute path: paths are relative to HIPPOFACTS", atValueOf: "name")
        }
        var ascent = 0
        var components: [Substring.UTF8View] = []
        // By bytes: a mark that combines with what is before it may follow a slash.
        for component in name.utf8.split(separator: slash) where !component.elementsEqual(".".utf8) {
            if !component.elementsEqual("..".utf8) {
                components.append(component)
            } else if components.popLast() == nil {
                ascent += 1
            }
        }
        guard name.utf8.last != slash, let path = RelativePath(utf8: Array(components.joined(separator: [slash])))
        else {
            throw section.error("'\(name)' does not name a file", atValueOf: "name")
        }
        return (ascent, path)
    }

    private static func directory(of file: String) -> String {
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

extension RelativePath {
    /// Takes the bytes of a path; `nil` if they are not UTF-8, or no path.
    init?(utf8 bytes: [UInt8]) {
        guard let path = bytes.withUnsafeBufferPointer({ RelativePath(utf8: $0) }) else { return nil }
        self = path
    }
}
