package import Bindle
import HTTP

extension ControlFailure {
    /// What the store did not do, as an answer.
    package init(_ error: StoreError) {
        let status: Status =
            switch error {
            case .noSuchBindle, .noSuchRevision, .noSuchRelease, .noSuchChannel: .notFound
            case .bindleExists, .releaseExists, .releaseIsPinned, .yanked, .parcelNotUploaded: .conflict
            case .invalidInvoice, .notInInvoice, .wrongDigest, .wrongSize, .newBindleIsYanked, .notAnApp:
                .unprocessableContent
            // 507 Insufficient Storage (RFC 4918 section 11.5)
            case .diskFull: Status(507)
            default: .internalServerError
            }
        self.init(status, error.description)
    }

    /// Runs something with the store, whose errors become answers.
    package static func translating<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(ControlFailure) -> Result {
        do { return try body() } catch { throw ControlFailure(error) }
    }
}
