import ComponentModel

/// Components, which are decoded and validated. Errors have to be within the binary.
enum ComponentBinaries {
    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        do throws(ComponentError) {
            _ = try Component(bytes: input)
        } catch {
            guard error.offset <= input.count else { fatalError("an error behind the end: \(error)") }
        }
    }
}
