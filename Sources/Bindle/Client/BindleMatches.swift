import TOML

/// One page of what a query found.
package struct BindleMatches: Hashable, Sendable {
    /// An invoice that a server has found, as far as it can be used here.
    package enum Match: Hashable, Sendable {
        case invoice(Invoice)
        /// Something is wrong with it; `id` is as the server says it, possibly no ID.
        case unusable(id: String, problem: String)
    }

    /// The number of matches on all pages.
    package let total: Int
    package let matches: [Match]
    /// Whether there are matches after these.
    package let hasMore: Bool

    /// The invoices that can be used.
    package var invoices: [Invoice] {
        matches.compactMap { if case .invoice(let invoice) = $0 { invoice } else { nil } }
    }
}

extension BindleMatches.Match {
    /// Takes an invoice from the table that a server has sent.
    init(_ table: TOMLTable) {
        do {
            self = .invoice(try Invoice(table))
        } catch {
            let bindle = table["bindle"]?.table
            let parts = ["name", "version"].map { bindle?[$0]?.string ?? "?" }
            self = .unusable(id: parts.joined(separator: "/"), problem: "\(error)")
        }
    }
}
