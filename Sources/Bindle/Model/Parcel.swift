/// One file of a bindle: what it is and when it is wanted.
public struct Parcel: Hashable, Sendable {
    public var label: Label
    public var conditions: Conditions?

    public init(label: Label, conditions: Conditions? = nil) {
        self.label = label
        self.conditions = conditions
    }

    /// The groups that it belongs to; none means the global group.
    public var memberOf: [String] { conditions?.memberOf ?? [] }

    /// The groups that are needed where this parcel is.
    public var requires: [String] { conditions?.requires ?? [] }

    /// Whether it belongs to the global group, which is always wanted.
    public var isGlobal: Bool { memberOf.isEmpty }
}

/// What a parcel is called and how its bytes are told from others.
public struct Label: Hashable, Sendable {
    /// The digest of the bytes: 64 lower-case hexadecimal digits, once validated.
    public var sha256: String
    public var mediaType: String
    public var name: String
    /// The number of bytes.
    public var size: Int
    public var annotations: [String: String]
    /// Settings by feature and name, such as `feature.wagi.route`.
    public var feature: [String: [String: String]]
    public var origin: String?

    public init(
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

/// Which groups a parcel belongs to and which it needs.
public struct Conditions: Hashable, Sendable {
    public var memberOf: [String]
    public var requires: [String]

    public init(memberOf: [String] = [], requires: [String] = []) {
        self.memberOf = memberOf
        self.requires = requires
    }
}

/// A named set of parcels.
public struct Group: Hashable, Sendable {
    public var name: String
    public var isRequired: Bool
    /// `nil` when the invoice does not say; then it is `allOf`.
    public var satisfiedBy: Satisfaction?

    /// How much of a group must be there.
    public enum Satisfaction: String, Hashable, Sendable, CaseIterable {
        case allOf, oneOf, optional
    }

    public init(name: String, isRequired: Bool = false, satisfiedBy: Satisfaction? = nil) {
        self.name = name
        self.isRequired = isRequired
        self.satisfiedBy = satisfiedBy
    }
}
