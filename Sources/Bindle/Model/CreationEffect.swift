/// What became of an invoice that was handed in.
package enum CreationEffect: String, Hashable, Sendable {
    case created
    /// Another one of the same ID was there, and is gone.
    case replaced
    /// The same invoice was there already.
    case unchanged

    /// The header of the answer to an invoice that says it. Bindle's protocol has nothing for it.
    package static let fieldName = "X-Hippo-Effect"
}
