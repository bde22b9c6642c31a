import HTTP

/// An answer that says what is wrong.
struct Failure: Error, CustomStringConvertible {
    let status: Status
    let message: String
    /// What the answer says besides.
    let headers: Headers

    init(_ status: Status, _ message: String, headers: Headers = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    init(_ error: StoreError) {
        var headers: Headers = [:]
        let status = Self.status(of: error)
        if status == .serviceUnavailable { headers.set("Retry-After", "5") }
        self.init(status, error.description, headers: headers)
    }

    var description: String { message }

    static func translating<Result>(_ body: () throws(StoreError) -> Result) throws(Failure) -> Result {
        do { return try body() } catch { throw Failure(error) }
    }

    private static func status(of error: StoreError) -> Status {
        switch error {
        case .noSuchBindle, .noSuchRevision, .noSuchRelease, .noSuchChannel, .parcelNotUploaded: .notFound
        case .bindleExists, .parcelExists, .releaseExists, .releaseIsPinned: .conflict
        case .yanked: .forbidden
        case .newBindleIsYanked: .unprocessableContent
        case .invalidInvoice, .notInInvoice, .wrongDigest, .wrongSize, .notAnApp: .badRequest
        // 507 Insufficient Storage (RFC 4918 section 11.5)
        case .diskFull: Status(507)
        case .parcelsUnavailable, .upstreamUnreachable: .serviceUnavailable
        case .upstreamRefuses: .badGateway
        case .inUse, .newerFormat, .notAStore, .corrupt, .notWritable, .cannotOpen, .database, .unreadableSource,
            .sourceChanged, .interrupted:
            .internalServerError
        }
    }
}
