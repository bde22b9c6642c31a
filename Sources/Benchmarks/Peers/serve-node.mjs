// A plain HTTP server, as one writes it for Node: PORT FILE.
// `/hello` answers a line, `/cgi` reads the body and sends it back, everything else is the file.

import { readFile } from "node:fs";
import { createServer } from "node:http";
import { argv } from "node:process";

const [port, file] = argv.slice(2);

createServer((request, response) => {
  if (request.url.startsWith("/hello")) {
    response.writeHead(200, { "content-type": "text/plain" }).end("Hello, world!\n");
  } else if (request.url.startsWith("/cgi")) {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { "content-type": "text/plain" });
      response.end(`${request.method}: ${Object.keys(request.headers).length} fields, ${body.length} bytes\n${body}`);
    });
  } else {
    readFile(file, (error, content) => {
      if (error) return response.writeHead(500).end(`${error}\n`);
      response.writeHead(200, { "content-type": "text/plain" }).end(content);
    });
  }
}).listen(Number(port), "127.0.0.1");
