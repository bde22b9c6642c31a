/// Inputs for which there is no conformance data.
extension SeedCorpus {
    /// A list type, an alias of it, an empty component, an instance of it.
    static let component: [UInt8] = [
        0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00, 7, 3, 1, 0x70, 0x7D, 6, 5, 1, 3, 2, 0, 0, 4, 8, 0x00, 0x61,
        0x73,
        0x6D, 0x0D, 0x00, 0x01, 0x00, 5, 4, 1, 0, 0, 0,
    ]

    static let json = [
        #"{"a":[1,-0,0.5,1e9,1E-9,-12.5e+3],"b":{"c":null,"d":true,"e":false}}"#,
        #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u2028""#, " [ ] ", "{ }", "9223372036854775807", "-9223372036854775808",
        "1e400", #"{"a":1,"a":2}"#, #""\ud800""#, "[[[[[[[[]]]]]]]]", "\"ä€😀\u{7F}\"",
    ]

    private static let bindle = "[bindle]\nname = \"a/b\"\nversion = \"1.2.*\"\n"

    static let hippofacts = [
        bindle + "[[handler]]\nname = \"a.wasm\"\nroute = \"/\"\nfiles = [\"static/**/*.css\", \"docs/**\"]\n",
        bindle
            + "[[handler]]\nname = \"./bin/b.wasm\"\nroute = \"/b/...\"\nentrypoint = \"f\"\nfiles = [\"static/[[]x].txt\"]\n",
        bindle
            + "[[handler]]\nname = \"t.wat\"\nroute = \"/t\"\n[[export]]\nname = \"a.wasm\"\nid = \"x\"\nfiles = [\"*\"]\n",
        bindle
            + "[[handler]]\nexternal = { bindleId = \"lib/1.0.0\", handlerId = \"h\" }\nroute = \"/l\"\nfiles = [\"static/?.txt\"]\n",
        bindle
            + "authors = [\"A\"]\ndescription = \"d\"\n[annotations]\nkey = \"value\"\n[[export]]\nname = \"a.wasm\"\nid = \"y\"\n",
    ]

    static let ranges = [
        "", "*", "1.2.3", "=1.2.3", "<1.2.3", "<=1.2", ">1", ">=1.2.3-beta.2", "^1.2.3", "^0.2", "^0.0.3", "~1.2.3",
        "~1", "1.2.*", "1.x", "1.2.3 - 2.0.0", "1 - 2.3", ">=1.2.0, <2.0.0", ">=1.2.0 <2.0.0-rc.2", "= 1.2.3",
        "^18446744073709551615.0.0", "1.2.3+a",
    ]

    static let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcHEAD / HTTP/1.0\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n\r\nGET http://h/ HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: keep-alive, x\r\n\r\na",
    ]

    static let responses = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\nHTTP/1.0 404 Not Found\r\n\r\nto the end",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "HTTP/1.1 500 ä\r\nContent-Length: 0\r\n\r\n",
    ]

    static let chunks = [
        "0\r\n\r\n", "4\r\nWiki\r\n00B ;x=\"y\"\r\npedia, in\r\n\r\n0\r\nX: 1\r\nY:\r\n\r\nGET",
        "a;b\r\n0123456789\r\n0\t;\r\n\r\n",
        "FFFFFFFFFFFFFFF\r\n", "1\r\na\r\n1\r\nb\r\n0\r\nname: value \r\n\r\n",
    ]

    static let cgi = [
        "Content-Type: text/plain\n\nbody", "Status: 404 Not Found\r\nContent-Type: a/b\r\n\r\nbody",
        "Location: /x\n\n",
        "HTTP/1.1 201 Made\nX: y\nContent-Length: 5\n\nabcde", "\n\nstatus: 200\n  a : b  \nno field\n\n",
        "Content-type: t\nSet-Cookie: a\nSet-Cookie: b\nConnection: close\nTransfer-Encoding: chunked\n\n",
        "Status: 99\n\n", "Content-Length: 1\nContent-Length: 2\nStatus: 200\n\n",
    ]
}
