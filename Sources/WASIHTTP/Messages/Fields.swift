import HTTP
import WASIPreview2

/// The resource `fields` of `wasi:http/types`: headers or trailers. Names keep the case in which they were written.
package final class Fields {
    /// Why a change is refused: `header-error`, in the order of its cases.
    enum Problem: Int, Error {
        case invalidSyntax, forbidden, immutable
    }

    struct Field {
        let name: String
        let value: [UInt8]
    }

    /// Bytes that the fields of one message may take, each with some for itself.
    private static let sizeLimit = 128 << 10
    private static let costOfField = 64

    /// What the connection is about, and not the message: nobody but the host sets or sees it.
    static let forbiddenNames: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
        "transfer-encoding",
        "upgrade", "host", "http2-settings",
    ]

    private(set) var list: [Field] = []
    private var size = 0
    private let share: HostMemory.Share
    let isMutable: Bool

    /// No fields, which can be changed.
    init(in memory: HostMemory) {
        share = memory.share()
        isMutable = true
    }

    /// A copy.
    init(_ other: Fields, isMutable: Bool, in memory: HostMemory) throws(ResourceError) {
        share = memory.share()
        self.isMutable = isMutable
        try share.resize(to: other.size)
        list = other.list
        size = other.size
    }

    /// The fields of a message that has come, without those that do not concern a component. They cannot be changed.
    init(received headers: Headers, in memory: HostMemory) throws(ResourceError) {
        share = memory.share()
        isMutable = false
        headers.withFields { fields in
            for field in fields {
                let name = String(decoding: field.name, as: UTF8.self)
                guard !Self.forbiddenNames.contains(name.lowercased()) else { continue }
                list.append(Field(name: name, value: Array(field.value)))
            }
        }
        size = list.reduce(0) { $0 + Self.cost($1) }
        try share.resize(to: size)
    }

    /// The values of all fields called `name`.
    func values(of name: String) -> [[UInt8]] {
        // Nothing has a name that long, and folding its case would take a while.
        guard name.utf8.count <= Self.sizeLimit else { return [] }
        let name = name.lowercased()
        return list.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// Replaces all fields called `name`.
    func set(_ name: String, _ values: [[UInt8]]) throws {
        let values = try values.map { try Self.checked(name, $0) }
        try requireChangeable(name)
        remove(name)
        for value in values { try insert(name, value) }
    }

    func delete(_ name: String) throws {
        try requireChangeable(name)
        remove(name)
    }

    func append(_ name: String, _ value: [UInt8]) throws {
        let value = try Self.checked(name, value)
        try requireChangeable(name)
        try insert(name, value)
    }

    private func remove(_ name: String) {
        let name = name.lowercased()
        list.removeAll { field in
            guard field.name.lowercased() == name else { return false }
            size -= Self.cost(field)
            return true
        }
        // Less is never refused.
        try? share.resize(to: size)
    }

    /// - Throws: a `ResourceError` if that is too much: the interface has no error for it.
    private func insert(_ name: String, _ value: [UInt8]) throws(ResourceError) {
        let field = Field(name: name, value: value)
        size += Self.cost(field)
        guard size <= Self.sizeLimit else {
            throw ResourceError("the fields of a message exceed \(Self.sizeLimit) bytes, their limit")
        }
        try share.resize(to: size)
        list.append(field)
    }

    private static func cost(_ field: Field) -> Int { field.name.utf8.count + field.value.count + costOfField }

    private func requireChangeable(_ name: String) throws(Problem) {
        guard Headers.isName(name) else { throw .invalidSyntax }
        guard !Self.forbiddenNames.contains(name.lowercased()) else { throw .forbidden }
        guard isMutable else { throw .immutable }
    }

    /// A value that may be sent. One of `Content-Length` has to be a number.
    private static func checked(_ name: String, _ value: [UInt8]) throws(Problem) -> [UInt8] {
        guard Headers.isName(name), Headers.isValue(value) else { throw .invalidSyntax }
        if name.lowercased() == "content-length" {
            guard !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = UInt64(String(decoding: value, as: UTF8.self))
            else { throw .invalidSyntax }
            return Array("\(length)".utf8)
        }
        return value
    }

    /// The length of the body that the fields declare.
    ///
    /// - Throws: if several of them contradict each other.
    var contentLength: UInt64? {
        get throws(Problem) {
            let lengths = Set(values(of: "content-length").map { UInt64(String(decoding: $0, as: UTF8.self)) })
            guard lengths.count <= 1 else { throw .invalidSyntax }
            return lengths.first ?? nil
        }
    }

    /// As they are sent.
    var headers: Headers {
        var headers = Headers()
        for field in list { headers.add(field.name, bytes: field.value) }
        return headers
    }
}
