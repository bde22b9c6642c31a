"""Drives a Bindle server through its whole protocol, as a client that shares no code with it.

Usage: bindle-protocol.py URL development|strict [USER:PASSWORD] [TOKEN]

URL ends in /v1. The server's store is to be empty. With credentials, the server is to let everybody read. What is not as it
should be is printed, and the exit code is 1.
"""

import base64
import hashlib
import http.client
import json
import sys
import urllib.parse

try:
    import tomllib
except ImportError:
    tomllib = None

url = urllib.parse.urlsplit(sys.argv[1])
strict = sys.argv[2] == "strict"
credentials = []
if len(sys.argv) > 3:
    credentials.append("Basic " + base64.b64encode(sys.argv[3].encode()).decode())
if len(sys.argv) > 4:
    credentials.append("Bearer " + sys.argv[4])
checks = 0
failures = []


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.type = response.headers["Content-Type"]
        self.length = response.headers["Content-Length"]
        self.headers = response.headers
        self.body = response.read()

    def document(self):
        if self.type == "application/json":
            return json.loads(self.body)
        if tomllib is None:
            return None
        return tomllib.loads(self.body.decode())


def send(method, path, body=None, headers=None, authorized=True, base=url.path):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    headers = dict(headers or {})
    if credentials and authorized:
        # Who writes does so in each of the ways in turn; who reads is always the same, as going through pages takes it.
        headers["Authorization"] = credentials[checks % len(credentials) if method in ("POST", "DELETE") else 0]
    connection.request(method, base + path, body=body, headers=headers)
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def announce(method, path, length, headers):
    """Sends a head that announces a body, and no body."""
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    connection.putrequest(method, url.path + path)
    for name, value in {**headers, "Content-Length": str(length)}.items():
        connection.putheader(name, value)
    if credentials:
        connection.putheader("Authorization", credentials[0])
    connection.endheaders()
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def check(what, condition, detail=""):
    global checks
    checks += 1
    if not condition:
        failures.append(f"{what}: {detail}")


def expect(what, answer, status, contains=None):
    check(what, answer.status == status, f"status {answer.status}, not {status}: {answer.body[:200]}")
    if contains is not None:
        check(what, contains.encode() in answer.body, f"no '{contains}' in {answer.body[:300]}")
    if answer.status >= 400 and answer.body and tomllib:
        check(what, "error" in answer.document(), f"no error in {answer.body[:200]}")
    return answer


def digest(content):
    return hashlib.sha256(content).hexdigest()


def invoice(name, version, *contents, extra=""):
    text = f'bindleVersion = "1.0.0"\n{extra}\n[bindle]\nname = "{name}"\nversion = "{version}"\n'
    text += 'description = "made by a script"\nauthors = ["Grace Hopper <grace@example.org>"]\n'
    for number, content in enumerate(contents):
        text += (
            f'\n[[parcel]]\n[parcel.label]\nsha256 = "{digest(content)}"\nmediaType = "text/x-test; charset=utf-8"\n'
            f'name = "file{number}"\nsize = {len(content)}\n'
        )
    return text


TOML = {"Content-Type": "application/toml"}
JSON = {"Accept": "application/json"}


def create(name, version, *contents, extra="", headers=None):
    return send("POST", "/_i", invoice(name, version, *contents, extra=extra).encode(), headers or TOML)


# Health and keys.
answer = expect("health", send("GET", "/healthz", base="", authorized=False), 200)
check("health is JSON", json.loads(answer.body)["status"] == "OK", answer.body)
expect("keys", send("GET", "/bindle-keys?roles=host,creator"), 200)
expect("keys of no role", send("GET", "/bindle-keys?roles=king"), 400)

# Creating.
answer = expect("create, all missing", create("example.com/app", "1.0.0", b"one", b"two"), 202)
check("the answer is TOML", answer.type == "application/toml", answer.type)
if tomllib:
    document = answer.document()
    check("invoice comes back", document["invoice"]["bindle"]["name"] == "example.com/app", document)
    check("missing", [label["sha256"] for label in document["missing"]] == [digest(b"one"), digest(b"two")], document)
expect("create, nothing missing", create("example.com/empty", "1.0.0"), 201)
answer = create("example.com/json", "1.0.0", b"json", headers={**TOML, **JSON})
expect("create, answer in JSON", answer, 202)
check("it is JSON", answer.type == "application/json", answer.type)
check("missing in JSON", answer.document()["missing"][0]["size"] == 4, answer.body)
body = json.dumps({"bindleVersion": "1.0.0", "bindle": {"name": "from/json", "version": "2.0.0-rc.1+b"}}).encode()
expect("create from JSON", send("POST", "/_i", body, {"Content-Type": "application/json"}), 201)

