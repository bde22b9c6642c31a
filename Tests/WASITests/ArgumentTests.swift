import Testing

@testable import WASI

@Suite struct ArgumentTests {
    @Test("Arguments are counted and laid out with pointers") func argumentsAreCountedAndLaidOutWithPointers() {
        let guest = Guest(WASIConfiguration(arguments: ["tool", "", "grüß"]))
        #expect(guest.call("args_sizes_get", 100, 104) == .success)
        #expect(guest.u32(100) == 3)
        #expect(guest.u32(104) == 5 + 1 + 7)
        #expect(guest.call("args_get", 200, 300) == .success)
        #expect([guest.u32(200), guest.u32(204), guest.u32(208)] == [300, 305, 306])
        #expect(guest.string(300, 13) == "tool\0\0grüß\0")
    }

    @Test("The environment keeps its order") func theEnvironmentKeepsItsOrder() {
        let guest = Guest(WASIConfiguration(environment: [("B", "2"), ("A", "x=y")]))
        #expect(guest.call("environ_sizes_get", 100, 104) == .success)
        #expect(guest.u32(100) == 2)
        #expect(guest.u32(104) == 10)
        #expect(guest.call("environ_get", 200, 300) == .success)
        #expect(guest.string(300, 10) == "B=2\0A=x=y\0")
    }

    @Test("Nothing is laid out where there is nothing") func nothingIsLaidOutWhereThereIsNothing() {
        let guest = Guest()
        #expect(guest.call("args_sizes_get", 100, 104) == .success)
        #expect(guest.u64(100) == 0)
        #expect(guest.call("args_get", 65_536, 65_536) == .success)
    }

    @Test("A NUL ends an argument") func aNULEndsAnArgument() {
        let guest = Guest(WASIConfiguration(arguments: ["a\0b"]))
        #expect(guest.call("args_sizes_get", 100, 104) == .success)
        #expect(guest.u32(104) == 2)
    }

    @Test(
        "Addresses beyond memory are refused",
        arguments: [(65_533, 0), (0, 65_533), (0xFFFF_FFFF, 0), (0, 0xFFFF_FFFF)] as [(UInt64, UInt64)])
    func addressesBeyondMemoryAreRefused(_ first: UInt64, _ second: UInt64) {
        let guest = Guest(WASIConfiguration(arguments: ["tool"]))
        #expect(guest.call("args_sizes_get", first, second) == .badAddress)
        #expect(guest.call("args_get", first, second) == .badAddress)
    }
}
