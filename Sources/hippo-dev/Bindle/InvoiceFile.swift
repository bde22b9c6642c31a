import Bindle
import Foundation

/// An invoice that stands in a file, in TOML.
enum InvoiceFile {
    /// - Throws: `CommandFailure`, which names the file, and the line and column if it is no invoice.
    static func read(_ path: String) throws -> Invoice {
        let text: Data
        do {
            text = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure(
                "\(path) cannot be read: \(error.localizedDescription) Name an invoice's file, such as invoice.toml.")
        }
        do {
            return try Invoice(Array(text), as: .toml)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
