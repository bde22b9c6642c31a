import WebAssembly

/// The labels of a record, a variant, an enumeration, flags or parameters.
struct LabelScope {
    /// What each is called: `record field`.
    private let what: String
    /// What an earlier one is called: `field`.
    private let earlier: String
    private var names: [[UInt8]: String] = [:]

    init(of what: String, in earlier: String) {
        self.what = what
        self.earlier = earlier
    }

    mutating func add(_ label: String, at offset: Int) throws(DecodingFailure) {
        guard !label.isEmpty else { throw .invalid("\(what) name cannot be empty", at: offset) }
        guard Label.isValid(label) else {
            throw .invalid("\(what) name `\(label)` is not in kebab case", at: offset)
        }
        if let previous = names.updateValue(label, forKey: Label.key(label)) {
            throw .invalid(
                "\(what) name `\(label)` conflicts with previous \(earlier) name `\(previous)`", at: offset)
        }
    }
}
