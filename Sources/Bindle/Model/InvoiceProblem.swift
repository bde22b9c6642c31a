package import TOML

/// The way from an invoice's root to a value in it.
package typealias InvoicePath = [InvoicePathElement]

package enum InvoicePathElement: Hashable, Sendable, ExpressibleByStringLiteral {
    case key(String)
    case index(Int)

    package init(stringLiteral value: String) {
        self = .key(value)
    }
}

/// What is wrong with the content of an invoice, and where in it.
package struct InvoiceProblem: Error, Hashable, CustomStringConvertible {
    package private(set) var path: InvoicePath
    package let message: String
    /// Where the value stands in the text that it was read from.
    package internal(set) var position: SourcePosition?

    init(at path: InvoicePath, _ message: String, position: SourcePosition? = nil) {
        #if DEBUG
            ErrorCount.current?.increase()
        #endif
        self.path = path
        self.message = message
        self.position = position
    }

    /// The same problem, seen from the table or list around.
    func within(_ element: InvoicePathElement) -> InvoiceProblem {
        var problem = self
        problem.path.insert(element, at: 0)
        return problem
    }

    /// The path as people write it: `parcel[2].label.size`, the first parcel being `parcel[0]`.
    package var place: String {
        path.reduce(into: "") { text, element in
            switch element {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    package var description: String { "\(place): \(message)" }
}
