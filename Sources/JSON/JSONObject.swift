/// The members of a JSON object, in order.
///
/// Names are compared byte by byte: two spellings that Unicode holds equivalent are two names.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Member: Hashable, Sendable {
        package let name: String
        package var value: JSONValue

        /// Whether the member has this name.
        fileprivate func isNamed(_ name: String) -> Bool {
            self.name == name && self.name.utf8.elementsEqual(name.utf8)
        }
    }

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }

    /// The last member of that name. Setting a new one appends it; setting `nil` removes it.
    package subscript(name: String) -> JSONValue? {
        get { members.last { $0.isNamed(name) }?.value }
        set {
            if let index = members.lastIndex(where: { $0.isNamed(name) }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(name: name, value: newValue))
            }
        }
    }

    /// Adds a member, without a look whether there is one of that name.
    package mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }

    /// The object's text on one line.
    package var serialized: String { JSONValue.object(self).serialized }
}
