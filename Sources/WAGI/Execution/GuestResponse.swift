import HTTP

/// A guest's response on its way to the client.
///
/// The head is held back until the body's first bytes come: what goes wrong before can still be answered with. What belongs
/// to a page is put into it on the way.
struct GuestResponse {
    private let writer: ResponseWriter
    private let maximumBodyBytes: Int64
    /// Whether the request's method is HEAD, whose response has no body.
    private let isHead: Bool
    /// What is to be done if the response is a page.
    private let insertion: ScriptInsertion?
    private var pendingHead: (status: Status, headers: Headers)?
    private(set) var status: Status?
    /// The length of the body that the guest has declared.
    private(set) var declaredLength: Int64?
    /// Bytes of the body so far.
    private(set) var bodyBytes: Int64 = 0
    /// Whether the response is a page with a script in it, of a length that has not been declared.
    private var isFollowedPage = false
    /// While the place of the element in the page is searched.
    private var search: (prologue: PagePrologue, element: [UInt8])?

    init(writer: ResponseWriter, maximumBodyBytes: Int64, insertion: ScriptInsertion?, isHead: Bool) {
        self.writer = writer
        self.maximumBodyBytes = maximumBodyBytes
        self.insertion = insertion
        self.isHead = isHead
    }

    /// Takes the head, which leaves with the body.
    mutating func begin(_ status: Status, _ headers: Headers) {
        declaredLength = headers["Content-Length"].flatMap { Int64($0) }
        pendingHead = (status, headers)
        self.status = status
    }

    /// Takes the next bytes of the body.
    ///
    /// - Throws: `GuestFailure.responseTooLarge`; `ResponseError`.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        bodyBytes += Int64(bytes.count)
        guard bodyBytes <= maximumBodyBytes else { throw GuestFailure.responseTooLarge(limit: maximumBodyBytes) }
        try writeHead(bodyBeginning: bytes)
        try writePage(bytes)
    }

    private mutating func writeHead(bodyBeginning bytes: UnsafeRawBufferPointer) throws {
        guard var head = pendingHead else { return }
        pendingHead = nil
        if let element = insertion?.element(for: head.status, &head.headers, bodyBeginning: bytes) {
            search = (PagePrologue(), element)
            isFollowedPage = !head.headers.contains("Content-Length")
        }
        try writer.writeHead(head.status, head.headers)
    }

    private mutating func writePage(_ bytes: UnsafeRawBufferPointer) throws {
        guard search != nil else { return try writer.write(bytes) }
        var output: [UInt8] = []
        guard let end = search!.prologue.scan(bytes, passing: &output) else { return try writer.write(output) }
        output += search!.element + search!.prologue.held
        search = nil
        try writer.write(output)
        try writer.write(UnsafeRawBufferPointer(rebasing: bytes[end...]))
    }

    /// Whether the body is shorter than the guest has declared, where that matters.
    var isTooShort: Bool {
        guard let status, let declaredLength else { return false }
        return declaredLength > bodyBytes && !isHead && !status.forbidsBody && status.code != 205
    }

    /// To be called when the guest has failed after it has begun to answer.
    ///
    /// - Returns: whether the response is whole for the browser nevertheless: a page that can tell by itself what has
    ///   happened. Browsers may drop what they have of a page that is cut off, however much that is.
    mutating func endPage() throws -> Bool {
        guard isFollowedPage, !writer.hasFailed else { return false }
        try finish()
        return true
    }

    /// Takes the guest's word that what it has written is to leave: see `ResponseWriter.commit()`.
    mutating func commit() throws {
        try writeHead(bodyBeginning: UnsafeRawBufferPointer(start: nil, count: 0))
        try writer.commit()
    }

    /// Sends what was held back.
    mutating func finish() throws {
        try writeHead(bodyBeginning: UnsafeRawBufferPointer(start: nil, count: 0))
        guard let (prologue, element) = search else { return }
        search = nil
        try writer.write(element + prologue.held)
    }
}