for what, text in [
    ("no TOML", "this is = = no TOML"),
    ("an unknown key", invoice("x", "1.0.0", extra='surprise = 1')),
    ("a bad version", invoice("x", "1.0")),
    ("a bad digest", invoice("x", "1.0.0", b"one").replace(digest(b"one"), "ABC")),
    ("a negative size", invoice("x", "1.0.0", b"one").replace("size = 3", "size = -3")),
    ("an enormous size", invoice("x", "1.0.0", b"one").replace("size = 3", "size = 99999999999999999999")),
    ("nothing", ""),
]:
    expect("create with " + what, send("POST", "/_i", text.encode(), TOML), 400)
expect("create with bytes that are no UTF-8", send("POST", "/_i", b"\xff\xfe\x00", TOML), 400)
expect("create from JSON that is TOML", send("POST", "/_i", invoice("x", "1.0.0").encode(), {"Content-Type": "application/json"}), 400)
for what, text, status in [
    ("a space in its name", invoice("odd name", "1.0.0"), 201),
    ("another bindleVersion", invoice("odd/version", "1.0.0").replace('"1.0.0"', '"2.0.0"', 1), 201),
    ("an unknown group", invoice("odd/group", "1.0.0", b"one") + '[parcel.conditions]\nmemberOf = ["nobody"]\n', 202),
]:
    # Odd, and nobody's harm.
    expect("create with " + what, send("POST", "/_i", text.encode(), TOML), status)
expect("create of another type", send("POST", "/_i", b"x", {"Content-Type": "image/png"}), 400)
expect("deep JSON", send("POST", "/_i", b"[" * 200_000, {"Content-Type": "application/json"}), 400)
expect("deep TOML", send("POST", "/_i", b"a = " + b"[" * 200_000, TOML), 400)
expect("create from 129 MB", announce("POST", "/_i", 129 << 20, TOML), 413)
expect("create yanked", create("x", "1.0.0", extra="yanked = true"), 422)
again = create("example.com/app", "1.0.0", b"one", b"two")
expect("create again", again, 409 if strict else 202)

# Parcels.
def upload(id, content, name=None, body=None):
    return send("POST", f"/_i/{id}@{name or digest(content)}", content if body is None else body)


app = "example.com/app/1.0.0"
expect("parcel that has not come", send("GET", f"/_i/{app}@{digest(b'one')}"), 404)
expect("upload with a wrong digest", upload(app, b"one", body=b"eno"), 400)
expect("upload that is too long", upload(app, b"one", body=b"one more"), 400)
expect("upload that is too short", upload(app, b"one", body=b"on"), 400)
expect("upload of a parcel that is not named", upload(app, b"three"), 400)
expect("upload of no digest", upload(app, b"one", name="abc"), 400)
expect("upload to a bindle that is not there", upload("no/bindle/1.0.0", b"one"), 404)
expect("upload", upload(app, b"one"), 200, 'message = "parcel created"')
expect("upload again", upload(app, b"one"), 409 if strict else 200)
answer = expect("missing", send("GET", f"/_r/missing/{app}"), 200)
if tomllib:
    check("one is missing", [l["sha256"] for l in answer.document()["missing"]] == [digest(b"two")], answer.body)
expect("missing of none", send("GET", "/_r/missing/no/bindle/1.0.0"), 404)
expect("upload", upload(app, b"two"), 200)
answer = expect("none is missing", send("GET", f"/_r/missing/{app}", headers=JSON), 200)
check("none is missing", answer.document()["missing"] == [], answer.body)
answer = expect("parcel", send("GET", f"/_i/{app}@{digest(b'two')}"), 200)
check("its bytes", answer.body == b"two", answer.body)
check("its type", answer.type == "text/x-test; charset=utf-8", answer.type)
check("its length", answer.length == "3", answer.length)
answer = expect("HEAD of a parcel", send("HEAD", f"/_i/{app}@{digest(b'two')}"), 200)
check("no bytes", answer.body == b"" and answer.length == "3", answer.length)
expect("parcel that is not named", send("GET", f"/_i/{app}@{digest(b'three')}"), 400)
large = bytes(range(256)) * 20_000
expect("create", create("example.com/large", "1.0.0", large, b""), 202)
expect("upload 5 MB", upload("example.com/large/1.0.0", large), 200)
expect("upload nothing", upload("example.com/large/1.0.0", b""), 200)
check("5 MB come back", send("GET", f"/_i/example.com/large/1.0.0@{digest(large)}").body == large, "")
check("nothing comes back", send("GET", f"/_i/example.com/large/1.0.0@{digest(b'')}").body == b"", "")

