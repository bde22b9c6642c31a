/// What is kept of a request and its response.
package struct RequestRecording: Hashable, Sendable {
    /// A field of a message's head: bytes, since neither has to be UTF-8.
    package struct Field: Hashable, Sendable {
        package var name: [UInt8]
        package var value: [UInt8]

        package init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }

        package init(_ name: String, _ value: String) {
            self.init(name: Array(name.utf8), value: Array(value.utf8))
        }

        package var nameText: String { String(decoding: name, as: UTF8.self) }
        package var valueText: String { String(decoding: value, as: UTF8.self) }

        package func isNamed(_ name: String) -> Bool { nameText.lowercased() == name.lowercased() }
    }

    /// A body, or what a handler has written to its standard error, as far as it is kept.
    package struct Body: Hashable, Sendable {
        /// How many bytes there were.
        package let total: Int
        /// How many of them are kept: the first of a body, the last of a handler's standard error.
        package let count: Int
        /// Where they are.
        let position: UInt64
        let digest: UInt64

        package var isWhole: Bool { count == total }
    }

    /// What was run.
    package struct Run: Hashable, Sendable {
        package let route: String
        /// The handler's parcel.
        package let module: String
        package let function: String
        /// As the handler had them, in their order.
        package let environment: [Field]
        package let arguments: [[UInt8]]
        package let errorOutput: Body
        /// Bytes of linear memory, when it ended.
        package let memoryBytes: Int
        package let failure: RecordedFailure?
    }

    /// The request's number in its process.
    package let number: UInt64
    package let revision: Int
    /// Seconds since 1970, when the request's head was there.
    package let time: Double
    /// From then until a handler began with it, in milliseconds.
    package let queue: Double
    /// Until the handler's module was ready to run.
    package let instantiate: Double
    /// Until the response was complete, or began to stream for good. What follows until its end is the writing.
    package let run: Double

    package let isSecured: Bool
    package let method: String
    package let target: [UInt8]
    package let fields: [Field]
    package let requestBody: Body
    /// `HTTP/1.1 200 OK`; empty where there was no response.
    package let statusLine: String
    package let responseFields: [Field]
    package let responseBody: Body
    /// Whether the response's body is a stored file, or a part of it.
    package let bodyIsStored: Bool
    /// `nil` for what was answered without a module.
    package let handler: Run?

    package var targetText: String { String(decoding: target, as: UTF8.self) }

    /// 100…999; `nil` where there was no response.
    package var status: Int? {
        let words = statusLine.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]), (100...999).contains(status) else { return nil }
        return status
    }

    /// The digest of the file that the response's body is of, 64 hexadecimal digits: its ETag.
    package var storedDigest: String? {
        guard bodyIsStored, let tag = responseFields.first(where: { $0.isNamed("ETag") })?.valueText else { return nil }
        let digits = tag.filter { $0 != "\"" }
        return digits.utf8.count == 64 && digits.allSatisfy(\.isHexDigit) ? digits.lowercased() : nil
    }

    /// The value of the request's first field of a name.
    package func field(_ name: String) -> String? { fields.first { $0.isNamed(name) }?.valueText }

    /// The value of the response's first field of a name.
    package func responseField(_ name: String) -> String? { responseFields.first { $0.isNamed(name) }?.valueText }
}
