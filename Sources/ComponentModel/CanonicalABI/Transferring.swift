import WebAssemblyRuntime

// Guest to guest: what lifting from one and lowering to the other comes to, with no copy outside of both.

extension GuestSide {
    /// Copies a value of this instance to another one.
    mutating func transfer(
        _ index: Int, from location: Location, to target: inout GuestSide, at place: Location
    ) throws(Trap) {
        let layout = state.layouts.layouts[index]
        switch layout.kind {
        case .bool: try target.store(UInt8(loadBool(location) ? 1 : 0), to: place)
        case .u8: try target.store(load(location, as: UInt8.self), to: place)
        case .u16: try target.store(load(location, as: UInt16.self), to: place)
        case .u32, .s32: try target.store(load(location, as: UInt32.self), to: place)
        case .u64, .s64: try target.store(load(location, as: UInt64.self), to: place)
        case .s8:
            let value = Int8(bitPattern: try load(location, as: UInt8.self))
            switch place {
            case .flat: try target.store(UInt32(bitPattern: Int32(value)), to: place)
            case .memory: try target.store(UInt8(bitPattern: value), to: place)
            }
        case .s16:
            let value = Int16(bitPattern: try load(location, as: UInt16.self))
            switch place {
            case .flat: try target.store(UInt32(bitPattern: Int32(value)), to: place)
            case .memory: try target.store(UInt16(bitPattern: value), to: place)
            }
        case .f32: try target.store(canonicalNaN(load(location, as: UInt32.self)), to: place)
        case .f64: try target.store(canonicalNaN(load(location, as: UInt64.self)), to: place)
        case .char: try target.store(loadCharacter(location).value, to: place)
        case .flags: try target.storeFlags(loadFlags(layout, location), layout, to: place)
        case .string:
            let (pointer, length) = try loadPair(location)
            let source = try string(pointer, taggedLength: length)
            try source.validate()
            let (newPointer, taggedLength) = try target.lower(source)
            try target.storePair(newPointer, taggedLength, to: place)
        case .bytes, .list:
            let (pointer, count) = try loadPair(location)
            let element = state.layouts.layouts[Int(layout.first)]
            let byteCount = try checkList(pointer, count: count, of: element)
            let newPointer = try target.allocate(byteCount, alignment: element.alignment, for: .list)
            try transferElements(
                Int(layout.first), count: count, from: .memory(pointer), to: &target, at: .memory(newPointer))
            try target.storePair(newPointer, count, to: place)
        case .fixedLengthList:
            try transferElements(Int(layout.first), count: layout.count, from: location, to: &target, at: place)
        case .record:
            for index in Int(layout.first)..<Int(layout.first + layout.count) {
                let part = state.layouts.parts[index]
                try transfer(Int(part.layout), from: location.part(part), to: &target, at: place.part(part))
            }
        case .variant:
            let discriminant = try loadDiscriminant(layout, location)
            let part = state.layouts.parts[Int(layout.first + discriminant)]
            try target.storeDiscriminant(discriminant, layout, to: place)
            var used: UInt32 = 1
            if part.layout >= 0 {
                try transfer(Int(part.layout), from: location.part(part), to: &target, at: place.part(part))
                used += state.layouts.layouts[Int(part.layout)].flatCount
            }
            target.clearSlots(of: layout, from: used, at: place)
        case .own:
            let representation = try liftOwn(load(location, as: UInt32.self), layout)
            try target.store(target.lowerOwn(representation, layout), to: place)
        case .borrow:
            let representation = try liftBorrow(load(location, as: UInt32.self), layout)
            try target.store(target.lowerBorrow(representation, layout), to: place)
        case .asynchronous: throw .asynchronous("a stream or a future cannot be passed")
        }
    }

    private mutating func transferElements(
        _ element: Int, count: UInt32, from location: Location, to target: inout GuestSide, at place: Location
    ) throws(Trap) {
        let layout = state.layouts.layouts[element]
        if layout.isPlain, case .memory(let source) = location, case .memory(let destination) = place {
            let byteCount = count * layout.size
            let bytes = UnsafeRawBufferPointer(try self.bytes(source, count: byteCount))
            try target.bytes(destination, count: byteCount).copyMemory(from: bytes)
            return
        }
        for index in 0..<count {
            try transfer(
                element, from: location.element(index, of: layout), to: &target, at: place.element(index, of: layout))
        }
    }
}