# Invoices.
answer = expect("invoice", send("GET", f"/_i/{app}"), 200, 'name = "example.com/app"')
check("in TOML", answer.type == "application/toml", answer.type)
head = expect("HEAD of an invoice", send("HEAD", f"/_i/{app}"), 200)
check("same length", head.length == answer.length and head.body == b"", head.length)
for accept, type in [
    ("application/json", "application/json"), ("text/json, application/toml", "application/json"),
    ("application/toml, application/json", "application/toml"), ("*/*", "application/toml"), ("text/html", "application/toml"),
    ("application/json;q=0.5", "application/json"),
]:
    check(f"Accept: {accept}", send("GET", f"/_i/{app}", headers={"Accept": accept}).type == type, accept)
answer = send("GET", f"/_i/{app}", headers=JSON)
check("invoice in JSON", answer.document()["parcel"][0]["label"]["mediaType"].startswith("text/x-test"), answer.body)
expect("ID that is percent-encoded", send("GET", "/_i/example.com%2Fapp%2F1.0.0"), 200)
expect("parcel of one", send("GET", f"/_i/example.com%2fapp%2f1.0.0%40{digest(b'one')}"), 200)
expect("version with build metadata", send("GET", "/_i/from/json/2.0.0-rc.1%2Bb"), 200)
expect("the same with a plus", send("GET", "/_i/from/json/2.0.0-rc.1+b"), 200)
name = "ex.com/Grüße_1"
expect("create with letters", create(name, "1.0.0"), 201)
expect("get with letters", send("GET", "/_i/" + urllib.parse.quote(name) + "/1.0.0"), 200, name)
for bad in ["app", "app/1.0", "app/latest", "/1.0.0", "app/1.0.0/", "%ff/1.0.0", "app/1.0.0%00"]:
    expect(f"bad ID {bad}", send("GET", f"/_i/{bad}"), 400)
expect("invoice that is not there", send("GET", "/_i/no/bindle/1.0.0"), 404)
expect("nothing there", send("GET", "/nothing"), 404)
expect("method that does not fit", send("PUT", f"/_i/{app}"), 405)

# Queries.
for patch in range(7):
    expect("create", create("query.example/tool", f"1.2.{patch}"), 201)
expect("create", create("query.example/tool", "2.0.0-beta.1"), 201)
expect("create", create("query.example/other-tool", "0.9.0"), 201)


def query(text):
    return expect("query " + text, send("GET", "/_q?" + text, headers=JSON), 200).document()


def found(text):
    return [f'{i["bindle"]["name"]}/{i["bindle"]["version"]}' for i in query(text)["invoices"]]


result = query("q=query.example&l=3&o=2")
check("query tells itself", (result["query"], result["strict"], result["offset"], result["limit"]) == ("query.example", False, 2, 3), result)
check("query pages", len(result["invoices"]) == 3 and result["total"] == 9 and result["more"] is True, result)
check("query has yanked", result["yanked"] is False, result)
check("default limit", query("q=query")["limit"] == 50, "")
check("long names", query("query=query.example&version=%5E1.2.0&offset=1&limit=2")["total"] == 7, "")
tool = "query.example/tool/"
for range_, versions in [
    ("1.2.3", ["1.2.3"]), ("%3D1.2.3", ["1.2.3"]), ("%3C1.2.2", ["1.2.0", "1.2.1"]), ("%3C%3D1.2.1", ["1.2.0", "1.2.1"]),
    ("%3E1.2.5", ["1.2.6"]), ("%3E%3D1.2.5", ["1.2.5", "1.2.6"]), ("%5E1.2.5", ["1.2.5", "1.2.6"]), ("~1.2.5", ["1.2.5", "1.2.6"]),
    ("%3E1.2.1%2C%3C1.2.4", ["1.2.2", "1.2.3"]), ("1.2.4+-+1.2.5", ["1.2.4", "1.2.5"]), ("2.0.0-beta.1", ["2.0.0-beta.1"]),
    ("1.2.*", [f"1.2.{n}" for n in range(7)]), ("9.9.9", []),
]:
    check("range " + range_, found(f"q={tool[:-1]}&strict=true&v={range_}") == [tool + v for v in versions], found(f"q={tool[:-1]}&strict=true&v={range_}"))
