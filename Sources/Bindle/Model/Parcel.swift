/// One file of a bindle: what it is and when it is wanted.
package struct Parcel: Hashable, Sendable {
    package var label: Label
    package var conditions: Conditions?

    package init(label: Label, conditions: Conditions? = nil) {
        self.label = label
        self.conditions = conditions
    }

    /// The groups that it belongs to; none means the global group.
    package var memberOf: [String] { conditions?.memberOf ?? [] }

    /// The groups that are needed where this parcel is.
    package var requires: [String] { conditions?.requires ?? [] }

    /// Whether it belongs to the global group, which is always wanted.
    package var isGlobal: Bool { memberOf.isEmpty }
}

/// What a parcel is called and how its bytes are told from others.
package struct Label: Hashable, Sendable {
    /// The digest of the bytes: 64 lower-case hexadecimal digits, once validated.
    package var sha256: String
    package var mediaType: String
    package var name: String
    /// The number of bytes.
    package var size: Int
    package var annotations: [String: String]
    /// Settings by feature and name, such as `feature.wagi.route`.
    package var feature: [String: [String: String]]
    package var origin: String?

    package init(
        sha256: String, mediaType: String, name: String, size: Int, annotations: [String: String] = [:],
        feature: [String: [String: String]] = [:], origin: String? = nil
    ) {
        self.sha256 = sha256
        self.mediaType = mediaType
        self.name = name
        self.size = size
        self.annotations = annotations
        self.feature = feature
        self.origin = origin
    }
}

extension Label {
    /// Names are compared by their bytes: `é` in its two Unicode spellings is two names, as it is two files.
    package static func == (left: Label, right: Label) -> Bool {
        left.sha256 == right.sha256 && left.size == right.size && NameBytes.areEqual(left.name, right.name)
            && left.mediaType == right.mediaType && left.feature == right.feature
            && left.annotations == right.annotations && left.origin == right.origin
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(sha256)
        hasher.combine(NameBytes(name))
    }
}

/// Which groups a parcel belongs to and which it needs.
package struct Conditions: Hashable, Sendable {
    package var memberOf: [String]
    package var requires: [String]

    package init(memberOf: [String] = [], requires: [String] = []) {
        self.memberOf = memberOf
        self.requires = requires
    }
}

/// A named set of parcels.
package struct Group: Hashable, Sendable {
    package var name: String
    package var isRequired: Bool
    /// `nil` when the invoice does not say; then it is `allOf`.
    package var satisfiedBy: Satisfaction?

    /// How much of a group must be there.
    package enum Satisfaction: Hashable, Sendable {
        case allOf, oneOf, optional
        /// Another word, as it was written. It means `allOf`.
        case other(String)

        package init(_ text: String) {
            self =
                switch text {
                case "allOf": .allOf
                case "oneOf": .oneOf
                case "optional": .optional
                default: .other(text)
                }
        }

        /// The word for it in an invoice.
        package var text: String {
            switch self {
            case .allOf: "allOf"
            case .oneOf: "oneOf"
            case .optional: "optional"
            case .other(let text): text
            }
        }
    }

    package init(name: String, isRequired: Bool = false, satisfiedBy: Satisfaction? = nil) {
        self.name = name
        self.isRequired = isRequired
        self.satisfiedBy = satisfiedBy
    }
}
