import Bindle
import Content
import Platform
import TOML
import WebAssembly
import WebAssemblyText

extension HippofactsError {
    fileprivate init(_ error: TextFormatError, in file: String) {
        let located = TOMLError(
            position: SourcePosition(line: error.line, column: error.column), message: error.message,
            sourceLine: error.sourceLine)
        self.init(file: file, position: located.position, message: located.message, excerpt: located.excerpt)
    }
}

extension DigestCache.AssembledModule {
    /// The module of a site, which does nothing; its identity is that of the directory.
    init(ofSiteIn directory: String) throws(HippofactsError) {
        guard let status = FileStatus(path: directory), let empty = try? assemble("(module (func (export \"_start\")))")
        else {
            throw HippofactsError(file: directory, message: "the directory has vanished")
        }
        identity = status.identity
        isRacy = true
        binary = empty
        digest = SHA256.hash(empty).hex
    }

    /// The most bytes that a module's text may have.
    private static let textLimit = 1 << 30

    /// Assembles the text at `path` below `root`.
    init(path: RelativePath, below root: String, reportedAs file: String, time: any TimeSource) throws(HippofactsError)
    {
        let now = time.nanosecondsSince1970
        guard let status = FileStatus(path: "\(root)/\(path)") else {
            throw HippofactsError(file: file, message: "the module has vanished")
        }
        identity = status.identity
        isRacy = status.isRacy(at: now)
        let descriptor = LongPath.open("\(root)/\(path)", O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = SystemError.reason(errno)
            throw HippofactsError(file: file, message: "the module cannot be read: \(reason)")
        }
        defer { close(descriptor) }
        guard OpenedPlace.isBelow(root, descriptor) else {
            let change = FileChangeError.leavesProject(path: path)
            throw HippofactsError(file: file, message: change.message)
        }
        let text: [UInt8]
        do {
            text = try FileReader.bytes(of: descriptor, path: "\(root)/\(path)", limit: Self.textLimit)
        } catch {
            throw HippofactsError(file: file, message: "the module cannot be read: \(error.reason)")
        }
        // By the grammar this is a module, which exports nothing. It is what a file looks like that is being written.
        guard text.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
            throw HippofactsError(file: file, message: "the module is empty")
        }
        do {
            binary = try assemble(text)
        } catch {
            throw HippofactsError(error, in: file)
        }
        try Self.validate(binary, of: text, reportedAs: file)
        digest = SHA256.hash(binary).hex
    }

    /// Larger modules are not written by hand, and whoever runs them says what is wrong with them.
    private static let validatedSize = 256 << 10

    /// What is wrong with a module is told with its place in the text, which nobody else knows.
    private static func validate(
        _ binary: [UInt8], of text: [UInt8], reportedAs file: String
    ) throws(HippofactsError) {
        guard binary.count <= validatedSize else { return }
        do throws(ModuleError) { _ = try Module(bytes: binary) } catch {
            if let located = locate(error, in: text) { throw HippofactsError(located, in: file) }
            throw HippofactsError(file: file, message: error.description)
        }
    }
}