check("strict looks at names only", query("q=hopper&strict=true")["total"] == 0, "")
check("strict takes parts of names", query("q=uery.example/too&strict=true")["total"] == 8, query("q=uery.example/too&strict=true"))
check("standard looks at authors", query("q=hopper+other")["total"] == 1, query("q=hopper+other"))
check("standard looks at descriptions", query("q=script+tool")["total"] == 9, "")
check("standard takes beginnings", query("q=query.example/oth")["total"] == 1, "")
for injection in ["%22", "%27%3B+DROP+TABLE+bindle%3B--", "name%3Atool", "tool+AND", "tool*", "(tool", "NEAR(tool)", "%00"]:
    query("q=" + injection)
for bad in ["v=one", "l=256", "l=-1", "o=x", "strict=maybe", "yanked=2", "q=a&q=b", "v=1.2.3,,2", "o=99999999999999999999"]:
    expect("query " + bad, send("GET", "/_q?" + bad), 400)
expect("query of many words", send("GET", "/_q?q=" + "+".join(["word"] * 200)), 400)
everything = query("l=0")
check("no limit", len(everything["invoices"]) == everything["total"] > 0 and not everything["more"], "")
answer = send("GET", "/_q?q=query.example&l=2")
if tomllib:
    check("query in TOML", len(answer.document()["invoices"]) == 2, answer.body[:300])
    check("no match in TOML", send("GET", "/_q?q=zzzzz").document()["invoices"] == [], "")

# Who goes through the pages comes across everything once, though others write.
seen = []
for page in range(5):
    seen += found(f"q=query.example/tool&strict=true&l=2&o={2 * page}")
    create("query.example/tool", f"0.0.{page}")
check("paging", seen == [f"{tool}1.2.{n}" for n in range(7)] + [tool + "2.0.0-beta.1"], seen)

# Deleting.
answer = expect("delete", send("DELETE", f"/_i/{app}"), 200, "invoice yanked" if strict else "invoice deleted")
expect("delete of none", send("DELETE", "/_i/no/bindle/1.0.0"), 404)
if strict:
    expect("yanked", send("GET", f"/_i/{app}"), 403)
    expect("parcel of a yanked one", send("GET", f"/_i/{app}@{digest(b'one')}"), 403)
    expect("yanked, asked for", send("GET", f"/_i/{app}?yanked=true"), 200, "yanked = true")
    check("not found any more", found("q=example.com/app&strict=true") == [], "")
    check("found if asked for", found("q=example.com/app&strict=true&yanked=true") == [app], "")
    expect("its ID stays taken", create("example.com/app", "1.0.0"), 409)
else:
    expect("gone", send("GET", f"/_i/{app}?yanked=true"), 404)
    expect("its parcels are gone", create("example.com/app", "1.0.0", b"one", b"new"), 202, digest(b"one"))
    expect("replaced", create("example.com/app", "1.0.0", b"new"), 202)
    expect("the same again", create("example.com/app", "1.0.0", b"new"), 202)
    expect("no longer named", upload(app, b"one"), 400)
    expect("upload", upload(app, b"new"), 200)
    expect("complete now", create("example.com/app", "1.0.0", b"new"), 201)

# Who may do what.
if credentials:
    expect("anybody reads", send("GET", "/_i/example.com/empty/1.0.0", authorized=False), 200)
    answer = expect("not anybody writes", send("DELETE", "/_i/example.com/empty/1.0.0", authorized=False), 401)
    check("and is told how", answer.headers["WWW-Authenticate"] is not None, answer.headers)
    for header in ["Basic " + base64.b64encode(b"ada:wrong").decode(), "Bearer wrong", "Basic ?", "Bearer", "Digest x"]:
        answer = send("POST", "/_i", invoice("y", "1.0.0").encode(), {**TOML, "Authorization": header}, authorized=False)
        check(f"Authorization: {header}", answer.status in (401, 403), answer.status)
    check("nothing was written", send("GET", "/_i/y/1.0.0").status == 404, "")

for failure in failures:
    print(failure)
print(f"{checks} checks, {len(failures)} failed")
sys.exit(1 if failures else 0)
