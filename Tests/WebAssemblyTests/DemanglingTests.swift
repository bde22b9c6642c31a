import Testing
import WebAssembly

@Suite("Demangling")
struct DemanglingTests {
    @Test(
        "Symbols are shown as the source has them",
        arguments: [
            ("_ZN4core9panicking5panic17h0123456789abcdefE", "core::panicking::panic"),
            (
                "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE.llvm.17209538272517509308",
                "std::rt::lang_start::{{closure}}"
            ),
            ("_ZN39_$LT$u8$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "<u8 as core::fmt::Debug>::fmt"),
            ("_ZN7example6Parser4readEPKci", "example::Parser::read(char const*, int)"),
            ("$s7example4readSiyF", "example.read() -> Swift.Int"),
            ("_RINvCsjMaewn57Afh_1t3genSxQeEB2_", "t::gen::<[i64], &mut str>"),
            ("_RINvCsjMaewn57Afh_1t2chKce9_Kan5_EB2_", "t::ch::<'é', -5>"),
            (
                "_RNCNvMNtCsjMaewn57Afh_1tu14rksmrgs_5wao1oINtB4_u5_8ba6dNtNtCslNYArtu3iFV_5alloc6string"
                    + "6StringE2go0B6_",
                "<t::räksmörgås::Åä<alloc::string::String>>::go::{closure#0}"
            ),
            (
                "_RINvCsjMaewn57Afh_1t3genDNtNtNtNtCsgEmfK2I1SDS_4core4iter6traits8iterator8Iteratorp4ItemhEL_FG_KCRL0_"
                    + "hEuEB2_",
                "t::gen::<dyn core::iter::traits::iterator::Iterator<Item = u8>, for<'a> extern \"C\" fn(&'a u8)>"
            ),
            (
                "_RINvCsjMaewn57Afh_1t3genDG_INtNtNtCsgEmfK2I1SDS_4core3ops8function2FnTRL0_eEEp6OutputlNtNt"
                    + "Bw_6marker4SendEL_ThEEB2_",
                "t::gen::<dyn for<'a> core::ops::function::Fn<(&'a str,), Output = i32> + core::marker::Send, (u8,)>"
            ),
            ("_RNvCs1_1t4main.llvm.77", "t::main"),
        ])
    func names(symbol: String, name: String) {
        #expect(demangled(symbol) == name)
    }

    @Test(
        "What is no mangled name stays as it is",
        arguments: [
            "main", "_R", "_Rust", "_RNvC1t99main", "_RNvC1t4main!", "_RNvC1tu2__", "_RB_", "_RNvB0_1a",
            "_R0NvC1t4main",
            "_Z", "_RNvCszzzzzzzzzzzzzz_1t4main", "_RNvC99999999999999999999t4main",
        ])
    func others(symbol: String) {
        #expect(demangled(symbol) == symbol)
    }

    @Test("Hostile symbols end in time: deep nesting, and back references that double")
    func hostileSymbols() {
        let deep = "_RNvC1t" + String(repeating: "Nv", count: 100_000)
        #expect(demangled(deep) == deep)
        // Each tuple holds the one before it twice.
        var doubling = "_RINvC1a1b"
        var position = doubling.utf8.count - 2
        doubling += "h"
        for _ in 0..<40 {
            let reference = "B" + Self.base62(position)
            position = doubling.utf8.count - 2
            doubling += "T" + reference + reference + "E"
        }
        doubling += "E"
        #expect(demangled(doubling) == doubling)
    }

    private static func base62(_ number: Int) -> String {
        guard number > 0 else { return "_" }
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        var rest = number - 1
        var text = ""
        repeat {
            text = String(digits[rest % 62]) + text
            rest /= 62
        } while rest > 0
        return text + "_"
    }
}
