import Foundation
import JSON
import SandboxProtocol
import Synchronization
import TestSupport

/// Chromium without a window, driven over the DevTools protocol through a pair of pipes: messages of JSON, each ended
/// by a NUL.
final class Chromium: Sendable {
    /// What the browser has refused, or not done in time.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// A name of a stranger's that means this machine in the browser, as a stranger's name server could have it.
    static let reboundName = "evil.rebound.example"

    /// Where it is installed, if it is.
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static let patience = Duration.seconds(60)

    private struct State {
        var nextID = 1
        var answers: [Int: CheckedContinuation<JSONObject, any Error>] = [:]
        var isOver = false
    }

    private let state = Mutex(State())
    private let process = Process()
    private let commands = Pipe()

    /// Starts a browser with a profile of its own, in which nothing is remembered. It ends, and its profile is removed,
    /// when this object or this process is gone.
    init() throws {
        guard let path = Self.path else { throw Problem(description: "Chromium is not installed") }
        let answers = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell outlives the browser, and this process if need be. The kernel's sandbox is not available to root. Each
        // tab goes on, whichever one is in front: tests have several at a time.
        process.arguments = [
            "-c",
            """
            profile=$(mktemp -d)
            "$0" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions \
              --disable-renderer-backgrounding --disable-backgrounding-occluded-windows --disable-background-timer-throttling \
              --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe \
              --host-resolver-rules="MAP *.rebound.example 127.0.0.1" \
              --user-data-dir="$profile" 3<&0 4>&1 </dev/null >/dev/null 2>&1
            rm -rf "$profile"
            """, path,
        ]
        process.standardInput = commands
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        try process.run()
        let handle = answers.fileHandleForReading
        let thread = Thread { [weak self] in
            var partial: [UInt8] = []
            while case let data = handle.availableData, !data.isEmpty {
                partial += data
                while let end = partial.firstIndex(of: 0) {
                    if let message = (try? JSONValue(parsing: partial[..<end]))?.object { self?.receive(message) }
                    partial.removeSubrange(...end)
                }
            }
            self?.end()
        }
        thread.start()
    }

    deinit {
        // The browser ends with the pipe.
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private func receive(_ message: JSONObject) {
        guard let id = message["id"]?.integer else { return }
        let continuation = state.withLock { $0.answers.removeValue(forKey: id) }
        if let error = message["error"]?.object {
            continuation?.resume(throwing: Problem(description: error["message"]?.string ?? "an error"))
        } else {
            continuation?.resume(returning: message["result"]?.object ?? [:])
        }
    }

    private func end() {
        let answers = state.withLock { state in
            state.isOver = true
            defer { state.answers = [:] }
            return state.answers.values
        }
        for answer in answers { answer.resume(throwing: Problem(description: "the browser has ended")) }
    }

    /// Sends a command, and waits for its result.
    @discardableResult
    func send(_ method: String, _ parameters: JSONObject = [:], session: String? = nil) async throws -> JSONObject {
        try await withCheckedThrowingContinuation { continuation in
            let id = state.withLock { state -> Int? in
                guard !state.isOver else { return nil }
                defer { state.nextID += 1 }
                state.answers[state.nextID] = continuation
                return state.nextID
            }
            guard let id else { return continuation.resume(throwing: Problem(description: "the browser has ended")) }
            var message: JSONObject = ["id": .integer(id), "method": .string(method), "params": .object(parameters)]
            message["sessionId"] = session.map { .string($0) }
            commands.fileHandleForWriting.write(Data((JSONValue.object(message).serialized + "\0").utf8))
        }
    }

    /// A window's worth of tabs, which share cookies, caches and workers with one another only.
    func context() async throws -> Context {
        let result = try await send("Target.createBrowserContext")
        return Context(browser: self, id: result["browserContextId"]?.string ?? "")
    }

    struct Context {
        let browser: Chromium
        let id: String

        /// Opens a tab, and begins to load a page in it.
        func open(_ url: String) async throws -> Tab {
            let target = try await browser.send(
                "Target.createTarget", ["url": .string("about:blank"), "browserContextId": .string(id)])
            let attached = try await browser.send(
                "Target.attachToTarget", ["targetId": target["targetId"] ?? .null, "flatten": .boolean(true)])
            let tab = Tab(browser: browser, session: attached["sessionId"]?.string ?? "")
            try await tab.navigate(to: url)
            return tab
        }

        func close() async throws {
            try await browser.send("Target.disposeBrowserContext", ["browserContextId": .string(id)])
        }
    }

    struct Tab {
        let browser: Chromium
        let session: String

        /// Begins to load a page.
        func navigate(to url: String) async throws {
            try await browser.send("Page.navigate", ["url": .string(url)], session: session)
        }

        /// What an expression of JavaScript comes to, promises awaited.
        @discardableResult
        func evaluate(_ expression: String) async throws -> JSONValue {
            let result = try await browser.send(
                "Runtime.evaluate",
                ["expression": .string(expression), "returnByValue": .boolean(true), "awaitPromise": .boolean(true)],
                session: session)
            if let exception = result["exceptionDetails"]?.object {
                let text = exception["exception"]?.object?["description"]?.string ?? exception["text"]?.string
                throw Problem(description: "\(expression): \(text ?? "an exception")")
            }
            return result["result"]?.object?["value"] ?? .null
        }

        /// Waits until an expression of JavaScript is true, in whatever page is there by then.
        func wait(until expression: String) async throws {
            let deadline = ContinuousClock.now + Chromium.patience
            var latest = "nothing"
            repeat {
                do {
                    let value = try await evaluate(expression)
                    if value == .boolean(true) { return }
                    latest = value.serialized
                } catch {
                    // A page that is being left has nothing to evaluate in.
                    latest = "\(error)"
                }
                try await Task.sleep(for: .milliseconds(5))
            } while ContinuousClock.now < deadline
            let page = try? await evaluate("document.documentElement.outerHTML")
            throw Problem(description: "not in time: \(expression), but \(latest); the page: \(page?.string ?? "none")")
        }

        /// Presses a key that stands for no character.
        ///
        /// - Parameters:
        ///   - name: as `KeyboardEvent.key` has it.
        ///   - code: the virtual key's.
        func press(_ name: String, code: Int) async throws {
            for type in ["rawKeyDown", "keyUp"] {
                try await browser.send(
                    "Input.dispatchKeyEvent",
                    [
                        "type": .string(type), "key": .string(name), "code": .string(name),
                        "windowsVirtualKeyCode": .integer(code),
                    ], session: session)
            }
        }
    }
}
