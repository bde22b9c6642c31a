import Content

/// A file as it is served.
final class FileRepresentation: Sendable {
    /// Contents of so many bytes and fewer are kept in memory.
    private static let smallSize = 64 << 10

    private let representation: Representation

    /// - Parameter name: the path of the file, for messages.
    init(
        _ file: ContentFile, _ content: OpenContent, named name: String, contentType: String, cacheControl: String?
    ) throws(ContentError) {
        let source: Representation.Source
        switch content.storage {
        case .bytes(let bytes): source = .bytes(bytes)
        case .file where content.size <= Self.smallSize:
            source = .bytes(try content.bytes(limit: Self.smallSize, named: name))
            // They are kept: nobody may have written to the file between the check and the reading.
            guard content.isIntact else { throw .damaged(name: name) }
        case .file(let descriptor): source = .file(OpenFile(content, descriptor: descriptor))
        }
        representation = Representation(
            source, size: Int64(content.size), tag: file.digest.hex, modified: file.seconds,
            validators: cacheControl.map { ["Cache-Control": $0] } ?? [:], headers: ["Content-Type": contentType],
            allowsRanges: true)
    }

    /// How many bytes of memory the content takes.
    var memoryByteCount: Int { representation.memoryByteCount }

    var holdsDescriptor: Bool { if case .file = representation.source { true } else { false } }

    /// Whether the content is still what the tag says. It costs a call of the system where it is not in memory.
    var isIntact: Bool { if case .file(let file) = representation.source { file.isIntact } else { true } }

    /// The response to GET or HEAD.
    func respond(to request: Request) -> Response {
        var response = representation.respond(to: request)
        response.isStored = true
        return response
    }
}

extension ContentFile {
    /// The time in whole seconds since 1970, as HTTP has it.
    fileprivate var seconds: Int64 {
        let (quotient, remainder) = modificationTime.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
