package import ComponentModel
import WASI

extension ValueType {
    /// `datetime` of `wasi:clocks/wall-clock`.
    static let datetime = record(("seconds", .u64), ("nanoseconds", .u32))
}

extension Value {
    /// A `datetime`, from nanoseconds since 1970.
    static func datetime(nanoseconds: UInt64) -> Value {
        .record([.u64(nanoseconds / 1_000_000_000), .u32(UInt32(nanoseconds % 1_000_000_000))])
    }
}

extension HostInterface {
    /// `wasi:clocks/monotonic-clock`.
    package static let monotonicClock = HostInterface(wasi: "wasi:clocks/monotonic-clock") { list in
        list.add("now", to: .u64) { _ in .u64(try Clock.monotonic.time) }
        list.add("resolution", to: .u64) { _ in .u64(try Clock.monotonic.resolution) }
        list.add("subscribe-instant", [("when", .u64)], to: .own(.pollable)) { call in
            .resource(try call.context.resources.insert(Pollable(time: call.arguments[0].u64)))
        }
        list.add("subscribe-duration", [("when", .u64)], to: .own(.pollable)) { call in
            let (time, isNever) = try Clock.monotonic.time.addingReportingOverflow(call.arguments[0].u64)
            return .resource(try call.context.resources.insert(Pollable(time: isNever ? .max : time)))
        }
    }

    /// `wasi:clocks/wall-clock`.
    package static let wallClock = HostInterface(wasi: "wasi:clocks/wall-clock") { list in
        list.add("now", to: .datetime) { _ in .datetime(nanoseconds: try Clock.realTime.time) }
        list.add("resolution", to: .datetime) { _ in .datetime(nanoseconds: try Clock.realTime.resolution) }
    }

    /// `wasi:clocks/timezone`, which is unstable. Components live in UTC, as programs of preview 1 do.
    package static let timezone = HostInterface(wasi: "wasi:clocks/timezone") { list in
        let display = ValueType.record(
            ("utc-offset", .s32), ("name", .string), ("in-daylight-saving-time", .bool))
        list.add("display", [("when", .datetime)], to: display, isRepeatable: true) { _ in
            .record([.s32(0), .string("UTC"), .bool(false)])
        }
        list.add("utc-offset", [("when", .datetime)], to: .s32, isRepeatable: true) { _ in .s32(0) }
    }
}
