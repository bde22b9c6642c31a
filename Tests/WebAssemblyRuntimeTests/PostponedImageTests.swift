import Testing
import WebAssembly

@testable import WebAssemblyRuntime

/// Images of data segments that are made when somebody has time for it.
@Suite("Postponed memory images")
struct PostponedImageTests {
    private static let text = """
        (module (memory 1) (data (i32.const 100) "\\07")
          (func (export "f") (result i32)
            (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 100)) (i32.const 1)))
            (i32.load8_u (i32.const 100))))
        """

    /// Calls `f` of a new instance twice.
    private func check(_ translated: TranslatedModule) throws {
        let instance = try translated.instantiate(in: Store(), imports: [])
        for expected: UInt32 in [8, 9] {
            #expect(try instance.function(named: "f")?.call() == [.i32(expected)])
        }
    }

    @Test("the second instance makes the image, unless it is put off: then none does until somebody makes it")
    func postponed() throws {
        for isPostponed in [false, true] {
            let translated = try TranslatedModule(Guests.module(Self.text))
            if isPostponed { translated.postponeMemoryImage() }
            try check(translated)
            for _ in 0..<2 { try check(translated) }
            #expect(translated.memories.hasImage == !isPostponed)
            translated.makePostponedMemoryImage()
            #expect(translated.memories.hasImage)
            // Now it is too late to put it off.
            translated.postponeMemoryImage()
            for _ in 0..<2 { try check(translated) }
        }
    }

    @Test("an image that was put off after the first instance is not made by the second one") func late() throws {
        let translated = try TranslatedModule(Guests.module(Self.text))
        try check(translated)
        translated.postponeMemoryImage()
        for _ in 0..<2 { try check(translated) }
        #expect(!translated.memories.hasImage)
        translated.makePostponedMemoryImage()
        try check(translated)
        #expect(translated.memories.hasImage)
    }

    @Test("a function without a name is told with its module") func frames() {
        let frame = Trap.Frame(moduleName: "libc.so", functionIndex: 12, functionName: nil, codeOffset: 16)
        #expect("\(frame)" == "function 12 of libc.so at offset 0x10")
    }
}
