/// A value of a TOML document, with its place in the text that it was read from.
///
/// Two values are equal when their kinds are; where they stand does not count.
public struct TOMLValue: Sendable, Equatable {
    /// The types of TOML 1.0.
    public enum Kind: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case offsetDateTime(OffsetDateTime)
        case localDateTime(LocalDateTime)
        case localDate(LocalDate)
        case localTime(LocalTime)
        case array([TOMLValue])
        case table(TOMLTable)
    }

    public var kind: Kind
    /// Where the value begins (a table with a header: the last key of the header). Nil when made in code.
    public var position: SourcePosition?

    public init(_ kind: Kind, position: SourcePosition? = nil) {
        self.kind = kind
        self.position = position
    }

    public init(_ string: String) { self.init(.string(string)) }
    public init(_ integer: some BinaryInteger) { self.init(.integer(Int64(integer))) }
    public init(_ boolean: Bool) { self.init(.boolean(boolean)) }
    public init(_ array: [TOMLValue]) { self.init(.array(array)) }
    public init(_ strings: [String]) { self.init(.array(strings.map { TOMLValue($0) })) }
    public init(_ tables: [TOMLTable]) { self.init(.array(tables.map { TOMLValue($0) })) }
    public init(_ table: TOMLTable) { self.init(.table(table)) }

    /// The string, or nil when this is something else; likewise the properties below.
    public var string: String? { if case .string(let string) = kind { string } else { nil } }
    public var integer: Int64? { if case .integer(let integer) = kind { integer } else { nil } }
    public var float: Double? { if case .float(let float) = kind { float } else { nil } }
    public var boolean: Bool? { if case .boolean(let boolean) = kind { boolean } else { nil } }
    public var array: [TOMLValue]? { if case .array(let array) = kind { array } else { nil } }
    public var table: TOMLTable? { if case .table(let table) = kind { table } else { nil } }

    /// The kind with its article, for messages: `a string`, `an array`.
    public var kindName: String {
        switch kind {
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a float"
        case .boolean: "a boolean"
        case .offsetDateTime, .localDateTime: "a date-time"
        case .localDate: "a date"
        case .localTime: "a time"
        case .array: "an array"
        case .table: "a table"
        }
    }

    public static func == (left: TOMLValue, right: TOMLValue) -> Bool { left.kind == right.kind }
}

extension TOMLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral string: String) { self.init(.string(string)) }
    public init(integerLiteral integer: Int64) { self.init(.integer(integer)) }
    public init(floatLiteral float: Double) { self.init(.float(float)) }
    public init(booleanLiteral boolean: Bool) { self.init(.boolean(boolean)) }
    public init(arrayLiteral elements: TOMLValue...) { self.init(.array(elements)) }
    public init(dictionaryLiteral elements: (String, TOMLValue)...) {
        var table = TOMLTable()
        for (key, value) in elements { table[key] = value }
        self.init(.table(table))
    }
}
