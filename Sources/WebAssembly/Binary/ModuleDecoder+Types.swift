extension ModuleDecoder {
    mutating func readTypeSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let first = parts.types.count
            let group = try reader.readRecursionGroup(firstIndex: first, outer: parts.definedTypes)
            for type in group {
                parts.types.append(type)
                shapes.append(type, type.definition)
            }
        }
    }
}
