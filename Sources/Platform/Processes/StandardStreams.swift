/// Standard output, for what a command is asked for.
package enum StandardOutput {
    /// Writes text, after what `print` has written.
    ///
    /// - Throws: "write to standard output", with the reason: a command that cannot say what it was asked for has failed.
    package static func write(_ text: String) throws(SystemError) {
        try write(Array(text.utf8))
    }

    /// Writes bytes, after what `print` has written.
    ///
    /// - Throws: as for text.
    package static func write(_ bytes: [UInt8]) throws(SystemError) {
        fflush(nil)
        if let code = FileWriter.write(bytes, to: STDOUT_FILENO) {
            throw SystemError(operation: "write to standard output", code: code)
        }
    }
}

extension StandardOutput {
    /// Writes lines for people, which may name what comes from outside. If that fails, there is nobody to tell.
    package static func tell(_ message: String) { try? write(PrintableText.lines(message) + "\n") }
}

/// Standard error, for what goes wrong and what is going on.
package enum StandardError {
    /// Writes lines for people, which may name what comes from outside.
    package static func tell(_ message: String) { write(PrintableText.lines(message) + "\n") }

    /// Writes text as it is, at once. If that fails, there is nobody left to tell.
    package static func write(_ text: String) {
        _ = FileWriter.write(Array(text.utf8), to: STDERR_FILENO)
    }
}
