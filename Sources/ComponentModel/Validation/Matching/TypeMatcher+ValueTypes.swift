extension TypeMatcher {
    mutating func match(_ actual: CheckedValueType, _ expected: CheckedValueType) throws(Failure) {
        switch (actual.form, expected.form) {
        case (.primitive(let actual), .primitive(let expected)):
            guard actual == expected else {
                throw .mismatch("expected primitive `\(expected)` found primitive `\(actual)`")
            }
            return
        case (let actual, .primitive(_)):
            throw .mismatch("expected primitive, found \(actual.noun)")
        default: break
        }
        let pair = Pair(actual: ObjectIdentifier(actual), expected: ObjectIdentifier(expected))
        if matched.contains(pair) { return }
        try spend(expected.form.stepCount)
        try matchForms(actual.form, expected.form)
        matched.insert(pair)
    }

    private mutating func matchForms(
        _ actual: CheckedValueType.Form, _ expected: CheckedValueType.Form
    ) throws(Failure) {
        switch (actual, expected) {
        case (.record(let actual), .record(let expected)):
            guard actual.count == expected.count else {
                throw .mismatch("expected \(expected.count) fields, found \(actual.count)")
            }
            for (actual, expected) in zip(actual, expected) {
                guard actual.label == expected.label else {
                    throw .mismatch("expected field name `\(expected.label)`, found `\(actual.label)`")
                }
                try within("type mismatch in record field `\(expected.label)`") { matcher throws(Failure) in
                    try matcher.match(actual.type, expected.type)
                }
            }
        case (.variant(let actual), .variant(let expected)):
            guard actual.count == expected.count else {
                throw .mismatch("expected \(expected.count) cases, found \(actual.count)")
            }
            for (actual, expected) in zip(actual, expected) { try matchCases(actual, expected) }
        case (.list(let actual), .list(let expected)):
            try within("type mismatch in list elements") { matcher throws(Failure) in
                try matcher.match(actual, expected)
            }
        case (.fixedLengthList(let actual, let length), .fixedLengthList(let expected, let expectedLength)):
            guard length == expectedLength else {
                throw .mismatch("expected a list of \(expectedLength) elements, found one of \(length)")
            }
            try within("type mismatch in list elements") { matcher throws(Failure) in
                try matcher.match(actual, expected)
            }
        case (.tuple(let actual), .tuple(let expected)):
            guard actual.count == expected.count else {
                throw .mismatch("expected \(expected.count) types, found \(actual.count)")
            }
            for (index, types) in zip(actual, expected).enumerated() {
                try within("type mismatch in tuple field \(index)") { matcher throws(Failure) in
                    try matcher.match(types.0, types.1)
                }
            }
        case (.flags(let actual), .flags(let expected)):
            guard actual == expected else { throw .mismatch("mismatch in flags elements") }
        case (.enumeration(let actual), .enumeration(let expected)):
            guard actual == expected else { throw .mismatch("mismatch in enum elements") }
        case (.option(let actual), .option(let expected)):
            try within("type mismatch in option") { matcher throws(Failure) in try matcher.match(actual, expected) }
        case (.result(let ok, let error), .result(let expectedOK, let expectedError)):
            try matchOptional(ok, expectedOK, "ok")
            try matchOptional(error, expectedError, "err")
        case (.own(let actual), .own(let expected)), (.borrow(let actual), .borrow(let expected)):
            try match(actual, expected)
        case (.stream(let actual), .stream(let expected)):
            try matchOptional(actual, expected, "stream element")
        case (.future(let actual), .future(let expected)):
            try matchOptional(actual, expected, "future value")
        case (.map(let key, let value), .map(let expectedKey, let expectedValue)):
            try within("type mismatch in map key") { matcher throws(Failure) in try matcher.match(key, expectedKey) }
            try within("type mismatch in map value") { matcher throws(Failure) in
                try matcher.match(value, expectedValue)
            }
        default:
            throw .mismatch("expected \(expected.noun), found \(actual.noun)")
        }
    }

    private mutating func matchCases(
        _ actual: (label: String, type: CheckedValueType?), _ expected: (label: String, type: CheckedValueType?)
    ) throws(Failure) {
        guard actual.label == expected.label else {
            throw .mismatch("expected case named `\(expected.label)`, found `\(actual.label)`")
        }
        switch (actual.type, expected.type) {
        case (nil, nil): break
        case (let type?, let expectedType?):
            try within("type mismatch in variant case `\(expected.label)`") { matcher throws(Failure) in
                try matcher.match(type, expectedType)
            }
        case (nil, _?): throw .mismatch("expected case `\(expected.label)` to have a type, found none")
        case (_?, nil): throw .mismatch("expected case `\(expected.label)` to have no type")
        }
    }

    private mutating func matchOptional(
        _ actual: CheckedValueType?, _ expected: CheckedValueType?, _ what: String
    ) throws(Failure) {
        switch (actual, expected) {
        case (nil, nil): break
        case (let actual?, let expected?):
            try within("type mismatch in \(what) variant") { matcher throws(Failure) in
                try matcher.match(actual, expected)
            }
        case (nil, _?): throw .mismatch("expected \(what) type, but found none")
        case (_?, nil): throw .mismatch("expected \(what) type to not be present")
        }
    }
}
