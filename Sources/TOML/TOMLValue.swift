/// A value of a TOML document, with its place in the text that it was read from.
///
/// Two values are equal when their kinds are; where they stand does not count.
package struct TOMLValue: Sendable, Equatable {
    /// The types of TOML 1.0.
    package enum Kind: Sendable, Equatable {
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

    package var kind: Kind
    /// Where the value begins (a table with a header: the last key of the header). Nil when made in code.
    package var position: SourcePosition?

    package init(_ kind: Kind, position: SourcePosition? = nil) {
        self.kind = kind
        self.position = position
    }

    package init(_ string: String) { self.init(.string(string)) }
    package init(_ integer: some BinaryInteger) { self.init(.integer(Int64(integer))) }
    package init(_ boolean: Bool) { self.init(.boolean(boolean)) }
    package init(_ array: [TOMLValue]) { self.init(.array(array)) }
    package init(_ strings: [String]) { self.init(.array(strings.map { TOMLValue($0) })) }
    package init(_ tables: [TOMLTable]) { self.init(.array(tables.map { TOMLValue($0) })) }
    package init(_ table: TOMLTable) { self.init(.table(table)) }

    /// The string, or nil when this is something else; likewise the properties below.
    package var string: String? { if case .string(let string) = kind { string } else { nil } }
    package var integer: Int64? { if case .integer(let integer) = kind { integer } else { nil } }
    package var float: Double? { if case .float(let float) = kind { float } else { nil } }
    package var boolean: Bool? { if case .boolean(let boolean) = kind { boolean } else { nil } }
    package var array: [TOMLValue]? { if case .array(let array) = kind { array } else { nil } }
    package var table: TOMLTable? { if case .table(let table) = kind { table } else { nil } }

    /// The kind with its article, for messages: `a string`, `an array`.
    package var kindName: String {
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

    package static func == (left: TOMLValue, right: TOMLValue) -> Bool { left.kind == right.kind }
}

extension TOMLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral string: String) { self.init(.string(string)) }
    package init(integerLiteral integer: Int64) { self.init(.integer(integer)) }
    package init(floatLiteral float: Double) { self.init(.float(float)) }
    package init(booleanLiteral boolean: Bool) { self.init(.boolean(boolean)) }
    package init(arrayLiteral elements: TOMLValue...) { self.init(.array(elements)) }
    package init(dictionaryLiteral elements: (String, TOMLValue)...) {
        var table = TOMLTable()
        for (key, value) in elements { table[key] = value }
        self.init(.table(table))
    }
}
