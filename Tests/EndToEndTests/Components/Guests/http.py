"""Answers some of the paths that compared.c answers, in the same way."""

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports import streams, types
from wit_world.imports.types import Fields, IncomingBody, OutgoingBody, OutgoingResponse, ResponseOutparam

VERSION = "Python 1"


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request, response_out):
        path = (request.path_with_query() or "").split("?")[0].removeprefix("/python")
        if path == "/trap":
            raise ValueError("of the test's own")
        if path == "/unset":
            return
        response = OutgoingResponse(Fields.from_list([("content-type", b"text/plain")]))
        body = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        with body.write() as out:
            for part in self.parts(path, request):
                for start in range(0, len(part), 4096):
                    out.blocking_write_and_flush(part[start:start + 4096])
        OutgoingBody.finish(body, None)

    def parts(self, path, request):
        if path == "/version":
            yield VERSION.encode()
        elif path == "/echo":
            incoming = request.consume()
            with incoming.stream() as source:
                try:
                    while True:
                        yield source.blocking_read(65536)
                except Err as error:
                    if not isinstance(error.value, streams.StreamError_Closed):
                        raise
            IncomingBody.finish(incoming)
        elif path == "/large":
            for _ in range(256):
                yield bytes(ord("a") + i % 26 for i in range(4096))
        else:
            yield self.description(request)

    def description(self, request):
        method = request.method()
        name = method.value if isinstance(method, types.Method_Other) else type(method).__name__[7:].upper()
        scheme = type(request.scheme()).__name__[7:].lower()
        lines = [f"{name} {request.path_with_query()}", f"{scheme} {request.authority()}"]
        text = "".join(line + "\n" for line in lines).encode()
        return text + b"".join(name.lower().encode() + b": " + value + b"\n" for name, value in request.headers().entries())
