import TOML

/// The bytes are a TOML document. What was read, written again, is read as the same.
enum TOMLDocuments {
    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        do throws(TOMLError) {
            check(try TOMLTable(parsing: input))
        } catch {
            let lineCount = input.count { $0 == UInt8(ascii: "\n") } + 1
            guard (1...lineCount).contains(error.position.line), error.position.column >= 1,
                error.position.column <= input.count + 1, !error.description.isEmpty
            else { fatalError("an error is at \(error.position), which is outside the text") }
        }
    }

    private static func check(_ table: TOMLTable) {
        let text = table.serialized()
        do throws(TOMLError) {
            let again = try TOMLTable(parsing: text)
            // A value that is not a number is not equal to itself.
            guard again == table || text.contains("nan"), again.serialized() == text else {
                fatalError("what was read is not what is written:\n\(text)\n\(again.serialized())")
            }
        } catch {
            fatalError("what is written cannot be read: \(error)\n\(text)")
        }
    }
}
