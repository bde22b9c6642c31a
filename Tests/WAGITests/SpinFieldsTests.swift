import Bindle
import HTTP
import Testing

@testable import WAGI

struct SpinFieldsTests {
    @Test("Fields of Spin's names that a client sends are removed, in whatever case, from heads and trailers")
    func removal() {
        let headers: Headers = ["spin-client-addr": "1.2.3.4", "X-Spin-A": "1", "SPIN-Other": "2", "spin_a": "3"]
        #expect(SpinFields.removing(from: headers).map(\.name) == ["X-Spin-A", "spin_a"])
        let replaced = SpinFields.replacing(
            in: headers, route: Route("/a/..."), path: "/a/b?c", url: "http://h/a/b?c", client: nil)
        #expect(
            replaced.map(\.name) == ["X-Spin-A", "spin_a", "spin-full-url", "spin-matched-route", "spin-path-info"])
        #expect(replaced["spin-path-info"] == "/b")
    }
}
