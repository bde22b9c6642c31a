import Bindle
import Platform

/// An invoice that stands in a file, in TOML.
enum InvoiceFile {
    /// - Throws: `CommandFailure`, which names the file, and the line and column if it is no invoice.
    static func read(_ path: String) throws -> Invoice {
        let text: [UInt8]
        do {
            text = try FileReader.bytes(of: path, limit: 256 << 20)
        } catch {
            throw CommandFailure(
                "\(path) cannot be read: \(error.reason). Name an invoice's file, such as invoice.toml.")
        }
        do {
            // What is odd about it is for whoever creates a bindle of it to say.
            return try Invoice(text, as: .toml, validating: false)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
