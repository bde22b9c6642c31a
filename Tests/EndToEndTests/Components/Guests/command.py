"""A command: its first argument says what it does. It is a CGI program as well, where that is a path."""

# Looked for only when a name is looked up, and then it is too late to add it to a component.
import encodings.idna
import os
import socket
import sys

from wit_world import exports

VERSION = "Python 1"


class Run(exports.Run):
    def run(self):
        arguments = sys.argv[1:]
        match arguments:
            case ["arguments", *_]:
                print(sys.argv)
            case ["environment"]:
                print(dict(sorted(os.environ.items())))
            case ["input"]:
                data = sys.stdin.buffer.read()
                print(len(data), sum(data))
            case ["exit", code]:
                sys.exit(int(code))
            case ["fail"]:
                raise ValueError("of the test's own")
            case ["error"]:
                print("to standard error", file=sys.stderr)
            case ["files", path]:
                with open(path + "/new.txt", "w") as file:
                    file.write("written")
                print(sorted(os.listdir(path)), open(path + "/old.txt").read())
            case ["connect", host, port]:
                with socket.create_connection((host, int(port)), timeout=20) as connection:
                    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    while data := connection.recv(4096):
                        sys.stdout.buffer.write(data)
            case _:
                print("Content-Type: text/plain\n")
                body = sys.stdin.read()
                print(VERSION, os.environ.get("REQUEST_METHOD"), sys.argv, os.environ.get("QUERY_STRING"), body)
