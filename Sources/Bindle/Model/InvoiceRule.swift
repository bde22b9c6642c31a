/// What may be odd about an invoice, and what becomes of such an invoice.
///
/// Invoices come from programs that know other rules than these. What the reference implementation takes is taken here
/// too, unless it contradicts itself or is dangerous.
///
/// | rule | verdict |
/// | --- | --- |
/// | ``otherBindleVersion`` | warning: it is read as version 1.0.0, which is what versions 1.x and 2 have in common with it |
/// | ``unnamedGroup`` | warning: nothing can name it |
/// | ``repeatedGroup`` | taken: `hippo` writes a group once for each module that uses it; the first one counts |
/// | ``undeclaredGroup`` | taken: it is a group like any other, with the defaults |
/// | ``circularGroups`` | warning: what requires one of them gets all of them |
/// | ``otherSatisfaction`` | warning: it is kept as it is written, and means `allOf` here |
/// | ``unnamedParcel`` | warning: it cannot be a file of a wwwroot |
/// | ``malformedDigest`` | refused: no bytes have such a digest, so the bindle could never be complete |
/// | ``negativeSize`` | refused: nothing has such a size |
/// | ``contradictorySizes`` | refused: one content has one size |
///
/// Signatures hold as they are in all cases, since nothing is changed in what they sign. Reading, listing, fetching and
/// exporting ask for none of this. Names of bindles are ``BindleID``'s affair.
package enum InvoiceRule: String, CaseIterable, Hashable, Sendable {
    case otherBindleVersion
    case unnamedGroup
    case repeatedGroup
    case undeclaredGroup
    case circularGroups
    case otherSatisfaction
    case unnamedParcel
    case malformedDigest
    case negativeSize
    case contradictorySizes

    /// What becomes of a new invoice.
    package enum Verdict: Hashable, Sendable {
        /// It is taken as it is.
        case taken
        /// It is taken, and whoever creates it is told.
        case warned
        /// It is not taken.
        case refused
    }

    package var verdict: Verdict {
        switch self {
        case .repeatedGroup, .undeclaredGroup: .taken
        case .otherBindleVersion, .unnamedGroup, .circularGroups, .otherSatisfaction, .unnamedParcel: .warned
        case .malformedDigest, .negativeSize, .contradictorySizes: .refused
        }
    }
}

/// Something odd about an invoice.
package struct InvoiceOddity: Hashable, Sendable {
    package let rule: InvoiceRule
    package let problem: InvoiceProblem
}
