import Foundation
import Synchronization

/// The project that a soak serves and saves: handlers and files that each say their revision.
final class SoakProject: Sendable {
    /// What is saved and asked for.
    enum Part: Hashable, CaseIterable {
        case handler(SoakHandler)
        case file(Int)

        static let files = 4
        static let allCases = SoakHandler.allCases.map { Part.handler($0) } + (0..<files).map { Part.file($0) }

        var path: String {
            switch self {
            case .handler(let handler): "/\(handler.rawValue)"
            case .file(let number): "/files/\(number).txt"
            }
        }
    }

    /// What has been saved of each part.
    private struct Revisions {
        /// The newest whose save has returned.
        var saved: [Part: Int] = [:]
        /// The newest whose save has begun.
        var begun: [Part: Int] = [:]
    }

    let directory: URL
    private let revisions = Mutex(Revisions())
    /// How many saves there have been.
    var saveCount: Int { revisions.withLock { $0.saved.values.reduce(0, +) } }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("soak-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory.appendingPathComponent("files"), withIntermediateDirectories: true)
        for part in Part.allCases { try save(part, inPlace: false) }
        try saveHippofacts()
    }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Saves the next revision of a part: in place, or under another name that is then renamed, as editors do.
    func save(_ part: Part, inPlace: Bool) throws {
        let revision = revisions.withLock { revisions in
            let next = (revisions.begun[part] ?? -1) + 1
            revisions.begun[part] = next
            return next
        }
        switch part {
        case .handler(let handler): try write(handler.source(revision: revision), to: handler.file, inPlace: inPlace)
        case .file(let number):
            try write(Self.fileContent(number, revision: revision), to: "files/\(number).txt", inPlace: inPlace)
        }
        revisions.withLock { $0.saved[part] = revision }
    }

    /// What a file has in a revision: all of it differs from every other.
    static func fileContent(_ number: Int, revision: Int) -> String {
        let line = "file \(number) as it is in revision \(revision)\n"
        return SoakHandler.identity(revision) + String(repeating: line, count: 1500)
    }

    /// What an answer that begins now must not be older than.
    func oldest(_ part: Part) -> Int { revisions.withLock { $0.saved[part] ?? 0 } }

    /// What an answer that has ended cannot be newer than.
    func newest(_ part: Part) -> Int { revisions.withLock { $0.begun[part] ?? 0 } }

    /// Saves HIPPOFACTS: as it has to be, or with a mistake.
    func saveHippofacts(isBroken: Bool = false) throws {
        var text = "[bindle]\nname = \"soak\"\nversion = \"1.0.0\"\n"
        for handler in SoakHandler.allCases {
            text += "\n[[handler]]\nname = \"\(handler.file)\"\nroute = \"/\(handler.rawValue)\"\n"
            if handler == .hello { text += "files = [\"files/*\"]\n" }
        }
        try write(isBroken ? text + "\n[[handler]\n" : text, to: "HIPPOFACTS", inPlace: false)
    }

    private func write(_ text: String, to name: String, inPlace: Bool) throws {
        let file = directory.appendingPathComponent(name)
        if inPlace { return try Data(text.utf8).write(to: file) }
        // Beside the project's directories: no pattern takes it.
        let unsaved = directory.appendingPathComponent("unsaved~")
        try Data(text.utf8).write(to: unsaved)
        guard rename(unsaved.path, file.path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno)!) }
    }
}
